//! Fairness: what is due of one account, oldest first; and posts whose deliveries are spread over a
//! while.

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
                // What waits of an account: for its next turn, and for its lane when that is paused.
                "CREATE INDEX deliveries_waiting ON deliveries (account_id, next_at, id)
                    WHERE claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')",
                // The one above answers its question too, so a write keeps as many indexes as before.
                "DROP INDEX deliveries_queued",
                "ALTER TABLE posts ADD COLUMN jitter_s bigint NOT NULL DEFAULT 0
                    CHECK (jitter_s BETWEEN 0 AND 3600)",
            ],
        )
        .await
    }
}
