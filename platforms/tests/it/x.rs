//! The X client's requests, and what it makes of the answers.

use platforms::x::NewPost;
use platforms::{LimitScope, Meaning, Profile, RemotePost, x};

use crate::server::{Server, answer, json};
use crate::{NOW_MS, TOKEN, http, token};

fn client(server: &Server) -> x::Client {
    x::Client::new(http(), &server.url)
}

fn text(text: &str) -> NewPost<'_> {
    NewPost {
        text,
        ..NewPost::default()
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[tokio::test]
async fn a_post_is_created_with_one_json_request() {
    let created =
        r#"{"data":{"id":"2101712260468977783","text":"hi","edit_history_tweet_ids":[""]}}"#;
    let server = Server::start(vec![answer(
        201,
        &[
            ("x-transaction-id", "t1"),
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "99"),
            ("x-rate-limit-reset", "1790000900"),
            ("x-app-limit-24hour-remaining", "9000"),
        ],
        created,
    )])
    .await;
    let answer = client(&server)
        .create_post(&token(), &text("hi \"<ü>\""), NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "2101712260468977783");
    assert_eq!(answer.http_status, 201);
    assert_eq!(answer.trace_id.as_deref(), Some("t1"));
    let scopes: Vec<LimitScope> = answer.windows.iter().map(|window| window.scope).collect();
    assert_eq!(scopes, [LimitScope::Account, LimitScope::App]);

    let request = server.request();
    assert_eq!(request.line, "POST /2/tweets");
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("user-agent"), Some("platforms-tests"));
    assert_eq!(request.body, r#"{"text":"hi \"<ü>\""}"#);
}

#[tokio::test]
async fn a_reply_names_its_parent_and_ids_may_be_numbers() {
    let server = Server::start(vec![json(200, r#"{"data":{"id":2101712260468977783}}"#)]).await;
    let reply = NewPost {
        reply_to: Some("17"),
        ..text("re")
    };
    let answer = client(&server)
        .create_post(&token(), &reply, NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "2101712260468977783");
    let body = r#"{"text":"re","reply":{"in_reply_to_tweet_id":"17"}}"#;
    assert_eq!(server.request().body, body);
}

#[tokio::test]
async fn the_timeline_is_asked_for_since_an_invented_id() {
    let server = Server::start(vec![json(200, r#"{"meta":{"result_count":0}}"#)]).await;
    let since_ms = 1_789_999_990_000;
    let answer = client(&server)
        .posts_since(&token(), "12/3", since_ms, NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, []);
    assert!(!answer.more);
    let request = server.request();
    assert_eq!(request.target(), "GET /2/users/12%2F3/tweets");
    let since_id = ((since_ms - 1_288_834_974_657) << 22).to_string();
    assert_eq!(
        request.query(),
        [
            pair("since_id", &since_id),
            pair("exclude", "retweets"),
            pair("max_results", "100"),
            pair(
                "tweet.fields",
                "attachments,created_at,entities,note_tweet,referenced_tweets"
            ),
        ]
    );
}

#[tokio::test]
async fn posts_are_read_in_both_vocabularies() {
    let old = r#"{"data":[
        {"id":"2101712260468977783","text":"a &amp; b https://t.co/x","created_at":"2026-09-20T16:37:00.000Z",
         "edit_history_tweet_ids":[""],
         "entities":{"urls":[{"start":8,"end":22,"url":"https://t.co/x","expanded_url":"https://example.com/?a=1&b=2","display_url":"example.com"}]},
         "referenced_tweets":[{"type":"quoted","id":"5"},{"type":"replied_to","id":"6"}]},
        {"id":"2101712260468977784","text":"cut…","note_tweet":{"text":"whole &lt;3 https://t.co/y","entities":{"urls":[{"url":"https://t.co/y","expanded_url":"http://example.org"}]}}}],
        "meta":{"result_count":2,"newest_id":"2","oldest_id":"1","next_token":"n"}}"#;
    let new = old
        .replace("note_tweet", "note_post")
        .replace("referenced_tweets", "referenced_posts")
        .replace("edit_history_tweet_ids", "edit_history_post_ids");
    for body in [old, &new] {
        let server = Server::start(vec![json(200, body)]).await;
        let answer = client(&server)
            .posts_since(&token(), "12", 0, NOW_MS)
            .await
            .unwrap();
        assert!(answer.more);
        let created_at_ms = (2_101_712_260_468_977_784_i64 >> 22) + 1_288_834_974_657;
        assert_eq!(
            answer.value,
            [
                RemotePost {
                    attached: Default::default(),
                    id: "2101712260468977783".to_owned(),
                    text: "a & b https://example.com/?a=1&b=2".to_owned(),
                    url: None,
                    created_at_ms: Some(1_789_922_220_000),
                    reply_to: Some("6".to_owned()),
                },
                RemotePost {
                    attached: Default::default(),
                    id: "2101712260468977784".to_owned(),
                    text: "whole <3 http://example.org".to_owned(),
                    url: None,
                    created_at_ms: Some(created_at_ms),
                    reply_to: None,
                },
            ]
        );
    }
}

#[tokio::test]
async fn a_timeline_that_says_neither_posts_nor_none_proves_nothing() {
    for body in [
        "{}",
        r#"{"meta":{}}"#,
        r#"{"meta":{"result_count":3}}"#,
        r#"{"data":"x"}"#,
    ] {
        let server = Server::start(vec![json(200, body)]).await;
        let failure = client(&server)
            .posts_since(&token(), "12", 0, NOW_MS)
            .await
            .unwrap_err();
        assert_eq!(failure.meaning, Meaning::Transient, "{body}");
    }
}

async fn premium(user: &str) -> Option<bool> {
    let body = format!(r#"{{"data":{{"id":"1","name":"A B","username":"ab"{user}}}}}"#);
    let server = Server::start(vec![json(200, &body)]).await;
    let answer = client(&server).profile(&token(), NOW_MS).await.unwrap();
    assert_eq!(server.request().target(), "GET /2/users/me");
    let is_premium = answer.value.is_premium;
    assert_eq!(
        answer.value,
        Profile {
            remote_user_id: "1".to_owned(),
            username: "ab".to_owned(),
            display_name: Some("A B".to_owned()),
            picture_url: None,
            is_premium,
        }
    );
    is_premium
}

#[tokio::test]
async fn the_profile_tells_whether_long_posts_are_allowed() {
    assert_eq!(premium("").await, None);
    assert_eq!(
        premium(r#","subscription_type":"None","verified_type":"none""#).await,
        Some(false)
    );
    assert_eq!(
        premium(r#","subscription_type":"PremiumPlus""#).await,
        Some(true)
    );
    assert_eq!(premium(r#","verified_type":"blue""#).await, Some(true));
    assert_eq!(premium(r#","verified_type":"none""#).await, None);
}

#[tokio::test]
async fn the_token_never_leaves_through_a_failure() {
    let body = format!(
        r#"{{"title":"{TOKEN}","detail":"bad token {TOKEN}!","type":"https://api.x.com/2/problems/{TOKEN}","status":400}}"#
    );
    let server = Server::start(vec![answer(400, &[("x-transaction-id", TOKEN)], &body)]).await;
    let failure = client(&server)
        .create_post(&token(), &text("a"), NOW_MS)
        .await
        .unwrap_err();
    for printed in [failure.to_string(), format!("{failure:?}")] {
        assert!(printed.contains("bad token [token]!"), "{printed}");
        assert!(!printed.contains("THQVJ"), "{printed}");
    }
    assert!(!format!("{:?}", client(&server)).contains("THQVJ"));
}
