//! Reading and deleting one published post of Threads by its id.

use reqwest::Method;
use secrecy::SecretString;

use super::{Client, REPLY_FIELDS, wire};
use crate::answer::{Answer, or_absent};
use crate::call::Call;
use crate::failure::{Failure, Meaning};
use crate::remote::{Deletion, RemotePost};

impl Client {
    /// Reads a post's public address. Flagged posts have none (threads.md 8.1).
    pub async fn permalink(
        &self,
        token: &SecretString,
        media_id: &str,
        now_ms: i64,
    ) -> Result<Answer<Option<String>>, Failure> {
        let media = self.media(token, media_id, "id,permalink", now_ms).await?;
        Ok(media.map(|media| media.permalink))
    }

    /// Reads one post, or one reply with the post that it answers; `None` when Threads says that
    /// there is none that this token may see (100/33). A post that the server asked merely does
    /// not know yet is [`Meaning::NotFound`] (24/4279009, threads.md 4.6).
    pub async fn read_post(
        &self,
        token: &SecretString,
        media_id: &str,
        now_ms: i64,
    ) -> Result<Answer<Option<RemotePost>>, Failure> {
        let media = self.media(token, media_id, REPLY_FIELDS, now_ms).await;
        let post = media.map(|media| media.map(|media| Some(RemotePost::from(media))));
        or_absent(post, None, says_gone)
    }

    /// Deletes a post of the profile. Needs the permission `threads_delete`, without which it is
    /// rejected as `permission_missing` (threads.md 4.7). After a lost answer it may be sent
    /// again. Lists may show the post for seconds more (threads.md 7.4).
    pub async fn delete_post(
        &self,
        token: &SecretString,
        media_id: &str,
        now_ms: i64,
    ) -> Result<Answer<Deletion>, Failure> {
        let request = self.request(Method::DELETE, &[media_id]);
        let deleted: Result<Answer<wire::Deleted>, Failure> =
            self.perform(Call::DeletePost, request, token, now_ms).await;
        let deletion = deleted.map(|deleted| deleted.map(|_| Deletion::Deleted));
        or_absent(deletion, Deletion::WasGone, says_gone)
    }

    async fn media(
        &self,
        token: &SecretString,
        media_id: &str,
        fields: &str,
        now_ms: i64,
    ) -> Result<Answer<wire::Media>, Failure> {
        let request = self
            .request(Method::GET, &[media_id])
            .map(|request| request.query(&[("fields", fields)]));
        self.perform(Call::ReadMedia, request, token, now_ms).await
    }
}

/// Whether Threads says that the thing does not exist, and not only that this server does not
/// know it (threads.md 4.6, 4.7).
fn says_gone(failure: &Failure) -> bool {
    failure.meaning == Meaning::NotFound && failure.evidence.code.as_deref() == Some("100/33")
}
