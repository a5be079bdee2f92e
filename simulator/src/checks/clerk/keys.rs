//! Keys and minting.

use reqwest::Method;
use serde_json::{Value, json};

use super::{APP, claims, header, start};
use crate::ClerkToken;

#[tokio::test]
async fn the_key_set_is_the_same_on_every_path_and_after_a_restart() {
    let (running, _) = start().await;
    let public = running.json("/clerk/.well-known/jwks.json").await;
    assert_eq!(public["keys"][0]["kid"], "ins_sim");
    assert_eq!(public["keys"][0]["n"].as_str().map(str::len), Some(342));
    assert_eq!(running.json("/.well-known/jwks.json").await, public);
    assert_eq!(
        running.backend(Method::GET, "jwks").await,
        (200, public.clone())
    );
    let (again, _) = start().await;
    assert_eq!(again.json("/clerk/.well-known/jwks.json").await, public);
}

#[tokio::test]
async fn a_rotation_changes_the_key_and_its_name_only_if_asked_to() {
    let (running, _) = start().await;
    let key = async || running.json("/clerk/.well-known/jwks.json").await["keys"][0].clone();
    let first = key().await;
    running.control("rotate", json!({"same_kid": true})).await;
    let second = key().await;
    assert_eq!(first["kid"], second["kid"]);
    assert_ne!(first["n"], second["n"]);
    let rotated = running.control("rotate", json!({})).await;
    let third = key().await;
    assert_eq!(third["kid"], rotated["kid"]);
    assert_ne!(third["kid"], second["kid"]);
    assert_ne!(third["n"], second["n"]);
}

#[tokio::test]
async fn a_minted_session_names_its_user_its_page_and_its_issuer() {
    let (running, user) = start().await;
    let body = json!({"sub": user, "origin": APP});
    let minted = running.control("session", body).await;
    let jwt = minted["jwt"].as_str().expect("a token");
    let now_s = running.simulator.now_ms() / 1000;
    let claims = claims(jwt);
    assert_eq!(claims["sub"], user);
    assert_eq!(claims["azp"], APP);
    assert_eq!(claims["iss"], format!("{}/clerk", running.base));
    assert_eq!(claims["sid"], minted["session_id"]);
    assert_eq!(claims["iat"], now_s);
    assert_eq!(claims["exp"], now_s + 60);
    assert_eq!(header(jwt)["kid"], "ins_sim");
    let without = running.control("session", json!({"sub": "user_1"})).await;
    let without = super::claims(without["jwt"].as_str().expect("a token"));
    assert_eq!(without["azp"], Value::Null);
}

#[tokio::test]
async fn every_kind_of_token_is_minted_by_its_name() {
    let (running, user) = start().await;
    for kind in ClerkToken::ALL {
        let body = json!({"kind": kind, "sub": user, "origin": APP});
        let minted = running.control("token", body).await;
        let jwt = minted["jwt"].as_str().expect("a token");
        let parts = if kind == ClerkToken::TwoParts { 2 } else { 3 };
        assert_eq!(jwt.split('.').count(), parts, "{kind:?}");
    }
    let mint = async |kind| {
        let minted = running
            .control("token", json!({"kind": kind, "origin": APP}))
            .await;
        minted["jwt"].as_str().expect("a token").to_owned()
    };
    assert_eq!(
        claims(&mint("wrong_azp").await)["azp"],
        "https://evil.example"
    );
    assert_eq!(claims(&mint("pending").await)["sts"], "pending");
    assert_eq!(claims(&mint("template").await)["sid"], Value::Null);
    assert_eq!(header(&mint("alg_none").await)["alg"], "none");
    assert!(mint("ok_five_kilobytes").await.len() > 5_000);
}

#[tokio::test]
async fn the_issuer_and_the_address_may_be_set() {
    let (running, user) = start().await;
    running.simulator.set_settings(|settings| {
        settings.clerk.issuer = Some("https://clerk.example.com".to_owned());
        settings.clerk.url = Some("http://sim.example:9/".to_owned());
    });
    let token = running.simulator.clerk_session_token(&user, None);
    assert_eq!(claims(&token)["iss"], "https://clerk.example.com");
    let simulator = &running.simulator;
    assert_eq!(simulator.clerk_api_url(), "http://sim.example:9/clerk-api");
    // base64 of `sim.example:9$`
    assert_eq!(
        simulator.clerk_publishable_key(),
        "pk_test_c2ltLmV4YW1wbGU6OSQ"
    );
}
