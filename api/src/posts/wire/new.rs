//! What a request to post looks like, for the OpenAPI document: `Fields` reads it, to name every
//! violation at once.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::options::OptionsBody;
use super::parts::PartMediaBody;

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
    /// What hangs on it. Short for one part.
    media: Option<Vec<PartMediaBody>>,
    /// The messages of a chain, instead of `text` and `media`; each answers the one before.
    #[schema(min_items = 1, max_items = 25)]
    parts: Option<Vec<NewPartBody>>,
    /// Cut what is too long for a platform into a chain: `true`, or `{"numbering": true}` to add
    /// ` (1/3)` to each piece.
    split: Option<NewSplitBody>,
    /// `acc_...`: where it goes, as `GET /v1/accounts` lists them.
    #[schema(value_type = BTreeSet<String>, min_items = 1, max_items = 50)]
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
    /// Spread its deliveries: each is due at a random moment within so many seconds after
    /// `publish_at` (or after the request). Drawn once, when the post is submitted; `next_at` tells
    /// it, and lateness counts from it. Left out: 0.
    #[schema(minimum = 0, maximum = 3600)]
    jitter_s: Option<i64>,
    /// What one platform (`x`, `threads`) or one account (`acc_...`) shows instead.
    overrides: Option<HashMap<OverrideName, NewOverrideBody>>,
    /// What the platforms offer besides text and media.
    options: Option<OptionsBody>,
    /// See so long after publishing whether it is still there, in seconds; an event says when not.
    #[schema(minimum = 60, maximum = 604800)]
    verify_after_s: Option<i64>,
}

/// Changes to a post; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct PostChangeBody {
    /// A new text.
    text: Option<String>,
    /// New media; `[]`: none.
    media: Option<Vec<PartMediaBody>>,
    /// New parts, instead of `text` and `media`.
    #[schema(min_items = 1, max_items = 25)]
    parts: Option<Vec<NewPartBody>>,
    /// Whether long parts are cut; null: no.
    split: Option<NewSplitBody>,
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
    /// A new spread, counted from `publish_at`, or from this change when that has passed; null: 0.
    /// Each delivery keeps its place in the spread, also when `publish_at` changes.
    #[schema(minimum = 0, maximum = 3600)]
    jitter_s: Option<i64>,
    /// New overrides, in place of all that were.
    overrides: Option<HashMap<OverrideName, NewOverrideBody>>,
    /// New options, in place of all that were.
    options: Option<OptionsBody>,
    /// Null: not at all.
    #[schema(minimum = 60, maximum = 604800)]
    verify_after_s: Option<i64>,
}

/// How what is too long is to be cut.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub enum NewSplitBody {
    /// Whether.
    Whether(bool),
    How {
        /// Whether each piece says which one it is, and of how many.
        numbering: Option<bool>,
    },
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
    /// The text; may be left out beside media.
    text: Option<String>,
    media: Option<Vec<PartMediaBody>>,
}

/// `x`, `threads` or `acc_...`
#[derive(ToSchema, PartialEq, Eq, Hash)]
#[schema(pattern = "^(x|threads|acc_[0-9a-fA-F]{32})$")]
pub struct OverrideName(String);

/// What one platform or account shows instead.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct NewOverrideBody {
    text: Option<String>,
    media: Option<Vec<PartMediaBody>>,
    #[schema(min_items = 1, max_items = 25)]
    parts: Option<Vec<NewPartBody>>,
    /// Options in place of the post's.
    options: Option<OptionsBody>,
}
