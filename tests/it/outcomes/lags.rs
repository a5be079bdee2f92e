//! Threads notices late what was done, or loses what it had prepared.

use entities::Platform::{self, Threads};
use simulator::{
    ContainerFate, Fault, FaultRule, LagOf, LagRanges, Operation, Profile, SecondPublish,
    ThreadsError, When,
};
use tests::{TestApp, both_modes};

use super::{Case, Expected, HOUR, Said, on, published_once, run};

fn lag(what: LagOf, seconds: i64) -> FaultRule {
    on(Operation::CreateContainer, Fault::Lag { what, seconds })
}

fn fate(becomes: ContainerFate) -> FaultRule {
    on(Operation::CreateContainer, Fault::Container { becomes })
}

fn lost(when: When) -> FaultRule {
    on(Operation::Publish, Fault::Lost { when }).once()
}

both_modes! {
    async fn what_threads_knows_late_is_waited_for_with_the_same_container(app: &TestApp) {
        let mut cases = Vec::new();
        for what in [LagOf::Replication, LagOf::Processing] {
            for seconds in [1, 7, 30, 100] {
                cases.push(Case::new(format!("{what:?} {seconds} s"), Threads, vec![lag(what, seconds)], Expected::Published));
            }
        }
        cases.push(Case::new("Processing 20 min", Threads, vec![lag(LagOf::Processing, 1_200)], Expected::Published));
        for times in [1, 3, 5] {
            let unknown = Fault::ThreadsError { when: When::Before, error: ThreadsError::MediaNotFound { id: None } };
            let rule = on(Operation::Publish, unknown).times(times);
            cases.push(Case::new(format!("Publish not found x{times}"), Threads, vec![rule], Expected::Published));
        }
        let count = cases.len();
        run(app, cases).await;
        assert_eq!(calls(app, Operation::CreateContainer), count, "one container each");
    }
}

both_modes! {
    async fn a_container_that_is_lost_is_replaced_at_most_three_times(app: &TestApp) {
        let lost_for = |code| Expected::Failed("container_lost", (None, Some(code), None));
        let rows: [(&str, ContainerFate, &str); 3] = [
            // Refused at the publish itself, so that it may be live: looked for each time.
            ("Vanishes", ContainerFate::Vanishes, "gone after publishing failed"),
            ("Expired", ContainerFate::Expired, "EXPIRED"),
            ("Error UNKNOWN", ContainerFate::Error("UNKNOWN".to_owned()), "UNKNOWN"),
        ];
        let mut cases = Vec::new();
        for (name, becomes, code) in rows {
            for times in [1, 2] {
                let rule = fate(becomes.clone()).times(times);
                cases.push(Case::new(format!("{name} x{times}"), Threads, vec![rule], Expected::Published));
            }
            cases.push(Case::new(format!("{name} always"), Threads, vec![fate(becomes)], lost_for(code)));
        }
        cases.push(Case::new("never replicated", Threads, vec![lag(LagOf::Replication, 10_000_000)], lost_for("vanished")));
        let unknown = Fault::ThreadsError { when: When::Before, error: ThreadsError::MediaNotFound { id: None } };
        cases.push(Case::new("Publish not found always", Threads, vec![on(Operation::Publish, unknown)], Expected::Failed("platform_unavailable", (None, None, None))));
        run(app, cases).await;
        // 2 + 3 + 3 for each fate, 3 for what is never replicated, and 1 that is finished and may be live.
        assert_eq!(calls(app, Operation::CreateContainer), 3 * 8 + 3 + 1);
    }
}

both_modes! {
    async fn content_that_threads_cannot_process_fails_with_its_reason(app: &TestApp) {
        let said: Said = (None, Some("INVALID_ASPECT_RATIO"), None);
        let rule = fate(ContainerFate::Error("INVALID_ASPECT_RATIO".to_owned()));
        run(app, vec![Case::new("Error INVALID", Threads, vec![rule], Expected::Failed("content_refused", said))]).await;
        assert_eq!(calls(app, Operation::CreateContainer), 1);
    }
}

both_modes! {
    async fn a_container_that_is_lost_after_an_unanswered_publish_makes_no_second_post(app: &TestApp) {
        let mut cases = Vec::new();
        for when in [When::Before, When::After] {
            for becomes in [ContainerFate::Vanishes, ContainerFate::Expired, ContainerFate::Error("UNKNOWN".to_owned())] {
                let name = format!("{becomes:?} after a publish that is lost {when:?}");
                // It strikes the first look after the publish.
                let strike = on(Operation::ContainerStatus, Fault::Container { becomes }).skip(1).once();
                cases.push(Case::new(name, Threads, vec![strike, lost(when)], Expected::Published));
            }
        }
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_status_or_a_list_that_lags_behind_a_publish_makes_no_second_post(app: &TestApp) {
        // The worst that a platform may do with a second publish, so that each would show.
        app.simulator.set_settings(|settings| settings.threads.second_publish = SecondPublish::Duplicate);
        for (status_s, feed_s) in [(3, 5), (60, 0), (0, 60), (60, 60), (3_600, 0), (0, 600)] {
            lags(app, status_s, feed_s);
            let name = format!("Publish lost, status {status_s} s and list {feed_s} s late");
            run(app, vec![Case::new(name, Threads, vec![lost(When::After)], Expected::Published)]).await;
        }
        assert_eq!(calls(app, Operation::Publish), 6);
    }
}

both_modes! {
    async fn a_second_publish_of_what_nobody_could_see_is_answered_by_the_platform(app: &TestApp) {
        for mode in [SecondPublish::SameId, SecondPublish::Error] {
            app.simulator.set_settings(|settings| settings.threads.second_publish = mode);
            lags(app, 600, 600);
            let name = format!("Publish lost, status and list 10 min late, second publish {mode:?}");
            run(app, vec![Case::new(name, Threads, vec![lost(When::After)], Expected::Published)]).await;
        }
        assert!(calls(app, Operation::Publish) > 2, "there was a second publish");
    }
}

both_modes! {
    async fn a_post_that_threads_proves_live_and_never_lists_is_published_without_an_id(app: &TestApp) {
        lags(app, 0, 1_000_000);
        app.simulator.add_faults(vec![lost(When::After)]);
        let post = app.client.submit("proven and never listed", &[app.threads.to_string()]).await;
        app.settle(30 * HOUR).await;
        let delivery = app.client.delivery(&post, "threads").await;
        assert_eq!((&delivery["status"], &delivery["remote_id"]), (&"published".into(), &serde_json::Value::Null), "{delivery:#}");
        assert_eq!(app.live_count(Threads, "proven and never listed"), 1);
        // The list shows it in the end, and the record has no id to hold against it.
        app.execute("UPDATE parts SET remote_id = 'not told'").await;
    }
}

both_modes! {
    async fn both_platforms_at_their_slowest_and_worst_publish_each_post_once(app: &TestApp) {
        app.simulator.set_settings(|settings| settings.profile = Profile::Hostile);
        app.simulator.add_faults(simulator::hostile_plan(0.08));
        let mut posts = Vec::new();
        for round in 0..30 {
            let written = format!("hostile #{round} & more: https://example.org/{round}");
            posts.push((app.client.submit(&written, &app.both()).await, written));
            app.advance(std::time::Duration::from_secs(20)).await;
        }
        app.settle(30 * HOUR).await;
        for (post, written) in &posts {
            published_once(app, post, written).await;
        }
        let struck = app.simulator.faults().iter().filter(|rule| rule.fired > 0).count();
        assert!(struck >= 12, "only {struck} kinds of faults struck");
    }
}

both_modes! {
    async fn both_platforms_at_their_slowest_publish_each_post_once(app: &TestApp) {
        for profile in [Profile::Typical, Profile::Hostile] {
            app.simulator.set_settings(|settings| settings.profile = profile);
            let written = format!("{profile:?} https://example.org/x");
            let post = app.client.submit(&written, &app.both()).await;
            app.settle(HOUR).await;
            published_once(app, &post, &written).await;
        }
        assert_eq!(app.live_on(Platform::Threads).len(), 2);
    }
}

fn lags(app: &TestApp, status_s: i64, feed_s: i64) {
    let fixed = |seconds| (seconds * 1_000, seconds * 1_000);
    app.simulator.set_settings(|settings| {
        settings.lags = Some(LagRanges {
            status_ms: fixed(status_s),
            feed_ms: fixed(feed_s),
            ..Default::default()
        });
    });
}

fn calls(app: &TestApp, operation: Operation) -> usize {
    app.simulator
        .calls()
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}
