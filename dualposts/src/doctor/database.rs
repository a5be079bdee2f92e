//! Whether the database is one that this version can work with, and says what it should.

use std::time::Duration;

use entities::schema::{self, Schema};
use entities::vault::Vault;
use entities::{Clock, Database, Timestamp, backup, sealing};

use crate::assemble;
use crate::settings::Settings;

/// The oldest PostgreSQL that is tested.
const OLDEST_POSTGRES: i32 = 150_000;
/// Hosts that keep their clocks by a time server are never so far apart.
const SKEW: Duration = Duration::from_secs(5);

/// One line for each thing.
pub async fn checks(
    settings: &Settings,
    vault: Option<&Vault>,
) -> Vec<(&'static str, Result<String, String>)> {
    let database = match assemble::database(settings).await {
        Ok(database) => database,
        Err(error) => return vec![("database", Err(error.to_string()))],
    };
    let is_embedded = settings.database_url.is_none();
    let found = match schema::compare(&database, &migrations::names()).await {
        Ok(found) => found,
        Err(error) => {
            let told =
                format!("it does not answer: {error}. Is it running, and is DATABASE_URL right?");
            return vec![("database", Err(told))];
        }
    };
    let mut lines = vec![
        ("database", server(&database).await),
        ("schema", of_schema(&found, is_embedded)),
    ];
    if found.can_be_served() {
        lines.push(("clock", clock(&database).await));
        if let Some(vault) = vault {
            lines.push(("tokens", tokens(&database, vault).await));
        }
    }
    lines
}

async fn server(database: &Database) -> Result<String, String> {
    if backup::is_copy(database).await.map_err(told)? {
        return Err("it is a backup that was restored; run `dualposts restored` before anything else, or posts may go out twice".to_owned());
    }
    match schema::server_version(database).await.map_err(told)? {
        None => Ok("SQLite".to_owned()),
        Some(version) if version < OLDEST_POSTGRES => Err(format!(
            "PostgreSQL {}.{} is too old; use 15 or newer",
            version / 10_000,
            version % 10_000
        )),
        Some(version) => Ok(format!(
            "PostgreSQL {}.{}",
            version / 10_000,
            version % 10_000
        )),
    }
}

fn of_schema(found: &Schema, is_embedded: bool) -> Result<String, String> {
    match found {
        Schema::Older { .. } if is_embedded => {
            Ok("`up` brings it up to date at the start".to_owned())
        }
        Schema::Older { .. } => Err(found.to_string()),
        Schema::AsKnown | Schema::Newer { .. } => Ok(found.to_string()),
    }
}

async fn clock(database: &Database) -> Result<String, String> {
    let ours = Clock::system().now();
    match database.now().await.map_err(told)? {
        None => Ok("this host's".to_owned()),
        Some(theirs) => skew(theirs, ours),
    }
}

fn skew(theirs: Timestamp, ours: Timestamp) -> Result<String, String> {
    let skew_ms = theirs.as_ms() - ours.as_ms();
    if theirs.since(ours).max(ours.since(theirs)) > SKEW {
        return Err(format!(
            "the database's is {skew_ms} ms from this host's, and it is the one that counts: posts go out by it. Let a time server set both"
        ));
    }
    Ok(format!(
        "the database's is {skew_ms} ms from this host's, and it is the one that counts"
    ))
}

async fn tokens(database: &Database, vault: &Vault) -> Result<String, String> {
    let (tokens, unreadable) = sealing::look_over(database, vault).await.map_err(told)?;
    if unreadable > 0 {
        return Err(format!(
            "{unreadable} of {tokens} tokens can not be opened with this sealing key; put the key that sealed them into DUALPOSTS_SECRET_KEY or DUALPOSTS_FORMER_SECRET_KEYS, or connect their accounts again"
        ));
    }
    Ok(format!("{tokens}, and the sealing key opens all"))
}

fn told(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_far_apart_are_wrong_whichever_is_ahead() {
        let at = |s: i64| Timestamp::from_ms(s * 1000);
        for (theirs, ours, fine) in [
            (100, 100, true),
            (105, 100, true),
            (106, 100, false),
            (100, 106, false),
        ] {
            assert_eq!(skew(at(theirs), at(ours)).is_ok(), fine, "{theirs} {ours}");
        }
    }

    #[test]
    fn only_up_mends_an_older_schema_by_itself() {
        let older = Schema::Older {
            lacks: vec!["m0009_next".to_owned()],
        };
        assert!(of_schema(&older, true).is_ok());
        let wrong = of_schema(&older, false).unwrap_err();
        assert!(
            wrong.contains("m0009_next") && wrong.contains("dualposts migrate"),
            "{wrong}"
        );
        let newer = Schema::Newer {
            has: vec!["m0009_next".to_owned()],
        };
        assert!(
            of_schema(&newer, false)
                .unwrap()
                .contains("newer than this version")
        );
    }
}
