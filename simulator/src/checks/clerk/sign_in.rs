//! Signing in and out in a browser.

use reqwest::Method;
use serde_json::Value;

use super::{APP, Browser, claims, code, start};

#[tokio::test]
async fn the_environment_names_the_connections_and_may_be_read_by_the_page() {
    let (running, _) = start().await;
    let browser = Browser::open(&running).await;
    for method in ["", "?_method=PATCH"] {
        let path = format!("environment{method}");
        let how = if method.is_empty() {
            Method::GET
        } else {
            Method::POST
        };
        let response = browser.send(how, &path, &[]).await;
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], APP);
        assert_eq!(headers["access-control-allow-credentials"], "true");
        let body: Value = response.json().await.expect("JSON");
        let threads = &body["user_settings"]["social"]["oauth_custom_threads"];
        assert_eq!(threads["enabled"], true);
        let sign_in_url = format!("{}/clerk/sign-in", running.base);
        assert_eq!(body["display_config"]["sign_in_url"], sign_in_url);
    }
}

#[tokio::test]
async fn a_new_browser_has_no_session() {
    let (running, _) = start().await;
    let browser = Browser::open(&running).await;
    let (status, body) = browser.get("client").await;
    assert_eq!(status, 200);
    let client = &body["response"];
    assert_eq!(client["sessions"].as_array().map(Vec::len), Some(0));
    assert_eq!(client["last_active_session_id"], Value::Null);
    assert_eq!(browser.get("me").await.0, 401);
}

#[tokio::test]
async fn signing_in_leads_over_the_page_and_back_to_a_session() {
    let (running, user) = start().await;
    let browser = Browser::open(&running).await;
    let id = browser.begin_sign_in().await;
    let (_, begun) = browser.get(&format!("client/sign_ins/{id}")).await;
    let verification = &begun["response"]["first_factor_verification"];
    let page = verification["external_verification_redirect_url"].as_str();
    let page = running.http.get(page.expect("an address")).send().await;
    let page = page.expect("an answer").text().await.expect("a page");
    assert!(page.contains("<button id=\"sign-in\">"), "{page}");
    assert!(page.contains(&user) && page.contains(&id), "{page}");

    let back = browser.submit(&[("sign_in", &*id), ("user", &*user)]).await;
    assert_eq!(back, format!("{APP}/sso-callback"));
    let client = browser.get("client").await.1["response"].clone();
    let session = client["last_active_session_id"].as_str().expect("one");
    assert_eq!(client["sign_in"]["status"], "complete");
    assert_eq!(client["sign_in"]["created_session_id"], session);
    assert_eq!(client["sessions"][0]["user"]["username"], "ada");
    let kept = client["sessions"][0]["last_active_token"]["jwt"].as_str();
    assert_eq!(claims(kept.expect("a token"))["azp"], APP);

    let path = format!("client/sessions/{session}/tokens");
    let (status, fresh) = browser.post(&path, &[("organization_id", "")]).await;
    assert_eq!(status, 200);
    let claims = claims(fresh["jwt"].as_str().expect("a token"));
    assert_eq!(
        (&claims["sub"], &claims["sid"]),
        (&user.into(), &session.into())
    );
}

#[tokio::test]
async fn a_new_person_is_made_on_the_page() {
    let (running, _) = start().await;
    let browser = Browser::open(&running).await;
    let form = [
        ("username", "grace"),
        ("redirect_url", "http://127.0.0.1:3000/home"),
    ];
    assert_eq!(browser.submit(&form).await, "http://127.0.0.1:3000/home");
    let (_, me) = browser.get("me").await;
    assert_eq!(me["response"]["username"], "grace");
    assert!(
        me["response"]["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("user_"))
    );
}

#[tokio::test]
async fn nobody_is_signed_in_without_a_name() {
    let (running, _) = start().await;
    let url = format!("{}/clerk/sign-in", running.base);
    for form in [[("username", " ")], [("user", "user_9")]] {
        let answer = running.http.post(&url).form(&form).send().await;
        assert_eq!(answer.expect("an answer").status(), 400);
    }
}

#[tokio::test]
async fn what_the_page_shows_again_is_text() {
    let (running, _) = start().await;
    running
        .control("users", serde_json::json!({"username": "<b>bold</b>"}))
        .await;
    let url = format!(
        "{}/clerk/sign-in?redirect_url=%22%3E%3Cscript%3E",
        running.base
    );
    let page = running.http.get(url).send().await.expect("an answer");
    let page = page.text().await.expect("a page");
    assert!(page.contains("&lt;b&gt;bold") && !page.contains("\"><script>\""));
    assert!(
        page.contains("value=\"&quot;&gt;&lt;script&gt;\""),
        "{page}"
    );
}

#[tokio::test]
async fn a_session_belongs_to_its_browser() {
    let (running, user) = start().await;
    let mine = Browser::signed_in(&running, &user).await;
    let session = mine.session().await.expect("a session");
    let other = Browser::open(&running).await;
    for call in ["tokens", "touch", "remove"] {
        let path = format!("client/sessions/{session}/{call}");
        let (status, body) = other.post(&path, &[]).await;
        assert_eq!((status, code(&body)), (404, "resource_not_found"), "{call}");
    }
    assert_eq!(mine.session().await, Some(session));
}

#[tokio::test]
async fn signing_out_ends_the_session_in_every_way_that_the_script_has() {
    let (running, user) = start().await;
    for (path, method) in [
        ("client/sessions?_method=DELETE", Method::POST),
        ("client?_method=DELETE", Method::POST),
        ("client/sessions", Method::DELETE),
        ("client/sessions/{}/remove", Method::POST),
        ("client/sessions/{}/end", Method::POST),
    ] {
        let browser = Browser::signed_in(&running, &user).await;
        let session = browser.session().await.expect("a session");
        let ended = browser
            .send(method, &path.replace("{}", &session), &[])
            .await;
        assert_eq!(ended.status(), 200, "{path}");
        assert_eq!(browser.session().await, None, "{path}");
        let tokens = format!("client/sessions/{session}/tokens");
        assert_eq!(browser.post(&tokens, &[]).await.0, 404, "{path}");
        let shown = running
            .backend(Method::GET, &format!("sessions/{session}"))
            .await;
        assert_ne!(shown.1["status"], "active", "{path}");
    }
}

#[tokio::test]
async fn a_browser_that_is_not_known_any_more_is_taken_in_again() {
    let (running, _) = start().await;
    let mut browser = Browser::open(&running).await;
    browser.cookie = "__client=dvb_of_a_former_run".to_owned();
    assert_eq!(browser.get("client").await.0, 200);
}
