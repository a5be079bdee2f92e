//! X: one call creates a post, visible at once. There is no idempotency key (x.md 2.1).

mod classify;
mod compare;
mod media;
mod new_post;
pub mod oauth;
mod one_post;
pub mod price;
mod problem;
mod snowflake;
pub mod text;
mod unescape;
mod windows;
mod wire;

use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::address;
use crate::judge::perform;
use crate::remote::{Profile, RemotePost};

pub use compare::same_text;
pub use media::{CHUNK_BYTES, MediaCategory, Processing, Uploaded};
pub use new_post::{NewPost, Poll, PostOptions, ReplySettings};

/// Rows asked for in a list; the most that X gives (x.md 2.7).
const TIMELINE_ROWS: &str = "100";
/// The older names: with `tweet.fields` all of these can be asked for as fields, and unknown ones
/// are ignored (x.md 2.7).
const TIMELINE_FIELDS: &str = "attachments,created_at,entities,note_tweet,referenced_tweets";

/// Calls the X API. Cheap to clone; holds no credentials.
///
/// Every method can fail as [`crate::Meaning`] says, those of [`oauth`] as
/// [`crate::oauth::Refusal`] does, and the rules are in x.md 1.2, 1.5 and 2.5.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
}

impl Client {
    /// `base_url` without the version, for example `https://api.x.com`.
    pub fn new(http: reqwest::Client, base_url: &str) -> Self {
        Self {
            http,
            base_url: base_url.to_owned(),
        }
    }

    /// Creates a post. Answers its id (x.md 2.2).
    pub async fn create_post(
        &self,
        token: &SecretString,
        post: &NewPost<'_>,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        let body = wire::CreatePost::from(post);
        let request = self
            .request(Method::POST, &["2", "tweets"])
            .map(|request| request.json(&body));
        let created: Answer<wire::Created> = self
            .perform(Call::CreatePost, request, token, now_ms)
            .await?;
        Ok(created.map(|created| created.data.id.0))
    }

    /// Reads the posts of `user_id` since `since_ms` (Unix milliseconds), newest first, at most
    /// 100, with replies and without reposts (x.md 2.6). Each post read costs money (x.md 4.3).
    /// How long a new post takes to appear is not known.
    pub async fn posts_since(
        &self,
        token: &SecretString,
        user_id: &str,
        since_ms: i64,
        now_ms: i64,
    ) -> Result<Answer<Vec<RemotePost>>, Failure> {
        let since_id = snowflake::at(since_ms.min(now_ms)).to_string();
        let query = [
            ("since_id", since_id.as_str()),
            ("exclude", "retweets"),
            ("max_results", TIMELINE_ROWS),
            ("tweet.fields", TIMELINE_FIELDS),
        ];
        let request = self
            .request(Method::GET, &["2", "users", user_id, "tweets"])
            .map(|request| request.query(&query));
        let timeline: Answer<wire::Timeline> = self
            .perform(Call::ReadTimeline, request, token, now_ms)
            .await?;
        let more = timeline.value.goes_on();
        Ok(Answer {
            more,
            ..timeline.map(wire::Timeline::into_posts)
        })
    }

    /// Reads whose token it is, and whether long posts are allowed (x.md 2.7).
    pub async fn profile(
        &self,
        token: &SecretString,
        now_ms: i64,
    ) -> Result<Answer<Profile>, Failure> {
        let fields = "profile_image_url,subscription_type,verified_type";
        let request = self
            .request(Method::GET, &["2", "users", "me"])
            .map(|request| request.query(&[("user.fields", fields)]));
        let user: Answer<wire::Me> = self
            .perform(Call::ReadProfile, request, token, now_ms)
            .await?;
        Ok(user.map(Profile::from))
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, &'static str> {
        Ok(self.http.request(method, address(&self.base_url, path)?))
    }

    async fn perform<W: DeserializeOwned>(
        &self,
        call: Call,
        request: Result<RequestBuilder, &'static str>,
        token: &SecretString,
        now_ms: i64,
    ) -> Result<Answer<W>, Failure> {
        perform(&self.http, call, request, token, now_ms, classify::judge).await
    }
}

/// The public address of a post; `web_url` is, for example, `https://x.com`.
pub fn post_url(web_url: &str, username: &str, id: &str) -> String {
    let web_url = web_url.trim_end_matches('/');
    format!("{web_url}/{username}/status/{id}")
}

#[cfg(test)]
mod tests {
    use super::post_url;

    #[test]
    fn a_posts_address_names_its_author() {
        assert_eq!(
            post_url("https://x.com", "a", "1"),
            "https://x.com/a/status/1"
        );
        assert_eq!(post_url("http://h:1/", "a", "1"), "http://h:1/a/status/1");
    }
}
