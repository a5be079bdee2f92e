//! X: the requests (x.md 1.1).

use platforms::oauth::Refusal;
use platforms::x::Client;
use platforms::x::oauth::{App, TokenKind};
use secrecy::ExposeSecret;

use super::{
    APP_SECRET, CODE, REDIRECT, VERIFIER, assert_prints_no_secret, assert_silent, pair, secret,
};
use crate::server::{Server, json};
use crate::{NOW_MS, TOKEN, http, token};

const CLIENT_ID: &str = "ckJFMEhBUEtBZFlCbjpjaQ";
/// Base64 of id, colon and secret.
const BASIC: &str = "Y2tKRk1FaEJVRXRCWkZsQ2JqcGphUTphcHAtc2VjcmV0L3dpdGgrb2RkPWNoYXJhY3RlcnN8";
const YES: &str = r#"{"token_type":"bearer","expires_in":7200,"access_token":"X-access","scope":"tweet.read offline.access","refresh_token":"X-refresh"}"#;

fn client(server: &Server) -> Client {
    Client::new(http(), &server.url)
}

fn confidential() -> App {
    App {
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(secret(APP_SECRET)),
    }
}

fn public() -> App {
    App {
        client_secret: None,
        ..confidential()
    }
}

#[tokio::test]
async fn a_confidential_client_names_itself_in_the_header_alone() {
    let server = Server::start(vec![json(200, YES)]).await;
    let pair_of_tokens = client(&server)
        .exchange_code(
            &confidential(),
            &secret(CODE),
            REDIRECT,
            &secret(VERIFIER),
            NOW_MS,
        )
        .await
        .unwrap();
    assert_eq!(pair_of_tokens.access.expose_secret(), "X-access");
    assert_eq!(pair_of_tokens.expires_at_ms, Some(NOW_MS + 7_200_000));
    assert_eq!(pair_of_tokens.scopes, ["tweet.read", "offline.access"]);
    assert_prints_no_secret(&pair_of_tokens, &["X-access", "X-refresh"]);
    assert_eq!(pair_of_tokens.refresh.unwrap().expose_secret(), "X-refresh");

    let request = server.request();
    assert_eq!(request.line, "POST /2/oauth2/token");
    let basic = format!("Basic {BASIC}");
    assert_eq!(request.header("authorization"), Some(basic.as_str()));
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let form = [
        pair("grant_type", "authorization_code"),
        pair("code", CODE),
        pair("redirect_uri", REDIRECT),
        pair("code_verifier", VERIFIER),
    ];
    assert_eq!(request.form(), form);
}

#[tokio::test]
async fn a_public_client_names_itself_in_the_form_alone() {
    let server = Server::start(vec![json(200, YES)]).await;
    client(&server)
        .exchange_code(
            &public(),
            &secret(CODE),
            REDIRECT,
            &secret(VERIFIER),
            NOW_MS,
        )
        .await
        .unwrap();
    let request = server.request();
    assert_eq!(request.line, "POST /2/oauth2/token");
    assert_eq!(request.header("authorization"), None);
    let form = [
        pair("grant_type", "authorization_code"),
        pair("code", CODE),
        pair("redirect_uri", REDIRECT),
        pair("code_verifier", VERIFIER),
        pair("client_id", CLIENT_ID),
    ];
    assert_eq!(request.form(), form);
}

#[tokio::test]
async fn a_refresh_sends_the_refresh_token_in_the_form() {
    let silent = r#"{"token_type":"bearer","access_token":"X-access"}"#;
    let server = Server::start(vec![json(200, YES), json(200, silent)]).await;
    let client = client(&server);
    let new = client.refresh(&confidential(), &token(), NOW_MS).await;
    assert_eq!(new.unwrap().refresh.unwrap().expose_secret(), "X-refresh");
    let new = client.refresh(&public(), &token(), NOW_MS).await.unwrap();
    assert!(new.refresh.is_none());

    let [with_secret, without] = server.requests().try_into().unwrap();
    let form = [
        pair("grant_type", "refresh_token"),
        pair("refresh_token", TOKEN),
    ];
    assert_eq!(with_secret.line, "POST /2/oauth2/token");
    assert!(with_secret.header("authorization").is_some());
    assert_eq!(with_secret.form(), form);
    assert_eq!(without.header("authorization"), None);
    let form = [&form[..], &[pair("client_id", CLIENT_ID)]].concat();
    assert_eq!(without.form(), form);
}

#[tokio::test]
async fn a_revocation_names_the_token_and_its_kind() {
    for (kind, hint) in [
        (TokenKind::Access, "access_token"),
        (TokenKind::Refresh, "refresh_token"),
    ] {
        let server = Server::start(vec![json(200, r#"{"revoked":true}"#)]).await;
        client(&server)
            .revoke(&confidential(), &token(), kind, NOW_MS)
            .await
            .unwrap();
        let request = server.request();
        assert_eq!(request.line, "POST /2/oauth2/revoke");
        assert!(request.header("authorization").is_some());
        let form = [pair("token", TOKEN), pair("token_type_hint", hint)];
        assert_eq!(request.form(), form);
    }
}

#[tokio::test]
async fn a_platform_that_repeats_the_request_does_not_bring_its_secrets_into_the_failure() {
    let all = format!("{CODE} {VERIFIER} {TOKEN} {APP_SECRET} {BASIC}");
    let quoted = format!(
        r#"{{"error":"invalid_request","error_description":"Missing required parameter of {all}","errors":[{{"message":"{all}"}}]}}"#
    );
    let server = Server::start((0..3).map(|_| json(400, &quoted)).collect()).await;
    let client = client(&server);
    let app = confidential();
    let (code, verifier) = (secret(CODE), secret(VERIFIER));
    let exchanged = client
        .exchange_code(&app, &code, REDIRECT, &verifier, NOW_MS)
        .await;
    let failure = exchanged.unwrap_err();
    assert_silent(&failure, &[CODE, VERIFIER, APP_SECRET, BASIC]);
    assert_eq!(failure.refusal, Refusal::Rejected);
    let refreshed = client.refresh(&app, &token(), NOW_MS).await;
    assert_silent(&refreshed.unwrap_err(), &[TOKEN, APP_SECRET, BASIC]);
    let revoked = client
        .revoke(&app, &token(), TokenKind::Refresh, NOW_MS)
        .await;
    assert_silent(&revoked.unwrap_err(), &[TOKEN, APP_SECRET, BASIC]);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn an_app_does_not_print_its_secret() {
    assert_prints_no_secret(&confidential(), &[APP_SECRET]);
}
