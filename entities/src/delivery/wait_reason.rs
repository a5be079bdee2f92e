//! Why a delivery waits.

use crate::text_enum::text_enum;

text_enum! {
    /// Why a delivery waits, for `waiting_for` in the API.
    pub enum WaitReason {
        /// Its time has not come.
        Schedule = "schedule",
        /// A worker takes it next.
        Turn = "turn",
        /// The platform prepares the post.
        PlatformProcessing = "platform_processing",
        /// A try failed without effect; the next one is at `next_at`.
        Retry = "retry",
        /// The account's rate limit is used up until `next_at`.
        AccountRateLimit = "account_rate_limit",
        /// The app's rate limit is used up until `next_at`.
        AppRateLimit = "app_rate_limit",
        /// The platform has shut the account or the app out (credits, restriction).
        LanePaused = "lane_paused",
        /// The month's budget at X is used up.
        Budget = "budget",
        /// The account's token is being renewed, or its keeper can not be asked.
        Token = "token",
        /// The outcome of the last try is unknown; we look for the post.
        Confirmation = "confirmation",
    }
}
