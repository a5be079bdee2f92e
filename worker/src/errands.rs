//! What is done about deliveries that are live: removing them from their platforms, and seeing
//! whether they are still there. Beside the queue, since nobody waits for it to the second.

use std::time::Duration;

use entities::claims::{Work, load_settled};
use entities::delivery::DeliveryError;
use entities::errands::{self, Errand, ErrandKind};
use entities::rows::part;
use entities::spend::{self as ledger, ChargeState};
use entities::{DbErr, Platform, Timestamp, tokens};
use platforms::{Deletion, Failure, Meaning};
use telemetry::traces;
use tracing::{Instrument, info, info_span, warn};

use crate::Worker;
use crate::backoff::{RETRY, interval};
use crate::decide::Strikes;
use crate::decide::generic::blocked;
use crate::explain;
use crate::spend;
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
        let asked = ask(worker, errand.kind, work, part, &token).await;
        charge(worker, errand.kind, work, part, &asked, now).await?;
        match asked {
            Ok(Found::Live) => {}
            Ok(Found::Removed | Found::Gone) => {
                let now = worker.clock.now();
                errands::part_is_gone(&worker.database, part, errand.kind, now).await?;
            }
            Err(failure) => return failed(worker, errand, work, &token, &failure).await,
        }
    }
    Ok(Ended::Done)
}

/// What the platform says of a part.
enum Found {
    Live,
    /// It has just been removed.
    Removed,
    /// It was not there any more.
    Gone,
}

async fn ask(
    worker: &Worker,
    kind: ErrandKind,
    work: &Work,
    part: &part::Model,
    token: &Token,
) -> Result<Found, Failure> {
    let id = part.remote_id.as_deref().unwrap_or_default();
    let now_ms = worker.clock.now().as_ms();
    let (threads, x) = (&worker.platforms.threads, &worker.platforms.x);
    let token = &token.secret;
    match kind {
        ErrandKind::Remove => {
            let deletion = match work.delivery.platform {
                Platform::Threads => threads.delete_post(token, id, now_ms).await,
                Platform::X => x.delete_post(token, id, now_ms).await,
            };
            deletion.map(|answer| match answer.value {
                Deletion::Deleted => Found::Removed,
                // Gone before is as good.
                Deletion::WasGone => Found::Gone,
            })
        }
        ErrandKind::Verify => {
            let read = match work.delivery.platform {
                Platform::Threads => threads.read_post(token, id, now_ms).await,
                Platform::X => x.read_post(token, id, now_ms).await,
            };
            read.map(|answer| match answer.value {
                Some(_) => Found::Live,
                None => Found::Gone,
            })
        }
    }
}

/// Writes down what was charged for asking.
async fn charge(
    worker: &Worker,
    kind: ErrandKind,
    work: &Work,
    part: &part::Model,
    asked: &Result<Found, Failure>,
    asked_at: Timestamp,
) -> Result<(), DbErr> {
    if work.delivery.platform != Platform::X {
        return Ok(());
    }
    let (database, now) = (&worker.database, worker.clock.now());
    let charge = match (kind, asked) {
        (ErrandKind::Verify, Ok(Found::Live)) => {
            spend::of_reading(work, part.part_index, 1, asked_at)
        }
        (ErrandKind::Verify, _) => None,
        (ErrandKind::Remove, Ok(Found::Removed)) => {
            let removal = spend::of_removal(work, part.part_index, asked_at);
            Some(removal.becomes(ChargeState::Settled))
        }
        // A try before this one may have removed it without our hearing of it.
        (ErrandKind::Remove, Ok(_)) => {
            let (delivery, part_index) = (&part.delivery_id, part.part_index);
            return ledger::settle_removal(database, delivery, part_index, now).await;
        }
        (ErrandKind::Remove, Err(failure)) => {
            let state = spend::unanswered(failure);
            let removal = spend::of_removal(work, part.part_index, asked_at);
            (state == ChargeState::Reserved).then(|| removal.becomes(state))
        }
    };
    ledger::book(database, charge.as_slice(), now).await
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
        Meaning::Blocked { code } => {
            let app = errand.tries;
            let (_, rest) = blocked(code, Strikes { account: 0, app });
            Ended::Again {
                at: now + rest,
                why: Some(error),
            }
        }
        // Deleting and reading may be repeated, whatever came of it.
        _ => Ended::Again {
            at: later,
            why: Some(error),
        },
    })
}
