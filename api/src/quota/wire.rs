//! What is left, as JSON.

use entities::Timestamp;
use entities::lanes::Paused;
use entities::quota::platform_says::{Kept, Said};
use serde::Serialize;
use utoipa::ToSchema;

/// All accounts.
#[derive(Serialize, ToSchema)]
pub struct QuotaListBody {
    pub data: Vec<AccountQuotaBody>,
}

/// One account.
#[derive(Serialize, ToSchema)]
pub struct AccountQuotaBody {
    /// `acc_...`
    pub account: String,
    /// `threads` or `x`
    pub platform: &'static str,
    pub username: String,
    /// Its limits; those of the app are shared by all accounts on the platform. None where the operator
    /// has switched them off, but for what the platform's answers say.
    pub windows: Vec<WindowBody>,
    /// When the platform was asked for its own count, and what came of it; null where it can not be
    /// asked: X tells its count with each answer.
    pub asked: Option<AskedBody>,
    /// Pauses that keep its posts back now.
    pub paused: Vec<PausedBody>,
    /// What will come of the scheduled posts.
    pub forecast: ScheduleForecastBody,
}

/// One limit.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowBody {
    /// `publishing`, `replying` (Threads); `15min`, `24h_app`, `24h_user` (X).
    pub name: String,
    /// `posts`, `replies` (Threads counts them apart) or `posts_and_replies` (X).
    pub counts: &'static str,
    /// `account` or `app`
    pub scope: &'static str,
    /// In seconds.
    pub window_s: u64,
    /// By the stricter count, as the next two.
    pub used: i64,
    pub max: i64,
    pub left: i64,
    /// When the window begins anew, or the oldest post leaves a rolling one; null while nothing is used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub frees_at: Option<Timestamp>,
    /// Which count is the stricter: `our_count` or `platform`.
    pub source: &'static str,
    /// What was sent from here, as far as our headers' reading does not say more.
    pub our_count: Option<CountBody>,
    /// What the platform says, if it said so lately.
    pub platform: Option<CountBody>,
}

/// A count, and what it is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountBody {
    pub used: i64,
    pub max: i64,
}

impl CountBody {
    /// How much is left by it.
    pub fn left(self) -> i64 {
        (self.max - self.used).max(0)
    }
}

/// What came of asking the platform.
#[derive(Serialize, ToSchema)]
pub struct AskedBody {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub answered: bool,
    /// Why there is no answer; our own count is shown then.
    pub reason: Option<String>,
}

impl From<Kept> for AskedBody {
    fn from(kept: Kept) -> Self {
        let reason = match &kept.said {
            Some(Said::Usage { .. }) => None,
            Some(Said::Nothing { reason }) => Some(reason.clone()),
            None => Some("The platform is being asked; look again in a moment.".to_owned()),
        };
        AskedBody {
            at: kept.asked_at,
            answered: reason.is_none(),
            reason,
        }
    }
}

/// A pause of the account or of the app.
#[derive(Serialize, ToSchema)]
pub struct PausedBody {
    /// `account` or `app`
    pub scope: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub paused_until: Timestamp,
    /// `account_rate_limit`, `app_rate_limit`, `lane_paused` or `budget`
    pub reason: &'static str,
    /// The platform's own words.
    pub platform_message: Option<String>,
}

impl From<Paused> for PausedBody {
    fn from(paused: Paused) -> Self {
        PausedBody {
            scope: match paused.lane.starts_with("app:") {
                true => "app",
                false => "account",
            },
            paused_until: paused.paused_until,
            reason: paused.reason.as_str(),
            platform_message: paused.detail,
        }
    }
}

/// What will come of the scheduled posts, by our own count. Posts that other people schedule share the
/// app's limits, and are not known here; a budget is not looked at.
#[derive(Default, Serialize, ToSchema)]
pub struct ScheduleForecastBody {
    /// How many deliveries are still to go out.
    pub scheduled: usize,
    /// Whether there are more than were looked at (2,000 on a platform), or the simulation ended before
    /// all had their time.
    pub is_cut: bool,
    /// Those that do not fit at their time, first those that are due first.
    pub late: Vec<LateBody>,
}

/// A delivery that does not fit at its time.
#[derive(Clone, Serialize, ToSchema)]
pub struct LateBody {
    /// `dlv_...`
    pub delivery: String,
    /// `post_...`
    pub post: String,
    /// When it is due.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// When its first message will go out.
    #[schema(value_type = String, format = DateTime)]
    pub goes_at: Timestamp,
    /// When its last message will.
    #[schema(value_type = String, format = DateTime)]
    pub complete_at: Timestamp,
    /// The limit that keeps it waiting, such as `15min`, or `pause`.
    pub waits_for: String,
}
