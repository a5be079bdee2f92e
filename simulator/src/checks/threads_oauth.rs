//! Connecting on Threads: the lines of threads.md 11, OAuth.

use serde_json::{Value, json};

use super::connecting::{CALLBACK, access_token, json as parsed, params, threads_window};
use super::{Got, Running, START_MS, answered, got};
use crate::{
    DeadToken, NewAccount, Platform, RedirectMismatch, THREADS_APP_ID, THREADS_APP_SECRET,
    TokenKind, YoungRefresh,
};

const HOUR_MS: i64 = 3_600_000;
const LIFE_MS: i64 = 5_183_944_000;

fn no_such_code() -> Got {
    answered(
        400,
        "{\"error_type\":\"OAuthException\",\"code\":400,\
         \"error_message\":\"Matching code was not found or was already used\"}",
    )
}

fn dead() -> Got {
    answered(
        500,
        "{\"error\":{\"message\":\"Invalid OAuth 2.0 Access Token\",\"type\":\"THApiException\",\
         \"code\":190,\"fbtrace_id\":\"<..>\"}}",
    )
}

#[tokio::test]
async fn a_code_becomes_a_short_lived_and_then_a_long_lived_token() {
    let running = Running::agreeing().await;
    let code = running.threads_code().await;
    let short = running.threads_exchange(&code, &[]).await;
    let text = access_token(&short);
    // A number beyond 2^53, and nothing else.
    let user_id = &running.threads.remote_user_id;
    let body = format!("{{\"access_token\":\"{text}\",\"user_id\":{user_id}}}");
    assert_eq!(short, answered(200, &body));
    assert!(text.starts_with("TH"));
    let long = running.lengthened(&text, &[]).await;
    let text = access_token(&long);
    let body =
        format!("{{\"access_token\":\"{text}\",\"token_type\":\"bearer\",\"expires_in\":5183944}}");
    assert_eq!(long, answered(200, &body));
    assert_eq!(
        running.threads_me(&text).await,
        answered(200, "{\"username\":\"ann\"}")
    );
}

#[tokio::test]
async fn the_calls_are_taken_with_and_without_a_version_and_by_get() {
    let running = Running::agreeing().await;
    for version in ["", "/v1.0"] {
        let code = running.threads_code().await;
        let path = format!(
            "{version}/oauth/access_token?client_id={THREADS_APP_ID}&client_secret={THREADS_APP_SECRET}\
             &code={code}&grant_type=authorization_code&redirect_uri={CALLBACK}"
        );
        let short = access_token(&got(running.browse(&path)).await);
        let path = format!(
            "{version}/access_token?grant_type=th_exchange_token\
             &client_secret={THREADS_APP_SECRET}&access_token={short}"
        );
        let long = access_token(&got(running.browse(&path)).await);
        running.advance(25 * HOUR_MS);
        let path = format!(
            "{version}/refresh_access_token?grant_type=th_refresh_token&access_token={long}"
        );
        assert_eq!(got(running.browse(&path)).await.status, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_authorized_shows_a_document_and_does_not_redirect() {
    let running = Running::agreeing().await;
    running.simulator.set_settings(|settings| {
        let app = &mut settings.threads.oauth.apps[0];
        app.redirect_uris = vec![CALLBACK.to_owned()];
    });
    let slash = format!("{CALLBACK}/");
    for (change, code, words) in [
        (("client_id", "123"), 1_349_026, "No application data"),
        (("client_id", ""), 1_349_026, "No application data"),
        (("redirect_uri", slash.as_str()), 1_349_168, "URL Blocked"),
        (("redirect_uri", ""), 1_349_168, "URL Blocked"),
        (("scope", "threads_content_publish"), 1, "threads_basic"),
        (("scope", ""), 1, "threads_basic"),
        (
            ("scope", "threads_basic threads_delete"),
            1,
            "threads_basic threads_delete",
        ),
        (("response_type", "token"), 1, "unknown error"),
    ] {
        let shown = got(running.browse(&threads_window(&[change]))).await;
        assert_eq!(shown.status, 400, "{change:?}: {shown:?}");
        let body = parsed(&shown);
        assert_eq!(body["error_code"], code, "{change:?}");
        let message = body["error_message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{change:?}: {message}");
    }
    // A client in production sends no `response_type`, and not everybody a `state`.
    let window = threads_window(&[("response_type", ""), ("state", "")]);
    let sent_to = running.sent_to(running.browse(&window)).await;
    assert!(
        sent_to.ends_with("#_") && !sent_to.contains("state"),
        "{sent_to}"
    );
}

#[tokio::test]
async fn spaces_separate_scopes_once_the_simulator_is_lenient() {
    let running = Running::agreeing().await;
    running
        .simulator
        .set_settings(|settings| settings.threads.oauth.lenient_scopes = true);
    let window = threads_window(&[("scope", "threads_basic threads_delete")]);
    running.sent_to(running.browse(&window)).await;
}

#[tokio::test]
async fn only_who_accepted_the_invitation_can_agree_to_an_app_in_review() {
    let running = Running::start().await;
    let app = json!({"testers_only": true});
    let patch = |app: Value| json!({"threads": {"oauth": {"apps": [app]}}});
    let set = async |patch: Value| got(running.post("/_sim/settings").json(&patch)).await;
    assert_eq!(set(patch(app)).await.status, 200);
    let refused = answered(
        400,
        "{\"error_message\":\"Invalid Request: The  user has not accepted the invite to test the app\",\
         \"error_code\":1349245}",
    );
    let window = threads_window(&[]);
    assert_eq!(got(running.browse(&window)).await, refused);
    running
        .simulator
        .add_account(NewAccount::new(Platform::Threads, "bob", "bob-token"));
    set(patch(json!({"testers_only": true, "testers": ["bob"]}))).await;
    assert_eq!(got(running.browse(&window)).await.status, 200);
    let submit = |account: &'static str| {
        let form = [("account", account), ("decision", "allow")];
        running
            .http
            .post(format!("{}{window}", running.base))
            .form(&form)
    };
    assert_eq!(got(submit("ann")).await, refused);
    running.sent_to(submit("bob")).await;
}

#[tokio::test]
async fn a_code_is_good_once_for_an_hour_and_to_the_letter() {
    let running = Running::agreeing().await;
    let code = running.threads_code().await;
    let with_ending = format!("{code}#_");
    let slash = format!("{CALLBACK}/");
    assert_eq!(
        running.threads_exchange(&with_ending, &[]).await,
        no_such_code()
    );
    let other_uri = [("redirect_uri", slash.as_str())];
    assert_eq!(
        running.threads_exchange(&code, &other_uri).await,
        no_such_code()
    );
    let mode = RedirectMismatch::Graph;
    running
        .simulator
        .set_settings(|settings| settings.threads.oauth.redirect_mismatch = mode);
    let refused = running.threads_exchange(&code, &other_uri).await;
    assert!(
        refused
            .body
            .starts_with("{\"error\":{\"message\":\"Invalid redirect")
    );
    let wrong = running
        .threads_exchange(&code, &[("client_secret", "wrong")])
        .await;
    assert!(
        wrong.status == 400 && wrong.body.contains("client secret"),
        "{wrong:?}"
    );
    assert_eq!(
        running
            .threads_exchange(&code, &[("grant_type", "")])
            .await
            .status,
        500
    );
    // None of that has spent it.
    running.advance(HOUR_MS);
    assert_eq!(running.threads_exchange(&code, &[]).await.status, 200);
    assert_eq!(running.threads_exchange(&code, &[]).await, no_such_code());
    let code = running.threads_code().await;
    running.advance(HOUR_MS + 1);
    assert_eq!(running.threads_exchange(&code, &[]).await, no_such_code());
}

#[tokio::test]
async fn a_short_lived_token_dies_after_an_hour_and_cannot_be_exchanged_then() {
    let running = Running::agreeing().await;
    let short = running.short_lived().await;
    let wrong = running
        .lengthened(&short, &[("client_secret", "wrong")])
        .await;
    let body = parsed(&wrong);
    assert_eq!((wrong.status, &body["error"]["code"]), (400, &json!(190)));
    running.advance(HOUR_MS - 1);
    assert_eq!(running.threads_me(&short).await.status, 200);
    running.advance(1);
    assert_eq!(running.threads_me(&short).await, dead());
    assert_eq!(running.lengthened(&short, &[]).await, dead());
    let mode = DeadToken::SessionExpired;
    running
        .simulator
        .set_settings(|settings| settings.threads.dead_token = mode);
    let expired = running.lengthened(&short, &[]).await;
    assert!(
        expired.body.contains("\"code\":190,\"error_subcode\":463"),
        "{expired:?}"
    );
    let long = running.long_lived().await;
    assert_eq!(
        running.lengthened(&long, &[]).await.status,
        400,
        "it is long-lived already"
    );
}

#[tokio::test]
async fn a_refresh_starts_the_60_days_anew() {
    let running = Running::agreeing().await;
    let old = running.long_lived().await;
    running.advance(24 * HOUR_MS);
    let refreshed = running.refreshed(&old).await;
    let new = access_token(&refreshed);
    assert_eq!(parsed(&refreshed)["expires_in"], 5_183_944);
    assert_ne!(new, old);
    assert_eq!(running.simulator.refresh_count(Platform::Threads, "ann"), 1);
    assert_eq!(running.threads_me(&old).await.status, 200, "it lives on");
    running.advance(LIFE_MS - 1);
    assert_eq!(running.threads_me(&old).await, dead());
    assert_eq!(running.threads_me(&new).await.status, 200);
    running.advance(1);
    assert_eq!(running.refreshed(&new).await, dead());
    assert_eq!(running.simulator.refresh_count(Platform::Threads, "ann"), 1);
}

#[tokio::test]
async fn a_token_younger_than_a_day_is_refused_or_keeps_its_end() {
    let running = Running::agreeing().await;
    let long = running.long_lived().await;
    running.advance(24 * HOUR_MS - 1);
    let refused = running.refreshed(&long).await;
    let body = parsed(&refused);
    assert_eq!((refused.status, &body["error"]["code"]), (500, &json!(100)));
    let mode = YoungRefresh::RemainingLife;
    running
        .simulator
        .set_settings(|settings| settings.threads.oauth.young_refresh = mode);
    let refreshed = running.refreshed(&long).await;
    assert_eq!(parsed(&refreshed)["expires_in"], 5_183_944 - 86_400);
    let tokens = running.simulator.tokens(Platform::Threads, "ann");
    let end = tokens.last().and_then(|token| token.expires_at_ms);
    assert!(
        end.is_some_and(|end| START_MS + LIFE_MS - end < 1_000),
        "{end:?}"
    );
}

#[tokio::test]
async fn the_old_token_can_end_with_its_refresh() {
    let running = Running::agreeing().await;
    running
        .simulator
        .set_settings(|settings| settings.threads.oauth.refresh_ends_old_token = true);
    let old = running.long_lived().await;
    running.advance(25 * HOUR_MS);
    let new = access_token(&running.refreshed(&old).await);
    assert_eq!(running.threads_me(&old).await, dead());
    assert_eq!(running.threads_me(&new).await.status, 200);
}

#[tokio::test]
async fn a_pasted_token_can_be_refreshed_like_a_long_lived_one() {
    let running = Running::start().await;
    running.advance(25 * HOUR_MS);
    let new = access_token(&running.refreshed("threads-token").await);
    assert_eq!(running.threads_me(&new).await.status, 200);
    let kinds: Vec<_> = running.simulator.tokens(Platform::Threads, "ann");
    let kinds: Vec<_> = kinds.iter().map(|token| token.kind).collect();
    assert_eq!(kinds, [TokenKind::Static, TokenKind::LongLived]);
}

#[tokio::test]
async fn scopes_belong_to_the_token_and_not_to_the_account() {
    let running = Running::agreeing().await;
    let window = threads_window(&[("scope", "threads_basic")]);
    let sent_to = running.sent_to(running.browse(&window)).await;
    let code = &params(&sent_to)["code"];
    let token = access_token(&running.threads_exchange(code, &[]).await);
    assert_eq!(running.threads_me(&token).await.status, 200);
    let create = |token: &str| {
        let form = [
            ("media_type", "TEXT"),
            ("text", "hi"),
            ("access_token", token),
        ];
        running
            .http
            .post(format!("{}/me/threads", running.base))
            .form(&form)
    };
    let refused = got(create(&token)).await;
    assert!(
        refused.body.contains("does not have permission"),
        "{refused:?}"
    );
    assert_eq!(got(create("threads-token")).await.status, 200);
}

#[tokio::test]
async fn an_app_gets_a_token_of_its_own_that_is_no_users() {
    let running = Running::start().await;
    let ask = |secret: &str| {
        let query = format!("client_id={THREADS_APP_ID}&client_secret={secret}");
        running.browse(&format!(
            "/oauth/access_token?{query}&grant_type=client_credentials"
        ))
    };
    let given = got(ask(THREADS_APP_SECRET)).await;
    let token = access_token(&given);
    assert!(
        token.starts_with(&format!("TH|{THREADS_APP_ID}|")),
        "{token}"
    );
    let body = format!("{{\"access_token\":\"{token}\",\"token_type\":\"bearer\"}}");
    assert_eq!(given, answered(200, &body));
    assert_eq!(running.threads_me(&token).await, dead());
    assert_eq!(got(ask("wrong")).await.status, 400);
}

#[tokio::test]
async fn a_token_can_be_looked_into() {
    let running = Running::agreeing().await;
    let long = running.long_lived().await;
    let look = async |asker: &str, input: &str| {
        let path = format!("/v1.0/debug_token?access_token={asker}&input_token={input}");
        got(running.browse(&path)).await
    };
    let start = START_MS / 1_000;
    let body = format!(
        "{{\"data\":{{\"type\":\"USER\",\"application\":\"DualPosts\",\"data_access_expires_at\":{},\
         \"expires_at\":{},\"is_valid\":true,\"issued_at\":{start},\
         \"scopes\":[\"threads_basic\",\"threads_content_publish\"],\"user_id\":\"{}\"}}}}",
        start + 7_776_000,
        start + 5_183_944,
        running.threads.remote_user_id,
    );
    assert_eq!(look(&long, &long).await, answered(200, &body));
    let unknown = look(&long, "nonsense").await;
    assert_eq!(
        unknown,
        answered(200, "{\"data\":{\"is_valid\":false,\"scopes\":[]}}")
    );
    assert_eq!(look("nonsense", &long).await, dead());
    running.simulator.expire_tokens(Platform::Threads, "ann");
    running
        .simulator
        .add_account(NewAccount::new(Platform::Threads, "bob", "bob-token"));
    let expired = parsed(&look("bob-token", &long).await);
    assert_eq!(expired["data"]["is_valid"], false);
}
