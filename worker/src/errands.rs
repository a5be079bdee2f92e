//! What is done about deliveries that are live: removing them from their platforms, and seeing
//! whether they are still there. Beside the queue, since nobody waits for it to the second.

use std::time::Duration;

use entities::claims::{Work, load_settled};
use entities::delivery::DeliveryError;
use entities::errands::{self, Errand, ErrandKind};
use entities::rows::part;
use entities::{DbErr, Platform, Timestamp, tokens};
use platforms::{Failure, Meaning};
use telemetry::traces;
use tracing::{Instrument, info, info_span, warn};

use crate::Worker;
use crate::backoff::{RETRY, interval};
use crate::explain;
use crate::token::{Obtained, Token, obtain};

/// How many are taken at once.
const BATCH: i64 = 16;
/// How long one is ours.
const LEASE: Duration = Duration::from_secs(60);
/// How long tries go on before an errand is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How long between two looks for what is due.
const PAUSE: Duration = Duration::from_secs(1);

/// Rounds until `stop`.
pub async fn run(worker: &Worker) {
    while !worker.stop.is_cancelled() {
        if let Err(error) = round(worker).await {
            warn!(%error, "the database can not be asked for errands; trying on");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = worker.stop.cancelled() => {}
        }
    }
}

/// Does what is due; returns how much that was.
pub async fn round(worker: &Worker) -> Result<usize, DbErr> {
    let due = errands::take(&worker.database, worker.clock.now(), LEASE, BATCH).await?;
    for errand in &due {
        run_one(worker, errand).await?;
    }
    Ok(due.len())
}

/// How a stretch of work on an errand ended.
enum Ended {
    Done,
    Again {
        at: Timestamp,
        why: Option<DeliveryError>,
    },
    Failed(DeliveryError),
}

async fn run_one(worker: &Worker, errand: &Errand) -> Result<(), DbErr> {
    let ended =
        match load_settled(&worker.database, &errand.delivery_id, worker.clock.now()).await? {
            Some(work) => {
                let span = info_span!(
                    target: traces::TARGET, "errand", kind = %errand.kind,
                    post = %work.delivery.post_id, delivery = %errand.delivery_id,
                    account = %work.delivery.account_id
                );
                let span = traces::continued(span, work.trace_parent.as_deref());
                attempt(worker, errand, &work).instrument(span).await?
            }
            None => Ended::Done,
        };
    let now = worker.clock.now();
    let (delivery, kind) = (&errand.delivery_id, errand.kind);
    match ended {
        Ended::Done => {
            info!(%delivery, %kind, "errand done");
            errands::end(&worker.database, errand, None, now).await
        }
        Ended::Again { at, why } if at.since(errand.created_at) < GIVE_UP_AFTER => {
            errands::postpone(&worker.database, errand, at, why.as_ref(), now).await
        }
        Ended::Again { why, .. } => {
            let why = why.unwrap_or_else(explain::answer_mismatch);
            warn!(%delivery, %kind, code = why.code, "errand given up");
            errands::end(&worker.database, errand, Some(&why), now).await
        }
        Ended::Failed(why) => {
            warn!(%delivery, %kind, code = why.code, "errand failed");
            errands::end(&worker.database, errand, Some(&why), now).await
        }
    }
}

async fn attempt(worker: &Worker, errand: &Errand, work: &Work) -> Result<Ended, DbErr> {
    let token = match obtain(worker, work).await? {
        Obtained::Token(token) => token,
        Obtained::Wait { until } => {
            return Ok(Ended::Again {
                at: until,
                why: None,
            });
        }
        Obtained::None(error) => return Ok(Ended::Failed(*error)),
    };
    let mut parts = errands::live_parts(&worker.database, &errand.delivery_id).await?;
    // The last answers the one before it: it goes first.
    parts.reverse();
    for part in &parts {
        let now = worker.clock.now();
        if now + worker.settings.call_timeout > errand.lease_until {
            return Ok(Ended::Again { at: now, why: None });
        }
        match is_gone(worker, errand.kind, work, part, &token).await {
            Ok(true) => {
                let now = worker.clock.now();
                errands::part_is_gone(&worker.database, part, errand.kind, now).await?;
            }
            Ok(false) => {}
            Err(failure) => return failed(worker, errand, work, &token, &failure).await,
        }
    }
    Ok(Ended::Done)
}

/// Asks the platform; whether the part is not there any more.
async fn is_gone(
    worker: &Worker,
    kind: ErrandKind,
    work: &Work,
    part: &part::Model,
    token: &Token,
) -> Result<bool, Failure> {
    let id = part.remote_id.as_deref().unwrap_or_default();
    let now_ms = worker.clock.now().as_ms();
    let (threads, x) = (&worker.platforms.threads, &worker.platforms.x);
    match (kind, work.delivery.platform) {
        // Gone before is as good.
        (ErrandKind::Remove, Platform::Threads) => threads
            .delete_post(&token.secret, id, now_ms)
            .await
            .map(|_| true),
        (ErrandKind::Remove, Platform::X) => {
            x.delete_post(&token.secret, id, now_ms).await.map(|_| true)
        }
        (ErrandKind::Verify, Platform::Threads) => threads
            .read_post(&token.secret, id, now_ms)
            .await
            .map(|answer| answer.value.is_none()),
        (ErrandKind::Verify, Platform::X) => x
            .read_post(&token.secret, id, now_ms)
            .await
            .map(|answer| answer.value.is_none()),
    }
}

async fn failed(
    worker: &Worker,
    errand: &Errand,
    work: &Work,
    token: &Token,
    failure: &Failure,
) -> Result<Ended, DbErr> {
    let error = explain::explain(work.delivery.platform, failure);
    let now = worker.clock.now();
    let later = now + interval(RETRY, errand.tries, errand.delivery_id.as_str());
    Ok(match &failure.meaning {
        Meaning::Rejected { .. } | Meaning::Duplicate => Ended::Failed(error),
        Meaning::Unauthorized if token.can_renew => {
            tokens::expire(worker.database.writer(), &token.of, now).await?;
            Ended::Again {
                at: now,
                why: Some(error),
            }
        }
        Meaning::Unauthorized => Ended::Failed(error),
        Meaning::Limited {
            until_ms: Some(until_ms),
            ..
        } => Ended::Again {
            at: Timestamp::from_ms(*until_ms).max(later),
            why: Some(error),
        },
        // Deleting and reading may be repeated, whatever came of it.
        _ => Ended::Again {
            at: later,
            why: Some(error),
        },
    })
}
