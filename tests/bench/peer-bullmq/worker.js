// Publishes: reads the delivery, saves how far it got before and after each call, and never sends
// what was marked as "about to publish" before.
//
// What it leaves out: looking on the platform after a lost answer (a delivery that stands at
// "sent" is only marked as unconfirmed), leases and epochs (it relies on BullMQ's job locks),
// rate limits, sealed and renewed tokens, chains, files, lateness.
import { Worker } from 'bullmq';
import { pool, RELAXED } from './database.js';
import { threads, x } from './platforms.js';
import { connect, NAME } from './queue.js';

const LOAD = {
  name: 'load',
  text: `SELECT d.status, d.checkpoint, d.container_id, d.remote_id, p.content, a.platform, a.remote_user_id, a.token
    FROM deliveries d JOIN posts p ON p.id = d.post_id JOIN accounts a ON a.id = d.account_id
    WHERE d.id = $1`,
};

// Each is one statement: the delivery moves on, and what was tried is written beside it.
const TRIED = `, tried AS (
  INSERT INTO attempts (delivery_id, step, http_status, started_at)
  SELECT $1, $2, $3, $4 FROM moved
)`;
const moved = (name, set, where, more, relaxed) => ({
  name,
  text: `WITH moved AS (
      UPDATE deliveries SET ${set}, updated_at = now() WHERE id = $1 AND ${where} RETURNING 1
    )${more} SELECT count(*)::int AS hits${relaxed ? RELAXED : ''} FROM moved`,
});
const EVENT = `, told AS (
  INSERT INTO events (kind, delivery_id) SELECT 'delivery.published', $1 FROM moved
)`;
const CLAIM = moved('claim', "status = 'publishing'", "checkpoint = 'start'", '', true);
const PREPARED = moved('prepared', "checkpoint = 'preparing', container_id = $5", "checkpoint = 'start'", TRIED, true);
const SENT = moved('sent', "checkpoint = 'sent'", "checkpoint = 'preparing'", TRIED, false);
const SENT_TO_X = moved('sent-to-x', "status = 'publishing', checkpoint = 'sent'", "checkpoint = 'start'", '', false);
const LIVE = moved('live', "checkpoint = 'live', remote_id = $5, published_at = now()", "checkpoint = 'sent'", TRIED, true);
const DONE = moved('done', "status = 'published', url = $5", "checkpoint = 'live'", TRIED + EVENT, false);
const DONE_ON_X = moved(
  'done-on-x', "status = 'published', checkpoint = 'live', remote_id = $5, published_at = now()",
  "checkpoint = 'sent'", TRIED + EVENT, false,
);

async function save(statement, values) {
  const { rows } = await pool.query({ ...statement, values });
  if (rows[0].hits !== 1) throw new Error(`${statement.name}: not where it was`);
}

async function tried(id, step, make) {
  const started = new Date();
  const { status, json } = await make();
  return { json, row: [id, step, status, started] };
}

async function toThreads(id, row, text) {
  let { checkpoint, container_id: container, remote_id: remote } = row;
  if (checkpoint === 'start') {
    await save(CLAIM, [id]);
    const made = await tried(id, 'create_container', () => threads.createContainer(row, text));
    container = made.json.id;
    await save(PREPARED, [...made.row, container]);
    checkpoint = 'preparing';
  }
  if (checkpoint === 'preparing') {
    const asked = await tried(id, 'check_container', () => threads.status(row, container));
    if (asked.json.status !== 'FINISHED') throw new Error('not finished yet: tried again by BullMQ');
    await save(SENT, asked.row);
    const out = await tried(id, 'publish_container', () => threads.publish(row, container));
    remote = out.json.id;
    await save(LIVE, [...out.row, remote]);
  }
  const read = await tried(id, 'read_permalink', () => threads.permalink(row, remote));
  await save(DONE, [...read.row, read.json.permalink]);
}

async function toX(id, row, text) {
  await save(SENT_TO_X, [id]);
  const out = await tried(id, 'create_post', () => x.createPost(row, text));
  await save(DONE_ON_X, [...out.row, out.json.data.id]);
}

async function publish({ data: { id } }) {
  const { rows: [row] } = await pool.query({ ...LOAD, values: [id] });
  if (row.status === 'published') return;
  if (row.checkpoint === 'sent') {
    await pool.query("UPDATE deliveries SET status = 'unconfirmed' WHERE id = $1", [id]);
    return;
  }
  const text = row.content.parts[0].text;
  await (row.platform === 'threads' ? toThreads(id, row, text) : toX(id, row, text));
}

const worker = new Worker(NAME, publish, {
  connection: connect(),
  concurrency: Number(process.env.PEER_CONCURRENCY ?? 64),
});
worker.on('error', (error) => console.error(error));
worker.on('failed', (_, error) => console.error(error));
await worker.waitUntilReady();
console.log('Worker ready');
process.on('SIGTERM', async () => {
  await worker.close();
  process.exit(0);
});
