//! Several workers, one delivery; and workers that are told to stop.

use std::time::Duration;

use entities::delivery::Change;
use entities::record::{Attempted, Evidence, Record, record, record_late};
use entities::rows::attempt::{StepName, Verdict};
use entities::{AttemptId, DeliveryId, Platform};
use simulator::{Fault, Operation, When};
use tests::app::drain;
use tests::both_modes;
use tests::client::id;
use worker::publish::publish;

use super::deaths::{claim_and_die, delivery_id};
use super::{BOTH_SIDES, HOUR, on, published_once};

both_modes! {
    async fn workers_with_the_same_job_at_once_publish_once(app: &TestApp) {
        let workers = [app.another_worker("one").await, app.another_worker("two").await, app.another_worker("three").await];
        for round in 0..40 {
            let written = format!("round {round}");
            let post = app.client.submit(&written, &app.both()).await;
            let deliveries = post["deliveries"].as_array().expect("deliveries");
            let ids: Vec<DeliveryId> = deliveries.iter().map(|one| id(one).parse().expect("an id")).collect();
            let mut tasks = Vec::new();
            for worker in &workers {
                for id in &ids {
                    let (worker, id) = (worker.clone(), id.clone());
                    tasks.push(tokio::spawn(async move { publish(&worker, &id).await }));
                }
            }
            for task in tasks {
                task.await.expect("no panic").expect("no error");
            }
            app.drain().await;
            published_once(app, &post, &written).await;
        }
        let tries = app.count("SELECT count(*) FROM attempts").await;
        assert_eq!(tries, 40 * 5, "each step was taken once");
    }
}

both_modes! {
    async fn workers_on_one_database_share_the_work_and_double_nothing(app: &TestApp) {
        let (one, two) = (app.another_worker("one").await, app.another_worker("two").await);
        app.simulator.add_faults(simulator::hostile_plan(0.03));
        let mut posts = Vec::new();
        for number in 0..30 {
            let written = format!("shared {number}");
            posts.push((app.client.submit(&written, &app.both()).await, written));
        }
        for _ in 0..100 {
            let (one, two) = (one.clone(), two.clone());
            let both = (tokio::spawn(async move { drain(&one).await }), tokio::spawn(async move { drain(&two).await }));
            both.0.await.expect("no panic");
            both.1.await.expect("no panic");
            app.clock.advance(Duration::from_secs(10));
        }
        app.settle(30 * HOUR).await;
        for (post, written) in &posts {
            published_once(app, post, written).await;
        }
    }
}

both_modes! {
    async fn a_claim_holds_until_its_lease_ends_and_not_longer(app: &TestApp) {
        let post = app.client.submit("leased", &[app.x.to_string()]).await;
        let lost = claim_and_die(app, &delivery_id(&post)).await;
        app.advance(Duration::from_secs(29)).await;
        assert_eq!(app.client.delivery(&post, "x").await["status"], "publishing");
        assert!(app.client.attempts(&post["deliveries"][0]).await.is_empty());
        app.advance(Duration::from_secs(1)).await;
        assert_eq!(app.client.delivery(&post, "x").await["status"], "unconfirmed");
        app.settle(HOUR).await;
        published_once(app, &post, "leased").await;

        // What the dead worker would still write is refused: its claim is over.
        let late = Record::bare(Change::queued(lost.progress.clone(), app.clock.now(), entities::delivery::WaitReason::Retry));
        assert!(record(&app.backend.database, &lost, late, app.clock.now(), app.worker.settings.lease).await.is_err(), "sent, and not to be sent again");
        let live = Change::published(entities::delivery::Progress::start(0), app.clock.now());
        let attempted = Attempted {
            id: AttemptId::generate(),
            step: StepName::CreatePost,
            verdict: Verdict::Done,
            worker: "dead".to_owned(),
            started_at: app.clock.now(),
            ended_at: app.clock.now(),
            evidence: Evidence::default(),
        };
        let written = record_late(&app.backend.database, &lost, live, attempted, app.clock.now()).await.expect("a write");
        assert!(!written, "it is on record already");
        published_once(app, &post, "leased").await;
    }
}

both_modes! {
    async fn a_worker_told_to_stop_finishes_its_step_and_leaves_the_rest_to_others(app: &TestApp) {
        let steps = [
            (Platform::Threads, Operation::CreateContainer, "processing", 1),
            (Platform::Threads, Operation::ContainerStatus, "processing", 2),
            (Platform::Threads, Operation::Publish, "processing", 3),
            (Platform::Threads, Operation::ReadMedia, "published", 4),
            (Platform::X, Operation::XCreate, "published", 1),
        ];
        for (platform, operation, status, tries) in steps {
            for when in BOTH_SIDES {
                app.simulator.clear_faults();
                app.simulator.add_faults(vec![on(operation, Fault::Hold { when }).once()]);
                let written = format!("stopped at {operation:?} {when:?}");
                let account = if platform == Platform::Threads { &app.threads } else { &app.x };
                let post = app.client.submit(&written, &[account.to_string()]).await;
                let stopping = app.another_worker("stopping").await;
                let (worker, id) = (stopping.clone(), delivery_id(&post));
                let task = tokio::spawn(async move { publish(&worker, &id).await });
                app.simulator.until_held(1).await;
                stopping.stop.cancel();
                app.simulator.release();
                task.await.expect("no panic").expect("no error");

                let delivery = app.client.delivery(&post, platform.as_str()).await;
                assert_eq!(delivery["status"], status, "{written}");
                assert_eq!(app.client.attempts(&delivery).await.len(), tries, "{written}");
                assert_eq!(app.count("SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL").await, 0, "{written}");
                app.drain().await;
                published_once(app, &post, &written).await;
            }
        }
        let creates = app.simulator.calls().iter().filter(|call| call.operation == Operation::CreateContainer).count();
        assert_eq!(creates, 8, "no step was taken twice");
    }
}

both_modes! {
    async fn a_worker_that_was_stopped_begins_nothing(app: &TestApp) {
        let stopped = app.another_worker("stopped").await;
        stopped.stop.cancel();
        worker::relay::run(&stopped).await;
        assert!(app.simulator.calls().is_empty());
        let lost = on(Operation::XCreate, Fault::Lost { when: When::After }).once();
        app.simulator.add_faults(vec![lost]);
        let post = app.client.submit("by another", &app.both()).await;
        app.settle(HOUR).await;
        published_once(app, &post, "by another").await;
    }
}

both_modes! {
    async fn a_container_that_took_long_is_written_down_before_it_is_looked_at(app: &TestApp) {
        app.simulator.add_faults(vec![on(Operation::CreateContainer, Fault::Hold { when: When::After }).once()]);
        let post = app.client.submit("slow", &[app.threads.to_string()]).await;
        let (worker, id) = (app.worker.clone(), delivery_id(&post));
        let task = tokio::spawn(async move { publish(&worker, &id).await });
        app.simulator.until_held(1).await;
        let settings = &app.worker.settings;
        app.clock.advance(settings.lease - settings.call_timeout + Duration::from_millis(1));
        app.simulator.release();
        task.await.expect("no panic").expect("no error");

        let delivery = app.client.delivery(&post, "threads").await;
        assert_eq!(app.client.attempts(&delivery).await, ["create_container done"]);
        assert_eq!((&delivery["status"], &delivery["attempt_count"]), (&"processing".into(), &1.into()), "{delivery:#}");
        app.drain().await;
        published_once(app, &post, "slow").await;
        let creates = app.simulator.calls().iter().filter(|call| call.operation == Operation::CreateContainer).count();
        assert_eq!(creates, 1, "the container is known");
        assert_eq!(app.client.delivery(&post, "threads").await["attempt_count"], 4);
    }
}

both_modes! {
    async fn deliveries_that_are_read_together_are_told_apart(app: &TestApp) {
        let settled = app.client.submit("settled", &[app.x.to_string()]).await;
        app.drain().await;
        let mut asked = vec![(delivery_id(&settled), None), (DeliveryId::generate(), None)];
        for number in 0..40 {
            let written = format!("number {number}");
            let post = app.client.submit(&written, &[app.x.to_string()]).await;
            asked.push((delivery_id(&post), Some(written)));
        }
        let reads = asked.into_iter().map(|(id, written)| {
            let (loads, now) = (app.worker.loads.clone(), app.clock.now());
            tokio::spawn(async move {
                let work = loads.load(&id, 0, now).await.expect("a read");
                assert!(work.iter().all(|work| work.delivery.id == id));
                assert_eq!(work.and_then(|work| Some(work.part()?.text.clone())), written);
            })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.expect("no panic");
        }
        app.drain().await;
    }
}
