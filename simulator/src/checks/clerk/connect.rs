//! Connecting accounts in a browser.

use reqwest::Method;
use serde_json::json;

use super::{APP, Browser, code, start};
use crate::{AutoConsent, NewClerkUser};

#[tokio::test]
async fn a_consent_connects_the_account_and_leads_back() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    for (strategy, remote) in [
        ("oauth_custom_threads", &running.threads),
        ("oauth_x", &running.x),
    ] {
        browser.connect(strategy).await;
        let accounts = browser.accounts().await;
        let accounts = accounts.as_array().expect("a list");
        let account = accounts.last().expect("one");
        assert_eq!(account["provider"], strategy);
        assert_eq!(account["verification"]["status"], "verified");
        assert_eq!(account["username"], "ann");
        assert_eq!(account["provider_user_id"], remote.remote_user_id);
        let (_, held) = running.held(&user, strategy).await;
        assert_eq!(held["data"][0]["external_account_id"], account["id"]);
    }
}

#[tokio::test]
async fn a_refused_consent_leaves_a_failed_account_without_a_token() {
    let (running, user) = start().await;
    running
        .simulator
        .set_settings(|settings| settings.auto_consent = AutoConsent::Deny);
    let browser = Browser::signed_in(&running, &user).await;
    for strategy in ["oauth_custom_threads", "oauth_x"] {
        browser.connect(strategy).await;
        let (status, held) = running.held(&user, strategy).await;
        assert_eq!((status, &held["total_count"]), (200, &json!(0)));
    }
    let accounts = browser.accounts().await;
    assert_eq!(accounts[0]["verification"]["status"], "failed");
    let error = &accounts[0]["verification"]["error"];
    assert_eq!(error["code"], "oauth_access_denied");
}

#[tokio::test]
async fn the_same_profile_again_is_the_same_account() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    let first = browser.accounts().await;
    let (_, held) = running.held(&user, "oauth_x").await;
    running.advance(1_000);
    browser.connect("oauth_x").await;
    let again = browser.accounts().await;
    assert_eq!(again.as_array().map(Vec::len), Some(1));
    assert_eq!(again[0]["id"], first[0]["id"]);
    let (_, renewed) = running.held(&user, "oauth_x").await;
    assert_ne!(renewed["data"][0]["token"], held["data"][0]["token"]);
}

#[tokio::test]
async fn a_person_who_is_asked_again_keeps_what_is_connected_until_the_answer() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    let id = browser.accounts().await[0]["id"]
        .as_str()
        .map(str::to_owned);
    let path = format!(
        "me/external_accounts/{}/reauthorize?_method=PATCH",
        id.expect("an id")
    );
    let form = [
        ("redirect_url", "/accounts"),
        ("additional_scope", "media.write"),
    ];
    let (_, asked) = browser.post(&path, &form).await;
    let page = &asked["response"]["verification"]["external_verification_redirect_url"];
    let page = page.as_str().expect("an address");
    assert!(page.contains("media.write"), "{page}");
    let accounts = browser.accounts().await;
    assert_eq!(accounts[0]["verification"]["status"], "verified");
    let callback = browser.visit(page).await;
    assert_eq!(browser.visit(&callback).await, format!("{APP}/accounts"));
    let (_, held) = running.held(&user, "oauth_x").await;
    assert!(
        held["data"][0]["scopes"]
            .to_string()
            .contains("media.write")
    );
}

#[tokio::test]
async fn an_account_that_is_connected_to_another_user_is_refused() {
    let (running, user) = start().await;
    let mine = Browser::signed_in(&running, &user).await;
    mine.connect("oauth_x").await;
    let other = running.simulator.add_clerk_user(NewClerkUser::new("bob"));
    let theirs = Browser::signed_in(&running, &other).await;
    theirs.connect("oauth_x").await;
    let accounts = theirs.accounts().await;
    let error = &accounts[0]["verification"]["error"];
    assert_eq!(error["code"], "external_account_exists");
    let (_, held) = running.held(&other, "oauth_x").await;
    assert_eq!(held["total_count"], 0);
}

#[tokio::test]
async fn a_callback_is_answered_once() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    let page = browser.consent_page("oauth_x").await;
    let callback = browser.visit(&page).await;
    browser.visit(&callback).await;
    let again = running.http.get(callback).send().await.expect("an answer");
    assert_eq!(again.status(), 400);
    let url = format!("{}/clerk/v1/oauth_callback?code=1&state=2", running.base);
    let forged = running.http.get(url).send().await.expect("an answer");
    assert_eq!(forged.status(), 400);
}

#[tokio::test]
async fn accounts_are_connected_by_their_user_alone_and_freshly_signed_in_if_need_be() {
    let (running, user) = start().await;
    let stranger = Browser::open(&running).await;
    let form = [("strategy", "oauth_x"), ("redirect_url", "/accounts")];
    assert_eq!(stranger.post("me/external_accounts", &form).await.0, 401);
    running
        .simulator
        .set_settings(|settings| settings.clerk.reverification = true);
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    running.advance(10 * 60_000 + 1);
    let (status, body) = browser.post("me/external_accounts", &form).await;
    let expected = (403, "session_reverification_required");
    assert_eq!((status, code(&body)), expected);
}

#[tokio::test]
async fn an_account_is_disconnected_by_its_user() {
    let (running, user) = start().await;
    let browser = Browser::signed_in(&running, &user).await;
    browser.connect("oauth_x").await;
    let id = browser.accounts().await[0]["id"]
        .as_str()
        .map(str::to_owned);
    let path = format!("me/external_accounts/{}", id.expect("an id"));
    let gone = browser.send(Method::DELETE, &path, &[]).await;
    assert_eq!(gone.status(), 200);
    assert_eq!(browser.accounts().await, json!([]));
    let again = browser.send(Method::DELETE, &path, &[]).await;
    assert_eq!(again.status(), 404);
}
