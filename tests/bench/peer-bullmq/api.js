// Accepts posts: the post and its deliveries are in PostgreSQL, in one transaction and one round
// trip, before the 202; then one job for each delivery is queued, in one round trip.
//
// What it leaves out: keys in the database (one fixed key is compared in memory), the platforms'
// rules for texts, several users, scheduling, and handing out again what could not be queued:
// when Redis is away after the commit, the post stays where it is.
import cluster from 'node:cluster';
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { Queue } from 'bullmq';
import Fastify from 'fastify';
import { pool } from './database.js';
import { connect, JOB, NAME } from './queue.js';

const PROCESSES = Number(process.env.PEER_API_PROCESSES ?? 1);
const sha256 = (text) => createHash('sha256').update(text).digest();
const KEY = sha256(`Bearer ${process.env.PEER_KEY}`);

const ACCEPT = {
  name: 'accept',
  text: `WITH guard AS (
      INSERT INTO posts (id, idempotency_key, request_hash, content) VALUES ($1, $2, $3, $4)
      ON CONFLICT (idempotency_key) DO NOTHING RETURNING 1
    ), made AS (
      INSERT INTO deliveries (id, post_id, account_id, status)
      SELECT d.id, $1, d.account_id, 'queued' FROM unnest($5::uuid[], $6::text[]) AS d (id, account_id), guard
    ) SELECT count(*)::int AS hits FROM guard`,
};
const REPLAY = {
  name: 'replay',
  text: `SELECT p.id, p.request_hash, json_agg(json_build_object('id', d.id, 'account', d.account_id, 'status', d.status)) AS deliveries
    FROM posts p JOIN deliveries d ON d.post_id = p.id WHERE p.idempotency_key = $1 GROUP BY p.id`,
};

const body = {
  type: 'object',
  required: ['text', 'accounts'],
  additionalProperties: false,
  properties: {
    text: { type: 'string', minLength: 1, maxLength: 500 },
    accounts: { type: 'array', minItems: 1, maxItems: 50, uniqueItems: true, items: { type: 'string' } },
  },
};
const answer = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    deliveries: {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, account: { type: 'string' }, status: { type: 'string' } },
      },
    },
  },
};

async function serve() {
  const queue = new Queue(NAME, { connection: connect(), defaultJobOptions: JOB });
  const app = Fastify({ logger: false });
  app.addHook('onRequest', async (request, reply) => {
    if (!timingSafeEqual(sha256(request.headers.authorization ?? ''), KEY)) {
      return reply.code(401).send({ status: 'unauthorized' });
    }
  });
  app.post('/v1/posts', { schema: { body, response: { '2xx': answer } } }, async (request, reply) => {
    const { text, accounts } = request.body;
    const key = request.headers['idempotency-key'] ?? null;
    const hash = sha256(JSON.stringify([text, accounts]));
    const id = randomUUID();
    const deliveries = accounts.map((account) => ({ id: randomUUID(), account, status: 'queued' }));
    const accepted = await pool.query({
      ...ACCEPT,
      values: [id, key, hash, { parts: [{ text }] }, deliveries.map((d) => d.id), accounts],
    });
    if (accepted.rows[0].hits === 0) {
      const [earlier] = (await pool.query({ ...REPLAY, values: [key] })).rows;
      const same = earlier.request_hash.equals(hash);
      return reply.code(same ? 200 : 409).send({ id: earlier.id, status: 'publishing', deliveries: earlier.deliveries });
    }
    await queue.addBulk(deliveries.map((d) => ({ name: 'publish', data: { id: d.id }, opts: { jobId: d.id } })));
    return reply.code(202).send({ id, status: 'publishing', deliveries });
  });
  const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PEER_PORT) });
  console.log(`API ${address}`);
}

// One process uses one core; several share the port.
if (cluster.isPrimary && PROCESSES > 1) {
  for (let number = 0; number < PROCESSES; number += 1) cluster.fork();
} else {
  await serve();
}
