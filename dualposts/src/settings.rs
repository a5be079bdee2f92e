//! The configuration: environment variables, read here and nowhere else.

mod apps;
mod reader;
mod telemetry;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use api::guard::Rate;
use api::guard::address::BadNetwork;
use api::guard::bucket::BadRate;
use entities::Timestamp;
use entities::clock::Pace;
use media::StoreSettings;
use secrecy::SecretString;
use worker::limits::Limits;

pub use apps::{Apps, ClerkSettings, ThreadsApp, XApp};
use reader::Reader;

/// Everything that can be set. `operations/settings.md` lists the variables.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `DUALPOSTS_LISTEN`: where the API and the page are served.
    pub listen: SocketAddr,
    /// `DUALPOSTS_DRAIN_S`: for how long requests are still taken after SIGTERM, while `/readyz` says 503.
    pub drain: Duration,
    /// `DUALPOSTS_DATA_DIR`: the database file and keys of an installation without servers.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: `postgres://...` or `sqlite://...`; a file in the data folder if not set.
    pub database_url: Option<String>,
    /// `DUALPOSTS_DATABASE_CONNECTIONS`: the most connections of one process to PostgreSQL.
    pub database_connections: u32,
    /// `REDIS_URL`: the queue between processes; in memory if not set.
    pub redis_url: Option<String>,
    /// `DUALPOSTS_QUEUE_PREFIX`: put before all Redis keys.
    pub queue_prefix: String,
    /// `DUALPOSTS_SECRET_KEY`: 32 bytes in base64 that seal tokens at rest.
    pub secret_key: Option<SecretString>,
    /// `DUALPOSTS_FORMER_SECRET_KEYS`: keys that sealed tokens before, with commas between; until
    /// `dualposts keys rotate-sealing` has run.
    pub former_secret_keys: Vec<SecretString>,
    /// `DUALPOSTS_PUBLIC_URL`: where people open the page, as their browsers know it; from
    /// `DUALPOSTS_LISTEN` if not set.
    pub public_url: Option<String>,
    /// `DUALPOSTS_MEDIA_STORE` and the settings of S3: where files are kept; a folder in the data folder
    /// if not set.
    pub media_store: Option<StoreSettings>,
    /// `DUALPOSTS_BOOTSTRAP_API_KEY`: an API key of your choice for the local owner.
    pub bootstrap_api_key: Option<SecretString>,
    /// `DUALPOSTS_THREADS_API_URL`, `DUALPOSTS_X_API_URL`, `DUALPOSTS_X_WEB_URL`: another server
    /// in a platform's place.
    pub threads_api_url: Option<String>,
    pub x_api_url: Option<String>,
    pub x_web_url: Option<String>,
    /// `DUALPOSTS_SIMULATOR`: `on` or `off`.
    pub simulator: Option<bool>,
    /// The apps at the platforms, and Clerk.
    pub apps: Apps,
    /// `DUALPOSTS_SIMULATOR_LISTEN`: where `up` serves its simulator.
    pub simulator_listen: SocketAddr,
    /// `DUALPOSTS_SIMULATOR_PROFILE`: how slow it is.
    pub simulator_profile: simulator::Profile,
    /// `DUALPOSTS_DEMO_ACCOUNTS`: how many demo accounts on each platform.
    pub demo_accounts: u32,
    /// `DUALPOSTS_WEBHOOKS_ALLOW_PRIVATE`: whether customers' webhooks may be on this machine and in
    /// its own networks.
    pub webhooks_allow_private: bool,
    /// `DUALPOSTS_TIME_LAPSE`: how fast time passes, for rehearsals against a simulator.
    pub pace: Pace,
    /// How patient the worker is.
    pub worker: worker::Settings,
    /// `DUALPOSTS_METRICS_LISTEN`: a listener for `/metrics`, `/healthz` and `/readyz` alone; the only
    /// one that a worker has.
    pub metrics_listen: Option<SocketAddr>,
    /// `DUALPOSTS_METRICS_TOKEN`: what must be sent to read the metrics.
    pub metrics_token: Option<SecretString>,
    /// Whether `OTEL_EXPORTER_OTLP_ENDPOINT`, or the one for traces alone, says where spans are sent.
    pub traces: bool,
    /// `DUALPOSTS_API_RATE`, `DUALPOSTS_API_RATE_IP`, `DUALPOSTS_TRUSTED_PROXIES`,
    /// `DUALPOSTS_API_CONNECTIONS`, `DUALPOSTS_STREAMS_PER_OWNER`: how much of strangers the API bears.
    pub guard: api::Guard,
    /// `DUALPOSTS_LOG`: `pretty` or `json`, and a filter, such as `json,info,worker=debug`.
    pub log: String,
}

/// Where files are kept, if that was said.
fn media_store(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> Option<StoreSettings> {
    let url = reader.text("DUALPOSTS_MEDIA_STORE")?;
    Some(StoreSettings {
        url,
        endpoint: reader.url("DUALPOSTS_S3_ENDPOINT", &["https://", "http://"]),
        region: reader.text("DUALPOSTS_S3_REGION"),
        access_key_id: reader.text("DUALPOSTS_S3_ACCESS_KEY_ID"),
        secret_access_key: reader
            .text("DUALPOSTS_S3_SECRET_ACCESS_KEY")
            .map(SecretString::from),
        allow_http: reader.switch("DUALPOSTS_S3_ALLOW_HTTP").unwrap_or(false),
    })
}

fn guard(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> api::Guard {
    let standard = api::Guard::default();
    api::Guard {
        per_credential: rate(reader, "DUALPOSTS_API_RATE", standard.per_credential),
        per_address: rate(reader, "DUALPOSTS_API_RATE_IP", standard.per_address),
        trusted_proxies: match reader
            .text("DUALPOSTS_TRUSTED_PROXIES")
            .map(|text| text.parse())
        {
            None => standard.trusted_proxies,
            Some(Ok(proxies)) => proxies,
            Some(Err(BadNetwork(text))) => {
                reader.wrong(format!("DUALPOSTS_TRUSTED_PROXIES has {text:?}; write addresses or networks such as 10.0.0.7 or 10.0.0.0/8, with commas between"));
                standard.trusted_proxies
            }
        },
        connections: reader
            .parse(
                "DUALPOSTS_API_CONNECTIONS",
                "a number from 1 up",
                standard.connections,
            )
            .max(1),
        streams_per_owner: reader
            .parse(
                "DUALPOSTS_STREAMS_PER_OWNER",
                "a number from 1 up",
                standard.streams_per_owner,
            )
            .max(1),
        patience: standard.patience,
    }
}

/// Requests a second, and how many at once; `off`: any number.
fn rate(
    reader: &mut Reader<impl Fn(&str) -> Option<String>>,
    name: &str,
    standard: Option<Rate>,
) -> Option<Rate> {
    match reader.text(name).as_deref() {
        None => standard,
        Some("off") => None,
        Some(text) => match text.parse() {
            Ok(rate) => Some(rate),
            Err(BadRate) => {
                reader.wrong(format!("{name} is {text:?}; write off, or requests a second and how many at once, such as 100:500"));
                standard
            }
        },
    }
}

/// What X may cost in a month, in millionths of a dollar.
fn budget(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> Option<i64> {
    let text = reader.text("DUALPOSTS_X_MONTHLY_BUDGET_USD")?;
    let micro_dollars = micro_dollars(&text);
    if micro_dollars.is_none() {
        reader.wrong(format!(
            "DUALPOSTS_X_MONTHLY_BUDGET_USD is {text:?}; it must be dollars such as 25 or 12.50"
        ));
    }
    micro_dollars
}

/// Dollars with up to six decimals, read without rounding.
fn micro_dollars(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(part)
}

/// All that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration can not be used:\n  - {}", .0.join("\n  - "))]
pub struct BadSettings(Vec<String>);

impl Settings {
    /// How far customers' webhooks may reach.
    pub fn webhooks_reach(&self) -> webhooks::Reach {
        match self.webhooks_allow_private {
            true => webhooks::Reach::PrivateToo,
            false => webhooks::Reach::Public,
        }
    }

    /// Reads the environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    pub fn from_env() -> Result<Self, BadSettings> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(env: impl Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let mut reader = Reader {
            env,
            wrong: Vec::new(),
        };
        let standard = worker::Settings::default();
        let settings = Settings {
            listen: reader.parse(
                "DUALPOSTS_LISTEN",
                "an address such as 127.0.0.1:8080",
                SocketAddr::from(([127, 0, 0, 1], 8080)),
            ),
            drain: Duration::from_secs(
                reader
                    .parse("DUALPOSTS_DRAIN_S", "a whole number of seconds", 0_u16)
                    .into(),
            ),
            data_dir: reader
                .text("DUALPOSTS_DATA_DIR")
                .map_or_else(|| "data".into(), PathBuf::from),
            database_url: reader.url("DATABASE_URL", &["postgres://", "postgresql://", "sqlite:"]),
            database_connections: reader
                .parse(
                    "DUALPOSTS_DATABASE_CONNECTIONS",
                    "a number from 1 up",
                    connections(),
                )
                .max(1),
            redis_url: reader.url("REDIS_URL", &["redis://", "rediss://", "unix:"]),
            queue_prefix: reader
                .text("DUALPOSTS_QUEUE_PREFIX")
                .unwrap_or_else(|| "dualposts".into()),
            secret_key: reader.text("DUALPOSTS_SECRET_KEY").map(SecretString::from),
            former_secret_keys: reader.list("DUALPOSTS_FORMER_SECRET_KEYS"),
            public_url: reader.url("DUALPOSTS_PUBLIC_URL", &["https://", "http://"]),
            media_store: media_store(&mut reader),
            bootstrap_api_key: reader
                .text("DUALPOSTS_BOOTSTRAP_API_KEY")
                .map(SecretString::from),
            threads_api_url: reader.url("DUALPOSTS_THREADS_API_URL", &["https://", "http://"]),
            x_api_url: reader.url("DUALPOSTS_X_API_URL", &["https://", "http://"]),
            x_web_url: reader.url("DUALPOSTS_X_WEB_URL", &["https://", "http://"]),
            simulator: reader.switch("DUALPOSTS_SIMULATOR"),
            apps: Apps::read(&mut reader),
            simulator_listen: reader.parse(
                "DUALPOSTS_SIMULATOR_LISTEN",
                "an address such as 127.0.0.1:8090",
                SocketAddr::from(([127, 0, 0, 1], 8090)),
            ),
            simulator_profile: match reader.text("DUALPOSTS_SIMULATOR_PROFILE").as_deref() {
                None | Some("instant") => simulator::Profile::Instant,
                Some("typical") => simulator::Profile::Typical,
                Some("hostile") => simulator::Profile::Hostile,
                Some(other) => {
                    reader.wrong(format!("DUALPOSTS_SIMULATOR_PROFILE is {other:?}; write instant, typical or hostile"));
                    simulator::Profile::Instant
                }
            },
            demo_accounts: reader
                .parse("DUALPOSTS_DEMO_ACCOUNTS", "a number from 1 up", 1)
                .max(1),
            webhooks_allow_private: reader
                .switch("DUALPOSTS_WEBHOOKS_ALLOW_PRIVATE")
                .unwrap_or(false),
            pace: match reader.text("DUALPOSTS_TIME_LAPSE").map(|text| pace(&text)) {
                None => Pace::REAL,
                Some(Some(pace)) => pace,
                Some(None) => {
                    reader.wrong("DUALPOSTS_TIME_LAPSE must be a speed up to 1000 and since when, in Unix milliseconds: 60@1795000000000".into());
                    Pace::REAL
                }
            },
            worker: worker::Settings {
                lease: reader.seconds("DUALPOSTS_LEASE_S", standard.lease),
                call_timeout: reader.seconds("DUALPOSTS_CALL_TIMEOUT_S", standard.call_timeout),
                handed: reader.seconds("DUALPOSTS_HANDED_S", standard.handed),
                threads_settle: reader
                    .seconds("DUALPOSTS_THREADS_SETTLE_S", standard.threads_settle),
                x_settle: reader.seconds("DUALPOSTS_X_SETTLE_S", standard.x_settle),
                concurrency: reader
                    .parse(
                        "DUALPOSTS_CONCURRENCY",
                        "a number from 1 up",
                        standard.concurrency,
                    )
                    .max(1),
                limits: match Limits::parse(&reader.text("DUALPOSTS_LIMITS").unwrap_or_default()) {
                    Ok(limits) => limits,
                    Err(error) => {
                        reader.wrong(format!("DUALPOSTS_LIMITS: {error}"));
                        Limits::published()
                    }
                },
                budget: budget(&mut reader),
                ..standard
            },
            metrics_listen: telemetry::metrics_listen(&mut reader),
            metrics_token: reader
                .text("DUALPOSTS_METRICS_TOKEN")
                .map(SecretString::from),
            traces: telemetry::traces(&mut reader),
            guard: guard(&mut reader),
            log: reader
                .text("DUALPOSTS_LOG")
                .unwrap_or_else(|| "pretty,info".into()),
        };
        if settings.worker.lease <= settings.worker.call_timeout {
            reader.wrong("DUALPOSTS_LEASE_S must be longer than DUALPOSTS_CALL_TIMEOUT_S, or no step could begin".into());
        }
        if settings.apps.clerk.is_some() && settings.public_url.is_none() {
            reader.wrong("DUALPOSTS_PUBLIC_URL must be set with Clerk: its sessions name the page that they were made for".into());
        }
        if reader.wrong.is_empty() {
            Ok(settings)
        } else {
            Err(BadSettings(reader.wrong))
        }
    }
}

fn pace(text: &str) -> Option<Pace> {
    let (speed, since) = text.split_once('@')?;
    let since = Timestamp::from_ms(since.trim().parse().ok()?);
    Pace::faster(speed.trim().parse().ok()?, since)
}

/// As many connections as keep the database's cores busy, were they as many as this host's. More
/// would only make its processes take turns: measured, 16 on two cores doubled the p99.
fn connections() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    u32::try_from(2 * cores).unwrap_or(16).clamp(4, 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(|name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert!(
            settings.database_url.is_none()
                && settings.redis_url.is_none()
                && !settings.apps.any_is_real()
        );
    }

    #[test]
    fn what_a_simulator_prints_is_all_that_a_product_needs() {
        let simulator = simulator::Simulator::new(simulator::Settings::default());
        let mut printed = crate::exports::platforms("http://127.0.0.1:8090");
        printed.extend(crate::exports::clerk(&simulator));
        printed.push(("DUALPOSTS_PUBLIC_URL", "http://127.0.0.1:8080".to_owned()));
        let printed: Vec<_> = printed.iter().map(|(name, to)| (*name, &**to)).collect();
        let apps = read(&printed).unwrap().apps;
        assert!(apps.threads.is_some() && apps.clerk.is_some());
        assert_eq!(
            apps.x.unwrap().authorize_url,
            "http://127.0.0.1:8090/i/oauth2/authorize"
        );
    }

    #[test]
    fn a_budget_is_read_to_the_millionth() {
        let read = |text: &str| read(&[("DUALPOSTS_X_MONTHLY_BUDGET_USD", text)]);
        assert_eq!(self::read(&[]).unwrap().worker.budget, None);
        for (text, budget) in [("25", 25_000_000), ("12.50", 12_500_000), ("0.000001", 1)] {
            assert_eq!(read(text).unwrap().worker.budget, Some(budget));
        }
        for wrong in [
            "-1",
            "1,5",
            "$5",
            ".",
            "1.0000001",
            "1e3",
            "99999999999999999",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("DUALPOSTS_X_MONTHLY_BUDGET_USD"), "{error}");
        }
    }

    #[test]
    fn a_time_lapse_has_a_speed_and_a_beginning() {
        assert_eq!(read(&[]).unwrap().pace, Pace::REAL);
        let hastened = read(&[("DUALPOSTS_TIME_LAPSE", "60@1795000000000")]).unwrap();
        let at = Timestamp::from_ms;
        assert_eq!(
            hastened.pace.shown_at(at(1_795_000_001_000)),
            at(1_795_000_060_000)
        );
        for wrong in ["60", "0.5@1795000000000", "fast@1", "60@now"] {
            let error = read(&[("DUALPOSTS_TIME_LAPSE", wrong)]).unwrap_err();
            assert!(
                error.to_string().contains("DUALPOSTS_TIME_LAPSE"),
                "{error}"
            );
        }
    }

    #[test]
    fn strangers_are_limited_unless_that_is_switched_off() {
        let standard = read(&[]).unwrap().guard;
        assert_eq!(standard.per_credential, Some(Rate::PER_CREDENTIAL));
        let guard = read(&[
            ("DUALPOSTS_API_RATE", "off"),
            ("DUALPOSTS_API_RATE_IP", "7:9"),
            ("DUALPOSTS_TRUSTED_PROXIES", "10.0.0.7, fd00::/8"),
            ("DUALPOSTS_API_CONNECTIONS", "400"),
            ("DUALPOSTS_STREAMS_PER_OWNER", "5"),
        ]);
        let guard = guard.unwrap().guard;
        let (per_s, burst) = (7, 9);
        assert_eq!(guard.per_credential, None);
        assert_eq!(guard.per_address, Some(Rate { per_s, burst }));
        assert_ne!(guard.trusted_proxies, standard.trusted_proxies);
        let streams = guard.streams();
        assert_eq!((streams.in_all, streams.per_owner), (300, 5));
        assert_eq!(standard.streams().per_owner, 50);
        let error = read(&[
            ("DUALPOSTS_API_RATE", "many"),
            ("DUALPOSTS_TRUSTED_PROXIES", "everybody"),
        ]);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("DUALPOSTS_API_RATE is \"many\""), "{error}");
        assert!(error.contains("\"everybody\""), "{error}");
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_no_password_with_it() {
        let error = read(&[
            ("DUALPOSTS_LISTEN", "nowhere"),
            ("DATABASE_URL", "mysql://root:hunter2@db"),
            ("DUALPOSTS_LIMITS", "x.hourly=3"),
            ("DUALPOSTS_LEASE_S", "3"),
        ])
        .unwrap_err()
        .to_string();
        for word in [
            "DUALPOSTS_LISTEN",
            "DATABASE_URL",
            "DUALPOSTS_LIMITS",
            "DUALPOSTS_LEASE_S",
        ] {
            assert!(error.contains(word), "{word} is not in {error}");
        }
        assert!(!error.contains("hunter2"));
    }
}
