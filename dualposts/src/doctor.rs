//! `dualposts doctor`: checks everything that the configuration names, and says what to do.

mod connecting;
mod database;

use std::process::ExitCode;

use crate::assemble;
use crate::settings::Settings;
use crate::{Fatal, owner};

/// Prints one line for each check; fails when one failed.
pub async fn doctor(settings: &Settings) -> Result<ExitCode, Fatal> {
    let mut healthy = true;
    let mut tell = |what: &str, found: Result<String, String>| {
        healthy &= found.is_ok();
        match found {
            Ok(detail) => println!("ok     {what}: {detail}"),
            Err(problem) => println!("WRONG  {what}: {problem}"),
        }
    };
    let distributed = settings.redis_url.is_some();
    let mode = if distributed {
        "separate processes (REDIS_URL is set)"
    } else {
        "one process, `dualposts up`"
    };
    tell("mode", Ok(mode.to_owned()));
    if !distributed {
        assemble::data_dir(settings)?;
    }
    let vault = owner::vault(settings, !distributed);
    tell(
        "sealing key",
        vault
            .as_ref()
            .map(|vault| format!("{vault:?}"))
            .map_err(|error| error.to_string()),
    );
    for (what, found) in database::checks(settings, vault.as_ref().ok()).await {
        tell(what, found);
    }
    tell("queue", queue(settings).await);
    tell("files", files(settings, distributed).await);
    let simulating = settings
        .simulator
        .unwrap_or(!distributed && !settings.apps.any_is_real());
    let platforms = match (&settings.threads_api_url, &settings.x_api_url) {
        _ if simulating => {
            "the simulator stands in (DUALPOSTS_SIMULATOR=off for the real ones)".to_owned()
        }
        (None, None) => "the real ones".to_owned(),
        (threads, x) => format!(
            "Threads at {}, X at {}",
            threads.as_deref().unwrap_or("its own address"),
            x.as_deref().unwrap_or("its own address")
        ),
    };
    tell("platforms", Ok(platforms));
    if !simulating {
        for (what, found) in connecting::checks(settings).await {
            tell(what, found);
        }
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether files can be kept, where every process finds them.
async fn files(settings: &Settings, distributed: bool) -> Result<String, String> {
    let store = assemble::store(settings).map_err(|error| error.to_string())?;
    store.check().await.map_err(|error| error.to_string())?;
    let is_here = distributed && !store.name().starts_with("s3");
    Ok(match is_here {
        true => format!(
            "{}; `api` and `worker` on other machines must see the same folder, or use s3://",
            store.name()
        ),
        false => store.name().to_owned(),
    })
}

async fn queue(settings: &Settings) -> Result<String, String> {
    let queue = assemble::queue(settings).map_err(|error| error.to_string())?;
    queue.ping().await.map_err(|error| {
        format!("{error}. Posts are accepted without it and go out when it is back")
    })?;
    let waiting = queue.waiting().await.map_err(|error| error.to_string())?;
    Ok(format!("{waiting} jobs wait"))
}
