//! What a dry run answers, as JSON.

use entities::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::posts::check::Warning;
use crate::problem::Violation;

/// What would come of a post.
#[derive(Serialize, ToSchema)]
pub struct ForecastBody {
    /// Whether it would be accepted.
    pub valid: bool,
    /// Why not.
    pub violations: Vec<Violation>,
    /// When the first delivery can be due.
    #[schema(value_type = String, format = DateTime)]
    pub due_from: Timestamp,
    /// When the last is due at the latest: `jitter_s` later.
    #[schema(value_type = String, format = DateTime)]
    pub due_until: Timestamp,
    /// What breaks no rule, but may surprise.
    pub warnings: Vec<WarningBody>,
    /// What each account would show, and what it would cost.
    pub accounts: Vec<AccountForecastBody>,
}

/// Something that may surprise.
#[derive(Serialize, ToSchema)]
pub struct WarningBody {
    /// What in the request it is about, or the account.
    pub field: String,
    /// A stable word for programs.
    pub code: String,
    /// What it is, and what to do.
    pub message: String,
}

impl From<Warning> for WarningBody {
    fn from(warning: Warning) -> Self {
        WarningBody {
            field: warning.field,
            code: warning.code.to_owned(),
            message: warning.message,
        }
    }
}

/// One account's outlook.
#[derive(Serialize, ToSchema)]
pub struct AccountForecastBody {
    /// `acc_...`
    pub account: String,
    /// `threads` or `x`
    pub platform: &'static str,
    pub username: String,
    /// What it would show.
    pub parts: Vec<PartForecastBody>,
    pub connection: ConnectionBody,
    /// The platform's limits at the time of the post, with all that is scheduled.
    pub quota: Vec<QuotaBody>,
    /// What X charges for pay-per-use apps; null on Threads, which charges nothing.
    pub price: Option<PriceBody>,
}

/// One message as it would be shown.
#[derive(Serialize, ToSchema)]
pub struct PartForecastBody {
    pub text: String,
    /// By the platform's own counting.
    pub length: u32,
    pub limit: u32,
    /// How much more fits; negative: how much too long it is.
    pub left: i64,
    /// `med_...`
    pub media: Vec<String>,
}

/// How the account is connected.
#[derive(Serialize, ToSchema)]
pub struct ConnectionBody {
    /// `ok`, `degraded`, `needs_reconnect` or `disconnected`
    pub state: &'static str,
    pub reason: Option<String>,
    /// When the token ends, if it is known. It is renewed before where it can be.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub token_expires_at: Option<Timestamp>,
    /// Permissions that this post needs and the connection lacks.
    pub missing_permissions: Vec<&'static str>,
}

/// One limit of the platform's.
#[derive(Serialize, ToSchema)]
pub struct QuotaBody {
    /// `posts`, `replies` (Threads counts them apart) or `posts_and_replies` (X).
    pub name: &'static str,
    pub limit: i64,
    /// In seconds.
    pub window_s: i64,
    /// Gone out or scheduled within the window that ends when this post goes out.
    pub used: i64,
    /// What this post takes.
    pub takes: i64,
    /// Left after it; negative: it will wait.
    pub left: i64,
}

/// What X charges (its published prices; yours are in its developer console).
#[derive(Serialize, ToSchema)]
pub struct PriceBody {
    /// In US dollars.
    pub total: String,
    /// The same post without links.
    pub without_links: String,
}
