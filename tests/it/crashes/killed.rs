//! `kill -9` of the built binary while the simulator holds its call open, on either side of the
//! effect, for every call that a worker makes.

mod api;
mod up;

use std::time::{Duration, Instant};

use entities::boundary::{Boundary, Side, StepAction};
use entities::rows::attempt::StepName;
use entities::{Clock, Platform, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, LagOf, Operation, When};
use tests::app::simulated;
use tests::client::{Client, text};
use tests::stack::{Stack, text_after};

use super::files::{Carried, Shelf};
use super::way::{self, answer_lost};
use up::DataFolder;

const LEASE: Duration = Duration::from_secs(3);
/// A relay looks once a second at least, and a busy machine takes its time.
const TOLERANCE: Duration = Duration::from_secs(2);
const SHORT: [(&str, &str); 5] = [
    ("DUALPOSTS_LEASE_S", "3"),
    ("DUALPOSTS_CALL_TIMEOUT_S", "2"),
    ("DUALPOSTS_HANDED_S", "2"),
    ("DUALPOSTS_THREADS_SETTLE_S", "1"),
    ("DUALPOSTS_X_SETTLE_S", "1"),
];

/// A post whose worker is killed in the middle of one call.
struct Victim {
    platform: Platform,
    step: StepName,
    when: When,
    username: String,
    /// The post, once it is submitted.
    post: Value,
}

/// One for each side of each call, each on an account of its own.
fn victims() -> Vec<Victim> {
    let mut victims: Vec<Victim> = Vec::new();
    for boundary in Boundary::all() {
        let Boundary::Step(side, StepAction::Call, platform, step) = boundary else {
            continue;
        };
        let of_platform = |victim: &&Victim| victim.platform == platform;
        let number = 1 + victims.iter().filter(of_platform).count();
        victims.push(Victim {
            platform,
            step,
            when: match side {
                Side::Before => When::Before,
                Side::After => When::After,
            },
            username: match number {
                1 => "demo".to_owned(),
                _ => format!("demo_{number}"),
            },
            post: Value::Null,
        });
    }
    victims
}

/// How many demo accounts that takes on each platform.
fn accounts_needed() -> usize {
    let victims = victims();
    let on = |platform| {
        victims
            .iter()
            .filter(|one| one.platform == platform)
            .count()
    };
    Platform::ALL
        .iter()
        .map(|platform| on(*platform))
        .max()
        .unwrap_or(0)
}

impl Victim {
    fn operation(&self) -> Operation {
        match (self.step, self.platform) {
            (StepName::CreateContainer, _) => Operation::CreateContainer,
            (StepName::CheckContainer, _) => Operation::ContainerStatus,
            (StepName::PublishContainer, _) => Operation::Publish,
            (StepName::CreatePost, _) => Operation::XCreate,
            (StepName::ReadPermalink, _) => Operation::ReadMedia,
            (StepName::FindPost, Platform::Threads) => Operation::ListPosts,
            (StepName::FindPost, Platform::X) => Operation::XTimeline,
            (
                StepName::UploadImage
                | StepName::BeginUpload
                | StepName::AppendUpload
                | StepName::FinishUpload
                | StepName::CheckUpload
                | StepName::DescribeMedia
                | StepName::CreateChild
                | StepName::CheckChild,
                _,
            ) => way::files::needs(self.step).1,
        }
    }

    /// What its post carries.
    fn carried(&self) -> Carried {
        match self.step {
            StepName::UploadImage
            | StepName::BeginUpload
            | StepName::AppendUpload
            | StepName::FinishUpload
            | StepName::CheckUpload
            | StepName::DescribeMedia
            | StepName::CreateChild
            | StepName::CheckChild => way::files::needs(self.step).0,
            StepName::FindPost => Carried::Image,
            StepName::CreateContainer
            | StepName::CheckContainer
            | StepName::PublishContainer
            | StepName::CreatePost
            | StepName::ReadPermalink => Carried::Nothing,
        }
    }

    /// Whether its call comes only some time after a send.
    fn looks(&self) -> bool {
        self.step == StepName::FindPost
    }

    fn rules(&self) -> Vec<FaultRule> {
        let held = FaultRule::new(Fault::Hold { when: self.when })
            .operation(self.operation())
            .once();
        let lost = self.looks().then(|| answer_lost(self.platform));
        // Only what takes its time is asked about.
        let slow = (self.step == StepName::CheckUpload).then(|| {
            let what = LagOf::Processing;
            let rule = FaultRule::new(Fault::Lag { what, seconds: 1 });
            rule.operation(Operation::XMediaFinalize).once()
        });
        let own = |rule: FaultRule| {
            rule.platform(simulated(self.platform))
                .account(&self.username)
        };
        lost.into_iter()
            .chain(slow)
            .chain([held])
            .map(own)
            .collect()
    }

    fn text(&self) -> String {
        format!("killed at {} {}, {:?}", self.platform, self.step, self.when)
    }
}

/// Hangs in the rules, and lets whatever could be out twice be out twice.
async fn prepare(simulator: &Client, victims: &[Victim]) {
    let unforgiving =
        json!({ "threads": { "second_publish": "duplicate" }, "x": { "duplicate_check": false } });
    let set = simulator.post("/_sim/settings", unforgiving).await;
    assert_eq!(set.status, StatusCode::OK, "{:#}", set.body);
    let rules: Vec<FaultRule> = victims.iter().flat_map(Victim::rules).collect();
    let added = simulator.post("/_sim/faults", json!(rules)).await;
    assert_eq!(added.body["added"], rules.len(), "{:#}", added.body);
}

/// Submits each victim's post to its account.
async fn submit(client: &Client, victims: &mut [Victim]) {
    let shelf = Shelf::filled(client).await;
    let accounts = client.get("/v1/accounts").await.body;
    let accounts = accounts["data"].as_array().expect("accounts");
    for victim in victims {
        let account = accounts.iter().find(|account| {
            account["platform"] == victim.platform.as_str()
                && account["username"] == victim.username
        });
        let account = text(&account.expect("a demo account")["id"]).to_owned();
        let part = shelf.part(&victim.text(), victim.carried());
        let body = json!({ "parts": [part], "accounts": [account] });
        victim.post = client.submit_raw(body).await.expect(StatusCode::ACCEPTED);
    }
}

/// Waits until the simulator holds so many calls.
async fn until_held(simulator: &Client, count: usize) {
    let held = || async { simulator.get("/_sim/health").await.body["held"] == count };
    until(&format!("{count} calls are held"), held).await;
}

async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let started = Instant::now();
    while !condition().await {
        let waited = started.elapsed();
        assert!(
            waited < Duration::from_secs(60),
            "waited too long until {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_published(client: &Client, victims: &[Victim]) {
    until("all is published", || async {
        for victim in victims {
            let post = client.show(&victim.post).await;
            assert_ne!(post["status"], "failed", "{post:#}");
            if post["status"] != "published" {
                return false;
            }
        }
        true
    })
    .await;
}

/// Each victim's post is out once, and the record says where.
async fn judge(simulator: &Client, client: &Client, victims: &[Victim]) {
    let all = simulator.get("/_sim/posts").await.body;
    let all = all.as_array().expect("posts");
    assert_eq!(all.len(), victims.len(), "live posts: {all:#?}");
    for victim in victims {
        let is_own = |post: &&Value| {
            post["platform"] == victim.platform.as_str() && post["account"] == victim.username
        };
        let live: Vec<&Value> = all.iter().filter(is_own).collect();
        let delivery = client
            .delivery(&victim.post, victim.platform.as_str())
            .await;
        let story = client.attempts(&delivery).await;
        let name = victim.text();
        assert_eq!(live.len(), 1, "{name}: {live:#?}\n{story:?}");
        let is_true = delivery["status"] == "published"
            && delivery["remote_id"] == live[0]["id"]
            && delivery["url"] == live[0]["url"]
            && live[0]["text"] == name
            && files(live[0]) == victim.carried().expected();
        assert!(is_true, "{name}: {live:#?}\n{delivery:#}\n{story:?}");
        let was_lost = story.iter().any(|attempt| attempt.ends_with(" lost"));
        assert!(
            was_lost,
            "{name}: it was not killed under its claim: {story:?}"
        );
    }
}

/// The hash of each file that is live, and what is said to be on it.
fn files(live: &Value) -> Vec<(String, Option<String>)> {
    let media = live["media"].as_array().expect("media");
    let words = |media: &Value| media["alt_text"].as_str().map(str::to_owned);
    let hashed = |media: &Value| (text(&media["sha256"]).to_owned(), words(media));
    media.iter().map(hashed).collect()
}

/// A process that was killed.
struct Killed {
    worker: String,
    at: Timestamp,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_killed_in_the_middle_of_every_call_on_either_side_of_its_effect() {
    let folder = DataFolder::new();
    let path = folder.path();
    let settings = [&SHORT[..], &[("DUALPOSTS_DATA_DIR", path.as_str())]].concat();
    let mut stack = Stack::start(accounts_needed(), &settings).await;
    // Where the workers' files can be fetched.
    let public_url = stack.client.base_url.clone();
    stack.env.push(("DUALPOSTS_PUBLIC_URL", public_url));
    let mut victims = victims();
    let looking = victims.iter().filter(|victim| victim.looks()).count();
    prepare(&stack.simulator, &victims).await;
    submit(&stack.client, &mut victims).await;

    let first = stack.worker().await;
    let mut killed = vec![text_after(&first.printed, "worker-")];
    until_held(&stack.simulator, victims.len() - looking).await;
    let sent = || async { stack.count("unconfirmed").await == i64::try_from(looking).unwrap() };
    until("the others are to be looked for", sent).await;
    first.kill().await;
    let clock = Clock::system();
    let mut deaths = vec![clock.now()];

    // The calls of the dead land while another is at work already.
    let second = stack.worker().await;
    killed.push(text_after(&second.printed, "worker-"));
    let released = stack.simulator.post("/_sim/release", json!({})).await;
    assert_eq!(released.body["released"], victims.len() - looking);
    until_held(&stack.simulator, looking).await;
    second.kill().await;
    deaths.push(clock.now());

    let _third = stack.worker().await;
    stack.simulator.post("/_sim/release", json!({})).await;
    until_published(&stack.client, &victims).await;
    judge(&stack.simulator, &stack.client, &victims).await;
    for (worker, at) in killed.into_iter().zip(deaths) {
        let killed = Killed { worker, at };
        let (count, last) = killed.taken_back(&stack).await;
        println!("{count} claims of a killed worker moved again {last:?} after its end at most");
        assert!(count >= looking && last <= LEASE + TOLERANCE);
    }
    let open = "SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL";
    assert_eq!(stack.number(open).await, 0);
}

impl Killed {
    /// How many of its claims were taken back, and how long after its end the last of them was.
    async fn taken_back(&self, stack: &Stack) -> (usize, Duration) {
        let lost = format!(
            "FROM attempts WHERE verdict = 'lost' AND worker = '{}'",
            self.worker
        );
        let count = stack.number(&format!("SELECT count(*) {lost}")).await;
        let last = format!("SELECT coalesce(max(ended_at), 0) {lost}");
        let last = Timestamp::from_ms(stack.number(&last).await);
        (usize::try_from(count).unwrap(), last.since(self.at))
    }
}
