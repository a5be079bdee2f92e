//! What: posts, their deliveries, and what became of them.
//!
//! There are few foreign keys. PostgreSQL locks the row that a key leads to, and a lock that every
//! write of an owner takes on one row of `users` costs more than all the rest of the write;
//! `owner_id` and `account_id` are copied from rows that were found under that owner. What belongs
//! to a delivery is written by the statement that changes the delivery, or not at all.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "CREATE TABLE posts (
                    id text PRIMARY KEY,
                    owner_id text NOT NULL,
                    idempotency_key text,
                    request_hash {bytes} NOT NULL,
                    content {json} NOT NULL,
                    publish_at bigint,
                    time_zone text,
                    if_late text NOT NULL DEFAULT 'publish' CHECK (if_late IN ('publish', 'skip', 'ask')),
                    max_lateness_s bigint CHECK (max_lateness_s >= 0),
                    created_at bigint NOT NULL,
                    updated_at bigint NOT NULL,
                    UNIQUE (owner_id, idempotency_key)
                )",
                "CREATE INDEX posts_by_owner ON posts (owner_id, id)",
                DELIVERIES,
                "CREATE UNIQUE INDEX deliveries_by_post ON deliveries (post_id, account_id)",
                // The relay's question: what is due and in nobody's hands?
                "CREATE INDEX deliveries_due ON deliveries (next_at, id)
                    WHERE claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')",
                // The sweep's question: whose lease ran out? Not by the lease, which is renewed at
                // each step: a step of a kept claim changes no index at all.
                "CREATE INDEX deliveries_claimed ON deliveries (account_id) WHERE claimed_by IS NOT NULL",
                // What waits in an account's lane when it is paused.
                "CREATE INDEX deliveries_queued ON deliveries (account_id, next_at) WHERE status = 'queued'",
                // What else on the account has no outcome yet?
                "CREATE INDEX deliveries_unconfirmed ON deliveries (account_id) WHERE status = 'unconfirmed'",
                // What waits for an account to be connected again.
                "CREATE INDEX deliveries_to_reconnect ON deliveries (account_id) WHERE status = 'needs_reconnect'",
                // One row for each part that is live; a remote post belongs to one part only.
                "CREATE TABLE parts (
                    delivery_id text NOT NULL,
                    part_index integer NOT NULL CHECK (part_index >= 0),
                    account_id text NOT NULL,
                    remote_id text,
                    url text,
                    published_at bigint NOT NULL,
                    PRIMARY KEY (delivery_id, part_index)
                ){clustered}",
                "CREATE UNIQUE INDEX parts_by_remote_id ON parts (account_id, remote_id)",
                "CREATE INDEX parts_by_account ON parts (account_id, published_at)",
                "CREATE TABLE attempts (
                    id text NOT NULL,
                    delivery_id text NOT NULL,
                    epoch bigint NOT NULL,
                    part_index integer NOT NULL,
                    step text NOT NULL,
                    verdict text NOT NULL,
                    worker text NOT NULL,
                    started_at bigint NOT NULL,
                    ended_at bigint NOT NULL,
                    http_status integer,
                    platform_code text,
                    platform_message text,
                    trace_id text,
                    PRIMARY KEY (delivery_id, id)
                ){clustered}",
                "CREATE TABLE events (
                    id text NOT NULL,
                    owner_id text NOT NULL,
                    kind text NOT NULL,
                    post_id text,
                    delivery_id text,
                    account_id text,
                    data {json} NOT NULL,
                    created_at bigint NOT NULL,
                    PRIMARY KEY (owner_id, id)
                ){clustered}",
            ],
        )
        .await
    }
}

const DELIVERIES: &str = "CREATE TABLE deliveries (
    id text PRIMARY KEY,
    post_id text NOT NULL REFERENCES posts (id),
    owner_id text NOT NULL,
    account_id text NOT NULL,
    platform text NOT NULL CHECK (platform IN ('threads', 'x')),
    status text NOT NULL CHECK (status IN ('queued', 'publishing', 'processing', 'unconfirmed',
        'needs_reconnect', 'missed', 'published', 'failed', 'canceled')),
    next_at bigint,
    due_at bigint NOT NULL,
    waiting_for text,
    handed_until bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    claimed_by text,
    lease_until bigint,
    checkpoint text NOT NULL DEFAULT 'start'
        CHECK (checkpoint IN ('start', 'preparing', 'ready', 'sent', 'live')),
    part_index integer NOT NULL DEFAULT 0 CHECK (part_index >= 0),
    container_id text,
    container_made_at bigint,
    containers_used integer NOT NULL DEFAULT 0,
    sent_at bigint,
    seen_live boolean NOT NULL DEFAULT FALSE,
    remote_id text,
    looks integer NOT NULL DEFAULT 0,
    unresolved_since bigint,
    failing_since bigint,
    attempt_count integer NOT NULL DEFAULT 0,
    published_at bigint,
    error {json},
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CHECK ((claimed_by IS NULL) = (lease_until IS NULL)),
    CHECK (status <> 'publishing' OR lease_until IS NOT NULL),
    CHECK (lease_until IS NULL OR status IN ('publishing', 'unconfirmed')),
    CHECK (status <> 'unconfirmed' OR checkpoint = 'sent'),
    CHECK (status NOT IN ('queued', 'processing', 'needs_reconnect', 'missed') OR checkpoint <> 'sent'),
    CHECK (status NOT IN ('queued', 'processing', 'unconfirmed') OR next_at IS NOT NULL),
    CHECK (status <> 'published' OR published_at IS NOT NULL),
    CHECK (status NOT IN ('failed', 'needs_reconnect', 'missed') OR error IS NOT NULL),
    CHECK (checkpoint NOT IN ('preparing', 'ready') OR container_id IS NOT NULL),
    CHECK (checkpoint <> 'sent' OR sent_at IS NOT NULL),
    CHECK (checkpoint <> 'live' OR remote_id IS NOT NULL),
    CHECK ((container_id IS NULL) = (container_made_at IS NULL))
){changed_in_place}";
