//! The rows that go with a change: what is live, the attempt, the event.

use serde_json::json;

use super::Attempted;
use crate::delivery::{Change, Claim, LivePart, Status};
use crate::events::NewEvent;
use crate::rows::event::EventKind;
use crate::write::Insert;

/// Saves what is live of a part, or completes what was saved of it. A platform that gives one id
/// to two posts must not make us lose what we know to be live: the second is saved without an id.
/// What was *found* under another part's id is that part's, and is refused.
pub(super) fn live_part(claim: &Claim, live: &LivePart) -> Insert {
    Insert {
        into: "parts (delivery_id, part_index, account_id, remote_id, url, published_at)",
        select: "$1, $2, $3,
            CASE WHEN $7 OR NOT EXISTS (
                SELECT 1 FROM parts WHERE account_id = $3 AND remote_id = $4
                   AND NOT (delivery_id = $1 AND part_index = $2)
            ) THEN $4 END, $5, $6"
            .to_owned(),
        values: vec![
            claim.id.clone().into(),
            live.part_index.into(),
            claim.account_id.clone().into(),
            live.remote_id.clone().into(),
            live.url.clone().into(),
            live.published_at.into(),
            live.found.into(),
        ],
        on_conflict: "ON CONFLICT (delivery_id, part_index) DO UPDATE SET
            remote_id = coalesce(excluded.remote_id, parts.remote_id),
            url = coalesce(excluded.url, parts.url)",
    }
}

pub(super) fn attempt_row(claim: &Claim, attempted: &Attempted) -> Insert {
    let said = attempted.evidence.said.as_ref();
    Insert::row(
        "attempts (id, delivery_id, epoch, part_index, step, verdict, worker, started_at,
            ended_at, http_status, platform_code, platform_message, trace_id)",
        [
            attempted.id.clone().into(),
            claim.id.clone().into(),
            claim.epoch.into(),
            claim.progress.part_index.into(),
            attempted.step.into(),
            attempted.verdict.into(),
            attempted.worker.clone().into(),
            attempted.started_at.into(),
            attempted.ended_at.into(),
            said.and_then(|said| said.http_status).map(i32::from).into(),
            said.and_then(|said| said.code.clone()).into(),
            said.and_then(|said| said.message.clone()).into(),
            attempted.evidence.trace_id.clone().into(),
        ],
    )
}

/// Which event a change of status is.
pub(super) fn event_of(from: Status, to: Status) -> Option<EventKind> {
    match (from, to) {
        (Status::Unconfirmed, Status::Published | Status::Queued) => {
            Some(EventKind::DeliveryResolved)
        }
        (_, Status::Published) => Some(EventKind::DeliveryPublished),
        (_, Status::Failed) => Some(EventKind::DeliveryFailed),
        (Status::Publishing, Status::Unconfirmed) => Some(EventKind::DeliveryUnconfirmed),
        _ => None,
    }
}

pub(super) fn event_of_change(claim: &Claim, kind: EventKind, change: &Change) -> NewEvent {
    let live = change.live.as_ref();
    let data = json!({
        "platform": claim.platform,
        "status": change.to,
        "remote_id": live.and_then(|live| live.remote_id.as_deref()),
        "url": live.and_then(|live| live.url.as_deref()),
        "error": change.error,
    });
    NewEvent {
        kind,
        owner_id: claim.owner_id.clone(),
        post_id: Some(claim.post_id.clone()),
        delivery_id: Some(claim.id.clone()),
        account_id: Some(claim.account_id.clone()),
        data,
    }
}
