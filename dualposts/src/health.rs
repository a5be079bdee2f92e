//! `dualposts health`: for health checks of containers, whose image has no other program in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use entities::schema;

use crate::settings::Settings;
use crate::{Fatal, assemble};

/// Shorter than the time-outs that health checks have.
const PATIENCE: Duration = Duration::from_secs(4);

/// Of which process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Up,
    Api,
    Worker,
    /// The simulator alone, at its usual address.
    Simulator,
}

/// Says how it is in one line; fails when it does not work.
pub async fn health(settings: &Settings, role: Role) -> Result<ExitCode, Fatal> {
    let asked = async {
        match role {
            Role::Up | Role::Api => answer(settings.listen, "/readyz").await,
            Role::Simulator => answer(settings.simulator_listen, "/_sim/health").await,
            Role::Worker => dependencies(settings).await,
        }
    };
    let found = tokio::time::timeout(PATIENCE, asked).await;
    match found.unwrap_or_else(|_| Err("no answer in time".into())) {
        Ok(what) => {
            println!("{what}");
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            eprintln!("{why}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Asks who listens.
async fn answer(listen: SocketAddr, path: &str) -> Result<String, Fatal> {
    if listen.port() == 0 {
        return Err("port 0 is any port; set DUALPOSTS_LISTEN to one that is known".into());
    }
    let url = format!("http://{}{path}", here(listen));
    // Whatever proxy is set in the environment is not for this machine.
    let http = reqwest::Client::builder().no_proxy().build()?;
    let response = http.get(&url).send().await?;
    let status = response.status();
    let body = response.text().await?;
    if status.is_success() {
        Ok(if path.starts_with("/_sim") {
            "ok".to_owned()
        } else {
            body
        })
    } else {
        Err(format!("{url} answered {status}: {body}").into())
    }
}

/// Where something that listens everywhere is reached from this machine.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// A worker listens nowhere, and ends when a part of it ends: so what is left to ask is whether it
/// can reach what it works with.
async fn dependencies(settings: &Settings) -> Result<String, Fatal> {
    let database = assemble::database(settings).await?;
    let schema = schema::compare(&database, &migrations::names()).await?;
    if !schema.can_be_served() {
        return Err(schema.to_string().into());
    }
    assemble::queue(settings)?.ping().await?;
    Ok("database and queue can be reached".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(here(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
