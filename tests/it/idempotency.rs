//! One key, one post: a request may be repeated any number of times.

use std::time::Duration;

use entities::Platform;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::client::{Client, Reply, id};
use tests::{TestApp, both_modes};

/// Checks that a reply is the post that was made before, made by no new request.
#[track_caller]
fn assert_replayed(reply: &Reply, post: &Value) {
    assert_eq!(reply.status, StatusCode::OK, "{:#}", reply.body);
    assert_eq!(reply.header("idempotency-replayed"), "true");
    assert_eq!(id(&reply.body), id(post));
}

async fn raw(client: &Client, key: &str, body: &str) -> Reply {
    client
        .send(
            Method::POST,
            "/v1/posts",
            &[("Idempotency-Key", key)],
            Some(body.into()),
        )
        .await
}

async fn posts(app: &TestApp) -> i64 {
    app.count("SELECT count(*) FROM posts").await
}

both_modes! {
    async fn the_same_request_under_the_same_key_is_the_same_post(app: &TestApp) {
        let body = json!({ "text": "Only once", "accounts": app.both() });
        let first = app.client.submit_with_key(body.clone(), "key-1").await;
        assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::ACCEPTED, ""));
        assert_eq!(first.header("location"), format!("/v1/posts/{}", id(&first.body)));
        assert_replayed(&app.client.submit_with_key(body.clone(), "key-1").await, &first.body);
        app.drain().await;
        let again = app.client.submit_with_key(body, "key-1").await;
        assert_replayed(&again, &first.body);
        assert_eq!(again.body["status"], "published", "as it is now");
        app.drain().await;
        assert_eq!(posts(app).await, 1);
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn another_request_under_the_same_key_is_a_conflict(app: &TestApp) {
        let body = json!({ "text": "The first", "accounts": app.both() });
        let first = app.client.submit_with_key(body, "key-1").await.expect(StatusCode::ACCEPTED);
        let later = (app.clock.now() + Duration::from_secs(60)).to_string();
        for other in [
            json!({ "text": "Another", "accounts": app.both() }),
            json!({ "text": "The first", "accounts": [app.x] }),
            json!({ "text": "The first", "accounts": [app.x, app.threads] }),
            json!({ "text": "The first", "accounts": app.both(), "publish_at": later }),
            json!({ "text": "The first", "accounts": app.both(), "time_zone": "UTC" }),
            json!({ "text": "The first", "accounts": app.both(), "overrides": { "x": { "text": "Another" } } }),
        ] {
            let reply = app.client.submit_with_key(other, "key-1").await;
            let problem = reply.problem(409, "idempotency_key_reused");
            assert!(problem["title"].to_string().contains(id(&first)), "{problem:#}");
        }
        app.drain().await;
        assert_eq!(posts(app).await, 1);
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn the_same_key_of_another_owner_is_another_key(app: &TestApp) {
        let (owner, client) = app.another_owner("other").await;
        let theirs = app.add_account_of(&owner, Platform::X, "eve").await.id;
        let ours = json!({ "text": "Ours", "accounts": app.both() });
        let first = app.client.submit_with_key(ours.clone(), "key-1").await.expect(StatusCode::ACCEPTED);
        let other = client.submit_with_key(json!({ "text": "Theirs", "accounts": [theirs] }), "key-1").await;
        assert_eq!(other.status, StatusCode::ACCEPTED, "{:#}", other.body);
        assert_ne!(id(&other.body), id(&first));
        // Not even a repeat of our very request shows them our post.
        client.submit_with_key(ours, "key-1").await.problem(422, "invalid_request");
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 3);
    }
}

both_modes! {
    async fn many_repeats_at_the_same_time_make_one_post(app: &TestApp) {
        let other_server = app.another_server(|_| {});
        for round in 0..5 {
            let body = json!({ "text": format!("Round {round}"), "accounts": app.both() });
            let key = format!("round-{round}");
            let all = (0..20).map(|number| {
                let client = if number % 2 == 0 { &app.client } else { &other_server };
                client.submit_with_key(body.clone(), &key)
            });
            let replies = join_all(all).await;
            let new = replies.iter().filter(|reply| reply.status == StatusCode::ACCEPTED);
            let [new] = new.collect::<Vec<_>>()[..] else { panic!("one is new: {replies:#?}") };
            for reply in replies.iter().filter(|reply| reply.status != StatusCode::ACCEPTED) {
                assert_replayed(reply, &new.body);
            }
        }
        app.drain().await;
        assert_eq!(posts(app).await, 5);
        assert_eq!(app.simulator.live_posts().len(), 10);
    }
}

both_modes! {
    async fn a_repeat_is_a_repeat_however_late_it_comes(app: &TestApp) {
        let at = (app.clock.now() + Duration::from_secs(60)).to_string();
        let body = json!({ "text": "In a minute", "accounts": app.both(), "publish_at": at });
        let post = app.client.submit_with_key(body.clone(), "key-1").await.expect(StatusCode::ACCEPTED);
        app.advance(Duration::from_secs(3600)).await;
        assert_replayed(&app.client.submit_with_key(body.clone(), "key-1").await, &post);
        // Its account may even be gone.
        app.client.delete(&format!("/v1/accounts/{}", app.x)).await;
        assert_replayed(&app.client.submit_with_key(body.clone(), "key-1").await, &post);
        app.client.submit_with_key(body, "key-2").await.problem(422, "invalid_request");
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn a_repeat_after_a_change_or_a_cancel_shows_the_post_as_it_is(app: &TestApp) {
        let at = (app.clock.now() + Duration::from_secs(60)).to_string();
        let body = json!({ "text": "Before", "accounts": app.both(), "publish_at": at });
        let post = app.client.submit_with_key(body.clone(), "key-1").await.expect(StatusCode::ACCEPTED);
        let path = format!("/v1/posts/{}", id(&post));
        app.client.patch(&path, json!({ "text": "After" })).await.expect(StatusCode::OK);
        let again = app.client.submit_with_key(body.clone(), "key-1").await;
        assert_replayed(&again, &post);
        assert_eq!(again.body["parts"][0]["text"], "After");
        app.client.delete(&path).await.expect(StatusCode::OK);
        let again = app.client.submit_with_key(body, "key-1").await;
        assert_replayed(&again, &post);
        assert_eq!(again.body["status"], "canceled");
        app.advance(Duration::from_secs(60)).await;
        assert!(app.simulator.live_posts().is_empty());
    }
}

both_modes! {
    async fn the_same_request_may_be_written_in_another_way(app: &TestApp) {
        let (a, b) = (&app.threads, &app.x);
        let first = format!(
            r#"{{"text":"Hé 😀","accounts":["{a}","{b}"],"publish_at":"2027-01-01T12:00:00Z",
                "overrides":{{"x":{{"text":"x"}},"threads":{{"text":"t"}}}}}}"#
        );
        let post = raw(&app.client, "key-1", &first).await.expect(StatusCode::ACCEPTED);
        let others = [
            // The fields in another order, with other spaces.
            format!(
                r#"{{ "overrides": {{"threads":{{"text":"t"}}, "x":{{"text":"x"}}}},
                    "publish_at": "2027-01-01T12:00:00Z", "accounts": ["{a}", "{b}"], "text": "Hé 😀" }}"#
            ),
            // Escapes, the long form of the text, another offset, nulls for what is left out.
            format!(
                r#"{{"parts":[{{"text":"H\u00e9 \ud83d\ude00"}}],"accounts":["{a}","{b}"],"time_zone":null,
                    "publish_at":"2027-01-01T13:00:00.000+01:00",
                    "overrides":{{"x":{{"text":"x"}},"threads":{{"text":"t"}}}}}}"#
            ),
        ];
        for other in others {
            assert_replayed(&raw(&app.client, "key-1", &other).await, &post);
        }
        assert_eq!(posts(app).await, 1);
    }
}

both_modes! {
    async fn a_refused_request_leaves_its_key_free(app: &TestApp) {
        let wrong = json!({ "text": "", "accounts": app.both() });
        for _ in 0..2 {
            app.client.submit_with_key(wrong.clone(), "key-1").await.problem(422, "invalid_request");
        }
        let right = json!({ "text": "Corrected", "accounts": app.both() });
        app.client.submit_with_key(right, "key-1").await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn without_a_key_each_request_is_a_post_of_its_own(app: &TestApp) {
        for _ in 0..2 {
            app.client.submit("Twice is meant", &[app.threads.to_string()]).await;
        }
        app.drain().await;
        assert_eq!(posts(app).await, 2);
        assert_eq!(app.live_count(Platform::Threads, "Twice is meant"), 2);
    }
}
