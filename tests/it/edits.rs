//! What a person changes after submitting: change, cancel, retry; against workers that are about
//! to do something else.

use std::time::Duration;

use entities::Platform;
use entities::claims::{Claimed, Work, claim};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, LimitWindow, Operation, When, XError};
use tests::app::drain;
use tests::client::{id, text};
use tests::{TestApp, both_modes};

const MINUTE: Duration = Duration::from_secs(60);

fn path(post: &Value) -> String {
    format!("/v1/posts/{}", id(post))
}

fn retry_path(delivery: &Value) -> String {
    format!("/v1/deliveries/{}/retry", id(delivery))
}

/// Makes X refuse every new post.
fn refuse(app: &TestApp, error: XError) {
    let fault = Fault::XError {
        when: When::Before,
        error,
    };
    app.simulator
        .add_faults(vec![FaultRule::new(fault).operation(Operation::XCreate)]);
}

/// What a worker reads of a delivery before it claims it.
async fn read(app: &TestApp, delivery: &Value) -> Work {
    let id = id(delivery).parse().unwrap();
    app.worker
        .loads
        .load(&id, 0, app.clock.now())
        .await
        .unwrap()
        .expect("it is due")
}

/// Claims what was read, as a worker does.
async fn take(app: &TestApp, work: &Work) -> Claimed {
    let progress = work.delivery.progress().unwrap();
    let lease = app.worker.settings.lease;
    claim(
        &app.backend.database,
        work,
        &progress,
        &[],
        "by hand",
        app.clock.now(),
        lease,
    )
    .await
    .unwrap()
}

both_modes! {
    async fn a_scheduled_post_goes_out_as_it_was_last_changed(app: &TestApp) {
        let at = app.clock.now() + 10 * MINUTE;
        let post = app.client.schedule("First words", &app.both(), at).await;
        let change = json!({ "text": "Better words", "overrides": { "x": { "text": "Words for X" } }, "time_zone": "Europe/Berlin" });
        let changed = app.client.patch(&path(&post), change).await.expect(StatusCode::OK);
        assert_eq!(changed, app.client.show(&post).await);
        assert_eq!((&changed["status"], &changed["publish_at"]), (&json!("scheduled"), &post["publish_at"]));
        assert_eq!((&changed["parts"][0]["text"], &changed["time_zone"]), (&json!("Better words"), &json!("Europe/Berlin")));
        app.advance(10 * MINUTE).await;
        assert_eq!(app.live_count(Platform::Threads, "Better words"), 1);
        assert_eq!(app.live_count(Platform::X, "Words for X"), 1);
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_change_that_says_nothing_at_all_is_refused(app: &TestApp) {
        let post = app.client.schedule("As it is", &app.both(), app.clock.now() + MINUTE).await;
        let nothing = app.client.send(Method::PATCH, &path(&post), &[], None).await;
        nothing.problem(400, "invalid_json");
        assert_eq!(app.client.patch(&path(&post), json!({})).await.expect(StatusCode::OK), post);
    }
}

both_modes! {
    async fn overrides_are_replaced_as_a_whole_and_what_is_left_out_stays(app: &TestApp) {
        let at = (app.clock.now() + 10 * MINUTE).to_string();
        let overrides = json!({ "x": { "text": "Old for X" }, "threads": { "text": "Old for Threads" } });
        let body = json!({ "text": "For both", "accounts": app.both(), "publish_at": at, "overrides": overrides });
        let post = app.client.post("/v1/posts", body).await.expect(StatusCode::ACCEPTED);
        let change = json!({ "overrides": { "x": { "text": "New for X" } } });
        let changed = app.client.patch(&path(&post), change).await.expect(StatusCode::OK);
        assert_eq!(changed["overrides"], json!({ "x": { "text": "New for X" } }));
        assert_eq!(changed["parts"], post["parts"]);
        let unchanged = app.client.patch(&path(&post), json!({})).await.expect(StatusCode::OK);
        assert_eq!(unchanged, changed);
        let bare = app.client.patch(&path(&post), json!({ "overrides": {} })).await.expect(StatusCode::OK);
        assert_eq!(bare["overrides"], Value::Null);
        app.advance(10 * MINUTE).await;
        assert_eq!(app.live_count(Platform::X, "For both") + app.live_count(Platform::Threads, "For both"), 2);
    }
}

both_modes! {
    async fn a_new_time_counts_whether_later_or_earlier(app: &TestApp) {
        let start = app.clock.now();
        let post = app.client.schedule("On the move", &app.both(), start + 10 * MINUTE).await;
        let later = json!({ "publish_at": (start + 20 * MINUTE).to_string() });
        app.client.patch(&path(&post), later).await.expect(StatusCode::OK);
        app.advance(10 * MINUTE).await;
        assert!(app.simulator.calls().is_empty(), "nothing at the old time");
        let earlier = json!({ "publish_at": (start + 15 * MINUTE).to_string() });
        app.client.patch(&path(&post), earlier).await.expect(StatusCode::OK);
        app.advance(5 * MINUTE - Duration::from_millis(1)).await;
        assert!(app.simulator.calls().is_empty());
        app.advance(Duration::from_millis(1)).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn a_time_that_is_taken_away_means_at_once(app: &TestApp) {
        let post = app.client.schedule("Now, please", &app.both(), app.clock.now() + 10 * MINUTE).await;
        let changed = app.client.patch(&path(&post), json!({ "publish_at": null })).await.expect(StatusCode::OK);
        assert_eq!((&changed["status"], &changed["publish_at"]), (&json!("publishing"), &Value::Null));
        assert_eq!(app.worker.queue.waiting().await.unwrap(), 2, "workers are woken without waiting for the relay");
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        app.advance(10 * MINUTE).await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_change_that_breaks_rules_changes_nothing(app: &TestApp) {
        let post = app.client.schedule("As it was", &app.both(), app.clock.now() + 10 * MINUTE).await;
        for (change, expected) in [
            (json!({ "text": "" }), vec!["text text_empty"]),
            (json!({ "text": "a".repeat(281), "time_zone": "UTC" }), vec!["text text_too_long"]),
            (json!({ "text": 5, "publish_at": "2020-01-01T00:00:00Z" }), vec!["publish_at publish_at_past", "text wrong_type"]),
            (json!({ "text": "Fine", "accounts": [app.x] }), vec!["accounts unknown_field"]),
            (json!({ "text": "Fine", "overrides": { "x": { "text": "$A $B" } } }), vec!["overrides.x.text too_many_cashtags"]),
        ] {
            let reply = app.client.patch(&path(&post), change).await;
            reply.problem(422, "invalid_request");
            let mut found = reply.violations();
            found.sort();
            assert_eq!(found, expected);
            assert_eq!(app.client.show(&post).await, post);
        }
        app.advance(10 * MINUTE).await;
        assert_eq!(app.live_count(Platform::X, "As it was"), 1);
    }
}

both_modes! {
    async fn what_is_settled_can_be_neither_changed_nor_canceled(app: &TestApp) {
        let post = app.client.submit("Out already", &app.both()).await;
        app.drain().await;
        let published = app.client.show(&post).await;
        app.client.patch(&path(&post), json!({ "text": "Too late" })).await.problem(409, "already_started");
        app.client.delete(&path(&post)).await.problem(409, "nothing_to_cancel");
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            app.client.post(&retry_path(&delivery), json!({})).await.problem(409, "not_retryable");
        }
        assert_eq!(app.client.show(&post).await, published);
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_canceled_post_never_goes_out(app: &TestApp) {
        let post = app.client.schedule("Never mind", &app.both(), app.clock.now() + MINUTE).await;
        let canceled = app.client.delete(&path(&post)).await.expect(StatusCode::OK);
        assert_eq!(canceled["status"], "canceled");
        assert_eq!(app.client.delete(&path(&post)).await.expect(StatusCode::OK), canceled, "twice is fine");
        app.client.patch(&path(&post), json!({ "publish_at": null })).await.problem(409, "already_started");
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            app.client.post(&retry_path(&delivery), json!({})).await.problem(409, "not_retryable");
        }
        app.advance(MINUTE).await;
        assert!(app.simulator.calls().is_empty(), "no platform heard of it");

        // One that lies in the queue already is called off all the same.
        let post = app.client.submit("Not that either", &app.both()).await;
        assert_eq!(app.client.delete(&path(&post)).await.expect(StatusCode::OK)["status"], "canceled");
        app.drain().await;
        assert!(app.simulator.calls().is_empty());
    }
}

both_modes! {
    async fn of_a_post_that_is_half_out_the_rest_is_canceled(app: &TestApp) {
        let window = LimitWindow::FifteenMinutes;
        refuse(app, XError::TooManyRequests { window, reset_in_s: 600 });
        let post = app.client.submit("Halfway", &app.both()).await;
        app.drain().await;
        app.client.patch(&path(&post), json!({ "text": "Too late" })).await.problem(409, "already_started");
        let canceled = app.client.delete(&path(&post)).await.expect(StatusCode::OK);
        assert_eq!(canceled["status"], "published", "{canceled:#}");
        assert_eq!(app.client.delivery(&post, "threads").await["status"], "published");
        assert_eq!(app.client.delivery(&post, "x").await["status"], "canceled");
        app.simulator.clear_faults();
        app.advance(20 * MINUTE).await;
        assert_eq!(app.live_count(Platform::Threads, "Halfway"), 1);
        assert_eq!(app.live_count(Platform::X, "Halfway"), 0);
    }
}

both_modes! {
    async fn what_waits_for_a_new_connection_can_be_canceled(app: &TestApp) {
        app.simulator.revoke(simulator::Platform::X, "ann");
        let post = app.client.submit("No way in", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "needs_attention");
        assert_eq!(app.client.delete(&path(&post)).await.expect(StatusCode::OK)["status"], "canceled");
        app.add_account(Platform::X, "ann").await;
        app.advance(10 * MINUTE).await;
        assert!(app.simulator.live_posts().is_empty());
    }
}

both_modes! {
    async fn what_a_worker_holds_can_be_neither_changed_nor_canceled(app: &TestApp) {
        let post = app.client.submit("In good hands", &[app.x.to_string()]).await;
        let work = read(app, &app.client.delivery(&post, "x").await).await;
        assert!(matches!(take(app, &work).await, Claimed::Ours(_)));
        app.client.delete(&path(&post)).await.problem(409, "nothing_to_cancel");
        app.client.patch(&path(&post), json!({ "text": "Changed" })).await.problem(409, "already_started");
        app.client.patch(&path(&post), json!({ "publish_at": null })).await.problem(409, "already_started");
        assert!(matches!(take(app, &work).await, Claimed::Taken), "and no other worker takes it");
        // The worker died before it did anything.
        app.advance(app.worker.settings.lease).await;
        assert_eq!(app.live_count(Platform::X, "In good hands"), 1);
    }
}

both_modes! {
    async fn a_worker_does_not_take_what_was_changed_or_canceled_since_it_looked(app: &TestApp) {
        let post = app.client.submit("Old words", &[app.x.to_string()]).await;
        let work = read(app, &app.client.delivery(&post, "x").await).await;
        app.client.patch(&path(&post), json!({ "text": "New words" })).await.expect(StatusCode::OK);
        assert!(matches!(take(app, &work).await, Claimed::Taken));
        let work = read(app, &app.client.delivery(&post, "x").await).await;
        assert_eq!(work.content.parts[0].text, "New words");
        app.client.delete(&path(&post)).await.expect(StatusCode::OK);
        assert!(matches!(take(app, &work).await, Claimed::Taken));
        app.drain().await;
        assert!(app.simulator.calls().is_empty());
    }
}

both_modes! {
    async fn whoever_wins_between_cancel_and_worker_a_delivery_is_out_once_or_not_at_all(app: &TestApp) {
        let other = app.another_worker("worker-other").await;
        let mut outcomes = std::collections::BTreeMap::new();
        for round in 0..10 {
            let texts: Vec<String> = (0..3).map(|number| format!("Race {round}.{number}")).collect();
            let both = app.both();
            let posts = join_all(texts.iter().map(|text| app.client.submit(text, &both))).await;
            // Each round cancels a little later.
            let cancels = posts.iter().map(|post| async {
                for _ in 0..2 * round {
                    app.client.show(post).await;
                }
                app.client.delete(&path(post)).await
            });
            let (replies, ..) = tokio::join!(join_all(cancels), drain(&app.worker), drain(&other));
            for reply in replies {
                assert!(matches!(reply.status.as_u16(), 200 | 409), "{:#}", reply.body);
            }
            app.drain().await;
            for (post, content) in posts.iter().zip(&texts) {
                for delivery in app.client.show(post).await["deliveries"].as_array().unwrap() {
                    let platform: Platform = text(&delivery["platform"]).parse().unwrap();
                    let status = text(&delivery["status"]);
                    let expected = match status {
                        "published" => 1,
                        "canceled" => 0,
                        _ => panic!("{delivery:#}"),
                    };
                    assert_eq!(app.live_count(platform, content), expected, "{delivery:#}");
                    *outcomes.entry(status.to_owned()).or_insert(0) += 1;
                }
            }
        }
        println!("{outcomes:?}");
        assert_eq!(outcomes.values().sum::<i32>(), 60);
    }
}

both_modes! {
    async fn whoever_wins_between_change_and_worker_only_one_text_is_out(app: &TestApp) {
        for round in 0..10 {
            let (old, new) = (format!("Old {round}"), format!("New {round}"));
            let post = app.client.submit(&old, &app.both()).await;
            let path = path(&post);
            let change = async {
                for _ in 0..round {
                    app.client.show(&post).await;
                }
                app.client.patch(&path, json!({ "text": new })).await
            };
            let (reply, ()) = tokio::join!(change, app.drain());
            app.drain().await;
            let (out, not) = if reply.status == StatusCode::OK { (&new, &old) } else { (&old, &new) };
            for platform in [Platform::Threads, Platform::X] {
                assert_eq!(app.live_count(platform, out), 1, "{:#}", reply.body);
                assert_eq!(app.live_count(platform, not), 0);
            }
        }
    }
}

both_modes! {
    async fn changes_and_cancels_at_the_same_time_leave_the_post_canceled(app: &TestApp) {
        for round in 0..5 {
            let post = app.client.submit(&format!("Torn {round}"), &app.both()).await;
            let path = path(&post);
            let tries = (0..20).map(|number| {
                let change = json!({ "text": format!("Torn {round}.{number}"), "publish_at": null });
                let path = &path;
                async move {
                    if number % 4 == 3 { app.client.delete(path).await } else { app.client.patch(path, change).await }
                }
            });
            for reply in join_all(tries).await {
                assert!(matches!(reply.status.as_u16(), 200 | 409), "{:#}", reply.body);
            }
            assert_eq!(app.client.show(&post).await["status"], "canceled");
        }
        app.drain().await;
        assert!(app.simulator.calls().is_empty());
    }
}

both_modes! {
    async fn a_failed_delivery_goes_out_when_it_is_retried(app: &TestApp) {
        refuse(app, XError::NotPermitted);
        let post = app.client.submit("Second chance", &app.both()).await;
        app.drain().await;
        let failed = app.client.delivery(&post, "x").await;
        assert_eq!((&failed["status"], &failed["error"]["retryable"]), (&json!("failed"), &json!(false)), "{failed:#}");
        assert_eq!(app.client.show(&post).await["status"], "partial");
        app.client.delete(&path(&post)).await.problem(409, "nothing_to_cancel");

        app.simulator.clear_faults();
        let reply = app.client.post(&retry_path(&failed), json!({ "force": true })).await;
        assert_eq!(reply.problem(422, "invalid_request")["violations"][0]["field"], "force");
        let again = app.client.send(reqwest::Method::POST, &retry_path(&failed), &[], None).await;
        let again = again.expect(StatusCode::ACCEPTED);
        assert_eq!((&again["status"], &again["error"]), (&json!("queued"), &Value::Null));
        app.client.post(&retry_path(&failed), json!({})).await.problem(409, "not_retryable");
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn what_may_be_live_is_retried_only_by_one_who_says_so(app: &TestApp) {
        let post = app.client.submit("Perhaps", &[app.x.to_string()]).await;
        let delivery = app.client.delivery(&post, "x").await;
        app.execute(&format!(
            r#"UPDATE deliveries SET status = 'failed', next_at = NULL, waiting_for = NULL, checkpoint = 'sent', sent_at = 1,
                error = '{{"code": "unconfirmed", "message": "m", "action": "a", "retryable": false}}' WHERE id = '{}'"#,
            id(&delivery)
        ))
        .await;
        for body in [json!({}), json!({ "even_if_it_may_duplicate": false }), json!({ "even_if_it_may_duplicate": null })] {
            app.client.post(&retry_path(&delivery), body).await.problem(409, "may_duplicate");
        }
        let reply = app.client.post(&retry_path(&delivery), json!({ "even_if_it_may_duplicate": "yes" })).await;
        assert_eq!(reply.violations(), ["even_if_it_may_duplicate wrong_type"]);
        app.drain().await;
        assert!(app.simulator.calls().is_empty());
        let body = json!({ "even_if_it_may_duplicate": true });
        app.client.post(&retry_path(&delivery), body).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert_eq!(app.live_count(Platform::X, "Perhaps"), 1);
    }
}
