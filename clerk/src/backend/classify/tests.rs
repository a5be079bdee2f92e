use reqwest::header::HeaderMap;

use super::*;
use crate::http::Body;

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    }
}

fn error(code: &str) -> String {
    format!(r#"{{"errors":[{{"message":"m","long_message":"l","code":"{code}"}}]}}"#)
}

fn retrieval_error(meta: &str) -> String {
    format!(
        r#"{{"errors":[{{"message":"Token retrieval failed","long_message":"Failed to retrieve a new access token from the OAuth provider","code":"oauth_token_retrieval_error"{meta}}}],"clerk_trace_id":"sim1"}}"#
    )
}

fn meaning(status: u16, body: &str) -> Meaning {
    judge(&reply(status, body)).expect_err("a failure").meaning
}

fn reconnect(reason: &'static str) -> Meaning {
    Meaning::Reconnect { reason }
}

fn config(reason: &'static str) -> Meaning {
    Meaning::Config { reason }
}

fn transient(reason: &'static str) -> Meaning {
    Meaning::Transient { reason }
}

/// The table of clerk.md 2.2. The status given there comes first; the code decides at any other.
#[test]
fn the_code_decides_whatever_the_status() {
    let limited = Meaning::LimitedFor(Duration::from_secs(10));
    for (status, code, expected) in [
        (
            422,
            "oauth_missing_refresh_token",
            reconnect("no_refresh_token"),
        ),
        (
            422,
            "oauth_missing_access_token",
            reconnect("no_access_token"),
        ),
        (
            404,
            "oauth_token_provider_not_enabled",
            config("provider_not_enabled"),
        ),
        (
            400,
            "oauth_unsupported_provider",
            config("unsupported_provider"),
        ),
        (404, "resource_not_found", Meaning::UserGone),
        (401, "clerk_key_invalid", Meaning::BadSecret),
        (401, "authentication_invalid", Meaning::BadSecret),
        (
            401,
            "authorization_header_format_invalid",
            Meaning::BadSecret,
        ),
        (403, "authorization_invalid", config("not_authorized")),
        (403, "user_banned", Meaning::UserBanned),
        (403, "quota_exceeded", config("quota_exceeded")),
        (429, "too_many_requests", limited),
        (500, "internal_clerk_error", transient("clerk_error")),
        (503, "maintenance_mode", transient("maintenance")),
    ] {
        for status in [status, 200, 400, 404, 500] {
            assert_eq!(meaning(status, &error(code)), expected, "{status} {code}");
        }
    }
}

#[test]
fn a_refused_refresh_asks_for_a_new_connection_only_when_the_grant_is_dead() {
    for (said, expected) in [
        (
            r#"oauth2: \"invalid_grant\" \"Token has been expired or revoked.\""#,
            reconnect("grant_refused"),
        ),
        ("The token has EXPIRED", reconnect("grant_refused")),
        ("token was revoked", reconnect("grant_refused")),
        (
            r#"oauth2: \"invalid_request\" \"Value passed for the token was invalid.\""#,
            Meaning::Race,
        ),
        (
            "oauth2: cannot fetch token: 503 Service Unavailable",
            transient("provider_error"),
        ),
    ] {
        let body = retrieval_error(&format!(r#","meta":{{"provider_error":"{said}"}}"#));
        assert_eq!(meaning(400, &body), expected, "{said}");
    }
}

#[test]
fn a_refused_refresh_without_the_providers_words_is_worth_one_more_try() {
    for meta in [
        "",
        r#","meta":{}"#,
        r#","meta":{"provider_error":""}"#,
        r#","meta":null"#,
    ] {
        assert_eq!(
            meaning(400, &retrieval_error(meta)),
            Meaning::Race,
            "{meta}"
        );
    }
}

#[test]
fn an_unknown_answer_is_judged_by_its_status() {
    let html = "<html>502 Bad Gateway</html>";
    for body in ["", html, "{}", r#"{"errors":[]}"#, &error("something_new")] {
        assert_eq!(meaning(400, body), Meaning::Race, "{body}");
        assert_eq!(meaning(401, body), Meaning::Race, "{body}");
        assert_eq!(meaning(502, body), transient("server_error"), "{body}");
        assert_eq!(meaning(302, body), transient("server_error"), "{body}");
    }
    assert_eq!(meaning(200, html), transient("unreadable"));
    assert_eq!(meaning(200, ""), transient("unreadable"));
}

#[test]
fn retry_after_is_kept_exactly() {
    let mut limited = reply(429, "slow down");
    limited.headers.insert("retry-after", "7".parse().unwrap());
    let meaning = judge(&limited).unwrap_err().meaning;
    assert_eq!(meaning, Meaning::LimitedFor(Duration::from_secs(7)));
    let ten = Meaning::LimitedFor(Duration::from_secs(10));
    assert_eq!(judge(&reply(429, "")).unwrap_err().meaning, ten);
}

#[test]
fn the_evidence_holds_clerks_own_words_and_trace() {
    let body = retrieval_error(r#","meta":{"provider_error":"invalid_grant"}"#);
    let failure = judge(&reply(400, &body)).unwrap_err();
    let said = "Failed to retrieve a new access token from the OAuth provider (invalid_grant)";
    assert_eq!(
        failure.evidence,
        Evidence {
            http_status: Some(400),
            code: Some("oauth_token_retrieval_error".to_owned()),
            message: Some(said.to_owned()),
            trace_id: Some("sim1".to_owned()),
        }
    );
    let mut bare = reply(503, "");
    bare.headers.insert("cf-ray", "8f1-FRA".parse().unwrap());
    let evidence = judge(&bare).unwrap_err().evidence;
    assert_eq!(evidence.trace_id.as_deref(), Some("8f1-FRA"));
    assert_eq!(evidence.message.as_deref(), Some("the body is empty"));
}

#[test]
fn a_broken_body_is_no_answer() {
    let broken = Reply {
        body: Body::Broken("the body was cut off"),
        ..reply(200, "")
    };
    let failure = judge(&broken).unwrap_err();
    assert_eq!(failure.meaning, transient("unreadable"));
    let said = failure.evidence.message.unwrap();
    assert_eq!(said, "the body was cut off");
}
