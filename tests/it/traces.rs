//! One trace joins the request that submits a post and all that is done about it, in whichever
//! process and however much later; and log lines tell where they come from, and no secret.

mod collector;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::both_modes;
use tests::client::{Client, id, text};
use tests::process::Process;
use tests::receiver::Receiver;
use tests::stack::{Stack, text_after};

use collector::{Collector, Span};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TEXT: &str = "Nobody but the platforms reads this";
const KEY: &str = "dp_tracedup_the-key-of-the-traced-process";

both_modes! {
    async fn a_customers_trace_is_kept_with_the_post_and_nothing_is_made_up(app: &TestApp) {
        let body = || Some(json!({ "text": "traced", "accounts": app.both() }).to_string().into());
        for (header, kept) in [(Some(SENT), SENT), (Some("00-nonsense"), "none"), (None, "none")] {
            let headers: Vec<(&str, &str)> = header.map(|header| ("traceparent", header)).into_iter().collect();
            let reply = app.client.send(Method::POST, "/v1/posts", &headers, body()).await;
            let post = reply.expect(StatusCode::ACCEPTED);
            let row = format!("SELECT coalesce(trace_parent, 'none') FROM posts WHERE id = '{}'", id(&post));
            assert_eq!(app.texts(&row).await, [kept]);
            let parent = entities::posts::trace_parent(&app.backend.database, &id(&post).parse().unwrap()).await.unwrap();
            assert_eq!(parent.as_deref().unwrap_or("none"), kept);
        }
        app.drain().await;
    }
}

/// Submits to both demo accounts, as a part of the customer's trace.
async fn submit(client: &Client, body: &mut Value) -> Value {
    let accounts = client.get("/v1/accounts").await.expect(StatusCode::OK);
    let accounts = accounts["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone());
    body["accounts"] = accounts.collect();
    let headers = [("traceparent", SENT)];
    let reply = client.send(
        Method::POST,
        "/v1/posts",
        &headers,
        Some(body.to_string().into()),
    );
    reply.await.expect(StatusCode::ACCEPTED)
}

async fn until_published(client: &Client, post: &Value) {
    for _ in 0..1_500 {
        if client.show(post).await["status"] == "published" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not published: {:#}", client.show(post).await);
}

/// All that must be there of one post on both platforms; each span but the first has its parent
/// among them.
fn assert_joined(spans: &[Span], post: &Value) {
    let told = |spans: &[Span]| {
        spans
            .iter()
            .map(|span| format!("{} {}", span.name, span.parent))
            .collect::<Vec<_>>()
    };
    let known: BTreeMap<&str, &Span> = spans.iter().map(|span| (&*span.id, span)).collect();
    for span in spans {
        assert_eq!(span.trace, TRACE, "{span:#?}");
        let is_first = span.parent == "b7ad6b7169203331";
        assert!(
            is_first || known.contains_key(&*span.parent),
            "{span:#?} in {:#?}",
            told(spans)
        );
        let values = format!("{:?}", span.attributes);
        assert!(
            !values.contains(TEXT) && !values.contains("token") && !values.contains(KEY),
            "{span:#?}"
        );
    }
    let named = |name: &str| {
        spans
            .iter()
            .filter(|span| span.name == name)
            .collect::<Vec<_>>()
    };
    for (name, count) in [
        ("POST /v1/posts", 1),
        ("accept", 1),
        ("enqueue", 1),
        ("publish on threads", 1),
        ("publish on x", 1),
        ("claim", 2),
        ("create_container on threads", 1),
        ("publish_container on threads", 1),
        ("create_post on x", 1),
    ] {
        assert_eq!(named(name).len(), count, "{name} in {:#?}", told(spans));
    }
    assert!(named("record").len() >= 4, "{:#?}", told(spans));
    let request = named("POST /v1/posts")[0];
    for delivery in post["deliveries"].as_array().unwrap() {
        let platform = text(&delivery["platform"]);
        let run = named(&format!("publish on {platform}"))[0];
        assert_eq!(
            run.parent, request.id,
            "what is done about it hangs on the request"
        );
        let call = match platform {
            "threads" => named("publish_container on threads")[0],
            _ => named("create_post on x")[0],
        };
        assert_eq!(call.parent, run.id);
        assert_eq!(
            (&*call.attributes["post"], &*call.attributes["delivery"]),
            (id(post), id(delivery))
        );
        assert!(
            call.attributes["account"].starts_with("acc_")
                && call.attributes["attempt"].starts_with("att_")
        );
        assert_eq!(
            (
                &*call.attributes["verdict"],
                &*call.attributes["http.response.status_code"]
            ),
            ("done", if platform == "x" { "201" } else { "200" })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_joins_a_post_and_what_is_done_about_it_later_and_no_line_tells_a_secret() {
    let collector = Collector::start();
    let data = tempdir();
    let log = data.join("log");
    let env = env(&data, &collector.url);
    let process = Process::start_logging(&["up"], &env, Some("curl "), &log).await;
    let client = Client::new(&api_of(&process), KEY);
    let receiver = Receiver::start().await;
    let hook = json!({ "url": receiver.url, "events": ["post.published"] });
    client
        .post("/v1/webhooks", hook)
        .await
        .expect(StatusCode::CREATED);
    // Whoever publishes it has nothing of the request but what is in the database.
    let at = entities::Clock::system().now() + Duration::from_secs(1);
    let mut body = json!({ "text": TEXT, "publish_at": at.to_string() });
    let post = submit(&client, &mut body).await;
    until_published(&client, &post).await;
    receiver.until(1).await;
    client.get("/v1/accounts").await.expect(StatusCode::OK);
    client
        .with_key("dp_wrongkey_a-key-that-nobody-has")
        .get("/v1/posts")
        .await;
    assert!(process.terminate().await, "it ends well");

    let spans = collector.spans();
    assert!(
        spans.iter().any(|span| span.trace != TRACE),
        "other requests have traces of their own"
    );
    let ours: Vec<Span> = spans
        .into_iter()
        .filter(|span| span.trace == TRACE)
        .collect();
    assert_joined(&ours, &post);
    let named = |name: &str| ours.iter().find(|span| span.name == name);
    let (told, request) = (named("notify"), named("POST /v1/posts"));
    let (told, request) = (told.expect("a webhook"), request.expect("a request"));
    assert_eq!(told.parent, request.id, "the webhook belongs to it too");
    assert_eq!(told.attributes["post"], id(&post));
    assert_eq!(told.attributes["event"], receiver.got()[0].id);
    assert!(
        ours.iter().all(|span| span.service == "dualposts"),
        "{ours:#?}"
    );

    let lines = std::fs::read_to_string(&log).unwrap();
    let secrets = secrets(&data);
    let mut of_steps = 0;
    for line in lines.lines() {
        let fields: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for name in ["timestamp", "level", "target", "message"] {
            assert!(!text(&fields[name]).is_empty(), "{name}: {line}");
        }
        let told = secrets.iter().find(|secret| line.contains(&***secret));
        assert!(told.is_none() && !line.contains(TEXT), "{told:?}: {line}");
        match text(&fields["message"]) {
            "step" => {
                of_steps += 1;
                assert_eq!(
                    (&fields["post"], &fields["trace"]),
                    (&post["id"], &json!(TRACE)),
                    "{line}"
                );
                for (name, prefix) in [
                    ("delivery", "dlv_"),
                    ("account", "acc_"),
                    ("attempt_id", "att_"),
                ] {
                    assert!(text(&fields[name]).starts_with(prefix), "{name}: {line}");
                }
                assert!(fields["attempt"].is_number(), "{line}");
            }
            "accepted" => {
                assert_eq!(
                    (&fields["post"], &fields["trace"]),
                    (&post["id"], &json!(TRACE)),
                    "{line}"
                );
                assert!(text(&fields["request"]).starts_with("req_"), "{line}");
            }
            "request" => assert_eq!(text(&fields["trace"]).len(), 32, "{line}"),
            _ => {}
        }
    }
    assert!(of_steps >= 3, "{lines}");
    let _ = std::fs::remove_dir_all(&data);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_keeps_nothing_from_being_published_nor_the_process_from_ending() {
    let data = tempdir();
    // Nobody listens there, and nobody ever answers here.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = [
        String::from("http://127.0.0.1:1"),
        format!("http://{}", silent.local_addr().unwrap()),
    ];
    for (number, endpoint) in nowhere.iter().enumerate() {
        let data = data.join(number.to_string());
        let process = Process::start(&["up"], &env(&data, endpoint), Some("curl ")).await;
        let client = Client::new(&api_of(&process), KEY);
        let post = submit(&client, &mut json!({ "text": "goes out all the same" })).await;
        until_published(&client, &post).await;
        let began = std::time::Instant::now();
        assert!(process.terminate().await, "it ends well");
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "{:?}",
            began.elapsed()
        );
    }
    let _ = std::fs::remove_dir_all(&data);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_joins_processes_and_a_worker_tells_its_metrics() {
    let collector = Collector::start();
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url),
        ("DUALPOSTS_METRICS_LISTEN", "127.0.0.1:0"),
        ("DUALPOSTS_METRICS_TOKEN", "let-me-in"),
    ];
    let stack = Stack::start(1, &settings).await;
    let worker = stack.worker().await;
    let metrics = text_after(&worker.printed, "http://");
    let post = submit(&stack.client, &mut json!({ "text": TEXT })).await;
    until_published(&stack.client, &post).await;

    let aside = Client::new(metrics.trim_end_matches("/metrics"), "let-me-in");
    let page = aside.get("/metrics").await;
    assert!(
        text(&page.body).contains("dualposts_deliveries_published_total{platform=\"x\"} 1\n"),
        "{page:#?}"
    );
    assert_eq!(aside.get("/healthz").await.body["status"], "ok");
    assert_eq!(aside.get("/readyz").await.body["ready"], true);
    assert_eq!(aside.with_key("").get("/metrics").await.status, 401);
    assert_eq!(aside.get("/v1/posts").await.status, 404);
    stack
        .client
        .get("/metrics")
        .await
        .problem(403, "metrics_not_here");

    assert!(worker.terminate().await, "it ends well");
    let is_whole = || {
        let ours = collector
            .spans()
            .into_iter()
            .filter(|span| span.trace == TRACE);
        let names: BTreeSet<String> = ours.map(|span| span.name).collect();
        names.contains("POST /v1/posts")
    };
    stack
        .until("the API has exported its spans", || async { is_whole() })
        .await;
    let ours: Vec<Span> = collector
        .spans()
        .into_iter()
        .filter(|span| span.trace == TRACE)
        .collect();
    assert_joined(&ours, &post);
}

fn env(data: &std::path::Path, endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("DUALPOSTS_DATA_DIR", data.display().to_string()),
        ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
        ("DUALPOSTS_LOG", "json,debug".to_owned()),
        ("DUALPOSTS_WEBHOOKS_ALLOW_PRIVATE", "on".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()),
    ]
}

fn api_of(process: &Process) -> String {
    let lines = process.printed.iter().filter(|line| line.contains("API  "));
    let lines: Vec<String> = lines.cloned().collect();
    text_after(&lines, "http://").replace("/v1", "")
}

/// All that must not be in a line: keys, tokens, and what seals them.
fn secrets(data: &std::path::Path) -> Vec<String> {
    let mut secrets = vec![
        KEY.to_owned(),
        "the-key-of-the-traced-process".to_owned(),
        "a-key-that-nobody-has".to_owned(),
        "demo-threads-token".to_owned(),
        "demo-x-token".to_owned(),
        simulator::X_CLIENT_SECRET.to_owned(),
        simulator::THREADS_APP_SECRET.to_owned(),
    ];
    for entry in std::fs::read_dir(data).unwrap().flatten() {
        let is_key = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "key");
        if is_key {
            secrets.push(
                std::fs::read_to_string(entry.path())
                    .unwrap()
                    .trim()
                    .to_owned(),
            );
        }
    }
    secrets
}

fn tempdir() -> std::path::PathBuf {
    let name = format!("dualposts-traced-{}", uuid::Uuid::now_v7().simple());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}
