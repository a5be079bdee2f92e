//! The Backend API's client against recorded answers (clerk.md 7.2).

use std::time::Duration;

use clerk::backend::{Client, ExternalAccount, Failure, Meaning, OAuthToken};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;

use crate::server::{Canned, Server, answer, json};
use crate::{SECRET_KEY, http, secret_key};

const X: &str = r#"{"object":"oauth_access_token","external_account_id":"eac_x1","provider_user_id":"2244994945","token":"X_AT_1","expires_at":1795430191000,"provider":"oauth_x","public_metadata":{},"label":null,"scopes":["tweet.read","tweet.write","users.read","offline.access"]}"#;
const THREADS: &str = r#"{"object":"oauth_access_token","external_account_id":"eac_t1","provider_user_id":"17841405793187218","token":"THQ_SHORT_1","expires_at":null,"provider":"oauth_custom_threads","public_metadata":{},"label":null,"scopes":["threads_basic,threads_content_publish"]}"#;

fn client(server: &Server) -> Client {
    Client::new(http(), &server.url, secret_key())
}

async fn tokens_of(body: &str) -> Result<Vec<OAuthToken>, Failure> {
    let server = Server::start(vec![json(200, body)]).await;
    client(&server).oauth_tokens("user_1", "x").await
}

async fn failure_of(canned: Canned) -> Failure {
    let server = Server::start(vec![canned]).await;
    let failure = client(&server).oauth_tokens("user_1", "x").await;
    let failure = failure.map(|tokens| tokens.len()).unwrap_err();
    assert_eq!(server.requests().len(), 1, "nothing is repeated");
    failure
}

#[tokio::test]
async fn a_token_request_names_the_provider_the_version_and_the_key() {
    for provider in ["custom_threads", "oauth_custom_threads"] {
        let page = format!(r#"{{"data":[{THREADS}],"total_count":1}}"#);
        let server = Server::start(vec![json(200, &page)]).await;
        let tokens = client(&server).oauth_tokens("user_1", provider).await;
        assert_eq!(tokens.unwrap().len(), 1);
        let request = server.request();
        assert_eq!(
            request.target(),
            "GET /v1/users/user_1/oauth_access_tokens/oauth_custom_threads"
        );
        assert!(
            request
                .query()
                .contains(&("paginated".into(), "true".into()))
        );
        assert_eq!(request.header("clerk-api-version"), Some("2026-05-12"));
        let bearer = format!("Bearer {SECRET_KEY}");
        assert_eq!(request.header("authorization"), Some(&*bearer));
    }
}

#[tokio::test]
async fn both_shapes_of_a_token_list_are_read() {
    for body in [
        format!(r#"{{"data":[{X},{THREADS}],"total_count":2}}"#),
        format!("[{X},{THREADS}]"),
    ] {
        let tokens = tokens_of(&body).await.unwrap();
        let [x, threads] = &tokens[..] else {
            panic!("{} tokens", tokens.len());
        };
        assert_eq!(x.external_account_id, "eac_x1");
        assert_eq!(x.provider_user_id, "2244994945");
        assert_eq!(x.token.expose_secret(), "X_AT_1");
        assert_eq!(x.expires_at_ms, Some(1_795_430_191_000));
        assert_eq!(x.scopes.len(), 4);
        assert_eq!(threads.expires_at_ms, None);
        assert_eq!(threads.scopes, ["threads_basic", "threads_content_publish"]);
    }
}

#[tokio::test]
async fn an_account_that_is_not_connected_has_no_tokens() {
    let page = tokens_of(r#"{"data":[],"total_count":0}"#).await;
    assert!(page.unwrap().is_empty());
    assert!(tokens_of("[]").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_clerk_may_leave_out_may_be_missing() {
    let bare = r#"[{"external_account_id":"eac_1","provider_user_id":"1","token":"T"}]"#;
    let token = tokens_of(bare).await.unwrap().remove(0);
    assert_eq!(token.expires_at_ms, None);
    assert!(token.scopes.is_empty());
    let seconds = X.replace("1795430191000", "1795430191");
    let token = tokens_of(&format!("[{seconds}]")).await.unwrap().remove(0);
    assert_eq!(token.expires_at_ms, Some(1_795_430_191_000));
}

#[tokio::test]
async fn an_answer_in_another_form_is_not_repeated_in_words() {
    let wrong = X.replace("1795430191000", r#""X_AT_1""#);
    for body in [
        format!("[{wrong}]"),
        r#"{"token":"X_AT_1"}"#.to_owned(),
        "\"X_AT_1\"".to_owned(),
        "X_AT_1".to_owned(),
    ] {
        let failure = failure_of(json(200, &body)).await;
        let unreadable = Meaning::Transient {
            reason: "unreadable",
        };
        assert_eq!(failure.meaning, unreadable, "{body}");
        assert!(!format!("{failure} {failure:?}").contains("X_AT_1"));
    }
}

#[tokio::test]
async fn tokens_are_not_printed() {
    let tokens = tokens_of(&format!("[{X}]")).await.unwrap();
    assert!(!format!("{tokens:?}").contains("X_AT_1"));
}

#[tokio::test]
async fn a_user_and_the_connected_accounts_are_read() {
    let body = r#"{"object":"user","id":"user_1","username":"ada","first_name":null,"image_url":"…","email_addresses":[],
      "external_accounts":[
        {"object":"external_account","id":"eac_t1","provider":"oauth_custom_threads","identification_id":"idn_t1","provider_user_id":"17841405793187218",
         "approved_scopes":"threads_basic,threads_content_publish","email_address":"","first_name":"","image_url":"","username":"ada","public_metadata":{},"label":null,
         "verification":{"object":"verification_oauth","status":"verified","strategy":"oauth_custom_threads","attempts":null,"expire_at":1795430191000}},
        {"object":"external_account","id":"eac_x1","provider":"oauth_x","provider_user_id":"2244994945","approved_scopes":"tweet.read tweet.write",
         "image_url":"https://img.example/1","username":"ada_x","verification":{"status":"unverified"}},
        {"object":"google_account","id":"idn_g1","external_account_id":"eac_g1","provider":"oauth_google","provider_user_id":"7","verification":null},
        {"object":"old_account","id":"idn_o1","provider":"oauth_old"},
        "nonsense"],
      "public_metadata":{},"created_at":1795426591000}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let user = client(&server).user("user_1").await.unwrap();
    assert_eq!(server.request().line, "GET /v1/users/user_1");
    assert_eq!(user.id, "user_1");
    assert_eq!(user.username.as_deref(), Some("ada"));
    let [threads, x, google] = &user.external_accounts[..] else {
        panic!("{user:?}");
    };
    assert_eq!(
        threads,
        &ExternalAccount {
            id: "eac_t1".to_owned(),
            provider: "custom_threads".to_owned(),
            provider_user_id: "17841405793187218".to_owned(),
            username: Some("ada".to_owned()),
            image_url: None,
            approved_scopes: vec![
                "threads_basic".to_owned(),
                "threads_content_publish".to_owned()
            ],
            verified: true,
        }
    );
    assert_eq!(x.provider, "x");
    assert_eq!(x.approved_scopes, ["tweet.read", "tweet.write"]);
    assert_eq!(x.image_url.as_deref(), Some("https://img.example/1"));
    assert!(!x.verified);
    assert_eq!((google.id.as_str(), google.verified), ("eac_g1", false));
}

#[tokio::test]
async fn a_user_that_is_gone_is_told_apart() {
    let body = r#"{"errors":[{"message":"not found","long_message":"No user was found with id user_9","code":"resource_not_found"}]}"#;
    let server = Server::start(vec![json(404, body)]).await;
    let failure = client(&server).user("user_9").await.unwrap_err();
    assert_eq!(failure.meaning, Meaning::UserGone);
    assert_eq!(
        failure.to_string(),
        "no such user, HTTP 404, resource_not_found: No user was found with id user_9"
    );
}

#[tokio::test]
async fn a_limit_is_kept_exactly() {
    let body = r#"{"errors":[{"message":"Too many requests","code":"too_many_requests"}]}"#;
    let failure = failure_of(answer(429, &[("retry-after", "7")], body)).await;
    assert_eq!(failure.meaning, Meaning::LimitedFor(Duration::from_secs(7)));
}

#[tokio::test]
async fn the_secret_key_is_not_printed_though_clerk_repeats_it() {
    let body = format!(
        r#"{{"errors":[{{"message":"bad key {SECRET_KEY}","code":"clerk_key_invalid"}}]}}"#
    );
    let failure = failure_of(json(401, &body)).await;
    assert_eq!(failure.meaning, Meaning::BadSecret);
    assert!(!format!("{failure} {failure:?}").contains(SECRET_KEY));
    assert_eq!(
        failure.evidence.message.as_deref(),
        Some("bad key [secret]")
    );
}

#[tokio::test]
async fn a_secret_key_that_fits_no_header_is_a_bad_one() {
    let client = Client::new(http(), "http://127.0.0.1:9", SecretString::from("sk\ntest"));
    let failure = client.user("user_1").await.unwrap_err();
    assert_eq!(failure.meaning, Meaning::BadSecret);
}

#[tokio::test]
async fn transport_troubles_are_transient() {
    let transient = |reason| Meaning::Transient { reason };
    let silent = failure_of(Canned::Silence).await;
    assert_eq!(silent.meaning, transient("no_answer"));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = Client::new(http(), &url, secret_key()).user("user_1").await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.meaning, transient("not_connected"));
    assert!(refused.evidence.message.unwrap().contains("refused"));
}

#[tokio::test]
async fn an_id_that_would_change_the_call_is_never_sent() {
    let server = Server::start(vec![]).await;
    for id in ["", ".", ".."] {
        let failure = client(&server).user(id).await.unwrap_err();
        assert_eq!(failure.meaning, Meaning::Config { reason: "address" });
    }
    assert!(server.requests().is_empty());
}
