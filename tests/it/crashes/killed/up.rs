//! The product in one process is killed, and started again on the same data folder.

use std::path::PathBuf;

use entities::{Clock, Timestamp};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use tests::backend::connect;
use tests::client::Client;
use tests::process::Process;
use tests::stack::text_after;

use super::{
    LEASE, SHORT, TOLERANCE, accounts_needed, judge, prepare, submit, until, until_held,
    until_published, victims,
};

const KEY: &str = "dp_upkilled_the-key-of-the-one-process";

#[tokio::test(flavor = "multi_thread")]
async fn the_one_process_is_killed_in_the_middle_of_every_call_and_started_again() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = DataFolder::new();
    let count = accounts_needed().to_string();
    let args = [
        "simulator",
        "--listen",
        "127.0.0.1:0",
        "--no-limits",
        "--accounts",
        &count,
    ];
    let stand_in = Process::start(&args, &[], Some("live posts")).await;
    let url = text_after(&stand_in.printed, "http://");
    let env = data.env(&url, count);
    let simulator = Client::new(&url, "");
    let mut victims = victims();
    let looking = victims.iter().filter(|victim| victim.looks()).count();
    prepare(&simulator, &victims).await;

    let (first, client) = up(&env).await;
    submit(&client, &mut victims).await;
    until_held(&simulator, victims.len() - looking).await;
    let sent = "SELECT count(*) FROM deliveries WHERE status = 'unconfirmed'";
    let all = i64::try_from(looking).unwrap();
    until("the others are to be looked for", || async {
        data.number(sent).await == all
    })
    .await;
    first.kill().await;
    let clock = Clock::system();
    let mut deaths = vec![clock.now()];

    let (second, _) = up(&env).await;
    simulator.post("/_sim/release", json!({})).await;
    until_held(&simulator, looking).await;
    second.kill().await;
    deaths.push(clock.now());

    let (_third, client) = up(&env).await;
    simulator.post("/_sim/release", json!({})).await;
    until_published(&client, &victims).await;
    judge(&simulator, &client, &victims).await;
    deaths.push(clock.now());
    for life in deaths.windows(2) {
        let last = format!(
            "SELECT coalesce(max(ended_at), 0) FROM attempts
             WHERE verdict = 'lost' AND ended_at BETWEEN {} AND {}",
            life[0].as_ms(),
            life[1].as_ms()
        );
        let last = Timestamp::from_ms(data.number(&last).await);
        let after = last.since(life[0]);
        println!("what a killed process held moved again {after:?} after its end at most");
        assert!(last > life[0] && after <= LEASE + TOLERANCE);
    }
    let open = "SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL";
    assert_eq!(data.number(open).await, 0);
}

async fn up(env: &[(&'static str, String)]) -> (Process, Client) {
    let process = Process::start(&["up"], env, Some("curl ")).await;
    let api: Vec<String> = process
        .printed
        .iter()
        .filter(|line| line.contains("API  "))
        .cloned()
        .collect();
    let client = Client::new(&text_after(&api, "http://").replace("/v1", ""), KEY);
    (process, client)
}

/// A data folder of the test's own; gone when dropped.
pub struct DataFolder(PathBuf);

impl DataFolder {
    pub fn new() -> Self {
        let name = format!("dualposts-killed-{}", uuid::Uuid::now_v7().simple());
        DataFolder(std::env::temp_dir().join(name))
    }

    pub fn path(&self) -> String {
        self.0.display().to_string()
    }

    fn env(&self, simulator: &str, accounts: String) -> Vec<(&'static str, String)> {
        let simulator = simulator.to_owned();
        let mut env = vec![
            ("DUALPOSTS_DATA_DIR", self.path()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_THREADS_API_URL", simulator.clone()),
            ("DUALPOSTS_X_API_URL", simulator.clone()),
            ("DUALPOSTS_X_WEB_URL", simulator),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            // The one inside, which nobody asks: it would be killed with the process.
            ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_DEMO_ACCOUNTS", accounts),
            ("DUALPOSTS_LIMITS", "off".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
        ];
        env.extend(SHORT.map(|(name, value)| (name, value.to_owned())));
        env
    }

    /// One number out of the database of the running process.
    async fn number(&self, sql: &str) -> i64 {
        let url = format!("sqlite://{}", self.0.join("dualposts.db").display());
        let database = connect(&url).await;
        let statement = Statement::from_string(database.reader().get_database_backend(), sql);
        let row = database.reader().query_one_raw(statement).await;
        let row = row.expect(sql).expect("a row");
        let number = row.try_get_by_index(0).expect("a number");
        database.close().await.expect("closing");
        number
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
