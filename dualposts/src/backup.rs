//! `dualposts backup` and `dualposts restored`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use entities::backup::{copy_to, is_copy, mark_as_copy, take_into_use};
use entities::clock::set_by;
use entities::database::DatabaseSettings;
use entities::restored::{Doubt, held_until, set_aside, still_held};
use entities::{Clock, Database};

use crate::settings::Settings;
use crate::{Fatal, assemble, schema};

/// What is in doubt after a restore.
#[derive(Args)]
pub struct RestoredArgs {
    /// Sets aside what is planned for later as well: its owner may have changed, hastened or canceled
    /// it since the backup.
    #[arg(long, conflicts_with = "nothing_ran_since")]
    everything: bool,
    /// Nothing ran on any other copy since this one was made: it is taken into use as it is.
    #[arg(long)]
    nothing_ran_since: bool,
}

/// `dualposts backup FILE`
pub async fn backup(settings: &Settings, file: &Path) -> Result<(), Fatal> {
    if file.exists() {
        return Err(format!("{} exists; a backup is a file of its own", file.display()).into());
    }
    let database = assemble::database(settings).await?;
    let unfinished = with_suffix(file, ".unfinished");
    remove(&unfinished)?;
    let copied = finish(&database, &unfinished, file).await;
    if copied.is_err() {
        remove(&unfinished)?;
    }
    let bytes = copied?;
    println!("{} ({bytes} bytes)", file.display());
    eprintln!(
        "Keep the sealing key (secret.key in {}, or DUALPOSTS_SECRET_KEY) in another place, and the files of the media store besides.",
        settings.data_dir.display()
    );
    Ok(())
}

async fn finish(database: &Database, unfinished: &Path, file: &Path) -> Result<u64, Fatal> {
    // For its owner alone from the first byte on.
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(unfinished)?;
    fs::set_permissions(unfinished, fs::Permissions::from_mode(0o600))?;
    copy_to(database, unfinished).await?;
    let copy = Database::connect(&DatabaseSettings {
        url: format!("sqlite://{}?mode=rw", unfinished.display()),
        max_connections: 1,
        acquire_timeout: Duration::from_secs(5),
    })
    .await?;
    mark_as_copy(&copy).await?;
    copy.close().await?;
    let whole = fs::File::open(unfinished)?;
    whole.sync_all()?;
    fs::rename(unfinished, file)?;
    Ok(whole.metadata()?.len())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(file: &Path) -> Result<(), Fatal> {
    for suffix in ["", "-wal", "-shm"] {
        match fs::remove_file(with_suffix(file, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// `dualposts restored`
pub async fn restored(settings: &Settings, args: &RestoredArgs) -> Result<(), Fatal> {
    let database = assemble::database(settings).await?;
    let _alone = assemble::alone_on(settings)?;
    // A backup of the version before is brought up to date first, as at every start.
    assemble::migrate(&database).await?;
    schema::check(&database).await?;
    if args.nothing_ran_since {
        take_into_use(&database).await?;
        println!("The database is in use as it is.");
        return Ok(());
    }
    let clock = Clock::at_pace(settings.pace);
    set_by(&database, &clock).await?;
    let now = clock.now();
    if settings.database_url.is_some()
        && let Some(left) = still_held(held_until(&database).await?, now)
    {
        return Err(format!(
            "a worker may hold a delivery for {} more seconds: stop all workers of this database, wait that long, and run this again",
            left.as_secs() + 1
        )
        .into());
    }
    let doubt = if args.everything {
        Doubt::Everything
    } else {
        Doubt::Due
    };
    let found = set_aside(&database, doubt, now).await?;
    take_into_use(&database).await?;
    if let Some(at) = found.last_known {
        println!("The last thing that this database knows of was at {at}.");
    }
    println!(
        "{} deliveries may have gone out since and wait for a person (error `restored`); {} failed ones say that they may have been retried.",
        found.set_aside, found.warned
    );
    println!(
        "{} are planned for later and go out at their time.{}",
        found.planned,
        match found.planned {
            0 => "",
            _ =>
                " If any of them may have been changed, hastened or canceled since the backup, run `dualposts restored --everything` before you start.",
        }
    );
    Ok(())
}

/// Refuses a copy that nobody has looked through: what waits in it may be live.
pub async fn refuse_a_copy(database: &Database) -> Result<(), Fatal> {
    if is_copy(database).await? {
        return Err("this database is a backup that was restored, and what waits in it may have been published since it was made. Run `dualposts restored` first: it sets that aside, so that nothing goes out twice".into());
    }
    Ok(())
}
