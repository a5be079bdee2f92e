//! Tells customers' webhooks what happened. Beside the queue, as errands are: what is to be sent is
//! a row, whoever sends it holds it by a lease, and what is sent twice carries the same id.
//!
//! Who has a place, so that nobody waits for a receiver that hangs, is said in `places`.

mod judge;
mod places;
mod sending;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entities::notifications::{self, Pace};
use entities::{DbErr, Timestamp, WebhookId};
use tokio::sync::Notify;
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};

use crate::Worker;
use crate::left::Left;

use places::Places;

/// How long one is ours: longer than a request takes, and the writing down after it.
const LEASE: Duration = Duration::from_secs(60);
/// How long between two looks for what is due, when nobody rings.
const PAUSE: Duration = Duration::from_secs(1);
/// The shortest between two looks: what ends and what is told meanwhile is looked for together.
const SHORTEST: Duration = Duration::from_millis(20);
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
    let mut forget_at = worker.clock.now();
    while !worker.stop.is_cancelled() {
        let now = worker.clock.now();
        if now >= forget_at {
            forget_at = match forget_old(worker, now).await {
                Left::Nothing => now + FORGET_EVERY,
                Left::More => now,
            };
        }
        if let Err(error) = desk.fill(worker).await {
            warn!(%error, "the database can not be asked for what is to be sent; trying on");
        }
        let rested = Instant::now() + SHORTEST;
        tokio::select! {
            () = desk.one_ended(), if !desk.is_empty() => {}
            () = worker.notifier.bell.notified() => {}
            () = sleep(PAUSE) => {}
            () = worker.stop.cancelled() => {}
        }
        tokio::select! {
            () = sleep_until(rested) => {}
            () = worker.stop.cancelled() => {}
        }
        desk.clear();
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

/// Forgets some of what is older than the log is kept.
pub async fn forget_old(worker: &Worker, now: Timestamp) -> Left {
    match notifications::forget_before(&worker.database, now - KEPT, FORGET_AT_ONCE).await {
        Ok(count) => {
            if count > 0 {
                info!(count, "forgot what was sent to webhooks long ago");
            }
            Left::after(count, FORGET_AT_ONCE)
        }
        Err(error) => {
            warn!(%error, "what was sent long ago can not be forgotten; trying again later");
            Left::Nothing
        }
    }
}

/// What is under way in this process.
#[derive(Default)]
struct Desk {
    sending: JoinSet<()>,
    /// Who has a place by which task.
    by: HashMap<task::Id, (WebhookId, Pace)>,
    places: Places,
}

impl Desk {
    fn is_empty(&self) -> bool {
        self.sending.is_empty()
    }

    /// Takes what is due, as far as there are places, and begins to send it.
    async fn fill(&mut self, worker: &Worker) -> Result<usize, DbErr> {
        let mut begun = 0;
        for pace in [Pace::Prompt, Pace::Doubtful] {
            let free = self.places.free(pace);
            if free == 0 {
                continue;
            }
            let (busy, served) = self.places.busy_and_served(pace);
            let limit = i64::try_from(free).unwrap_or(i64::MAX);
            let (database, now) = (&worker.database, worker.clock.now());
            let due = notifications::due_webhooks(database, pace, &busy, &served, now, limit);
            for webhook in due.await? {
                begun += self.begin(worker, &webhook, pace, now).await?;
            }
        }
        Ok(begun)
    }

    async fn begin(
        &mut self,
        worker: &Worker,
        webhook: &WebhookId,
        pace: Pace,
        now: Timestamp,
    ) -> Result<usize, DbErr> {
        let places = self.places.free_for(webhook, pace);
        if places == 0 {
            return Ok(0);
        }
        let places = i64::try_from(places).unwrap_or(1);
        let taken = notifications::take(&worker.database, webhook, now, LEASE, places).await?;
        let count = taken.len();
        for notification in taken {
            let worker = worker.clone();
            let task = self.sending.spawn(async move {
                if let Err(error) = sending::send(&worker, &notification).await {
                    let (webhook, event) = (&notification.webhook_id, &notification.event_id);
                    // The lease ends, and it is sent again under the same id.
                    warn!(%webhook, %event, %error, "the database failed; sent again later");
                }
            });
            self.by.insert(task.id(), (webhook.clone(), pace));
            self.places.take(webhook, pace);
        }
        Ok(count)
    }

    /// Waits until one has ended.
    async fn one_ended(&mut self) {
        if let Some(ended) = self.sending.join_next_with_id().await {
            self.give_back(ended);
        }
    }

    /// Notes all that have ended.
    fn clear(&mut self) {
        while let Some(ended) = self.sending.try_join_next_with_id() {
            self.give_back(ended);
        }
    }

    /// The place is free, however it ended.
    fn give_back(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let task = match ended {
            Ok((task, ())) => task,
            Err(error) => {
                warn!(%error, "sending to a webhook ended badly; sent again later");
                error.id()
            }
        };
        if let Some((webhook, pace)) = self.by.remove(&task) {
            self.places.give_back(&webhook, pace);
        }
    }
}
