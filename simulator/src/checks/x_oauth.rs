//! Connecting on X: x.md 10, items 1 to 4, and the table of 1.2.

use serde_json::json;

use super::connecting::{
    CALLBACK, CHALLENGE, Pair, VERIFIER, X_SCOPES, json as parsed, params, x_window,
};
use super::{Got, Running, answered, got};
use crate::{Platform, X_CLIENT_ID, X_CLIENT_SECRET, XApp};

pub(super) fn refused(status: u16, error: &str, description: &str) -> Got {
    let body = format!("{{\"error\":\"{error}\",\"error_description\":\"{description}\"}}");
    answered(status, &body)
}

fn invalid(description: &str) -> Got {
    refused(400, "invalid_request", description)
}

fn invalid_code() -> Got {
    invalid("Value passed for the authorization code was invalid.")
}

#[tokio::test]
async fn a_code_becomes_a_pair_in_xs_own_form() {
    let running = Running::agreeing().await;
    let sent_to = running.sent_to(running.browse(&x_window(&[]))).await;
    assert!(
        sent_to.starts_with(&format!("{CALLBACK}?state=xyz&code=")),
        "{sent_to}"
    );
    let code = &params(&sent_to)["code"];
    let given = running.x_exchange(code, &[]).await;
    let pair = Pair::of(&given);
    let body = format!(
        "{{\"token_type\":\"bearer\",\"expires_in\":7200,\"access_token\":\"{}\",\
         \"scope\":\"{X_SCOPES}\",\"refresh_token\":\"{}\"}}",
        pair.access, pair.refresh
    );
    assert_eq!(given, answered(200, &body));
    assert_eq!(
        (code.len(), pair.access.len(), pair.refresh.len()),
        (91, 91, 91)
    );
    assert_eq!(running.x_me(&pair.access).await.status, 200);
    assert_eq!(
        running.x_me(&pair.refresh).await.status,
        401,
        "it opens no API"
    );
}

#[tokio::test]
async fn the_other_address_of_the_page_works_as_well() {
    let running = Running::agreeing().await;
    let window = x_window(&[]).replace("/i/oauth2/", "/2/oauth2/");
    running.sent_to(running.browse(&window)).await;
    let other = running.read("/i/oauth2/token").await;
    assert!(
        other.body.contains("Unknown path"),
        "no path of X's: {other:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_authorized_shows_a_page_and_does_not_redirect() {
    let running = Running::agreeing().await;
    running.simulator.set_settings(|settings| {
        settings.x.oauth.apps[0].redirect_uris = vec![CALLBACK.to_owned()];
    });
    let slash = format!("{CALLBACK}/");
    let long = "s".repeat(501);
    for change in [
        ("client_id", "nobody"),
        ("redirect_uri", slash.as_str()),
        ("redirect_uri", ""),
        ("scope", "tweet.read,tweet.write"),
        ("scope", "tweet.read tweet.everything"),
        ("scope", ""),
        ("response_type", "token"),
        ("response_type", ""),
        ("code_challenge", ""),
        ("code_challenge_method", "S512"),
        ("state", long.as_str()),
    ] {
        let answer = running
            .browse(&x_window(&[change]))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 400, "{change:?}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(!answer.headers().contains_key("location"));
        let page = answer.text().await.expect("a page");
        assert!(page.contains("Something went wrong"), "{page}");
    }
    let longest = &long[1..];
    running
        .sent_to(running.browse(&x_window(&[("state", longest)])))
        .await;
}

#[tokio::test]
async fn a_code_is_good_once_and_for_30_seconds() {
    let running = Running::agreeing().await;
    let code = running.x_code(&[]).await;
    running.advance(30_000);
    assert_eq!(running.x_exchange(&code, &[]).await.status, 200);
    assert_eq!(running.x_exchange(&code, &[]).await, invalid_code());
    let code = running.x_code(&[]).await;
    running.advance(31_000);
    assert_eq!(running.x_exchange(&code, &[]).await, invalid_code());
    assert_eq!(running.x_exchange("nonsense", &[]).await, invalid_code());
}

#[tokio::test]
async fn the_verifier_must_meet_the_challenge() {
    let running = Running::agreeing().await;
    let code = running.x_code(&[]).await;
    let mismatch = invalid("Value passed for the code verifier did not match the code challenge.");
    let wrong = running
        .x_exchange(&code, &[("code_verifier", CHALLENGE)])
        .await;
    assert_eq!(wrong, mismatch);
    let absent = running.x_exchange(&code, &[("code_verifier", "")]).await;
    assert_eq!(
        absent,
        invalid("Missing required parameter [code_verifier].")
    );
    assert_eq!(running.x_exchange(&code, &[]).await.status, 200);
    for method in ["plain", ""] {
        let window = [
            ("code_challenge_method", method),
            ("code_challenge", VERIFIER),
        ];
        let code = running.x_code(&window).await;
        let wrong = running
            .x_exchange(&code, &[("code_verifier", CHALLENGE)])
            .await;
        assert_eq!(wrong, mismatch);
        assert_eq!(running.x_exchange(&code, &[]).await.status, 200);
    }
}

#[tokio::test]
async fn every_parameter_of_the_exchange_is_required() {
    let running = Running::agreeing().await;
    let code = running.x_code(&[]).await;
    for name in ["grant_type", "code", "redirect_uri", "code_verifier"] {
        let missing = running.x_exchange(&code, &[(name, "")]).await;
        assert_eq!(
            missing,
            invalid(&format!("Missing required parameter [{name}]."))
        );
    }
    let slash = format!("{CALLBACK}/");
    let other = running
        .x_exchange(&code, &[("redirect_uri", slash.as_str())])
        .await;
    assert_eq!(other.status, 400);
    let strange = running
        .x_exchange(&code, &[("grant_type", "password")])
        .await;
    assert!(
        strange.body.contains("unsupported_grant_type"),
        "{strange:?}"
    );
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let endpoint = format!("{}/2/oauth2/token", running.base);
    let post = running.http.post(endpoint);
    let sent = post
        .basic_auth(X_CLIENT_ID, Some(X_CLIENT_SECRET))
        .query(&fields);
    assert_eq!(
        got(sent).await,
        invalid("Missing required parameter [grant_type].")
    );
    assert_eq!(running.x_exchange(&code, &[]).await.status, 200);
}

#[tokio::test]
async fn what_twitter_api_v2_sends_is_understood_as_x_understands_it() {
    let running = Running::agreeing().await;
    let code = running.x_code(&[("code_challenge_method", "s256")]).await;
    let body = json!({"grant_type": "authorization_code", "code": code,
                      "redirect_uri": CALLBACK, "code_verifier": VERIFIER});
    let sent = |body| {
        let post = running
            .http
            .post(format!("{}/2/oauth2/token", running.base));
        got(post
            .basic_auth(X_CLIENT_ID, Some(X_CLIENT_SECRET))
            .json(&body))
    };
    let pair = Pair::of(&sent(body.clone()).await);
    assert_eq!(sent(body).await, invalid_code());
    let body = json!({"grant_type": "refresh_token", "refresh_token": pair.refresh});
    assert_eq!(
        running
            .x_me(&Pair::of(&sent(body).await).access)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_confidential_client_proves_itself_by_basic_and_by_nothing_else() {
    let running = Running::agreeing().await;
    let code = running.x_code(&[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", X_CLIENT_ID),
        ("client_secret", X_CLIENT_SECRET),
    ];
    let call = || {
        running
            .http
            .post(format!("{}/2/oauth2/token", running.base))
    };
    let no_basic = refused(
        401,
        "unauthorized_client",
        "Missing valid authorization header",
    );
    assert_eq!(got(call().form(&form)).await, no_basic);
    assert_eq!(got(call().form(&form[..4])).await, no_basic);
    for (id, secret) in [(X_CLIENT_ID, "wrong"), ("nobody", X_CLIENT_SECRET)] {
        let wrong = got(call().form(&form[..4]).basic_auth(id, Some(secret))).await;
        assert!(
            wrong.status == 401 && wrong.body.contains("invalid_client"),
            "{wrong:?}"
        );
    }
    running
        .simulator
        .set_settings(|settings| settings.x.oauth.invalid_client_status = 400);
    let wrong = got(call()
        .form(&form[..4])
        .basic_auth(X_CLIENT_ID, Some("wrong")))
    .await;
    assert_eq!(wrong.status, 400);
    // The id in the form as well is tolerated.
    let right = call()
        .form(&form[..5])
        .basic_auth(X_CLIENT_ID, Some(X_CLIENT_SECRET));
    assert_eq!(got(right).await.status, 200);
}

#[tokio::test]
async fn a_public_client_only_names_itself() {
    let running = Running::agreeing().await;
    running.simulator.set_settings(|settings| {
        settings.x.oauth.apps.push(XApp {
            client_id: "public".to_owned(),
            client_secret: None,
            ..XApp::default()
        });
    });
    let code = running.x_code(&[("client_id", "public")]).await;
    assert_eq!(
        running.x_exchange(&code, &[]).await,
        invalid_code(),
        "another app's"
    );
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "public"),
    ];
    let call = |form: &[(&str, &str)]| {
        let to = format!("{}/2/oauth2/token", running.base);
        running.http.post(to).form(form)
    };
    let pair = Pair::of(&got(call(&form)).await);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", pair.refresh.as_str()),
        ("client_id", "public"),
    ];
    let foreign = running.x_refresh(&pair.refresh).await;
    assert_eq!(foreign, invalid("Value passed for the token was invalid."));
    assert_eq!(got(call(&refresh)).await.status, 200);
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let running = Running::agreeing().await;
    let scope = "tweet.read users.read";
    let code = running.x_code(&[("scope", scope)]).await;
    let given = running.x_exchange(&code, &[]).await;
    let body = parsed(&given);
    assert_eq!(body.get("refresh_token"), None);
    assert_eq!(body["scope"], scope);
    let access = Pair::of(&given).access;
    assert_eq!(running.x_me(&access).await.status, 200);
    let create = running.http.post(format!("{}/2/tweets", running.base));
    let create = create.bearer_auth(&access).json(&json!({"text": "hi"}));
    assert_eq!(got(create).await.status, 403, "the scope is the token's");
    assert_eq!(running.simulator.tokens(Platform::X, "ann").len(), 2);
}
