//! The few words in which the two databases differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs each statement, with these put into the database's own words:
///
/// - `{json}` and `{bytes}`, types;
/// - `{clustered}`: rows are kept in the primary key's order, where the database can do that;
/// - `{changed_in_place}`: rows change often, so pages keep room for their next versions.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let (json, bytes, clustered, changed_in_place) = match manager.get_database_backend() {
        DbBackend::Postgres => ("jsonb", "bytea", "", " WITH (fillfactor = 60)"),
        _ => ("json_text", "blob", " WITHOUT ROWID", ""),
    };
    for statement in statements {
        let sql = statement
            .replace("{json}", json)
            .replace("{bytes}", bytes)
            .replace("{clustered}", clustered)
            .replace("{changed_in_place}", changed_in_place);
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
