//! Whether a case has ended as it must. The simulator says what is live and what was called; the
//! record must say the same.

use std::collections::HashMap;

use serde_json::{Value, json};
use simulator::{Call, LivePost, Operation, RuleReport, Simulator};
use tests::TestApp;
use tests::client::id;

use super::cases::{Case, visible};
use super::drive::Run;
use super::ends::{End, verdicts};

/// No case takes more calls than this, whatever it meets.
const MOST_CALLS: usize = 60;
/// Nor does what lasts until patience ends.
const MOST_CALLS_IN_VAIN: usize = 160;

/// What is on record of a case.
#[derive(Debug)]
pub struct Story {
    pub attempts: Vec<Attempt>,
    /// Kinds and times (Unix milliseconds), in their order.
    pub events: Vec<(String, i64)>,
}

#[derive(Debug)]
pub struct Attempt {
    pub step: String,
    pub verdict: String,
    pub http_status: Option<u16>,
    pub ended_at_ms: i64,
}

/// What the simulator has seen, by account.
pub struct Seen {
    calls: HashMap<String, Vec<Call>>,
    live: HashMap<String, Vec<LivePost>>,
    rules: HashMap<String, Vec<RuleReport>>,
}

impl Seen {
    pub fn by(simulator: &Simulator) -> Self {
        let mut seen = Seen {
            calls: HashMap::new(),
            live: HashMap::new(),
            rules: HashMap::new(),
        };
        for call in simulator.calls() {
            let account = call.account.clone().unwrap_or_default();
            seen.calls.entry(account).or_default().push(call);
        }
        for post in simulator.live_posts() {
            let account = post.account.clone();
            seen.live.entry(account).or_default().push(post);
        }
        for report in simulator.faults() {
            let account = report.rule.account.clone().unwrap_or_default();
            seen.rules.entry(account).or_default().push(report);
        }
        seen
    }
}

fn of<'a, T>(all: &'a HashMap<String, Vec<T>>, run: &Run) -> &'a [T] {
    all.get(&run.username).map_or(&[], Vec::as_slice)
}

pub async fn judged(app: &TestApp, run: &Run, seen: &Seen) -> Result<Story, String> {
    let post = app.client.show(&run.post).await;
    let delivery = &post["deliveries"][0];
    let story = story(app, id(delivery)).await;
    let calls = of(&seen.calls, run);
    let checked = struck(of(&seen.rules, run))
        .and_then(|()| ended(&run.case, of(&seen.live, run), delivery))
        .and_then(|()| told(&run.case, calls, &story))
        .and_then(|()| bounded(&run.case, calls));
    checked
        .map_err(|why| format!("{why}\n{delivery:#}\n{calls:#?}\n{:#?}", story.attempts))
        .map(|()| story)
}

/// Every rule has met its call: the case is what it says that it is.
fn struck(rules: &[RuleReport]) -> Result<(), String> {
    let unused = rules.iter().filter(|report| report.fired == 0);
    let unused: Vec<String> = unused.map(|report| report.rule.fault.label()).collect();
    if unused.is_empty() {
        Ok(())
    } else {
        Err(format!("{unused:?} never struck"))
    }
}

/// What is live, and what the record says of it.
fn ended(case: &Case, live: &[LivePost], delivery: &Value) -> Result<(), String> {
    let texts = case.parts();
    let (status, code, last_live) = match case.end {
        End::Published | End::WithoutAddress | End::WithoutId => ("published", None, 1),
        End::Failed(code) => ("failed", Some(code), 0),
        End::NeedsReconnect => ("needs_reconnect", Some("needs_reconnect"), 0),
        End::Unconfirmed(live) => ("failed", Some("unconfirmed"), live),
    };
    if delivery["status"] != status || delivery["error"]["code"] != json!(code) {
        return Err(format!("not {status} {code:?}"));
    }
    if live.len() != texts.len() - 1 + last_live {
        return Err(format!("live: {live:?}"));
    }
    let mut before = None;
    for (index, (text, carried)) in texts.iter().enumerate() {
        let is_last = index + 1 == texts.len();
        let Some(post) = live.iter().find(|post| post.text == *text) else {
            if is_last && last_live == 0 {
                continue;
            }
            return Err(format!("part {index} is not live: {live:?}"));
        };
        if post.reply_to != before || !carried.is_live(&post.media) {
            return Err(format!("part {index} with {carried:?} is {post:?}"));
        }
        before = Some(post.id.clone());
        let part = &delivery["parts"][index];
        let end = if is_last { case.end } else { End::Published };
        let (id, url) = match end {
            End::Published => (json!(post.id), json!(post.url)),
            End::WithoutAddress => (json!(post.id), Value::Null),
            _ => (Value::Null, Value::Null),
        };
        if (&part["remote_id"], &part["url"]) != (&id, &url) {
            return Err(format!("part {index} is {post:?}"));
        }
    }
    Ok(())
}

/// The attempts are the calls: as many, in their order, each with its status; and the one that
/// was struck is written down as what it was.
fn told(case: &Case, calls: &[Call], story: &Story) -> Result<(), String> {
    let attempts = &story.attempts;
    if attempts.len() != calls.len() {
        return Err(format!(
            "{} calls, {} attempts",
            calls.len(),
            attempts.len()
        ));
    }
    for (call, attempt) in calls.iter().zip(attempts) {
        let is_late = case.is_slow() && attempt.http_status.is_none();
        let same_status = attempt.http_status == call.http_status || is_late;
        let is_step = steps(call.operation).contains(&attempt.step.as_str());
        if !is_step || !same_status {
            return Err(format!("{call:?} is on record as {attempt:?}"));
        }
    }
    let struck = calls.iter().zip(attempts);
    let struck =
        struck.filter(|(call, _)| call.operation == case.operation && call.fault.is_some());
    for (_, attempt) in struck {
        let gives_up = case.lasts() && attempt.verdict == "reject";
        if !gives_up
            && verdicts(case).is_some_and(|verdicts| !verdicts.contains(&attempt.verdict.as_str()))
        {
            return Err(format!("on record as {attempt:?}"));
        }
    }
    Ok(())
}

/// Nothing is tried in a loop; and what is visible is sent again only when it is known to be
/// absent, or nobody can see it for longer than anything takes.
fn bounded(case: &Case, calls: &[Call]) -> Result<(), String> {
    let sends = |call: &&Call| call.operation == visible(case.platform) && call.effect;
    let effects = calls.iter().filter(sends).count();
    let parts = case.parts().len();
    let most = if case.lasts() {
        MOST_CALLS_IN_VAIN
    } else {
        MOST_CALLS
    };
    if calls.len() > most || effects > parts {
        return Err(format!("{} calls, {effects} with an effect", calls.len()));
    }
    // The modes of a second publish are worth nothing unless there is one; but where it would be
    // doubled, there must be none.
    if let Some(patch) = &case.settings {
        let publishes = calls
            .iter()
            .filter(|call| call.operation == Operation::Publish);
        let is_doubled = patch["threads"]["second_publish"] == "duplicate";
        if (publishes.count() == 1) != is_doubled {
            return Err("the second publish".to_owned());
        }
    }
    Ok(())
}

/// What a call is named in attempts; nothing for what no attempt makes.
fn steps(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::CreateContainer => &["create_container"],
        Operation::ContainerStatus => &["check_container", "check_child"],
        Operation::Publish => &["publish_container"],
        Operation::ReadMedia => &["read_permalink"],
        Operation::ListPosts | Operation::ListReplies | Operation::XTimeline => &["find_post"],
        Operation::XCreate => &["create_post"],
        Operation::CreateChild => &["create_child"],
        Operation::CreateCarousel => &["create_container"],
        Operation::XMediaUpload => &["upload_image"],
        Operation::XMediaInitialize => &["begin_upload"],
        Operation::XMediaAppend => &["append_upload"],
        Operation::XMediaFinalize => &["finish_upload"],
        Operation::XMediaStatus => &["check_upload"],
        Operation::XMediaMetadata => &["describe_media"],
        Operation::Me
        | Operation::PublishingLimit
        | Operation::Delete
        | Operation::XRead
        | Operation::XMe
        | Operation::XDelete
        | Operation::ThreadsAuthorize
        | Operation::ThreadsCodeExchange
        | Operation::ThreadsAppToken
        | Operation::ThreadsLongLived
        | Operation::ThreadsRefresh
        | Operation::ThreadsDebugToken
        | Operation::XAuthorize
        | Operation::XCodeExchange
        | Operation::XRefresh
        | Operation::XRevoke
        | Operation::Unknown => &[],
    }
}

async fn story(app: &TestApp, delivery: &str) -> Story {
    let attempts = format!(
        "SELECT step || ' ' || verdict || ' ' || coalesce(CAST(http_status AS text), '-') || ' '
            || CAST(ended_at AS text)
         FROM attempts WHERE delivery_id = '{delivery}' ORDER BY id"
    );
    let events = format!(
        "SELECT kind || ' ' || CAST(created_at AS text) FROM events
         WHERE delivery_id = '{delivery}' ORDER BY id"
    );
    let attempt = |row: &String| {
        let mut words = row.split(' ').map(str::to_owned);
        let mut next = || words.next().expect("four words");
        Attempt {
            step: next(),
            verdict: next(),
            http_status: next().parse().ok(),
            ended_at_ms: next().parse().expect("a time"),
        }
    };
    let event = |row: &String| {
        let (kind, at) = row.split_once(' ').expect("two words");
        (kind.to_owned(), at.parse().expect("a time"))
    };
    Story {
        attempts: app.texts(&attempts).await.iter().map(attempt).collect(),
        events: app.texts(&events).await.iter().map(event).collect(),
    }
}
