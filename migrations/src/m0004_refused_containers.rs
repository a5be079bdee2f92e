//! A container whose publish was answered as if it did not exist may be live all the same.

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
                "ALTER TABLE deliveries ADD COLUMN container_refused_at bigint
                CHECK (container_refused_at IS NULL OR container_id IS NOT NULL)",
            ],
        )
        .await
    }
}
