//! Short commands: migrate, keys, link.

use clap::Subcommand;
use entities::scopes::Scopes;
use entities::sealing::reseal;
use entities::vault::Vault;
use entities::{Clock, Database, KeyId, UserId, keys, sessions, users};
use secrecy::ExposeSecret;

use crate::Fatal;
use crate::settings::Settings;
use crate::{assemble, owner};

/// What can be done with API keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Makes a key for the local owner and prints it, once.
    Create {
        /// What it is for, to be recognised in lists.
        #[arg(default_value = "key")]
        name: String,
        /// What it may do, with commas between: posts:read,posts:write,accounts:read,
        /// accounts:write,keys:write,webhooks:read,webhooks:write. Everything, if not given.
        #[arg(long, value_delimiter = ',')]
        scopes: Vec<String>,
        /// For a user who signs in with Clerk (`user_...`), in place of the local owner.
        #[arg(long)]
        clerk_user: Option<String>,
    },
    /// Lists the keys, without their secrets.
    List {
        /// Of a user who signs in with Clerk (`user_...`), in place of the local owner.
        #[arg(long)]
        clerk_user: Option<String>,
    },
    /// Ends a key for good, whoever has it.
    Revoke {
        /// `key_...`
        id: String,
    },
    /// Prints a fresh DUALPOSTS_SECRET_KEY.
    GenerateSecret,
    /// Seals all tokens under a new key. Without DUALPOSTS_SECRET_KEY a new one is made in the data
    /// folder; with it, put the new key there and the old one into DUALPOSTS_FORMER_SECRET_KEYS,
    /// restart all processes, and then run this.
    RotateSealing,
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
    if let KeysCommand::RotateSealing = command {
        return rotate_sealing(settings, &database).await;
    }
    let now = Clock::system().now();
    let owner = users::local_owner(&database, now).await?;
    match command {
        KeysCommand::Create {
            name,
            scopes,
            clerk_user,
        } => {
            let scopes = match scopes.is_empty() {
                true => Scopes::all(),
                false => scopes.join(" ").parse()?,
            };
            let owner = whose(&database, owner, clerk_user).await?;
            let (row, key) = keys::create(&database, &owner, &name, &scopes, now).await?;
            eprintln!(
                "{} {:?}, {}; this is the only time it is shown:",
                row.id, row.name, row.scopes
            );
            println!("{}", key.expose_secret());
        }
        KeysCommand::List { clerk_user } => {
            let owner = whose(&database, owner, clerk_user).await?;
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
                    "{}  {}...  {state}  made {}  last used {used}  {}  {}",
                    row.id, row.prefix, row.created_at, row.scopes, row.name
                );
            }
        }
        KeysCommand::Revoke { id } => {
            let id: KeyId = id.parse()?;
            if !keys::revoke_anybodys(&database, &id, now).await? {
                return Err(format!("there is no live key {id}").into());
            }
            println!("{id} is revoked.");
        }
        KeysCommand::GenerateSecret | KeysCommand::RotateSealing => {}
    }
    Ok(())
}

/// Whose keys a command is about.
async fn whose(
    database: &Database,
    local_owner: UserId,
    clerk_user: Option<String>,
) -> Result<UserId, Fatal> {
    let Some(id) = clerk_user else {
        return Ok(local_owner);
    };
    let found = users::of_clerk(database, &id, Clock::system().now()).await?;
    Ok(found.ok_or("Clerk has deleted this user")?)
}

/// `dualposts keys rotate-sealing`
async fn rotate_sealing(settings: &Settings, database: &Database) -> Result<(), Fatal> {
    let in_folder = settings.secret_key.is_none();
    // Nobody may start with the keys of before while they are being replaced.
    let _alone = match in_folder {
        true => assemble::alone_on(settings)?,
        false => None,
    };
    if in_folder {
        owner::begin_rotation(settings)?;
    } else if settings.former_secret_keys.is_empty() {
        return Err("put the new key into DUALPOSTS_SECRET_KEY and the old one into DUALPOSTS_FORMER_SECRET_KEYS, for all processes; then run this again".into());
    }
    let vault = owner::vault(settings, true)?;
    let resealed = reseal(database, &vault).await?;
    println!("{} tokens are sealed under {vault:?} now.", resealed.tokens);
    if resealed.unreadable > 0 {
        return Err(format!(
            "{} tokens were sealed under a key that is not known and are left as they are; their accounts have to be connected again, or that key given in DUALPOSTS_FORMER_SECRET_KEYS",
            resealed.unreadable
        )
        .into());
    }
    if in_folder {
        owner::end_rotation(settings)?;
    } else {
        println!("DUALPOSTS_FORMER_SECRET_KEYS is not needed any more.");
    }
    Ok(())
}

/// `dualposts link`
pub async fn link(settings: &Settings) -> Result<(), Fatal> {
    let database = assemble::database(settings).await?;
    assemble::migrate(&database).await?;
    let now = Clock::system().now();
    let user = users::local_owner(&database, now).await?;
    let link = sessions::make_link(&database, &user, now).await?;
    let public_url = settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", settings.listen));
    println!("{}", owner::link_in(&public_url, &link));
    Ok(())
}
