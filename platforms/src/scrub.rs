//! Keeps tokens, and texts without end, out of failures.

use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Evidence, Failure};

pub(crate) const MESSAGE_CHARS: usize = 500;
const CODE_CHARS: usize = 100;

/// The failure without the token, wherever the platform repeated it, and cut to size.
pub(crate) fn scrubbed(failure: Failure, token: &SecretString) -> Failure {
    Failure {
        evidence: evidence_without(failure.evidence, &[token]),
        ..failure
    }
}

/// The evidence without any of the `secrets` of the request, and cut to size. They go first: a cut
/// must not leave half of one.
pub(crate) fn evidence_without(evidence: Evidence, secrets: &[&SecretString]) -> Evidence {
    let mut secrets: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.expose_secret())
        .filter(|secret| !secret.is_empty())
        .collect();
    // One may hold another, and the shorter one would leave the rest of the longer.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let clean = |text: String, chars: usize| {
        let text = secrets.iter().fold(text, |text, secret| {
            text.replace(secret, "[token]")
                .replace(&form_encoded(secret), "[token]")
        });
        cut(text, chars)
    };
    Evidence {
        http_status: evidence.http_status,
        code: evidence.code.map(|text| clean(text, CODE_CHARS)),
        message: evidence.message.map(|text| clean(text, MESSAGE_CHARS)),
        trace_id: evidence.trace_id.map(|text| clean(text, CODE_CHARS)),
    }
}

/// At most `chars` characters of the text.
pub(crate) fn cut(text: String, chars: usize) -> String {
    // PostgreSQL stores no U+0000, and nobody misses it.
    let text = text.replace('\0', "");
    match text.char_indices().nth(chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// The text as it stands in an address or a form: a platform may quote our request from there.
pub(crate) fn form_encoded(token: &str) -> String {
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
    fn of_two_secrets_the_one_inside_the_other_leaves_nothing_of_it() {
        let evidence = Evidence {
            message: Some("TH|1|abc and abc".to_owned()),
            ..Evidence::default()
        };
        let secrets = ["abc", "", "TH|1|abc"].map(SecretString::from);
        let secrets: Vec<&SecretString> = secrets.iter().collect();
        let message = evidence_without(evidence, &secrets).message;
        assert_eq!(message.as_deref(), Some("[token] and [token]"));
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
