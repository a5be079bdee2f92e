//! What the kinds are posted through: the built binary with its simulator, or a product that runs
//! already.

use std::collections::BTreeMap;
use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::files::Files;
use super::stage::{Account, Role, Stage};
use crate::client::{Client, id, text};
use crate::process::Process;
use crate::stack::text_after;
use crate::torture::plan::real_now;

const KEY: &str = "dp_showkey1_the-key-of-every-kind";

/// A running product.
pub struct Product {
    pub client: Client,
    /// Where it can be asked what is live.
    pub simulator: Option<Client>,
    /// What the requests name.
    pub stage: Stage,
    _process: Option<Process>,
    _folder: Option<Folder>,
}

/// What is given for a product that posts to the real platforms.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The id of an account on X that has Premium.
    pub premium: Option<String>,
    /// The id of an account on Threads that may choose countries.
    pub geo: Option<String>,
    pub giphy: Option<String>,
    pub location: Option<String>,
    pub community: Option<String>,
}

/// A data folder; gone at the end.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Product {
    /// Starts the binary with its simulator, on free ports and in a folder of its own.
    pub async fn start() -> Self {
        let folder =
            Folder(std::env::temp_dir().join(format!("dualposts-show-{}", std::process::id())));
        let env = [
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_DEMO_ACCOUNTS", "2".to_owned()),
            ("DUALPOSTS_LIMITS", "off".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
            ("DUALPOSTS_LOG", "json,warn".to_owned()),
            ("DUALPOSTS_DATA_DIR", folder.0.display().to_string()),
        ];
        let process = Process::start(&["up"], &env, Some("curl ")).await;
        let line = |word: &str| -> Vec<String> {
            let lines = process.printed.iter();
            lines.filter(|line| line.contains(word)).cloned().collect()
        };
        let page = text_after(&line("API  "), "http://");
        let client = Client::new(page.trim_end_matches("/v1"), KEY);
        let simulator = Client::new(&text_after(&line("Simulator"), "http://"), "");
        let abilities = [("show_premium", "x"), ("show_countries", "threads")];
        for (username, platform) in abilities {
            let token = format!("token-{username}");
            let account = json!({ "platform": platform, "username": username, "access_token": token,
                                  "premium": platform == "x", "geo_gating": platform == "threads" });
            let added = simulator.post("/_sim/accounts", account).await;
            added.expect(StatusCode::OK);
            let connect = json!({ "platform": platform, "access_token": token });
            let connected = client.post("/v1/accounts", connect).await;
            connected.expect(StatusCode::CREATED);
        }
        let given = simulated();
        let stage = stage(&client, &given, String::new(), |row| {
            match text(&row["username"]) {
                "show_premium" => Some(Role::Premium),
                "show_countries" => Some(Role::Geo),
                _ => None,
            }
        });
        Product {
            stage: stage.await,
            client,
            simulator: Some(simulator),
            _process: Some(process),
            _folder: Some(folder),
        }
    }

    /// A product that runs already, with the accounts that are connected to it.
    pub async fn running(url: &str, key: &str, given: &Given) -> Self {
        let client = Client::new(url.trim_end_matches('/'), key);
        let mark = (real_now().as_ms() / 1_000).to_string();
        let role = |row: &Value| {
            let is = |given: &Option<String>| given.as_deref() == Some(id(row));
            match (is(&given.premium), is(&given.geo)) {
                (true, _) => Some(Role::Premium),
                (_, true) => Some(Role::Geo),
                _ => None,
            }
        };
        let stage = stage(&client, given, mark, role).await;
        Product {
            client,
            simulator: None,
            stage,
            _process: None,
            _folder: None,
        }
    }

    /// Waits until nothing is left to do for a post, and answers it.
    pub async fn settled(&self, post: &Value) -> Value {
        loop {
            let post = self.client.show(post).await;
            let status = text(&post["status"]);
            if !matches!(status, "scheduled" | "publishing") {
                return post;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// All that is live, where that can be asked.
    pub async fn live(&self) -> Option<Vec<Value>> {
        let live = self.simulator.as_ref()?.get("/_sim/posts").await;
        let live = live.expect(StatusCode::OK);
        Some(live.as_array().expect("a list").clone())
    }
}

/// Ids that every simulator takes.
pub fn simulated() -> Given {
    Given {
        giphy: Some("3o7TKSjRrfIPjeiVyM".to_owned()),
        location: Some("1016210813500126".to_owned()),
        community: Some("1146654567674912769".to_owned()),
        ..Given::default()
    }
}

/// A stage of the accounts that are connected. The first that nothing special is said of are the
/// ordinary ones.
pub async fn stage(
    client: &Client,
    given: &Given,
    mark: String,
    special: impl Fn(&Value) -> Option<Role>,
) -> Stage {
    let list = client.get("/v1/accounts").await.expect(StatusCode::OK);
    let rows = list["data"].as_array().expect("accounts");
    let mut accounts = BTreeMap::new();
    for row in rows {
        let platform: Platform = text(&row["platform"]).parse().expect("a platform");
        let account = Account {
            id: id(row).to_owned(),
            platform,
            username: text(&row["username"]).to_owned(),
        };
        let ordinary = match platform {
            Platform::Threads => [Role::Threads, Role::SecondThreads],
            Platform::X => [Role::X, Role::SecondX],
        };
        let free = ordinary
            .into_iter()
            .find(|role| !accounts.contains_key(role));
        if let Some(role) = special(row).or(free) {
            accounts.insert(role, account);
        }
    }
    Stage {
        accounts,
        files: Files::upload(client, mark.parse().unwrap_or(0)).await,
        earlier: BTreeMap::new(),
        giphy: given.giphy.clone(),
        location: given.location.clone(),
        community: given.community.clone(),
        mark,
    }
}
