//! Posts as JSON, apart from how they are stored.

use std::collections::BTreeMap;

use entities::posts::{DeliveryView, PostView};
use entities::{Platform, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A post to be published.
#[derive(ToSchema)]
#[schema(example = json!({"text": "Hello from DualPosts", "accounts": ["acc_0199..."]}))]
#[expect(
    dead_code,
    reason = "the shape for the OpenAPI document; `Fields` reads the body, to name every violation at once"
)]
pub struct NewPostBody {
    /// The text. Short for one part.
    text: Option<String>,
    /// The parts, instead of `text`. One part for now.
    parts: Option<Vec<NewPartBody>>,
    /// Where it goes: ids from `GET /v1/accounts`.
    #[schema(min_items = 1, max_items = 50)]
    accounts: Vec<String>,
    /// When it goes out (RFC 3339 with an offset, up to ten years ahead). Left out: at once.
    #[schema(format = DateTime)]
    publish_at: Option<String>,
    /// The IANA time zone in which you think of `publish_at`; kept with the post.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// What to do when it can not go out at its time, or not soon after it was submitted (an
    /// outage, an account that had to be connected again): `publish` it late, `skip` it, or `ask`
    /// (its deliveries become `missed`, and you decide). Waiting for a platform's rate limit is
    /// not late. Left out: `publish`.
    #[schema(value_type = Option<IfLateWord>, inline)]
    if_late: Option<String>,
    /// How late it may still go out, in seconds. Left out: 21600 (6 hours) for `publish`, 60 for
    /// `skip` and `ask`. What is later than that is `missed` with `publish`, too.
    #[schema(minimum = 0, maximum = 316224000)]
    max_lateness_s: Option<i64>,
    /// What one platform shows instead.
    overrides: Option<OverridesBody>,
}

/// Changes to a post; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct PostChangeBody {
    /// A new text.
    text: Option<String>,
    /// New parts, instead of `text`.
    parts: Option<Vec<NewPartBody>>,
    /// A new time; null: at once.
    #[schema(format = DateTime)]
    publish_at: Option<String>,
    /// A new zone; null: none.
    time_zone: Option<String>,
    /// Null: `publish`.
    #[schema(value_type = Option<IfLateWord>, inline)]
    if_late: Option<String>,
    /// Null: the default of `if_late`.
    #[schema(minimum = 0, maximum = 316224000)]
    max_lateness_s: Option<i64>,
    /// New overrides, in place of all that were.
    overrides: Option<OverridesBody>,
}

/// What to do with a post that is late.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum IfLateWord {
    Publish,
    Skip,
    Ask,
}

/// One message.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct NewPartBody {
    /// The text.
    text: String,
}

/// What one platform shows instead.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct OverridesBody {
    x: Option<NewPartBody>,
    threads: Option<NewPartBody>,
}

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
    /// What one platform shows instead.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    overrides: BTreeMap<&'static str, PartBody>,
    /// When it goes out; null: at once.
    #[schema(value_type = Option<String>, format = DateTime)]
    publish_at: Option<Timestamp>,
    /// The IANA time zone that was given with it.
    time_zone: Option<String>,
    #[schema(value_type = IfLateWord, inline)]
    if_late: &'static str,
    /// How late it may go out, in seconds.
    max_lateness_s: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// One for each account.
    deliveries: Vec<DeliveryBody>,
}

/// One message as it was written.
#[derive(Serialize, ToSchema)]
pub struct PartBody {
    text: String,
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
}

/// A part that is live.
#[derive(Serialize, ToSchema)]
pub struct LivePartBody {
    /// The platform's id; null where it proved the part live and would not tell.
    remote_id: Option<String>,
    url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
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
        let overrides = post
            .content
            .overrides
            .iter()
            .filter_map(|(platform, instead)| {
                let part = instead.parts.first()?;
                Some((
                    Platform::as_str(*platform),
                    PartBody {
                        text: part.text.clone(),
                    },
                ))
            });
        PostBody {
            id: post.id.to_string(),
            status: view.status(now).as_str(),
            parts: post
                .content
                .parts
                .iter()
                .map(|part| PartBody {
                    text: part.text.clone(),
                })
                .collect(),
            overrides: overrides.collect(),
            publish_at: post.publish_at,
            time_zone: post.time_zone.clone(),
            if_late: post.if_late.as_str(),
            max_lateness_s: post.policy().max_lateness().as_secs(),
            created_at: post.created_at,
            deliveries: view.deliveries.iter().map(DeliveryBody::new).collect(),
        }
    }
}

impl DeliveryBody {
    /// A delivery as its owner sees it.
    pub fn new(view: &DeliveryView) -> Self {
        let row = &view.delivery;
        let first = view.parts.first();
        DeliveryBody {
            id: row.id.to_string(),
            account: row.account_id.to_string(),
            platform: row.platform.as_str(),
            status: row.status.as_str(),
            remote_id: first.and_then(|part| part.remote_id.clone()),
            url: first.and_then(|part| part.url.clone()),
            parts: view.parts.iter().map(LivePartBody::new).collect(),
            attempt_count: row.attempt_count,
            next_at: row.next_at,
            waiting_for: row.waiting_for.map(|why| why.as_str()),
            published_at: row.published_at,
            error: row.delivery_error().map(ErrorBody::from),
        }
    }
}

impl LivePartBody {
    fn new(part: &entities::rows::part::Model) -> Self {
        LivePartBody {
            remote_id: part.remote_id.clone(),
            url: part.url.clone(),
            published_at: part.published_at,
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
