//! What a webhook is sent.

use entities::rows::event;
use serde_json::{Map, Value, json};

/// `{"type", "timestamp", "data", "id"}`. `data` has the ids that the event is about, and what the
/// event itself tells. The same for each try, to the byte.
pub fn body(event: &event::Model) -> Vec<u8> {
    let mut data = match &event.data {
        Value::Object(told) => told.clone(),
        Value::Null => Map::new(),
        other => Map::from_iter([("value".to_owned(), other.clone())]),
    };
    let ids = [
        ("post_id", event.post_id.as_ref().map(ToString::to_string)),
        (
            "delivery_id",
            event.delivery_id.as_ref().map(ToString::to_string),
        ),
        (
            "account_id",
            event.account_id.as_ref().map(ToString::to_string),
        ),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            data.insert(name.to_owned(), id.into());
        }
    }
    let body = json!({
        "type": event.kind,
        "timestamp": event.created_at,
        "data": data,
        "id": event.id,
    });
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use entities::rows::event::EventKind;
    use entities::{DeliveryId, EventId, PostId, Timestamp, UserId};

    use super::*;

    #[test]
    fn the_ids_stand_beside_what_the_event_tells() {
        let event = event::Model {
            id: EventId::generate(),
            owner_id: UserId::generate(),
            kind: EventKind::DeliveryPublished,
            post_id: Some(PostId::generate()),
            delivery_id: Some(DeliveryId::generate()),
            account_id: None,
            data: json!({ "status": "published", "error": null, "post_id": "of the event's own" }),
            created_at: Timestamp::from_ms(1_764_000_000_007),
        };
        let sent: Value = serde_json::from_slice(&body(&event)).unwrap();
        let expected = json!({
            "type": "delivery.published",
            "timestamp": "2025-11-24T16:00:00.007Z",
            "id": event.id,
            "data": { "status": "published", "error": null, "post_id": event.post_id, "delivery_id": event.delivery_id },
        });
        assert_eq!(sent, expected);
        assert!(!sent.to_string().contains(event.owner_id.as_str()));
    }
}
