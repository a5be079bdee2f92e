//! Limits belong to the account and the app, not to a worker: any number of workers keep to them
//! together.

use entities::Platform;
use simulator::Operation;
use tests::app::Options;
use tests::{TestApp, both_modes};
use worker::publish::publish;
use worker::{Worker, relay};

use super::{
    DAY, MINUTE, assert_never_refused, assert_pace, assert_published, calls, deliveries, limited,
    submit,
};

fn ten() -> Options {
    limited("x.15min=10,x.24h_app=35,threads.publishing=8", |platform| {
        platform.x.create_per_user = 10;
        platform.x.create_per_app_day = Some(35);
        platform.threads.post_quota = 8;
    })
}

both_modes! {
    async fn workers_on_one_database_keep_to_the_limits_together(app: &TestApp with ten()) {
        let workers = [app.another_worker("one").await, app.another_worker("two").await, app.another_worker("three").await];
        let bob = app.add_account(Platform::X, "bob").await.id;
        let mut posts = submit(app, &app.x, "ann", 24).await;
        posts.extend(submit(app, &bob, "bob", 14).await);
        posts.extend(submit(app, &app.threads, "threads", 12).await);
        let end = app.clock.now() + 3 * DAY;
        while app.clock.now() < end {
            work_at_once(app, &workers).await;
            app.clock.advance(5 * MINUTE);
        }
        assert_published(&deliveries(app, &posts).await);
        assert_eq!(app.simulator.live_posts().len(), posts.len());
        assert_never_refused(app).await;
        for username in ["ann", "bob"] {
            let of_one = calls(app, |call| call.operation == Operation::XCreate && call.account.as_deref() == Some(username));
            assert_pace(&of_one, 10, 15 * MINUTE);
        }
        assert_pace(&calls(app, |call| call.operation == Operation::XCreate), 35, DAY);
        assert_pace(&calls(app, |call| call.operation == Operation::Publish && call.effect), 8, DAY);
        let names = app.texts("SELECT DISTINCT worker FROM attempts").await;
        assert!(names.len() >= 3, "{names:?}");
    }
}

/// Everything that is due at this moment, all at once, by all workers in turn.
async fn work_at_once(app: &TestApp, workers: &[Worker]) {
    loop {
        let round = relay::round(&app.worker).await.expect("a round");
        let jobs = app.worker.queue.try_pop(1_000).await.expect("the queue");
        if jobs.is_empty() && round == relay::Round::default() {
            return;
        }
        let started = jobs
            .into_iter()
            .enumerate()
            .map(|(index, queue::Job::Publish(id))| {
                let worker = workers[index % workers.len()].clone();
                tokio::spawn(async move { publish(&worker, &id).await })
            });
        for task in started.collect::<Vec<_>>() {
            task.await.expect("no panic").expect("no error");
        }
    }
}
