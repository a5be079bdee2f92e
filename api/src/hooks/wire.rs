//! Webhooks as JSON.

use entities::Timestamp;
use entities::rows::event::EventKind;
use entities::rows::webhook::{DisabledWhy, Model};
use serde::Serialize;
use utoipa::ToSchema;

/// A webhook without its secret.
#[derive(Serialize, ToSchema)]
pub struct WebhookBody {
    /// `whk_...`
    id: String,
    url: String,
    description: Option<String>,
    /// The kinds of event that it is told of; null: all, those to come too.
    events: Option<Vec<String>>,
    enabled: bool,
    /// Why nothing is sent to it; null while it is enabled.
    disabled: Option<DisabledBody>,
    /// The first failure since the last success; after three days without any it is disabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Until when the secret before signs as well.
    #[schema(value_type = Option<String>, format = DateTime)]
    former_secret_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// Why nothing is sent to a webhook.
#[derive(Serialize, ToSchema)]
pub struct DisabledBody {
    /// `by_owner`, `failing` or `gone`.
    why: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// One sentence.
    message: &'static str,
    /// What to do.
    action: &'static str,
}

/// Your webhooks.
#[derive(Serialize, ToSchema)]
pub struct WebhookListBody {
    pub data: Vec<WebhookBody>,
}

/// A webhook and its new secret.
#[derive(Serialize, ToSchema)]
pub struct NewWebhookBody {
    #[serde(flatten)]
    pub about: WebhookBody,
    /// What signatures are verified with; begins with `whsec_`. This is the only time that it is shown.
    pub secret: String,
}

/// A kind of event.
pub struct EventWord;

impl utoipa::PartialSchema for EventWord {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let words = EventKind::ALL.iter().map(|kind| kind.as_str());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(words))
            .into()
    }
}

impl ToSchema for EventWord {}

/// Where to send what.
#[derive(ToSchema)]
#[schema(example = json!({"url": "https://example.com/webhooks", "events": ["delivery.published", "delivery.failed"]}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct MakeWebhookBody {
    /// `https://`, to a public address; without user, password and fragment.
    #[schema(max_length = 2048)]
    url: String,
    /// Kinds of event, such as `delivery.failed`; all, if not given.
    #[schema(value_type = Option<Vec<EventWord>>, min_items = 1)]
    events: Option<Vec<String>>,
    /// To be recognised in lists; 1 to 200 characters on one line.
    #[schema(value_type = Option<WebhookDescription>)]
    description: Option<String>,
}

/// 1 to 200 characters on one line, not all of them blank; blanks around them are cut off.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 200,
    pattern = "^[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000][^\\x00-\\x1f\\x7f-\\x9f]*[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*$"
)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct WebhookDescription(String);

/// What is to be different. What is not given stays.
#[derive(ToSchema)]
#[schema(example = json!({"enabled": true}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ChangeWebhookBody {
    #[schema(value_type = String, max_length = 2048, required = false)]
    url: Option<String>,
    /// null: all.
    #[schema(value_type = Option<Vec<EventWord>>, min_items = 1)]
    events: Option<Vec<String>>,
    /// null: none.
    #[schema(value_type = Option<WebhookDescription>)]
    description: Option<String>,
    #[schema(value_type = bool, required = false)]
    enabled: Option<bool>,
}

/// How long the secret before signs on.
#[derive(ToSchema)]
#[schema(example = json!({"former_valid_for_s": 86400}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct RotateSecretBody {
    /// 0 to 604800 seconds; 86400 (a day) if not given. 0, when somebody else has seen it.
    #[schema(minimum = 0, maximum = 604_800)]
    former_valid_for_s: Option<i64>,
}

impl WebhookBody {
    pub fn new(row: Model, now: Timestamp) -> Self {
        let disabled = row.disabled_why.zip(row.disabled_at);
        WebhookBody {
            id: row.id.to_string(),
            url: row.url,
            description: row.description,
            events: row
                .kinds
                .map(|kinds| kinds.words().map(str::to_owned).collect()),
            enabled: row.enabled,
            disabled: disabled.map(|(why, since)| DisabledBody::new(why, since)),
            failing_since: row.failing_since,
            former_secret_until: row.former_until.filter(|until| *until > now),
            created_at: row.created_at,
        }
    }
}

impl DisabledBody {
    fn new(why: DisabledWhy, since: Timestamp) -> Self {
        let (message, action) = match why {
            DisabledWhy::ByOwner => (
                "It was switched off.",
                "Enable it when it is to be told of events again.",
            ),
            DisabledWhy::Failing => (
                "Nothing that was sent to it in three days was taken.",
                "Repair the receiver, then enable it: what waits for it is sent at once.",
            ),
            DisabledWhy::Gone => (
                "It answered 410 Gone, which says that it wants nothing more.",
                "Delete it, or set its new URL and enable it: what waits for it is sent at once.",
            ),
        };
        DisabledBody {
            why: why.as_str(),
            since,
            message,
            action,
        }
    }
}
