//! What tests do with Clerk without asking over HTTP.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Deserialize;

use super::fault::ClerkFault;
use super::key::Key;
use super::log::ClerkCall;
use super::mint::{self, ClerkToken, Subject};
use super::user::{Held, NewClerkUser, Profile, Provider};
use super::webhook::{self, ClerkDelivery};
use crate::simulator::{Inner, Simulator};

/// An account on a platform, connected to a Clerk user, with what Clerk holds of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClerkLink {
    /// `user_...`
    pub user_id: String,
    pub provider: Provider,
    /// The account's handle on the platform, where it must exist.
    pub username: String,
    pub access_token: String,
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// Unix milliseconds; `None`: Clerk does not know, as for Threads always.
    #[serde(default)]
    pub expires_at_ms: Option<i64>,
    /// `None`: those that Clerk asks for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

impl ClerkLink {
    /// A token that Clerk takes for good for ever.
    #[must_use]
    pub fn new(
        user_id: impl Into<String>,
        provider: Provider,
        username: impl Into<String>,
        access_token: impl Into<String>,
    ) -> Self {
        Self {
            user_id: user_id.into(),
            provider,
            username: username.into(),
            access_token: access_token.into(),
            refresh_token: None,
            expires_at_ms: None,
            scopes: None,
        }
    }
}

impl fmt::Debug for ClerkLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkLink")
            .field("user_id", &self.user_id)
            .field("provider", &self.provider)
            .field("username", &self.username)
            .field("expires_at_ms", &self.expires_at_ms)
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// Adds a Clerk user, or finds it again; its id.
    pub fn add_clerk_user(&self, user: NewClerkUser) -> String {
        self.0.add_clerk_user(&user)
    }

    /// Deletes a Clerk user with their sessions and accounts; says whether there was one.
    pub fn delete_clerk_user(&self, user_id: &str) -> bool {
        self.0.clerk().delete_user(user_id)
    }

    /// A sound token of a new session, made for a page of this origin; `None`: without `azp`.
    #[must_use]
    pub fn clerk_session_token(&self, user_id: &str, origin: Option<&str>) -> String {
        self.clerk_token(ClerkToken::Ok, user_id, origin)
    }

    /// A token of this kind, of a new session.
    #[must_use]
    pub fn clerk_token(&self, kind: ClerkToken, user_id: &str, origin: Option<&str>) -> String {
        let session = self.0.clerk().open_session(user_id, self.now_ms());
        self.0.mint(kind, user_id, &session, origin)
    }

    /// Connects an account to a Clerk user, as if the consent had been given; its `eac_...`.
    /// `None`: there is no such user, or no such account on the platform.
    pub fn link_clerk_account(&self, link: ClerkLink) -> Option<String> {
        self.0.link_clerk_account(link)
    }

    /// Takes a connected account from its user; says whether there was one.
    pub fn unlink_clerk_account(&self, user_id: &str, account_id: &str) -> bool {
        let now_ms = self.now_ms();
        self.0.clerk().disconnect(user_id, account_id, now_ms)
    }

    /// Signs with another key from now on, under the same name or a new one.
    pub fn rotate_clerk_key(&self, same_kid: bool) {
        self.0.rotate_clerk_key(same_kid);
    }

    /// A signed event about a user: `user.deleted`, `user.updated`, `session.created` or any
    /// other kind.
    #[must_use]
    pub fn clerk_webhook(&self, kind: &str, user_id: &str) -> ClerkDelivery {
        self.0.clerk_webhook(kind, user_id)
    }

    /// Orders troubles, behind those that are there; the first that matches a call strikes it.
    pub fn add_clerk_faults(&self, faults: Vec<ClerkFault>) {
        self.0.clerk().faults.extend(faults);
    }

    /// The last calls to Clerk, oldest first.
    #[must_use]
    pub fn clerk_calls(&self) -> Vec<ClerkCall> {
        self.0.clerk().log.all().cloned().collect()
    }

    /// `CLERK_PUBLISHABLE_KEY`, of the environment that the secret key names.
    #[must_use]
    pub fn clerk_publishable_key(&self) -> String {
        self.0.clerk_publishable_key()
    }

    /// What session tokens carry as `iss`.
    #[must_use]
    pub fn clerk_issuer(&self) -> String {
        self.0.clerk_issuer()
    }

    /// `CLERK_API_URL`
    #[must_use]
    pub fn clerk_api_url(&self) -> String {
        format!("{}/clerk-api", self.0.address())
    }

    /// `data-clerk-proxy-url`
    #[must_use]
    pub fn clerk_proxy_url(&self) -> String {
        format!("{}/clerk", self.0.address())
    }

    /// `CLERK_JWT_KEY`
    #[must_use]
    pub fn clerk_public_key_pem(&self) -> String {
        self.0.clerk_key().0.pem()
    }
}

impl Inner {
    pub(crate) fn add_clerk_user(&self, user: &NewClerkUser) -> String {
        let now_ms = self.now_ms();
        self.clerk().add_user(user, now_ms)
    }

    pub(crate) fn clerk_issuer(&self) -> String {
        let issuer = self.settings().clerk.issuer.clone();
        issuer.unwrap_or_else(|| format!("{}/clerk", self.address()))
    }

    pub(crate) fn clerk_publishable_key(&self) -> String {
        let address = self.address();
        let host = address
            .split_once("://")
            .map_or(&*address, |(_, host)| host);
        let host = host.split('/').next().unwrap_or_default();
        let is_live = self.settings().clerk.secret_key.starts_with("sk_live_");
        let prefix = if is_live { "pk_live_" } else { "pk_test_" };
        format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("{host}$")))
    }

    /// The key in force and its name.
    pub(crate) fn clerk_key(&self) -> (Arc<Key>, String) {
        let (seed, rotations, kid) = {
            let clerk = self.clerk();
            (clerk.seed(), clerk.rotations, clerk.kid.clone())
        };
        (Key::of(seed, rotations), kid)
    }

    pub(crate) fn rotate_clerk_key(&self, same_kid: bool) {
        let mut clerk = self.clerk();
        clerk.rotations += 1;
        if !same_kid {
            clerk.kid = format!("{}_{}", super::INSTANCE, clerk.rotations);
        }
    }

    pub(crate) fn mint(
        &self,
        kind: ClerkToken,
        user_id: &str,
        session_id: &str,
        origin: Option<&str>,
    ) -> String {
        let life_s = self.settings().clerk.token_life_s;
        self.mint_for(life_s, kind, user_id, session_id, origin)
    }

    /// The same, with a life of its own in seconds.
    pub(crate) fn mint_for(
        &self,
        life_s: i64,
        kind: ClerkToken,
        user_id: &str,
        session_id: &str,
        origin: Option<&str>,
    ) -> String {
        let (key, kid) = self.clerk_key();
        // Only what is signed falsely needs a second key.
        let is_false = matches!(kind, ClerkToken::WrongKey | ClerkToken::UnknownKid);
        let other = if is_false {
            Key::of(!self.settings().seed, 0)
        } else {
            Arc::clone(&key)
        };
        let subject = Subject {
            user_id,
            session_id,
            origin,
            issuer: &self.clerk_issuer(),
            kid: &kid,
            jti: self.clerk().random_id(""),
            now_ms: self.now_ms(),
            life_s,
        };
        mint::mint(kind, &subject, &key, &other)
    }

    pub(crate) fn link_clerk_account(&self, link: ClerkLink) -> Option<String> {
        let provider_user_id = {
            let world = self.world();
            let account = world
                .accounts
                .named(link.provider.platform(), &link.username)?;
            world.accounts.get(account).public.remote_user_id.clone()
        };
        let settings = self.settings();
        let asked = match link.provider {
            Provider::X => &settings.clerk.x_scopes,
            Provider::Threads => &settings.clerk.threads_scopes,
        };
        let profile = Profile {
            provider_user_id,
            username: link.username,
            image_url: String::new(),
        };
        let held = Held {
            access_token: link.access_token,
            refresh_token: link.refresh_token,
            expires_at_ms: link.expires_at_ms,
            scopes: link.scopes.unwrap_or_else(|| asked.clone()),
        };
        let now_ms = self.now_ms();
        let mut clerk = self.clerk();
        clerk.connect(&link.user_id, link.provider, profile, held, now_ms)
    }

    pub(crate) fn clerk_webhook(&self, kind: &str, user_id: &str) -> ClerkDelivery {
        let now_ms = self.now_ms();
        let secret = self.settings().clerk.webhook_secret.clone();
        let mut clerk = self.clerk();
        let user = clerk.user(user_id).map(super::user::User::json);
        let user = user.unwrap_or_else(|| serde_json::json!({"object": "user", "id": user_id}));
        let mut of_user = clerk.sessions.iter();
        let session = of_user.rfind(|session| session.user_id == user_id);
        let session = session.map(|session| clerk.session_json(session, None));
        let session = session.unwrap_or_else(
            || serde_json::json!({"object": "session", "id": "sess_sim", "user_id": user_id}),
        );
        let body = webhook::event(kind, user, Some(session), now_ms).to_string();
        ClerkDelivery::signed(&secret, clerk.random_id("msg_"), now_ms, body)
    }
}
