// The peer's tables and its connections. Named statements are prepared once for each connection.
//
// The schema has what the job needs and no more: no CHECKs, no index for a relay or a sweep, no
// rate windows.
import pg from 'pg';

export const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.PEER_POOL ?? 8),
});

// The commit of a step that may be repeated does not wait for the disk, as in DualPosts.
export const RELAXED = ", set_config('synchronous_commit', 'off', true)";

export const SCHEMA = `
  CREATE TABLE accounts (
    id text PRIMARY KEY, platform text NOT NULL, remote_user_id text NOT NULL, token text NOT NULL
  );
  CREATE TABLE posts (
    id uuid PRIMARY KEY, idempotency_key text UNIQUE, request_hash bytea NOT NULL, content jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE deliveries (
    id uuid PRIMARY KEY, post_id uuid NOT NULL, account_id text NOT NULL, status text NOT NULL,
    checkpoint text NOT NULL DEFAULT 'start', container_id text, remote_id text, url text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
  ) WITH (fillfactor = 60);
  CREATE INDEX deliveries_by_post ON deliveries (post_id);
  CREATE TABLE attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, delivery_id uuid NOT NULL, step text NOT NULL,
    http_status int NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX attempts_by_delivery ON attempts (delivery_id);
  CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, delivery_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
`;
