//! Every request for posting to Threads against Meta's own Postman collection.

use std::collections::{BTreeMap, BTreeSet};

use platforms::threads::{
    Client, ContainerKind, ContainerOptions, Gif, ItemKind, NewContainer, ReplyControl, Styling,
    TextAttachment, TextSpan, TextStyle,
};
use serde_json::Value;

use super::published;
use crate::server::{Request, Server, json};
use crate::{NOW_MS, http, token};

/// What the collection lacks of `POST /{user}/threads`, and who says that it is there.
const ELSEWHERE: [(&str, &str); 4] = [
    // Also <https://developers.facebook.com/documentation/threads/posts/geo-gating>.
    ("allowlisted_country_codes", "threads.md 4.1"),
    // Also <https://developers.facebook.com/documentation/threads/reply-management>.
    ("enable_reply_approvals", "threads.md 4.1"),
    // Also .../documentation/threads/create-posts/share-to-ig-stories, for both.
    ("crossreshare_to_ig", "threads.md 4.1"),
    ("crossreshare_to_ig_dark_mode", "threads.md 4.1"),
];

/// Names of parameters with an example value, by method and end of the path.
type Operations = BTreeMap<(String, String), BTreeMap<String, Vec<String>>>;

fn operations() -> Operations {
    let mut operations = Operations::new();
    collect(
        &published("threads-postman-collection.json")["item"],
        &mut operations,
    );
    operations
}

fn collect(items: &Value, operations: &mut Operations) {
    for item in items.as_array().unwrap() {
        if item["item"].is_array() {
            collect(&item["item"], operations);
            continue;
        }
        let request = &item["request"];
        let path = request["url"]["path"].as_array().unwrap();
        let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
        let method = request["method"].as_str().unwrap().to_owned();
        let named = operations.entry((method, edge(&path))).or_default();
        for parameter in request["url"]["query"].as_array().into_iter().flatten() {
            let name = parameter["key"].as_str().unwrap().to_owned();
            let example = parameter["value"].as_str().unwrap_or_default().to_owned();
            named.entry(name).or_default().push(example);
        }
    }
}

/// What stands behind the user or the thing: `threads`, or `{id}` for the thing itself.
fn edge(path: &[&str]) -> String {
    let path: Vec<&&str> = path.iter().filter(|part| !part.is_empty()).collect();
    match path.as_slice() {
        [one] if one.starts_with("{{") || one.starts_with(|c: char| c.is_ascii_digit()) => {
            "{id}".to_owned()
        }
        [.., last] => (**last).to_owned(),
        [] => String::new(),
    }
}

fn operation(request: &Request) -> (String, String) {
    let (method, path) = request.target().split_once(' ').unwrap();
    let path: Vec<&str> = path.strip_prefix("/v1.0/").unwrap().split('/').collect();
    (method.to_owned(), edge(&path))
}

fn everything_at_once() -> ContainerOptions {
    let styles = [
        TextStyle::Bold,
        TextStyle::Italic,
        TextStyle::Highlight,
        TextStyle::Underline,
        TextStyle::Strikethrough,
    ];
    ContainerOptions {
        reply_control: Some(ReplyControl::FollowersOnly),
        topic_tag: Some("tea".to_owned()),
        link_attachment: Some("https://example.com/?a=1&b=2".to_owned()),
        quote_post_id: Some("18".to_owned()),
        poll: Some(["a", "b", "c", "d"].map(str::to_owned).to_vec()),
        spoiler_media: true,
        text_spoilers: vec![TextSpan {
            offset: 0,
            length: 4,
        }],
        text_attachment: Some(TextAttachment {
            plaintext: "long \"text\"".to_owned(),
            link_attachment_url: Some("https://example.com".to_owned()),
            styling: vec![Styling {
                offset: 0,
                length: 4,
                styling_info: styles.to_vec(),
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

fn one_by_one() -> Vec<ContainerOptions> {
    let none = ContainerOptions::default;
    let all = everything_at_once();
    let mut options: Vec<ContainerOptions> = [
        ReplyControl::Everyone,
        ReplyControl::AccountsYouFollow,
        ReplyControl::MentionedOnly,
        ReplyControl::ParentPostAuthorOnly,
        ReplyControl::FollowersOnly,
    ]
    .map(|control| ContainerOptions {
        reply_control: Some(control),
        ..none()
    })
    .to_vec();
    options.push(ContainerOptions {
        topic_tag: all.topic_tag,
        ..none()
    });
    options.push(ContainerOptions {
        link_attachment: all.link_attachment,
        ..none()
    });
    options.push(ContainerOptions {
        quote_post_id: all.quote_post_id,
        ..none()
    });
    options.push(ContainerOptions {
        poll: all.poll,
        ..none()
    });
    options.push(ContainerOptions {
        spoiler_media: true,
        ..none()
    });
    options.push(ContainerOptions {
        text_spoilers: all.text_spoilers,
        ..none()
    });
    options.push(ContainerOptions {
        text_attachment: all.text_attachment,
        ..none()
    });
    options.push(ContainerOptions {
        gif: all.gif,
        ..none()
    });
    options.push(ContainerOptions {
        ghost: true,
        ..none()
    });
    options.push(ContainerOptions {
        location_id: all.location_id,
        ..none()
    });
    let allowlisted_country_codes = all.allowlisted_country_codes;
    options.push(ContainerOptions {
        allowlisted_country_codes,
        ..none()
    });
    options.push(ContainerOptions {
        enable_reply_approvals: true,
        ..none()
    });
    options.push(ContainerOptions {
        crossreshare_to_ig: true,
        ..none()
    });
    options.push(ContainerOptions {
        crossreshare_to_ig_dark_mode: true,
        ..none()
    });
    options
}

async fn every_request() -> Vec<Request> {
    // What the answers mean is of no interest here.
    let answers = (0..64).map(|_| json(200, r#"{"id":"1"}"#));
    let server = Server::start(answers.collect()).await;
    let client = Client::new(http(), &server.url);
    let token = token();

    let all = everything_at_once();
    let one_by_one = one_by_one();
    let children = ["1".to_owned(), "2".to_owned()];
    let text = NewContainer {
        text: Some("hi"),
        ..NewContainer::default()
    };
    let url = "https://media.example/1?signature=a%2Bb";
    let kinds = [
        ContainerKind::Text,
        ContainerKind::Image { url },
        ContainerKind::Video { url },
        ContainerKind::Carousel {
            children: &children,
        },
    ];
    let everything = kinds.map(|kind| NewContainer {
        kind,
        text: Some("hi"),
        reply_to: Some("17"),
        alt_text: Some("a cat"),
        options: &all,
    });
    let plain = kinds.map(|kind| NewContainer {
        kind,
        ..NewContainer::default()
    });
    let mut containers = [everything, plain].concat();
    containers.extend(
        one_by_one
            .iter()
            .map(|options| NewContainer { options, ..text }),
    );
    for container in &containers {
        let _ = client
            .create_container(&token, "me", container, NOW_MS)
            .await;
    }
    for item in [ItemKind::Image { url }, ItemKind::Video { url }] {
        for alt_text in [None, Some("a cat")] {
            let created = client.create_carousel_item(&token, "me", item, alt_text, NOW_MS);
            let _ = created.await;
        }
    }
    let _ = client
        .create_text_container(&token, "me", "re", Some("17"), NOW_MS)
        .await;
    let _ = client.container_status(&token, "1", NOW_MS).await;
    let _ = client.publish(&token, "me", "1", NOW_MS).await;
    let _ = client.permalink(&token, "2", NOW_MS).await;
    let _ = client.read_post(&token, "2", NOW_MS).await;
    let _ = client.delete_post(&token, "2", NOW_MS).await;
    let _ = client.posts_since(&token, 0, NOW_MS).await;
    let _ = client.replies_since(&token, 0, NOW_MS).await;
    let _ = client.profile(&token, NOW_MS).await;
    for with_replies in [false, true] {
        let _ = client
            .publishing_limit(&token, "me", with_replies, NOW_MS)
            .await;
    }
    server.requests()
}

#[tokio::test]
async fn threads_names_every_parameter_that_is_sent() {
    let operations = operations();
    let mut elsewhere = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for request in every_request().await {
        let operation = operation(&request);
        let named = operations.get(&operation);
        let named = named.unwrap_or_else(|| panic!("no {operation:?}: {}", request.line));
        for (name, _) in request.form().into_iter().chain(request.query()) {
            if !named.contains_key(&name) {
                assert_eq!(operation.1, "threads", "{name}");
                let known = ELSEWHERE.iter().find(|(known, _)| *known == name);
                elsewhere.insert(known.unwrap_or_else(|| panic!("{name}")).0);
            }
        }
        seen.insert(format!("{} {}", operation.0, operation.1));
    }
    assert_eq!(elsewhere, ELSEWHERE.map(|(name, _)| name).into());
    let expected = [
        "DELETE {id}",
        "GET me",
        "GET replies",
        "GET threads",
        "GET threads_publishing_limit",
        "GET {id}",
        "POST threads",
        "POST threads_publish",
    ];
    assert_eq!(seen, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn attachments_have_the_keys_of_metas_examples() {
    let operations = operations();
    let named = &operations[&("POST".to_owned(), "threads".to_owned())];
    let mut compared = BTreeSet::new();
    for request in every_request().await {
        if request.target() != "POST /v1.0/me/threads" {
            continue;
        }
        for (name, value) in request.form() {
            let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(&value)
            else {
                continue;
            };
            let examples = named[&name].iter().map(|example| {
                // One of the examples is quoted as in Python.
                serde_json::from_str::<Value>(&example.replace('\'', "\"")).unwrap()
            });
            let allowed: BTreeSet<String> = examples.flat_map(|example| keys(&example)).collect();
            for key in keys(&value) {
                assert!(allowed.contains(&key), "{name}: {key} of {allowed:?}");
            }
            compared.insert(name);
        }
    }
    let expected = [
        "gif_attachment",
        "poll_attachment",
        "text_attachment",
        "text_entities",
    ];
    assert_eq!(compared, expected.map(str::to_owned).into());
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let within = map.values().flat_map(keys);
            map.keys().cloned().chain(within).collect()
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}
