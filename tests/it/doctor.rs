//! `dualposts doctor`, `dualposts health` and `/readyz`: what is wrong, and what to do about it.

use serde_json::json;
use tests::backend::{Backend, Mode};
use tests::process::{Process, run};
use tests::stack::text_after;
use tests::{TestApp, both_modes};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

fn env(backend: &Backend, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let redis = backend.redis.as_ref().expect("Redis").url.clone();
    let mut env = vec![
        ("DATABASE_URL", backend.database_url.clone()),
        ("REDIS_URL", redis),
        ("DUALPOSTS_SECRET_KEY", KEY.to_owned()),
        ("DUALPOSTS_DATA_DIR", backend.folder().display().to_string()),
        ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_PUBLIC_URL", "https://post.example".to_owned()),
        ("DUALPOSTS_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ];
    for (name, value) in more {
        env.retain(|(known, _)| known != name);
        env.push((name, (*value).to_owned()));
    }
    env
}

/// Doctor says exactly this in one of its lines, and ends accordingly.
async fn told(backend: &Backend, more: &[(&'static str, &str)], line: &str) {
    let (healthy, wrote) = run(&["doctor"], &env(backend, more)).await;
    assert!(
        wrote.lines().any(|said| said.starts_with(line)),
        "no {line:?} in\n{wrote}"
    );
    assert_eq!(healthy, !wrote.contains("WRONG"), "{wrote}");
    assert!(
        !wrote.contains(KEY) && !wrote.contains("hunter2"),
        "{wrote}"
    );
}

#[tokio::test]
async fn doctor_names_what_is_fine_and_what_is_not_with_what_to_do() {
    let backend = Backend::fresh(Mode::Distributed).await;
    for line in [
        "ok     mode: separate processes (REDIS_URL is set)",
        "ok     sealing key: ",
        "ok     database: PostgreSQL 1",
        "ok     schema: the schema is the one that this version knows",
        "ok     clock: the database's is ",
        "ok     tokens: 0, and the sealing key opens all",
        "ok     queue: 0 jobs wait",
        "ok     files: the folder ",
        "ok     platforms: the real ones",
        "ok     page: https://post.example",
        "ok     proxies: their word is taken",
    ] {
        told(&backend, &[], line).await;
    }
    let file = backend.folder().join("a-file");
    std::fs::write(&file, "in the way").unwrap();
    let in_the_way = file.join("media").display().to_string();
    let app = [
        ("DUALPOSTS_THREADS_APP_SECRET", "s"),
        ("DUALPOSTS_THREADS_APP_ID", "app"),
    ];
    let keyed = [("DUALPOSTS_X_CLIENT_ID", "abcdefghijklmnopqrstuvwxy")];
    let refused = "postgres://dualposts:hunter2@127.0.0.1:1/none";
    let checks: [(&[(&str, &str)], &str); 11] = [
        (
            &[("DUALPOSTS_SECRET_KEY", "")],
            "WRONG  sealing key: DUALPOSTS_SECRET_KEY must be set",
        ),
        (&[("DUALPOSTS_SECRET_KEY", "short")], "WRONG  sealing key: "),
        (
            &[("DATABASE_URL", refused)],
            "WRONG  database: it does not answer: ",
        ),
        (
            &[("REDIS_URL", "redis://127.0.0.1:1")],
            "WRONG  queue: the queue can not be reached",
        ),
        (&[("DUALPOSTS_MEDIA_STORE", &in_the_way)], "WRONG  files: "),
        (
            &[
                ("DUALPOSTS_LISTEN", "0.0.0.0:8080"),
                ("DUALPOSTS_PUBLIC_URL", ""),
            ],
            "WRONG  page: it is served at 0.0.0.0:8080 for other machines",
        ),
        (
            &[("DUALPOSTS_PUBLIC_URL", "http://10.1.2.3")],
            "WRONG  files for Threads: Threads can not fetch files from http://10.1.2.3",
        ),
        (
            &[("DUALPOSTS_TRUSTED_PROXIES", "")],
            "WRONG  proxies: https://post.example is https, which this process does not speak",
        ),
        (
            &[
                ("DUALPOSTS_TRUSTED_PROXIES", ""),
                ("DUALPOSTS_PUBLIC_URL", "http://127.0.0.1:8080"),
            ],
            "ok     proxies: none",
        ),
        (
            &app,
            "WRONG  Threads' app: DUALPOSTS_THREADS_APP_ID is \"app\", and Threads' app ids are numbers",
        ),
        (
            &keyed,
            "WRONG  X's app: DUALPOSTS_X_CLIENT_ID looks like an API key",
        ),
    ];
    for (more, line) in checks {
        told(&backend, more, line).await;
    }
}

#[tokio::test]
async fn a_process_meets_an_older_and_a_newer_schema_with_plain_words() {
    let backend = Backend::fresh(Mode::Distributed).await;
    let execute = async |sql: &str| {
        use sea_orm::ConnectionTrait;
        backend
            .database
            .writer()
            .execute_unprepared(sql)
            .await
            .unwrap();
    };
    execute("DELETE FROM seaql_migrations WHERE version = 'm0008_errands'").await;
    let lacks = "the database's schema is older than this version: it lacks m0008_errands; run `dualposts migrate`";
    told(&backend, &[], &format!("WRONG  schema: {lacks}")).await;
    let (healthy, wrote) = run(&["health", "worker"], &env(&backend, &[])).await;
    assert!(!healthy && wrote.contains(lacks), "{wrote}");

    execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0008_errands', 1), ('m9999_next', 1)").await;
    let newer = "ok     schema: the database's schema is newer than this version: it has m9999_next; this version serves on";
    told(&backend, &[], newer).await;
    let (healthy, wrote) = run(&["health", "worker"], &env(&backend, &[])).await;
    assert!(healthy, "{wrote}");
    let api = Process::start(&["api"], &env(&backend, &[]), Some("API http://")).await;
    let listen = text_after(&api.printed, "http://").replace("http://", "");
    let asked = env(&backend, &[("DUALPOSTS_LISTEN", &listen)]);
    let (healthy, wrote) = run(&["health"], &asked).await;
    assert!(
        healthy && wrote.contains(r#""database":"schema_newer""#),
        "{wrote}"
    );
    assert!(api.terminate().await);
    let (healthy, wrote) = run(&["health"], &asked).await;
    assert!(
        !healthy && wrote.contains("error sending request"),
        "{wrote}"
    );
}

both_modes! {
    async fn readiness_tells_of_a_schema_that_is_not_the_one_it_knows(app: &TestApp) {
        app.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_next', 1)").await;
        let ready = app.client.get("/readyz").await.expect(reqwest::StatusCode::OK);
        assert_eq!(ready, json!({ "ready": true, "database": "schema_newer", "queue": "ok" }));
        app.execute("DELETE FROM seaql_migrations WHERE version IN ('m9999_next', 'm0001_accounts')").await;
        app.clock.advance(std::time::Duration::from_secs(1));
        let ready = app.client.get("/readyz").await.expect(reqwest::StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ready, json!({ "ready": false, "database": "schema_older", "queue": "ok" }));
    }
}

#[tokio::test]
async fn doctor_says_when_the_sealing_key_is_not_the_one_that_sealed_the_tokens() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let lost = "WRONG  tokens: 2 of 2 tokens can not be opened with this sealing key";
    told(&app.backend, &[("DUALPOSTS_SECRET_KEY", OTHER_KEY)], lost).await;
    app.finish().await;
}
