//! What becomes of a post when its platform misbehaves. Every table names a fault for each row;
//! the judge asks the simulator what is live.

mod behaviours;
mod chains;
mod claims;
mod deaths;
mod events;
mod files;
mod lags;
mod late;
mod reconnect;
mod refusals;
mod threads;
mod timeouts;
mod unreachable;
mod x;

use std::time::Duration;

use entities::Platform;
use serde_json::{Value, json};
use simulator::{Fault, FaultBody, FaultRule, Operation, When};
use tests::TestApp;
use tests::app::Options;
use tests::client::text;

const HOUR: Duration = Duration::from_secs(3600);
const BOTH_SIDES: [When; 2] = [When::Before, When::After];

/// One row of a table.
struct Case {
    name: String,
    platform: Platform,
    rules: Vec<FaultRule>,
    expected: Expected,
}

/// How a delivery must end.
#[derive(Clone, Copy)]
enum Expected {
    /// Live once, on record with its id and address.
    Published,
    /// The same, but its address could not be read.
    WithoutAddress,
    /// Not live, and given up with this code and these words of the platform's.
    Failed(&'static str, Said),
    /// Given up because nobody could tell; so many are live.
    Unconfirmed(usize),
}

/// What the platform said, as the delivery's error shows it: HTTP status, code, part of the text.
type Said = (Option<u16>, Option<&'static str>, Option<&'static str>);

const NOTHING: Said = (None, None, None);

impl Case {
    fn new(
        name: impl Into<String>,
        platform: Platform,
        rules: Vec<FaultRule>,
        expected: Expected,
    ) -> Self {
        Case {
            name: name.into(),
            platform,
            rules,
            expected,
        }
    }
}

/// Runs the rows one after the other, and names all that ended wrong.
async fn run(app: &TestApp, cases: Vec<Case>) {
    let count = cases.len();
    let mut wrong = Vec::new();
    for case in cases {
        if let Err(why) = outcome_of(app, &case).await {
            wrong.push(format!("{} {}: {why}", case.platform, case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases ended wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

async fn outcome_of(app: &TestApp, case: &Case) -> Result<(), String> {
    app.simulator.clear_faults();
    app.simulator.add_faults(case.rules.clone());
    // Both platforms show such a text otherwise than it was sent.
    let written = format!("{} & <more> at https://example.org/a?b=1&c=2", case.name);
    let account = match case.platform {
        Platform::Threads => &app.threads,
        Platform::X => &app.x,
    };
    let post = app.client.submit(&written, &[account.to_string()]).await;
    app.settle(30 * HOUR).await;
    let unused: Vec<String> = app
        .simulator
        .faults()
        .iter()
        .filter(|rule| rule.fired == 0)
        .map(|rule| rule.rule.fault.label())
        .collect();
    if !unused.is_empty() {
        return Err(format!("{unused:?} never struck"));
    }
    let delivery = app.client.delivery(&post, case.platform.as_str()).await;
    judged(app, case.platform, &written, &delivery, case.expected)
}

/// Whether a delivery has ended as it must, the simulator being the judge.
fn judged(
    app: &TestApp,
    platform: Platform,
    written: &str,
    delivery: &Value,
    expected: Expected,
) -> Result<(), String> {
    let live: Vec<_> = app
        .live_on(platform)
        .into_iter()
        .filter(|post| post.text == written)
        .collect();
    let (status, live_count) = match expected {
        Expected::Published | Expected::WithoutAddress => ("published", 1),
        Expected::Failed(..) => ("failed", 0),
        Expected::Unconfirmed(live) => ("failed", live),
    };
    if live.len() != live_count || delivery["status"] != status {
        return Err(format!("{} live; {delivery:#}", live.len()));
    }
    let error = &delivery["error"];
    let ok = match expected {
        Expected::Published => {
            delivery["remote_id"] == live[0].id && delivery["url"] == live[0].url && error.is_null()
        }
        Expected::WithoutAddress => {
            delivery["remote_id"] == live[0].id && delivery["url"].is_null()
        }
        Expected::Failed(code, said) => error["code"] == code && is_said(&error["platform"], said),
        Expected::Unconfirmed(_) => {
            error["code"] == "unconfirmed" && delivery["remote_id"].is_null()
        }
    };
    if ok {
        Ok(())
    } else {
        Err(format!("live {live:?}; {delivery:#}"))
    }
}

fn is_said(platform: &Value, (status, code, message): Said) -> bool {
    platform["http_status"] == json!(status)
        && platform["code"] == json!(code)
        && message.is_none_or(|part| {
            platform["message"]
                .as_str()
                .is_some_and(|all| all.contains(part))
        })
}

/// The same posts on both accounts, all of which must go out once.
async fn published_once(app: &TestApp, post: &Value, written: &str) {
    for delivery in app.client.show(post).await["deliveries"]
        .as_array()
        .expect("deliveries")
    {
        let platform = text(&delivery["platform"]).parse().expect("a platform");
        if let Err(why) = judged(app, platform, written, delivery, Expected::Published) {
            panic!(
                "{written}: {why}\n{:?}",
                app.client.attempts(delivery).await
            );
        }
    }
}

/// A product that gives up after three hours in place of a day.
fn short_of_patience() -> Options {
    let worker = worker::Settings {
        give_up_after: 3 * HOUR,
        ..worker::Settings::default()
    };
    Options {
        worker,
        ..Options::default()
    }
}

/// A rule for one call.
fn on(operation: Operation, fault: Fault) -> FaultRule {
    FaultRule::new(fault).operation(operation)
}

/// Every way in which an answer tells nothing about what was done, with a name for each.
fn broken(platform: Platform, when: When) -> Vec<(String, Fault)> {
    let status = |status: u16, word: &str, body: FaultBody| {
        (
            format!("{status} {word}"),
            Fault::Status {
                when,
                status,
                body,
                headers: Default::default(),
            },
        )
    };
    let json = match platform {
        Platform::Threads => {
            json!({ "error": { "message": "An unknown error occurred", "type": "OAuthException", "code": 1 } })
        }
        Platform::X => {
            json!({ "title": "Internal Error", "type": "https://api.x.com/2/problems/internal-error", "status": 500 })
        }
    };
    let mut all = vec![
        ("lost".to_owned(), Fault::Lost { when }),
        ("malformed".to_owned(), Fault::MalformedJson { when }),
        ("truncated".to_owned(), Fault::TruncatedBody { when }),
        (
            "huge".to_owned(),
            Fault::HugeBody {
                when,
                bytes: 3_000_000,
            },
        ),
        (
            "error in 200".to_owned(),
            Fault::ErrorInOk { when, body: None },
        ),
        (
            "200 without a word".to_owned(),
            Fault::ErrorInOk {
                when,
                body: Some(json!({})),
            },
        ),
        (
            "redirect".to_owned(),
            Fault::Redirect {
                when,
                status: 307,
                location: "http://127.0.0.1:1/".to_owned(),
            },
        ),
    ];
    for code in [500, 502, 503] {
        all.push(status(code, "JSON", FaultBody::Json(json.clone())));
        all.push(status(
            code,
            "HTML",
            FaultBody::Html("<html><body>Bad Gateway</body></html>".to_owned()),
        ));
        all.push(status(code, "empty", FaultBody::Empty));
    }
    all.into_iter()
        .map(|(name, fault)| (format!("{name} {when:?}"), fault))
        .collect()
}

/// A row for each of [`broken`] on a call, striking `times` and after `first` has struck.
fn each_broken(
    platform: Platform,
    operation: Operation,
    times: u32,
    first: Option<FaultRule>,
) -> Vec<Case> {
    let faults = BOTH_SIDES
        .into_iter()
        .flat_map(|when| broken(platform, when));
    let row = |(name, fault): (String, Fault)| {
        let rule = on(operation, fault).times(times);
        let name = match &first {
            Some(first) => format!(
                "{operation:?} {name} x{times} after {}",
                first.fault.label()
            ),
            None => format!("{operation:?} {name} x{times}"),
        };
        Case::new(
            name,
            platform,
            first.iter().cloned().chain([rule]).collect(),
            Expected::Published,
        )
    };
    faults.map(row).collect()
}

/// A few of the rows, for what needs not every kind of fault again.
fn few(cases: Vec<Case>) -> Vec<Case> {
    let kinds = [" lost ", " truncated ", " error in 200 ", " 502 HTML "];
    cases
        .into_iter()
        .filter(|case| kinds.iter().any(|kind| case.name.contains(kind)))
        .collect()
}
