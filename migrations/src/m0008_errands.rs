//! What is still to be done about a delivery that is live: to remove it from its platform, or to see
//! whether it is still there.

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
                "ALTER TABLE parts ADD COLUMN removed_at bigint",
                "ALTER TABLE parts ADD COLUMN missing_at bigint",
                "CREATE TABLE errands (
                    delivery_id text NOT NULL,
                    kind text NOT NULL CHECK (kind IN ('remove', 'verify')),
                    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
                    next_at bigint NOT NULL,
                    lease_until bigint NOT NULL DEFAULT 0,
                    tries integer NOT NULL DEFAULT 0,
                    error {json},
                    created_at bigint NOT NULL,
                    updated_at bigint NOT NULL,
                    PRIMARY KEY (delivery_id, kind),
                    CHECK (state <> 'failed' OR error IS NOT NULL)
                )",
                "CREATE INDEX errands_due ON errands (next_at) WHERE state = 'waiting'",
            ],
        )
        .await
    }
}
