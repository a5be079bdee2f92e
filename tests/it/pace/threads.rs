//! Threads counts over a rolling day what was really published, and replies apart.

use entities::Platform;
use entities::accept::{NewPost, accept};
use entities::content::{Content, Part};
use entities::{Timestamp, accounts};
use simulator::{Fault, FaultRule, Operation, ThreadsError, When};
use tests::app::Options;
use tests::{TestApp, both_modes};

use super::{
    DAY, HOUR, MINUTE, assert_never_refused, assert_published, assert_waiting, calls, deliveries,
    limited, submit,
};

fn three_a_day() -> Options {
    limited("threads.publishing=3", |platform| {
        platform.threads.post_quota = 3
    })
}

both_modes! {
    async fn a_rolling_day_frees_one_place_after_the_other(app: &TestApp with three_a_day()) {
        let start = app.clock.now();
        for hours in [0, 6, 6] {
            app.clock.advance(hours * HOUR);
            submit(app, &app.threads, &format!("at {}", app.clock.now()), 1).await;
            app.drain().await;
        }
        let posts = submit(app, &app.threads, "full", 3).await;
        let bob = app.add_account(Platform::Threads, "bob").await.id;
        let others = submit(app, &bob, "others", 3).await;
        app.drain().await;
        assert_eq!(app.live_on(Platform::Threads).len(), 6);
        assert_published(&deliveries(app, &others).await);
        for delivery in deliveries(app, &posts).await {
            assert_eq!(delivery["waiting_for"], "account_rate_limit", "{delivery:#}");
        }
        app.settle(3 * DAY).await;
        assert_published(&deliveries(app, &posts).await);
        assert_never_refused(app).await;
        // Not before a place was free, and not long after.
        let mut times: Vec<i64> = app.live_on(Platform::Threads).iter().map(|post| post.created_at_ms).collect();
        times.sort_unstable();
        let freed: [Timestamp; 3] = [start + DAY, start + DAY + 6 * HOUR, start + DAY + 12 * HOUR];
        for (time, free) in times[6..].iter().zip(freed) {
            let late = time - free.as_ms();
            assert!((0..=3_600_000).contains(&late), "{late} ms after a place was free");
        }
    }
}

both_modes! {
    async fn what_was_not_published_uses_up_nothing(app: &TestApp with three_a_day()) {
        let unknown = Fault::ThreadsError { when: When::Before, error: ThreadsError::MediaNotFound { id: None } };
        let preview = Fault::ThreadsError { when: When::Before, error: ThreadsError::InvalidLinkAttachment };
        let parameter = ThreadsError::InvalidParameter { message: "Param x is bad".to_owned() };
        let refused = Fault::ThreadsError { when: When::Before, error: parameter };
        let on = |fault, times| FaultRule::new(fault).operation(Operation::Publish).times(times);
        app.simulator.add_faults(vec![on(refused, 1), on(preview, 3), on(unknown, 5)]);
        let start = app.clock.now();
        let posts = submit(app, &app.threads, "not counted", 4).await;
        app.settle(HOUR).await;
        let all = deliveries(app, &posts).await;
        let published = all.iter().filter(|delivery| delivery["status"] == "published").count();
        assert_eq!(published, 3, "{all:#?}");
        assert!(app.clock.now() < start + HOUR);
        let next = submit(app, &app.threads, "one too many", 1).await;
        app.drain().await;
        assert_eq!(deliveries(app, &next).await[0]["waiting_for"], "account_rate_limit");
        app.settle(2 * DAY).await;
        assert_published(&deliveries(app, &next).await);
    }
}

both_modes! {
    async fn what_was_sent_and_proven_absent_uses_up_nothing(app: &TestApp with three_a_day()) {
        let lost = Fault::Lost { when: When::Before };
        app.simulator.add_faults(vec![FaultRule::new(lost).operation(Operation::Publish).times(5)]);
        let start = app.clock.now();
        let posts = submit(app, &app.threads, "absent", 3).await;
        app.settle(3 * HOUR).await;
        assert_published(&deliveries(app, &posts).await);
        assert!(app.clock.now() < start + 3 * HOUR);
    }
}

both_modes! {
    async fn replies_do_not_use_up_the_places_of_posts(app: &TestApp with three_a_day()) {
        chain(app, 5).await;
        let posts = submit(app, &app.threads, "beside the chain", 3).await;
        app.drain().await;
        let all = deliveries(app, &posts).await;
        assert_published(&all[..2]);
        assert_eq!(all[2]["waiting_for"], "account_rate_limit", "{:#}", all[2]);
        app.settle(2 * DAY).await;
        assert_published(&deliveries(app, &posts).await);
        assert_never_refused(app).await;
    }
}

both_modes! {
    async fn a_quota_that_others_used_up_rests_the_account_until_a_place_is_free(app: &TestApp) {
        // Our own count says that there is room; the platform says no.
        app.simulator.set_settings(|settings| settings.threads.post_quota = 2);
        let posts = submit(app, &app.threads, "beyond", 3).await;
        app.drain().await;
        let waiting = deliveries(app, &posts).await;
        assert_published(&waiting[..2]);
        assert_waiting(&waiting[2..], "account_rate_limit", app.clock.now() + MINUTE);
        app.settle(23 * HOUR).await;
        let tries = calls(app, |call| call.operation == Operation::Publish && !call.effect).len();
        assert!(tries < 200, "{tries} tries in 23 h");
        app.simulator.set_settings(|settings| settings.threads.post_quota = 250);
        app.settle(HOUR).await;
        assert_published(&deliveries(app, &posts).await);
    }
}

/// A chain of so many parts on Threads: one post, the rest replies.
async fn chain(app: &TestApp, parts: usize) {
    let all = accounts::list(&app.backend.database, &app.owner)
        .await
        .expect("accounts");
    let new = NewPost {
        owner_id: app.owner.clone(),
        idempotency_key: None,
        request_hash: Vec::new(),
        content: Content {
            parts: (0..parts)
                .map(|index| Part::of(format!("chain {index}")))
                .collect(),
            ..Content::default()
        },
        publish_at: None,
        time_zone: None,
        policy: Default::default(),
        trace_parent: None,
        accounts: all
            .into_iter()
            .filter(|account| account.platform == Platform::Threads)
            .collect(),
    };
    accept(
        &app.backend.database,
        new,
        app.clock.now(),
        std::time::Duration::ZERO,
    )
    .await
    .expect("a chain");
    app.drain().await;
    assert_eq!(app.live_on(Platform::Threads).len(), parts);
}
