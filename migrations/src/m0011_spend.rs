//! What is used and what it costs: what platforms say of their windows, how often a lane has been
//! shut, and the ledger of what X charges.

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
                // What the platform's headers said last, beside our own count.
                "ALTER TABLE rate_windows ADD COLUMN said_limit bigint",
                "ALTER TABLE rate_windows ADD COLUMN said_left bigint",
                "ALTER TABLE rate_windows ADD COLUMN said_at bigint",
                // Until then its owners know that little is left.
                "ALTER TABLE rate_windows ADD COLUMN told_until bigint NOT NULL DEFAULT 0",
                // How often a lane was found shut without a success between.
                "ALTER TABLE lanes ADD COLUMN strikes integer NOT NULL DEFAULT 0",
                // Which pause its owners were told of.
                "ALTER TABLE lanes ADD COLUMN told text",
                // One row for each call that X charges for. A part is created once for each time
                // that it was sent, so the time of the call tells calls apart.
                "CREATE TABLE charges (
                    delivery_id text NOT NULL,
                    part_index integer NOT NULL CHECK (part_index >= 0),
                    what text NOT NULL,
                    called_at bigint NOT NULL,
                    owner_id text NOT NULL,
                    account_id text NOT NULL,
                    micro_dollars bigint NOT NULL CHECK (micro_dollars >= 0),
                    month text NOT NULL,
                    state text NOT NULL CHECK (state IN ('reserved', 'settled', 'released')),
                    updated_at bigint NOT NULL,
                    PRIMARY KEY (delivery_id, part_index, what, called_at)
                ){clustered}",
                "CREATE INDEX charges_by_owner ON charges (owner_id, month)",
                // What a platform says of an account's quota, and when it was asked.
                "CREATE TABLE platform_quotas (
                    account_id text PRIMARY KEY,
                    asked_at bigint NOT NULL,
                    said {json}
                )",
            ],
        )
        .await
    }
}
