//! Connecting accounts: to the platform's consent page and back (clerk.md 3.3, 7.3).

use serde_json::json;

use super::errors::ClerkError;
use super::frontend::{Here, returning};
use super::oauth::{self, Granted};
use super::state::Clerk;
use super::user::{Connected, Profile, Provider, Verification};
use super::visit::{Visit, ok};
use crate::answer::Answer;

/// How fresh a sign-in must be where the settings ask for that (clerk.md 3.3).
const FRESH_MS: i64 = 10 * 60_000;

/// A consent that was asked for and not answered yet.
pub(crate) struct Consent {
    pub(crate) user_id: String,
    pub(crate) account: String,
    pub(crate) provider: Provider,
    /// The page that the browser goes back to.
    pub(crate) redirect_url: String,
    /// Where the platform sends the browser.
    pub(crate) callback: String,
    /// X only.
    pub(crate) verifier: String,
}

/// The paths below `/me/external_accounts`.
pub(crate) fn answer(
    visit: &Visit<'_>,
    here: &Here,
    method: &str,
    path: &[&str],
) -> Result<Answer, ClerkError> {
    let session = here.active(visit);
    let session = session.ok_or(ClerkError::AuthenticationInvalid)?;
    let user_id = session.user_id.as_str();
    let is_stale = visit.now_ms - session.created_ms > FRESH_MS;
    if method != "GET" && visit.settings.clerk.reverification && is_stale {
        return Err(ClerkError::ReverificationRequired);
    }
    let response = match (method, path) {
        ("POST", []) => {
            let strategy = visit.request.param("strategy").unwrap_or_default();
            let provider = Provider::named(strategy).ok_or(ClerkError::UnsupportedProvider)?;
            if !visit.settings.clerk.providers.contains(&provider) {
                return Err(ClerkError::ProviderNotEnabled);
            }
            let account = pending(&mut visit.state(), user_id, provider, visit.now_ms);
            begin(visit, user_id, &account)?
        }
        ("PATCH", [account, "reauthorize"]) => begin(visit, user_id, account)?,
        ("DELETE", [account]) => {
            if !visit.state().disconnect(user_id, account, visit.now_ms) {
                return Err(not_connected(account));
            }
            json!({"object": "external_account", "id": account, "deleted": true})
        }
        ("DELETE", [account, "tokens"]) => {
            let mut state = visit.state();
            let found = state.account_mut(user_id, account);
            let found = found.ok_or_else(|| not_connected(account))?;
            found.held = None;
            found.json()
        }
        _ => return Err(ClerkError::NotFound("No such path".to_owned())),
    };
    Ok(ok(
        json!({"response": response, "client": here.client_json(visit)}),
    ))
}

fn not_connected(account: &str) -> ClerkError {
    ClerkError::NotFound(format!("No external account was found with id {account}"))
}

/// A new account in the place of one whose consent was never answered.
fn pending(state: &mut Clerk, user_id: &str, provider: Provider, now_ms: i64) -> String {
    let id = state.random_id("eac_");
    if let Some(user) = state.user_mut(user_id) {
        user.accounts.retain(|account| {
            account.provider != provider || account.verification == Verification::Verified
        });
        user.accounts.push(Connected {
            id: id.clone(),
            provider,
            created_ms: now_ms,
            verification: Verification::Unverified(String::new()),
            profile: Profile::default(),
            held: None,
        });
    }
    id
}

/// Names the consent page to go to. A person who is asked again keeps what is connected.
fn begin(visit: &Visit<'_>, user_id: &str, account: &str) -> Result<serde_json::Value, ClerkError> {
    let mut state = visit.state();
    let (nonce, verifier) = (
        state.random_id(""),
        state.random_id("verifier_of_43_or_more_"),
    );
    let found = state.account_mut(user_id, account);
    let found = found.ok_or_else(|| not_connected(account))?;
    let consent = Consent {
        user_id: user_id.to_owned(),
        account: account.to_owned(),
        provider: found.provider,
        redirect_url: returning(visit, visit.request.param("redirect_url")),
        callback: format!("{}/clerk/v1/oauth_callback", visit.base()),
        verifier,
    };
    let more = visit.request.param("additional_scope");
    let address = oauth::consent_page(visit, &consent, &nonce, more);
    let mut shown = found.clone();
    shown.verification = Verification::Unverified(address);
    if found.held.is_none() {
        found.verification = shown.verification.clone();
    }
    state.consents.insert(nonce, consent);
    Ok(shown.json())
}

/// The platform sends the browser back, with a code or without.
pub(crate) async fn callback(visit: &Visit<'_>) -> Answer {
    let nonce = visit.request.param("state").unwrap_or_default();
    let Some(consent) = visit.state().consents.remove(nonce) else {
        let words = "This consent is not known, or was answered before.";
        return Answer::text(400, "text/plain; charset=utf-8", words.to_owned());
    };
    let granted = match visit.request.param("code") {
        Some(code) => oauth::exchange_code(visit, &consent, code)
            .await
            .map_err(|said| ("oauth_token_exchange_error", said)),
        None => Err((
            "oauth_access_denied",
            "You did not grant access to your account".to_owned(),
        )),
    };
    settle(&mut visit.state(), &consent, granted, visit.now_ms);
    Answer::empty(303).header("location", consent.redirect_url)
}

fn settle(
    state: &mut Clerk,
    consent: &Consent,
    granted: Result<Granted, (&'static str, String)>,
    now_ms: i64,
) {
    let granted = granted.and_then(|granted| {
        let is_anothers = state.users.iter().any(|user| {
            user.id != consent.user_id && holds(user, consent.provider, &granted.profile)
        });
        if is_anothers {
            let words = "This account is connected to another user".to_owned();
            return Err(("external_account_exists", words));
        }
        Ok(granted)
    });
    let Some(user) = state.user_mut(&consent.user_id) else {
        return;
    };
    user.updated_ms = now_ms;
    let granted = match granted {
        Ok(granted) => granted,
        Err((code, words)) => {
            let mut accounts = user.accounts.iter_mut();
            let pending = accounts.find(|account| account.id == consent.account);
            if let Some(pending) = pending.filter(|account| account.held.is_none()) {
                pending.verification = Verification::Failed(code, words);
            }
            return;
        }
    };
    // The same profile again is the same account as before.
    let known = user.accounts.iter().find(|account| {
        account.provider == consent.provider
            && account.profile.provider_user_id == granted.profile.provider_user_id
    });
    let id = known.map_or_else(|| consent.account.clone(), |known| known.id.clone());
    if id != consent.account {
        user.accounts
            .retain(|account| account.id != consent.account);
    }
    if let Some(account) = user.accounts.iter_mut().find(|account| account.id == id) {
        account.verification = Verification::Verified;
        account.profile = granted.profile;
        account.held = Some(granted.held);
    }
}

fn holds(user: &super::user::User, provider: Provider, profile: &Profile) -> bool {
    user.accounts.iter().any(|account| {
        account.provider == provider
            && account.verification == Verification::Verified
            && account.profile.provider_user_id == profile.provider_user_id
    })
}
