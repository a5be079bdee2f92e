//! PostgreSQL reads and compiles every CHECK of a table anew for each statement, which made the
//! seventeen of `deliveries` cost more than the writes themselves. Here they become one, that calls
//! a function: a session compiles that once. SQLite keeps CHECKs with its prepared statements.
//!
//! A later rule goes into both: a CHECK for SQLite, and the function replaced as a whole.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        manager
            .get_connection()
            .execute_unprepared(DROP_ALL)
            .await?;
        run(manager, &[IS_LEGAL, CHECK]).await
    }
}

const DROP_ALL: &str = "DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'deliveries'::regclass AND contype = 'c' LOOP
        EXECUTE format('ALTER TABLE deliveries DROP CONSTRAINT %I', name);
    END LOOP;
END $$";

const IS_LEGAL: &str = "CREATE FUNCTION delivery_is_legal(
    platform text, status text, next_at bigint, claimed_by text, lease_until bigint, checkpoint text,
    part_index integer, container_id text, container_made_at bigint, container_refused_at bigint,
    sent_at bigint, remote_id text, published_at bigint, error_is_null boolean
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN platform IN ('threads', 'x')
        AND status IN ('queued', 'publishing', 'processing', 'unconfirmed', 'needs_reconnect', 'missed',
            'published', 'failed', 'canceled')
        AND checkpoint IN ('start', 'preparing', 'ready', 'sent', 'live')
        AND part_index >= 0
        AND (claimed_by IS NULL) = (lease_until IS NULL)
        AND (status <> 'publishing' OR lease_until IS NOT NULL)
        AND (lease_until IS NULL OR status IN ('publishing', 'unconfirmed'))
        AND (status <> 'unconfirmed' OR checkpoint = 'sent')
        AND (status NOT IN ('queued', 'processing', 'needs_reconnect', 'missed') OR checkpoint <> 'sent')
        AND (status NOT IN ('queued', 'processing', 'unconfirmed') OR next_at IS NOT NULL)
        AND (status <> 'published' OR published_at IS NOT NULL)
        AND (status NOT IN ('failed', 'needs_reconnect', 'missed') OR NOT error_is_null)
        AND (checkpoint NOT IN ('preparing', 'ready') OR container_id IS NOT NULL)
        AND (checkpoint <> 'sent' OR sent_at IS NOT NULL)
        AND (checkpoint <> 'live' OR remote_id IS NOT NULL)
        AND (container_id IS NULL) = (container_made_at IS NULL)
        AND (container_refused_at IS NULL OR container_id IS NOT NULL);
END $$";

const CHECK: &str =
    "ALTER TABLE deliveries ADD CONSTRAINT deliveries_are_legal CHECK (delivery_is_legal(
    platform, status, next_at, claimed_by, lease_until, checkpoint, part_index, container_id,
    container_made_at, container_refused_at, sent_at, remote_id, published_at, error IS NULL))";
