//! Which trace a post was submitted in, so that what is done about it after hours belongs to the same;
//! and indexes behind what operators watch.

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
                // A W3C `traceparent`; null unless traces are exported or the customer sent one.
                "ALTER TABLE posts ADD COLUMN trace_parent text",
                // How many lanes are paused?
                "CREATE INDEX lanes_paused ON lanes (paused_until, reason)",
                // Which token ends first, of those that no refresh token renews?
                "CREATE INDEX accounts_by_token_end ON accounts (platform, token_expires_at)
                    WHERE state IN ('ok', 'degraded') AND refresh_token IS NULL AND token_expires_at IS NOT NULL",
                // How many accounts must be connected again?
                "CREATE INDEX accounts_to_reconnect ON accounts (platform) WHERE state = 'needs_reconnect'",
            ],
        )
        .await
    }
}
