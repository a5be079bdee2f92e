//! Renewing an account's token, by one worker at a time over all processes: a refresh token of X
//! serves once, and whoever shows a spent one may end them all (`x.md` 1.3). The new pair is saved
//! before it is used.

use std::time::Duration;

use entities::rows::account::{self, AccountState};
use entities::tokens::{self, Lease, NewTokens, Postponed, TokenOf};
use entities::vault::Place;
use entities::{DbErr, Platform, Timestamp};
use platforms::oauth::{Failure, Refusal};
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::Worker;

/// The lease outlasts the longest call and the saving of what it brought.
const LEASE_BEYOND_CALL: Duration = Duration::from_secs(30);
/// How long saving a new pair is tried: lost, it could not be had again.
const SAVE_FOR: Duration = Duration::from_secs(300);
/// The longest rest between two of these tries.
const SAVE_REST: Duration = Duration::from_secs(2);
/// How long to wait for another task of this process, before the slot is given to other work.
const PATIENCE: Duration = Duration::from_secs(1);
/// From how long a failure on an owner is told of it, while the token still works.
const TELL_AFTER: Duration = Duration::from_secs(24 * 3600);
/// The same, when the token has ended and posts wait.
const TELL_AFTER_END: Duration = Duration::from_secs(15 * 60);
/// How long to leave a platform alone that refuses our app.
const REFUSED: Duration = Duration::from_secs(600);
/// How long to leave an account alone that only its operator can mend.
const NOTHING_TO_RENEW_WITH: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(600);

/// What came of it.
#[derive(Debug)]
pub enum Renewal {
    /// There is a new token, by us or by another worker: the account as it is now.
    Renewed(Box<account::Model>),
    /// Another worker is at it.
    Busy,
    /// Not possible now.
    Later { until: Timestamp },
    /// The account has to be connected again. Its owner has been told.
    Dead { reason: String },
}

/// Renews the token that `token` speaks of, unless somebody else has.
pub async fn renew(worker: &Worker, token: &TokenOf) -> Result<Renewal, DbErr> {
    let name = token.account_id.as_str();
    let Some(_seat) = worker.flights.board(name, PATIENCE).await else {
        return Ok(Renewal::Busy);
    };
    if let Some(done) = done_by_another(worker, token).await? {
        return Ok(done);
    }
    let holder = format!("{}-{}", worker.name, Uuid::new_v4().simple());
    let (database, began) = (&worker.database, worker.clock.now());
    let lease = worker.settings.call_timeout + LEASE_BEYOND_CALL;
    match tokens::take_lease(database, name, &holder, began, lease).await? {
        Lease::Ours => {}
        Lease::Busy => return Ok(Renewal::Busy),
        Lease::Resting { until } => return Ok(Renewal::Later { until }),
    }
    // Whoever had the lease before may have renewed it since we looked.
    let renewal = match account_of(worker, token).await? {
        Now::AsIt(account) => renew_leased(worker, &account, &holder, began + lease).await,
        Now::Otherwise(renewal) => Ok(renewal),
    };
    let given_back = match &renewal {
        // What has just failed is not tried by each delivery of the account anew.
        Ok(Renewal::Later { until }) => tokens::rest(database, name, &holder, *until).await,
        _ => tokens::end_lease(database, name, &holder).await,
    };
    if let Err(error) = given_back {
        warn!(%error, "the lease on a token could not be given back; it ends by itself");
    }
    renewal
}

async fn done_by_another(worker: &Worker, token: &TokenOf) -> Result<Option<Renewal>, DbErr> {
    Ok(match account_of(worker, token).await? {
        Now::AsIt(_) => None,
        Now::Otherwise(renewal) => Some(renewal),
    })
}

/// The account, compared with what we know of it.
enum Now {
    /// It still has this token.
    AsIt(Box<account::Model>),
    Otherwise(Renewal),
}

async fn account_of(worker: &Worker, token: &TokenOf) -> Result<Now, DbErr> {
    let found = tokens::account(&worker.database, &token.account_id).await?;
    let dead = |reason: Option<String>| {
        Now::Otherwise(Renewal::Dead {
            reason: reason.unwrap_or_else(|| "the account is not connected".to_owned()),
        })
    };
    Ok(match found {
        None => dead(None),
        Some(account) => match account.state {
            AccountState::NeedsReconnect | AccountState::Disconnected => dead(account.state_reason),
            AccountState::Ok | AccountState::Degraded if account.token_epoch != token.epoch => {
                Now::Otherwise(Renewal::Renewed(Box::new(account)))
            }
            AccountState::Ok | AccountState::Degraded => Now::AsIt(Box::new(account)),
        },
    })
}

async fn renew_leased(
    worker: &Worker,
    account: &account::Model,
    holder: &str,
    lease_until: Timestamp,
) -> Result<Renewal, DbErr> {
    // A call that began when another may have the lease could spend what that one has brought.
    if worker.clock.now() + worker.settings.call_timeout > lease_until {
        return Ok(Renewal::Busy);
    }
    match ask(worker, account).await {
        Ok(Some(new)) => save(worker, account, holder, &new).await,
        Ok(None) => {
            let now = worker.clock.now();
            let until = now + NOTHING_TO_RENEW_WITH;
            let reason = "The connection can not be renewed here: its token can not be opened, or the platform's app is not set up any more.";
            let postponed = Postponed {
                until,
                degraded: Some(reason.to_owned()),
            };
            tokens::postpone(&worker.database, &TokenOf::of(account), &postponed, now).await?;
            Ok(Renewal::Later { until })
        }
        Err(failure) => failed(worker, account, &failure).await,
    }
}

/// The one call. `None`: this account has nothing to renew with.
async fn ask(worker: &Worker, account: &account::Model) -> Result<Option<NewTokens>, Failure> {
    let now_ms = worker.clock.now().as_ms();
    let open = |place, sealed: &Option<Vec<u8>>| {
        let opened = worker.vault.open(place, sealed.as_ref()?);
        if let Err(error) = &opened {
            error!(account = %account.id, %error, "the token can not be renewed");
        }
        opened.ok()
    };
    match account.platform {
        Platform::Threads => {
            let Some(long) = open(Place::AccessToken(&account.id), &account.access_token) else {
                return Ok(None);
            };
            let renewed = worker.platforms.threads.refresh(&long, now_ms).await?;
            Ok(Some(NewTokens {
                access_token: renewed.token,
                refresh_token: None,
                expires_at: renewed.expires_at_ms.map(Timestamp::from_ms),
            }))
        }
        Platform::X => {
            let refresh = open(Place::RefreshToken(&account.id), &account.refresh_token);
            let (Some(app), Some(refresh)) = (&worker.platforms.x_app, refresh) else {
                return Ok(None);
            };
            let renewed = worker.platforms.x.refresh(app, &refresh, now_ms).await?;
            Ok(Some(NewTokens {
                access_token: renewed.access,
                refresh_token: renewed.refresh,
                expires_at: renewed.expires_at_ms.map(Timestamp::from_ms),
            }))
        }
    }
}

async fn save(
    worker: &Worker,
    account: &account::Model,
    holder: &str,
    new: &NewTokens,
) -> Result<Renewal, DbErr> {
    let mut pause = Duration::from_millis(50);
    let began = std::time::Instant::now();
    loop {
        let now = worker.clock.now();
        match tokens::renewed(&worker.database, &worker.vault, account, new, now).await {
            Ok(true) => {
                info!(account = %account.id, platform = %account.platform, "token renewed");
                break;
            }
            // Connected anew meanwhile: that token counts, and is younger.
            Ok(false) => break,
            Err(error) if began.elapsed() < SAVE_FOR => {
                warn!(account = %account.id, %error, "a new token could not be saved; trying on");
            }
            Err(error) => {
                error!(account = %account.id, %error, "a new token is lost: it could not be saved");
                return Err(error);
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(SAVE_REST);
        // Whoever took the lease over would show the platform a token that is spent.
        let lease = worker.settings.call_timeout + LEASE_BEYOND_CALL;
        let (name, now) = (account.id.as_str(), worker.clock.now());
        if let Err(error) = tokens::take_lease(&worker.database, name, holder, now, lease).await {
            warn!(%error, "the lease on a token could not be prolonged");
        }
    }
    let before = TokenOf {
        epoch: -1,
        ..TokenOf::of(account)
    };
    match account_of(worker, &before).await? {
        Now::Otherwise(renewal) => Ok(renewal),
        Now::AsIt(account) => Ok(Renewal::Renewed(account)),
    }
}

async fn failed(
    worker: &Worker,
    account: &account::Model,
    failure: &Failure,
) -> Result<Renewal, DbErr> {
    let token = TokenOf::of(account);
    // Refused as spent: then somebody has spent it, and may have stored what came for it.
    if let Some(done) = done_by_another(worker, &token).await? {
        return Ok(done);
    }
    let (database, now) = (&worker.database, worker.clock.now());
    warn!(account = %account.id, platform = %account.platform, %failure, "the token could not be renewed");
    if failure.refusal == Refusal::GrantDead {
        let reason = words_for_dead(account);
        tokens::is_dead(database, &token, &reason, now).await?;
        return Ok(Renewal::Dead { reason });
    }
    let until = again_at(account, failure, now);
    let postponed = Postponed {
        until,
        degraded: is_to_be_told(account, failure, now)
            .then(|| format!("The connection could not be renewed: {failure}. It is tried on.")),
    };
    tokens::postpone(database, &token, &postponed, now).await?;
    Ok(Renewal::Later { until })
}

fn words_for_dead(account: &account::Model) -> String {
    let name = match account.platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    };
    // An answer that is lost on its way takes the new token with it (`x.md` 1.3).
    let may_be_lost = account.platform == Platform::X && account.renewal_failing_since.is_some();
    if may_be_lost {
        format!(
            "{name} had renewed the connection, its answer was lost on the way, and it gives it only once."
        )
    } else {
        format!("{name} does not renew this account's connection any more.")
    }
}

/// Less and less often, unless the platform names a time.
fn again_at(account: &account::Model, failure: &Failure, now: Timestamp) -> Timestamp {
    let failing = account
        .renewal_failing_since
        .map_or(Duration::ZERO, |since| now.since(since));
    let rest = (failing / 4).clamp(SHORTEST, LONGEST);
    match &failure.refusal {
        Refusal::Limited {
            until_ms: Some(until_ms),
        } => Timestamp::from_ms(*until_ms).clamp(now + SHORTEST, now + 6 * LONGEST),
        Refusal::AppRefused | Refusal::Rejected | Refusal::CodeDead => now + rest.max(REFUSED),
        _ => now + rest,
    }
}

/// What only its operator can mend is told at once, what may pass by itself when it lasts.
fn is_to_be_told(account: &account::Model, failure: &Failure, now: Timestamp) -> bool {
    let failing = account
        .renewal_failing_since
        .map_or(Duration::ZERO, |since| now.since(since));
    let has_ended = account.token_expires_at.is_some_and(|at| at <= now);
    let is_refusal = matches!(
        failure.refusal,
        Refusal::AppRefused | Refusal::Rejected | Refusal::CodeDead
    );
    is_refusal
        || failing
            >= if has_ended {
                TELL_AFTER_END
            } else {
                TELL_AFTER
            }
}

/// Renews what is due although nobody needs it now. Returns how many accounts were looked at.
pub async fn round(worker: &Worker) -> Result<usize, DbErr> {
    let due = tokens::due(&worker.database, worker.clock.now(), 50).await?;
    for account in &due {
        if worker.stop.is_cancelled() {
            break;
        }
        if let Err(error) = renew(worker, &TokenOf::of(account)).await {
            warn!(account = %account.id, %error, "its token could not be renewed; trying on");
        }
    }
    Ok(due.len())
}

/// Rounds until `stop`.
pub async fn run(worker: &Worker) {
    const PAUSE: Duration = Duration::from_secs(60);
    while !worker.stop.is_cancelled() {
        if let Err(error) = round(worker).await {
            warn!(%error, "tokens that are due can not be renewed; trying on");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = worker.stop.cancelled() => {}
        }
    }
}
