//! Tokens that Clerk keeps. It is asked at each publish and nothing is kept beyond it: Clerk renews
//! them, and two questions about one user at the same moment harm each other (`clerk.md` 2.1).

use std::time::Duration;

use clerk::backend::{Failure, Meaning, OAuthToken};
use entities::claims::Work;
use entities::tokens::{self, TokenOf};
use entities::{DbErr, Timestamp};
use tracing::{error, warn};
use uuid::Uuid;

use super::{Obtained, Token, token_of};
use crate::Worker;
use crate::explain;

/// Clerk's word for X.
const PROVIDER: &str = "x";
/// How long one process may ask about a user; the call itself is shorter.
const LEASE: Duration = Duration::from_secs(30);
/// How long to wait for another process that is asking.
const BUSY: Duration = Duration::from_millis(100);
/// How long to leave Clerk alone when it fails, and when it refuses us.
const FAILED: Duration = Duration::from_secs(15);
const REFUSED: Duration = Duration::from_secs(300);

/// The token of exactly this account: a user may have linked several.
pub async fn fetch(worker: &Worker, work: &Work) -> Result<Obtained, DbErr> {
    let (Some(clerk), Some(user)) = (&worker.clerk, &work.account.clerk_user_id) else {
        error!(account = %work.delivery.account_id, "its token is kept by Clerk, and Clerk is not set up here");
        return Ok(wait(worker, REFUSED));
    };
    let name = format!("clerk:{user}:{PROVIDER}");
    let _seat = worker.flights.board(&name).await;
    let holder = format!("{}-{}", worker.name, Uuid::new_v4().simple());
    let (database, now) = (&worker.database, worker.clock.now());
    if !tokens::take_lease(database, &name, &holder, now, LEASE).await? {
        return Ok(wait(worker, BUSY));
    }
    let answer = match clerk.oauth_tokens(user, PROVIDER).await {
        // Refused without a reason: most often somebody else was asking (`clerk.md` 2.1).
        Err(failure) if failure.meaning == Meaning::Race => {
            clerk.oauth_tokens(user, PROVIDER).await
        }
        answer => answer,
    };
    if let Err(error) = tokens::end_lease(database, &name, &holder).await {
        warn!(%error, "the lease on a token could not be given back; it ends by itself");
    }
    match answer {
        Ok(held) => chosen(worker, work, held).await,
        Err(failure) => failed(worker, work, &failure).await,
    }
}

async fn chosen(worker: &Worker, work: &Work, held: Vec<OAuthToken>) -> Result<Obtained, DbErr> {
    let wanted = work.account.external_account_id.as_deref();
    let found = held
        .into_iter()
        .find(|token| Some(token.external_account_id.as_str()) == wanted);
    match found {
        Some(token) => Ok(Obtained::Token(Token {
            secret: token.token,
            of: token_of(work, &work.account),
            // Clerk has just done so, if it was necessary.
            can_renew: false,
        })),
        None => dead(worker, work, "The profile is not linked at Clerk any more.").await,
    }
}

async fn failed(worker: &Worker, work: &Work, failure: &Failure) -> Result<Obtained, DbErr> {
    let account = &work.delivery.account_id;
    match &failure.meaning {
        Meaning::Reconnect { .. } => {
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
            Ok(wait(worker, REFUSED))
        }
        Meaning::LimitedFor(time) => Ok(wait(worker, *time)),
        Meaning::Race | Meaning::Transient { .. } => {
            warn!(%account, %failure, "Clerk could not be asked for the token");
            Ok(wait(worker, FAILED))
        }
    }
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
