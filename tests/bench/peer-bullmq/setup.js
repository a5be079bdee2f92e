// Makes the peer's tables and knows the simulator's demo accounts.
import { pool, SCHEMA } from './database.js';

const answer = await fetch(`${process.env.SIMULATOR_URL}/_sim/accounts`);
const accounts = await answer.json();
await pool.query(SCHEMA);
for (const { platform, username, remote_user_id } of accounts) {
  // `dualposts simulator` gives its demo accounts these tokens.
  const token = `demo-${platform}-token${username.replace(/^demo/, '')}`;
  await pool.query('INSERT INTO accounts VALUES ($1, $2, $3, $4)', [
    `${platform}:${username}`, platform, remote_user_id, token,
  ]);
}
console.log(`ready: ${accounts.length} accounts`);
await pool.end();
