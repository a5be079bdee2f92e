//! The Backend API: who may ask, and what is told of users.

use reqwest::Method;
use serde_json::json;

use super::{APP, claims, code, fault, start};
use crate::{ClerkLink, ClerkProvider};

#[tokio::test]
async fn only_the_secret_key_opens_it() {
    let (running, user) = start().await;
    let path = format!("users/{user}");
    let (status, body) = running
        .backend_as("sk_test_other", Method::GET, &path)
        .await;
    assert_eq!((status, code(&body)), (401, "clerk_key_invalid"));
    let keys = running
        .backend_as("sk_test_other", Method::GET, "jwks")
        .await;
    assert_eq!(keys.0, 401);
    let url = format!("{}/clerk-api/v1/{path}", running.base);
    let bare = running.http.get(url).send().await.expect("an answer");
    assert_eq!(bare.status(), 401);
}

#[tokio::test]
async fn a_user_is_shown_with_the_connected_accounts() {
    let (running, user) = start().await;
    let link = ClerkLink::new(&user, ClerkProvider::Threads, "ann", "threads-token");
    let account = running.simulator.link_clerk_account(link).expect("linked");
    let (status, body) = running.backend(Method::GET, &format!("users/{user}")).await;
    assert_eq!((status, &body["username"]), (200, &json!("ada")));
    let shown = &body["external_accounts"][0];
    assert_eq!(shown["id"], account);
    assert_eq!(shown["provider"], "oauth_custom_threads");
    assert_eq!(shown["provider_user_id"], running.threads.remote_user_id);
    assert_eq!(shown["verification"]["status"], "verified");
    assert!(!body.to_string().contains("threads-token"));
}

#[tokio::test]
async fn the_same_name_has_the_same_ids_in_every_run() {
    let (one, first) = start().await;
    let (two, second) = start().await;
    assert_eq!(first, second);
    let link = || ClerkLink::new(&first, ClerkProvider::X, "ann", "x-token");
    let account = one.simulator.link_clerk_account(link());
    assert_eq!(account, two.simulator.link_clerk_account(link()));
    assert!(account.is_some_and(|id| id.starts_with("eac_")));
}

#[tokio::test]
async fn users_and_accounts_can_be_removed() {
    let (running, user) = start().await;
    let link = ClerkLink::new(&user, ClerkProvider::X, "ann", "x-token");
    let account = running.simulator.link_clerk_account(link).expect("linked");
    let path = format!("users/{user}/external_accounts/{account}");
    let removed = running.backend(Method::DELETE, &path).await;
    let gone = json!({"object": "external_account", "id": account, "deleted": true});
    assert_eq!(removed, (200, gone));
    assert_eq!(running.backend(Method::DELETE, &path).await.0, 404);
    let path = format!("users/{user}");
    assert_eq!(running.backend(Method::DELETE, &path).await.0, 200);
    let (status, body) = running.backend(Method::GET, &path).await;
    assert_eq!((status, code(&body)), (404, "resource_not_found"));
    assert_eq!(running.held(&user, "oauth_x").await.0, 404);
}

#[tokio::test]
async fn a_token_that_a_server_asks_for_is_made_for_no_page() {
    let (running, user) = start().await;
    let minted = running
        .control("session", json!({"sub": user, "origin": APP}))
        .await;
    let session = minted["session_id"].as_str().expect("an id");
    let path = format!("sessions/{session}/tokens?expires_in_seconds=30");
    let (_, body) = running.backend(Method::POST, &path).await;
    let claims = claims(body["jwt"].as_str().expect("a token"));
    assert_eq!(claims["sid"], session);
    assert!(claims.get("azp").is_none());
    let life_s = claims["exp"].as_i64().zip(claims["iat"].as_i64());
    assert_eq!(life_s.map(|(exp, iat)| exp - iat), Some(30));
}

#[tokio::test]
async fn too_many_requests_are_told_how_long_to_wait() {
    let (running, user) = start().await;
    running
        .simulator
        .set_settings(|settings| settings.clerk.requests_per_10s = Some(2));
    let path = format!("users/{user}");
    running.backend(Method::GET, &path).await;
    running.advance(4_000);
    running.backend(Method::GET, &path).await;
    let url = format!("{}/clerk-api/v1/{path}", running.base);
    let request = running.http.get(url).bearer_auth("sk_test_simulated");
    let refused = request.send().await.expect("an answer");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "6");
    assert_eq!(running.backend(Method::GET, "jwks").await.0, 200);
    running.advance(6_000);
    assert_eq!(running.backend(Method::GET, &path).await.0, 200);
}

#[tokio::test]
async fn troubles_come_as_ordered_and_calls_are_written_down() {
    let (running, user) = start().await;
    let faults = json!([
        fault("user", json!({"error": "maintenance"})),
        fault(
            "user",
            json!({"error": {"token_retrieval": "oauth2: \"invalid_grant\""}})
        ),
        fault("keys", json!({"slow": 1})),
    ]);
    assert_eq!(running.control("faults", faults).await["added"], 3);
    let path = format!("users/{user}");
    assert_eq!(running.backend(Method::GET, "jwks").await.0, 200);
    let (status, body) = running.backend(Method::GET, &path).await;
    assert_eq!((status, code(&body)), (503, "maintenance_mode"));
    let (status, body) = running.backend(Method::GET, &path).await;
    assert_eq!(status, 400);
    let said = &body["errors"][0]["meta"]["provider_error"];
    assert_eq!(said, "oauth2: \"invalid_grant\"");
    assert_eq!(running.backend(Method::GET, &path).await.0, 200);
    let calls = running.simulator.clerk_calls();
    let statuses: Vec<_> = calls.iter().map(|call| call.http_status).collect();
    assert_eq!(statuses, [Some(200), Some(503), Some(400), Some(200)]);
}
