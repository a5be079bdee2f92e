//! Threads: the requests (threads.md 2.3, 2.4, 10d).

use platforms::oauth::Refusal;
use platforms::threads::Client;
use platforms::threads::oauth::App;
use secrecy::ExposeSecret;

use super::{APP_SECRET, CODE, REDIRECT, assert_prints_no_secret, assert_silent, pair, secret};
use crate::server::{Server, json};
use crate::{NOW_MS, TOKEN, http, token};

fn client(server: &Server) -> Client {
    Client::new(http(), &server.url)
}

fn app() -> App {
    App {
        app_id: "990602627938098".to_owned(),
        app_secret: secret(APP_SECRET),
    }
}

#[tokio::test]
async fn a_code_is_exchanged_in_the_body_without_the_appendix_of_the_redirect() {
    for code in [CODE.to_owned(), format!("{CODE}#_")] {
        let body = r#"{"access_token":"THQVJ-short","user_id":27173231028946699}"#;
        let server = Server::start(vec![json(200, body)]).await;
        let bought = client(&server)
            .exchange_code(&app(), &secret(&code), REDIRECT, NOW_MS)
            .await
            .unwrap();
        assert_eq!(bought.token.expose_secret(), "THQVJ-short");
        assert_eq!(bought.user_id, "27173231028946699");
        assert_prints_no_secret(&bought, &["THQVJ-short"]);

        let request = server.request();
        assert_eq!(request.line, "POST /oauth/access_token");
        assert_eq!(request.header("authorization"), None);
        assert_eq!(
            request.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        let form = [
            pair("client_id", "990602627938098"),
            pair("client_secret", APP_SECRET),
            pair("grant_type", "authorization_code"),
            pair("redirect_uri", REDIRECT),
            pair("code", CODE),
        ];
        assert_eq!(request.form(), form);
    }
}

#[tokio::test]
async fn a_short_token_is_exchanged_as_documented() {
    let body = r#"{"access_token":"THQVJ-long","token_type":"bearer","expires_in":5183944}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let long = client(&server)
        .long_lived(&app(), &token(), NOW_MS)
        .await
        .unwrap();
    assert_eq!(long.token.expose_secret(), "THQVJ-long");
    assert_eq!(long.expires_at_ms, Some(NOW_MS + 5_183_944_000));
    assert_prints_no_secret(&long, &["THQVJ-long"]);

    let request = server.request();
    assert_eq!(request.target(), "GET /access_token");
    assert_eq!(request.header("authorization"), None);
    let query = [
        pair("grant_type", "th_exchange_token"),
        pair("client_secret", APP_SECRET),
        pair("access_token", TOKEN),
    ];
    assert_eq!(request.query(), query);
}

#[tokio::test]
async fn a_long_token_is_refreshed_without_the_apps_secret() {
    let body = r#"{"access_token":"THQVJ-2","token_type":"bearer","expires_in":5124548}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let long = client(&server).refresh(&token(), NOW_MS).await.unwrap();
    assert_eq!(long.token.expose_secret(), "THQVJ-2");
    assert_eq!(long.expires_at_ms, Some(NOW_MS + 5_124_548_000));

    let request = server.request();
    assert_eq!(request.target(), "GET /refresh_access_token");
    let query = [
        pair("grant_type", "th_refresh_token"),
        pair("access_token", TOKEN),
    ];
    assert_eq!(request.query(), query);
}

#[tokio::test]
async fn a_platform_that_repeats_the_request_does_not_bring_its_secrets_into_the_failure() {
    let quoted = format!(
        r#"{{"error":{{"message":"Bad request ?client_secret={APP_SECRET}&code={CODE}&access_token={TOKEN}","code":190,"fbtrace_id":"{CODE}{APP_SECRET}{TOKEN}"}}}}"#
    );
    let server = Server::start((0..3).map(|_| json(400, &quoted)).collect()).await;
    let client = client(&server);
    let code = secret(CODE);
    let exchanged = client.exchange_code(&app(), &code, REDIRECT, NOW_MS).await;
    let failure = exchanged.unwrap_err();
    assert_silent(&failure, &[APP_SECRET, CODE]);
    assert_eq!(failure.refusal, Refusal::CodeDead);
    let failure = client
        .long_lived(&app(), &token(), NOW_MS)
        .await
        .unwrap_err();
    assert_silent(&failure, &[APP_SECRET, TOKEN]);
    assert_eq!(failure.refusal, Refusal::GrantDead);
    let failure = client.refresh(&token(), NOW_MS).await.unwrap_err();
    assert_silent(&failure, &[TOKEN]);
    assert_eq!(failure.refusal, Refusal::GrantDead);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn an_app_does_not_print_its_secret() {
    assert_prints_no_secret(&app(), &[APP_SECRET]);
}
