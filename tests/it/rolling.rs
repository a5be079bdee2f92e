//! A rolling restart under load: every process of the product is replaced, one after the other, and
//! nobody notices.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Client;
use tests::process::Process;
use tests::stack::{Stack, text_after};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// Nothing is waited for that long: what had to wait for the end of a lease, or to be handed out
/// again, fails the test by its time.
const LONG: &str = "300";

#[tokio::test(flavor = "multi_thread")]
async fn replacing_every_process_under_load_refuses_nobody_and_doubles_nothing() {
    let settings = [
        ("DUALPOSTS_LEASE_S", LONG),
        ("DUALPOSTS_HANDED_S", LONG),
        ("DUALPOSTS_DRAIN_S", "2"),
    ];
    let stack = Stack::start(4, &settings).await;
    // Each call takes a while, so that the end of a worker finds some under way.
    let slow = json!({ "fault": { "kind": "delay", "when": "after", "ms": 40 } });
    stack.simulator.post("/_sim/faults", slow).await;
    let balancer = Balancer::default();
    let mut api = balancer.add(start_api(&stack).await).await;
    let mut workers = [stack.worker().await, stack.worker().await];
    let load = Load::start(&stack, &balancer).await;

    load.goes_on().await;
    for _ in 0..2 {
        let next = balancer.add(start_api(&stack).await).await;
        replaced_unseen(std::mem::replace(&mut api, next)).await;
        load.goes_on().await;
    }
    for _ in 0..2 {
        for worker in &mut workers {
            let next = stack.worker().await;
            assert!(std::mem::replace(worker, next).terminate().await);
            load.goes_on().await;
        }
    }
    let posts = load.stop().await;
    let published = i64::try_from(2 * posts).expect("not many");
    stack.until_published(published).await;
    stack.assert_live(2 * posts).await;
    let lost = stack
        .number("SELECT count(*) FROM attempts WHERE verdict IN ('lost', 'unknown')")
        .await;
    assert_eq!(lost, 0, "no step was cut in the middle");
    println!("{posts} posts went out while six processes were replaced");
}

/// An API process and where it listens.
struct Api {
    process: Process,
    client: Client,
}

async fn start_api(stack: &Stack) -> Api {
    let process = Process::start(&["api"], &stack.env, Some("API http://")).await;
    let client = stack.client.at(&text_after(&process.printed, "http://"));
    Api { process, client }
}

/// Told to end, it says so to who balances the load, takes requests for that long and closes each
/// connection after the answer.
async fn replaced_unseen(old: Api) {
    let client = old.client;
    let ended = tokio::spawn(old.process.terminate());
    loop {
        let ready = client.get("/readyz").await;
        if ready.status == 503 {
            assert_eq!(ready.body["draining"], true, "{:#}", ready.body);
            assert_eq!(ready.body["database"], "ok");
            assert_eq!(ready.header("connection"), "close");
            break;
        }
    }
    let still = client.get("/v1/accounts").await;
    assert_eq!(
        (still.status.as_u16(), still.header("connection")),
        (200, "close")
    );
    assert!(ended.await.expect("no panic"), "it ends well");
}

/// Who sends each request to one of those that say that they are ready.
#[derive(Clone, Default)]
struct Balancer(Arc<Mutex<BTreeSet<String>>>);

impl Balancer {
    /// Takes a process in as soon as it is ready, and out again as soon as it is not.
    async fn add(&self, api: Api) -> Api {
        while api.client.get("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
        let (url, ready) = (api.client.base_url.clone(), self.0.clone());
        ready.lock().expect("no panic").insert(url.clone());
        tokio::spawn(async move {
            let http = reqwest::Client::new();
            let mut every = tokio::time::interval(Duration::from_millis(50));
            loop {
                every.tick().await;
                let asked = http.get(format!("{url}/readyz")).send().await;
                if !asked.is_ok_and(|answer| answer.status().is_success()) {
                    ready.lock().expect("no panic").remove(&url);
                    return;
                }
            }
        });
        api
    }

    fn choose(&self, number: usize) -> String {
        let ready = self.0.lock().expect("no panic");
        assert!(!ready.is_empty(), "somebody is always ready");
        let one = ready.iter().nth(number % ready.len());
        one.expect("one of them").clone()
    }
}

/// How many requests are under way at most: a slow machine makes the load smaller, not the wait longer.
const UNDER_WAY: usize = 6;

/// Posts once. Only a connection that nobody took, since its listener is closed, is tried elsewhere;
/// whatever else is not a success fails the test.
async fn post(client: &Client, balancer: &Balancer, number: usize, body: Value) {
    for url in (number..).map(|number| balancer.choose(number)) {
        let request = client.submitting(&url, &body, &format!("rolling-{number}"));
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let said = answer.text().await.unwrap_or_default();
                assert_eq!(status, 202, "{said}");
                return;
            }
            Err(error) => assert!(error.is_connect(), "{url}: {error:?}"),
        }
    }
}

/// Posts at a steady pace, each with a key of its own.
struct Load {
    taken: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    sending: JoinHandle<usize>,
}

impl Load {
    async fn start(stack: &Stack, balancer: &Balancer) -> Self {
        let list = stack.client.get("/v1/accounts").await.body;
        let of = |platform: &str| -> Vec<Value> {
            let all = list["data"].as_array().expect("accounts");
            let those = all.iter().filter(|row| row["platform"] == platform);
            those.map(|row| row["id"].clone()).collect()
        };
        let (threads, x) = (of("threads"), of("x"));
        let (taken, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (client, balancer) = (stack.client.clone(), balancer.clone());
        let (counted, told) = (taken.clone(), stop.clone());
        let sending = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(25));
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let room = Arc::new(Semaphore::new(UNDER_WAY));
            let mut requests = Vec::new();
            while !told.load(Ordering::SeqCst) {
                pace.tick().await;
                let place = room.clone().acquire_owned().await.expect("never closed");
                let number = requests.len();
                let accounts = [&threads[number % threads.len()], &x[number % x.len()]];
                let body = json!({ "text": format!("rolling {number}"), "accounts": accounts });
                let (client, balancer) = (client.clone(), balancer.clone());
                let counted = counted.clone();
                requests.push(tokio::spawn(async move {
                    post(&client, &balancer, number, body).await;
                    counted.fetch_add(1, Ordering::SeqCst);
                    drop(place);
                }));
            }
            let count = requests.len();
            for request in requests {
                request.await.expect("every request is taken");
            }
            count
        });
        Load {
            taken,
            stop,
            sending,
        }
    }

    /// Waits until more posts were taken.
    async fn goes_on(&self) {
        let before = self.taken.load(Ordering::SeqCst);
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while self.taken.load(Ordering::SeqCst) < before + 20 {
            looks.tick().await;
            assert!(!self.sending.is_finished(), "the load goes on");
        }
    }

    /// Ends it; returns how many posts were submitted.
    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        self.sending.await.expect("every request was taken at once")
    }
}
