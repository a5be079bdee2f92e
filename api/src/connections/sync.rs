//! Profiles that a user has linked at Clerk. X: Clerk keeps the token and is asked for it at each
//! publish. Threads: what Clerk holds ends after an hour and can not be renewed there
//! (`clerk.md` 2.6), so it is traded at once for a token of our own.

use std::time::Duration;

use actix_web::{post, web};
use clerk::backend::{ExternalAccount, OAuthToken};
use entities::accounts::{Connection, Credentials, connect, disconnect, list};
use entities::rows::account::{self, AccountState, TokenSource};
use entities::tokens::{Lease, NewTokens, clerk_lease, end_lease, take_lease};
use entities::{Platform, Timestamp, UserId, unclaimed, users};
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::explain;
use super::finish::{Granted, long_lived, save};
use crate::accounts::{AccountBody, profile};
use crate::caller::{Caller, WritesAccounts};
use crate::clerk_link::Clerk;
use crate::problem::Problem;
use crate::state::State;

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct SyncBody {
    /// Your connected profiles.
    data: Vec<AccountBody>,
    /// Profiles that are linked at Clerk and could not be connected.
    problems: Vec<SyncProblem>,
}

/// A profile that could not be connected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncProblem {
    /// `threads` or `x`
    platform: &'static str,
    /// The profile's name, as Clerk knows it.
    username: Option<String>,
    code: &'static str,
    message: String,
    action: String,
    /// Whether the same can succeed later.
    retryable: bool,
}

/// What was done for a user.
#[derive(Default)]
pub struct Synced {
    pub problems: Vec<SyncProblem>,
}

impl Synced {
    /// Whether doing it again later can do more.
    pub fn is_to_be_repeated(&self) -> bool {
        self.problems.iter().any(|problem| problem.retryable)
    }
}

/// Connect the profiles that you have linked at Clerk, and disconnect those that you have unlinked
/// there.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:write"))),
    responses(
        (status = 200, body = SyncBody),
        (status = 409, description = "You did not come by Clerk, or Clerk refuses our key.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "Clerk could not be asked.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/connections/sync")]
pub async fn sync(
    state: web::Data<State>,
    caller: Caller<WritesAccounts>,
) -> Result<web::Json<SyncBody>, Problem> {
    let clerk = state.clerk.as_ref().ok_or_else(explain::no_clerk)?;
    let user = users::clerk_id(&state.database, &caller.owner).await?;
    let user = user.ok_or_else(explain::no_clerk)?;
    let synced = sync_user(&state, clerk, &caller.owner, &user, Asked::ByTheUser).await?;
    let rows = list(&state.database, &caller.owner).await?;
    Ok(web::Json(SyncBody {
        data: rows.into_iter().map(AccountBody::from).collect(),
        problems: synced.problems,
    }))
}

/// Who wants a user's accounts brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The user, just now: what they had disconnected here is connected again.
    ByTheUser,
    /// Clerk tells of some change: what the user disconnected here stays so.
    ByClerk,
}

/// Brings a user's accounts to what is linked at Clerk. Repeating it changes nothing.
pub async fn sync_user(
    state: &State,
    clerk: &Clerk,
    owner: &UserId,
    clerk_user_id: &str,
    asked: Asked,
) -> Result<Synced, Problem> {
    if state.settings.connect_by_own_apps {
        return Ok(Synced::default());
    }
    let user = clerk
        .backend
        .user(clerk_user_id)
        .await
        .map_err(|failure| explain::clerk_failed(&failure))?;
    let mut known = list(&state.database, owner).await?;
    known.extend(entities::accounts::disconnected(&state.database, owner).await?);
    let mut problems = Vec::new();
    for linked in user
        .external_accounts
        .iter()
        .filter(|linked| linked.verified)
    {
        let Some((platform, provider)) = platform_of(linked) else {
            continue;
        };
        let one = One {
            state,
            clerk,
            owner,
            clerk_user_id,
            linked,
        };
        let before = known
            .iter()
            .find(|row| row.platform == platform && row.remote_user_id == linked.provider_user_id);
        let is_unwanted = |row: &account::Model| row.state == AccountState::Disconnected;
        if asked == Asked::ByClerk && before.is_some_and(is_unwanted) {
            continue;
        }
        let done = match platform {
            Platform::X => one.x(provider, before).await,
            Platform::Threads => one.threads(provider, before).await,
        };
        if let Err(problem) = done {
            warn!(%platform, code = problem.code, "a linked profile could not be connected");
            problems.push(told(platform, linked, &problem));
        }
    }
    disconnect_unlinked(state, owner, &known, &user.external_accounts).await?;
    Ok(Synced { problems })
}

/// Which platform a linked account is of, and Clerk's word for it.
fn platform_of(linked: &ExternalAccount) -> Option<(Platform, &'static str)> {
    match linked.provider.as_str() {
        "x" => Some((Platform::X, "oauth_x")),
        "custom_threads" => Some((Platform::Threads, "oauth_custom_threads")),
        _ => None,
    }
}

struct One<'a> {
    state: &'a State,
    clerk: &'a Clerk,
    owner: &'a UserId,
    clerk_user_id: &'a str,
    linked: &'a ExternalAccount,
}

impl One<'_> {
    async fn x(&self, provider: &str, before: Option<&account::Model>) -> Result<(), Problem> {
        let is_the_same = |row: &account::Model| {
            row.state == AccountState::Ok
                && row.token_source == TokenSource::Clerk
                && row.external_account_id.as_deref() == Some(self.linked.id.as_str())
        };
        // What the user has connected themselves is theirs: what they linked in order to sign in
        // may be let do much less.
        let is_their_own = |row: &account::Model| {
            row.token_source == TokenSource::Own
                && matches!(row.state, AccountState::Ok | AccountState::Degraded)
        };
        if before.is_some_and(|row| is_the_same(row) || is_their_own(row)) {
            return Ok(());
        }
        explain::refuse_missing(&self.linked.approved_scopes)?;
        let now = self.state.clock.now();
        let token = self.token(provider).await?;
        let profile = profile(self.state, Platform::X, &token.token, now).await?;
        let connection = Connection {
            owner_id: self.owner.clone(),
            platform: Platform::X,
            remote_user_id: profile.remote_user_id,
            username: profile.username,
            display_name: profile.display_name,
            picture_url: profile.picture_url,
            is_premium: profile.is_premium.unwrap_or(false),
            scopes: self.linked.approved_scopes.join(" "),
            credentials: Credentials::Clerk {
                external_account_id: self.linked.id.clone(),
            },
        };
        let (database, vault) = (&self.state.database, &self.state.vault);
        let row = connect(database, vault, connection, now).await?;
        info!(account = %row.id, platform = "x", username = row.username, "connected by Clerk");
        self.state.ring(now, now).await;
        Ok(())
    }

    async fn threads(
        &self,
        provider: &str,
        before: Option<&account::Model>,
    ) -> Result<(), Problem> {
        let state = self.state;
        let now = state.clock.now();
        // A good token is not traded again at every sign-in.
        let is_good = |row: &account::Model| {
            matches!(row.state, AccountState::Ok | AccountState::Degraded)
                && row.token_expires_at.is_none_or(|at| at > now)
        };
        if before.is_some_and(is_good) {
            return Ok(());
        }
        if let Some(granted) = self.seen_before(now).await? {
            save(state, self.owner.clone(), Platform::Threads, granted, now).await?;
            let (database, profile) = (&state.database, &self.linked.provider_user_id);
            unclaimed::forget(database, Platform::Threads, profile).await?;
            return Ok(());
        }
        let connector = state.connectors.threads.as_ref();
        let connector = connector.ok_or_else(|| explain::not_set_up(Platform::Threads))?;
        let token = self.token(provider).await?;
        let granted = long_lived(state, &connector.app, &token.token, now).await?;
        save(state, self.owner.clone(), Platform::Threads, granted, now).await?;
        Ok(())
    }

    /// A token that passed through our user-info proxy while the person gave their consent.
    async fn seen_before(&self, now: Timestamp) -> Result<Option<Granted>, Problem> {
        let found = unclaimed::find(
            &self.state.database,
            &self.state.vault,
            Platform::Threads,
            &self.linked.provider_user_id,
            now,
        );
        Ok(found.await?.map(|found| Granted {
            tokens: NewTokens {
                access_token: found.token,
                refresh_token: None,
                expires_at: Some(found.expires_at),
            },
            scopes: self.linked.approved_scopes.join(" "),
        }))
    }

    /// The token of exactly this account: a user may have linked several of one platform.
    async fn token(&self, provider: &str) -> Result<OAuthToken, Problem> {
        let tokens = self.held(provider).await?;
        tokens
            .into_iter()
            .find(|token| token.external_account_id == self.linked.id)
            .ok_or_else(explain::clerk_has_no_token)
    }
}

/// How long to wait for a worker that is asking Clerk about the same user.
const PATIENCE: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(100);
/// Longer than the call takes.
const LEASE: Duration = Duration::from_secs(60);

impl One<'_> {
    /// What Clerk holds of a provider. No worker that holds the lease asks meanwhile; a lease that
    /// rests after a refusal is passed over.
    async fn held(&self, provider: &str) -> Result<Vec<OAuthToken>, Problem> {
        let database = &self.state.database;
        let name = clerk_lease(self.clerk_user_id);
        let holder = format!("api-{}", uuid::Uuid::new_v4().simple());
        let began = std::time::Instant::now();
        loop {
            let now = self.state.clock.now();
            match take_lease(database, &name, &holder, now, LEASE).await? {
                Lease::Ours => break,
                // Who waits here is a person: what a worker was refused may be mended by now.
                Lease::Resting { .. } => break,
                Lease::Busy if began.elapsed() > PATIENCE => return Err(explain::clerk_is_busy()),
                Lease::Busy => tokio::time::sleep(GLANCE).await,
            }
        }
        let answer = self
            .clerk
            .backend
            .oauth_tokens(self.clerk_user_id, provider)
            .await;
        end_lease(database, &name, &holder).await?;
        answer.map_err(|failure| explain::clerk_failed(&failure))
    }
}

/// Takes away what is kept at Clerk and is not linked there any more.
async fn disconnect_unlinked(
    state: &State,
    owner: &UserId,
    known: &[account::Model],
    linked: &[ExternalAccount],
) -> Result<(), Problem> {
    for row in known {
        let Some(id) = &row.external_account_id else {
            continue;
        };
        let is_gone = row.token_source == TokenSource::Clerk
            && row.state != AccountState::Disconnected
            && !linked.iter().any(|linked| linked.id == *id);
        // Read anew: it may have been linked again under another id, just now.
        if is_gone && disconnect_if(state, owner, row).await? {
            info!(account = %row.id, "disconnected: it is not linked at Clerk any more");
        }
    }
    Ok(())
}

async fn disconnect_if(
    state: &State,
    owner: &UserId,
    row: &account::Model,
) -> Result<bool, Problem> {
    let now = state.clock.now();
    let current = entities::accounts::find(&state.database, owner, &row.id).await?;
    if current.is_none_or(|current| current.external_account_id != row.external_account_id) {
        return Ok(false);
    }
    let gone = disconnect(&state.database, owner, &row.id, now).await?;
    Ok(gone.is_some())
}

fn told(platform: Platform, linked: &ExternalAccount, problem: &Problem) -> SyncProblem {
    SyncProblem {
        platform: platform.as_str(),
        username: linked.username.clone(),
        code: problem.code,
        message: problem.detail.clone().map_or_else(
            || problem.title.clone(),
            |detail| format!("{} {detail}", problem.title),
        ),
        action: problem.action.clone(),
        retryable: problem.retryable,
    }
}
