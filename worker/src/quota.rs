//! Tells owners that little is left of a limit or of the budget: a look every few seconds, so that counting
//! a call costs nothing more. Windows that are long over are forgotten, so that looks stay short.

use std::time::Duration;

use entities::DbErr;
use entities::quota::low;
use entities::rates;
use entities::spend::{self, BUDGET};
use platforms::x::price::CREATE_POST;
use tracing::warn;

use crate::Worker;

/// How long between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// How long between two times when ended windows are forgotten.
const FORGETTING: Duration = Duration::from_secs(3600);
/// How long they are kept, for whoever asks what a platform said last.
const KEPT: Duration = Duration::from_secs(2 * 24 * 3600);

/// Rounds until `stop`, after the budget has been brought into line with what is set.
pub async fn run(worker: &Worker) {
    let mut is_aligned = false;
    let mut forget_at = worker.clock.now();
    while !worker.stop.is_cancelled() {
        let done = match is_aligned {
            true => round(worker).await.map(|_| ()),
            false => align(worker).await,
        };
        match done {
            Ok(()) => is_aligned = true,
            Err(error) => warn!(%error, "the limits can not be looked through; trying on"),
        }
        let now = worker.clock.now();
        if now >= forget_at {
            forget_at = now + FORGETTING;
            if let Err(error) = rates::forget(&worker.database, now - KEPT).await {
                warn!(%error, "windows that are over could not be forgotten");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = worker.stop.cancelled() => {}
        }
    }
}

/// Tells of windows in which little is left; returns of how many.
pub async fn round(worker: &Worker) -> Result<usize, DbErr> {
    let settings = &worker.settings;
    let budget = settings.budget.map(|budget| (BUDGET, budget));
    let limits = settings.limits.table();
    low::round(&worker.database, limits, budget, worker.clock.now()).await
}

/// Brings the budget's window into line with the ledger and with what is set.
pub async fn align(worker: &Worker) -> Result<(), DbErr> {
    let (budget, now) = (worker.settings.budget, worker.clock.now());
    spend::align(&worker.database, budget, CREATE_POST, now).await
}
