//! How webhooks take what they are sent, so that those who do so at once need not wait for those who
//! hang.

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
                // Whether the last that was sent there was taken at once.
                "ALTER TABLE webhooks ADD COLUMN prompt boolean NOT NULL DEFAULT FALSE",
                // When the last try ended, as far as it was not so; null: there was none.
                "ALTER TABLE webhooks ADD COLUMN tried_at bigint",
            ],
        )
        .await
    }
}
