//! Every request of the X client against X's own OpenAPI document.
//!
//! The token calls are not in that document (x.md 6).

use std::collections::BTreeSet;

use bytes::Bytes;
use platforms::x::{CHUNK_BYTES, Client, MediaCategory, NewPost, Poll, PostOptions, ReplySettings};
use reqwest::multipart::Form;
use serde_json::{Value, json};

use super::published;
use crate::openapi::Spec;
use crate::server::{self, Request, Server};
use crate::{NOW_MS, http, token};

fn spec() -> Spec {
    // The older name still works and is not declared (x.md 2.7).
    Spec::new(published("x-openapi-2.173.json"), vec!["tweet.fields"])
}

async fn server() -> Server {
    // What the answers mean is of no interest here.
    let answers = (0..64).map(|_| server::json(200, r#"{"data":{"id":"1"}}"#));
    Server::start(answers.collect()).await
}

fn everything_at_once() -> PostOptions {
    PostOptions {
        reply_settings: Some(ReplySettings::MentionedUsers),
        quote: Some("18".to_owned()),
        poll: Some(poll()),
        community_id: Some("19".to_owned()),
        share_with_followers: Some(false),
        made_with_ai: true,
        paid_partnership: true,
        for_super_followers_only: true,
    }
}

fn poll() -> Poll {
    Poll {
        options: vec!["yes".to_owned(), "no".to_owned()],
        duration_minutes: 1440,
    }
}

fn one_by_one() -> Vec<PostOptions> {
    let none = PostOptions::default;
    let mut options: Vec<PostOptions> = [
        ReplySettings::Following,
        ReplySettings::MentionedUsers,
        ReplySettings::Subscribers,
        ReplySettings::Verified,
    ]
    .map(|settings| PostOptions {
        reply_settings: Some(settings),
        ..none()
    })
    .to_vec();
    let all = everything_at_once();
    options.push(PostOptions {
        quote: all.quote,
        ..none()
    });
    options.push(PostOptions {
        poll: all.poll,
        ..none()
    });
    options.push(PostOptions {
        community_id: all.community_id,
        ..none()
    });
    for share_with_followers in [Some(true), Some(false)] {
        options.push(PostOptions {
            share_with_followers,
            ..none()
        });
    }
    options.push(PostOptions {
        made_with_ai: true,
        ..none()
    });
    options.push(PostOptions {
        paid_partnership: true,
        ..none()
    });
    options.push(PostOptions {
        for_super_followers_only: true,
        ..none()
    });
    options
}

async fn create_posts(client: &Client) {
    let media: Vec<String> = (1..=4).map(|id: u64| (id << 61).to_string()).collect();
    let all = everything_at_once();
    let one_by_one = one_by_one();
    let text = NewPost {
        text: "hi",
        ..NewPost::default()
    };
    let mut posts = vec![
        text,
        NewPost {
            reply_to: Some("17"),
            ..text
        },
        NewPost {
            media_ids: &media,
            ..text
        },
        NewPost {
            media_ids: &media[..1],
            ..NewPost::default()
        },
        NewPost {
            text: "hi",
            reply_to: Some("17"),
            media_ids: &media,
            options: &all,
        },
    ];
    posts.extend(one_by_one.iter().map(|options| NewPost { options, ..text }));
    for post in &posts {
        let _ = client.create_post(&token(), post, NOW_MS).await;
    }
}

async fn upload(client: &Client) {
    let token = token();
    let png = || Bytes::from_static(b"\x89PNG\r\n\x1a\n--\xff\xfe");
    for (mime, category) in [
        ("image/png", MediaCategory::Image),
        ("image/gif", MediaCategory::Gif),
        ("video/mp4", MediaCategory::Video),
    ] {
        let _ = client
            .upload_image(&token, png(), mime, category, NOW_MS)
            .await;
        for bytes in [0, 1, 17_179_869_184] {
            let _ = client
                .initialize_upload(&token, mime, bytes, category, NOW_MS)
                .await;
        }
    }
    let chunk = Bytes::from(vec![0xff; CHUNK_BYTES]);
    for (index, bytes) in [(0, chunk), (9_999, png())] {
        let _ = client
            .append_upload(&token, "20", index, bytes, NOW_MS)
            .await;
    }
    let _ = client.finalize_upload(&token, "20", NOW_MS).await;
    let _ = client.upload_status(&token, "20", NOW_MS).await;
    let alt_text = "ü".repeat(1000);
    let _ = client.describe_media(&token, "20", &alt_text, NOW_MS).await;
}

async fn read_and_delete(client: &Client) {
    let token = token();
    let _ = client.read_post(&token, "17", NOW_MS).await;
    let _ = client.delete_post(&token, "17", NOW_MS).await;
    let _ = client.posts_since(&token, "12", 0, NOW_MS).await;
    let _ = client.profile(&token, NOW_MS).await;
}

#[tokio::test]
async fn x_declares_everything_that_is_sent() {
    let spec = spec();
    let server = server().await;
    let client = Client::new(http(), &server.url);
    create_posts(&client).await;
    upload(&client).await;
    read_and_delete(&client).await;

    let mut operations = BTreeSet::new();
    for request in server.requests() {
        let checked = spec.check(&request);
        let operation = checked.unwrap_or_else(|why| panic!("{}: {why}", request.line));
        operations.insert(operation);
    }
    let expected = [
        "DELETE /2/tweets/{id}",
        "GET /2/media/upload",
        "GET /2/tweets/{id}",
        "GET /2/users/me",
        "GET /2/users/{id}/tweets",
        "POST /2/media/metadata",
        "POST /2/media/upload",
        "POST /2/media/upload/initialize",
        "POST /2/media/upload/{id}/append",
        "POST /2/media/upload/{id}/finalize",
        "POST /2/tweets",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
}

async fn sent(send: impl AsyncFnOnce(&Client)) -> Request {
    let server = server().await;
    send(&Client::new(http(), &server.url)).await;
    server.request()
}

fn refused(request: &Request, because_of: &str) {
    let why = spec().check(request).unwrap_err();
    assert!(why.contains(because_of), "{why}");
}

#[tokio::test]
async fn a_key_that_x_does_not_declare_is_noticed() {
    let media = ["1".to_owned()];
    let post = NewPost {
        media_ids: &media,
        ..NewPost::default()
    };
    let request = sent(async |client| {
        let _ = client.create_post(&token(), &post, NOW_MS).await;
    })
    .await;
    spec().check(&request).unwrap();
    let with = |pointer: &str, key: &str, value: Value| {
        let mut body: Value = serde_json::from_slice(&request.bytes).unwrap();
        body.pointer_mut(pointer).unwrap()[key] = value;
        Request {
            bytes: body.to_string().into_bytes(),
            ..request.clone()
        }
    };
    refused(
        &with("", "possibly_sensitive", json!(true)),
        "possibly_sensitive",
    );
    refused(&with("/media", "alt_text", json!("x")), "alt_text");
    refused(&with("", "reply_settings", json!("everyone")), "everyone");
    refused(&with("/media", "media_ids", json!(["7_1"])), "7_1");
    refused(&with("", "text", json!(1)), "string");
}

#[tokio::test]
async fn a_parameter_that_x_does_not_declare_is_noticed() {
    let request = sent(async |client| {
        let _ = client.upload_status(&token(), "20", NOW_MS).await;
    })
    .await;
    spec().check(&request).unwrap();
    let to = |line: &str| Request {
        line: line.to_owned(),
        ..request.clone()
    };
    refused(
        &to("GET /2/media/upload?media_id=20&undeclared=1"),
        "undeclared",
    );
    refused(&to("GET /2/media/upload?command=STATUS"), "media_id");
    refused(&to("GET /2/media/upload?media_id=20&command=INIT"), "INIT");
    refused(&to("GET /2/media/upload?media_id=3_20"), "3_20");
    refused(&to("GET /2/tweets/abc"), "abc");
    refused(&to("PATCH /2/tweets/1"), "no operation");
    refused(&to("GET /2/nowhere"), "no operation");
}

#[tokio::test]
async fn a_part_that_x_does_not_declare_is_noticed() {
    let file = || reqwest::multipart::Part::bytes(vec![0xff]).file_name("f");
    let file = || file().mime_str("image/png").unwrap();
    let text = |text: &'static str| reqwest::multipart::Part::text(text);
    for (path, parts, because_of) in [
        (
            "/2/media/upload",
            vec![
                ("media", file()),
                ("media_category", text("tweet_image")),
                ("media_type", text("image/png")),
            ],
            "media_type",
        ),
        ("/2/media/upload", vec![("media", file())], "media_category"),
        (
            "/2/media/upload",
            vec![("media", file()), ("media_category", text("TweetImage"))],
            "TweetImage",
        ),
        (
            "/2/media/upload",
            vec![
                ("media", text("x")),
                ("media_category", text("tweet_image")),
            ],
            "not sent as a file",
        ),
        (
            "/2/media/upload/20/append",
            vec![("media", file()), ("segment_index", text("one"))],
            "segment_index",
        ),
        (
            "/2/media/upload/20/append",
            vec![("media", file()), ("segment_index", text("10000"))],
            "10000",
        ),
    ] {
        let server = server().await;
        let form = parts
            .into_iter()
            .fold(Form::new(), |form, (name, part)| form.part(name, part));
        let url = format!("{}{path}", server.url);
        http().post(url).multipart(form).send().await.unwrap();
        refused(&server.request(), because_of);
    }
}
