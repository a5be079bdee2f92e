//! The providers' tokens as the Backend API gives them out, refreshed on the way (clerk.md 2.1).

use serde_json::{Value, json};

use super::backend::no_user;
use super::errors::ClerkError;
use super::oauth;
use super::user::{Connected, Held, Provider, Verification};
use super::visit::{Visit, ok};
use crate::answer::Answer;

/// Two requests closer together than this are a race, where the settings have one.
const RACE_MS: i64 = 150;

pub(crate) async fn list(
    visit: &Visit<'_>,
    user_id: &str,
    provider: &str,
) -> Result<Answer, ClerkError> {
    let provider = Provider::named(provider).ok_or(ClerkError::UnsupportedProvider)?;
    if !visit.settings.clerk.providers.contains(&provider) {
        return Err(ClerkError::ProviderNotEnabled);
    }
    for (account, held) in expired(visit, user_id, provider)? {
        let refreshed = refreshed(visit, provider, &held).await?;
        let mut state = visit.state();
        if let Some(account) = state.account_mut(user_id, &account) {
            account.held = Some(refreshed);
        }
    }
    let state = visit.state();
    let user = state.user(user_id).ok_or_else(|| no_user(user_id))?;
    let accounts = user.accounts.iter();
    let items: Vec<Value> = accounts
        .filter(|account| is_connected(account, provider))
        .filter_map(Connected::token_json)
        .collect();
    Ok(ok(if visit.request.flag("paginated") {
        json!({"data": page(visit, &items), "total_count": items.len()})
    } else {
        Value::from(page(visit, &items))
    }))
}

fn page<'a>(visit: &Visit<'_>, items: &'a [Value]) -> &'a [Value] {
    let number = |name| visit.request.param(name).and_then(|text| text.parse().ok());
    let start = number("offset").unwrap_or(0).min(items.len());
    let limit = number("limit").unwrap_or(10).clamp(1, 500);
    &items[start..items.len().min(start + limit)]
}

fn is_connected(account: &Connected, provider: Provider) -> bool {
    account.provider == provider && account.verification == Verification::Verified
}

/// The user's accounts whose token is over.
fn expired(
    visit: &Visit<'_>,
    user_id: &str,
    provider: Provider,
) -> Result<Vec<(String, Held)>, ClerkError> {
    let mut state = visit.state();
    let read = state
        .reads
        .insert((user_id.to_owned(), provider), visit.now_ms);
    let is_close = read.is_some_and(|at_ms| visit.now_ms.abs_diff(at_ms) < RACE_MS.unsigned_abs());
    if visit.settings.clerk.race && is_close {
        return Err(ClerkError::TokenRetrieval(None));
    }
    let user = state.user(user_id).ok_or_else(|| no_user(user_id))?;
    let accounts = user.accounts.iter();
    Ok(accounts
        .filter(|account| is_connected(account, provider))
        .filter_map(|account| Some((account.id.clone(), account.held.clone()?)))
        .filter(|(_, held)| {
            held.expires_at_ms
                .is_some_and(|at_ms| at_ms <= visit.now_ms)
        })
        .collect())
}

async fn refreshed(visit: &Visit<'_>, provider: Provider, held: &Held) -> Result<Held, ClerkError> {
    let Some(refresh_token) = held.refresh_token.as_deref() else {
        return Err(ClerkError::MissingRefreshToken);
    };
    if !visit.settings.clerk.refresh {
        return Err(ClerkError::TokenRetrieval(None));
    }
    let granted = oauth::refresh(visit, provider, refresh_token).await;
    let granted = granted.map_err(|said| ClerkError::TokenRetrieval(Some(said)))?;
    Ok(Held {
        refresh_token: granted.refresh_token.or_else(|| held.refresh_token.clone()),
        ..granted
    })
}
