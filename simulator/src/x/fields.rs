//! Which parts of a post a read asks for, in either dialect (x.md 2.7).

use crate::request::Request;

/// The names of the other dialect, and unknown ones, are ignored without a word.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    names: Vec<String>,
    expansions: Vec<String>,
    modern: bool,
}

/// What `tweet.fields` took as fields, and `post.fields` does not: the schema of 2.167 and newer
/// has them as expansions alone.
const ONLY_EXPANSIONS: [&str; 3] = ["author_id", "in_reply_to_user_id", "referenced_posts"];

impl Fields {
    pub(crate) fn asked(request: &Request) -> Self {
        let list = |name: &str| -> Vec<String> {
            let given = request.param(name).unwrap_or_default().split(',');
            given.map(|name| name.trim().to_owned()).collect()
        };
        let expansions = list("expansions");
        let modern = request.param("post.fields").is_some()
            || expansions.iter().any(|name| name == "referenced_posts");
        Self {
            names: list(if modern {
                "post.fields"
            } else {
                "tweet.fields"
            }),
            expansions,
            modern,
        }
    }

    /// Whether the names of late 2026 are spoken.
    pub(crate) fn modern(&self) -> bool {
        self.modern
    }

    /// Whether the post has this part, asked for as a field or for the sake of an expansion.
    pub(crate) fn has(&self, name: &str) -> bool {
        let is_field = !(self.modern && ONLY_EXPANSIONS.contains(&name));
        (is_field && self.names.iter().any(|asked| asked == name)) || self.expands(name)
    }

    /// Whether what this part names is to come with the answer, in `includes`.
    pub(crate) fn expands(&self, name: &str) -> bool {
        let expansion = match name {
            "referenced_tweets" => "referenced_tweets.id",
            name => name,
        };
        self.expansions.iter().any(|asked| asked == expansion)
    }

    pub(crate) fn references(&self) -> &'static str {
        if self.modern {
            "referenced_posts"
        } else {
            "referenced_tweets"
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method, Uri};

    use super::*;

    fn asked(query: &str) -> Fields {
        let uri: Uri = format!("/2/tweets/1?{query}").parse().expect("an address");
        let request = Request::new(Method::GET, &uri, &HeaderMap::new(), Bytes::new());
        Fields::asked(&request)
    }

    #[test]
    fn the_new_names_of_references_are_expansions_and_no_fields() {
        let old = asked("tweet.fields=author_id,referenced_tweets");
        assert!(old.has("author_id") && old.has("referenced_tweets"));
        assert!(!old.expands("author_id") && !old.modern());
        let new = asked("post.fields=author_id,referenced_posts,created_at");
        assert!(!new.has("author_id") && !new.has("referenced_posts") && new.has("created_at"));
        let new = asked("expansions=author_id,referenced_posts");
        assert!(new.has("author_id") && new.expands("referenced_posts") && new.modern());
    }

    #[test]
    fn an_expansion_asks_for_its_field_as_well() {
        let old = asked("expansions=author_id,referenced_tweets.id");
        assert!(old.has("author_id") && old.has("referenced_tweets") && !old.modern());
        assert!(!old.has("created_at") && !old.has("in_reply_to_user_id"));
    }
}
