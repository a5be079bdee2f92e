//! Keeps tokens, and texts without end, out of failures.

use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Evidence, Failure};

const MESSAGE_CHARS: usize = 500;
const CODE_CHARS: usize = 100;

/// The failure without the token, wherever the platform repeated it, and cut to size. The token
/// goes first: a cut must not leave half of one.
pub(crate) fn scrubbed(failure: Failure, token: &SecretString) -> Failure {
    let token = token.expose_secret();
    let encoded = form_encoded(token);
    let clean = |text: String, chars: usize| {
        let text = if token.is_empty() {
            text
        } else {
            text.replace(token, "[token]").replace(&encoded, "[token]")
        };
        cut(text, chars)
    };
    let Evidence {
        http_status,
        code,
        message,
        trace_id,
    } = failure.evidence;
    Failure {
        evidence: Evidence {
            http_status,
            code: code.map(|text| clean(text, CODE_CHARS)),
            message: message.map(|text| clean(text, MESSAGE_CHARS)),
            trace_id: trace_id.map(|text| clean(text, CODE_CHARS)),
        },
        ..failure
    }
}

fn cut(text: String, chars: usize) -> String {
    // PostgreSQL stores no U+0000, and nobody misses it.
    let text = text.replace('\0', "");
    match text.char_indices().nth(chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// The token as a platform that quotes our request from its address or form would write it.
fn form_encoded(token: &str) -> String {
    let mut url = reqwest::Url::parse("x:").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().append_key_only(token);
    }
    url.as_ref()
        .and_then(reqwest::Url::query)
        .unwrap_or(token)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Meaning;

    fn check(token: &str, said: &str, expected: &str) {
        let failure = Failure {
            meaning: Meaning::Unauthorized,
            evidence: Evidence {
                http_status: Some(400),
                code: Some(said.to_owned()),
                message: Some(said.to_owned()),
                trace_id: Some(said.to_owned()),
            },
            windows: Vec::new(),
        };
        let clean = scrubbed(failure, &SecretString::from(token));
        assert_eq!(clean.evidence.message.as_deref(), Some(expected));
        assert_eq!(clean.evidence.code.as_deref(), Some(expected));
        assert_eq!(clean.evidence.trace_id.as_deref(), Some(expected));
    }

    #[test]
    fn the_token_is_replaced_wherever_it_stands() {
        check(
            "THQVJ1",
            "Malformed access token THQVJ1",
            "Malformed access token [token]",
        );
        check("THQVJ1", "THQVJ1THQVJ1", "[token][token]");
        check(
            "TH|1|a b",
            "?access_token=TH%7C1%7Ca+b",
            "?access_token=[token]",
        );
        check("", "nothing to hide", "nothing to hide");
    }

    #[test]
    fn long_words_are_cut_at_a_character_and_never_through_the_token() {
        let failure = Failure {
            meaning: Meaning::Unknown,
            evidence: Evidence {
                message: Some(format!("{}SECRETSECRET", "é".repeat(495))),
                ..Evidence::default()
            },
            windows: Vec::new(),
        };
        let message = scrubbed(failure, &SecretString::from("SECRETSECRET"))
            .evidence
            .message
            .unwrap();
        assert_eq!(message.chars().count(), 500);
        assert!(message.ends_with("é[toke"));
    }
}
