//! Webhooks: where events are sent, which event goes to which webhook, and what came of each try.
//!
//! The foreign keys cost nothing here: a notification is written while nobody changes its webhook's
//! key, and an attempt together with its notification.

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
                // `kinds` has a space before and after each word; null: all.
                "CREATE TABLE webhooks (
                    id text PRIMARY KEY,
                    owner_id text NOT NULL,
                    url text NOT NULL,
                    description text,
                    kinds text,
                    secret {bytes} NOT NULL,
                    former_secret {bytes},
                    former_until bigint,
                    enabled boolean NOT NULL DEFAULT TRUE,
                    disabled_why text CHECK (disabled_why IN ('by_owner', 'failing', 'gone')),
                    disabled_at bigint,
                    failing_since bigint,
                    created_at bigint NOT NULL,
                    updated_at bigint NOT NULL,
                    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
                    CHECK (enabled = (disabled_why IS NULL)),
                    CHECK ((disabled_why IS NULL) = (disabled_at IS NULL))
                )",
                "CREATE INDEX webhooks_by_owner ON webhooks (owner_id, id)",
                "CREATE TABLE notifications (
                    webhook_id text NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
                    event_id text NOT NULL,
                    kind text NOT NULL,
                    state text NOT NULL CHECK (state IN ('waiting', 'held', 'done', 'failed')),
                    next_at bigint NOT NULL,
                    lease_until bigint NOT NULL DEFAULT 0,
                    tries integer NOT NULL DEFAULT 0,
                    failing_since bigint,
                    outcome text,
                    created_at bigint NOT NULL,
                    PRIMARY KEY (webhook_id, event_id)
                )",
                // What is due, webhook by webhook: one with a long queue stands in nobody's way.
                "CREATE INDEX notifications_due ON notifications (webhook_id, next_at) WHERE state = 'waiting'",
                "CREATE INDEX notifications_by_age ON notifications (created_at)",
                "CREATE TABLE notification_attempts (
                    id text NOT NULL,
                    webhook_id text NOT NULL,
                    event_id text NOT NULL,
                    started_at bigint NOT NULL,
                    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
                    http_status integer,
                    error text,
                    answer text,
                    PRIMARY KEY (webhook_id, event_id, id),
                    FOREIGN KEY (webhook_id, event_id) REFERENCES notifications (webhook_id, event_id) ON DELETE CASCADE
                ){clustered}",
                // A key that could do everything still can.
                "UPDATE api_keys SET scopes = scopes || ' webhooks:read webhooks:write'
                    WHERE scopes = 'posts:read posts:write accounts:read accounts:write keys:write'",
            ],
        )
        .await
    }
}
