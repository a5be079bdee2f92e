//! X stores `&`, `<` and `>` as HTML entities (x.md 2.2).

/// The text as written. Quotes are decoded too: older answers escaped them.
pub(super) fn unescape(text: &str) -> String {
    // The ampersand last, or `&amp;lt;` would lose two layers.
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn one_layer_of_escapes_is_removed() {
        assert_eq!(unescape("a &lt;b&gt; &amp; c"), "a <b> & c");
        assert_eq!(unescape("&amp;lt;"), "&lt;");
        assert_eq!(unescape("&quot;it&#39;s&quot;"), "\"it's\"");
        assert_eq!(unescape("plain & simple"), "plain & simple");
    }
}
