//! Threads: a post is a container first, invisible; publishing the container makes it visible.

mod classify;
mod compare;
mod form;
mod graph_error;
mod new_container;
pub mod oauth;
mod one_post;
mod options;
mod quota;
pub mod text;
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
pub use new_container::{ContainerKind, ItemKind, NewContainer};
pub use options::{
    ContainerOptions, Gif, ReplyControl, Styling, TextAttachment, TextSpan, TextStyle,
};
pub use quota::{PublishingLimit, ReplyLimit};

/// Rows asked for in a list; the most that Threads gives (threads.md 8.1).
const LIST_ROWS: usize = 100;
/// The earliest `since` that Threads takes, in Unix seconds (threads.md 8.1).
const EARLIEST_SINCE_S: i64 = 1_688_540_400;

/// A post with the one that it answers. A field that does not exist would fail the whole call
/// (threads.md 1, 8.1).
const REPLY_FIELDS: &str = "id,text,media_type,timestamp,permalink,replied_to";

/// How far a container got (threads.md 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerStatus {
    InProgress,
    /// Ready to be published. A read shortly after a publish may still say so.
    Finished,
    /// Proof that the post was made, whatever the publish itself answered.
    Published,
    /// Not published within 24 hours.
    Expired,
    /// Never to be published; the platform's reason, for example `INVALID_DURATION`.
    Error(String),
}

/// Calls the Threads API. Cheap to clone; holds no credentials.
///
/// Every method can fail as [`crate::Meaning`] says, those of [`oauth`] as
/// [`crate::oauth::Refusal`] does, and the rules are in threads.md 5.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
}

impl Client {
    /// `base_url` without the version, for example `https://graph.threads.net` (threads.md 1).
    pub fn new(http: reqwest::Client, base_url: &str) -> Self {
        Self {
            http,
            base_url: base_url.to_owned(),
        }
    }

    /// Reads how far a container got, also after it was published (threads.md 4.4).
    pub async fn container_status(
        &self,
        token: &SecretString,
        container_id: &str,
        now_ms: i64,
    ) -> Result<Answer<ContainerStatus>, Failure> {
        let request = self
            .request(Method::GET, &[container_id])
            .map(|request| request.query(&[("fields", "id,status,error_message")]));
        let container: Answer<wire::Container> = self
            .perform(Call::ContainerStatus, request, token, now_ms)
            .await?;
        Ok(container.map(ContainerStatus::from))
    }

    /// Makes a container visible. Answers the post's id. What a second publish of the same
    /// container does is not known (threads.md 7.1): read its status first.
    pub async fn publish(
        &self,
        token: &SecretString,
        user_id: &str,
        container_id: &str,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        let request = self
            .request(Method::POST, &[user_id, "threads_publish"])
            .map(|request| request.form(&[("creation_id", container_id)]));
        let created: Answer<wire::Created> =
            self.perform(Call::Publish, request, token, now_ms).await?;
        Ok(created.map(|created| created.id.0))
    }

    /// Reads the profile's top-level posts since `since_ms` (Unix milliseconds), newest first, at
    /// most 100, without reposts. Replies are not among them (threads.md 8.1). The list may lag
    /// behind a publish by seconds (threads.md 7.4).
    pub async fn posts_since(
        &self,
        token: &SecretString,
        since_ms: i64,
        now_ms: i64,
    ) -> Result<Answer<Vec<RemotePost>>, Failure> {
        let fields = "id,text,media_type,timestamp,permalink";
        self.list(Call::ListPosts, "threads", fields, token, since_ms, now_ms)
            .await
    }

    /// Reads the profile's replies since `since_ms` (Unix milliseconds), newest first, at most
    /// 100, each with the post that it answers (threads.md 7.2, 8.1).
    pub async fn replies_since(
        &self,
        token: &SecretString,
        since_ms: i64,
        now_ms: i64,
    ) -> Result<Answer<Vec<RemotePost>>, Failure> {
        self.list(
            Call::ListReplies,
            "replies",
            REPLY_FIELDS,
            token,
            since_ms,
            now_ms,
        )
        .await
    }

    /// Reads whose token it is (threads.md 3).
    pub async fn profile(
        &self,
        token: &SecretString,
        now_ms: i64,
    ) -> Result<Answer<Profile>, Failure> {
        let fields = "id,username,name,threads_profile_picture_url";
        let request = self
            .request(Method::GET, &["me"])
            .map(|request| request.query(&[("fields", fields)]));
        let user: Answer<wire::User> = self
            .perform(Call::ReadProfile, request, token, now_ms)
            .await?;
        Ok(user.map(Profile::from))
    }

    async fn list(
        &self,
        call: Call,
        edge: &str,
        fields: &str,
        token: &SecretString,
        since_ms: i64,
        now_ms: i64,
    ) -> Result<Answer<Vec<RemotePost>>, Failure> {
        let query = [
            ("fields", fields.to_owned()),
            ("since", since_s(since_ms, now_ms).to_string()),
            ("limit", LIST_ROWS.to_string()),
        ];
        let request = self
            .request(Method::GET, &["me", edge])
            .map(|request| request.query(&query));
        let page: Answer<wire::Page> = self.perform(call, request, token, now_ms).await?;
        let more = page.value.goes_on() || page.value.data.len() >= LIST_ROWS;
        Ok(Answer {
            more,
            ..page.map(wire::Page::into_posts)
        })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, &'static str> {
        let path: Vec<&str> = std::iter::once("v1.0")
            .chain(path.iter().copied())
            .collect();
        Ok(self.http.request(method, address(&self.base_url, &path)?))
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

/// `since` in the platform's seconds. A second early: posts carry whole seconds, and whether the
/// bound itself is included is not documented. Within what Threads takes: not before its start,
/// and before `until`, which is now by default.
fn since_s(since_ms: i64, now_ms: i64) -> i64 {
    since_ms
        .min(now_ms)
        .div_euclid(1000)
        .saturating_sub(1)
        .max(EARLIEST_SINCE_S)
}

#[cfg(test)]
mod tests {
    use super::since_s;

    #[test]
    fn since_is_a_second_early_and_within_the_platforms_bounds() {
        let now_ms = 1_795_000_010_000;
        assert_eq!(since_s(1_795_000_000_999, now_ms), 1_794_999_999);
        assert_eq!(since_s(now_ms + 60_000, now_ms), 1_795_000_009);
        assert_eq!(since_s(0, now_ms), 1_688_540_400);
    }
}
