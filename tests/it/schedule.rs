//! When things go out: not before their time, at their time, and whatever was lost on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use entities::due::{Share, hand_out, hand_out_shares, take_back};
use entities::{Clock, Platform};
use queue::{Job, Line};
use serde_json::json;
use tests::app::{Options, drain};
use tests::client::{id, text};
use tests::{Mode, TestApp, both_modes};
use worker::relay;

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(1);

both_modes! {
    async fn a_post_goes_out_at_its_time_and_not_a_moment_before(app: &TestApp) {
        let at = app.clock.now() + 60 * MINUTE;
        let post = app.client.schedule("On the hour", &app.both(), at).await;
        assert_eq!((&post["status"], &post["publish_at"]), (&json!("scheduled"), &json!(at)));
        for delivery in post["deliveries"].as_array().unwrap() {
            assert_eq!((&delivery["waiting_for"], &delivery["next_at"]), (&json!("schedule"), &json!(at)));
        }
        app.drain().await;
        app.advance(60 * MINUTE - MOMENT).await;
        assert!(app.simulator.calls().is_empty());
        assert_eq!(app.client.show(&post).await["status"], "scheduled");
        app.advance(MOMENT).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert!(app.simulator.live_posts().iter().all(|post| post.created_at_ms == at.as_ms()));
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn the_time_of_a_post_may_be_given_with_any_offset(app: &TestApp) {
        let at = app.clock.now() + 60 * MINUTE;
        for (text, offset, expected) in [
            ("In Berlin", "+01:00", at - 60 * MINUTE),
            ("In Delhi", "+00:30", at - 30 * MINUTE),
            ("In Newfoundland", "-03:30", at + 210 * MINUTE),
        ] {
            let written = at.to_string().replace('Z', offset);
            let post = app.client.schedule(text, &[app.x.to_string()], written).await;
            assert_eq!(post["publish_at"], json!(expected), "{text}");
        }
        app.advance(30 * MINUTE).await;
        let live: Vec<String> = app.live_on(Platform::X).into_iter().map(|post| post.text).collect();
        assert_eq!(live, ["In Berlin", "In Delhi"]);
    }
}

both_modes! {
    async fn what_is_due_goes_out_in_the_order_of_its_time(app: &TestApp) {
        let start = app.clock.now();
        for minutes in [3, 1, 5, 2, 4] {
            app.client.schedule(&format!("Minute {minutes}"), &[app.x.to_string()], start + minutes * MINUTE).await;
        }
        app.advance(10 * MINUTE).await;
        let live: Vec<String> = app.live_on(Platform::X).into_iter().map(|post| post.text).collect();
        assert_eq!(live, ["Minute 1", "Minute 2", "Minute 3", "Minute 4", "Minute 5"]);
    }
}

both_modes! {
    async fn what_is_scheduled_is_not_in_the_queue_before_its_time(app: &TestApp) {
        for number in 0..5 {
            app.client.schedule(&format!("Later {number}"), &app.both(), app.clock.now() + MINUTE).await;
        }
        assert_eq!(app.worker.queue.waiting().await.unwrap(), 0);
        assert_eq!(relay::round(&app.worker).await.unwrap(), relay::Round::default());
        assert_eq!(app.worker.queue.waiting().await.unwrap(), 0);
        app.clock.advance(MINUTE);
        assert_eq!(relay::round(&app.worker).await.unwrap().handed_out, 10);
        assert_eq!(app.worker.queue.waiting().await.unwrap(), 10);
        assert_eq!(relay::round(&app.worker).await.unwrap().handed_out, 0, "it is in good hands");
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 10);
    }
}

both_modes! {
    async fn a_schedule_survives_the_restart_of_everything(app: &TestApp) {
        let at = app.clock.now() + 60 * MINUTE;
        let post = app.client.schedule("Still here", &app.both(), at).await;
        let now = app.client.submit("Waiting in the queue", &app.both()).await;
        app.worker.queue.clear().await.unwrap();

        let worker = app.another_worker("worker-after-the-restart").await;
        take_back(&worker.database).await.unwrap();
        drain(&worker).await;
        assert_eq!(app.client.show(&now).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 2);
        app.clock.advance(60 * MINUTE);
        drain(&worker).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 4);
        let by = "SELECT count(*) FROM attempts WHERE worker <> 'worker-after-the-restart'";
        assert_eq!(app.count(by).await, 0);
    }
}

both_modes! {
    async fn what_came_due_while_everything_was_down_goes_out_when_it_is_up_again(app: &TestApp) {
        let post = app.client.schedule("Slept through", &app.both(), app.clock.now() + MINUTE).await;
        app.clock.advance(6 * 60 * MINUTE);
        drain(&app.another_worker("worker-late").await).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn a_job_that_is_lost_is_handed_out_again(app: &TestApp) {
        let handed = app.worker.settings.handed;
        let post = app.client.submit("Lost twice", &app.both()).await;
        for _ in 0..2 {
            app.worker.queue.clear().await.unwrap();
            app.advance(handed - MOMENT).await;
            assert!(app.simulator.calls().is_empty(), "somebody may still have it");
            app.clock.advance(MOMENT);
            assert_eq!(relay::round(&app.worker).await.unwrap().handed_out, 2);
        }
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_job_that_comes_many_times_is_done_once(app: &TestApp) {
        let post = app.client.submit("Again and again", &app.both()).await;
        let ids: Vec<_> = post["deliveries"].as_array().unwrap().iter().map(|delivery| id(delivery).parse().unwrap()).collect();
        let other = app.another_worker("worker-other").await;
        let tries = (0..5).flat_map(|_| {
            ids.iter().flat_map(|id| [worker::publish::publish(&app.worker, id), worker::publish::publish(&other, id)])
        });
        for done in futures::future::join_all(tries).await {
            done.unwrap();
        }
        app.worker.queue.push(ids.iter().map(|id| (Line::named("again"), Job::Publish(id.clone()))).collect()).await.unwrap();
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn relays_that_look_at_the_same_time_share_the_work(app: &TestApp) {
        let at = app.clock.now() + MINUTE;
        for number in 0..30 {
            app.client.schedule(&format!("Shared {number}"), &app.both(), at).await;
        }
        app.clock.advance(MINUTE);
        let other = app.backend.another_database().await;
        let (now, until) = (app.clock.now(), app.clock.now() + MINUTE);
        let (mine, theirs) = tokio::join!(
            hand_out(&app.backend.database, now, until, 100),
            hand_out(&other, now, until, 100)
        );
        let first = [mine.unwrap(), theirs.unwrap()].concat();
        let share = Share { most: 100, windows: &[] };
        let (mine, theirs) = tokio::join!(
            hand_out_shares(&app.backend.database, now, until, share, 100),
            hand_out_shares(&other, now, until, share, 100)
        );
        let all = [first, mine.unwrap().due, theirs.unwrap().due].concat();
        let different: BTreeSet<_> = all.iter().map(|due| due.id.clone()).collect();
        assert_eq!((all.len(), different.len()), (60, 60));
        app.advance(MINUTE).await;
        assert_eq!(app.simulator.live_posts().len(), 60);
    }
}

/// Time runs by itself and the worker too, as in production.
async fn on_time(mode: Mode) {
    let app = TestApp::spawn_with(
        mode,
        Options {
            clock: Some(Clock::system()),
            ..Options::default()
        },
    )
    .await;
    let running = tokio::spawn(worker::run::run(app.worker.clone()));
    let at = app.clock.now() + Duration::from_millis(1200);
    let post = app.client.schedule("For real", &app.both(), at).await;
    assert_eq!(post["status"], "scheduled");
    let published = async {
        while app.client.show(&post).await["status"] != "published" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), published)
        .await
        .expect("published");
    let live = app.simulator.live_posts();
    assert_eq!(live.len(), 2);
    for live in live {
        let late_ms = live.created_at_ms - at.as_ms();
        println!("{:?} went out {late_ms} ms after its time", live.platform);
        assert!((0..1000).contains(&late_ms), "{late_ms} ms after its time");
    }
    for delivery in app.client.show(&post).await["deliveries"]
        .as_array()
        .unwrap()
    {
        assert!(text(&delivery["published_at"]) >= text(&post["publish_at"]));
    }
    app.worker.stop.cancel();
    running.await.unwrap().unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_running_clock_a_post_goes_out_within_a_second_of_its_time_embedded() {
    on_time(Mode::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_running_clock_a_post_goes_out_within_a_second_of_its_time_distributed() {
    on_time(Mode::Distributed).await;
}
