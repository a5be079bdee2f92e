//! After a restore: what may have gone out since the backup waits for a person, and nothing is
//! doubled.

use std::path::Path;
use std::time::Duration;

use entities::Platform;
use entities::restored::{Doubt, set_aside};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::client::{Client, id, text};
use tests::process::{Process, run};
use tests::stack::text_after;
use tests::{TestApp, both_modes};

const HOUR: Duration = Duration::from_secs(3600);

async fn deliveries(app: &TestApp, post: &Value) -> Vec<Value> {
    let post = app.client.show(post).await;
    post["deliveries"].as_array().expect("deliveries").clone()
}

async fn retry(app: &TestApp, delivery: &Value, body: Value) -> tests::client::Reply {
    let path = format!("/v1/deliveries/{}/retry", id(delivery));
    app.client.post(&path, body).await
}

fn is_restored(delivery: &Value, status: &str) {
    assert_eq!(delivery["status"], status, "{delivery:#}");
    assert_eq!(delivery["error"]["code"], "restored", "{delivery:#}");
    assert_eq!(
        (&delivery["next_at"], &delivery["waiting_for"]),
        (&Value::Null, &Value::Null)
    );
}

both_modes! {
    async fn what_may_have_gone_out_since_the_backup_waits_for_a_person(app: &TestApp) {
        let live = app.client.submit("Live before the backup", &app.both()).await;
        app.drain().await;
        let due = app.client.schedule("Due since", &app.both(), app.clock.now() + HOUR).await;
        let later = app.client.schedule("Planned for later", &app.both(), app.clock.now() + 30 * HOUR).await;
        let known = app.clock.now();
        app.clock.advance(2 * HOUR);

        let found = set_aside(&app.backend.database, Doubt::Due, app.clock.now()).await.unwrap();
        assert_eq!((found.set_aside, found.warned, found.planned), (2, 0, 2));
        assert_eq!(found.last_known, Some(known));
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 2, "nothing goes out by itself");
        assert_eq!(app.client.show(&live).await["status"], "published");
        assert_eq!(app.client.show(&due).await["status"], "needs_attention");
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'delivery.missed'").await, 2);
        for delivery in deliveries(app, &due).await {
            is_restored(&delivery, "missed");
            let error = &delivery["error"];
            assert!(text(&error["message"]).contains(&known.to_string()), "{error:#}");
            assert!(text(&error["action"]).contains("even_if_it_may_duplicate"), "{error:#}");
            retry(app, &delivery, json!({})).await.problem(409, "may_duplicate");
        }
        let path = format!("/v1/posts/{}", id(&due));
        app.client.patch(&path, json!({ "text": "Changed" })).await.problem(409, "already_started");

        let again = set_aside(&app.backend.database, Doubt::Due, app.clock.now()).await.unwrap();
        assert_eq!((again.set_aside, again.warned, again.last_known), (0, 0, found.last_known));
        for delivery in deliveries(app, &due).await {
            retry(app, &delivery, json!({ "even_if_it_may_duplicate": true })).await.expect(StatusCode::ACCEPTED);
        }
        app.settle(40 * HOUR).await;
        for post in [&due, &later] {
            assert_eq!(app.client.show(post).await["status"], "published");
        }
        assert_eq!(app.simulator.live_posts().len(), 6);
    }
}

both_modes! {
    async fn whatever_it_was_at_nothing_in_a_backup_goes_on_by_itself(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let mut posts = Vec::new();
        for name in ["waits", "begun", "sent", "reconnect", "failed", "limited", "planned"] {
            posts.push(app.client.schedule(name, &[app.both()[0].clone()], at).await);
        }
        let open = "claimed_by = 'worker-gone', lease_until = 5, status = 'publishing', attempt_count = 1";
        let error = r#"'{"code":"x","message":"Why.","action":"Do.","retryable":true}'"#;
        let now = app.clock.now();
        for (post, change) in posts.iter().zip([
            format!("next_at = {}", now.as_ms() - 1),
            open.to_owned(),
            format!("{open}, checkpoint = 'sent', sent_at = 4, container_id = 'c', container_made_at = 3"),
            format!("status = 'needs_reconnect', next_at = NULL, error = {error}"),
            format!("status = 'failed', next_at = NULL, error = {error}"),
            "waiting_for = 'account_rate_limit'".to_owned(),
            "waiting_for = 'schedule'".to_owned(),
        ]) {
            app.execute(&format!("UPDATE deliveries SET {change} WHERE post_id = '{}'", id(post))).await;
        }
        let found = set_aside(&app.backend.database, Doubt::Due, now).await.unwrap();
        assert_eq!((found.set_aside, found.warned, found.planned), (5, 1, 1));
        let mut statuses = Vec::new();
        for post in &posts {
            statuses.push(deliveries(app, post).await.remove(0));
        }
        for (delivery, status) in statuses.iter().zip(["missed", "missed", "failed", "failed"]) {
            is_restored(delivery, status);
        }
        let failed = &statuses[4];
        assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("failed"), &json!("x")));
        let action = text(&failed["error"]["action"]);
        assert!(action.starts_with("Do. The database was restored from a backup of "), "{action}");
        is_restored(&statuses[5], "missed");
        assert_eq!(statuses[6]["status"], "queued");

        let all = set_aside(&app.backend.database, Doubt::Everything, now).await.unwrap();
        assert_eq!((all.set_aside, all.warned, all.planned), (1, 0, 0));
        is_restored(&deliveries(app, &posts[6]).await[0], "missed");
        app.settle(40 * HOUR).await;
        assert!(app.simulator.live_posts().is_empty() && app.live_on(Platform::X).is_empty());
    }
}

/// A data folder, the backup beside it, and a simulator that outlives the product.
struct Host {
    folder: std::path::PathBuf,
    env: Vec<(&'static str, String)>,
    simulator: Client,
    _simulator: Process,
}

impl Host {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name = format!("dualposts-{}", uuid::Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        let args = ["simulator", "--listen", "127.0.0.1:0", "--no-limits"];
        let simulator = Process::start(&args, &[], Some("live posts")).await;
        let url = text_after(&simulator.printed, "http://");
        let here = || "127.0.0.1:0".to_owned();
        let env = vec![
            (
                "DUALPOSTS_DATA_DIR",
                folder.join("data").display().to_string(),
            ),
            ("DUALPOSTS_LISTEN", here()),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            ("DUALPOSTS_SIMULATOR_LISTEN", here()),
            ("DUALPOSTS_THREADS_API_URL", url.clone()),
            ("DUALPOSTS_X_API_URL", url.clone()),
            ("DUALPOSTS_X_WEB_URL", url.clone()),
        ];
        Host {
            folder,
            env,
            simulator: Client::new(&url, ""),
            _simulator: simulator,
        }
    }

    async fn up(&self) -> (Process, Client) {
        let up = Process::start(&["up"], &self.env, Some("curl ")).await;
        let line = |word: &str| -> Vec<String> {
            let lines = up.printed.iter().filter(|line| line.contains(word));
            lines.cloned().collect()
        };
        let key = line("API key")[0]
            .split_whitespace()
            .last()
            .expect("a key")
            .to_owned();
        let url = text_after(&line("API  "), "http://").replace("/v1", "");
        (up, Client::new(&url, &key))
    }

    async fn run(&self, args: &[&str]) -> (bool, String) {
        run(args, &self.env).await
    }

    fn backup(&self) -> String {
        self.folder.join("backup.db").display().to_string()
    }

    /// As operations/backup.md says.
    fn put_back(&self) {
        for file in std::fs::read_dir(self.folder.join("data"))
            .expect("the data folder")
            .flatten()
        {
            if file
                .file_name()
                .to_string_lossy()
                .starts_with("dualposts.db")
            {
                std::fs::remove_file(file.path()).expect("removed");
            }
        }
        std::fs::copy(self.backup(), self.folder.join("data/dualposts.db")).expect("put back");
    }

    async fn live(&self) -> usize {
        let live = self.simulator.get("/_sim/posts").await.body;
        live.as_array().expect("posts").len()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn until_published(client: &Client, post: &Value) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_000 {
        looks.tick().await;
        if client.show(post).await["status"] == "published" {
            return;
        }
    }
    panic!("{:#}", client.show(post).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_put_back_runs_only_when_it_was_looked_through_and_doubles_nothing() {
    let host = Host::start().await;
    let (up, client) = host.up().await;
    let list = client.get("/v1/accounts").await.body;
    let rows = list["data"].as_array().expect("accounts");
    let accounts: Vec<String> = rows.iter().map(|row| id(row).to_owned()).collect();
    until_published(
        &client,
        &client.submit("Before the backup", &accounts).await,
    )
    .await;
    let at = entities::Clock::system().now() + HOUR;
    let waits = client.schedule("After the backup", &accounts, at).await;
    let (copied, told) = host.run(&["backup", &host.backup()]).await;
    assert!(copied && told.contains("Keep the sealing key"), "{told}");
    let (twice, told) = host.run(&["backup", &host.backup()]).await;
    assert!(!twice && told.contains("exists"), "{told}");
    assert!(!Path::new(&format!("{}.unfinished", host.backup())).exists());

    // Its owner hastens it: the backup still has it for later.
    let path = format!("/v1/posts/{}", id(&waits));
    client
        .patch(&path, json!({ "publish_at": null }))
        .await
        .expect(StatusCode::OK);
    until_published(&client, &waits).await;
    assert!(up.terminate().await);
    assert_eq!(host.live().await, 4);

    host.put_back();
    let (began, told) = host.run(&["up"]).await;
    assert!(
        !began && told.contains("Run `dualposts restored` first"),
        "{told}"
    );
    let (healthy, told) = host.run(&["doctor"]).await;
    assert!(
        !healthy && told.contains("WRONG  database: it is a backup"),
        "{told}"
    );
    let (done, told) = host.run(&["restored", "--everything"]).await;
    assert!(
        done && told.contains("2 deliveries may have gone out since"),
        "{told}"
    );

    let (up, client) = host.up().await;
    until_published(
        &client,
        &client.submit("After the restore", &accounts).await,
    )
    .await;
    let post = client.show(&waits).await;
    assert_eq!(post["status"], "needs_attention");
    for delivery in post["deliveries"].as_array().expect("deliveries") {
        is_restored(delivery, "missed");
    }
    assert!(up.terminate().await);
    assert_eq!(host.live().await, 6, "nothing is out twice");
}
