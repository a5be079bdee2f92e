//! `dualposts doctor`: checks everything that the configuration names, and says what to do.

mod connecting;
mod database;

use std::net::IpAddr;
use std::process::ExitCode;

use api::exposure::is_loopback;

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
    tell("proxies", proxies(settings));
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

/// Behind a proxy that is not named, everybody has its address, and one limit.
fn proxies(settings: &Settings) -> Result<String, String> {
    if !settings.guard.trusted_proxies.are_none() {
        return Ok("their word is taken for where requests come from".to_owned());
    }
    let url = connecting::public_url(settings);
    match through_a_proxy(&url, settings.listen.ip()) {
        None => Ok("none; requests come from where their connections do".to_owned()),
        Some(why) => Err(format!(
            "{why}: a proxy must be before it, and none is trusted, so all that it brings counts as one address, and one stranger can use up everybody's limit; set DUALPOSTS_TRUSTED_PROXIES to the addresses or networks that it comes from, such as 127.0.0.1 or 172.16.0.0/12"
        )),
    }
}

/// Why requests to this URL can not come here directly, where that is sure.
fn through_a_proxy(url: &str, listen: IpAddr) -> Option<String> {
    if url.starts_with("https://") {
        return Some(format!("{url} is https, which this process does not speak"));
    }
    let is_elsewhere = listen.is_loopback() && !is_loopback(url);
    is_elsewhere.then(|| format!("{url} is served at {listen}, which this machine alone reaches"))
}

async fn queue(settings: &Settings) -> Result<String, String> {
    let queue = assemble::queue(settings).map_err(|error| error.to_string())?;
    queue.ping().await.map_err(|error| {
        format!("{error}. Posts are accepted without it and go out when it is back")
    })?;
    let waiting = queue.waiting().await.map_err(|error| error.to_string())?;
    Ok(format!("{waiting} jobs wait"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_sure_where_the_page_can_not_be_reached_without() {
        let needs_one =
            |url: &str, listen: &str| through_a_proxy(url, listen.parse().unwrap()).is_some();
        assert!(needs_one("https://post.example", "0.0.0.0"));
        assert!(needs_one("https://localhost", "127.0.0.1"));
        assert!(needs_one("http://post.example", "127.0.0.1"));
        assert!(!needs_one("http://127.0.0.1:8080", "127.0.0.1"));
        assert!(!needs_one("http://localhost:8080", "::1"));
        assert!(!needs_one("http://10.0.0.7:8080", "0.0.0.0"));
    }
}
