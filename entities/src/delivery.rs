//! The delivery state machine, whole.
//!
//! A delivery is one post on one account. It is taken by a worker under a [`Claim`], moved by at
//! most one step on the platform, and written down again by a [`Change`]; nothing else in the
//! product sets a status. The rules that keep a post from being out twice are in
//! [`Checkpoint::effect`], [`when_claim_expires`] and the constructors of [`Change`].

mod wait_reason;

use crate::text_enum::text_enum;
use crate::{AccountId, DeliveryId, Platform, PostId, Timestamp, UserId};

pub use wait_reason::WaitReason;

text_enum! {
    /// Where a delivery stands.
    pub enum Status {
        /// Waits for its time, or for another try.
        Queued = "queued",
        /// A worker holds it.
        Publishing = "publishing",
        /// The platform prepares it; we look again at `next_at`.
        Processing = "processing",
        /// It may be live: we look before anything is repeated.
        Unconfirmed = "unconfirmed",
        /// The account must be connected again first.
        NeedsReconnect = "needs_reconnect",
        /// Too late by the post's own wish; a person decides.
        Missed = "missed",
        /// Live, all parts of it.
        Published = "published",
        /// Given up, with a reason. A person may retry.
        Failed = "failed",
        /// Called off before anything was live.
        Canceled = "canceled",
    }
}

use Status::*;

impl Status {
    /// Every legal change.
    pub const TRANSITIONS: &'static [(Status, &'static [Status])] = &[
        (Queued, &[Publishing, Canceled, Missed]),
        (Processing, &[Publishing, Canceled, Missed]),
        (
            Publishing,
            &[
                Processing,
                Published,
                Queued,
                NeedsReconnect,
                Unconfirmed,
                Failed,
            ],
        ),
        (Unconfirmed, &[Published, Queued, Failed]),
        (NeedsReconnect, &[Queued, Failed, Canceled]),
        (Missed, &[Queued, Canceled]),
        (Failed, &[Queued]),
        (Published, &[]),
        (Canceled, &[]),
    ];

    /// Whether the change from this to `to` is legal.
    pub fn can_become(self, to: Status) -> bool {
        Self::TRANSITIONS
            .iter()
            .any(|(from, tos)| *from == self && tos.contains(&to))
    }

    /// The statuses from which `to` is legal.
    pub fn before(to: Status) -> impl Iterator<Item = Status> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |from| from.can_become(to))
    }

    /// Nothing will happen any more unless a person asks for it.
    pub fn is_settled(self) -> bool {
        matches!(self, Published | Failed | Canceled)
    }

    /// The diagram of the machine, as Mermaid text; ARCHITECTURE.md shows it.
    pub fn diagram() -> String {
        let mut lines = vec![
            "stateDiagram-v2".to_owned(),
            "    [*] --> queued".to_owned(),
        ];
        for (from, tos) in Self::TRANSITIONS {
            lines.extend(tos.iter().map(|to| format!("    {from} --> {to}")));
            if tos.is_empty() {
                lines.push(format!("    {from} --> [*]"));
            }
        }
        lines.join("\n")
    }
}

/// What a call to the platform can do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Looks only.
    Reads,
    /// Makes something nobody sees; may be repeated.
    Repeatable,
    /// Makes the post visible. Never repeated while its outcome is unknown.
    Publishes,
}

/// A container that Threads prepares a post in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its id on the platform; not the id of the post that comes of it.
    pub id: String,
    /// When it was made; it lives 24 hours.
    pub made_at: Timestamp,
    /// When a publish of it was first answered as if it did not exist: it may be live all the same.
    pub refused_at: Option<Timestamp>,
}

/// How far the platform got with the part under way. Saved before the call that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Nothing that anyone could see has been asked for.
    Start,
    /// A container exists; whether it is ready is not known.
    Preparing { container: Container },
    /// The container is ready to be published.
    Ready { container: Container },
    /// The visible call is about to be made, or was: from here on nobody may assume anything.
    Sent {
        container: Option<Container>,
        at: Timestamp,
        /// The platform has said that it is live; only its id is missing.
        seen_live: bool,
    },
    /// The part is live and its id saved; only its address is still to be read.
    Live { remote_id: String },
}

impl Checkpoint {
    /// The effect of a call made under this checkpoint.
    pub fn effect(&self) -> Effect {
        match self {
            Checkpoint::Start => Effect::Repeatable,
            Checkpoint::Preparing { .. } | Checkpoint::Ready { .. } | Checkpoint::Live { .. } => {
                Effect::Reads
            }
            Checkpoint::Sent { .. } => Effect::Publishes,
        }
    }

    /// The word for it in the table.
    pub fn kind(&self) -> &'static str {
        match self {
            Checkpoint::Start => "start",
            Checkpoint::Preparing { .. } => "preparing",
            Checkpoint::Ready { .. } => "ready",
            Checkpoint::Sent { .. } => "sent",
            Checkpoint::Live { .. } => "live",
        }
    }
}

/// How far a delivery got, over all its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The part under way, from 0.
    pub part_index: i32,
    /// How far that part got.
    pub checkpoint: Checkpoint,
    /// Containers made for this part so far.
    pub containers_used: i32,
    /// Looks or tries at this checkpoint so far.
    pub looks: i32,
    /// Since when a send of this part has been without a known outcome. Kept after absence was
    /// concluded, so that a later look reaches back far enough.
    pub unresolved_since: Option<Timestamp>,
    /// Since when tries have failed without any success between.
    pub failing_since: Option<Timestamp>,
}

impl Progress {
    /// The very beginning of part `part_index`.
    pub fn start(part_index: i32) -> Self {
        Progress {
            part_index,
            checkpoint: Checkpoint::Start,
            containers_used: 0,
            looks: 0,
            unresolved_since: None,
            failing_since: None,
        }
    }

    /// The same part, moved to `checkpoint` by a success.
    pub fn reached(&self, checkpoint: Checkpoint) -> Self {
        Progress {
            checkpoint,
            looks: 0,
            failing_since: None,
            ..self.clone()
        }
    }

    /// The same checkpoint, one look later.
    pub fn looked(&self) -> Self {
        Progress {
            looks: self.looks + 1,
            ..self.clone()
        }
    }
}

/// Why a delivery failed or waits, for a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeliveryError {
    /// A stable word for programs.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub action: String,
    /// Whether a retry can help as things are.
    pub retryable: bool,
    /// What the platform said, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformSaid>,
}

/// A platform's own words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PlatformSaid {
    pub http_status: Option<u16>,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// A worker's hold on a delivery: what it was when it was taken, with the new epoch.
#[derive(Clone, Debug)]
pub struct Claim {
    pub id: DeliveryId,
    pub post_id: PostId,
    pub owner_id: UserId,
    pub account_id: AccountId,
    pub platform: Platform,
    /// `publishing`, or `unconfirmed` while we look.
    pub status: Status,
    pub progress: Progress,
    pub epoch: i64,
    /// Who holds it.
    pub worker: String,
    pub lease_until: Timestamp,
    /// How often it has been taken, this time included.
    pub attempt_count: i32,
}

/// What is live of a part, to be saved with the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePart {
    pub part_index: i32,
    /// `None` only where the platform proved the part live and would not tell its id.
    pub remote_id: Option<String>,
    pub url: Option<String>,
    pub published_at: Timestamp,
    /// It was found by looking, not told by the call that made it: then it must not belong to
    /// any other part.
    pub found: bool,
}

/// One legal change of a claimed delivery, to be written by [`crate::record::record`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(crate) to: Status,
    pub(crate) progress: Progress,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) waiting_for: Option<WaitReason>,
    pub(crate) error: Option<DeliveryError>,
    pub(crate) live: Option<LivePart>,
    pub(crate) published_at: Option<Timestamp>,
    /// The same worker goes on under a new epoch: `publishing -> processing -> publishing`, or a
    /// pass through `queued`, in one write.
    pub(crate) keeps_claim: bool,
}

impl Change {
    fn new(to: Status, progress: Progress) -> Self {
        Change {
            to,
            progress,
            next_at: None,
            waiting_for: None,
            error: None,
            live: None,
            published_at: None,
            keeps_claim: false,
        }
    }

    /// The step succeeded and the next one is due at once; the worker keeps the claim. Where it
    /// must stop, [`release`](Self::release) turns this into what others may take up.
    pub fn go_on(progress: Progress) -> Self {
        Change {
            keeps_claim: true,
            ..Self::new(Publishing, progress)
        }
    }

    /// The platform prepares the part; look again at `next_at`.
    pub fn processing(progress: Progress, next_at: Timestamp) -> Self {
        Change {
            next_at: Some(next_at),
            waiting_for: Some(WaitReason::PlatformProcessing),
            ..Self::new(Processing, progress)
        }
    }

    /// Nothing visible happened; again at `next_at`.
    pub fn queued(progress: Progress, next_at: Timestamp, why: WaitReason) -> Self {
        Change {
            next_at: Some(next_at),
            waiting_for: Some(why),
            ..Self::new(Queued, progress)
        }
    }

    /// It may be live. The first look is at `next_at`.
    pub fn unconfirmed(progress: Progress, next_at: Timestamp) -> Self {
        Change {
            next_at: Some(next_at),
            waiting_for: Some(WaitReason::Confirmation),
            ..Self::new(Unconfirmed, progress)
        }
    }

    /// All parts are live.
    pub fn published(progress: Progress, at: Timestamp) -> Self {
        Change {
            published_at: Some(at),
            ..Self::new(Published, progress)
        }
    }

    /// The account must be connected again.
    pub fn needs_reconnect(progress: Progress, error: DeliveryError) -> Self {
        Change {
            error: Some(error),
            ..Self::new(NeedsReconnect, progress)
        }
    }

    /// Given up.
    pub fn failed(progress: Progress, error: DeliveryError) -> Self {
        Change {
            error: Some(error),
            ..Self::new(Failed, progress)
        }
    }

    /// Says why, for the people who wait.
    pub fn because(self, error: DeliveryError) -> Self {
        Change {
            error: Some(error),
            ..self
        }
    }

    /// Saves what is live of a part in the same write.
    pub fn with_live(self, live: LivePart) -> Self {
        Change {
            live: Some(live),
            ..self
        }
    }

    /// For a worker that can not go on by itself: the same step forward, open for others from
    /// `next_at` on.
    pub fn release(self, next_at: Timestamp, why: WaitReason) -> Self {
        if !self.keeps_claim {
            return self;
        }
        let released = match self.progress.checkpoint {
            Checkpoint::Start => Change::queued(self.progress, next_at, why),
            _ => Change::processing(self.progress, next_at),
        };
        Change {
            live: self.live,
            waiting_for: Some(why),
            ..released
        }
    }

    /// The same, open for others in `queued`, which every late success may lead to.
    pub(crate) fn into_queued(self) -> Self {
        Change {
            to: Queued,
            keeps_claim: false,
            ..self
        }
    }

    /// For a worker that goes on to a visible call: the same step forward, armed for that call.
    pub fn armed(self, progress: Progress) -> Self {
        Change { progress, ..self }
    }

    /// The status it leads to.
    pub fn to(&self) -> Status {
        self.to
    }

    /// When the delivery is due again.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.next_at
    }

    /// How far it got.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Why.
    pub fn error(&self) -> Option<&DeliveryError> {
        self.error.as_ref()
    }

    /// Whether the same worker goes on at once.
    pub fn keeps_claim(&self) -> bool {
        self.keeps_claim
    }

    /// Whether a delivery that was taken in `status` at `before` may take this change.
    pub fn is_legal_after(&self, status: Status, before: &Progress) -> bool {
        let sent = matches!(self.progress.checkpoint, Checkpoint::Sent { .. });
        let sent_before = matches!(before.checkpoint, Checkpoint::Sent { .. })
            && before.part_index == self.progress.part_index;
        match self.to {
            // A renewed claim is no change of status. It may arm the visible call of a part, but
            // never a second time while the first has no outcome.
            Publishing => status == Publishing && self.keeps_claim && !(sent && sent_before),
            // Another look at what stays unconfirmed is no change of status either.
            Unconfirmed => (status == Unconfirmed || status.can_become(Unconfirmed)) && sent,
            // What was sent and not resolved must never look as if it could be sent again.
            Queued | Processing | NeedsReconnect => status.can_become(self.to) && !sent,
            to => status.can_become(to),
        }
    }
}

/// What becomes of a claim whose lease ran out: what it may have done decides, nothing else.
pub fn when_claim_expires(status: Status, progress: &Progress, now: Timestamp) -> Change {
    match (status, progress.checkpoint.effect()) {
        (Unconfirmed, _) | (_, Effect::Publishes) => Change::unconfirmed(
            Progress {
                // What was counted before the send says nothing about having looked for it.
                looks: if status == Unconfirmed {
                    progress.looks
                } else {
                    0
                },
                unresolved_since: progress.unresolved_since.or(match progress.checkpoint {
                    Checkpoint::Sent { at, .. } => Some(at),
                    _ => None,
                }),
                ..progress.clone()
            },
            now,
        ),
        (_, Effect::Reads | Effect::Repeatable) => {
            Change::queued(progress.clone(), now, WaitReason::Turn)
        }
    }
}

#[cfg(test)]
#[path = "delivery_test.rs"]
mod tests;
