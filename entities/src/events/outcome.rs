//! What became of a post as a whole, and whether that was told.

use sea_orm::FromQueryResult;
use serde_json::json;

use super::NewEvent;
use crate::delivery::Status;
use crate::post_status::PostStatus;
use crate::rows::event::EventKind;
use crate::{AccountId, DeliveryId, Platform, PostId, Timestamp, UserId};

/// A delivery, as far as it counts for its post.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Told {
    pub post_id: PostId,
    pub owner_id: UserId,
    pub id: DeliveryId,
    pub account_id: AccountId,
    pub platform: Platform,
    pub status: Status,
    pub epoch: i64,
    pub error: Option<serde_json::Value>,
    /// Of its first part, as far as that is live.
    pub remote_id: Option<String>,
    pub url: Option<String>,
}

/// What is to be told of a post.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub post_id: PostId,
    /// Stays the same until something else comes of the post: what was told with these words is
    /// not told again.
    pub words: String,
    pub event: NewEvent,
}

/// What is to be told of a post with these deliveries (all that it has, at least one); `None` while
/// something is under way, and when it was called off.
pub fn outcome(deliveries: &[Told]) -> Option<Outcome> {
    let first = deliveries.first()?;
    let statuses: Vec<Status> = deliveries.iter().map(|one| one.status).collect();
    let under_way = |status: &Status| {
        matches!(
            status,
            Status::Publishing | Status::Processing | Status::Unconfirmed | Status::Queued
        )
    };
    if statuses.iter().any(under_way) {
        return None;
    }
    // None is queued, so it does not matter when the post was to go out.
    let status = PostStatus::of(&statuses, None, Timestamp::from_ms(0));
    let kind = match status {
        PostStatus::Published => EventKind::PostPublished,
        PostStatus::Partial => EventKind::PostPartial,
        PostStatus::Failed => EventKind::PostFailed,
        PostStatus::NeedsAttention if statuses.contains(&Status::Missed) => EventKind::PostMissed,
        // An account's own event tells that it is to be connected again.
        PostStatus::NeedsAttention
        | PostStatus::Canceled
        | PostStatus::Scheduled
        | PostStatus::Publishing => return None,
    };
    let mut epochs: Vec<(&DeliveryId, i64)> =
        deliveries.iter().map(|one| (&one.id, one.epoch)).collect();
    epochs.sort();
    let epochs: Vec<String> = epochs.iter().map(|(_, epoch)| epoch.to_string()).collect();
    let parts: Vec<serde_json::Value> = deliveries.iter().map(in_short).collect();
    Some(Outcome {
        post_id: first.post_id.clone(),
        words: format!("{kind} {}", epochs.join(",")),
        event: NewEvent {
            kind,
            owner_id: first.owner_id.clone(),
            post_id: Some(first.post_id.clone()),
            delivery_id: None,
            account_id: None,
            data: json!({ "status": status, "deliveries": parts }),
        },
    })
}

fn in_short(delivery: &Told) -> serde_json::Value {
    json!({
        "id": delivery.id,
        "account_id": delivery.account_id,
        "platform": delivery.platform,
        "status": delivery.status,
        "remote_id": delivery.remote_id,
        "url": delivery.url,
        "error": delivery.error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(statuses: &[Status]) -> Vec<Told> {
        let (post_id, owner_id) = (PostId::generate(), UserId::generate());
        let told = |status: &Status| Told {
            post_id: post_id.clone(),
            owner_id: owner_id.clone(),
            id: DeliveryId::generate(),
            account_id: AccountId::generate(),
            platform: Platform::X,
            status: *status,
            epoch: 3,
            error: None,
            remote_id: None,
            url: None,
        };
        statuses.iter().map(told).collect()
    }

    fn kind(statuses: &[Status]) -> Option<EventKind> {
        outcome(&post(statuses)).map(|outcome| outcome.event.kind)
    }

    #[test]
    fn a_post_is_told_when_nothing_of_it_is_under_way_any_more() {
        use Status::*;
        assert_eq!(
            kind(&[Published, Published]),
            Some(EventKind::PostPublished)
        );
        assert_eq!(kind(&[Published, Canceled]), Some(EventKind::PostPublished));
        assert_eq!(kind(&[Published, Failed]), Some(EventKind::PostPartial));
        assert_eq!(kind(&[Failed]), Some(EventKind::PostFailed));
        assert_eq!(kind(&[Missed, Published]), Some(EventKind::PostMissed));
        for under_way in [Queued, Publishing, Processing, Unconfirmed] {
            assert_eq!(kind(&[Published, under_way]), None);
            assert_eq!(kind(&[Missed, under_way]), None);
        }
        assert_eq!(kind(&[NeedsReconnect, Published]), None);
        assert_eq!(kind(&[Canceled, Canceled]), None);
        assert_eq!(kind(&[]), None);
    }

    #[test]
    fn the_same_outcome_after_another_try_is_told_again_and_without_one_is_not() {
        let mut deliveries = post(&[Status::Failed, Status::Published]);
        let words = |deliveries: &[Told]| outcome(deliveries).map(|outcome| outcome.words);
        let first = words(&deliveries);
        deliveries.reverse();
        assert_eq!(words(&deliveries), first, "whatever their order");
        deliveries[1].epoch += 2;
        assert_ne!(words(&deliveries), first);
    }
}
