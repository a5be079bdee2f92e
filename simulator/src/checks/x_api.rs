//! X in both dialects (x.md 2).

use serde_json::{Value, json};

use super::{Running, answered, got, id};
use crate::{LagRanges, NewAccount, Platform, Settings, TooLong, XDialect};

fn v2026(status: u16, title: &str, detail: &str) -> super::Got {
    let body = format!(
        "{{\"detail\":\"{detail}\",\"status\":{status},\"title\":\"{title}\",\"type\":\"about:blank\"}}"
    );
    answered(status, &body)
}

#[tokio::test]
async fn a_post_is_created_and_read_in_the_new_dialect() {
    let running = Running::start().await;
    let created = running.tweet(json!({"text": "hi"})).await;
    let post = id(&created);
    let expected = format!(
        "{{\"data\":{{\"id\":\"{post}\",\"text\":\"hi\",\"edit_history_tweet_ids\":[\"\"]}}}}"
    );
    assert_eq!(created, answered(201, &expected));
    let time = (post.parse::<u64>().expect("a number") >> 22).cast_signed() + 1_288_834_974_657;
    assert_eq!(time, super::START_MS);
    let live = running.simulator.live_posts();
    assert_eq!(live[0].url, format!("https://x.com/ann/status/{post}"));
    assert_eq!(live[0].remote_user_id, running.x.remote_user_id);
}

#[tokio::test]
async fn the_old_dialect_names_the_post_in_its_history() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x.dialect = XDialect::Legacy);
    let created = running.tweet(json!({"text": "hi"})).await;
    assert!(created.body.contains(&format!("[\"{}\"]", id(&created))));
    let again = running.tweet(json!({"text": "hi"})).await;
    let expected = "{\"title\":\"Forbidden\",\"type\":\"about:blank\",\"status\":403,\
                    \"detail\":\"You are not allowed to create a Tweet with duplicate content.\"}";
    assert_eq!(again, answered(403, expected));
}

#[tokio::test]
async fn links_and_signs_come_back_changed_and_can_be_put_back() {
    let running = Running::start().await;
    let text = "a < b & https://a.example/x and b.com";
    let created: Value =
        serde_json::from_str(&running.tweet(json!({"text": text})).await.body).expect("JSON");
    let echoed = created["data"]["text"].as_str().expect("text");
    assert!(
        echoed.starts_with("a &lt; b &amp; https://t.co/"),
        "{echoed}"
    );
    let user = &running.x.remote_user_id;
    let list = running
        .json(&format!(
            "/2/users/{user}/tweets?tweet.fields=entities,created_at"
        ))
        .await;
    let row = &list["data"][0];
    let urls = row["entities"]["urls"].as_array().expect("urls");
    let mut back = row["text"].as_str().expect("text").to_owned();
    for url in urls {
        let part = |name: &str| url[name].as_str().expect("a part");
        back = back.replace(part("url"), part("expanded_url"));
    }
    assert_eq!(back, "a &lt; b &amp; https://a.example/x and http://b.com");
    assert_eq!(row["created_at"], "2026-04-21T03:24:04.000Z");
    assert_eq!(running.simulator.live_posts()[0].text, text);
}

#[tokio::test]
async fn equal_text_is_refused_within_the_window_even_after_a_delete() {
    let mut settings = Settings::default();
    settings.x.duplicate_window_ms = 60_000;
    let running = Running::start_with(settings).await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::X, "bob", "bob-token"));
    let post = id(&running.tweet(json!({"text": "caf\u{e9}"})).await);
    let duplicate = v2026(
        403,
        "Forbidden",
        "You are not allowed to create a Tweet with duplicate content.",
    );
    assert_eq!(
        running.tweet(json!({"text": "cafe\u{301}"})).await,
        duplicate
    );
    let bob = running
        .http
        .post(format!("{}/2/tweets", running.base))
        .bearer_auth("bob-token");
    assert_eq!(
        got(bob.json(&json!({"text": "caf\u{e9}"}))).await.status,
        201
    );
    let deleted = got(running.delete(&format!("/2/tweets/{post}"))).await;
    assert_eq!(deleted, answered(200, "{\"data\":{\"deleted\":true}}"));
    let again = got(running.delete(&format!("/2/tweets/{post}"))).await;
    assert_eq!(again, answered(200, "{\"data\":{\"deleted\":false}}"));
    assert_eq!(running.tweet(json!({"text": "caf\u{e9}"})).await, duplicate);
    running.advance(60_000);
    assert_eq!(
        running.tweet(json!({"text": "caf\u{e9}"})).await.status,
        201
    );
}

#[tokio::test]
async fn a_thread_is_a_chain_of_replies_to_oneself_only() {
    let running = Running::start().await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::X, "bob", "bob-token"));
    let reply = |text: &str, to: &str| json!({"text": text, "reply": {"in_reply_to_tweet_id": to}});
    let bobs = |text: &'static str| {
        let call = running
            .http
            .post(format!("{}/2/tweets", running.base))
            .bearer_auth("bob-token");
        got(call.json(&json!({"text": text})))
    };
    let first = id(&running.tweet(json!({"text": "one"})).await);
    let second = id(&running.tweet(reply("two", &first)).await);
    let read = running
        .json(&format!(
            "/2/tweets/{second}?tweet.fields=conversation_id,referenced_tweets"
        ))
        .await;
    assert_eq!(read["data"]["conversation_id"], first);
    assert_eq!(
        read["data"]["referenced_tweets"],
        json!([{"type": "replied_to", "id": first}])
    );
    assert_eq!(
        running.simulator.live_posts()[1].reply_to,
        Some(first.clone())
    );

    let strangers = id(&bobs("nothing to do with her").await);
    assert_eq!(running.tweet(reply("hey", &strangers)).await.status, 403);
    let mentioning = id(&bobs("hello @ann").await);
    assert_eq!(
        running.tweet(reply("hey you", &mentioning)).await.status,
        201
    );
    got(running.delete(&format!("/2/tweets/{first}"))).await;
    let gone = running.tweet(reply("three", &first)).await;
    assert_eq!(
        gone,
        v2026(
            403,
            "Forbidden",
            "You attempted to reply to a Tweet that is deleted or not visible to you."
        )
    );
}

#[tokio::test]
async fn too_long_a_text_is_refused_in_three_ways() {
    let running = Running::start().await;
    let long = json!({"text": "日".repeat(141)});
    assert_eq!(
        running.tweet(long.clone()).await,
        v2026(
            403,
            "Forbidden",
            "You are not permitted to perform this action."
        )
    );
    for (mode, status) in [(TooLong::Forbidden, 403), (TooLong::BadRequest, 400)] {
        running
            .simulator
            .set_settings(|settings| settings.x.too_long = mode);
        let refused = running.tweet(long.clone()).await;
        assert!(
            refused.status == status && refused.body.contains("text is too long"),
            "{refused:?}"
        );
    }
    let premium = NewAccount {
        premium: true,
        ..NewAccount::new(Platform::X, "zoe", "zoe-token")
    };
    running.simulator.add_account(premium);
    let call = running
        .http
        .post(format!("{}/2/tweets", running.base))
        .bearer_auth("zoe-token");
    assert_eq!(got(call.json(&long)).await.status, 201);
}

#[tokio::test]
async fn the_timeline_lags_and_starts_after_a_synthetic_id() {
    let lags = LagRanges {
        x_timeline_ms: (2_000, 2_000),
        ..LagRanges::default()
    };
    let running = Running::start_with(Settings {
        lags: Some(lags),
        ..Settings::default()
    })
    .await;
    let since = ((super::START_MS - 1_288_834_974_657) << 22) - 1;
    let user = running.x.remote_user_id.clone();
    let path = format!("/2/users/{user}/tweets?since_id={since}&max_results=5&exclude=retweets");
    let post = id(&running.tweet(json!({"text": "hi"})).await);
    assert_eq!(
        running.read(&path).await,
        answered(200, "{\"meta\":{\"result_count\":0}}")
    );
    running.advance(2_000);
    let list = running.json(&path).await;
    assert_eq!(list["data"][0]["id"], post);
    assert_eq!(
        list["meta"],
        json!({"result_count": 1, "newest_id": post, "oldest_id": post})
    );
    let later = since + (1 << 22) + 1;
    let none = running
        .json(&format!("/2/users/{user}/tweets?since_id={later}"))
        .await;
    assert_eq!(none["meta"]["result_count"], 0);
    assert_eq!(
        running
            .read(&format!("/2/users/{user}/tweets?max_results=4"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_timeline_pages_by_its_token() {
    let running = Running::start().await;
    for n in 0..7 {
        running.tweet(json!({"text": format!("post {n}")})).await;
    }
    let path = format!("/2/users/{}/tweets?max_results=5", running.x.remote_user_id);
    let first = running.json(&path).await;
    let token = first["meta"]["next_token"].as_str().expect("more");
    let second = running
        .json(&format!("{path}&pagination_token={token}"))
        .await;
    assert_eq!(second["meta"]["result_count"], 2);
    assert_eq!(second["data"][1]["text"], "post 0");
}

#[tokio::test]
async fn unknown_ids_unknown_fields_and_dead_tokens_answer_as_recorded() {
    let running = Running::start().await;
    let missing = running.json("/2/tweets/456?tweet.fields=nonsense").await;
    assert_eq!(
        missing["errors"][0]["detail"],
        "Could not find tweet with id: [456]."
    );
    assert_eq!(missing.get("data"), None);
    let me = running.read("/2/users/me").await;
    let expected = format!(
        "{{\"data\":{{\"id\":\"{}\",\"name\":\"ann\",\"username\":\"ann\"}}}}",
        running.x.remote_user_id
    );
    assert_eq!(me, answered(200, &expected));
    running.simulator.revoke(Platform::X, "ann");
    assert_eq!(
        running.read("/2/users/me").await,
        v2026(401, "Unauthorized", "Unauthorized")
    );
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_by_the_schema() {
    let running = Running::start().await;
    let body = json!({"text": "a", "reply": {"in_reply_to_tweet_id": "x"}});
    let expected = "{\"detail\":\"One or more parameters to your request was invalid.\",\
                    \"errors\":[{\"parameters\":{\"$.reply.in_reply_to_tweet_id\":[\"x\"]},\
                    \"message\":\"$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$\"}],\
                    \"title\":\"Invalid Request\",\"type\":\"https://api.x.com/2/problems/invalid-request\"}";
    assert_eq!(running.tweet(body).await, answered(400, expected));
}

#[tokio::test]
async fn credit_runs_out_and_a_link_costs_thirteen_times_as_much() {
    let mut settings = Settings::default();
    settings.x.credit_microdollars = Some(200_001);
    let running = Running::start_with(settings).await;
    assert_eq!(
        running
            .tweet(json!({"text": "see https://a.example"}))
            .await
            .status,
        201
    );
    assert_eq!(running.tweet(json!({"text": "one"})).await.status, 201);
    let expected = "{\"detail\":\"credits depleted\",\"status\":402,\"title\":\"Payment Required\",\
                    \"type\":\"https://api.x.com/2/problems/credits-depleted\"}";
    assert_eq!(
        running.tweet(json!({"text": "two"})).await,
        answered(402, expected)
    );
}

#[tokio::test]
async fn policy_and_scopes_refuse_before_anything_is_live() {
    let running = Running::start().await;
    let reader = NewAccount {
        scopes: vec!["tweet.read".to_owned(), "users.read".to_owned()],
        ..NewAccount::new(Platform::X, "bob", "bob-token")
    };
    running.simulator.add_account(reader);
    let bob = running
        .http
        .post(format!("{}/2/tweets", running.base))
        .bearer_auth("bob-token");
    let refused = bob
        .json(&json!({"text": "hi"}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 403);
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    for (body, status, part) in [
        (
            json!({"text": "$TSLA and $AAPL"}),
            403,
            "a maximum of one cashtag",
        ),
        (
            json!({"text": "a", "quote_tweet_id": "12"}),
            403,
            "Quoting this post is not allowed",
        ),
        (
            json!({"text": "a", "media": {"media_ids": ["12"]}}),
            400,
            "Your media IDs are invalid.",
        ),
    ] {
        let refused = running.tweet(body).await;
        assert!(
            refused.status == status && refused.body.contains(part),
            "{refused:?}"
        );
    }
    assert_eq!(running.live(), 0);
}
