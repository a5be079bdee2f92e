//! What a delivery says.

use serde::Deserialize;
use serde_json::Value;

/// One event, delivered once or more often under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `svix-id`; the same for every repetition.
    pub id: String,
    pub event: Event,
}

/// The kinds that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    UserDeleted {
        user_id: String,
    },
    /// Somebody signed in.
    SessionCreated {
        user_id: String,
    },
    /// Among much else, an account may have been connected or disconnected (clerk.md 2.5).
    UserUpdated {
        user_id: String,
    },
    /// Any other kind, by Clerk's name for it.
    Other {
        kind: String,
    },
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Value,
}

/// `None` for a body that is no event, or lacks whom it is about.
pub(super) fn read(id: &str, body: &[u8]) -> Option<Delivery> {
    let wire: Wire = serde_json::from_slice(body).ok()?;
    let user_id = |key: &str| {
        let id = wire.data.get(key)?.as_str()?;
        (!id.is_empty()).then(|| id.to_owned())
    };
    let event = match wire.kind.as_str() {
        "user.deleted" => Event::UserDeleted {
            user_id: user_id("id")?,
        },
        "user.updated" => Event::UserUpdated {
            user_id: user_id("id")?,
        },
        "session.created" => Event::SessionCreated {
            user_id: user_id("user_id")?,
        },
        _ => Event::Other { kind: wire.kind },
    };
    Some(Delivery {
        id: id.to_owned(),
        event,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(body: &str) -> Option<Event> {
        read("msg_1", body.as_bytes()).map(|delivery| delivery.event)
    }

    #[test]
    fn events_name_their_user() {
        let user_id = || "user_1".to_owned();
        assert_eq!(
            event(
                r#"{"object":"event","type":"user.deleted","data":{"object":"user","id":"user_1","deleted":true}}"#
            ),
            Some(Event::UserDeleted { user_id: user_id() })
        );
        assert_eq!(
            event(r#"{"type":"user.updated","data":{"id":"user_1","username":"ada"}}"#),
            Some(Event::UserUpdated { user_id: user_id() })
        );
        assert_eq!(
            event(r#"{"type":"session.created","data":{"id":"sess_1","user_id":"user_1"}}"#),
            Some(Event::SessionCreated { user_id: user_id() })
        );
    }

    #[test]
    fn kinds_that_do_not_matter_are_let_through_by_name() {
        let kind = "email.created".to_owned();
        let body = r#"{"type":"email.created","data":{}}"#;
        assert_eq!(event(body), Some(Event::Other { kind }));
        let kind = "new.kind".to_owned();
        assert_eq!(event(r#"{"type":"new.kind"}"#), Some(Event::Other { kind }));
    }

    #[test]
    fn what_names_nobody_is_no_event() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"type":"user.deleted","data":{}}"#,
            r#"{"type":"user.deleted","data":{"id":""}}"#,
            r#"{"type":"user.deleted","data":null}"#,
            r#"{"type":"session.created","data":{"id":"sess_1"}}"#,
        ] {
            assert_eq!(event(body), None, "{body}");
        }
    }
}
