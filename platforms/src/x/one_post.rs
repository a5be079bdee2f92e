//! Reading and deleting one post of X by its id.

use reqwest::Method;
use secrecy::SecretString;

use super::{Client, TIMELINE_FIELDS, wire};
use crate::answer::{Answer, or_absent};
use crate::call::Call;
use crate::failure::{Failure, Meaning};
use crate::remote::{Deletion, RemotePost};

impl Client {
    /// Deletes a post of the profile (x.md 2.8). With it goes every edited version. A post that X
    /// says it did not delete is taken as gone before. After a lost answer it may be sent again.
    pub async fn delete_post(
        &self,
        token: &SecretString,
        id: &str,
        now_ms: i64,
    ) -> Result<Answer<Deletion>, Failure> {
        let request = self.request(Method::DELETE, &["2", "tweets", id]);
        let deleted: Result<Answer<wire::Deleted>, Failure> =
            self.perform(Call::DeletePost, request, token, now_ms).await;
        let deletion = deleted.map(|deleted| deleted.map(Deletion::from));
        or_absent(deletion, Deletion::WasGone, says_not_found)
    }

    /// Reads one post; `None` when X says that there is none (x.md 2.7). Costs money (x.md 4.3).
    pub async fn read_post(
        &self,
        token: &SecretString,
        id: &str,
        now_ms: i64,
    ) -> Result<Answer<Option<RemotePost>>, Failure> {
        let request = self
            .request(Method::GET, &["2", "tweets", id])
            .map(|request| request.query(&[("tweet.fields", TIMELINE_FIELDS)]));
        let post: Result<Answer<wire::OnePost>, Failure> =
            self.perform(Call::ReadPost, request, token, now_ms).await;
        let post = post.map(|post| post.map(|post| Some(RemotePost::from(post))));
        or_absent(post, None, says_not_found)
    }
}

/// Whether X itself says so: a bare 404 may come from something on the way.
fn says_not_found(failure: &Failure) -> bool {
    failure.meaning == Meaning::NotFound
        && failure.evidence.code.as_deref() == Some("resource-not-found")
}
