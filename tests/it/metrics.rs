//! What operators read: every metric that is declared, shown on the dashboard or alerted on is there,
//! the numbers are right, and not everybody may read them.

use std::collections::BTreeSet;
use std::time::Duration;

use api::exposure::Readers;
use entities::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, ThreadsError, When};
use telemetry::backlog::{Backlog, ReadBacklog};
use telemetry::declared::{self, Kind};
use tests::metrics::sampler;
use tests::{TestApp, both_modes};

use crate::documents::repository;

const HOUR: Duration = Duration::from_secs(3600);

/// The page as Prometheus reads it.
async fn page(client: &tests::client::Client) -> String {
    let reply = client.get("/metrics").await;
    assert_eq!(reply.status, 200, "{:#}", reply.body);
    assert_eq!(
        reply.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    tests::client::text(&reply.body).to_owned()
}

/// The value of a series, or of the first whose labels begin like this.
fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find(|line| line.starts_with(series));
    let line = line.unwrap_or_else(|| panic!("{series} is not in\n{page}"));
    let (_, value) = line.rsplit_once(' ').unwrap();
    value.parse().unwrap()
}

fn has(page: &str, name: &str) -> bool {
    page.lines().any(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
    })
}

/// Some of everything that can be counted.
async fn traffic(app: &TestApp) {
    let refused = Fault::ThreadsError {
        when: When::Before,
        error: ThreadsError::MissingPermission,
    };
    let lost = Fault::Lost { when: When::After };
    app.simulator.add_faults(vec![
        FaultRule::new(refused)
            .operation(Operation::CreateContainer)
            .text_contains("refused"),
        FaultRule::new(lost)
            .operation(Operation::XCreate)
            .text_contains("lost"),
    ]);
    app.client.submit("goes out", &app.both()).await;
    app.client
        .submit("is refused", &[app.threads.to_string()])
        .await;
    app.client.submit("is lost", &[app.x.to_string()]).await;
    let strict = json!({
        "text": "too late", "accounts": app.both(), "if_late": "skip",
        "publish_at": (app.clock.now() + HOUR).to_string()
    });
    assert_eq!(app.client.submit_raw(strict).await.status, 202);
    app.drain().await;
    let ends = app.clock.now() + 48 * HOUR;
    app.execute(&format!(
        "UPDATE accounts SET token_expires_at = {} WHERE id = '{}'",
        ends.as_ms(),
        app.threads
    ))
    .await;
    app.execute(&format!(
        "INSERT INTO lanes (lane, paused_until, reason, updated_at) VALUES ('acc_paused', {}, 'lane_paused', 0), ('acc_over', 1, 'lane_paused', 0)",
        (app.clock.now() + HOUR).as_ms()
    ))
    .await;
}

both_modes! {
    async fn every_metric_that_is_declared_shown_or_alerted_on_is_there_and_right(app: &TestApp) {
        traffic(app).await;
        let backlog = ReadBacklog::by(|_, now: Timestamp| async move {
            Ok(Backlog { webhooks_waiting: 3, oldest_webhook: Some(now - HOUR), events_untold: 4 })
        });
        let telling = sampler(&app.backend, &app.clock, Some(backlog));
        let client = app.another_server(|state| state.exposure.sampler = telling);

        let open = page(&client).await;
        assert_eq!(value(&open, "dualposts_unconfirmed_open{platform=\"x\"}"), 1.0);
        assert_eq!(value(&open, "dualposts_unconfirmed_open{platform=\"threads\"}"), 0.0);
        assert_eq!(value(&open, "dualposts_lane_pauses{reason=\"lane_paused\"}"), 1.0);
        assert_eq!(value(&open, "dualposts_token_days_left_min{platform=\"threads\"}"), 2.0);
        assert_eq!(value(&open, "dualposts_accounts_to_reconnect{platform=\"x\"}"), 0.0);
        assert_eq!(value(&open, "dualposts_deliveries_due "), 0.0);
        assert_eq!((value(&open, "dualposts_webhook_backlog "), value(&open, "dualposts_webhook_oldest_seconds ")), (3.0, 3600.0));
        assert_eq!((value(&open, "dualposts_database_up "), value(&open, "dualposts_queue_up ")), (1.0, 1.0));

        app.clock.advance(HOUR + Duration::from_secs(120));
        let late = page(&client).await;
        assert_eq!(value(&late, "dualposts_deliveries_due "), 3.0, "two that are too late, and one to look for");
        assert!(value(&late, "dualposts_oldest_due_seconds ") > 3600.0, "{late}");
        assert!(value(&late, "dualposts_unconfirmed_oldest_seconds{platform=\"x\"}") >= 3720.0, "{late}");
        app.settle(2 * HOUR).await;
        let page = page(&client).await;
        assert_eq!((value(&page, "dualposts_deliveries_due "), value(&page, "dualposts_oldest_due_seconds ")), (0.0, 0.0));
        assert_eq!(value(&page, "dualposts_unconfirmed_open{platform=\"x\"}"), 0.0);
        // Other tests count in the same process.
        for (series, least) in [
            ("dualposts_posts_accepted_total ", 4.0),
            ("dualposts_deliveries_accepted_total{platform=\"threads\"}", 3.0),
            ("dualposts_deliveries_published_total{platform=\"x\"}", 2.0),
            ("dualposts_deliveries_failed_total{platform=\"threads\",code=\"permission_missing\"}", 1.0),
            ("dualposts_deliveries_too_late_total{platform=\"x\",status=\"canceled\"}", 1.0),
            ("dualposts_attempts_total{verdict=\"unknown\"}", 1.0),
            ("dualposts_publish_lateness_seconds_count{platform=\"x\"}", 2.0),
            ("dualposts_platform_call_seconds_count{platform=\"x\",step=\"create_post\",verdict=\"done\"}", 1.0),
            ("dualposts_http_request_seconds_count{method=\"POST\",route=\"/v1/posts\",status=\"2xx\"}", 4.0),
        ] {
            assert!(value(&page, series) >= least, "{series} in\n{page}");
        }
        for id in ["post_", "dlv_", "acc_", "req_"] {
            assert!(!page.contains(id), "{id} in\n{page}");
        }

        for metric in declared::ALL {
            let name = match metric.kind {
                Kind::Histogram => format!("{}_bucket", metric.name),
                Kind::Counter | Kind::Gauge => metric.name.to_owned(),
            };
            assert!(has(&page, &name) || has(&open, &name), "{name} is declared and not there:\n{page}");
        }
        for file in ["operations/grafana/dualposts.json", "operations/prometheus/alerts.yml"] {
            let named = named_in(&repository(file));
            assert!(named.len() > 5, "{named:?}");
            for name in named {
                assert!(has(&page, &name) || has(&open, &name), "{file} names {name}:\n{page}");
            }
        }
    }
}

/// All names of our metrics in a text.
fn named_in(text: &str) -> BTreeSet<String> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !in_name(c));
    let ours = words.filter(|word| word.starts_with("dualposts_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

both_modes! {
    async fn who_is_not_on_this_host_needs_the_token(app: &TestApp) {
        let ask = async |client: &tests::client::Client, header: &[(&str, &str)]| {
            client.with_key("").send(Method::GET, "/metrics", header, None).await
        };
        assert_eq!(ask(&app.client, &[]).await.status, 200);
        for header in ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"] {
            ask(&app.client, &[(header, "203.0.113.7")]).await.problem(403, "metrics_not_here");
        }
        let closed = app.another_server(|state| state.exposure.readers = Readers::Nobody);
        ask(&closed, &[]).await.problem(403, "metrics_not_here");
        let token = app.another_server(|state| state.exposure.readers = Readers::Token("let-me-in".into()));
        for wrong in ["", "Bearer ", "Bearer let-me-i", "Basic let-me-in", "let-me-in"] {
            ask(&token, &[("Authorization", wrong)]).await.problem(401, "metrics_token");
        }
        assert_eq!(ask(&token, &[("Authorization", "Bearer let-me-in"), ("Via", "a proxy")]).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_the_page_says_so_and_counts_on() {
    let app = TestApp::spawn(tests::Mode::Embedded).await;
    let client = app.another_server(|_| ());
    app.execute("ALTER TABLE deliveries RENAME TO away").await;
    let away = page(&client).await;
    assert_eq!(value(&away, "dualposts_database_up "), 0.0);
    assert!(
        !has(&away, "dualposts_deliveries_due"),
        "what is not known is not told:\n{away}"
    );
    assert!(
        has(&away, "dualposts_posts_accepted_total") && has(&away, "process_cpu_seconds_total")
    );
    app.execute("ALTER TABLE away RENAME TO deliveries").await;
    assert_eq!(value(&page(&client).await, "dualposts_database_up "), 1.0);
}

both_modes! {
    async fn what_is_looked_up_is_answered_by_an_index(app: &TestApp) {
        let now = app.clock.now();
        let backlog = entities::notifications::backlog_query(now);
        for sql in entities::gauges::queries(now).into_iter().chain([backlog]) {
            let plan = match app.backend.database.backend() {
                // An empty table is read whole unless that is forbidden.
                sea_orm::DbBackend::Postgres => explained(app, &sql).await,
                _ => sqlite_plan(app, &sql).await,
            };
            for table in ["deliveries", "accounts", "lanes", "notifications", "n"] {
                let whole = [format!("Seq Scan on {table}"), format!("SCAN {table}\n")];
                assert!(!whole.iter().any(|whole| plan.contains(whole)), "{sql}\n{plan}");
            }
            assert!(plan.to_uppercase().contains("INDEX"), "{sql}\n{plan}");
        }
    }
}

async fn sqlite_plan(app: &TestApp, sql: &str) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let database = app.backend.database.reader();
    let statement = Statement::from_string(
        database.get_database_backend(),
        format!("EXPLAIN QUERY PLAN {sql}"),
    );
    let rows = database.query_all_raw(statement).await.expect(sql);
    let lines = rows
        .iter()
        .map(|row| row.try_get_by_index::<String>(3).expect("a line") + "\n");
    lines.collect()
}

async fn explained(app: &TestApp, sql: &str) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let transaction = app.backend.database.begin().await.expect("a transaction");
    transaction
        .execute_unprepared("SET LOCAL enable_seqscan = off")
        .await
        .expect("a setting");
    let statement = Statement::from_string(sea_orm::DbBackend::Postgres, format!("EXPLAIN {sql}"));
    let rows = transaction.query_all_raw(statement).await.expect(sql);
    let lines = rows
        .iter()
        .map(|row| row.try_get_by_index::<String>(0).expect("a line") + "\n");
    lines.collect()
}

#[test]
fn the_table_of_metrics_is_the_one_of_the_code() {
    let shown = repository("operations/metrics.md");
    let (_, table) = shown.split_once("\n| metric").expect("the table");
    let shown = format!("| metric{table}");
    let made = telemetry::page::table();
    assert_eq!(
        shown.trim(),
        made,
        "put this into operations/metrics.md:\n{made}"
    );
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value =
        serde_json::from_str(&repository("operations/grafana/dualposts.json")).unwrap();
    assert_eq!(dashboard["schemaVersion"], 42);
    let panels = dashboard["panels"].as_array().unwrap();
    let rows = panels.iter().filter(|panel| panel["type"] == "row");
    let rows: Vec<&str> = rows.map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "Posts",
            "Lateness",
            "Platforms",
            "Queue",
            "Tokens",
            "Webhooks",
            "HTTP",
            "Database",
            "Processes"
        ]
    );
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel:#}");
        let right =
            panel["gridPos"]["x"].as_u64().unwrap() + panel["gridPos"]["w"].as_u64().unwrap();
        assert!(right <= 24, "{panel:#}");
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel:#}");
            let targets = panel["targets"].as_array().unwrap();
            assert!(
                !targets.is_empty() && targets.iter().all(|target| target["expr"].is_string()),
                "{panel:#}"
            );
        }
    }
    let shown: BTreeSet<String> = named_in(&dashboard.to_string());
    let is_shown = |name: &str| shown.iter().any(|shown| shown.starts_with(name));
    let left_out: Vec<&str> = declared::ALL
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !is_shown(name))
        .collect();
    assert!(left_out.is_empty(), "no panel shows {left_out:?}");
}

both_modes! {
    async fn what_waits_to_be_told_is_counted_in_the_database(app: &TestApp) {
        let body = json!({ "url": "http://127.0.0.1:9/nobody-listens", "events": ["post.published"] });
        app.client.post("/v1/webhooks", body).await.expect(reqwest::StatusCode::CREATED);
        app.client.submit("Told later", &app.both()).await;
        for job in app.worker.queue.try_pop(10).await.unwrap() {
            worker::run::work(&app.worker, job).await;
        }
        let telling = sampler(&app.backend, &app.clock, Some(ReadBacklog::from_the_database()));
        let client = app.another_server(|state| state.exposure.sampler = telling);
        let counts = async || {
            let page = page(&client).await;
            (value(&page, "dualposts_events_untold "), value(&page, "dualposts_webhook_backlog "))
        };
        assert_eq!(counts().await, (2.0, 0.0), "one for each delivery");
        worker::tell::round(&app.worker).await.unwrap();
        assert_eq!(counts().await, (0.0, 1.0), "the post as a whole is for the webhook");
        app.clock.advance(HOUR);
        assert_eq!(value(&page(&client).await, "dualposts_webhook_oldest_seconds "), 3600.0);
    }
}
