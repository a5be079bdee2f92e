//! The providers' tokens, and what becomes of them in time.

use reqwest::Method;
use serde_json::json;

use super::{Browser, code, start};
use crate::{ClerkLink, ClerkProvider, NewAccount, Platform};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn tokens_come_in_both_shapes() {
    let (running, user) = start().await;
    let link = ClerkLink::new(&user, ClerkProvider::X, "ann", "x-token");
    let account = running.simulator.link_clerk_account(link).expect("linked");
    let (_, page) = running.held(&user, "oauth_x").await;
    let item = json!({
        "object": "oauth_access_token", "external_account_id": account,
        "provider_user_id": running.x.remote_user_id, "token": "x-token", "expires_at": null,
        "provider": "oauth_x", "public_metadata": {}, "label": null,
        "scopes": ["tweet.read", "tweet.write", "users.read", "offline.access"],
    });
    assert_eq!(page, json!({"data": [item], "total_count": 1}));
    let path = format!("users/{user}/oauth_access_tokens/oauth_x");
    let (_, bare) = running.backend(Method::GET, &path).await;
    assert_eq!(bare, json!([item]));
}

#[tokio::test]
async fn several_accounts_of_one_provider_are_pages_of_a_list() {
    let (running, user) = start().await;
    for number in 0..3 {
        let (name, token) = (format!("bob{number}"), format!("t{number}"));
        running
            .simulator
            .add_account(NewAccount::new(Platform::X, &name, &token));
        let link = ClerkLink::new(&user, ClerkProvider::X, name, token);
        running.simulator.link_clerk_account(link).expect("linked");
    }
    let path = format!("users/{user}/oauth_access_tokens/oauth_x?paginated=true&limit=2&offset=1");
    let (_, page) = running.backend(Method::GET, &path).await;
    assert_eq!(page["total_count"], 3);
    assert_eq!(page["data"][0]["token"], "t1");
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_is_not_connected_is_an_empty_list_and_what_is_not_there_an_error() {
    let (running, user) = start().await;
    let empty = json!({"data": [], "total_count": 0});
    assert_eq!(running.held(&user, "oauth_x").await, (200, empty));
    let (status, body) = running.held(&user, "oauth_myspace").await;
    assert_eq!((status, code(&body)), (400, "oauth_unsupported_provider"));
    let (status, body) = running.held("user_9", "oauth_x").await;
    assert_eq!((status, code(&body)), (404, "resource_not_found"));
    running
        .simulator
        .set_settings(|settings| settings.clerk.providers = vec![ClerkProvider::X]);
    let (status, body) = running.held(&user, "oauth_custom_threads").await;
    let expected = (404, "oauth_token_provider_not_enabled");
    assert_eq!((status, code(&body)), expected);
}

#[tokio::test]
async fn an_expired_token_of_x_is_refreshed_when_it_is_read_and_only_then() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    let read = async || {
        let (status, body) = running.held(&user, "oauth_x").await;
        assert_eq!(status, 200, "{body}");
        body["data"][0].clone()
    };
    let first = read().await;
    let now_ms = running.simulator.now_ms();
    assert_eq!(first["expires_at"], now_ms + 2 * HOUR_MS);
    running.advance(2 * HOUR_MS - 1);
    assert_eq!(read().await, first);
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 0);
    running.advance(1);
    let second = read().await;
    assert_ne!(second["token"], first["token"]);
    assert_eq!(second["expires_at"], now_ms + 4 * HOUR_MS);
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 1);
    let token = second["token"].as_str().expect("a token");
    let url = format!("{}/2/users/me", running.base);
    let me = running.http.get(url).bearer_auth(token).send().await;
    assert_eq!(me.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_dead_grant_is_told_in_the_providers_words() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    running.simulator.revoke(Platform::X, "ann");
    running.advance(3 * HOUR_MS);
    let (status, body) = running.held(&user, "oauth_x").await;
    assert_eq!((status, code(&body)), (400, "oauth_token_retrieval_error"));
    assert_eq!(
        body["errors"][0]["meta"]["provider_error"],
        r#"oauth2: "invalid_request" "Value passed for the token was invalid.""#
    );
}

#[tokio::test]
async fn an_expired_token_without_a_refresh_token_cannot_be_refreshed() {
    let (running, user) = start().await;
    let link = ClerkLink {
        expires_at_ms: Some(running.simulator.now_ms()),
        ..ClerkLink::new(&user, ClerkProvider::X, "ann", "x-token")
    };
    running.simulator.link_clerk_account(link).expect("linked");
    let (status, body) = running.held(&user, "oauth_x").await;
    assert_eq!((status, code(&body)), (422, "oauth_missing_refresh_token"));
}

/// The real life of every Threads account (clerk.md 2.6).
#[tokio::test]
async fn clerk_goes_on_giving_out_a_threads_token_that_is_dead() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_custom_threads").await;
    let me = async || {
        let (status, body) = running.held(&user, "oauth_custom_threads").await;
        assert_eq!(
            (status, &body["data"][0]["expires_at"]),
            (200, &json!(null))
        );
        let token = body["data"][0]["token"].as_str().expect("a token");
        let url = format!("{}/v1.0/me", running.base);
        let me = running.http.get(url).bearer_auth(token).send().await;
        me.expect("an answer").text().await.expect("a body")
    };
    assert!(me().await.contains(&running.threads.remote_user_id));
    running.advance(HOUR_MS);
    let dead = me().await;
    assert!(dead.contains("\"code\":190"), "{dead}");
}

#[tokio::test]
async fn two_reads_at_once_are_a_race_where_the_settings_say_so() {
    let (running, user) = start().await;
    let link = ClerkLink::new(&user, ClerkProvider::X, "ann", "x-token");
    running.simulator.link_clerk_account(link).expect("linked");
    running
        .simulator
        .set_settings(|settings| settings.clerk.race = true);
    assert_eq!(running.held(&user, "oauth_x").await.0, 200);
    running.advance(149);
    let (status, body) = running.held(&user, "oauth_x").await;
    assert_eq!((status, code(&body)), (400, "oauth_token_retrieval_error"));
    assert!(body["errors"][0].get("meta").is_none());
    running.advance(150);
    assert_eq!(running.held(&user, "oauth_x").await.0, 200);
}
