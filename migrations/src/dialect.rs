//! The few words in which the two databases differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs each statement, with `{json}` and `{bytes}` put into the database's own words.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let (json, bytes) = match manager.get_database_backend() {
        DbBackend::Postgres => ("jsonb", "bytea"),
        _ => ("json_text", "blob"),
    };
    for statement in statements {
        let sql = statement.replace("{json}", json).replace("{bytes}", bytes);
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
