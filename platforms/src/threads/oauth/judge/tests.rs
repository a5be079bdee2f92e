use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;

use super::*;
use crate::http::Body;

const NOW_MS: i64 = 1_790_000_000_000;
const EVERYTHING: [Brought; 3] = [Brought::Code, Brought::ShortToken, Brought::LongToken];
const TOKENS: [Brought; 2] = [Brought::ShortToken, Brought::LongToken];

fn reply(status: u16, body: &str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    }
}

fn judged(brought: Brought, reply: &Reply) -> Failure {
    let result = match brought {
        Brought::Code => short_lived(reply, NOW_MS).map(|_| ()),
        _ => long_lived(brought, reply, NOW_MS).map(|_| ()),
    };
    result.expect_err("a failure")
}

fn check(brought: &[Brought], status: u16, body: &str, expected: Refusal) {
    for &brought in brought {
        let failure = judged(brought, &reply(status, body));
        assert_eq!(failure.refusal, expected, "{brought:?}: {status} {body}");
    }
}

fn graph(kind: &str, code: i64, subcode: Option<i64>, message: &str) -> String {
    let subcode = subcode.map_or(String::new(), |code| format!(r#""error_subcode":{code},"#));
    format!(
        r#"{{"error":{{"message":"{message}","type":"{kind}","code":{code},{subcode}"fbtrace_id":"A-ptA4ve9FlWkRMi935kaIS"}}}}"#
    )
}

fn flat(message: &str) -> String {
    format!(r#"{{"error_type":"OAuthException","code":400,"error_message":"{message}"}}"#)
}

/// threads.md 2.3; the id is beyond 2^53.
#[test]
fn a_code_buys_a_token_and_the_exact_id_of_its_person() {
    for id in ["27173231028946699", r#""27173231028946699""#] {
        let body = format!(r#"{{"access_token":"THQVJ1","user_id":{id}}}"#);
        let bought = short_lived(&reply(200, &body), NOW_MS).unwrap();
        assert_eq!(bought.token.expose_secret(), "THQVJ1");
        assert_eq!(bought.user_id, "27173231028946699");
    }
}

/// threads.md 2.4
#[test]
fn a_long_lived_token_comes_with_its_end() {
    let body = r#"{"access_token":"THLONG","token_type":"bearer","expires_in":5183944}"#;
    for brought in TOKENS {
        let long = long_lived(brought, &reply(200, body), NOW_MS).unwrap();
        assert_eq!(long.token.expose_secret(), "THLONG");
        assert_eq!(long.expires_at_ms, Some(NOW_MS + 5_183_944_000));
    }
    let silent = reply(200, r#"{"access_token":"THLONG"}"#);
    let long = long_lived(Brought::LongToken, &silent, NOW_MS).unwrap();
    assert_eq!(long.expires_at_ms, None);
}

#[test]
fn a_yes_without_a_token_is_never_an_empty_token() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "<html>welcome</html>",
        r#"{"access_token":"THQ"#,
        r#"{"access_token":"","user_id":1,"expires_in":1}"#,
        r#"{"access_token":null,"user_id":1,"expires_in":1}"#,
        r#"{"access_token":7,"user_id":1,"expires_in":1}"#,
        r#"{"user_id":1,"expires_in":1}"#,
    ] {
        check(&EVERYTHING, 200, body, Refusal::Unknown);
    }
}

#[test]
fn a_code_exchange_that_names_nobody_is_not_believed() {
    for id in [
        "",
        r#","user_id":"""#,
        r#","user_id":2.7e16"#,
        r#","user_id":-1"#,
    ] {
        let body = format!(r#"{{"access_token":"THQVJ1"{id}}}"#);
        check(&[Brought::Code], 200, &body, Refusal::Unknown);
        let failure = judged(Brought::Code, &reply(200, &body));
        assert!(!failure.to_string().contains("THQVJ1"), "{failure}");
    }
}

/// threads.md 2.3
#[test]
fn a_spent_or_foreign_code_is_dead_at_any_status() {
    let code = [Brought::Code];
    for status in [400, 500, 200] {
        let recorded = flat("Matching code was not found or was already used");
        check(&code, status, &recorded, Refusal::CodeDead);
        let shorter = flat("Matching code was not found");
        check(&code, status, &shorter, Refusal::CodeDead);
        for words in [
            "This authorization code has been used.",
            "Invalid authorization code",
            "Invalid verification code format.",
        ] {
            let body = graph("OAuthException", 100, None, words);
            check(&code, status, &body, Refusal::CodeDead);
            check(&code, status, &flat(words), Refusal::CodeDead);
        }
    }
}

#[test]
fn words_about_a_code_say_nothing_of_a_token() {
    let body = flat("Matching code was not found or was already used");
    check(&TOKENS, 400, &body, Refusal::Rejected);
}

/// threads.md 2.3 (the redirect); the others as Meta's other token endpoints say them.
#[test]
fn a_wrong_app_or_redirect_is_the_operators() {
    for (code, words) in [
        (100, "Invalid redirect_uri"),
        (191, "Invalid redirect: the address is not listed"),
        (1, "Error validating client secret."),
        (100, "Error validating client secret."),
        (101, "Missing client_id parameter."),
    ] {
        for status in [400, 500] {
            let body = graph("OAuthException", code, None, words);
            check(&EVERYTHING, status, &body, Refusal::AppRefused);
            check(&EVERYTHING, status, &flat(words), Refusal::AppRefused);
        }
    }
    let no_code = r#"{"error":{"message":"Invalid redirect"}}"#;
    check(&EVERYTHING, 400, no_code, Refusal::AppRefused);
    check(
        &EVERYTHING,
        400,
        &flat("Invalid platform app"),
        Refusal::AppRefused,
    );
    check(&[Brought::Code], 401, "", Refusal::AppRefused);
}

/// threads.md 5.2: the subcodes are those of a removed app, a changed password, an expired session
/// and so on.
#[test]
fn a_dead_token_means_connecting_again_at_any_status() {
    let verified = graph(
        "THApiException",
        190,
        None,
        "Invalid OAuth 2.0 Access Token",
    );
    check(&TOKENS, 500, &verified, Refusal::GrantDead);
    for subcode in [458, 459, 460, 463, 464, 467, 492] {
        for status in [400, 401] {
            let words = "Error validating access token: Session has expired on Monday";
            let body = graph("OAuthException", 190, Some(subcode), words);
            check(&TOKENS, status, &body, Refusal::GrantDead);
            check(&[Brought::Code], status, &body, Refusal::CodeDead);
        }
    }
    let session = graph("OAuthException", 102, None, "x");
    check(&TOKENS, 401, &session, Refusal::GrantDead);
}

/// threads.md 5.2: dead tokens were seen under the code of things that do not exist.
#[test]
fn a_refresh_of_something_that_does_not_exist_is_of_a_dead_token() {
    let gone = graph(
        "OAuthException",
        24,
        Some(4279009),
        "The requested resource does not exist",
    );
    let unsupported = graph("THApiException", 100, Some(33), "Unsupported get request.");
    for body in [gone, unsupported] {
        check(&[Brought::LongToken], 400, &body, Refusal::GrantDead);
        let others = [Brought::Code, Brought::ShortToken];
        check(&others, 400, &body, Refusal::Rejected);
    }
}

#[test]
fn too_many_calls_are_limits_whatever_the_status() {
    for code in [4, 17, 32, 341, 613] {
        let body = graph("OAuthException", code, None, "request limit reached");
        for status in [400, 429, 500] {
            check(
                &EVERYTHING,
                status,
                &body,
                Refusal::Limited { until_ms: None },
            );
        }
    }
    let body = graph("OAuthException", 0, Some(4279002), "x");
    check(&EVERYTHING, 400, &body, Refusal::Limited { until_ms: None });
    for body in ["", "<html>", "{}"] {
        let mut reply = reply(429, body);
        reply.headers.insert("retry-after", "40".parse().unwrap());
        let until_ms = Some(NOW_MS + 40_000);
        for brought in EVERYTHING {
            let refusal = judged(brought, &reply).refusal;
            assert_eq!(refusal, Refusal::Limited { until_ms });
        }
    }
}

#[test]
fn trouble_at_the_platform_leaves_the_outcome_unknown() {
    for body in [
        graph("OAuthException", 1, None, "An unknown error has occurred."),
        graph(
            "OAuthException",
            2,
            None,
            "An unexpected error has occurred.",
        ),
        r#"{"error":{"message":"x","code":987,"is_transient":true}}"#.to_owned(),
    ] {
        for status in [200, 400, 500, 503] {
            check(&EVERYTHING, status, &body, Refusal::Unknown);
        }
    }
    for status in [301, 302, 408, 409, 500, 502, 503, 504] {
        for body in ["", "{}", "<html>Bad Gateway</html>", r#"{"error":{}}"#] {
            check(&EVERYTHING, status, body, Refusal::Unknown);
        }
    }
}

#[test]
fn refusals_that_say_nothing_of_the_grant_do_not_kill_it() {
    for code in [3, 10, 100, 200, 299, 368] {
        let body = graph("THApiException", code, None, "Not now");
        for status in [400, 500] {
            check(&EVERYTHING, status, &body, Refusal::Rejected);
        }
    }
    let new = graph("OAuthException", 987_654, None, "new");
    check(&EVERYTHING, 400, &new, Refusal::Rejected);
    check(&EVERYTHING, 400, "{}", Refusal::Rejected);
    check(&EVERYTHING, 404, "<html>", Refusal::Rejected);
    check(&TOKENS, 401, "", Refusal::Rejected);
}

#[test]
fn a_bare_401_to_a_refresh_can_only_be_about_its_token() {
    check(&[Brought::LongToken], 401, "{}", Refusal::GrantDead);
    check(&[Brought::ShortToken], 401, "{}", Refusal::Rejected);
}

#[test]
fn what_is_not_the_platforms_own_no_did_nothing() {
    for status in [400, 403] {
        for body in ["", "<html>blocked</html>", r#"{"error":{"mess"#] {
            check(&EVERYTHING, status, body, Refusal::NotDone);
        }
        let mut broken = reply(status, "");
        broken.body = Body::Broken("the body was cut off");
        assert_eq!(judged(Brought::Code, &broken).refusal, Refusal::NotDone);
    }
}

#[test]
fn a_broken_yes_leaves_the_outcome_unknown() {
    for how in ["the body was cut off", "the body is larger than 1 MiB"] {
        let mut broken = reply(200, "");
        broken.body = Body::Broken(how);
        for brought in EVERYTHING {
            let failure = judged(brought, &broken);
            assert_eq!(failure.refusal, Refusal::Unknown);
            assert_eq!(failure.evidence.message.as_deref(), Some(how));
        }
    }
}

#[test]
fn the_evidence_holds_the_platforms_own_words_in_either_shape() {
    let words = "Matching code was not found or was already used";
    let mut said = reply(400, &flat(words));
    said.headers.insert("x-fb-trace-id", "T1".parse().unwrap());
    assert_eq!(
        judged(Brought::Code, &said).evidence,
        Evidence {
            http_status: Some(400),
            code: Some("OAuthException".to_owned()),
            message: Some(words.to_owned()),
            trace_id: Some("T1".to_owned()),
        }
    );
    let body = graph("OAuthException", 190, Some(463), "Session has expired");
    let failure = judged(Brought::LongToken, &reply(400, &body));
    assert_eq!(failure.evidence.code.as_deref(), Some("190/463"));
    assert_eq!(
        failure.evidence.trace_id.as_deref(),
        Some("A-ptA4ve9FlWkRMi935kaIS")
    );
    assert_eq!(
        failure.to_string(),
        "token dead, HTTP 400, 190/463: Session has expired"
    );
}
