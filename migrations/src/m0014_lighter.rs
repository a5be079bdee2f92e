//! Less to do for each post: a key that nothing needs, and one index in place of a scan.
//!
//! A delivery is written by the statement that writes its post, under the id that this gives it, and
//! posts are never deleted. PostgreSQL looked the post up and locked it all the same.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite looks it up in a page that it has just written, and would need the table made anew.
        if manager.get_database_backend() == DbBackend::Postgres {
            let sql = "ALTER TABLE deliveries DROP CONSTRAINT deliveries_post_id_fkey";
            run(manager, &[sql]).await?;
        }
        run(
            manager,
            &[
                // What did a month cost, one owner or all of them?
                "CREATE INDEX charges_by_month ON charges (month, owner_id)",
                "DROP INDEX charges_by_owner",
            ],
        )
        .await
    }
}
