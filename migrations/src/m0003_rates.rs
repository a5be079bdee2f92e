//! How fast: rate windows and paused lanes. A lane is an account (`acc_...`) or the app on a
//! platform (`app:x`).

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
                "CREATE TABLE rate_windows (
                    lane text NOT NULL,
                    name text NOT NULL,
                    used bigint NOT NULL CHECK (used >= 0),
                    resets_at bigint NOT NULL,
                    PRIMARY KEY (lane, name)
                )",
                "CREATE TABLE lanes (
                    lane text PRIMARY KEY,
                    paused_until bigint NOT NULL,
                    reason text NOT NULL,
                    detail text,
                    updated_at bigint NOT NULL
                )",
            ],
        )
        .await
    }
}
