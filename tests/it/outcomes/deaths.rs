//! Workers that die at any moment. What they may have done is judged by the checkpoint alone.

use platforms::x::NewPost;
use std::time::Duration;

use entities::claims::{Claimed, claim};
use entities::delivery::{Change, Checkpoint, Claim, Progress};
use entities::record::{Record, record};
use entities::{DeliveryId, Platform};
use secrecy::SecretString;
use serde_json::Value;
use simulator::{Fault, FaultRule, LagOf, Operation, When};
use tests::client::id;
use tests::{TestApp, both_modes};

use super::{BOTH_SIDES, HOUR, on, published_once};

const LEASE: Duration = Duration::from_secs(30);

/// The id of a post's only delivery.
pub fn delivery_id(post: &Value) -> DeliveryId {
    id(&post["deliveries"][0]).parse().expect("an id")
}

/// Claims what is due as a worker does that dies right after.
pub async fn claim_and_die(app: &TestApp, id: &DeliveryId) -> Claim {
    let now = app.clock.now();
    let work = app
        .worker
        .loads
        .load(id, 0, now)
        .await
        .expect("a query")
        .expect("it is due");
    let row = &work.delivery;
    let planned = worker::step::plan(
        row.platform,
        row.status,
        &row.progress().expect("columns"),
        worker::step::Files::default(),
        now,
    );
    claim_at(app, id, &planned.armed).await
}

/// The same, with a checkpoint of one's choice.
async fn claim_at(app: &TestApp, id: &DeliveryId, armed: &Progress) -> Claim {
    let now = app.clock.now();
    let work = app
        .worker
        .loads
        .load(id, 0, now)
        .await
        .expect("a query")
        .expect("it is due");
    match claim(&app.backend.database, &work, armed, &[], "dead", now, LEASE)
        .await
        .expect("a claim")
    {
        Claimed::Ours(claim) => claim,
        other => panic!("{other:?}"),
    }
}

/// Moves time to when the delivery is due, and lets nobody have it.
async fn until_due(app: &TestApp, post: &Value) {
    let due = app
        .count(&format!(
            "SELECT next_at FROM deliveries WHERE id = '{}'",
            delivery_id(post)
        ))
        .await;
    let wait = due - app.clock.now().as_ms();
    app.clock
        .advance(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
}

async fn on_threads(app: &TestApp, written: &str) -> Value {
    app.client.submit(written, &[app.threads.to_string()]).await
}

fn calls(app: &TestApp, operation: Operation) -> usize {
    app.simulator
        .calls()
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

fn prepares_slowly() -> FaultRule {
    on(
        Operation::CreateContainer,
        Fault::Lag {
            what: LagOf::Processing,
            seconds: 10,
        },
    )
    .once()
}

both_modes! {
    async fn before_anything_was_asked_for_it_is_begun_again(app: &TestApp) {
        let post = on_threads(app, "died at the start").await;
        claim_and_die(app, &delivery_id(&post)).await;
        app.advance(LEASE).await;
        published_once(app, &post, "died at the start").await;
        let steps = ["create_container lost", "create_container done", "check_container done", "publish_container done", "read_permalink done"];
        assert_eq!(app.client.attempts(&post["deliveries"][0]).await, steps);
    }
}

both_modes! {
    async fn while_a_container_is_prepared_the_same_one_is_gone_on_with(app: &TestApp) {
        app.simulator.add_faults(vec![prepares_slowly()]);
        let post = on_threads(app, "died while preparing").await;
        app.drain().await;
        until_due(app, &post).await;
        claim_and_die(app, &delivery_id(&post)).await;
        app.advance(LEASE).await;
        published_once(app, &post, "died while preparing").await;
        assert_eq!(calls(app, Operation::CreateContainer), 1);
    }
}

both_modes! {
    async fn when_a_container_is_ready_the_same_one_is_published(app: &TestApp) {
        app.simulator.add_faults(vec![prepares_slowly()]);
        let post = on_threads(app, "died when ready").await;
        app.drain().await;
        until_due(app, &post).await;
        let claim = claim_and_die(app, &delivery_id(&post)).await;
        let Checkpoint::Preparing { container } = &claim.progress.checkpoint else { panic!("{claim:?}") };
        let ready = claim.progress.reached(Checkpoint::Ready { container: container.clone() });
        let released = Record::bare(Change::processing(ready.clone(), app.clock.now()));
        record(&app.backend.database, &claim, released, app.clock.now(), LEASE).await.expect("a write");
        claim_at(app, &delivery_id(&post), &ready).await;
        app.advance(LEASE).await;
        published_once(app, &post, "died when ready").await;
        assert_eq!((calls(app, Operation::CreateContainer), calls(app, Operation::Publish)), (1, 1));
    }
}

both_modes! {
    async fn once_a_container_may_have_been_published_it_is_looked_for_first(app: &TestApp) {
        for made_the_call in [false, true] {
            app.simulator.clear_faults();
            app.simulator.add_faults(vec![prepares_slowly()]);
            let written = format!("died at the publish, made it: {made_the_call}");
            let post = on_threads(app, &written).await;
            app.drain().await;
            app.clock.advance(Duration::from_secs(15));
            let before = calls(app, Operation::Publish);
            let claim = claim_and_die(app, &delivery_id(&post)).await;
            let Checkpoint::Preparing { container } = claim.progress.checkpoint.clone() else { panic!("{claim:?}") };
            let sent = Checkpoint::Sent { container: Some(container.clone()), at: app.clock.now(), seen_live: false };
            let armed = Record::bare(Change::go_on(claim.progress.reached(sent)));
            record(&app.backend.database, &claim, armed, app.clock.now(), LEASE).await.expect("a write");
            if made_the_call {
                let token: SecretString = "token-threads-ann".to_owned().into();
                let client = &app.worker.platforms.threads;
                client.publish(&token, "me", &container.id, app.clock.now().as_ms()).await.expect("published");
            }
            app.advance(LEASE).await;
            let events = app.count("SELECT count(*) FROM events WHERE kind = 'delivery.unconfirmed'").await;
            assert_eq!(events, 1 + i64::from(made_the_call), "each was unconfirmed once");
            app.settle(HOUR).await;
            published_once(app, &post, &written).await;
            assert_eq!(calls(app, Operation::Publish) - before, 1, "{written}");
        }
    }
}

both_modes! {
    async fn once_a_post_on_x_may_have_been_made_it_is_looked_for_first(app: &TestApp) {
        app.simulator.set_settings(|settings| settings.x.duplicate_check = false);
        for made_the_call in [false, true] {
            let written = format!("died at the create, made it: {made_the_call}");
            let post = app.client.submit(&written, &[app.x.to_string()]).await;
            let before = calls(app, Operation::XCreate);
            claim_and_die(app, &delivery_id(&post)).await;
            if made_the_call {
                let token: SecretString = "token-x-ann".to_owned().into();
                app.worker.platforms.x.create_post(&token, &NewPost { text: &written, ..NewPost::default() }, app.clock.now().as_ms()).await.expect("created");
            }
            app.advance(LEASE).await;
            app.settle(HOUR).await;
            published_once(app, &post, &written).await;
            assert_eq!(calls(app, Operation::XCreate) - before, 1, "{written}");
        }
    }
}

both_modes! {
    async fn when_only_the_address_was_missing_it_is_read_by_another(app: &TestApp) {
        app.simulator.add_faults(vec![on(Operation::ReadMedia, Fault::Lost { when: When::Before }).once()]);
        let post = on_threads(app, "died when live").await;
        app.drain().await;
        until_due(app, &post).await;
        let claim = claim_and_die(app, &delivery_id(&post)).await;
        assert!(matches!(claim.progress.checkpoint, Checkpoint::Live { .. }), "{claim:?}");
        app.advance(LEASE).await;
        published_once(app, &post, "died when live").await;
    }
}

both_modes! {
    async fn while_looking_it_is_looked_for_on(app: &TestApp) {
        for (platform, operation) in [(Platform::Threads, Operation::Publish), (Platform::X, Operation::XCreate)] {
            app.simulator.add_faults(vec![on(operation, Fault::Lost { when: When::After }).once()]);
            let written = format!("died looking on {platform}");
            let account = if platform == Platform::Threads { &app.threads } else { &app.x };
            let post = app.client.submit(&written, &[account.to_string()]).await;
            app.drain().await;
            until_due(app, &post).await;
            claim_and_die(app, &delivery_id(&post)).await;
            assert_eq!(app.client.delivery(&post, platform.as_str()).await["status"], "unconfirmed");
            app.advance(LEASE).await;
            app.settle(HOUR).await;
            published_once(app, &post, &written).await;
        }
    }
}

both_modes! {
    async fn in_the_middle_of_any_call_and_wherever_the_call_gets_to(app: &TestApp) {
        app.simulator.set_settings(|settings| {
            settings.threads.second_publish = simulator::SecondPublish::Duplicate;
            settings.x.duplicate_check = false;
        });
        let calls = [
            (Platform::Threads, Operation::CreateContainer),
            (Platform::Threads, Operation::ContainerStatus),
            (Platform::Threads, Operation::Publish),
            (Platform::Threads, Operation::ReadMedia),
            (Platform::Threads, Operation::ListPosts),
            (Platform::X, Operation::XCreate),
            (Platform::X, Operation::XTimeline),
        ];
        for (platform, operation) in calls {
            for when in BOTH_SIDES {
                for landing in [0, 60] {
                    die_during(app, platform, operation, when, Duration::from_secs(landing)).await;
                }
            }
        }
    }
}

/// A worker dies while its call is on the way; the call lands a while later.
async fn die_during(
    app: &TestApp,
    platform: Platform,
    operation: Operation,
    when: When,
    landing: Duration,
) {
    let written =
        format!("died during {operation:?}, {when:?} its effect, which comes after {landing:?}");
    app.simulator.clear_faults();
    let looks = matches!(operation, Operation::ListPosts | Operation::XTimeline);
    if looks {
        let sends = if platform == Platform::Threads {
            Operation::Publish
        } else {
            Operation::XCreate
        };
        app.simulator
            .add_faults(vec![on(sends, Fault::Lost { when: When::After }).once()]);
    }
    app.simulator
        .add_faults(vec![on(operation, Fault::Hold { when }).once()]);
    let account = if platform == Platform::Threads {
        &app.threads
    } else {
        &app.x
    };
    let post = app.client.submit(&written, &[account.to_string()]).await;
    if looks {
        drain_until_look(app, &post).await;
    }
    let (worker, id) = (app.worker.clone(), delivery_id(&post));
    let dying = tokio::spawn(async move { worker::publish::publish(&worker, &id).await });
    app.simulator.until_held(1).await;
    dying.abort();
    assert!(
        dying.await.expect_err("it was killed").is_cancelled(),
        "{written}"
    );
    if landing > Duration::ZERO {
        app.advance(LEASE).await;
        app.advance(landing.saturating_sub(LEASE)).await;
    }
    assert_eq!(app.simulator.release(), 1, "{written}");
    app.simulator.until_idle().await;
    app.settle(30 * HOUR).await;
    published_once(app, &post, &written).await;
}

/// Until the next step is the one that looks at the list: at once on X; on Threads when the
/// container has said that it was published.
async fn drain_until_look(app: &TestApp, post: &Value) {
    let id = delivery_id(post);
    let next = format!(
        "SELECT count(*) FROM deliveries WHERE id = '{id}' AND status = 'unconfirmed' AND (platform = 'x' OR seen_live)"
    );
    worker::publish::publish(&app.worker, &id)
        .await
        .expect("publishing");
    while app.count(&next).await == 0 {
        until_due(app, post).await;
        worker::publish::publish(&app.worker, &id)
            .await
            .expect("publishing");
    }
    until_due(app, post).await;
}
