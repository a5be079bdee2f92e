//! One run, from the first process to the verdict.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use simulator::{NewAccount, Platform, SecondPublish, Simulator};
use tokio_util::sync::CancellationToken;

use super::customer::{Connected, Customer, token, username};
use super::files::files;
use super::infrastructure::{strike_processes, strike_servers};
use super::judge::{judge, progress};
use super::plan::{ACCOUNTS, Plan, SPEED, Tally, pace, real_now};
use super::platforms::{Misfortune, Moment, let_go};
use super::posts::{Writer, Written};
use super::product::Product;
use super::report::Report;
use crate::backend::Mode;

/// How long the platforms go on misbehaving when all has been submitted; less in a brief run.
const MISBEHAVING_ON: Duration = Duration::from_secs(30);
const MISBEHAVING_ON_BRIEFLY: Duration = Duration::from_secs(5);
/// How long to wait for the last delivery; five hours of the product's time.
const PATIENCE: Duration = Duration::from_secs(300);

/// Tortures the product and compares what is live with what it says.
pub async fn run(mode: Mode, plan: &Plan) -> Report {
    let started = Instant::now();
    let (pace, time_lapse) = pace();
    let tally = Tally::default();
    let stop = CancellationToken::new();

    let simulator = Simulator::new(simulator::Settings {
        seed: plan.seed,
        profile: simulator::Profile::Typical,
        clock: simulator::Clock::from_fn(move || pace.shown_at(real_now()).as_ms()),
        ..Default::default()
    });
    for number in 0..ACCOUNTS {
        for (platform, word) in [(Platform::Threads, "threads"), (Platform::X, "x")] {
            simulator.add_account(NewAccount::new(
                platform,
                username(number),
                token(word, number),
            ));
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(
        simulator
            .clone()
            .serve(listener, stop.clone().cancelled_owned()),
    );

    let product = Arc::new(Product::start(mode, plan, &time_lapse, &url).await);
    println!(
        "{mode:?}: seed {}, {} posts, time runs {SPEED} times as fast, logs in {}",
        plan.seed,
        plan.posts,
        product.logs().display()
    );
    let customer = Customer::new(&product.api_url);
    let accounts = customer.connect_all().await;
    let files = files();
    let everything = Everything {
        accounts,
        file_ids: customer.upload_all(&files).await,
        written: write_all(plan),
    };

    let calm = CancellationToken::new();
    let strikes = [
        tokio::spawn(strike_processes(
            Arc::clone(&product),
            plan.dice("processes"),
            tally.clone(),
            calm.clone(),
        )),
        tokio::spawn(strike_servers(
            Arc::clone(&product),
            plan.dice("servers"),
            tally.clone(),
            calm.clone(),
        )),
    ];
    let enough = CancellationToken::new();
    let [letting_go, caring] = {
        let (simulator, customer) = (simulator.clone(), customer.clone());
        let (stop, enough) = (stop.clone(), enough.clone());
        [
            tokio::spawn(async move { let_go(&simulator, stop).await }),
            tokio::spawn(async move { customer.care(enough).await }),
        ]
    };

    let mut misfortune = Misfortune::new(plan);
    let accepted = submit_all(
        plan,
        &customer,
        &everything,
        &simulator,
        &mut misfortune,
        &product,
    )
    .await;
    calm.cancel();
    for strike in strikes {
        strike.await.expect("a strike");
    }
    if let Some(servers) = &product.servers {
        servers.postgres_proxy.disarm();
    }
    let on = match plan.is_brief {
        true => MISBEHAVING_ON_BRIEFLY,
        false => MISBEHAVING_ON,
    };
    settle(&product, &simulator, on, "platforms misbehave on").await;
    let struck = Tally::default();
    misfortune.count(&simulator, &tally, &struck);
    simulator.clear_faults();
    settle(&product, &simulator, PATIENCE, "all is well").await;
    // What is retried by hand just now is open again.
    enough.cancel();
    caring.await.expect("the customer");
    settle(&product, &simulator, PATIENCE, "the last retries").await;
    simulator.until_idle().await;

    let live = simulator.live_posts();
    let written = &everything.written;
    let mut report = judge(&product.database, &live, written, &accepted, &files)
        .await
        .expect("the record");
    report.faults = tally.counts();
    report.struck = struck.counts();
    report.real_time = started.elapsed();
    stop.cancel();
    letting_go.await.expect("an attendant");
    let product = Arc::into_inner(product).expect("nobody else has it");
    product.end(!report.is_clean()).await;
    serving.abort();
    report
}

/// What is submitted, and where to.
struct Everything {
    /// Those of Threads and of X, by number.
    accounts: [Vec<Connected>; 2],
    /// What the product calls the files.
    file_ids: Vec<String>,
    written: Vec<Written>,
}

fn write_all(plan: &Plan) -> Vec<Written> {
    let mut writer = Writer::new(plan.dice("written"));
    (0..plan.posts).map(|number| writer.write(number)).collect()
}

/// Submits at the plan's rate, whether or not earlier posts were accepted yet.
async fn submit_all(
    plan: &Plan,
    customer: &Customer,
    everything: &Everything,
    simulator: &Simulator,
    misfortune: &mut Misfortune,
    product: &Product,
) -> BTreeSet<usize> {
    let mut dice = plan.dice("posts");
    let begun = Instant::now();
    let mut told = Instant::now();
    let mut waiting = futures::stream::FuturesUnordered::new();
    let mut accepted = BTreeSet::new();
    for (number, post) in everything.written.iter().enumerate() {
        // A third of the run for each thing that a second publish of one container may do. In the
        // first, neither platform helps: what is sent twice is live twice.
        let moment = match number * 20 / plan.posts {
            19.. => Moment::Late,
            _ if number * 3 < plan.posts => Moment::Early,
            _ => Moment::Middle,
        };
        simulator.set_settings(|settings| {
            settings.threads.second_publish = match number * 3 / plan.posts {
                0 => SecondPublish::Duplicate,
                1 => SecondPublish::SameId,
                _ => SecondPublish::Error,
            };
            settings.x.duplicate_check = moment != Moment::Early;
        });
        let targets = everything
            .accounts
            .each_ref()
            .map(|all| &all[dice.usize(0..all.len())]);
        let mut accounts = Vec::new();
        for (platform, target) in [Platform::Threads, Platform::X].into_iter().zip(targets) {
            if post.platforms().contains(&platform) {
                misfortune.befall(simulator, platform, &target.username, post, moment);
                accounts.push(target.id.as_str());
            }
        }
        let mut body = post.body(&everything.file_ids, &accounts);
        let scheduled = dice.u8(0..10) == 0;
        let canceled = scheduled && dice.u8(0..4) == 0;
        if scheduled {
            let ahead = Duration::from_secs(dice.u64(30..600));
            let at = entities::Timestamp::from_ms(simulator.now_ms()) + ahead;
            body["publish_at"] = serde_json::json!(at);
        }
        let customer = customer.clone();
        waiting.push(tokio::spawn(async move {
            let post = customer.submit(number, &body).await;
            if canceled {
                customer.cancel(&post).await;
            }
            number
        }));
        let next = begun + Duration::from_secs_f64((number + 1) as f64 / plan.rate);
        tokio::time::sleep_until(next.into()).await;
        while let Some(Some(number)) = futures::FutureExt::now_or_never(waiting.next()) {
            accepted.insert(number.expect("a submit"));
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            tell(
                product,
                simulator,
                &format!("{} of {} posts accepted", accepted.len(), plan.posts),
            )
            .await;
        }
    }
    while let Some(number) = waiting.next().await {
        accepted.insert(number.expect("a submit"));
    }
    accepted
}

/// Waits until nothing is open, or `patience` ends.
async fn settle(product: &Product, simulator: &Simulator, patience: Duration, what: &str) {
    let begun = Instant::now();
    let mut told = Instant::now();
    while begun.elapsed() < patience {
        if matches!(progress(&product.database).await, Ok(now) if now.open == 0) {
            return;
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            tell(product, simulator, what).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn tell(product: &Product, simulator: &Simulator, what: &str) {
    if let Ok(now) = progress(&product.database).await {
        println!(
            "  {what}; on record: {} published, {} open, {} of them unknown; live: {}",
            now.published,
            now.open,
            now.unknown,
            simulator.live_posts().len()
        );
    }
}
