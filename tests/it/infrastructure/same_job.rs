//! Several workers that have every job at the same moment, at whatever point it is.

use std::time::Duration;

use entities::DeliveryId;
use queue::Job;
use serde_json::Value;
use simulator::{Fault, When};
use tests::client::id;
use tests::{TestApp, both_modes};
use worker::{Worker, relay};

use super::{HOUR, LEASE, let_anything_be_doubled, on_sending, out_once, publishing};

const ROUNDS: usize = 12;

/// Every worker takes back what expired, hands out what is due, and works on each delivery, all
/// in tasks of their own that begin together.
async fn all_at_once(workers: &[Worker], ids: &[DeliveryId]) {
    let mut tasks = Vec::new();
    for worker in workers {
        let relaying = worker.clone();
        tasks.push(tokio::spawn(async move {
            relay::round(&relaying).await.expect("a round");
        }));
        for id in ids {
            let (worker, job) = (worker.clone(), Job::Publish(id.clone()));
            tasks.push(tokio::spawn(async move {
                worker::run::work(&worker, job).await
            }));
        }
    }
    for task in tasks {
        task.await.expect("no panic");
    }
}

async fn until_published(app: &TestApp, workers: &[Worker], post: &Value) {
    let deliveries = post["deliveries"].as_array().expect("deliveries");
    let ids: Vec<DeliveryId> = deliveries
        .iter()
        .map(|delivery| id(delivery).parse().expect("an id"))
        .collect();
    for _ in 0..600 {
        all_at_once(workers, &ids).await;
        app.simulator.until_idle().await;
        if app.client.show(post).await["status"] == "published" {
            return;
        }
        app.clock.advance(Duration::from_secs(1));
    }
}

both_modes! {
    async fn workers_that_look_for_the_same_post_at_once_double_nothing(app: &TestApp) {
        let_anything_be_doubled(app);
        let workers = [app.another_worker("one").await, app.another_worker("two").await];
        for when in [When::Before, When::After] {
            for round in 0..ROUNDS / 2 {
                app.simulator.clear_faults();
                app.simulator.add_faults(on_sending(Fault::Lost { when }));
                let written = format!("lost {when:?}, round {round}");
                let post = app.client.submit(&written, &app.both()).await;
                until_published(app, &workers, &post).await;
                out_once(app, &post, &[written]).await;
                app.clock.advance(25 * HOUR);
            }
        }
        app.drain().await;
    }
}

both_modes! {
    async fn workers_that_take_over_from_a_dead_one_at_once_double_nothing(app: &TestApp) {
        let_anything_be_doubled(app);
        let workers = [app.another_worker("one").await, app.another_worker("two").await];
        for when in [When::Before, When::After] {
            for round in 0..ROUNDS / 2 {
                app.simulator.clear_faults();
                app.simulator.add_faults(on_sending(Fault::Hold { when }));
                let written = format!("died {when:?}, round {round}");
                let post = app.client.submit(&written, &app.both()).await;
                let dying = publishing(&app.worker, &post);
                app.simulator.until_held(2).await;
                for task in dying {
                    task.abort();
                    assert!(task.await.expect_err("it was killed").is_cancelled());
                }
                app.simulator.release();
                app.clock.advance(LEASE);
                until_published(app, &workers, &post).await;
                out_once(app, &post, &[written]).await;
                let lost = format!("SELECT count(*) FROM attempts WHERE verdict = 'lost' AND delivery_id IN
                    (SELECT id FROM deliveries WHERE post_id = '{}')", id(&post));
                assert_eq!(app.count(&lost).await, 2, "each claim is taken back once");
                app.clock.advance(25 * HOUR);
            }
        }
        app.drain().await;
    }
}
