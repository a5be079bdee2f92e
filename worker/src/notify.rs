//! Tells customers' webhooks what happened. Beside the queue, as errands are: what is to be sent is
//! a row, whoever sends it holds it by a lease, and what is sent twice carries the same id.
//!
//! Each webhook has a few places of its own, so one that hangs keeps nobody else waiting; one that
//! is failing has a single place.

mod judge;
mod sending;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entities::notifications::{self, Due};
use entities::{DbErr, Timestamp, WebhookId};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::Worker;

/// How many are sent at once in one process.
const AT_ONCE: usize = 32;
/// How many of those to one webhook.
const TO_ONE: usize = 4;
/// The same while it has failed and not answered well since.
const TO_ONE_FAILING: usize = 1;
/// How long one is ours: longer than a request takes, and the writing down after it.
const LEASE: Duration = Duration::from_secs(60);
/// How long between two looks for what is due, when nobody rings.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the log of what was sent is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How often what is older is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
/// How much of it at once.
const FORGET_AT_ONCE: i64 = 1_000;

/// What webhooks are sent with. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    pub sender: webhooks::Sender,
    bell: Arc<Notify>,
}

impl Notifier {
    /// Sends by `sender`.
    pub fn new(sender: webhooks::Sender) -> Self {
        Notifier {
            sender,
            bell: Arc::default(),
        }
    }

    /// Says that there is something new to send, so that nobody waits for the next look.
    pub fn ring(&self) {
        self.bell.notify_one();
    }
}

/// Sends until `stop`, then lets what is under way end.
pub async fn run(worker: &Worker) {
    let mut desk = Desk::default();
    let mut forgotten_at: Option<Timestamp> = None;
    while !worker.stop.is_cancelled() {
        let now = worker.clock.now();
        if forgotten_at.is_none_or(|at| now.since(at) >= FORGET_EVERY) {
            forgotten_at = Some(now);
            forget_old(worker, now).await;
        }
        if let Err(error) = desk.fill(worker).await {
            warn!(%error, "the database can not be asked for what is to be sent; trying on");
        }
        tokio::select! {
            () = desk.one_ended(), if !desk.is_empty() => {}
            () = worker.notifier.bell.notified() => {}
            () = tokio::time::sleep(PAUSE) => {}
            () = worker.stop.cancelled() => {}
        }
    }
    while !desk.is_empty() {
        desk.one_ended().await;
    }
}

/// Sends all that is due at this moment; returns how much that was.
pub async fn round(worker: &Worker) -> Result<usize, DbErr> {
    let mut desk = Desk::default();
    let mut sent = 0;
    loop {
        sent += desk.fill(worker).await?;
        if desk.is_empty() {
            return Ok(sent);
        }
        desk.one_ended().await;
    }
}

/// Forgets what is older than the log is kept.
pub async fn forget_old(worker: &Worker, now: Timestamp) {
    loop {
        let before = now - KEPT;
        match notifications::forget_before(&worker.database, before, FORGET_AT_ONCE).await {
            Ok(0) => return,
            Ok(count) => info!(count, "forgot what was sent to webhooks long ago"),
            Err(error) => {
                warn!(%error, "what was sent long ago can not be forgotten; trying again later");
                return;
            }
        }
    }
}

/// What is under way in this process.
#[derive(Default)]
struct Desk {
    sending: JoinSet<WebhookId>,
    to: HashMap<WebhookId, usize>,
}

impl Desk {
    fn is_empty(&self) -> bool {
        self.sending.is_empty()
    }

    /// Takes what is due, as far as there are places, and begins to send it.
    async fn fill(&mut self, worker: &Worker) -> Result<usize, DbErr> {
        if self.sending.len() >= AT_ONCE {
            return Ok(0);
        }
        let busy: Vec<WebhookId> = self
            .to
            .iter()
            .filter(|(_, count)| **count >= TO_ONE)
            .map(|(id, _)| id.clone())
            .collect();
        let now = worker.clock.now();
        // Twice as many as there are places: of those that are failing, some have none left.
        let limit = i64::try_from(2 * AT_ONCE).unwrap_or(i64::MAX);
        let due = notifications::due_webhooks(&worker.database, &busy, now, limit).await?;
        let mut begun = 0;
        for webhook in due {
            let places = self.places_for(&webhook);
            if places == 0 {
                continue;
            }
            begun += self.begin(worker, webhook.webhook_id, places, now).await?;
        }
        Ok(begun)
    }

    fn places_for(&self, webhook: &Due) -> usize {
        let most = match webhook.failing_since {
            None => TO_ONE,
            Some(_) => TO_ONE_FAILING,
        };
        let taken = self.to.get(&webhook.webhook_id).copied().unwrap_or(0);
        let left = AT_ONCE.saturating_sub(self.sending.len());
        most.saturating_sub(taken).min(left)
    }

    async fn begin(
        &mut self,
        worker: &Worker,
        webhook: WebhookId,
        places: usize,
        now: Timestamp,
    ) -> Result<usize, DbErr> {
        let places = i64::try_from(places).unwrap_or(1);
        let taken = notifications::take(&worker.database, &webhook, now, LEASE, places).await?;
        let count = taken.len();
        for notification in taken {
            let worker = worker.clone();
            *self.to.entry(webhook.clone()).or_default() += 1;
            self.sending.spawn(async move {
                let webhook = notification.webhook_id.clone();
                if let Err(error) = sending::send(&worker, &notification).await {
                    // The lease ends, and it is sent again under the same id.
                    warn!(%webhook, event = %notification.event_id, %error, "the database failed; sent again later");
                }
                webhook
            });
        }
        Ok(count)
    }

    /// Waits until one has ended.
    async fn one_ended(&mut self) {
        match self.sending.join_next().await {
            Some(Ok(webhook)) => {
                if let Some(count) = self.to.get_mut(&webhook) {
                    *count -= 1;
                    if *count == 0 {
                        self.to.remove(&webhook);
                    }
                }
            }
            Some(Err(error)) => warn!(%error, "sending to a webhook ended badly"),
            None => {}
        }
    }
}
