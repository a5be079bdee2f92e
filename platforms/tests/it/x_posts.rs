//! Posts on X with everything in them, and single posts read and deleted.

use platforms::x::{self, NewPost, Poll, PostOptions, ReplySettings};
use platforms::{Deletion, Meaning, RemotePost};
use serde_json::{Value, json};

use crate::server::{self, Server};
use crate::{NOW_MS, http, token};

const GONE: &str = r#"{"errors":[{"resource_id":"456","resource_type":"tweet","parameter":"id","value":"456","title":"Not Found Error","detail":"Could not find tweet with id: [456].","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;

fn client(server: &Server) -> x::Client {
    x::Client::new(http(), &server.url)
}

async fn body_of(post: NewPost<'_>) -> Value {
    let created = r#"{"data":{"id":"1"}}"#;
    let server = Server::start(vec![server::json(201, created)]).await;
    client(&server)
        .create_post(&token(), &post, NOW_MS)
        .await
        .unwrap();
    serde_json::from_str(&server.request().body).unwrap()
}

#[tokio::test]
async fn everything_that_is_set_is_sent() {
    let media_ids = ["11".to_owned(), "12".to_owned()];
    let options = PostOptions {
        reply_settings: Some(ReplySettings::MentionedUsers),
        quote: Some("18".to_owned()),
        poll: Some(Poll {
            options: vec!["yes".to_owned(), "no".to_owned()],
            duration_minutes: 60,
        }),
        community_id: Some("19".to_owned()),
        share_with_followers: Some(false),
        made_with_ai: true,
        paid_partnership: true,
        for_super_followers_only: true,
    };
    let post = NewPost {
        text: "hi",
        reply_to: Some("17"),
        media_ids: &media_ids,
        options: &options,
    };
    assert_eq!(
        body_of(post).await,
        json!({
            "text": "hi",
            "reply": { "in_reply_to_tweet_id": "17" },
            "media": { "media_ids": ["11", "12"] },
            "poll": { "options": ["yes", "no"], "duration_minutes": 60 },
            "quote_tweet_id": "18",
            "reply_settings": "mentionedUsers",
            "community_id": "19",
            "share_with_followers": false,
            "made_with_ai": true,
            "paid_partnership": true,
            "for_super_followers_only": true,
        })
    );
}

#[tokio::test]
async fn a_text_may_be_missing_beside_media_alone() {
    let media_ids = ["11".to_owned()];
    let media = NewPost {
        media_ids: &media_ids,
        ..NewPost::default()
    };
    let expected = json!({ "media": { "media_ids": ["11"] } });
    assert_eq!(body_of(media).await, expected);
    assert_eq!(body_of(NewPost::default()).await, json!({ "text": "" }));
}

async fn delete(status: u16, body: &str) -> Result<Deletion, Meaning> {
    let server = Server::start(vec![server::json(status, body)]).await;
    let answer = client(&server).delete_post(&token(), "456", NOW_MS).await;
    let request = server.request();
    assert_eq!(request.line, "DELETE /2/tweets/456");
    assert_eq!(request.body, "");
    match answer {
        Ok(answer) => {
            assert_eq!(answer.http_status, status);
            Ok(answer.value)
        }
        Err(failure) => Err(failure.meaning),
    }
}

#[tokio::test]
async fn a_post_is_deleted_or_was_gone() {
    let said = |deleted: bool| format!(r#"{{"data":{{"deleted":{deleted}}}}}"#);
    assert_eq!(delete(200, &said(true)).await, Ok(Deletion::Deleted));
    assert_eq!(delete(200, &said(false)).await, Ok(Deletion::WasGone));
    assert_eq!(delete(200, GONE).await, Ok(Deletion::WasGone));
    assert_eq!(delete(404, GONE).await, Ok(Deletion::WasGone));
}

#[tokio::test]
async fn an_answer_that_does_not_say_so_is_no_proof_that_a_post_is_gone() {
    assert_eq!(delete(404, "<html>").await, Err(Meaning::NotFound));
    assert_eq!(delete(200, "{}").await, Err(Meaning::Transient));
    assert_eq!(delete(503, "").await, Err(Meaning::Transient));
}

async fn read(status: u16, body: &str) -> Result<Option<RemotePost>, Meaning> {
    let server = Server::start(vec![server::json(status, body)]).await;
    let answer = client(&server).read_post(&token(), "456", NOW_MS).await;
    let request = server.request();
    assert_eq!(request.target(), "GET /2/tweets/456");
    let fields = "attachments,created_at,entities,note_tweet,referenced_tweets".to_owned();
    assert_eq!(request.query(), [("tweet.fields".to_owned(), fields)]);
    answer
        .map(|answer| answer.value)
        .map_err(|failure| failure.meaning)
}

#[tokio::test]
async fn one_post_is_read_as_those_of_a_timeline() {
    let body = r#"{"data":{"id":"456","text":"a &amp; b","created_at":"2026-09-20T16:37:00.000Z","referenced_tweets":[{"type":"replied_to","id":"6"}]}}"#;
    let expected = RemotePost {
        attached: Default::default(),
        id: "456".to_owned(),
        text: "a & b".to_owned(),
        url: None,
        created_at_ms: Some(1_789_922_220_000),
        reply_to: Some("6".to_owned()),
    };
    assert_eq!(read(200, body).await, Ok(Some(expected)));
}

#[tokio::test]
async fn a_post_is_missing_only_where_x_says_so() {
    assert_eq!(read(200, GONE).await, Ok(None));
    assert_eq!(read(404, "").await, Err(Meaning::NotFound));
    assert_eq!(read(200, "{}").await, Err(Meaning::Transient));
    assert_eq!(read(401, "").await, Err(Meaning::Unauthorized));
}
