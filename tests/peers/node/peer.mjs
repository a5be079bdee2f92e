// twitter-api-v2, led by lines of JSON: a call on standard input, its outcome on standard output.
// Its option `httpAgent` decides where connections go; the calls themselves are its own.

import https from "node:https";
import net from "node:net";
import readline from "node:readline";
import { ApiResponseError, TwitterApi } from "twitter-api-v2";

const { url, client_id: clientId, client_secret: clientSecret, callback, scopes } = JSON.parse(process.argv[2]);
const { hostname, port } = new URL(url);

class ToSimulator extends https.Agent {
  createConnection() {
    return net.connect(Number(port), hostname);
  }
}

const options = { httpAgent: new ToSimulator() };
const app = new TwitterApi({ clientId, clientSecret: clientSecret ?? undefined }, options);
let codeVerifier;
let user;

function use(given) {
  user = new TwitterApi(given.accessToken, options);
  return { access: given.accessToken, refresh: given.refreshToken, expires_in: given.expiresIn, scopes: given.scope };
}

function row(post, includes) {
  const replied = (post.referenced_tweets ?? []).find((named) => named.type === "replied_to");
  return {
    id: post.id,
    text: post.text,
    author_id: post.author_id ?? null,
    created_at: post.created_at ?? null,
    replied_to: replied?.id ?? null,
    urls: (post.entities?.urls ?? []).map((found) => found.expanded_url),
    with_users: (includes?.users ?? []).map((found) => found.username),
  };
}

const calls = {
  authorization_url() {
    const link = app.generateOAuth2AuthLink(callback, { scope: scopes });
    codeVerifier = link.codeVerifier;
    return link.url;
  },
  async exchange(callbackUrl) {
    const code = new URL(callbackUrl).searchParams.get("code");
    return use(await app.loginWithOAuth2({ code, codeVerifier, redirectUri: callback }));
  },
  async refresh(refreshToken) {
    return use(await app.refreshOAuth2Token(refreshToken));
  },
  async me() {
    const { data } = await user.v2.me();
    return [data.id, data.username];
  },
  async post(text, replyTo) {
    const { data } = replyTo ? await user.v2.reply(text, replyTo) : await user.v2.tweet(text);
    return [data.id, data.text];
  },
  async read(id) {
    const { data, errors, includes } = await user.v2.singleTweet(id);
    if (data) return row(data, includes);
    if (errors?.[0]?.title === "Not Found Error") return null;
    throw new Error(`neither a post nor an error: ${JSON.stringify(errors)}`);
  },
  async timeline(userId, pageSize) {
    const pages = await user.v2.userTimeline(userId, {
      max_results: pageSize,
      "tweet.fields": ["created_at", "entities", "referenced_tweets"],
      expansions: ["author_id"],
    });
    // Not `fetchLast`, which asks for a page more even when there is none.
    while (!pages.done) await pages.fetchNext();
    return (pages.tweets ?? []).map((post) => row(post, pages.data.includes));
  },
  async delete(id) {
    return (await user.v2.deleteTweet(id)).data.deleted;
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  let outcome;
  try {
    outcome = { got: await calls[call](...args) };
  } catch (error) {
    if (error instanceof ApiResponseError) {
      const words = `${error.message} ${JSON.stringify(error.data)}`;
      const reset = error.rateLimit?.reset ?? null;
      outcome = { refused: { status: error.code, words, headers: error.headers, reset } };
    } else {
      outcome = { broken: error.stack ?? String(error) };
    }
  }
  console.log(JSON.stringify(outcome));
}
