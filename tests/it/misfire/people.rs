//! What a person does about a post that was missed: publish it now, give it another time or other
//! words, or call it off.

use entities::Platform;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When, XError};
use tests::{TestApp, both_modes};

use super::*;

/// A post to both accounts that was missed.
async fn missed(app: &TestApp, written: &str) -> Value {
    let post = submit(app, written, &app.both(), &json!({ "if_late": "ask" })).await;
    app.clock.advance(2 * MINUTE);
    app.drain().await;
    assert_set_aside(app, &post, "missed", "2 minutes").await;
    post
}

both_modes! {
    async fn what_was_missed_goes_out_at_its_new_time(app: &TestApp) {
        let post = missed(app, "Another time").await;
        let at = app.clock.now() + 2 * DAY;
        let changed = app.client.patch(&path(&post), json!({ "publish_at": at })).await.expect(StatusCode::OK);
        assert_eq!((&changed["status"], &changed["publish_at"]), (&json!("scheduled"), &json!(at)));
        for delivery in deliveries(app, &post).await {
            let told = (&delivery["status"], &delivery["waiting_for"], &delivery["next_at"], &delivery["error"]);
            assert_eq!(told, (&json!("queued"), &json!("schedule"), &json!(at), &Value::Null));
        }
        app.advance(2 * DAY - MOMENT).await;
        assert!(app.simulator.calls().is_empty());
        app.advance(MOMENT).await;
        assert_published(app, &post, "Another time").await;
        app.settle(10 * DAY).await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_new_time_can_be_missed_as_well_and_counts_from_itself(app: &TestApp) {
        let post = missed(app, "Missed twice").await;
        let at = app.clock.now() + HOUR;
        app.client.patch(&path(&post), json!({ "publish_at": at })).await.expect(StatusCode::OK);
        app.clock.advance(HOUR + 3 * MINUTE);
        app.drain().await;
        assert_set_aside(app, &post, "missed", "3 minutes").await;
        let changed = app.client.patch(&path(&post), json!({ "publish_at": null })).await.expect(StatusCode::OK);
        assert_eq!(changed["status"], "publishing");
        app.drain().await;
        assert_published(app, &post, "Missed twice").await;
    }
}

both_modes! {
    async fn other_words_leave_it_missed_and_go_out_with_the_retry(app: &TestApp) {
        let post = missed(app, "Old words").await;
        let changed = app.client.patch(&path(&post), json!({ "text": "New words" })).await.expect(StatusCode::OK);
        assert_eq!(changed["status"], "needs_attention");
        assert_set_aside(app, &post, "missed", "2 minutes").await;
        app.settle(DAY).await;
        for delivery in deliveries(app, &post).await {
            retry(app, &delivery).await.expect(StatusCode::ACCEPTED);
        }
        app.drain().await;
        assert_published(app, &post, "New words").await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn what_was_missed_after_a_try_can_get_other_words_and_another_container(app: &TestApp) {
        let slow = Fault::Lag { what: simulator::LagOf::Processing, seconds: 600 };
        app.simulator.add_faults(vec![FaultRule::new(slow).operation(Operation::CreateContainer).once()]);
        let policy = json!({ "if_late": "ask" });
        let post = submit(app, "Old words", &[app.threads.to_string()], &policy).await;
        app.settle(HOUR).await;
        assert_set_aside(app, &post, "missed", "").await;
        let later = json!({ "publish_at": app.clock.now() + DAY });
        app.client.patch(&path(&post), later).await.expect(StatusCode::OK);
        // Until then it is a scheduled post like any other.
        let change = json!({ "text": "New words", "publish_at": app.clock.now() + HOUR });
        app.client.patch(&path(&post), change).await.expect(StatusCode::OK);
        app.settle(2 * HOUR).await;
        assert_published(app, &post, "New words").await;
        assert_eq!(app.simulator.live_posts().len(), 1);
    }
}

both_modes! {
    async fn what_was_sent_once_keeps_its_words_when_it_is_missed(app: &TestApp) {
        let lost = Fault::Lost { when: When::Before };
        app.simulator.add_faults(vec![FaultRule::new(lost).operation(Operation::XCreate).once()]);
        let post = submit(app, "Sent in vain", &[app.x.to_string()], &json!({ "if_late": "ask" })).await;
        app.settle(HOUR).await;
        assert_set_aside(app, &post, "missed", "").await;
        // A later look for the first send must know what to look for.
        app.client.patch(&path(&post), json!({ "text": "Other" })).await.problem(409, "already_started");
        retry(app, &app.client.delivery(&post, "x").await).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert_published(app, &post, "Sent in vain").await;
    }
}

both_modes! {
    async fn of_a_post_that_is_half_out_the_missed_rest_is_retried_or_canceled_but_not_changed(app: &TestApp) {
        for cancel in [false, true] {
            app.simulator.clear_faults();
            assert!(app.simulator.revoke(simulator::Platform::X, "ann"));
            let written = format!("Half out {cancel}");
            let post = submit(app, &written, &app.both(), &json!({ "if_late": "ask" })).await;
            app.drain().await;
            app.clock.advance(2 * MINUTE);
            connect_again(app, Platform::X).await;
            app.drain().await;
            let shown = app.client.show(&post).await;
            assert_eq!(shown["status"], "needs_attention", "{shown:#}");
            let delivery = app.client.delivery(&post, "x").await;
            assert_eq!(delivery["status"], "missed");
            let later = json!({ "publish_at": app.clock.now() + HOUR });
            app.client.patch(&path(&post), later).await.problem(409, "already_started");
            if cancel {
                let canceled = app.client.delete(&path(&post)).await.expect(StatusCode::OK);
                assert_eq!(canceled["status"], "published");
            } else {
                retry(app, &delivery).await.expect(StatusCode::ACCEPTED);
            }
            app.settle(DAY).await;
            assert_eq!(app.live_count(Platform::Threads, &written), 1);
            assert_eq!(app.live_count(Platform::X, &written), usize::from(!cancel));
        }
    }
}

both_modes! {
    async fn what_was_missed_and_canceled_never_goes_out(app: &TestApp) {
        let post = missed(app, "Never mind").await;
        let canceled = app.client.delete(&path(&post)).await.expect(StatusCode::OK);
        assert_eq!(canceled["status"], "canceled");
        for delivery in deliveries(app, &post).await {
            assert_eq!((&delivery["status"], &delivery["error"]), (&json!("canceled"), &Value::Null));
            retry(app, &delivery).await.problem(409, "not_retryable");
        }
        app.client.patch(&path(&post), json!({ "publish_at": null })).await.problem(409, "already_started");
        app.settle(10 * DAY).await;
        assert!(app.simulator.calls().is_empty());
    }
}

both_modes! {
    async fn what_was_skipped_is_final(app: &TestApp) {
        let post = submit(app, "Skipped", &app.both(), &json!({ "if_late": "skip" })).await;
        app.clock.advance(2 * MINUTE);
        app.drain().await;
        assert_set_aside(app, &post, "canceled", "2 minutes").await;
        for delivery in deliveries(app, &post).await {
            retry(app, &delivery).await.problem(409, "not_retryable");
        }
        app.client.patch(&path(&post), json!({ "publish_at": null })).await.problem(409, "already_started");
        app.client.delete(&path(&post)).await.expect(StatusCode::OK);
        assert_set_aside(app, &post, "canceled", "2 minutes").await;
        app.settle(10 * DAY).await;
        assert!(app.simulator.calls().is_empty());
    }
}

both_modes! {
    async fn a_failed_delivery_that_is_retried_days_later_is_not_late(app: &TestApp) {
        let refused = Fault::XError { when: When::Before, error: XError::NotPermitted };
        app.simulator.add_faults(vec![FaultRule::new(refused).operation(Operation::XCreate).once()]);
        let post = submit(app, "Days later", &[app.x.to_string()], &json!({ "if_late": "skip" })).await;
        app.drain().await;
        app.clock.advance(3 * DAY);
        retry(app, &app.client.delivery(&post, "x").await).await.expect(StatusCode::ACCEPTED);
        app.clock.advance(MINUTE);
        app.drain().await;
        assert_published(app, &post, "Days later").await;
    }
}

both_modes! {
    async fn a_policy_that_is_changed_in_time_counts(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let post = app.client.schedule("Rather late than never", &app.both(), at).await;
        let strict = app.client.schedule("Rather never", &app.both(), at).await;
        let change = json!({ "max_lateness_s": 2 * 86_400 });
        app.client.patch(&path(&post), change).await.expect(StatusCode::OK);
        app.client.patch(&path(&strict), json!({ "if_late": "skip" })).await.expect(StatusCode::OK);
        app.clock.advance(HOUR + 2 * DAY);
        app.drain().await;
        assert_published(app, &post, "Rather late than never").await;
        assert_set_aside(app, &strict, "canceled", "2 days").await;
    }
}

both_modes! {
    async fn whoever_wins_between_a_change_and_the_judgment_nothing_is_lost(app: &TestApp) {
        for round in 0..10 {
            let written = format!("Race {round}");
            let post = submit(app, &written, &app.both(), &json!({ "if_late": "ask" })).await;
            app.clock.advance(2 * MINUTE);
            let at = path(&post);
            let change = async {
                for _ in 0..round {
                    app.client.show(&post).await;
                }
                app.client.patch(&at, json!({ "publish_at": null })).await
            };
            let (reply, ()) = tokio::join!(change, app.drain());
            reply.expect(StatusCode::OK);
            app.drain().await;
            assert_published(app, &post, &written).await;
        }
    }
}
