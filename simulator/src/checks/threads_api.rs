//! Threads, with the bodies of threads.md 10d.

use serde_json::json;

use super::{Got, Running, answered, got, id};
use crate::{DeadToken, Language, MissingReplyScope, NewAccount, Platform, Settings, TextEcho};

pub(super) fn not_found(id: &str) -> Got {
    answered(
        400,
        &format!(
            "{{\"error\":{{\"message\":\"The requested resource does not exist\",\
             \"type\":\"OAuthException\",\"code\":24,\"error_subcode\":4279009,\"is_transient\":false,\
             \"error_user_title\":\"Media Not Found\",\
             \"error_user_msg\":\"The media with id {id} cannot be found.\",\"fbtrace_id\":\"<..>\"}}}}"
        ),
    )
}

fn th_exception(message: &str, code: i64) -> Got {
    let body = format!(
        "{{\"error\":{{\"message\":\"{message}\",\"type\":\"THApiException\",\"code\":{code},\
         \"fbtrace_id\":\"<..>\"}}}}"
    );
    answered(500, &body)
}

#[tokio::test]
async fn a_text_goes_from_container_to_live_post() {
    let running = Running::start().await;
    let user = &running.threads.remote_user_id;
    let created = got(running
        .post(&format!("/v1.0/{user}/threads"))
        .form(&[("media_type", "TEXT"), ("text", "hello")]))
    .await;
    let container = id(&created);
    assert_eq!(
        created,
        answered(200, &format!("{{\"id\":\"{container}\"}}"))
    );
    assert_eq!(container.len(), 17);
    let status = format!("/v1.0/{container}?fields=status,error_message");
    let expected = |word: &str| {
        answered(
            200,
            &format!("{{\"status\":\"{word}\",\"id\":\"{container}\"}}"),
        )
    };
    assert_eq!(running.read(&status).await, expected("FINISHED"));
    assert_eq!(running.live(), 0);

    let published = running.publish(&container).await;
    let media = id(&published);
    assert_eq!(published, answered(200, &format!("{{\"id\":\"{media}\"}}")));
    assert_ne!(media, container);
    assert_eq!(running.read(&status).await, expected("PUBLISHED"));

    let live = running.simulator.live_posts();
    assert_eq!(live.len(), 1);
    assert_eq!(
        (live[0].id.as_str(), live[0].text.as_str()),
        (media.as_str(), "hello")
    );
    assert_eq!(live[0].container_id.as_deref(), Some(container.as_str()));
    let effects: Vec<_> = running
        .simulator
        .calls()
        .iter()
        .map(|call| call.effect)
        .collect();
    assert_eq!(effects, [false, false, true, false]);
}

#[tokio::test]
async fn a_list_has_only_what_was_asked_for_and_the_permalink_of_the_web() {
    let running = Running::start().await;
    let media = id(&running.publish(&running.container("hello").await).await);
    let read = running
        .read("/v1.0/me/threads?fields=id,text,media_type,timestamp,permalink,link_attachment_url&limit=2")
        .await;
    let url = &running.simulator.live_posts()[0].url;
    let code = url
        .strip_prefix("https://www.threads.com/@ann/post/")
        .expect("a permalink");
    assert_eq!(code.len(), 11);
    let (head, paging) = read.body.split_once(",\"paging\":").expect("paging");
    assert_eq!(
        head,
        format!(
            "{{\"data\":[{{\"id\":\"{media}\",\"text\":\"hello\",\"media_type\":\"TEXT_POST\",\
             \"timestamp\":\"2026-04-21T03:24:04+0000\",\"permalink\":\"{url}\"}}]"
        )
    );
    assert!(paging.starts_with("{\"cursors\":{\"before\":\"") && !paging.contains("next"));
}

#[tokio::test]
async fn lists_page_towards_the_older_and_keep_replies_apart() {
    let running = Running::start().await;
    let mut posted = Vec::new();
    for text in ["one", "two", "three"] {
        posted.push(id(&running.publish(&running.container(text).await).await));
        running.advance(1_000);
    }
    let reply = [
        ("media_type", "TEXT"),
        ("text", "re"),
        ("reply_to_id", posted[0].as_str()),
    ];
    let reply = id(&running.publish(&id(&running.create(&reply).await)).await);
    let first = running.json("/me/threads?limit=2&fields=id").await;
    assert_eq!(first["data"], json!([{"id": posted[2]}, {"id": posted[1]}]));
    let next = first["paging"]["next"].as_str().expect("more");
    let next = next.strip_prefix(&running.base).expect("this server");
    let second = running.json(next).await;
    assert_eq!(second["data"], json!([{"id": posted[0]}]));
    assert_eq!(second["paging"].get("next"), None);

    let replies = running
        .json("/me/replies?fields=id,replied_to,root_post,is_reply")
        .await;
    let expected = json!([{
        "id": reply, "replied_to": {"id": posted[0]}, "root_post": {"id": posted[0]}, "is_reply": true,
    }]);
    assert_eq!(replies["data"], expected);
    let since = super::START_MS / 1_000 + 1;
    let recent = running.json(&format!("/me/threads?since={since}")).await;
    assert_eq!(recent["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn wrong_parameters_are_refused_with_a_misleading_500() {
    let running = Running::start().await;
    let long = "x".repeat(501);
    for (params, message) in [
        (
            vec![("text", long.as_str())],
            "Param text must be at most 500 characters long.",
        ),
        (
            vec![("text", "r"), ("reply_to_id", "abc")],
            "Param reply_to_id is not a valid threads_media ID",
        ),
        (
            vec![("text", "r"), ("reply_to_id", "17000000000000001")],
            "Param reply_to_id is not a valid threads_media ID",
        ),
    ] {
        let params: Vec<_> = [("media_type", "TEXT")].into_iter().chain(params).collect();
        assert_eq!(running.create(&params).await, th_exception(message, 100));
    }
    running
        .simulator
        .set_settings(|settings| settings.threads.th_api_exception_status = 400);
    let refused = running
        .create(&[("media_type", "TEXT"), ("text", &long)])
        .await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn six_links_are_one_too_many() {
    let running = Running::start().await;
    let links = |count| {
        (0..count)
            .map(|n| format!("https://a.example/{n} "))
            .collect::<String>()
    };
    assert_eq!(
        running
            .create(&[("media_type", "TEXT"), ("text", &links(5))])
            .await
            .status,
        200
    );
    let refused = running
        .create(&[("media_type", "TEXT"), ("text", &links(6))])
        .await;
    assert!(refused.status == 400 && refused.body.contains("THREADS_API__LINK_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn fields_that_do_not_exist_fail_the_whole_call() {
    let running = Running::start().await;
    let container = running.container("hello").await;
    let media = id(&running.publish(&container).await);
    for (path, field) in [
        (format!("/v1.0/{media}?fields=id,status"), "status"),
        (
            format!("/v1.0/{container}?fields=status_code"),
            "status_code",
        ),
        ("/v1.0/me?fields=id,email".to_owned(), "email"),
    ] {
        let message = format!("Tried accessing nonexisting field ({field})");
        assert_eq!(running.read(&path).await, th_exception(&message, 100));
    }
    let gone = running.read("/v1.0/18099999999999999?fields=id").await;
    let expected = "{\"error\":{\"message\":\"Unsupported get request. Object with ID \
                    '18099999999999999' does not exist, cannot be loaded due to missing permissions, or \
                    does not support this operation\",\"type\":\"THApiException\",\"code\":100,\
                    \"error_subcode\":33,\"fbtrace_id\":\"<..>\"}}";
    assert_eq!(gone, answered(400, expected));
}

#[tokio::test]
async fn the_profile_and_a_dead_token_answer_as_recorded() {
    let running = Running::start().await;
    let user = &running.threads.remote_user_id;
    assert_eq!(
        running.read("/v1.0/me").await,
        answered(200, &format!("{{\"id\":\"{user}\"}}"))
    );
    assert_eq!(
        running.read("/me?fields=id,username").await,
        answered(200, &format!("{{\"id\":\"{user}\",\"username\":\"ann\"}}"))
    );
    let as_parameter = running.http.get(format!(
        "{}/v1.0/me?access_token=threads-token",
        running.base
    ));
    assert_eq!(got(as_parameter).await.status, 200);

    running.simulator.revoke(Platform::Threads, "ann");
    assert_eq!(
        running.read("/v1.0/me").await,
        th_exception("Invalid OAuth 2.0 Access Token", 190)
    );
    running
        .simulator
        .set_settings(|settings| settings.threads.dead_token = DeadToken::SessionExpired);
    let expired = running.read("/v1.0/me").await;
    assert!(
        expired.status == 400 && expired.body.contains("\"error_subcode\":463"),
        "{expired:?}"
    );
}

#[tokio::test]
async fn a_token_may_do_only_what_its_scopes_say() {
    let running = Running::start().await;
    let poster = NewAccount {
        scopes: vec![
            "threads_basic".to_owned(),
            "threads_content_publish".to_owned(),
        ],
        ..NewAccount::new(Platform::Threads, "bob", "bob-token")
    };
    running.simulator.add_account(poster);
    let call = |request: reqwest::RequestBuilder| got(request.bearer_auth("bob-token"));
    let url = |path: &str| format!("{}{path}", running.base);
    let create = |reply: &'static str| {
        let params = [
            ("media_type", "TEXT"),
            ("text", "r"),
            ("reply_to_id", reply),
        ];
        call(running.http.post(url("/me/threads")).form(&params))
    };
    let no_permission = th_exception("Application does not have permission for this action", 10);
    assert_eq!(create("18000000000000001").await, answered(500, ""));
    running.simulator.set_settings(|settings| {
        settings.threads.missing_reply_scope = MissingReplyScope::Permission;
    });
    assert_eq!(create("18000000000000001").await, no_permission);
    assert_eq!(
        call(running.http.delete(url("/18000000000000001"))).await,
        no_permission
    );
    let limits = url("/me/threads_publishing_limit?fields=reply_quota_usage");
    assert_eq!(call(running.http.get(limits)).await, answered(500, ""));
    assert_eq!(
        call(running.http.get(url("/me/replies"))).await,
        no_permission
    );
}

#[tokio::test]
async fn nobody_sees_or_publishes_another_accounts_container() {
    let running = Running::start().await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::Threads, "bob", "bob-token"));
    let container = running.container("hello").await;
    let publish = running
        .http
        .post(format!("{}/me/threads_publish", running.base))
        .bearer_auth("bob-token")
        .form(&[("creation_id", container.as_str())]);
    assert_eq!(got(publish).await, not_found(&container));
    assert_eq!(running.live(), 0);
    let create = running
        .post("/v1.0/27000000000000001/threads")
        .form(&[("media_type", "TEXT"), ("text", "x")]);
    assert_eq!(got(create).await, not_found("27000000000000001"));
}

#[tokio::test]
async fn text_and_titles_can_come_back_changed() {
    let mut settings = Settings::default();
    settings.threads.text_echo = TextEcho::Rewritten;
    settings.threads.language = Language::Korean;
    let running = Running::start_with(settings).await;
    running
        .publish(&running.container("I like #rust a lot \n").await)
        .await;
    let list = running.json("/me/threads?fields=text,topic_tag").await;
    assert_eq!(list["data"][0]["text"], "I like rust a lot");
    assert_eq!(list["data"][0]["topic_tag"], "rust");
    assert_eq!(
        running.simulator.live_posts()[0].text,
        "I like #rust a lot \n"
    );
    let refused = running.publish("17000000000000009").await;
    assert!(
        refused.body.contains("미디어를 찾을 수 없음"),
        "{refused:?}"
    );
}
