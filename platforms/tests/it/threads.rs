//! The Threads client's requests, and what it makes of the answers.

use platforms::threads::{Client, ContainerStatus};
use platforms::{Attached, Meaning, Profile, RemotePost};

use crate::server::{Server, json};
use crate::{NOW_MS, TOKEN, http, token};

fn client(server: &Server) -> Client {
    Client::new(http(), &server.url)
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[tokio::test]
async fn a_container_is_created_with_the_text_in_the_body() {
    let server = Server::start(vec![json(200, r#"{"id":"18079098539304490"}"#)]).await;
    let answer = client(&server)
        .create_text_container(&token(), "27173231028946699", "a & b = ü\n#c", None, NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "18079098539304490");
    let request = server.request();
    assert_eq!(request.line, "POST /v1.0/27173231028946699/threads");
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let form = [pair("media_type", "TEXT"), pair("text", "a & b = ü\n#c")];
    assert_eq!(request.form(), form);
}

#[tokio::test]
async fn a_reply_names_its_parent_on_the_container() {
    let server = Server::start(vec![json(200, r#"{"id":18079098539304490}"#)]).await;
    let answer = client(&server)
        .create_text_container(&token(), "me", "re", Some("17"), NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "18079098539304490");
    let form = [
        pair("media_type", "TEXT"),
        pair("text", "re"),
        pair("reply_to_id", "17"),
    ];
    assert_eq!(server.request().form(), form);
}

#[tokio::test]
async fn a_container_is_published_by_its_id() {
    let server = Server::start(vec![json(200, r#"{"id":"18021615854650509"}"#)]).await;
    let answer = client(&server)
        .publish(&token(), "me", "18079098539304490", NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "18021615854650509");
    let request = server.request();
    assert_eq!(request.line, "POST /v1.0/me/threads_publish");
    assert_eq!(request.form(), [pair("creation_id", "18079098539304490")]);
}

#[tokio::test]
async fn an_error_in_a_yes_is_an_error() {
    let body =
        r#"{"error":{"message":"x","type":"OAuthException","code":24,"error_subcode":4279009}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let failure = client(&server)
        .publish(&token(), "me", "1", NOW_MS)
        .await
        .unwrap_err();
    assert_eq!(failure.meaning, Meaning::NotFound);
    assert_eq!(failure.evidence.code.as_deref(), Some("24/4279009"));
}

async fn status(body: &str) -> Result<ContainerStatus, Meaning> {
    let server = Server::start(vec![json(200, body)]).await;
    let answer = client(&server)
        .container_status(&token(), "180", NOW_MS)
        .await;
    let request = server.request();
    assert_eq!(request.target(), "GET /v1.0/180");
    assert_eq!(request.query(), [pair("fields", "id,status,error_message")]);
    answer
        .map(|answer| answer.value)
        .map_err(|failure| failure.meaning)
}

#[tokio::test]
async fn a_containers_status_is_read() {
    for (word, expected) in [
        ("IN_PROGRESS", ContainerStatus::InProgress),
        ("FINISHED", ContainerStatus::Finished),
        ("PUBLISHED", ContainerStatus::Published),
        ("EXPIRED", ContainerStatus::Expired),
        ("ERROR", ContainerStatus::Error("UNKNOWN".to_owned())),
    ] {
        let body = format!(r#"{{"status":"{word}","id":"180"}}"#);
        assert_eq!(status(&body).await, Ok(expected));
    }
    let body = r#"{"status":"ERROR","id":"180","error_message":"FAILED_DOWNLOADING_VIDEO"}"#;
    let reason = "FAILED_DOWNLOADING_VIDEO".to_owned();
    assert_eq!(status(body).await, Ok(ContainerStatus::Error(reason)));
    assert_eq!(
        status(r#"{"status":"ODD","id":"180"}"#).await,
        Err(Meaning::Transient)
    );
    assert_eq!(status(r#"{"id":"180"}"#).await, Err(Meaning::Transient));
}

#[tokio::test]
async fn a_permalink_may_be_missing() {
    let url = "https://www.threads.com/@u/post/DXYOXEPk5SM";
    let body = format!(r#"{{"id":"18","permalink":"{url}"}}"#);
    let server = Server::start(vec![json(200, &body), json(200, r#"{"id":"18"}"#)]).await;
    let client = client(&server);
    let found = client.permalink(&token(), "18", NOW_MS).await.unwrap();
    assert_eq!(found.value.as_deref(), Some(url));
    let missing = client.permalink(&token(), "18", NOW_MS).await.unwrap();
    assert_eq!(missing.value, None);
    for request in server.requests() {
        assert_eq!(request.target(), "GET /v1.0/18");
        assert_eq!(request.query(), [pair("fields", "id,permalink")]);
    }
}

#[tokio::test]
async fn the_profiles_posts_are_listed_without_reposts() {
    let body = r#"{"data":[
        {"id":"18021615854650509","text":"hello","media_type":"TEXT_POST","timestamp":"2026-04-21T03:24:04+0000","permalink":"https://www.threads.com/@u/post/DXYOXEPk5SM"},
        {"id":"18021615854650508","media_type":"REPOST_FACADE","timestamp":"2026-04-21T03:24:03+0000"},
        {"id":"18021615854650507","media_type":"IMAGE"}],
        "paging":{"cursors":{"before":"b","after":"a"}}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let answer = client(&server)
        .posts_since(&token(), 1_789_999_990_500, NOW_MS)
        .await
        .unwrap();
    assert!(!answer.more);
    assert_eq!(
        answer.value,
        [
            RemotePost {
                attached: Attached::Nothing,
                id: "18021615854650509".to_owned(),
                text: "hello".to_owned(),
                url: Some("https://www.threads.com/@u/post/DXYOXEPk5SM".to_owned()),
                created_at_ms: Some(1_776_741_844_000),
                reply_to: None,
            },
            RemotePost {
                attached: Attached::Image,
                id: "18021615854650507".to_owned(),
                text: String::new(),
                url: None,
                created_at_ms: None,
                reply_to: None,
            },
        ]
    );
    let request = server.request();
    assert_eq!(request.target(), "GET /v1.0/me/threads");
    assert_eq!(
        request.query(),
        [
            pair("fields", "id,text,media_type,timestamp,permalink"),
            pair("since", "1789999989"),
            pair("limit", "100"),
        ]
    );
}

#[tokio::test]
async fn the_profiles_replies_are_listed_with_their_parents() {
    let body = r#"{"data":[{"id":"2","text":"re","replied_to":{"id":"1"}}],"paging":{"next":"https://graph.threads.net/x"}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let answer = client(&server)
        .replies_since(&token(), 0, NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value[0].reply_to.as_deref(), Some("1"));
    assert!(answer.more);
    let request = server.request();
    assert_eq!(request.target(), "GET /v1.0/me/replies");
    let fields = pair(
        "fields",
        "id,text,media_type,timestamp,permalink,replied_to",
    );
    assert_eq!(request.query()[0], fields);
}

#[tokio::test]
async fn a_list_without_its_rows_proves_nothing() {
    let server = Server::start(vec![
        json(200, r#"{"paging":{}}"#),
        json(200, r#"{"data":[]}"#),
    ])
    .await;
    let client = client(&server);
    let failure = client.posts_since(&token(), 0, NOW_MS).await.unwrap_err();
    assert_eq!(failure.meaning, Meaning::Transient);
    let empty = client.posts_since(&token(), 0, NOW_MS).await.unwrap();
    assert_eq!(empty.value, []);
}

#[tokio::test]
async fn the_profile_is_read() {
    let body = r#"{"id":"27173231028946699","username":"ethan13917","name":"Ethan","threads_profile_picture_url":"https://cdn/x"}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let answer = client(&server).profile(&token(), NOW_MS).await.unwrap();
    assert_eq!(
        answer.value,
        Profile {
            remote_user_id: "27173231028946699".to_owned(),
            username: "ethan13917".to_owned(),
            display_name: Some("Ethan".to_owned()),
            picture_url: Some("https://cdn/x".to_owned()),
            is_premium: None,
        }
    );
    assert_eq!(server.request().target(), "GET /v1.0/me");
}

#[tokio::test]
async fn ids_that_would_change_the_address_are_not_sent() {
    let server = Server::start(vec![json(200, r#"{"id":"1"}"#)]).await;
    let client = client(&server);
    for id in ["", ".", ".."] {
        let failure = client.publish(&token(), id, "1", NOW_MS).await.unwrap_err();
        assert_eq!(failure.meaning, Meaning::NotDone);
    }
    client
        .publish(&token(), "a/b?c", "1", NOW_MS)
        .await
        .unwrap();
    assert_eq!(
        server.request().line,
        "POST /v1.0/a%2Fb%3Fc/threads_publish"
    );
}

#[tokio::test]
async fn the_token_never_leaves_through_a_failure() {
    let encoded = "THQVJ-token%2Fwith%2Bodd%3Dcharacters";
    let body = format!(
        r#"{{"error":{{"message":"Malformed access token {TOKEN} in ?access_token={encoded}","code":190,"fbtrace_id":"{TOKEN}"}}}}"#
    );
    let server = Server::start(vec![json(500, &body)]).await;
    let failure = client(&server).profile(&token(), NOW_MS).await.unwrap_err();
    assert_eq!(failure.meaning, Meaning::Unauthorized);
    for printed in [failure.to_string(), format!("{failure:?}")] {
        assert!(
            printed.contains("token [token] in ?access_token=[token]"),
            "{printed}"
        );
        assert!(!printed.contains("THQVJ"), "{printed}");
    }
}
