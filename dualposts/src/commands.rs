//! Short commands: migrate, keys.

use clap::Subcommand;
use entities::vault::Vault;
use entities::{Clock, KeyId, keys, users};
use secrecy::ExposeSecret;

use crate::Fatal;
use crate::assemble;
use crate::settings::Settings;

/// What can be done with API keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Makes a key for the local owner and prints it, once.
    Create {
        /// What it is for, to be recognised in lists.
        #[arg(default_value = "key")]
        name: String,
    },
    /// Lists the keys, without their secrets.
    List,
    /// Ends a key for good.
    Revoke {
        /// `key_...`
        id: String,
    },
    /// Prints a fresh DUALPOSTS_SECRET_KEY.
    GenerateSecret,
}

/// `dualposts migrate`
pub async fn migrate(settings: &Settings) -> Result<(), Fatal> {
    let database = assemble::database(settings).await?;
    assemble::migrate(&database).await?;
    println!("The database has the newest schema.");
    Ok(())
}

/// `dualposts keys ...`
pub async fn keys(settings: &Settings, command: KeysCommand) -> Result<(), Fatal> {
    if let KeysCommand::GenerateSecret = command {
        println!("{}", Vault::generate_key().expose_secret());
        return Ok(());
    }
    let database = assemble::database(settings).await?;
    assemble::migrate(&database).await?;
    let now = Clock::system().now();
    let owner = users::local_owner(&database, now).await?;
    match command {
        KeysCommand::Create { name } => {
            let (row, key) = keys::create(&database, &owner, &name, now).await?;
            eprintln!(
                "{} {:?}; this is the only time it is shown:",
                row.id, row.name
            );
            println!("{}", key.expose_secret());
        }
        KeysCommand::List => {
            for row in keys::list(&database, &owner).await? {
                let state = if row.revoked_at.is_some() {
                    "revoked"
                } else {
                    "live"
                };
                let used = row
                    .last_used_at
                    .map_or_else(|| "never".to_owned(), |at| at.to_string());
                println!(
                    "{}  {}...  {state}  made {}  last used {used}  {}",
                    row.id, row.prefix, row.created_at, row.name
                );
            }
        }
        KeysCommand::Revoke { id } => {
            let id: KeyId = id.parse()?;
            if !keys::revoke(&database, &owner, &id, now).await? {
                return Err(format!("there is no live key {id}").into());
            }
            println!("{id} is revoked.");
        }
        KeysCommand::GenerateSecret => {}
    }
    Ok(())
}
