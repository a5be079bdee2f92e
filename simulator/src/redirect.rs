//! The way back to the app.

use std::borrow::Cow;

use form_urlencoded::Serializer;

use crate::answer::Answer;

/// Whether an app that registered `listed` may be answered at `uri`. With nothing registered,
/// any web address is taken.
pub(crate) fn is_allowed(listed: &[String], uri: &str) -> bool {
    if !listed.is_empty() {
        return listed.iter().any(|allowed| allowed == uri);
    }
    let rest = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| uri.strip_prefix(scheme));
    // Whatever could not stand in a header is no address.
    rest.is_some_and(|rest| !rest.is_empty() && uri.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// 302 to `uri` with these parameters behind its own. `ending` follows as it is.
pub(crate) fn back(uri: &str, params: &[(&str, Option<&str>)], ending: &str) -> Answer {
    let mut query = Serializer::new(String::new());
    for (name, value) in params {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    let location = format!("{uri}{joint}{}{ending}", query.finish());
    Answer::empty(302).header(Cow::Borrowed("location"), location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_address_is_taken_to_the_letter() {
        let listed = ["https://app.example/cb".to_owned()];
        assert!(is_allowed(&listed, "https://app.example/cb"));
        assert!(!is_allowed(&listed, "https://app.example/cb/"));
        assert!(!is_allowed(&listed, "http://app.example/cb"));
    }

    #[test]
    fn with_nothing_registered_any_web_address_is_taken() {
        assert!(is_allowed(&[], "http://127.0.0.1:8080/cb?a=b"));
        for uri in [
            "",
            "https://",
            "app",
            "javascript:alert(1)",
            "http://a b",
            "http://a\r\nb",
        ] {
            assert!(!is_allowed(&[], uri), "{uri:?}");
        }
    }

    #[test]
    fn parameters_are_added_behind_those_that_are_there() {
        let location = |uri| back(uri, &[("code", Some("a b")), ("state", None)], "#_").headers;
        let header = |value: &str| vec![(Cow::Borrowed("location"), value.to_owned())];
        assert_eq!(location("http://a/cb"), header("http://a/cb?code=a+b#_"));
        assert_eq!(
            location("http://a/cb?x=1"),
            header("http://a/cb?x=1&code=a+b#_")
        );
    }
}
