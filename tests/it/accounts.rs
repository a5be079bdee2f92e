//! Connecting profiles with a token at hand, and taking them away.

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::both_modes;
use tests::client::{Client, id, text};
use tests::{TestApp, app::platforms};

async fn connect(client: &Client, platform: &str, token: &str) -> Value {
    let body = json!({ "platform": platform, "access_token": token });
    client
        .post("/v1/accounts", body)
        .await
        .expect(StatusCode::CREATED)
}

fn known(app: &TestApp, platform: simulator::Platform, username: &str, token: &str) {
    app.simulator
        .add_account(simulator::NewAccount::new(platform, username, token));
}

/// How many accounts the list shows.
async fn listed(client: &Client) -> Vec<Value> {
    let list = client.get("/v1/accounts").await.expect(StatusCode::OK);
    list["data"].as_array().unwrap().clone()
}

both_modes! {
    async fn a_good_token_connects_its_profile_and_posts_go_out_on_it(app: &TestApp) {
        known(app, simulator::Platform::Threads, "bob", "bob-threads");
        known(app, simulator::Platform::X, "bob", "bob-x");
        let (threads, x) = (connect(&app.client, "threads", "bob-threads").await, connect(&app.client, "x", "bob-x").await);
        for account in [&threads, &x] {
            assert_eq!((&account["username"], &account["state"]), (&json!("bob"), &json!("ok")), "{account:#}");
            assert!(!text(&account["remote_user_id"]).is_empty());
            assert!(listed(&app.client).await.contains(account));
        }
        let post = app.client.submit("Bob is here", &[id(&threads).to_owned(), id(&x).to_owned()]).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert!(app.simulator.live_posts().iter().all(|post| post.account == "bob"));
    }
}

both_modes! {
    async fn a_token_that_the_platform_refuses_connects_nothing(app: &TestApp) {
        for platform in ["threads", "x"] {
            let body = json!({ "platform": platform, "access_token": "a-made-up-token" });
            let reply = app.client.post("/v1/accounts", body).await;
            assert_eq!(reply.problem(422, "platform_refused")["retryable"], false);
            assert!(!reply.body.to_string().contains("a-made-up-token"), "{:#}", reply.body);
        }
        assert_eq!(listed(&app.client).await.len(), 2);
    }
}

both_modes! {
    async fn while_the_platform_is_away_connecting_is_502_and_may_be_tried_again(app: &TestApp) {
        known(app, simulator::Platform::X, "bob", "bob-x");
        let nowhere = platforms("http://127.0.0.1:1", &app.worker.settings);
        let lame = app.another_server(|state| (state.x, state.threads) = (nowhere.x, nowhere.threads));
        for platform in ["threads", "x"] {
            let reply = lame.post("/v1/accounts", json!({ "platform": platform, "access_token": "bob-x" })).await;
            assert_eq!(reply.problem(502, "platform_refused")["retryable"], true);
        }
        assert_eq!(listed(&app.client).await.len(), 2);
        connect(&app.client, "x", "bob-x").await;
    }
}

both_modes! {
    async fn the_rules_of_a_connection_are_told_all_at_once(app: &TestApp) {
        for (body, expected) in [
            (json!({}), vec!["access_token missing", "platform missing"]),
            (json!({ "platform": null, "access_token": null }), vec!["access_token missing", "platform missing"]),
            (json!({ "platform": "y", "access_token": "a b" }), vec!["access_token invalid_token", "platform platform_unknown"]),
            (
                json!({ "platform": 1, "access_token": [], "refresh_token": "", "token_expires_at": "soon", "name": "ann" }),
                vec![
                    "access_token wrong_type", "name unknown_field", "platform wrong_type",
                    "refresh_token invalid_token", "token_expires_at invalid_time",
                ],
            ),
            (json!({ "platform": "x", "access_token": "a\r\nHost: b" }), vec!["access_token invalid_token"]),
            (json!({ "platform": "x", "access_token": "ü" }), vec!["access_token invalid_token"]),
            (json!({ "platform": "x", "access_token": "a".repeat(4097) }), vec!["access_token invalid_token"]),
        ] {
            let reply = app.client.post("/v1/accounts", body).await;
            reply.problem(422, "invalid_request");
            let mut found = reply.violations();
            found.sort();
            assert_eq!(found, expected);
        }
        assert!(app.simulator.calls().is_empty(), "no platform was asked");
    }
}

both_modes! {
    async fn connecting_again_keeps_the_id_and_takes_the_new_token(app: &TestApp) {
        let post = app.client.schedule("For the new token", &app.both(), app.clock.now() + Duration::from_secs(3600)).await;
        known(app, simulator::Platform::Threads, "ann", "new-threads");
        known(app, simulator::Platform::X, "ann", "new-x");
        let (threads, x) = (connect(&app.client, "threads", "new-threads").await, connect(&app.client, "x", "new-x").await);
        assert_eq!([id(&threads), id(&x)], [app.threads.as_str(), app.x.as_str()]);
        assert_eq!(listed(&app.client).await.len(), 2);
        app.advance(Duration::from_secs(3600)).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}

both_modes! {
    async fn the_same_profile_of_two_owners_is_two_accounts(app: &TestApp) {
        let (_, other) = app.another_owner("other").await;
        let theirs = connect(&other, "x", "token-x-ann").await;
        assert_ne!(id(&theirs), app.x.as_str());
        assert_eq!(listed(&other).await.len(), 1);
        assert_eq!(listed(&app.client).await.len(), 2);
        let reply = app.client.delete(&format!("/v1/accounts/{}", id(&theirs))).await;
        reply.problem(404, "not_found");
        assert_eq!(listed(&other).await.len(), 1);
    }
}

both_modes! {
    async fn a_disconnected_account_takes_no_posts_and_is_not_listed(app: &TestApp) {
        let path = format!("/v1/accounts/{}", app.x);
        assert_eq!(app.client.delete(&path).await.status, 204);
        let reply = app.client.post("/v1/posts", json!({ "text": "To nobody", "accounts": app.both() })).await;
        reply.problem(422, "invalid_request");
        assert_eq!(reply.violations(), ["accounts[1] account_unknown"]);
        let left = listed(&app.client).await;
        assert_eq!(left.iter().map(id).collect::<Vec<_>>(), [app.threads.as_str()]);
        app.client.delete(&path).await.problem(404, "not_found");
        assert_eq!(app.count("SELECT count(*) FROM accounts WHERE access_token IS NULL").await, 1, "its token is forgotten");
    }
}

both_modes! {
    async fn what_is_scheduled_on_a_disconnected_account_can_be_changed_meanwhile(app: &TestApp) {
        let at = app.clock.now() + Duration::from_secs(60);
        let post = app.client.schedule("Before", &app.both(), at).await;
        app.client.delete(&format!("/v1/accounts/{}", app.x)).await;
        let path = format!("/v1/posts/{}", id(&post));
        let change = json!({ "text": "Changed meanwhile" });
        app.client.patch(&path, change).await.expect(StatusCode::OK);
        let too_long = app.client.patch(&path, json!({ "text": "a".repeat(281) })).await;
        assert_eq!(too_long.violations(), ["text text_too_long"], "X's limit holds on");
        connect(&app.client, "x", "token-x-ann").await;
        app.advance(Duration::from_secs(60)).await;
        assert_eq!(app.live_count(Platform::X, "Changed meanwhile"), 1);
    }
}

both_modes! {
    async fn what_is_scheduled_on_a_disconnected_account_waits_until_it_is_connected_again(app: &TestApp) {
        let post = app.client.schedule("Wait for me", &app.both(), app.clock.now() + Duration::from_secs(60)).await;
        app.client.delete(&format!("/v1/accounts/{}", app.x)).await;
        app.advance(Duration::from_secs(60)).await;
        let waiting = app.client.show(&post).await;
        assert_eq!(waiting["status"], "needs_attention", "{waiting:#}");
        assert_eq!(app.live_count(Platform::Threads, "Wait for me"), 1);
        assert_eq!(app.client.delivery(&post, "x").await["status"], "needs_reconnect");

        let again = connect(&app.client, "x", "token-x-ann").await;
        assert_eq!(id(&again), app.x.as_str());
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.live_count(Platform::X, "Wait for me"), 1);
    }
}

both_modes! {
    async fn no_answer_holds_a_token(app: &TestApp) {
        known(app, simulator::Platform::X, "bob", "bob-x-secret");
        let body = json!({ "platform": "x", "access_token": "bob-x-secret", "refresh_token": "bob-refresh-secret" });
        let connected = app.client.post("/v1/accounts", body).await.expect(StatusCode::CREATED);
        let post = app.client.submit("Nothing to hide", &[id(&connected).to_owned(), app.threads.to_string()]).await;
        app.simulator.revoke(simulator::Platform::X, "bob");
        app.drain().await;
        let mut said = vec![connected, post.clone(), app.client.show(&post).await];
        for path in ["/v1/accounts", "/v1/posts"] {
            said.push(app.client.get(path).await.body);
        }
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            said.push(app.client.get(&format!("/v1/deliveries/{}/attempts", id(&delivery))).await.body);
        }
        for answer in said {
            let answer = answer.to_string();
            assert!(!answer.contains("secret") && !answer.contains("token-threads"), "{answer}");
        }
    }
}
