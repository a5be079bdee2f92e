//! Whether a database has the schema that this version knows. A newer one may be met while the next
//! version takes over, and serves this one as well; an older one does not.

use std::fmt;

use sea_orm::{DbBackend, DbErr, FromQueryResult};

use crate::Database;
use crate::database::{query_all, query_one};

/// How the schema of a database stands to the steps that this version knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// All steps, and no other.
    AsKnown,
    /// It lacks these.
    Older { lacks: Vec<String> },
    /// It has these, which a later version made.
    Newer { has: Vec<String> },
}

impl Schema {
    fn of(known: &[String], applied: &[String]) -> Self {
        let missing_in = |all: &[String], some: &[String]| -> Vec<String> {
            let missing = some.iter().filter(|name| !all.contains(name));
            missing.cloned().collect()
        };
        let lacks = missing_in(applied, known);
        let has = missing_in(known, applied);
        match (lacks.is_empty(), has.is_empty()) {
            (true, true) => Schema::AsKnown,
            (false, _) => Schema::Older { lacks },
            (true, false) => Schema::Newer { has },
        }
    }

    /// Whether this version can work with it.
    pub fn can_be_served(&self) -> bool {
        !matches!(self, Schema::Older { .. })
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schema::AsKnown => write!(f, "the schema is the one that this version knows"),
            Schema::Older { lacks } => write!(
                f,
                "the database's schema is older than this version: it lacks {}; run `dualposts migrate` of this version once",
                lacks.join(", ")
            ),
            Schema::Newer { has } => write!(
                f,
                "the database's schema is newer than this version: it has {}; this version serves on while the next one takes over, and is to be replaced by it",
                has.join(", ")
            ),
        }
    }
}

#[derive(FromQueryResult)]
struct Applied {
    version: String,
}

/// Reads which steps the database has; `known` are those of this version. A database without any
/// table lacks them all; an error means that it can not be asked.
pub async fn compare(database: &Database, known: &[String]) -> Result<Schema, DbErr> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let applied = match query_all::<_, Applied>(database.reader(), sql, []).await {
        Ok(rows) => rows.into_iter().map(|row| row.version).collect(),
        Err(error) if is_without_tables(&error) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Schema::of(known, &applied))
}

/// The version of a PostgreSQL server, as in 150004 for 15.4; `None` with SQLite.
pub async fn server_version(database: &Database) -> Result<Option<i32>, DbErr> {
    if database.backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT current_setting('server_version_num')::int AS version";
    let row = query_one(database.reader(), sql, []).await?;
    row.map(|row| row.try_get("", "version")).transpose()
}

/// PostgreSQL: undefined_table; SQLite has no code of its own for it.
fn is_without_tables(error: &DbErr) -> bool {
    let text = error.to_string();
    text.contains("no such table") || text.contains("\"seaql_migrations\" does not exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(known: &[&str], applied: &[&str], served: bool, told: &str) {
        let names = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let schema = Schema::of(&names(known), &names(applied));
        assert_eq!(schema.can_be_served(), served, "{schema:?}");
        assert!(schema.to_string().contains(told), "{schema}");
    }

    #[test]
    fn a_newer_schema_is_served_and_an_older_one_is_not() {
        check(
            &["a", "b"],
            &["a", "b"],
            true,
            "the one that this version knows",
        );
        check(
            &["a", "b", "c"],
            &["a"],
            false,
            "it lacks b, c; run `dualposts migrate`",
        );
        check(
            &["a"],
            &["a", "b"],
            true,
            "newer than this version: it has b;",
        );
        check(&["a", "b"], &["a", "c"], false, "it lacks b;");
        check(&["a"], &[], false, "it lacks a;");
    }
}
