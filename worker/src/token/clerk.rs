//! Tokens that Clerk keeps. It is asked at each publish and nothing is kept beyond it: Clerk renews
//! them, and two questions about one user at the same moment harm each other (`clerk.md` 2.1).

use std::time::Duration;

use clerk::backend::{Client, Failure, Meaning, OAuthToken};
use entities::claims::Work;
use entities::tokens::{self, Lease, Postponed, TokenOf};
use entities::{DbErr, Timestamp};
use tracing::{error, warn};
use uuid::Uuid;

use super::{Obtained, Token, token_of};
use crate::Worker;
use crate::explain;

/// Clerk's word for X.
const PROVIDER: &str = "x";
/// The lease is for two calls, and for saying what came of them.
const LEASE_BEYOND_CALLS: Duration = Duration::from_secs(10);
/// How long to wait for another task of this process, before the slot is given to other work.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for another process that is asking.
const BUSY: Duration = Duration::from_secs(1);
/// How long to leave Clerk alone about a user when it fails, and when it refuses us.
const FAILED: Duration = Duration::from_secs(15);
const REFUSED: Duration = Duration::from_secs(300);
/// From how long a failure on the owner is told of it.
const TELL_AFTER: Duration = Duration::from_secs(15 * 60);
/// Clerk hands out a token until its very end; for so long after it a new one may not be there yet.
const AFTER_END: Duration = Duration::from_secs(2);
/// How long it is remembered that X has refused what Clerk gave: then it is dead, and was not
/// merely about to be renewed.
const REFUSED_BEFORE: Duration = Duration::from_secs(600);

/// The token of exactly this account: a user may have linked several.
pub async fn fetch(worker: &Worker, work: &Work) -> Result<Obtained, DbErr> {
    let (Some(clerk), Some(user)) = (&worker.clerk, &work.account.clerk_user_id) else {
        error!(account = %work.delivery.account_id, "its token is kept by Clerk, and Clerk is not set up here");
        return Ok(wait(worker, REFUSED));
    };
    let name = tokens::clerk_lease(user);
    let Some(_seat) = worker.flights.board(&name, PATIENCE).await else {
        return Ok(wait(worker, BUSY));
    };
    let holder = format!("{}-{}", worker.name, Uuid::new_v4().simple());
    let (database, now) = (&worker.database, worker.clock.now());
    let lease = worker.settings.call_timeout * 2 + LEASE_BEYOND_CALLS;
    match tokens::take_lease(database, &name, &holder, now, lease).await? {
        Lease::Ours => {}
        Lease::Busy => return Ok(wait(worker, BUSY)),
        Lease::Resting { until } => return Ok(Obtained::Wait { until }),
    }
    let obtained = match ask(clerk, user).await {
        Ok(held) => chosen(worker, work, held).await,
        Err(failure) => failed(worker, work, &failure).await,
    };
    let given_back = match &obtained {
        // What has just failed is not tried by each delivery of the user anew.
        Ok(Obtained::Wait { until }) => tokens::rest(database, &name, &holder, *until).await,
        _ => tokens::end_lease(database, &name, &holder).await,
    };
    if let Err(error) = given_back {
        warn!(%error, "the lease on a token could not be given back; it ends by itself");
    }
    obtained
}

async fn ask(clerk: &Client, user: &str) -> Result<Vec<OAuthToken>, Failure> {
    match clerk.oauth_tokens(user, PROVIDER).await {
        // Refused without a reason: most often somebody else was asking (`clerk.md` 2.1).
        Err(failure) if failure.meaning == Meaning::Race => {
            clerk.oauth_tokens(user, PROVIDER).await
        }
        answer => answer,
    }
}

async fn chosen(worker: &Worker, work: &Work, held: Vec<OAuthToken>) -> Result<Obtained, DbErr> {
    let now = worker.clock.now();
    let account = &work.account;
    let wanted = account.external_account_id.as_deref();
    let found = held
        .into_iter()
        .find(|token| Some(token.external_account_id.as_str()) == wanted);
    let Some(token) = found else {
        return dead(worker, work, "The profile is not linked at Clerk any more.").await;
    };
    let of = token_of(work, account);
    // Clerk renews what has ended, and not before: what ends under the call is waited for.
    let ends_at = token.expires_at_ms.map(Timestamp::from_ms);
    let ends_too_soon = |at: &Timestamp| *at > now && *at <= now + worker.settings.call_timeout;
    if let Some(ends_at) = ends_at.filter(ends_too_soon) {
        return Ok(Obtained::Wait {
            until: ends_at + AFTER_END,
        });
    }
    if account.renewal_failing_since.is_some() {
        tokens::recovered(&worker.database, &of, now).await?;
    }
    let refused_lately = |at: Timestamp| now.since(at) < REFUSED_BEFORE;
    Ok(Obtained::Token(Token {
        secret: token.token,
        of,
        // The first refusal may be of a token that was just ending; Clerk is asked once more.
        can_renew: !account.token_expires_at.is_some_and(refused_lately),
    }))
}

async fn failed(worker: &Worker, work: &Work, failure: &Failure) -> Result<Obtained, DbErr> {
    let account = &work.delivery.account_id;
    match &failure.meaning {
        Meaning::Reconnect { .. } => {
            warn!(%account, %failure, "Clerk can give no token");
            let reason = "X does not renew this account's connection any more, as Clerk says.";
            dead(worker, work, reason).await
        }
        // Twice in X's own words for a spent token: nobody else was asking.
        Meaning::Race if is_spent(failure) => {
            warn!(%account, %failure, "Clerk can give no token");
            let reason = "X does not renew this account's connection any more, as Clerk says.";
            dead(worker, work, reason).await
        }
        Meaning::UserGone => {
            warn!(%account, %failure, "Clerk does not know the account's owner");
            dead(
                worker,
                work,
                "Clerk does not know the account's owner any more.",
            )
            .await
        }
        Meaning::Config { .. } | Meaning::BadSecret | Meaning::UserBanned => {
            error!(%account, %failure, "Clerk refuses us; look at CLERK_SECRET_KEY and at the connection for X in Clerk");
            postponed(worker, work, failure, REFUSED, true).await
        }
        Meaning::LimitedFor(time) => Ok(wait(worker, *time)),
        Meaning::Race | Meaning::Transient { .. } => {
            warn!(%account, %failure, "Clerk could not be asked for the token");
            let lasts = work
                .account
                .renewal_failing_since
                .is_some_and(|since| worker.clock.now().since(since) >= TELL_AFTER);
            postponed(worker, work, failure, FAILED, lasts).await
        }
    }
}

/// `x.md` 1.2: what X says of a refresh token that is spent, expired or revoked.
fn is_spent(failure: &Failure) -> bool {
    let said = failure.evidence.message.as_deref().unwrap_or_default();
    said.contains("token was invalid")
}

async fn postponed(
    worker: &Worker,
    work: &Work,
    failure: &Failure,
    time: Duration,
    tell: bool,
) -> Result<Obtained, DbErr> {
    let now = worker.clock.now();
    let until = now + time;
    let postponed = Postponed {
        until,
        degraded: tell.then(|| format!("Clerk gives no token of it: {failure}. It is tried on.")),
    };
    let token: TokenOf = token_of(work, &work.account);
    tokens::postpone(&worker.database, &token, &postponed, now).await?;
    Ok(Obtained::Wait { until })
}

async fn dead(worker: &Worker, work: &Work, reason: &str) -> Result<Obtained, DbErr> {
    let now: Timestamp = worker.clock.now();
    let token: TokenOf = token_of(work, &work.account);
    tokens::is_dead(&worker.database, &token, reason, now).await?;
    let error = explain::not_connected(Some(reason));
    Ok(Obtained::None(Box::new(error)))
}

fn wait(worker: &Worker, time: Duration) -> Obtained {
    Obtained::Wait {
        until: worker.clock.now() + time,
    }
}
