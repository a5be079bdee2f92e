//! The token that a step is taken with: out of the account's row, renewed first where it is about
//! to end, or from Clerk where Clerk keeps it.

mod clerk;
pub mod renew;

use std::time::Duration;

use entities::claims::{AccountForWork, Work};
use entities::delivery::{DeliveryError, Status};
use entities::rows::account::{AccountState, TokenSource};
use entities::tokens::TokenOf;
use entities::vault::Place;
use entities::{DbErr, Platform, Timestamp, erasure};
use secrecy::SecretString;

use crate::Worker;
use crate::explain;
use renew::{Renewal, renew};

/// An access token that ends sooner than this is renewed before it is used (`x.md` 11.2: as late
/// as possible, and in time for the longest call).
const RENEW_BEFORE_END: Duration = Duration::from_secs(5 * 60);
/// A token that the platform refuses so soon after it was issued is not made better by another.
const TOO_FRESH_TO_RENEW: Duration = Duration::from_secs(60);
/// How long to leave an account alone whose token another process is renewing.
const BUSY: Duration = Duration::from_secs(1);

/// A token, and what is known of it.
pub struct Token {
    pub secret: SecretString,
    /// Which of its account's tokens it is.
    pub of: TokenOf,
    /// Whether it can be renewed if the platform refuses it.
    pub can_renew: bool,
}

/// What came of asking for one.
pub enum Obtained {
    Token(Token),
    /// Not now; the delivery waits.
    Wait {
        until: Timestamp,
    },
    /// There is none, and waiting does not help.
    None(Box<DeliveryError>),
}

/// The token for the next step of `work`. No claim is held meanwhile: renewing may take as long as
/// a call.
pub async fn obtain(worker: &Worker, work: &Work) -> Result<Obtained, DbErr> {
    let account = &work.account;
    let usable = matches!(account.state, AccountState::Ok | AccountState::Degraded)
        || work.delivery.status == Status::Unconfirmed
            && account.state == AccountState::NeedsReconnect;
    if account.state_reason.as_deref() == Some(erasure::REASON) {
        return Ok(Obtained::None(Box::new(erasure::canceled())));
    }
    if !usable {
        return Ok(not_connected(account));
    }
    match account.token_source {
        TokenSource::Clerk => clerk::fetch(worker, work).await,
        TokenSource::Own => own(worker, work).await,
    }
}

async fn own(worker: &Worker, work: &Work) -> Result<Obtained, DbErr> {
    let now = worker.clock.now();
    if !is_about_to_end(worker, work, &work.account, now) {
        return Ok(opened(worker, work, &work.account, now));
    }
    let has_ended = |at: Timestamp| at <= now + worker.settings.call_timeout;
    let ended = work.account.token_expires_at.is_some_and(has_ended);
    let of = token_of(work, &work.account);
    match renew(worker, &of).await? {
        Renewal::Renewed(account) => {
            let account = AccountForWork::of(&account);
            Ok(opened(worker, work, &account, worker.clock.now()))
        }
        Renewal::Dead { reason } => Ok(Obtained::None(Box::new(explain::not_connected(Some(
            &reason,
        ))))),
        // The one at hand goes on as long as it lasts.
        Renewal::Busy | Renewal::Later { .. } if !ended => {
            Ok(opened(worker, work, &work.account, now))
        }
        Renewal::Busy => Ok(Obtained::Wait {
            until: worker.clock.now() + BUSY,
        }),
        Renewal::Later { until } => Ok(Obtained::Wait { until }),
    }
}

/// Threads' tokens renew themselves long before; only X's end while one looks (`x.md` 1.1).
fn is_about_to_end(worker: &Worker, work: &Work, account: &AccountForWork, now: Timestamp) -> bool {
    work.delivery.platform == Platform::X
        && account.has_refresh_token
        && worker.platforms.x_app.is_some()
        && account
            .token_expires_at
            .is_some_and(|at| at <= now + RENEW_BEFORE_END)
}

fn opened(worker: &Worker, work: &Work, account: &AccountForWork, now: Timestamp) -> Obtained {
    let Some(sealed) = &account.access_token else {
        return not_connected(account);
    };
    let place = Place::AccessToken(&work.delivery.account_id);
    match worker.vault.open(place, sealed) {
        Ok(secret) => Obtained::Token(Token {
            secret,
            of: token_of(work, account),
            can_renew: work.delivery.platform == Platform::X
                && account.has_refresh_token
                && worker.platforms.x_app.is_some()
                && now.since(account.token_issued_at) >= TOO_FRESH_TO_RENEW,
        }),
        Err(error) => Obtained::None(Box::new(explain::token_unreadable(&error))),
    }
}

fn token_of(work: &Work, account: &AccountForWork) -> TokenOf {
    TokenOf {
        account_id: work.delivery.account_id.clone(),
        owner_id: work.delivery.owner_id.clone(),
        epoch: account.token_epoch,
    }
}

fn not_connected(account: &AccountForWork) -> Obtained {
    let error = explain::not_connected(account.state_reason.as_deref());
    Obtained::None(Box::new(error))
}
