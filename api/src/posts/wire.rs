//! Posts as JSON, apart from how they are stored.

mod new;
mod options;
mod parts;

use std::collections::BTreeMap;

use entities::Timestamp;
use entities::content::{Content, Options};
use entities::delivery::DeliveryError;
use entities::errands::{ErrandKind, ErrandState};
use entities::posts::{DeliveryView, PostView};
use serde::Serialize;
use utoipa::ToSchema;

pub use new::{IfLateWord, NewPostBody, PostChangeBody};
pub use options::OptionsBody;
pub use parts::{OverrideBody, PartBody, SplitBody};

/// How a post as a whole stands, from its deliveries: `partial` is live somewhere and failed
/// elsewhere.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum PostStatusWord {
    Scheduled,
    Publishing,
    Published,
    Partial,
    Failed,
    NeedsAttention,
    Canceled,
}

/// A post and what became of it.
#[derive(Serialize, ToSchema)]
pub struct PostBody {
    /// `post_...`
    id: String,
    // A description here would be added as a second schema that no text fits.
    #[schema(value_type = PostStatusWord, inline)]
    status: &'static str,
    /// What was written.
    parts: Vec<PartBody>,
    /// How what is too long is cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    split: Option<SplitBody>,
    /// What one platform or account shows instead.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    overrides: BTreeMap<String, OverrideBody>,
    /// What the platforms offer besides text and media.
    #[serde(skip_serializing_if = "Options::is_empty")]
    #[schema(value_type = OptionsBody)]
    options: Options,
    /// How long after publishing it is looked for again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verify_after_s: Option<u32>,
    /// When it goes out; null: at once.
    #[schema(value_type = Option<String>, format = DateTime)]
    publish_at: Option<Timestamp>,
    /// The IANA time zone that was given with it.
    time_zone: Option<String>,
    #[schema(value_type = IfLateWord, inline)]
    if_late: &'static str,
    /// How late it may go out, in seconds.
    max_lateness_s: u64,
    /// Over how many seconds after its time its deliveries are spread; `next_at` tells when each
    /// is due. From its time on the post is `publishing`.
    jitter_s: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// One for each account.
    deliveries: Vec<DeliveryBody>,
}

/// A post on one account.
#[derive(Serialize, ToSchema)]
pub struct DeliveryBody {
    /// `dlv_...`
    id: String,
    /// `acc_...`
    account: String,
    /// `threads` or `x`
    platform: &'static str,
    /// `queued`, `publishing`, `processing` (the platform prepares it), `unconfirmed` (it may be
    /// live; we look), `needs_reconnect`, `missed` (too late; retry, reschedule or cancel it),
    /// `published`, `failed` or `canceled`.
    status: &'static str,
    /// The platform's id of the first part that is live.
    remote_id: Option<String>,
    /// Where the first part can be read.
    url: Option<String>,
    /// What is live, part by part.
    parts: Vec<LivePartBody>,
    /// What it shows, where long parts were cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cut: Option<Vec<PartBody>>,
    /// How often a worker took it up.
    attempt_count: i32,
    /// When it is looked at next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Why it waits: `schedule`, `turn`, `platform_processing`, `retry`, `account_rate_limit`,
    /// `app_rate_limit`, `lane_paused` or `confirmation`.
    waiting_for: Option<&'static str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    /// Why it failed or waits.
    error: Option<ErrorBody>,
    /// How far its removal from the platform is, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    removal: Option<ErrandBody>,
    /// Whether it was seen to be there still, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verification: Option<ErrandBody>,
}

/// What is still to be done about what is live.
#[derive(Serialize, ToSchema)]
pub struct ErrandBody {
    /// `waiting`, `done` or `failed`
    state: &'static str,
    /// When it is tried next, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// Why it failed, or waits for another try.
    error: Option<ErrorBody>,
}

impl ErrandBody {
    fn of(view: &DeliveryView, kind: ErrandKind) -> Option<Self> {
        let errand = view.errands.iter().find(|errand| errand.kind == kind)?;
        let error = errand.error.clone().map(serde_json::from_value);
        Some(ErrandBody {
            state: errand.state.as_str(),
            next_at: (errand.state == ErrandState::Waiting).then_some(errand.next_at),
            error: error
                .and_then(Result::ok)
                .map(|error: DeliveryError| ErrorBody::from(error)),
        })
    }
}

/// A part that is live.
#[derive(Serialize, ToSchema)]
pub struct LivePartBody {
    /// The platform's id; null where it proved the part live and would not tell.
    remote_id: Option<String>,
    url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
    /// When it was removed from its platform at your wish.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, nullable = false)]
    removed_at: Option<Timestamp>,
    /// When it was found not to be there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, nullable = false)]
    missing_at: Option<Timestamp>,
}

/// Why a delivery failed or waits.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// A stable word for programs.
    code: String,
    /// One sentence.
    message: String,
    /// What to do.
    action: String,
    /// Whether a retry can help as things are.
    retryable: bool,
    /// What the platform said, redacted.
    platform: Option<PlatformSaidBody>,
}

/// A platform's own words.
#[derive(Serialize, ToSchema)]
pub struct PlatformSaidBody {
    http_status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
}

/// A page of posts.
#[derive(Serialize, ToSchema)]
pub struct PostListBody {
    pub data: Vec<PostBody>,
    /// For `cursor` in the next request; null on the last page.
    pub next_cursor: Option<String>,
}

impl PostBody {
    /// A post as its owner sees it at `now`.
    pub fn new(view: &PostView, now: Timestamp) -> Self {
        let post = &view.post;
        let content = &post.content;
        let of_platforms = content
            .overrides
            .iter()
            .map(|(platform, instead)| (platform.to_string(), OverrideBody::of(instead)));
        let of_accounts = content
            .account_overrides
            .iter()
            .map(|(account, instead)| (account.to_string(), OverrideBody::of(instead)));
        PostBody {
            id: post.id.to_string(),
            status: view.status(now).as_str(),
            parts: PartBody::all(&content.parts),
            split: content.split.map(SplitBody::of),
            overrides: of_platforms.chain(of_accounts).collect(),
            options: content.options.clone(),
            verify_after_s: content.verify_after_s,
            publish_at: post.publish_at,
            time_zone: post.time_zone.clone(),
            if_late: post.if_late.as_str(),
            max_lateness_s: post.policy().max_lateness().as_secs(),
            jitter_s: post.jitter_s,
            created_at: post.created_at,
            deliveries: view
                .deliveries
                .iter()
                .map(|view| DeliveryBody::of(view, Some(content)))
                .collect(),
        }
    }
}

impl DeliveryBody {
    /// A delivery as its owner sees it, apart from its post.
    pub fn new(view: &DeliveryView) -> Self {
        Self::of(view, None)
    }

    fn of(view: &DeliveryView, content: Option<&Content>) -> Self {
        let row = &view.delivery;
        let cut = content.and_then(|content| content.cuts.get(&row.account_id));
        let first = view.parts.first();
        DeliveryBody {
            id: row.id.to_string(),
            account: row.account_id.to_string(),
            platform: row.platform.as_str(),
            status: row.status.as_str(),
            remote_id: first.and_then(|part| part.remote_id.clone()),
            url: first.and_then(|part| part.url.clone()),
            parts: view.parts.iter().map(LivePartBody::new).collect(),
            cut: cut.map(|parts| PartBody::all(parts)),
            attempt_count: row.attempt_count,
            next_at: row.next_at,
            waiting_for: row.waiting_for.map(|why| why.as_str()),
            published_at: row.published_at,
            error: row.delivery_error().map(ErrorBody::from),
            removal: ErrandBody::of(view, ErrandKind::Remove),
            verification: ErrandBody::of(view, ErrandKind::Verify),
        }
    }
}

impl LivePartBody {
    fn new(part: &entities::rows::part::Model) -> Self {
        LivePartBody {
            remote_id: part.remote_id.clone(),
            url: part.url.clone(),
            published_at: part.published_at,
            removed_at: part.removed_at,
            missing_at: part.missing_at,
        }
    }
}

impl From<entities::delivery::DeliveryError> for ErrorBody {
    fn from(error: entities::delivery::DeliveryError) -> Self {
        ErrorBody {
            code: error.code,
            message: error.message,
            action: error.action,
            retryable: error.retryable,
            platform: error.platform.map(|said| PlatformSaidBody {
                http_status: said.http_status,
                code: said.code,
                message: said.message,
            }),
        }
    }
}
