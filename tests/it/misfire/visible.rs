//! What may be visible is never too late: it is looked for, and what has begun is finished.

use entities::accept::{Accepted, NewPost, accept};
use entities::content::{Content, Part};
use entities::misfire::Policy;
use entities::rows::post::IfLate;
use entities::{Platform, accounts};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, LagOf, Operation, ThreadsError, When, XError};
use tests::{TestApp, both_modes};
use worker::{publish::publish, relay};

use super::*;

const VISIBLE: [(Platform, Operation); 2] = [
    (Platform::Threads, Operation::Publish),
    (Platform::X, Operation::XCreate),
];

/// Posts at once to one platform, and would rather not be late at all.
async fn strict(app: &TestApp, platform: Platform, if_late: &str, written: &str) -> Value {
    let account = if platform == Platform::X {
        &app.x
    } else {
        &app.threads
    };
    let policy = json!({ "if_late": if_late, "max_lateness_s": 0 });
    submit(app, written, &[account.to_string()], &policy).await
}

both_modes! {
    async fn what_may_be_live_is_looked_for_however_late(app: &TestApp) {
        for (platform, operation) in VISIBLE {
            for if_late in ["publish", "ask", "skip"] {
                let written = format!("Perhaps live on {platform}, {if_late}");
                let lost = Fault::Lost { when: When::After };
                app.simulator.add_faults(vec![FaultRule::new(lost).operation(operation).once()]);
                let post = strict(app, platform, if_late, &written).await;
                app.drain().await;
                assert_eq!(app.client.delivery(&post, platform.as_str()).await["status"], "unconfirmed");
                app.clock.advance(7 * HOUR);
                app.settle(HOUR).await;
                assert_published(app, &post, &written).await;
                assert_eq!(events(app, &post).await, ["delivery.unconfirmed", "delivery.resolved"]);
            }
        }
    }
}

both_modes! {
    async fn a_worker_that_died_after_the_send_leaves_nothing_to_lateness(app: &TestApp) {
        for (platform, operation) in VISIBLE {
            let written = format!("Died after the send on {platform}");
            app.simulator.add_faults(vec![FaultRule::new(Fault::Hold { when: When::After }).operation(operation).once()]);
            let post = strict(app, platform, "skip", &written).await;
            let (dead, id) = (app.another_worker("dead").await, id(&post["deliveries"][0]).parse().expect("an id"));
            let task = tokio::spawn(async move { publish(&dead, &id).await });
            app.simulator.until_held(1).await;
            task.abort();
            app.clock.advance(7 * HOUR);
            app.simulator.release();
            app.settle(HOUR).await;
            assert_published(app, &post, &written).await;
        }
    }
}

both_modes! {
    async fn what_is_proven_absent_is_late_like_anything_else(app: &TestApp) {
        for (platform, operation) in VISIBLE {
            for (if_late, status) in [("ask", "missed"), ("skip", "canceled")] {
                let written = format!("Absent on {platform}, {if_late}");
                let lost = Fault::Lost { when: When::Before };
                app.simulator.add_faults(vec![FaultRule::new(lost).operation(operation).once()]);
                let post = strict(app, platform, if_late, &written).await;
                app.settle(HOUR).await;
                assert_set_aside(app, &post, status, "").await;
                assert_eq!(app.live_count(platform, &written), 0);
                if status == "missed" {
                    retry(app, &app.client.delivery(&post, platform.as_str()).await).await.expect(StatusCode::ACCEPTED);
                    app.settle(HOUR).await;
                    assert_published(app, &post, &written).await;
                }
            }
        }
    }
}

both_modes! {
    async fn a_success_that_is_learned_of_after_it_was_missed_counts(app: &TestApp) {
        for (platform, operation) in VISIBLE {
            let written = format!("Told late on {platform}");
            app.simulator.add_faults(vec![FaultRule::new(Fault::Hold { when: When::Before }).operation(operation).once()]);
            let post = strict(app, platform, "ask", &written).await;
            let (stalled, id) = (app.another_worker("stalled").await, id(&post["deliveries"][0]).parse().expect("an id"));
            let task = tokio::spawn(async move { publish(&stalled, &id).await.expect("no error") });
            app.simulator.until_held(1).await;
            // It is looked for, is not there, and then it is too late to send it again.
            for _ in 0..60 {
                app.clock.advance(10 * SECOND);
                relay::round(&app.worker).await.expect("a round");
                app.drain().await;
            }
            assert_set_aside(app, &post, "missed", "").await;
            app.simulator.release();
            task.await.expect("no panic");
            app.drain().await;
            assert_published(app, &post, &written).await;
        }
    }
}

both_modes! {
    async fn a_live_post_without_its_address_is_never_late(app: &TestApp) {
        let unknown = Fault::ThreadsError { when: When::Before, error: ThreadsError::MediaNotFound { id: None } };
        app.simulator.add_faults(vec![FaultRule::new(unknown).operation(Operation::ReadMedia).once()]);
        let post = strict(app, Platform::Threads, "skip", "Live").await;
        app.drain().await;
        assert_eq!(app.client.delivery(&post, "threads").await["status"], "processing");
        app.clock.advance(7 * HOUR);
        app.drain().await;
        assert_published(app, &post, "Live").await;
    }
}

both_modes! {
    async fn the_rest_of_a_chain_goes_out_however_late(app: &TestApp) {
        let parts = ["First part", "Second part"].map(Part::of);
        let new = NewPost {
            owner_id: app.owner.clone(),
            idempotency_key: None,
            request_hash: Vec::new(),
            content: Content { parts: parts.to_vec(), ..Content::default() },
            publish_at: None,
            time_zone: None,
            policy: Policy { if_late: IfLate::Skip, max_lateness_s: Some(0) },
            jitter_s: 0,
            crowded: Vec::new(),
            trace_parent: None,
            accounts: accounts::list(&app.backend.database, &app.owner).await.expect("accounts"),
        };
        let down = |fault: Fault| FaultRule::new(fault).text_contains("Second part").times(2);
        app.simulator.add_faults(vec![
            down(Fault::XError { when: When::Before, error: XError::Unauthorized }).platform(simulator::Platform::X),
            down(Fault::Lost { when: When::Before }).platform(simulator::Platform::Threads).operation(Operation::CreateContainer),
        ]);
        let accepted = accept(&app.backend.database, new, app.clock.now(), Duration::ZERO).await.expect("a post");
        let Accepted::New(view) = accepted else { panic!("there was no key") };
        let post = json!({ "id": view.post.id.to_string() });
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 2, "the first part is out");
        app.clock.advance(7 * HOUR);
        app.simulator.clear_faults();
        connect_again(app, Platform::X).await;
        app.settle(HOUR).await;
        for part in ["First part", "Second part"] {
            assert_published(app, &post, part).await;
        }
    }
}

both_modes! {
    async fn a_container_that_is_prepared_for_too_long_is_kept_for_the_retry(app: &TestApp) {
        let slow = Fault::Lag { what: LagOf::Processing, seconds: 600 };
        app.simulator.add_faults(vec![FaultRule::new(slow).operation(Operation::CreateContainer).once()]);
        let post = strict(app, Platform::Threads, "ask", "Slowly prepared").await;
        app.drain().await;
        assert_eq!(app.client.delivery(&post, "threads").await["status"], "processing");
        app.settle(HOUR).await;
        assert_set_aside(app, &post, "missed", "").await;
        app.clock.advance(HOUR);
        retry(app, &app.client.delivery(&post, "threads").await).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert_published(app, &post, "Slowly prepared").await;
        let containers = app.simulator.calls().iter().filter(|call| call.operation == Operation::CreateContainer).count();
        assert_eq!(containers, 1);
    }
}
