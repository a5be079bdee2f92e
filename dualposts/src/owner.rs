//! The owner of a machine without sign-in: the keys that `up` keeps in its data folder.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use entities::scopes::Scopes;
use entities::vault::Vault;
use entities::{Clock, Database, UserId, keys, users};
use secrecy::{ExposeSecret, SecretString};

use crate::Fatal;
use crate::settings::Settings;

/// The vault over the key that is set; `make_one` keeps one in the data folder if none is.
pub fn vault(settings: &Settings, make_one: bool) -> Result<Vault, Fatal> {
    let key = match (&settings.secret_key, make_one) {
        (Some(key), _) => key.clone(),
        (None, true) => {
            secret_in(&key_file(settings), Vault::generate_key)?;
            let kept = keys_in_folder(settings)?;
            let (key, former) = kept.split_first().ok_or("the file secret.key is empty")?;
            return Ok(Vault::with_former(key, former)?);
        }
        (None, false) => {
            return Err("DUALPOSTS_SECRET_KEY must be set, the same for all processes; `dualposts keys generate-secret` makes one".into());
        }
    };
    Ok(Vault::with_former(&key, &settings.former_secret_keys)?)
}

fn key_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("secret.key")
}

/// The sealing keys of the data folder: the one in force, then those before it.
fn keys_in_folder(settings: &Settings) -> Result<Vec<SecretString>, Fatal> {
    let path = key_file(settings);
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{} can not be read: {error}", path.display()))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(|line| line.to_owned().into())
        .collect())
}

/// Puts a new sealing key into the data folder, before those that are there.
pub fn begin_rotation(settings: &Settings) -> Result<(), Fatal> {
    vault(settings, true)?;
    let mut keys = vec![Vault::generate_key()];
    keys.extend(keys_in_folder(settings)?);
    write_keys(settings, &keys)
}

/// Forgets the former sealing keys of the data folder.
pub fn end_rotation(settings: &Settings) -> Result<(), Fatal> {
    let mut keys = keys_in_folder(settings)?;
    keys.truncate(1);
    write_keys(settings, &keys)
}

fn write_keys(settings: &Settings, keys: &[SecretString]) -> Result<(), Fatal> {
    let lines: Vec<&str> = keys.iter().map(ExposeSecret::expose_secret).collect();
    write_secret(&key_file(settings), &lines.join("\n").into())
}

/// Makes the local owner and, if one is set, the API key of the operator's choice.
pub async fn prepare(
    database: &Database,
    clock: &Clock,
    settings: &Settings,
) -> Result<UserId, Fatal> {
    let now = clock.now();
    let owner = users::local_owner(database, now).await?;
    if let Some(key) = &settings.bootstrap_api_key {
        keys::ensure(database, &owner, "DUALPOSTS_BOOTSTRAP_API_KEY", key, now).await?;
    }
    Ok(owner)
}

/// The owner's own key, made at the first start and kept in the data folder.
pub async fn own_key(
    database: &Database,
    clock: &Clock,
    settings: &Settings,
    owner: &UserId,
) -> Result<SecretString, Fatal> {
    if let Some(key) = &settings.bootstrap_api_key {
        return Ok(key.clone());
    }
    let path = settings.data_dir.join("owner.key");
    if let Ok(text) = fs::read_to_string(&path) {
        let key = SecretString::from(text.trim().to_owned());
        if keys::find(database, &key).await?.is_some() {
            return Ok(key);
        }
    }
    let (_, key) = keys::create(
        database,
        owner,
        "owner.key in the data folder",
        &Scopes::all(),
        clock.now(),
    )
    .await?;
    write_secret(&path, &key)?;
    Ok(key)
}

/// A sign-in link, as people open it. What stands behind `#` is not sent to any server.
pub fn link_in(public_url: &str, link: &SecretString) -> String {
    format!("{public_url}/#link={}", link.expose_secret())
}

fn secret_in(path: &Path, make: impl Fn() -> SecretString) -> Result<SecretString, Fatal> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned().into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secret = make();
            write_secret(path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(format!("{} can not be read: {error}", path.display()).into()),
    }
}

/// Readable by its owner alone, whole or not there.
fn write_secret(path: &Path, secret: &SecretString) -> Result<(), Fatal> {
    let unfinished = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        writeln!(file, "{}", secret.expose_secret())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(|error| format!("{} can not be written: {error}", path.display()).into())
}
