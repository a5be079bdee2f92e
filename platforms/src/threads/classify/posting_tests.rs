//! Media, carousels and deletes (threads.md 4.1, 4.7, 5.2).

use reqwest::header::HeaderMap;

use super::*;
use crate::http::Body;

const NOW_MS: i64 = 1_790_000_000_000;

fn check(call: Call, status: u16, body: &str, expected: Meaning) {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    };
    let failure = judge(call, &reply, NOW_MS).expect_err("a failure");
    assert_eq!(failure.meaning, expected, "{call:?}: {status} {body}");
}

fn rejected(code: &'static str) -> Meaning {
    Meaning::Rejected { code }
}

#[test]
fn an_image_that_cannot_be_fetched_is_told_apart_from_an_unknown_error() {
    let body = r#"{"error":{"message":"An unknown error occurred","type":"OAuthException","code":1,"error_subcode":2207052,"is_transient":false,"error_user_title":"Media download has failed.","error_user_msg":"The media could not be fetched from this URI: https://unreachable/x.jpg","fbtrace_id":"A"}}"#;
    check(Call::CreateContainer, 400, body, Meaning::MediaUnreachable);
    check(
        Call::CreateContainer,
        400,
        &body.replace("\"code\":1", "\"code\":9004"),
        Meaning::MediaUnreachable,
    );
    check(Call::Publish, 400, body, Meaning::Unknown);
    let plain =
        r#"{"error":{"message":"An unknown error occurred","type":"OAuthException","code":1}}"#;
    check(Call::CreateContainer, 400, plain, Meaning::Transient);
}

#[test]
fn carousel_items_that_another_server_does_not_know_are_not_ready() {
    let body = r#"{"error":{"message":"Invalid parameter","type":"OAuthException","code":100,"error_subcode":4279004,"is_transient":false,"error_user_title":"Invalid Carousel Children","error_user_msg":"The children with IDs 17978727222117458, 17978727216117458 are invalid, nonexistent, or expired.","fbtrace_id":"A"}}"#;
    check(Call::CreateContainer, 400, body, Meaning::ChildrenNotReady);
}

#[test]
fn geo_gating_is_refused_by_name_whatever_the_code() {
    for (name, code) in [
        (
            "THREADS_API__FEATURE_NOT_AVAILABLE",
            "feature_not_available",
        ),
        (
            "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES",
            "invalid_request",
        ),
    ] {
        for error in [
            format!(r#"{{"error":{{"message":"{name}"}}}}"#),
            format!(r#"{{"error":{{"message":"{name}","code":100}}}}"#),
            format!(r#"{{"error":{{"message":"{name}","code":1}}}}"#),
        ] {
            check(Call::CreateContainer, 500, &error, rejected(code));
        }
    }
}

#[test]
fn a_delete_without_its_permission_is_permanent_though_it_comes_as_500() {
    let body = r#"{"error":{"message":"Application does not have permission for this action","code":10,"type":"THApiException"}}"#;
    check(Call::DeletePost, 500, body, rejected("permission_missing"));
}

#[test]
fn a_delete_of_what_is_gone_is_not_found() {
    let body = r#"{"error":{"message":"Unsupported delete request. Object with ID '1' does not exist, cannot be loaded due to missing permissions, or does not support this operation","type":"THApiException","code":100,"error_subcode":33,"fbtrace_id":"A"}}"#;
    for status in [400, 500] {
        check(Call::DeletePost, status, body, Meaning::NotFound);
        check(Call::ReadMedia, status, body, Meaning::NotFound);
    }
}

#[test]
fn a_delete_may_be_repeated_and_its_quota_is_a_limit() {
    for status in [200, 500, 502] {
        check(Call::DeletePost, status, "", Meaning::Transient);
    }
    let spent = r#"{"error":{"message":"Calls to this api have exceeded the rate limit.","type":"OAuthException","code":613,"error_subcode":4279002}}"#;
    let limited = Meaning::Limited {
        scope: LimitScope::Account,
        until_ms: None,
    };
    check(Call::DeletePost, 400, spent, limited);
}

#[test]
fn a_quota_without_its_scope_is_an_empty_500() {
    check(Call::ReadQuota, 500, "", Meaning::Transient);
}
