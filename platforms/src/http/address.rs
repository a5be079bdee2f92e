//! Addresses put together from parts.

use reqwest::Url;

/// Joins `base_url` and path segments, each percent-encoded as one segment.
///
/// # Errors
/// When `base_url` is no address with a path, or a segment would vanish (empty, `.`, `..`) and so
/// turn the call into another one.
pub(crate) fn address(base_url: &str, segments: &[&str]) -> Result<Url, &'static str> {
    if segments.iter().any(|s| matches!(*s, "" | "." | "..")) {
        return Err("an id in the address is empty or consists of dots");
    }
    let mut url = Url::parse(base_url).map_err(|_| "the platform's address is not a URL")?;
    url.path_segments_mut()
        .map_err(|()| "the platform's address cannot have a path")?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, segments: &[&str], expected: &str) {
        assert_eq!(address(base, segments).unwrap().as_str(), expected);
    }

    #[test]
    fn segments_are_joined_and_encoded() {
        check(
            "https://a.example",
            &["v1.0", "me"],
            "https://a.example/v1.0/me",
        );
        check(
            "https://a.example/",
            &["2", "tweets"],
            "https://a.example/2/tweets",
        );
        check("http://h:1/sub/", &["x"], "http://h:1/sub/x");
        check(
            "https://a.example",
            &["a/b?c#d %"],
            "https://a.example/a%2Fb%3Fc%23d%20%25",
        );
    }

    #[test]
    fn segments_that_would_vanish_are_refused() {
        for segment in ["", ".", ".."] {
            assert!(address("https://a.example", &["v1.0", segment, "threads"]).is_err());
        }
        assert!(address("no address", &["x"]).is_err());
        assert!(address("mailto:x@example.com", &["x"]).is_err());
    }
}
