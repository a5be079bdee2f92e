// The same calls as DualPosts makes for a post of text: four to Threads, one to X. Connections are
// kept alive.
import { Pool } from 'undici';

const pool = new Pool(process.env.SIMULATOR_URL, { connections: 64, pipelining: 1 });

async function call(method, path, token, headers, body) {
  const answer = await pool.request({
    method, path, body, headers: { authorization: `Bearer ${token}`, ...headers },
  });
  const json = await answer.body.json();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${JSON.stringify(json)}`);
  return { status: answer.statusCode, json };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/json' };
const form = (fields) => new URLSearchParams(fields).toString();

export const threads = {
  createContainer: ({ token, remote_user_id }, text) =>
    call('POST', `/v1.0/${remote_user_id}/threads`, token, FORM, form({ media_type: 'TEXT', text })),
  status: ({ token }, container) =>
    call('GET', `/v1.0/${container}?fields=id%2Cstatus%2Cerror_message`, token),
  publish: ({ token, remote_user_id }, container) =>
    call('POST', `/v1.0/${remote_user_id}/threads_publish`, token, FORM, form({ creation_id: container })),
  permalink: ({ token }, id) => call('GET', `/v1.0/${id}?fields=id%2Cpermalink`, token),
};

export const x = {
  createPost: ({ token }, text) => call('POST', '/2/tweets', token, JSON_BODY, JSON.stringify({ text })),
};
