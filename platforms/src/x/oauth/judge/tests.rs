use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;

use super::*;
use crate::http::Body;

const NOW_MS: i64 = 1_790_000_000_000;
const BOTH: [Brought; 2] = [Brought::Code, Brought::Token];

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    }
}

fn judged(brought: Brought, reply: &Reply) -> Failure {
    tokens(brought, reply, NOW_MS).expect_err("a failure")
}

fn check(brought: &[Brought], status: u16, body: &str, expected: Refusal) {
    for &brought in brought {
        let failure = judged(brought, &reply(status, body));
        assert_eq!(failure.refusal, expected, "{brought:?}: {status} {body}");
    }
    if brought.contains(&Brought::Token) {
        let revoked = revoked(&reply(status, body), NOW_MS).expect_err("a failure");
        assert_eq!(revoked.refusal, expected, "revoke: {status} {body}");
    }
}

/// One refusal in every shape that the token endpoint has (x.md 1.2, 2.5).
fn shapes(error: &str, words: &str) -> [String; 4] {
    [
        format!(r#"{{"error":"{error}","error_description":"{words}"}}"#),
        format!(
            r#"{{"errors":[{{"message":"{words}"}}],"error":"{error}","error_description":"{words}"}}"#
        ),
        format!(r#"{{"errors":[{{"message":"{words}"}}]}}"#),
        format!(
            r#"{{"detail":"{words}","status":400,"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}}"#
        ),
    ]
}

fn check_words(brought: &[Brought], status: u16, error: &str, words: &str, expected: Refusal) {
    for body in shapes(error, words) {
        check(brought, status, &body, expected.clone());
    }
}

/// x.md 1.1
#[test]
fn a_yes_is_read_whole() {
    let body = r#"{"token_type":"bearer","expires_in":7200,"access_token":"AT","scope":"users.read tweet.read  offline.access","refresh_token":"RT"}"#;
    for brought in BOTH {
        let pair = tokens(brought, &reply(200, body), NOW_MS).unwrap();
        assert_eq!(pair.access.expose_secret(), "AT");
        assert_eq!(pair.refresh.unwrap().expose_secret(), "RT");
        assert_eq!(pair.expires_at_ms, Some(NOW_MS + 7_200_000));
        assert_eq!(pair.scopes, ["users.read", "tweet.read", "offline.access"]);
    }
}

#[test]
fn what_a_yes_leaves_out_is_not_invented() {
    for body in [
        r#"{"access_token":"AT"}"#,
        r#"{"access_token":"AT","refresh_token":"","expires_in":null,"scope":""}"#,
        r#"{"access_token":"AT","refresh_token":null,"expires_in":-1,"scope":[]}"#,
    ] {
        let pair = tokens(Brought::Token, &reply(200, body), NOW_MS).unwrap();
        assert!(pair.refresh.is_none(), "{body}");
        assert_eq!(pair.expires_at_ms, None, "{body}");
        assert!(pair.scopes.is_empty(), "{body}");
    }
}

#[test]
fn a_token_is_kept_whatever_stands_beside_it() {
    let body =
        r#"{"access_token":"AT","refresh_token":"RT","errors":[{"message":"x"}],"error":"y"}"#;
    let pair = tokens(Brought::Token, &reply(200, body), NOW_MS).unwrap();
    assert_eq!(pair.refresh.unwrap().expose_secret(), "RT");
}

#[test]
fn a_yes_without_a_token_is_never_an_empty_token() {
    for body in [
        "",
        "{}",
        "[]",
        "<html>welcome</html>",
        r#"{"access_token":"A"#,
        r#"{"access_token":"","refresh_token":"SECRET-1"}"#,
        r#"{"access_token":null,"refresh_token":"SECRET-1"}"#,
        r#"{"access_token":["SECRET-1"]}"#,
        r#"{"errors":[{"message":"new"}]}"#,
    ] {
        for brought in BOTH {
            let failure = judged(brought, &reply(200, body));
            assert_eq!(failure.refusal, Refusal::Unknown, "{body}");
            assert!(!format!("{failure:?}").contains("SECRET-1"), "{body}");
        }
    }
}

/// x.md 1.2, first row and its note.
#[test]
fn a_dead_token_is_known_by_the_words_and_by_the_standards_name() {
    let words = "Value passed for the token was invalid.";
    for status in [400, 401, 403, 200] {
        check_words(
            &[Brought::Token],
            status,
            "invalid_request",
            words,
            Refusal::GrantDead,
        );
    }
    let standard = r#"{"error":"invalid_grant"}"#;
    check(&[Brought::Token], 400, standard, Refusal::GrantDead);
    check(&[Brought::Code], 400, standard, Refusal::CodeDead);
}

/// x.md 1.2, rows 2 and 3.
#[test]
fn a_dead_code_and_a_wrong_verifier_end_the_attempt() {
    for words in [
        "Value passed for the authorization code was invalid.",
        "Value passed for the code verifier did not match the code challenge.",
    ] {
        check_words(
            &[Brought::Code],
            400,
            "invalid_request",
            words,
            Refusal::CodeDead,
        );
    }
}

/// x.md 1.2, row 4; 11 point 3.
#[test]
fn a_malformed_request_kills_nothing_though_it_has_the_same_name() {
    for words in [
        "Missing required parameter [code_verifier].",
        "Missing required parameter [refresh_token].",
        "Something new.",
    ] {
        check_words(&BOTH, 400, "invalid_request", words, Refusal::Rejected);
    }
    for error in ["invalid_scope", "unsupported_grant_type", "new"] {
        let body = format!(r#"{{"error":"{error}"}}"#);
        check(&BOTH, 400, &body, Refusal::Rejected);
    }
    check(&BOTH, 400, "{}", Refusal::Rejected);
    check(&BOTH, 404, "", Refusal::Rejected);
    check(&BOTH, 405, "<html>", Refusal::Rejected);
}

/// x.md 1.2, last two rows; 1.5.
#[test]
fn a_refused_app_is_the_operators() {
    let words = "Missing valid authorization header";
    check_words(
        &BOTH,
        401,
        "unauthorized_client",
        words,
        Refusal::AppRefused,
    );
    check_words(
        &BOTH,
        400,
        "unauthorized_client",
        words,
        Refusal::AppRefused,
    );
    for status in [400, 401, 403] {
        let body = r#"{"error":"invalid_client","error_description":"Anything at all"}"#;
        check(&BOTH, status, body, Refusal::AppRefused);
    }
    let redirect =
        "Value passed for the redirect uri did not match the uri of the authorization code.";
    check_words(&BOTH, 400, "invalid_request", redirect, Refusal::AppRefused);
    let not_enrolled = r#"{"client_id":"1","detail":"When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project.","registration_url":"https://developer.twitter.com/en/docs/projects/overview","title":"Client Forbidden","required_enrollment":"Appropriate Level of API Access","reason":"client-not-enrolled","type":"https://api.twitter.com/2/problems/client-forbidden"}"#;
    check(&BOTH, 403, not_enrolled, Refusal::AppRefused);
    let legacy = r#"{"errors":[{"code":32,"message":"Could not authenticate you"}]}"#;
    check(&BOTH, 401, legacy, Refusal::AppRefused);
    let unauthorized =
        r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#;
    check(&BOTH, 401, unauthorized, Refusal::AppRefused);
    for body in ["", "<html>", "{}"] {
        check(&BOTH, 401, body, Refusal::AppRefused);
        check(&BOTH, 402, body, Refusal::AppRefused);
    }
}

#[test]
fn too_many_calls_are_limits_with_the_platforms_own_time() {
    let problem = r#"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#;
    let legacy = r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#;
    for body in [problem, legacy, "", "<html>"] {
        check(&BOTH, 429, body, Refusal::Limited { until_ms: None });
    }
    check(&BOTH, 400, legacy, Refusal::Limited { until_ms: None });

    let mut spent = reply(429, problem);
    for (name, value) in [
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "1790000900"),
        ("retry-after", "40"),
    ] {
        spent.headers.insert(name, value.parse().unwrap());
    }
    let until_ms = Some(1_790_000_900_000);
    assert_eq!(
        judged(Brought::Token, &spent).refusal,
        Refusal::Limited { until_ms }
    );
}

#[test]
fn trouble_at_the_platform_leaves_the_outcome_unknown_whatever_it_says() {
    let dead = r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#;
    for status in [301, 302, 408, 409, 500, 502, 503, 504] {
        for body in ["", "{}", "<html>Over capacity</html>", dead] {
            check(&BOTH, status, body, Refusal::Unknown);
        }
    }
}

#[test]
fn what_is_not_the_platforms_own_no_did_nothing() {
    for status in [400, 403] {
        for body in ["", "<html>blocked</html>", r#"{"error":"invalid_gr"#] {
            check(&BOTH, status, body, Refusal::NotDone);
        }
        let mut broken = reply(status, "");
        broken.body = Body::Broken("the body was cut off");
        assert_eq!(judged(Brought::Token, &broken).refusal, Refusal::NotDone);
    }
}

#[test]
fn a_broken_yes_leaves_the_outcome_unknown() {
    for how in ["the body was cut off", "the body is larger than 1 MiB"] {
        let mut broken = reply(200, "");
        broken.body = Body::Broken(how);
        for failure in [
            judged(Brought::Code, &broken),
            judged(Brought::Token, &broken),
            revoked(&broken, NOW_MS).unwrap_err(),
        ] {
            assert_eq!(failure.refusal, Refusal::Unknown);
            assert_eq!(failure.evidence.message.as_deref(), Some(how));
        }
    }
}

#[test]
fn a_revocation_is_believed_by_its_status_unless_the_body_denies_it() {
    for body in [r#"{"revoked":true}"#, "{}", "", r#"{"errors":[]}"#] {
        assert_eq!(revoked(&reply(200, body), NOW_MS), Ok(()), "{body}");
    }
    for body in [
        r#"{"revoked":false}"#,
        "<html>",
        r#"{"errors":[{"message":"x"}]}"#,
        r#"{"error":"x"}"#,
    ] {
        let failure = revoked(&reply(200, body), NOW_MS).unwrap_err();
        assert_eq!(failure.refusal, Refusal::Unknown, "{body}");
    }
}

#[test]
fn the_evidence_holds_the_platforms_own_words() {
    let words = "Value passed for the token was invalid.";
    let [body, ..] = shapes("invalid_request", words);
    let mut said = reply(400, &body);
    said.headers
        .insert("x-transaction-id", "a1b2".parse().unwrap());
    let failure = judged(Brought::Token, &said);
    assert_eq!(
        failure.evidence,
        Evidence {
            http_status: Some(400),
            code: Some("invalid_request".to_owned()),
            message: Some(words.to_owned()),
            trace_id: Some("a1b2".to_owned()),
        }
    );
    assert_eq!(
        failure.to_string(),
        format!("token dead, HTTP 400, invalid_request: {words}")
    );
}
