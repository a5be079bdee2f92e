//! Containers of every kind on Threads, single posts, and the quota.

use platforms::threads::{
    Client, ContainerKind, ContainerOptions, Gif, ItemKind, NewContainer, PublishingLimit,
    ReplyControl, ReplyLimit, Styling, TextAttachment, TextSpan, TextStyle,
};
use platforms::{Attached, Deletion, Meaning, RemotePost};
use serde_json::{Value, json};

use crate::server::{self, Server};
use crate::{NOW_MS, http, token};

const GONE: &str = r#"{"error":{"message":"Unsupported get request. Object with ID '2' does not exist, cannot be loaded due to missing permissions, or does not support this operation","type":"THApiException","code":100,"error_subcode":33,"fbtrace_id":"A"}}"#;
const NOT_KNOWN_YET: &str = r#"{"error":{"message":"The requested resource does not exist","type":"OAuthException","code":24,"error_subcode":4279009,"is_transient":false}}"#;

fn client(server: &Server) -> Client {
    Client::new(http(), &server.url)
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    pairs.map(owned).to_vec()
}

async fn created() -> Server {
    Server::start(vec![server::json(200, r#"{"id":"18079098539304490"}"#)]).await
}

async fn form_of(container: NewContainer<'_>) -> Vec<(String, String)> {
    let server = created().await;
    let answer = client(&server)
        .create_container(&token(), "me", &container, NOW_MS)
        .await
        .unwrap();
    assert_eq!(answer.value, "18079098539304490");
    let request = server.request();
    assert_eq!(request.line, "POST /v1.0/me/threads");
    request.form()
}

fn of(kind: ContainerKind<'_>) -> NewContainer<'_> {
    NewContainer {
        kind,
        ..NewContainer::default()
    }
}

#[tokio::test]
async fn a_container_of_each_kind_says_what_it_is_made_of() {
    let url = "https://media.example/1?signature=a%2Bb&x=1";
    let form = form_of(of(ContainerKind::Image { url })).await;
    assert_eq!(form, pairs([("media_type", "IMAGE"), ("image_url", url)]));
    let form = form_of(of(ContainerKind::Video { url })).await;
    assert_eq!(form, pairs([("media_type", "VIDEO"), ("video_url", url)]));
    let children = ["1".to_owned(), "2".to_owned()];
    let carousel = ContainerKind::Carousel {
        children: &children,
    };
    let form = form_of(of(carousel)).await;
    let expected = pairs([("media_type", "CAROUSEL"), ("children", "1,2")]);
    assert_eq!(form, expected);
    let words = NewContainer {
        text: Some("hi"),
        reply_to: Some("17"),
        alt_text: Some("a cat"),
        ..of(ContainerKind::Image { url })
    };
    let expected = pairs([
        ("media_type", "IMAGE"),
        ("image_url", url),
        ("text", "hi"),
        ("reply_to_id", "17"),
        ("alt_text", "a cat"),
    ]);
    assert_eq!(form_of(words).await, expected);
}

#[tokio::test]
async fn an_item_of_a_carousel_says_that_it_is_one() {
    for (item, alt_text, expected) in [
        (
            ItemKind::Image { url: "https://a/1" },
            Some("a cat"),
            vec![
                ("media_type", "IMAGE"),
                ("image_url", "https://a/1"),
                ("is_carousel_item", "true"),
                ("alt_text", "a cat"),
            ],
        ),
        (
            ItemKind::Video { url: "https://a/2" },
            None,
            vec![
                ("media_type", "VIDEO"),
                ("video_url", "https://a/2"),
                ("is_carousel_item", "true"),
            ],
        ),
    ] {
        let server = created().await;
        let answer = client(&server)
            .create_carousel_item(&token(), "me", item, alt_text, NOW_MS)
            .await
            .unwrap();
        assert_eq!(answer.value, "18079098539304490");
        let form = server.request().form();
        let sent: Vec<(&str, &str)> = form
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(sent, expected);
    }
}

fn everything() -> ContainerOptions {
    ContainerOptions {
        reply_control: Some(ReplyControl::ParentPostAuthorOnly),
        topic_tag: Some("tea".to_owned()),
        link_attachment: Some("https://example.com/".to_owned()),
        quote_post_id: Some("18".to_owned()),
        poll: Some(vec!["yes".to_owned(), "no".to_owned(), "\"?\"".to_owned()]),
        spoiler_media: true,
        text_spoilers: vec![TextSpan {
            offset: 3,
            length: 4,
        }],
        text_attachment: Some(TextAttachment {
            plaintext: "long".to_owned(),
            link_attachment_url: Some("https://example.org/".to_owned()),
            styling: vec![Styling {
                offset: 0,
                length: 2,
                styling_info: vec![TextStyle::Bold, TextStyle::Strikethrough],
            }],
        }),
        gif: Some(Gif {
            id: "16".to_owned(),
        }),
        ghost: true,
        location_id: Some("19".to_owned()),
        allowlisted_country_codes: vec!["US".to_owned(), "CA".to_owned()],
        enable_reply_approvals: true,
        crossreshare_to_ig: true,
        crossreshare_to_ig_dark_mode: true,
    }
}

#[tokio::test]
async fn every_option_is_sent_under_the_platforms_name() {
    let options = everything();
    let container = NewContainer {
        options: &options,
        ..NewContainer::default()
    };
    let form = form_of(container).await;
    let (attachments, words): (Vec<_>, Vec<_>) = form
        .into_iter()
        .partition(|(_, value)| value.starts_with(['{', '[']));
    assert_eq!(
        words,
        pairs([
            ("media_type", "TEXT"),
            ("reply_control", "parent_post_author_only"),
            ("topic_tag", "tea"),
            ("link_attachment", "https://example.com/"),
            ("quote_post_id", "18"),
            ("location_id", "19"),
            ("allowlisted_country_codes", "US,CA"),
            ("is_spoiler_media", "true"),
            ("is_ghost_post", "true"),
            ("enable_reply_approvals", "true"),
            ("crossreshare_to_ig", "true"),
            ("crossreshare_to_ig_dark_mode", "true"),
        ])
    );
    let attachments: Vec<(&str, Value)> = attachments
        .iter()
        .map(|(name, value)| (name.as_str(), serde_json::from_str(value).unwrap()))
        .collect();
    assert_eq!(
        attachments,
        [
            (
                "poll_attachment",
                json!({ "option_a": "yes", "option_b": "no", "option_c": "\"?\"" })
            ),
            (
                "text_entities",
                json!([{ "entity_type": "SPOILER", "offset": 3, "length": 4 }])
            ),
            (
                "text_attachment",
                json!({
                    "plaintext": "long",
                    "link_attachment_url": "https://example.org/",
                    "text_with_styling_info": [
                        { "offset": 0, "length": 2, "styling_info": ["bold", "strikethrough"] }
                    ],
                })
            ),
            (
                "gif_attachment",
                json!({ "gif_id": "16", "provider": "GIPHY" })
            ),
        ]
    );
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let form = form_of(NewContainer::default()).await;
    assert_eq!(form, pairs([("media_type", "TEXT")]));
}

async fn delete(status: u16, body: &str) -> Result<Deletion, Meaning> {
    let server = Server::start(vec![server::json(status, body)]).await;
    let answer = client(&server).delete_post(&token(), "2", NOW_MS).await;
    let request = server.request();
    assert_eq!(request.line, "DELETE /v1.0/2");
    assert_eq!(request.body, "");
    answer
        .map(|answer| answer.value)
        .map_err(|failure| failure.meaning)
}

#[tokio::test]
async fn a_post_is_deleted_or_was_gone() {
    let yes = r#"{"success":true,"deleted_id":"2"}"#;
    assert_eq!(delete(200, yes).await, Ok(Deletion::Deleted));
    assert_eq!(delete(400, GONE).await, Ok(Deletion::WasGone));
    assert_eq!(delete(500, GONE).await, Ok(Deletion::WasGone));
}

#[tokio::test]
async fn an_answer_that_does_not_say_so_is_no_proof_that_a_post_is_gone() {
    assert_eq!(delete(400, NOT_KNOWN_YET).await, Err(Meaning::NotFound));
    assert_eq!(delete(404, "").await, Err(Meaning::NotFound));
    assert_eq!(delete(200, "{}").await, Err(Meaning::Transient));
    let no = r#"{"success":false}"#;
    assert_eq!(delete(200, no).await, Err(Meaning::Transient));
    let denied = r#"{"error":{"message":"Application does not have permission for this action","code":10,"type":"THApiException"}}"#;
    let code = "permission_missing";
    assert_eq!(delete(500, denied).await, Err(Meaning::Rejected { code }));
}

async fn read(status: u16, body: &str) -> Result<Option<RemotePost>, Meaning> {
    let server = Server::start(vec![server::json(status, body)]).await;
    let answer = client(&server).read_post(&token(), "2", NOW_MS).await;
    assert_eq!(server.request().target(), "GET /v1.0/2");
    answer
        .map(|answer| answer.value)
        .map_err(|failure| failure.meaning)
}

#[tokio::test]
async fn one_post_is_read_with_its_parent() {
    let body = r#"{"id":"2","text":"re","media_type":"TEXT_POST","timestamp":"2026-04-21T03:24:04+0000","permalink":"https://www.threads.com/@u/post/DXYOXEPk5SM","replied_to":{"id":"1"}}"#;
    let expected = RemotePost {
        attached: Attached::Nothing,
        id: "2".to_owned(),
        text: "re".to_owned(),
        url: Some("https://www.threads.com/@u/post/DXYOXEPk5SM".to_owned()),
        created_at_ms: Some(1_776_741_844_000),
        reply_to: Some("1".to_owned()),
    };
    assert_eq!(read(200, body).await, Ok(Some(expected)));
}

#[tokio::test]
async fn a_post_is_missing_only_where_threads_says_so() {
    assert_eq!(read(400, GONE).await, Ok(None));
    assert_eq!(read(400, NOT_KNOWN_YET).await, Err(Meaning::NotFound));
    assert_eq!(read(500, "").await, Err(Meaning::Transient));
}

async fn quota(with_replies: bool, body: &str) -> Result<PublishingLimit, Meaning> {
    let server = Server::start(vec![server::json(200, body)]).await;
    let answer = client(&server)
        .publishing_limit(&token(), "me", with_replies, NOW_MS)
        .await;
    let request = server.request();
    assert_eq!(request.target(), "GET /v1.0/me/threads_publishing_limit");
    let fields = if with_replies {
        "quota_usage,config,reply_quota_usage,reply_config"
    } else {
        "quota_usage,config"
    };
    assert_eq!(request.query(), pairs([("fields", fields)]));
    answer
        .map(|answer| answer.value)
        .map_err(|failure| failure.meaning)
}

#[tokio::test]
async fn the_quota_of_replies_is_read_only_where_it_is_asked_for() {
    let body =
        r#"{"data":[{"quota_usage":4,"config":{"quota_total":250,"quota_duration":86400}}]}"#;
    let posts = PublishingLimit {
        used: 4,
        total: 250,
        duration_s: 86_400,
        replies: None,
    };
    assert_eq!(quota(false, body).await, Ok(posts));
    let body = r#"{"data":[{"quota_usage":4,"config":{"quota_total":250,"quota_duration":86400},"reply_quota_usage":7,"reply_config":{"quota_total":1000,"quota_duration":86400}}]}"#;
    let replies = ReplyLimit {
        used: 7,
        total: 1_000,
        duration_s: 86_400,
    };
    let both = PublishingLimit {
        replies: Some(replies),
        ..posts
    };
    assert_eq!(quota(true, body).await, Ok(both));
    let nothing = quota(false, r#"{"data":[]}"#).await;
    assert_eq!(nothing, Err(Meaning::Transient));
}
