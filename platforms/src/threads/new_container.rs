//! Preparing a post: a container of text, an image, a video or a carousel (threads.md 4.1).

use reqwest::Method;
use secrecy::SecretString;

use super::options::{ContainerOptions, NO_OPTIONS};
use super::{Client, form, wire};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;

/// A post to be prepared. Nothing is sent that is not set.
#[derive(Debug, Clone, Copy)]
pub struct NewContainer<'a> {
    pub kind: ContainerKind<'a>,
    /// At most 500 characters; may be absent beside media.
    pub text: Option<&'a str>,
    /// The published post that this one answers.
    pub reply_to: Option<&'a str>,
    /// What the image or the video shows; at most 1,000 characters. The items of a carousel carry
    /// their own.
    pub alt_text: Option<&'a str>,
    pub options: &'a ContainerOptions,
}

/// What a post is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind<'a> {
    Text,
    /// Threads fetches it from this public address at once.
    Image {
        url: &'a str,
    },
    /// Threads fetches it from this public address after it has answered.
    Video {
        url: &'a str,
    },
    /// The containers of 2 to 20 items, in the order shown. All must be finished.
    Carousel {
        children: &'a [String],
    },
}

/// One image or video of a carousel, at a public address as in [`ContainerKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind<'a> {
    Image { url: &'a str },
    Video { url: &'a str },
}

impl Default for NewContainer<'_> {
    fn default() -> Self {
        Self {
            kind: ContainerKind::Text,
            text: None,
            reply_to: None,
            alt_text: None,
            options: &NO_OPTIONS,
        }
    }
}

impl Client {
    /// Prepares a post. Answers the container's id, which is not the post's (threads.md 4.1).
    pub async fn create_container(
        &self,
        token: &SecretString,
        user_id: &str,
        container: &NewContainer<'_>,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        self.create(token, user_id, form::container(container), now_ms)
            .await
    }

    /// Prepares an item of a carousel. Answers the item's container id, to be named as a child
    /// once it is finished (threads.md 4.5).
    pub async fn create_carousel_item(
        &self,
        token: &SecretString,
        user_id: &str,
        item: ItemKind<'_>,
        alt_text: Option<&str>,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        self.create(token, user_id, form::item(item, alt_text), now_ms)
            .await
    }

    /// Prepares a post of text alone, as a reply to the published post `reply_to` if given.
    pub async fn create_text_container(
        &self,
        token: &SecretString,
        user_id: &str,
        text: &str,
        reply_to: Option<&str>,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        let container = NewContainer {
            text: Some(text),
            reply_to,
            ..NewContainer::default()
        };
        self.create_container(token, user_id, &container, now_ms)
            .await
    }

    async fn create(
        &self,
        token: &SecretString,
        user_id: &str,
        form: form::Form,
        now_ms: i64,
    ) -> Result<Answer<String>, Failure> {
        let request = self
            .request(Method::POST, &[user_id, "threads"])
            .map(|request| request.form(&form));
        let created: Answer<wire::Created> = self
            .perform(Call::CreateContainer, request, token, now_ms)
            .await?;
        Ok(created.map(|created| created.id.0))
    }
}
