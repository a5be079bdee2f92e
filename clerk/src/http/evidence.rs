//! What can be shown and kept of a failed call.

use secrecy::{ExposeSecret, SecretString};

const MESSAGE_CHARS: usize = 500;
const CODE_CHARS: usize = 100;

/// What Clerk said about a failed call. Everything in it is free of the secret key and of tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Absent when no answer came.
    pub http_status: Option<u16>,
    /// Clerk's own: `oauth_missing_refresh_token`.
    pub code: Option<String>,
    /// Clerk's own words, or ours about the transport; at most 500 characters.
    pub message: Option<String>,
    /// Clerk's own id of this exchange, for its support staff: `clerk_trace_id`, else `cf-ray`.
    pub trace_id: Option<String>,
}

impl Evidence {
    /// The evidence without the secret key, wherever it was repeated, and cut to size. The key
    /// goes first: a cut must not leave half of one.
    pub(crate) fn scrubbed(self, secret_key: &SecretString) -> Self {
        let secret = secret_key.expose_secret();
        let clean = |text: String, chars: usize| {
            let text = if secret.is_empty() {
                text
            } else {
                text.replace(secret, "[secret]")
            };
            cut(&text, chars)
        };
        Self {
            http_status: self.http_status,
            code: self.code.map(|text| clean(text, CODE_CHARS)),
            message: self.message.map(|text| clean(text, MESSAGE_CHARS)),
            trace_id: self.trace_id.map(|text| clean(text, CODE_CHARS)),
        }
    }
}

fn cut(text: &str, chars: usize) -> String {
    // PostgreSQL stores no U+0000, and nobody misses it.
    text.chars().filter(|c| *c != '\0').take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_key_is_replaced_wherever_it_stands_and_never_cut_through() {
        let evidence = Evidence {
            http_status: Some(401),
            code: Some("sk_test_1".to_owned()),
            message: Some(format!("{}sk_test_1", "é".repeat(495))),
            trace_id: Some("x\0sk_test_1".to_owned()),
        };
        let clean = evidence.scrubbed(&SecretString::from("sk_test_1"));
        assert_eq!(clean.code.as_deref(), Some("[secret]"));
        assert_eq!(clean.trace_id.as_deref(), Some("x[secret]"));
        let message = clean.message.unwrap();
        assert_eq!(message.chars().count(), 500);
        assert!(message.ends_with("é[secr"), "{message}");
    }
}
