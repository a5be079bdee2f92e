use reqwest::header::HeaderMap;

use super::*;
use crate::http::Body;

const NOW_MS: i64 = 1_790_000_000_000;
const CREATE: Call = Call::CreateContainer;
const PUBLISH: Call = Call::Publish;

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    }
}

fn error(kind: &str, code: &str, subcode: Option<i64>, message: &str) -> String {
    let subcode = subcode.map_or(String::new(), |subcode| {
        format!(r#""error_subcode":{subcode},"is_transient":false,"error_user_title":"Titre","error_user_msg":"Texte pour l'utilisateur, expired",""#)
    });
    let subcode = subcode.trim_end_matches('"');
    format!(
        r#"{{"error":{{"message":"{message}","type":"{kind}","code":{code},{subcode}"fbtrace_id":"A-ptA4ve9FlWkRMi935kaIS"}}}}"#
    )
}

fn meaning(call: Call, status: u16, body: &str) -> Meaning {
    judge(call, &reply(status, body), NOW_MS)
        .expect_err("a failure")
        .meaning
}

fn check(status: u16, body: &str, on_create: Meaning, on_publish: Meaning) {
    assert_eq!(
        meaning(CREATE, status, body),
        on_create,
        "create: {status} {body}"
    );
    assert_eq!(
        meaning(PUBLISH, status, body),
        on_publish,
        "publish: {status} {body}"
    );
}

fn check_both(status: u16, body: &str, expected: Meaning) {
    check(status, body, expected.clone(), expected);
}

fn rejected(code: &'static str) -> Meaning {
    Meaning::Rejected { code }
}

fn limited(scope: LimitScope) -> Meaning {
    Meaning::Limited {
        scope,
        until_ms: None,
    }
}

/// The status of a THApiException is 500 in live reports and 400 in some tests (threads.md 5.2).
#[test]
fn permanent_refusals_are_permanent_though_they_come_as_500() {
    for status in [500, 400] {
        for (message, code) in [
            (
                "Param text must be at most 500 characters long.",
                "text_too_long",
            ),
            (
                "Param reply_to_id is not a valid threads_media ID",
                "reply_target_gone",
            ),
            (
                "Tried accessing nonexisting field (status)",
                "invalid_request",
            ),
            ("THREADS_API__LINK_LIMIT_EXCEEDED", "link_limit"),
        ] {
            let body = error("THApiException", "100", None, message);
            check_both(status, &body, rejected(code));
        }
    }
}

#[test]
fn a_link_limit_is_known_by_its_name_whatever_the_code() {
    for body in [
        r#"{"error":{"message":"THREADS_API__LINK_LIMIT_EXCEEDED"}}"#.to_owned(),
        error(
            "OAuthException",
            "1",
            None,
            "THREADS_API__LINK_LIMIT_EXCEEDED",
        ),
    ] {
        check_both(400, &body, rejected("link_limit"));
    }
}

#[test]
fn a_thing_that_is_not_there_or_not_yet_is_not_found() {
    let container = error(
        "OAuthException",
        "24",
        Some(4279009),
        "The requested resource does not exist",
    );
    check_both(400, &container, Meaning::NotFound);
    let gone = error(
        "THApiException",
        "100",
        Some(33),
        "Unsupported get request. ...",
    );
    check_both(400, &gone, Meaning::NotFound);
    assert_eq!(meaning(Call::ReadMedia, 500, &gone), Meaning::NotFound);
}

#[test]
fn carousel_children_may_become_known_shortly() {
    let body = error("OAuthException", "100", Some(4279004), "Invalid parameter");
    check(
        400,
        &body,
        Meaning::ChildrenNotReady,
        rejected("invalid_request"),
    );
}

#[test]
fn a_bad_link_preview_is_told_apart_though_its_code_is_negative() {
    let body = error("OAuthException", "-1", Some(4279047), "Fatal");
    check_both(400, &body, Meaning::BadLinkPreview);
}

#[test]
fn rate_limits_are_limits_whatever_the_status() {
    let account = limited(LimitScope::Account);
    let app = limited(LimitScope::App);
    let body = error(
        "OAuthException",
        "613",
        Some(4279002),
        "Calls to this api have exceeded the rate limit.",
    );
    check_both(400, &body, account.clone());
    for (code, expected) in [
        ("17", &account),
        ("32", &account),
        ("613", &account),
        ("4", &app),
    ] {
        for status in [400, 429, 500] {
            let body = error("OAuthException", code, None, "request limit reached");
            check_both(status, &body, expected.clone());
        }
    }
    check_both(
        400,
        &error("OAuthException", "9", Some(2207042), "x"),
        account,
    );
}

#[test]
fn a_restricted_account_is_blocked_even_under_the_code_of_a_rate_limit() {
    for (code, subcode, expected) in [
        ("4", 2207051, "activity_restricted"),
        ("4", 4279013, "account_restricted"),
        ("1", 4279013, "account_restricted"),
        ("0", 4279013, "account_restricted"),
    ] {
        let body = error("OAuthException", code, Some(subcode), "restricted");
        check_both(400, &body, Meaning::Blocked { code: expected });
    }
    let no_code = r#"{"error":{"error_subcode":4279013}}"#;
    check_both(
        400,
        no_code,
        Meaning::Blocked {
            code: "account_restricted",
        },
    );
}

#[test]
fn temporary_trouble_leaves_a_publish_unknown() {
    for body in [
        error("OAuthException", "1", None, "An unknown error occurred"),
        error(
            "OAuthException",
            "2",
            None,
            "An unexpected error has occurred.",
        ),
        r#"{"error":{"message":"x","code":100,"is_transient":true}}"#.to_owned(),
        r#"{"error":{"message":"x","is_transient":true}}"#.to_owned(),
    ] {
        for status in [200, 400, 500, 503] {
            check(status, &body, Meaning::Transient, Meaning::Unknown);
        }
    }
}

#[test]
fn a_missing_permission_on_publish_may_hide_a_live_post() {
    for subcode in [None, Some(4279067)] {
        let message = "Application does not have permission for this action";
        let body = error("THApiException", "10", subcode, message);
        for status in [400, 500] {
            check(
                status,
                &body,
                rejected("permission_missing"),
                Meaning::Unknown,
            );
        }
    }
    for code in ["3", "200", "299"] {
        let body = error("OAuthException", code, None, "Permissions error");
        check_both(400, &body, rejected("permission_missing"));
    }
}

#[test]
fn a_dead_token_is_one_at_any_status() {
    for (status, body) in [
        (
            500,
            error(
                "THApiException",
                "190",
                None,
                "Invalid OAuth 2.0 Access Token",
            ),
        ),
        (
            400,
            error(
                "OAuthException",
                "190",
                Some(463),
                "Session has expired on Monday",
            ),
        ),
        (
            401,
            error("OAuthException", "190", Some(460), "The session is invalid"),
        ),
        (401, error("OAuthException", "102", None, "x")),
        (400, error("OAuthException", r#""190""#, None, "x")),
        (401, String::new()),
    ] {
        check_both(status, &body, Meaning::Unauthorized);
    }
}

#[test]
fn generic_codes_of_the_graph_are_known() {
    let code = |code: &str| error("OAuthException", code, None, "x");
    check_both(400, &code("341"), limited(LimitScope::App));
    check_both(400, &code("506"), Meaning::Duplicate);
    check_both(400, &code("1609005"), Meaning::BadLinkPreview);
    check_both(
        400,
        &code("368"),
        Meaning::Blocked {
            code: "account_restricted",
        },
    );
}

#[test]
fn an_unknown_code_is_judged_by_its_status_and_never_guessed_on_publish() {
    let body = error("OAuthException", "987654", None, "new");
    check(400, &body, rejected("invalid_request"), Meaning::Unknown);
    check(403, &body, rejected("permission_missing"), Meaning::Unknown);
    check(404, &body, Meaning::NotFound, Meaning::Unknown);
    check(500, &body, Meaning::Transient, Meaning::Unknown);
    check(200, &body, Meaning::Transient, Meaning::Unknown);
    check_both(401, &body, Meaning::Unauthorized);
    check_both(429, &body, limited(LimitScope::Account));
}

#[test]
fn without_a_code_the_outcome_of_a_publish_is_unknown() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    for (status, body) in [
        (500, ""),
        (500, "{}"),
        (500, r#"{"error":{}}"#),
        (500, r#"{"error":"oops"}"#),
        (502, html),
        (503, ""),
        (504, ""),
        (408, ""),
        (301, ""),
        (302, html),
        (200, html),
        (200, ""),
        (200, "[]"),
        (403, html),
    ] {
        check(status, body, Meaning::Transient, Meaning::Unknown);
    }
    check(404, "", Meaning::NotFound, Meaning::Unknown);
    check(400, "", rejected("invalid_request"), Meaning::Unknown);
    check_both(425, "", limited(LimitScope::Account));
    check_both(429, html, limited(LimitScope::Account));
}

#[test]
fn a_broken_body_is_no_answer() {
    for status in [200, 400, 500] {
        let mut reply = reply(status, "");
        reply.body = Body::Broken("the body was cut off");
        let meaning = judge(PUBLISH, &reply, NOW_MS).unwrap_err().meaning;
        assert_eq!(meaning, Meaning::Unknown, "{status}");
    }
}

#[test]
fn retry_after_names_the_time() {
    let mut reply = reply(429, "");
    reply.headers.insert("retry-after", "40".parse().unwrap());
    assert_eq!(
        judge(PUBLISH, &reply, NOW_MS).unwrap_err().meaning,
        Meaning::Limited {
            scope: LimitScope::Account,
            until_ms: Some(NOW_MS + 40_000),
        }
    );
}

#[test]
fn the_evidence_holds_the_platforms_own_words() {
    let body = error(
        "OAuthException",
        "24",
        Some(4279009),
        "The requested resource does not exist",
    );
    let evidence = judge(PUBLISH, &reply(400, &body), NOW_MS)
        .unwrap_err()
        .evidence;
    assert_eq!(
        evidence,
        Evidence {
            http_status: Some(400),
            code: Some("24/4279009".to_owned()),
            message: Some("The requested resource does not exist".to_owned()),
            trace_id: Some("A-ptA4ve9FlWkRMi935kaIS".to_owned()),
        }
    );
    let said = |status, body| {
        let failure = judge(CREATE, &reply(status, body), NOW_MS).unwrap_err();
        failure.evidence.message.unwrap()
    };
    assert!(said(500, "").contains("empty"));
    assert!(said(500, "").contains("permission"));
    let flat = r#"{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found"}"#;
    assert_eq!(said(400, flat), "Matching code was not found");
}

#[test]
fn a_success_is_handed_on_with_what_its_headers_say() {
    let mut reply = reply(200, r#"{"id":"18021615854650509"}"#);
    let usage = r#"{"call_count":28,"total_cputime":25.5,"total_time":120}"#;
    reply.headers.insert("x-app-usage", usage.parse().unwrap());
    reply.headers.insert("x-fb-trace-id", "T1".parse().unwrap());
    let answer = judge(PUBLISH, &reply, NOW_MS).unwrap();
    assert_eq!(answer.value["id"], "18021615854650509");
    assert_eq!(answer.trace_id.as_deref(), Some("T1"));
    let window = RateWindow {
        scope: LimitScope::App,
        name: "app_usage",
        limit: Some(100),
        remaining: Some(0),
        resets_at_ms: None,
    };
    assert_eq!(answer.windows, vec![window]);
}
