//! What else a post on Threads can have (threads.md 4.1).

use serde_json::json;

use super::{Got, Running, got, id};
use crate::{LivePost, NewAccount, Platform};

async fn text(running: &Running, more: &[(&str, &str)]) -> Got {
    running
        .create(&[&[("media_type", "TEXT"), ("text", "hi")], more].concat())
        .await
}

async fn live(running: &Running, more: &[(&str, &str)]) -> LivePost {
    let made = text(running, more).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(running.publish(&id(&made)).await.status, 200);
    running.simulator.live_posts().pop().expect("a post")
}

#[tokio::test]
async fn a_poll_is_live_and_a_malformed_one_is_dropped_without_a_word() {
    let running = Running::start().await;
    let poll = r#"{"option_a":"yes","option_b":"no","option_c":"perhaps"}"#;
    let post = live(&running, &[("poll_attachment", poll)]).await;
    assert_eq!(
        post.poll.map(|poll| poll.options),
        Some(["yes", "no", "perhaps"].map(str::to_owned).into())
    );
    let read = running
        .json(&format!("/{}?fields=poll_attachment{{option_a}}", post.id))
        .await;
    assert_eq!(read["poll_attachment"]["option_c"], "perhaps");
    running.advance(1_000);
    let post = live(
        &running,
        &[("poll_attachment", r#"{"options":["yes","no"]}"#)],
    )
    .await;
    assert_eq!(post.poll, None);
}

#[tokio::test]
async fn every_option_is_kept_as_it_was_sent() {
    let running = Running::start().await;
    let eligible = NewAccount {
        geo_gating: true,
        ..NewAccount::new(Platform::Threads, "ann", "threads-token-2")
    };
    running.simulator.add_account(eligible);
    let first = {
        let form = [
            ("media_type", "TEXT"),
            ("text", "first"),
            ("auto_publish_text", "true"),
        ];
        let call = running.http.post(format!("{}/me/threads", running.base));
        id(&got(call.bearer_auth("threads-token-2").form(&form)).await)
    };
    let spoiler = r#"[{"entity_type":"SPOILER","offset":0,"length":2}]"#;
    let form = [
        ("media_type", "TEXT"),
        ("text", "hi"),
        ("reply_control", "followers_only"),
        ("topic_tag", "rust"),
        ("text_entities", spoiler),
        ("gif_attachment", r#"{"gif_id":"g1","provider":"GIPHY"}"#),
        ("location_id", "77"),
        ("allowlisted_country_codes", "DE,FR"),
        ("enable_reply_approvals", "true"),
        ("crossreshare_to_ig", "true"),
        ("quote_post_id", first.as_str()),
        ("is_ghost_post", "false"),
    ];
    let call = |path: &str| {
        running
            .http
            .post(format!("{}/me/{path}", running.base))
            .bearer_auth("threads-token-2")
    };
    let container = id(&got(call("threads").form(&form)).await);
    let published = got(call("threads_publish").form(&[("creation_id", container.as_str())])).await;
    assert!(
        published
            .body
            .contains("\"crossreshare_to_ig_status\":\"SUCCESS\""),
        "{published:?}"
    );
    let posts = running.json("/_sim/posts?platform=threads").await;
    let expected = json!({
        "reply_control": "followers_only", "topic_tag": "rust", "text_entities": spoiler,
        "gif_attachment": "{\"gif_id\":\"g1\",\"provider\":\"GIPHY\"}", "location_id": "77",
        "allowlisted_country_codes": "DE,FR", "enable_reply_approvals": "true",
        "crossreshare_to_ig": "true",
    });
    assert_eq!(posts[1]["options"], expected);
    assert_eq!(posts[1]["quote"], first);
    assert_eq!(
        (&posts[1]["kind"], &posts[1]["media"]),
        (&json!("text"), &json!([]))
    );
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused() {
    let running = Running::start().await;
    let image = [
        ("media_type", "IMAGE"),
        ("image_url", "http://127.0.0.1:9/a.png"),
    ];
    for (name, value) in [
        ("link_attachment", "https://a.example"),
        ("poll_attachment", r#"{"option_a":"yes","option_b":"no"}"#),
        ("text_attachment", r#"{"plaintext":"long"}"#),
        ("gif_attachment", r#"{"gif_id":"1","provider":"GIPHY"}"#),
        ("is_ghost_post", "true"),
        ("auto_publish_text", "true"),
    ] {
        let refused = running
            .create(&[&image[..], &[(name, value)]].concat())
            .await;
        assert_eq!(refused.status, 500, "{name}");
        assert!(refused.body.contains("media type TEXT"), "{refused:?}");
    }
    let eleven = format!(
        "[{}]",
        [r#"{"entity_type":"SPOILER","offset":0,"length":1}"#; 11].join(",")
    );
    let overlapping = r#"{"plaintext":"long","text_with_styling_info":[
        {"offset":0,"length":3,"styling_info":["bold"]},{"offset":2,"length":1,"styling_info":["italic"]}]}"#;
    let linked = r#"{"plaintext":"long","link_attachment_url":"https://b.example"}"#;
    let ghost = ("is_ghost_post", "true");
    for (params, part) in [
        (vec![("is_spoiler_media", "true")], "is_spoiler_media"),
        (vec![("text_entities", eleven.as_str())], "at most 10"),
        (
            vec![(
                "text_entities",
                r#"[{"entity_type":"BOLD","offset":0,"length":1}]"#,
            )],
            "spoilers",
        ),
        (
            vec![("gif_attachment", r#"{"gif_id":"1","provider":"TENOR"}"#)],
            "GIPHY",
        ),
        (vec![("text_attachment", overlapping)], "overlap"),
        (vec![("text_attachment", r#"{"plaintext":""}"#)], "10000"),
        (
            vec![
                ("text_attachment", linked),
                ("link_attachment", "https://a.example"),
            ],
            "link_attachment",
        ),
        (
            vec![
                ("text_attachment", linked),
                ("poll_attachment", r#"{"option_a":"a","option_b":"b"}"#),
            ],
            "poll",
        ),
        (
            vec![ghost, ("reply_to_id", "18000000000000001")],
            "ghost posts",
        ),
        (
            vec![ghost, ("enable_reply_approvals", "true")],
            "ghost posts",
        ),
        (
            vec![ghost, ("link_attachment", "https://a.example")],
            "ghost posts",
        ),
        (vec![("reply_control", "nobody")], "reply_control"),
        (vec![("topic_tag", "a.b")], "topic_tag"),
    ] {
        let refused = text(&running, &params).await;
        assert!(
            refused.status == 500 && refused.body.contains(part),
            "{params:?}: {refused:?}"
        );
    }
    assert_eq!(
        live(&running, &[ghost]).await.options["is_ghost_post"],
        "true"
    );
}

#[tokio::test]
async fn a_place_needs_its_scope_and_countries_an_eligible_account() {
    let running = Running::start().await;
    let named = |refused: Got, part: &str| {
        assert!(
            refused.status == 400 && refused.body.contains(part),
            "{refused:?}"
        );
    };
    let countries = |given: &'static str| [("allowlisted_country_codes", given)];
    let refused = text(&running, &countries("DE")).await;
    named(refused, "THREADS_API__FEATURE_NOT_AVAILABLE");
    assert_eq!(
        running.json("/me?fields=is_eligible_for_geo_gating").await["is_eligible_for_geo_gating"],
        false
    );
    let eligible = NewAccount {
        geo_gating: true,
        scopes: ["threads_basic", "threads_content_publish"]
            .map(str::to_owned)
            .into(),
        ..NewAccount::new(Platform::Threads, "bob", "bob-token")
    };
    running.simulator.add_account(eligible);
    let as_bob = |name: &'static str, value: &'static str| {
        let form = [("media_type", "TEXT"), ("text", "hi"), (name, value)];
        let call = running.http.post(format!("{}/me/threads", running.base));
        got(call.bearer_auth("bob-token").form(&form))
    };
    let wrong = as_bob("allowlisted_country_codes", "DE,Germany").await;
    named(wrong, "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES");
    assert_eq!(
        as_bob("allowlisted_country_codes", r#"["DE","FR"]"#)
            .await
            .status,
        200
    );
    let refused = as_bob("location_id", "77").await;
    assert!(
        refused.status == 500 && refused.body.contains("\"code\":10"),
        "{refused:?}"
    );
    let quota = running.http.get(format!(
        "{}/me/threads_publishing_limit?fields=location_search_quota_usage",
        running.base
    ));
    let quota = got(quota.bearer_auth("bob-token")).await;
    assert_eq!((quota.status, quota.body.as_str()), (500, ""));
}
