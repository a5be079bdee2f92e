//! Events get a position when they are told, in the order in which that is seen: a stream goes on
//! after a position and misses nothing, although events are committed in another order than they
//! were made.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, POSTGRES).await?,
            _ => run(manager, SQLITE).await?,
        }
        run(
            manager,
            &[
                // What was written before there was anybody to tell counts as told.
                "UPDATE events SET position = numbered.n FROM (
                    SELECT id AS numbered_id, row_number() OVER (ORDER BY id) AS n FROM events
                ) AS numbered WHERE events.id = numbered.numbered_id",
                // What is still to be told (position IS NULL, the oldest first), and what was told
                // after a position.
                "CREATE INDEX events_by_position ON events (position, id)",
                "CREATE INDEX events_of_owner ON events (owner_id, position) WHERE position IS NOT NULL",
                // One row. Whoever tells holds it, so positions are seen in order.
                "CREATE TABLE event_counter (
                    only_row integer PRIMARY KEY CHECK (only_row = 1),
                    last bigint NOT NULL
                )",
                "INSERT INTO event_counter (only_row, last)
                    SELECT 1, coalesce(max(position), 0) FROM events",
                // What was told last of a post as a whole.
                "CREATE TABLE post_outcomes (
                    post_id text PRIMARY KEY,
                    outcome text NOT NULL,
                    told_at bigint NOT NULL
                ){clustered}",
                "CREATE INDEX post_outcomes_by_time ON post_outcomes (told_at)",
            ],
        )
        .await
    }
}

const POSTGRES: &[&str] = &[
    "ALTER TABLE events DROP CONSTRAINT events_pkey",
    "ALTER TABLE events ADD PRIMARY KEY (id)",
    "ALTER TABLE events ADD COLUMN position bigint",
];

const SQLITE: &[&str] = &[
    "CREATE TABLE events_anew (
        id text PRIMARY KEY,
        owner_id text NOT NULL,
        kind text NOT NULL,
        post_id text,
        delivery_id text,
        account_id text,
        data {json} NOT NULL,
        created_at bigint NOT NULL,
        position bigint
    ){clustered}",
    "INSERT INTO events_anew (id, owner_id, kind, post_id, delivery_id, account_id, data, created_at)
        SELECT id, owner_id, kind, post_id, delivery_id, account_id, data, created_at FROM events",
    "DROP TABLE events",
    "ALTER TABLE events_anew RENAME TO events",
];
