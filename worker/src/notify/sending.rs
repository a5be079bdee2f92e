//! One notification: sign, send, judge, write down.

use entities::notifications::{self, After, Disable, Tried};
use entities::rows::notification::Notification;
use entities::rows::{event, webhook};
use entities::{DbErr, DeliveryId, PostId, Timestamp, posts};
use telemetry::traces;
use tracing::{Instrument, Span, debug, info, info_span, warn};
use webhooks::signing::signatures;
use webhooks::{Message, SigningSecret};

use super::judge::{Verdict, judge, pause};
use crate::Worker;

/// Sends one that was taken.
pub async fn send(worker: &Worker, taken: &Notification) -> Result<(), DbErr> {
    let started_at = worker.clock.now();
    let (verdict, http_status, answer) = match notifications::load(&worker.database, taken).await? {
        // Deleted meanwhile, and this with it.
        (None, _) => return Ok(()),
        (Some(_), None) => (event_is_gone(), None, None),
        (Some(webhook), Some(event)) => match message(worker, &webhook, &event, started_at) {
            Ok(message) => {
                let span = span_of(worker, &webhook, &event).await?;
                let sending = worker.notifier.sender.send(&webhook.url, message);
                let came = sending.instrument(span).await;
                let verdict = judge(taken, &came, worker.clock.now());
                let status = came.as_ref().ok().map(|answer| answer.status);
                (verdict, status, came.ok().map(|answer| answer.start))
            }
            Err(error) => {
                warn!(webhook = %webhook.id, error, "a webhook can not be signed");
                (ours(taken, error, started_at), None, None)
            }
        },
    };
    let (webhook, event) = (&taken.webhook_id, &taken.event_id);
    match &verdict.error {
        None => debug!(%webhook, %event, "sent"),
        Some(error) => info!(%webhook, %event, error, after = ?verdict.after, "not sent"),
    }
    let tried = Tried {
        started_at,
        http_status,
        error: verdict.error,
        answer: answer.filter(|start| !start.is_empty()),
    };
    let now = worker.clock.now();
    let (after, disabling) = (verdict.after, verdict.disabling);
    notifications::record(&worker.database, taken, &tried, after, disabling, now).await
}

/// The last of a post's trace: that somebody is told of it.
async fn span_of(
    worker: &Worker,
    webhook: &webhook::Model,
    event: &event::Model,
) -> Result<Span, DbErr> {
    let span = info_span!(
        target: traces::TARGET,
        "notify",
        otel.kind = "client",
        webhook = %webhook.id,
        event = %event.id,
        post = event.post_id.as_ref().map(PostId::as_str),
        delivery = event.delivery_id.as_ref().map(DeliveryId::as_str),
    );
    let parent = match &event.post_id {
        Some(post) if !span.is_disabled() => posts::trace_parent(&worker.database, post).await?,
        _ => None,
    };
    Ok(traces::continued(span, parent.as_deref()))
}

fn message(
    worker: &Worker,
    webhook: &webhook::Model,
    event: &event::Model,
    now: Timestamp,
) -> Result<Message, String> {
    let secrets = entities::webhooks::signing_secrets(&worker.vault, webhook, now)
        .map_err(|error| format!("The signing secret can not be opened: {error}."))?;
    let secrets: Result<Vec<SigningSecret>, _> = secrets.iter().map(SigningSecret::parse).collect();
    let secrets =
        secrets.map_err(|error| format!("The signing secret can not be used: {error}."))?;
    // The same for each try, to the byte.
    let body = event.body().to_string().into_bytes();
    let (id, timestamp_s) = (event.id.to_string(), now.as_ms() / 1000);
    Ok(Message {
        signatures: signatures(&secrets, &id, timestamp_s, &body),
        id,
        timestamp_s,
        body,
    })
}

/// The receiver has nothing to do with it.
fn ours(taken: &Notification, error: String, now: Timestamp) -> Verdict {
    Verdict {
        after: After::OursAgain {
            at: now + pause(taken),
        },
        disabling: Disable::No,
        error: Some(error),
    }
}

fn event_is_gone() -> Verdict {
    Verdict {
        after: After::OursFailed,
        disabling: Disable::No,
        error: Some("The event is not kept any more.".to_owned()),
    }
}
