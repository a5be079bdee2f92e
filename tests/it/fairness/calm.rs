//! A lane that is full costs little: what waits in it is moved together, and when there is room
//! again, as much is handed out as fits.

use std::time::Duration;

use entities::Platform;
use queue::Job;
use simulator::Operation;
use tests::app::Options;
use tests::{TestApp, both_modes};
use worker::limits::Limits;
use worker::{publish, relay};

use super::{MINUTE, nobody_was_refused};

const POSTS: usize = 120;

fn limited() -> Options {
    let mut simulator = simulator::Settings::default();
    simulator.x.create_per_user = 20;
    simulator.threads.post_quota = 20;
    Options {
        worker: worker::Settings {
            limits: Limits::parse("x.15min=20,threads.publishing=20").expect("limits"),
            ..Default::default()
        },
        simulator,
        ..Options::default()
    }
}

/// Runs until nothing is due at this moment; returns how many jobs that took.
async fn jobs_until_calm(app: &TestApp) -> usize {
    let mut taken = 0;
    loop {
        let round = relay::round(&app.worker).await.expect("a round");
        let jobs = app.worker.queue.try_pop(1_000).await.expect("the queue");
        if jobs.is_empty() && round == relay::Round::default() {
            return taken;
        }
        taken += jobs.len();
        for Job::Publish(id) in jobs {
            publish::publish(&app.worker, &id).await.expect("published");
        }
    }
}

/// Schedules many posts for one moment and lets time pass, step by step; returns the jobs of each step
/// in which there were any.
async fn jobs_by_step(app: &TestApp, platform: Platform, step: Duration, steps: u32) -> Vec<usize> {
    let account = match platform {
        Platform::X => &app.x,
        Platform::Threads => &app.threads,
    };
    let at = app.clock.now() + step;
    for number in 0..POSTS {
        app.client
            .schedule(&format!("{number}"), &[account.to_string()], at)
            .await;
    }
    let mut jobs = Vec::new();
    for _ in 0..steps {
        app.clock.advance(step);
        jobs.push(jobs_until_calm(app).await);
    }
    jobs.retain(|count| *count > 0);
    jobs
}

both_modes! {
    async fn a_full_window_of_x_is_tried_once_and_then_filled_as_far_as_it_goes(app: &TestApp with limited()) {
        let jobs = jobs_by_step(app, Platform::X, MINUTE, 80).await;
        assert_eq!(app.live_on(Platform::X).len(), POSTS);
        nobody_was_refused(app).await;
        // Six windows of twenty, and a few that were on their way when a window was full.
        assert_eq!(jobs.len(), 6, "{jobs:?}");
        assert!(jobs.iter().all(|count| (20..=28).contains(count)), "{jobs:?}");
    }
}

both_modes! {
    async fn a_full_day_of_threads_is_tried_seldom_and_by_few(app: &TestApp with limited()) {
        let jobs = jobs_by_step(app, Platform::Threads, 30 * MINUTE, 50).await;
        let live = app.live_on(Platform::Threads).len();
        assert_eq!(live, 40);
        nobody_was_refused(app).await;
        let all: usize = jobs.iter().sum();
        assert!(all <= live + 5 * 8, "{jobs:?}");
        let waiting = "SELECT count(*) FROM deliveries WHERE waiting_for = 'account_rate_limit' AND status = 'queued'";
        assert_eq!(app.count(waiting).await, 80, "each says why it waits");
        assert_eq!(app.count(&format!("{waiting} AND next_at > {}", app.clock.now().as_ms())).await, 80);
        app.execute("UPDATE deliveries SET status = 'canceled', next_at = NULL, waiting_for = NULL WHERE status = 'queued'").await;
    }
}

both_modes! {
    async fn what_falls_due_in_a_lane_that_rests_is_moved_together(app: &TestApp with limited()) {
        for number in 0..20 {
            app.client.submit(&format!("first {number}"), &[app.x.to_string()]).await;
        }
        let start = app.clock.now();
        app.drain().await;
        for number in 0..POSTS {
            app.client.schedule(&format!("later {number}"), &[app.x.to_string()], start + 5 * MINUTE).await;
        }
        app.clock.advance(5 * MINUTE);
        let jobs = jobs_until_calm(app).await;
        assert!(jobs <= 8, "{jobs} jobs to learn that the lane rests");
        let until = (start + 15 * MINUTE).as_ms();
        let told = format!("SELECT count(*) FROM deliveries WHERE next_at = {until} AND due_at = {until} AND waiting_for = 'account_rate_limit'");
        assert_eq!(app.count(&told).await, POSTS as i64, "each says why and until when it waits");
        let calls = app.simulator.calls();
        assert_eq!(calls.iter().filter(|call| call.operation == Operation::XCreate).count(), 20);
        app.settle(24 * 60 * MINUTE).await;
        assert_eq!(app.live_on(Platform::X).len(), 20 + POSTS);
        nobody_was_refused(app).await;
    }
}
