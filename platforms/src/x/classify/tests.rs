use reqwest::header::HeaderMap;

use super::*;
use crate::answer::LimitScope;

const NOW_MS: i64 = 1_790_000_000_000;
const CREATE: Call = Call::CreatePost;
const READ: Call = Call::ReadTimeline;

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    }
}

fn judged(call: Call, status: u16, body: &str) -> Failure {
    judge(call, &reply(status, body), NOW_MS).expect_err("a failure")
}

fn check(status: u16, body: &str, on_create: Meaning, on_read: Meaning) {
    assert_eq!(
        judged(CREATE, status, body).meaning,
        on_create,
        "create: {status} {body}"
    );
    assert_eq!(
        judged(READ, status, body).meaning,
        on_read,
        "read: {status} {body}"
    );
}

fn check_both(status: u16, body: &str, expected: Meaning) {
    check(status, body, expected.clone(), expected);
}

fn rejected(code: &'static str) -> Meaning {
    Meaning::Rejected { code }
}

fn blocked(code: &'static str) -> Meaning {
    Meaning::Blocked { code }
}

/// A problem in both dialects: old host and key order, new host with sorted keys (x.md 0.2).
fn dialects(status: u16, kind: &str, title: &str, detail: &str) -> [String; 2] {
    let kind = |host: &str| match kind {
        "about:blank" => kind.to_owned(),
        suffix => format!("https://{host}/2/problems/{suffix}"),
    };
    let (old, new) = (kind("api.twitter.com"), kind("api.x.com"));
    [
        format!(r#"{{"title":"{title}","type":"{old}","status":{status},"detail":"{detail}"}}"#),
        format!(r#"{{"detail":"{detail}","status":{status},"title":"{title}","type":"{new}"}}"#),
    ]
}

fn check_problem(status: u16, kind: &str, title: &str, detail: &str, expected: Meaning) {
    for body in dialects(status, kind, title, detail) {
        check_both(status, &body, expected.clone());
    }
}

/// One refusal in every wording and place that it was seen in: `detail` and `errors[].message`.
fn check_words(statuses: &[u16], words: &str, expected: Meaning) {
    for &status in statuses {
        check_problem(status, "about:blank", "Forbidden", words, expected.clone());
        check_both(status, &invalid_request(words), expected.clone());
        check_both(
            status,
            &format!(r#"{{"errors":[{{"message":"{words}"}}]}}"#),
            expected.clone(),
        );
    }
}

fn invalid_request(message: &str) -> String {
    format!(
        r#"{{"errors":[{{"parameters":{{"p":["v"]}},"message":"{message}"}}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.twitter.com/2/problems/invalid-request"}}"#
    )
}

#[test]
fn a_duplicate_is_evidence_of_an_identical_post() {
    let words = "You are not allowed to create a Tweet with duplicate content.";
    check_words(&[403], words, Meaning::Duplicate);
    let legacy = r#"{"errors":[{"code":187,"message":"Status is a duplicate."}]}"#;
    check_both(403, legacy, Meaning::Duplicate);
    let [body, _] = dialects(403, "about:blank", "Forbidden", words);
    assert_eq!(
        judged(CREATE, 403, &body).evidence.code.as_deref(),
        Some("duplicate")
    );
}

#[test]
fn refusals_of_the_content_are_named() {
    for (words, code) in [
        (
            "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
            "text_too_long",
        ),
        (
            "You are not permitted to perform this action.",
            "not_permitted",
        ),
        (
            "This user is not allowed to post a video longer than 2 minutes",
            "video_too_long",
        ),
        ("The Tweet contains an invalid URL.", "invalid_link"),
        (
            "You attempted to reply to a Tweet that is deleted or not visible to you.",
            "reply_target_gone",
        ),
        (
            "Posts are limited to a maximum of one cashtag",
            "too_many_cashtags",
        ),
        (
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
            "reply_not_allowed",
        ),
        (
            "Quoting this post is not allowed because you have not been mentioned or are not part of the conversation thread of the post you are quoting.",
            "quote_not_allowed",
        ),
    ] {
        check_words(&[400, 403], words, rejected(code));
    }
    check_problem(
        403,
        "not-authorized-for-resource",
        "Forbidden",
        "You can only reply to or quote posts where you are mentioned or are the author.",
        rejected("reply_not_allowed"),
    );
    check_problem(
        403,
        "not-authorized-for-resource",
        "Forbidden",
        "x",
        rejected("not_permitted"),
    );
}

#[test]
fn invalid_requests_are_permanent() {
    for (message, code) in [
        ("Your media IDs are invalid.", "media_invalid"),
        (
            "$.media.media_ids: there must be a maximum of 4 items in the array",
            "media_invalid",
        ),
        (
            "$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$",
            "invalid_request",
        ),
        ("Request body must be a JSON object.", "invalid_request"),
        (
            "You can only provide one of poll or quote_tweet_id or direct_message_deep_link or media or card_uri.",
            "invalid_request",
        ),
    ] {
        check_both(400, &invalid_request(message), rejected(code));
        let evidence = judged(CREATE, 400, &invalid_request(message)).evidence;
        assert_eq!(evidence.message.as_deref(), Some(message));
        assert_eq!(evidence.code.as_deref(), Some("invalid-request"));
    }
    for body in ["", "<html>", "{}"] {
        check_both(400, body, rejected("invalid_request"));
    }
    for status in [405, 413, 415, 422, 431] {
        check_both(status, "", rejected("invalid_request"));
    }
}

#[test]
fn a_dead_token_is_told_by_its_status() {
    check_problem(
        401,
        "about:blank",
        "Unauthorized",
        "Unauthorized",
        Meaning::Unauthorized,
    );
    let legacy = r#"{"errors":[{"code":32,"message":"Could not authenticate you"}]}"#;
    for body in [legacy, "", "<html>"] {
        check_both(401, body, Meaning::Unauthorized);
    }
    check_problem(
        403,
        "unsupported-authentication",
        "Unsupported Authentication",
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.",
        Meaning::Unauthorized,
    );
}

#[test]
fn a_missing_scope_is_a_missing_permission() {
    check_problem(
        403,
        "about:blank",
        "Forbidden",
        "Forbidden",
        rejected("permission_missing"),
    );
    check_problem(
        403,
        "oauth1-permissions",
        "Forbidden",
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        rejected("permission_missing"),
    );
}

#[test]
fn spent_money_blocks_in_both_shapes() {
    let old = r#"{"account_id":1243608864848629761,"title":"CreditsDepleted","detail":"Your enrolled account [1243608864848629761] does not have any credits to fulfill this request.","type":"https://api.twitter.com/2/problems/credits"}"#;
    let new = r#"{"detail":"credits depleted","status":402,"title":"Payment Required","type":"https://api.x.com/2/problems/credits-depleted"}"#;
    for body in [old, new, ""] {
        check_both(402, body, blocked("credits_depleted"));
    }
    let evidence = judged(CREATE, 402, old).evidence;
    assert_eq!(evidence.code.as_deref(), Some("credits"));
    assert_eq!(
        evidence.message.as_deref(),
        Some("Your enrolled account [..] does not have any credits to fulfill this request.")
    );
}

#[test]
fn caps_block_until_the_next_period() {
    check_problem(
        403,
        "about:blank",
        "SpendCapReached",
        "x",
        blocked("spend_cap_reached"),
    );
    for status in [403, 429] {
        let title = "UsageCapExceeded";
        check_problem(
            status,
            "usage-capped",
            title,
            "Monthly cap",
            blocked("usage_capped"),
        );
    }
}

#[test]
fn shut_lanes_are_blocked_whatever_the_content() {
    let not_enrolled = r#"{"client_id":"1","detail":"When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project.","registration_url":"https://developer.twitter.com","title":"Client Forbidden","required_enrollment":"Appropriate Level of API Access","reason":"client-not-enrolled","type":"https://api.twitter.com/2/problems/client-forbidden"}"#;
    check_both(403, not_enrolled, blocked("app_not_enrolled"));
    check_problem(
        403,
        "user-suspended",
        "Forbidden",
        "x",
        blocked("account_suspended"),
    );
    check_problem(
        403,
        "about:blank",
        "Forbidden",
        "Your account is not permitted to access this feature",
        blocked("account_restricted"),
    );
    check_problem(
        403,
        "about:blank",
        "Forbidden",
        "Your account is suspended and is not permitted to access this feature.",
        blocked("account_suspended"),
    );
    check_problem(
        403,
        "about:blank",
        "Forbidden",
        "To protect our users from spam, this account is temporarily locked. Please log in to unlock your account.",
        blocked("account_locked"),
    );
    check_problem(
        403,
        "about:blank",
        "Forbidden",
        "You have been blocked from replying to this user.",
        rejected("not_permitted"),
    );
}

#[test]
fn too_many_requests_are_a_limit_in_either_shape() {
    let expected = Meaning::Limited {
        scope: LimitScope::Account,
        until_ms: None,
    };
    check_problem(
        429,
        "about:blank",
        "Too Many Requests",
        "Too Many Requests",
        expected.clone(),
    );
    let legacy = r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#;
    for body in [legacy, "", "<html>"] {
        check_both(429, body, expected.clone());
    }
    check_both(425, "", expected);
    let mut reply = reply(429, "");
    reply
        .headers
        .insert("x-user-limit-24hour-remaining", "0".parse().unwrap());
    reply
        .headers
        .insert("x-user-limit-24hour-reset", "1790001000".parse().unwrap());
    let failure = judge(CREATE, &reply, NOW_MS).unwrap_err();
    let until_ms = Some(1_790_001_000_000);
    let scope = LimitScope::Account;
    assert_eq!(failure.meaning, Meaning::Limited { scope, until_ms });
    assert_eq!(failure.windows.len(), 1);
}

#[test]
fn a_server_error_leaves_a_create_unknown() {
    let [old, new] = dialects(
        503,
        "about:blank",
        "Service Unavailable",
        "Service Unavailable",
    );
    let [internal, _] = dialects(500, "internal-error", "Internal Error", "x");
    let html = "<html>502</html>";
    for (status, body) in [
        (503, old.as_str()),
        (503, &new),
        (500, &internal),
        (502, html),
        (504, ""),
        (408, ""),
        (409, ""),
        (301, ""),
        (307, html),
    ] {
        check(status, body, Meaning::Unknown, Meaning::Transient);
    }
}

#[test]
fn a_yes_that_is_no_answer_leaves_a_create_unknown() {
    for body in [
        "",
        "<html>",
        "[]",
        r#"{"errors":[{"message":"x","title":"x"}]}"#,
        r#"{"data":null,"errors":[{"message":"x"}]}"#,
    ] {
        for status in [200, 201] {
            check(status, body, Meaning::Unknown, Meaning::Transient);
        }
    }
}

#[test]
fn a_thing_that_is_not_there_is_not_found_on_reads() {
    let body = r#"{"errors":[{"resource_id":"456","resource_type":"tweet","parameter":"id","value":"456","title":"Not Found Error","detail":"Could not find tweet with id: [456].","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
    check(200, body, Meaning::Unknown, Meaning::NotFound);
    check(404, body, rejected("invalid_request"), Meaning::NotFound);
    check(404, "", rejected("invalid_request"), Meaning::NotFound);
    let evidence = judged(READ, 200, body).evidence;
    assert_eq!(evidence.code.as_deref(), Some("resource-not-found"));
    assert_eq!(
        evidence.message.as_deref(),
        Some("Could not find tweet with id: [456].")
    );
}

#[test]
fn a_refusal_by_the_edge_was_never_looked_at() {
    check_both(403, "<html>Attention Required!</html>", Meaning::NotDone);
    check_both(403, "", Meaning::NotDone);
}

#[test]
fn a_broken_refusal_is_trusted_only_where_the_status_says_all() {
    for (status, expected) in [
        (400, Meaning::Unknown),
        (401, Meaning::Unauthorized),
        (402, blocked("credits_depleted")),
        (403, Meaning::Unknown),
        (500, Meaning::Unknown),
        (201, Meaning::Unknown),
    ] {
        let mut reply = reply(status, "");
        reply.body = Body::Broken("the body was cut off");
        let meaning = judge(CREATE, &reply, NOW_MS).unwrap_err().meaning;
        assert_eq!(meaning, expected, "{status}");
    }
}

#[test]
fn a_success_may_carry_errors_beside_its_data() {
    let body = r#"{"data":{"id":"1"},"errors":[{"title":"partial"}]}"#;
    let mut reply = reply(201, body);
    reply
        .headers
        .insert("x-transaction-id", "t1".parse().unwrap());
    reply
        .headers
        .insert("x-rate-limit-remaining", "5".parse().unwrap());
    let answer = judge(CREATE, &reply, NOW_MS).unwrap();
    assert_eq!(answer.value["data"]["id"], "1");
    assert_eq!(answer.trace_id.as_deref(), Some("t1"));
    assert_eq!(answer.windows[0].remaining, Some(5));
}
