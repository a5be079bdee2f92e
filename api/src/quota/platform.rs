//! Asking Threads for its own count. Whatever goes wrong with that, the answer goes out with ours.

use std::time::Duration;

use entities::quota::Limit;
use entities::quota::low::{Low, little, tell_now};
use entities::quota::platform_says::{Kept, Said, Usage, keep, last, may_ask};
use entities::rows::account::{self, AccountState};
use entities::vault::Place;
use entities::{DbErr, Platform, Timestamp};
use platforms::threads::PublishingLimit;
use tracing::debug;

use crate::state::State;

/// How long a customer waits for Threads.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Without this permission, asking for the count of replies is answered with an empty 500 (`threads.md` 6).
const REPLIES: &str = "threads_manage_replies";

/// What Threads says, asked now or within the last minute; `None` on X, which can not be asked.
pub async fn says(
    state: &State,
    account: &account::Model,
    now: Timestamp,
) -> Result<Option<Kept>, DbErr> {
    if account.platform != Platform::Threads {
        return Ok(None);
    }
    let database = &state.database;
    if may_ask(database, &account.id, now).await? {
        let said = ask(state, account, now).await;
        keep(database, &account.id, now, &said).await?;
        tell_of_little(state, account, &said, now).await?;
    }
    last(database, &account.id).await
}

async fn ask(state: &State, account: &account::Model, now: Timestamp) -> Said {
    let nothing = |reason: &str| Said::Nothing {
        reason: reason.to_owned(),
    };
    let is_connected = matches!(account.state, AccountState::Ok | AccountState::Degraded);
    let has_ended = account.token_expires_at.is_some_and(|at| at <= now);
    let sealed = account.access_token.as_ref();
    let Some(sealed) = sealed.filter(|_| is_connected && !has_ended) else {
        return nothing("The account must be connected again before Threads can be asked.");
    };
    let Ok(token) = state.vault.open(Place::AccessToken(&account.id), sealed) else {
        return nothing("The account's token can not be opened with the keys at hand.");
    };
    // Where it is not known what the token may do, posts alone are asked for.
    let may_ask_replies = account
        .scopes
        .split([' ', ','])
        .any(|scope| scope == REPLIES);
    let user = account.remote_user_id.as_str();
    let asked = state
        .threads
        .publishing_limit(&token, user, may_ask_replies, now.as_ms());
    match tokio::time::timeout(LONGEST_WAIT, asked).await {
        Ok(Ok(answer)) => read(&answer.value),
        Ok(Err(failure)) => {
            debug!(account = %account.id, %failure, "the quota could not be asked for");
            Said::Nothing {
                reason: format!("Threads could not be asked: {failure}."),
            }
        }
        Err(_) => nothing("Threads takes too long to answer."),
    }
}

fn read(limit: &PublishingLimit) -> Said {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Said::Usage {
        posts: Usage {
            used: number(limit.used),
            max: number(limit.total),
        },
        replies: limit.replies.map(|replies| Usage {
            used: number(replies.used),
            max: number(replies.total),
        }),
    }
}

/// Others may post on the same profile, so that our own count did not notice.
async fn tell_of_little(
    state: &State,
    account: &account::Model,
    said: &Said,
    now: Timestamp,
) -> Result<(), DbErr> {
    let Said::Usage { posts, replies } = said else {
        return Ok(());
    };
    let is_rolling = |limit: &&Limit| limit.is_rolling && limit.platform == account.platform;
    for limit in state.settings.limits.iter().filter(is_rolling) {
        let usage = match limit.counts.include(true) {
            true => *replies,
            false => Some(*posts),
        };
        let Some(usage) = usage else { continue };
        let left = (usage.max - usage.used).max(0);
        if usage.used > 0 && left <= little(usage.max) {
            let low = Low {
                lane: limit.lane(&account.id),
                name: limit.name,
                shown_as: limit.key(),
                max: usage.max,
                left,
                until: now + limit.window,
            };
            tell_now(&state.database, &low, now).await?;
        }
    }
    Ok(())
}
