//! One event for one webhook, and the tries to send it.

use sea_orm::FromQueryResult;

use crate::text_enum::text_enum;
use crate::{EventId, NotificationAttemptId, Timestamp, WebhookId};

text_enum! {
    /// How far it got.
    pub enum NotificationState {
        /// It is sent at `next_at`.
        Waiting = "waiting",
        /// Its webhook is disabled; it is sent when that is enabled again.
        Held = "held",
        /// The receiver has taken it.
        Done = "done",
        /// Given up.
        Failed = "failed",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Notification {
    pub webhook_id: WebhookId,
    pub event_id: EventId,
    /// The event's, as a word: it may be one that this version does not know.
    pub kind: String,
    pub state: NotificationState,
    pub next_at: Timestamp,
    /// Until then somebody is sending it.
    pub lease_until: Timestamp,
    /// Failed tries since it was begun, or begun anew.
    pub tries: i32,
    /// When the first of them ended.
    pub failing_since: Option<Timestamp>,
    /// What came of the last try, in words.
    pub outcome: Option<String>,
    pub created_at: Timestamp,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct NotificationAttempt {
    pub id: NotificationAttemptId,
    pub webhook_id: WebhookId,
    pub event_id: EventId,
    pub started_at: Timestamp,
    pub duration_ms: i64,
    pub http_status: Option<i32>,
    /// Why it counts as failed.
    pub error: Option<String>,
    /// The beginning of what was answered, without what looks like a secret.
    pub answer: Option<String>,
}
