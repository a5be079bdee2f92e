//! `/v1/accounts/{id}/quota` and `/v1/quota`: what is left of the platforms' limits, when it frees, and
//! which scheduled posts will not fit at their time.

mod outlook;
mod platform;
mod windows;
pub mod wire;

use actix_web::{get, web};
use entities::accounts::{find, list};
use entities::lanes::{self, Lane};
use entities::quota::counted;
use entities::rows::account;
use entities::{AccountId, Platform, Timestamp, UserId};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::caller::{Caller, ReadsAccounts};
use crate::problem::Problem;
use crate::state::State;
use outlook::Outlook;
use wire::{AccountQuotaBody, PausedBody, QuotaListBody};

/// How many accounts' platforms are asked at once.
const AT_ONCE: usize = 8;

/// What is left of an account's limits.
///
/// Each limit is shown with our own count and, where it is known, with what the platform says; the
/// stricter of the two holds. Threads is asked once a minute at most, and when it can not be asked the
/// answer says so. `forecast` names the scheduled posts that will not fit at their time, and when they
/// will go out instead.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:read"))),
    params(("id" = String, Path, description = "`acc_...`")),
    responses(
        (status = 200, description = "How much is left.", body = AccountQuotaBody),
    )
)]
#[get("/accounts/{id}/quota")]
pub async fn of_account(
    state: web::Data<State>,
    caller: Caller<ReadsAccounts>,
    id: web::Path<String>,
) -> Result<web::Json<AccountQuotaBody>, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::not_found("account"))?;
    let account = find(&state.database, &caller.owner, &id).await?;
    let account = account.ok_or_else(|| Problem::not_found("account"))?;
    let now = state.clock.now();
    let outlook = outlook(&state, &caller.owner, account.platform, now).await?;
    Ok(web::Json(body(&state, &account, &outlook, now).await?))
}

/// What is left of the limits of all your accounts.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:read"))),
    responses(
        (status = 200, description = "How much is left.", body = QuotaListBody),
    )
)]
#[get("/quota")]
pub async fn of_all(
    state: web::Data<State>,
    caller: Caller<ReadsAccounts>,
) -> Result<web::Json<QuotaListBody>, Problem> {
    let accounts = list(&state.database, &caller.owner).await?;
    let now = state.clock.now();
    let threads = outlook(&state, &caller.owner, Platform::Threads, now).await?;
    let x = outlook(&state, &caller.owner, Platform::X, now).await?;
    let bodies = accounts.iter().map(|account| {
        let outlook = match account.platform {
            Platform::Threads => &threads,
            Platform::X => &x,
        };
        body(&state, account, outlook, now)
    });
    // In their order; a platform that takes its time holds up few.
    let data = stream::iter(bodies).buffered(AT_ONCE).try_collect().await?;
    Ok(web::Json(QuotaListBody { data }))
}

async fn outlook(
    state: &State,
    owner: &UserId,
    platform: Platform,
    now: Timestamp,
) -> Result<Outlook, Problem> {
    let _turn = state.foretelling.acquire().await;
    Ok(Outlook::read(
        &state.database,
        &state.settings.limits,
        owner,
        platform,
        now,
    )
    .await?)
}

async fn body(
    state: &State,
    account: &account::Model,
    outlook: &Outlook,
    now: Timestamp,
) -> Result<AccountQuotaBody, Problem> {
    let (database, limits) = (&state.database, &state.settings.limits);
    let lanes = [
        Lane::Account(account.id.clone()),
        Lane::App(account.platform),
    ];
    let kept = platform::says(state, account, now).await?;
    let counted = counted(database, &lanes, now).await?;
    let said = kept.as_ref().and_then(|kept| kept.said.as_ref());
    let windows = windows::of(database, limits, account, &counted, said, now).await?;
    let paused = lanes::paused(database, &lanes, now).await?;
    Ok(AccountQuotaBody {
        account: account.id.to_string(),
        platform: account.platform.as_str(),
        username: account.username.clone(),
        windows,
        asked: kept.map(Into::into),
        paused: paused.into_iter().map(PausedBody::from).collect(),
        forecast: outlook.of(account),
    })
}
