//! All that the imitated Clerk holds, behind a lock of its own that is never kept across an await.

use std::collections::{HashMap, VecDeque};

use super::browser::{Browser, Session};
use super::connect::Consent;
use super::fault::ClerkFault;
use super::log::Log;
use super::settings::ClerkSettings;
use super::user::{Connected, Held, NewClerkUser, Profile, Provider, User, Verification, id};
use crate::random::{BASE62, Random};

pub(crate) struct Clerk {
    pub(crate) users: Vec<User>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) browsers: HashMap<String, Browser>,
    /// Consents under way, by their `state`.
    pub(crate) consents: HashMap<String, Consent>,
    pub(crate) faults: Vec<ClerkFault>,
    pub(crate) log: Log,
    /// When the Backend API was asked, for its limit.
    pub(crate) requests: VecDeque<i64>,
    /// When a user's tokens were last asked for.
    pub(crate) reads: HashMap<(String, Provider), i64>,
    pub(crate) rotations: u32,
    pub(crate) kid: String,
    seed: u64,
    random: Random,
}

impl Clerk {
    pub(crate) fn new(seed: u64, settings: &ClerkSettings, now_ms: i64) -> Self {
        let mut clerk = Self {
            users: Vec::new(),
            sessions: Vec::new(),
            browsers: HashMap::new(),
            consents: HashMap::new(),
            faults: Vec::new(),
            log: Log::default(),
            requests: VecDeque::new(),
            reads: HashMap::new(),
            rotations: 0,
            kid: super::INSTANCE.to_owned(),
            seed,
            random: Random::new(seed ^ 0xC1E2),
        };
        for user in &settings.users {
            clerk.add_user(user, now_ms);
        }
        clerk
    }

    /// Forgets faults, calls and windows. Users, sessions and connected accounts stay.
    pub(crate) fn reset(&mut self) {
        self.faults.clear();
        self.log.clear();
        self.requests.clear();
        self.reads.clear();
    }

    pub(crate) fn random_id(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.random.text(BASE62, 27))
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds a user, or finds it again by its id; says which.
    pub(crate) fn add_user(&mut self, new: &NewClerkUser, now_ms: i64) -> String {
        let id = new.id(self.seed);
        if self.user(&id).is_none() {
            self.users.push(User {
                id: id.clone(),
                username: new.username.clone(),
                created_ms: now_ms,
                updated_ms: now_ms,
                accounts: Vec::new(),
            });
        }
        id
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Deletes a user with their sessions; says whether there was one.
    pub(crate) fn delete_user(&mut self, id: &str) -> bool {
        let before = self.users.len();
        self.users.retain(|user| user.id != id);
        self.sessions.retain(|session| session.user_id != id);
        before != self.users.len()
    }

    /// A connected account, complete at once. One with the same profile takes its place.
    pub(crate) fn connect(
        &mut self,
        user_id: &str,
        provider: Provider,
        profile: Profile,
        held: Held,
        now_ms: i64,
    ) -> Option<String> {
        let name = format!(
            "{user_id} {} {}",
            provider.strategy(),
            profile.provider_user_id
        );
        let id = id("eac_", self.seed, &name);
        let user = self.user_mut(user_id)?;
        user.accounts.retain(|account| account.id != id);
        user.updated_ms = now_ms;
        user.accounts.push(Connected {
            id: id.clone(),
            provider,
            created_ms: now_ms,
            verification: Verification::Verified,
            profile,
            held: Some(held),
        });
        Some(id)
    }

    pub(crate) fn account_mut(&mut self, user_id: &str, id: &str) -> Option<&mut Connected> {
        let user = self.user_mut(user_id)?;
        user.accounts.iter_mut().find(|account| account.id == id)
    }

    /// Takes an account from its user; says whether there was one.
    pub(crate) fn disconnect(&mut self, user_id: &str, id: &str, now_ms: i64) -> bool {
        let Some(user) = self.user_mut(user_id) else {
            return false;
        };
        let before = user.accounts.len();
        user.accounts.retain(|account| account.id != id);
        user.updated_ms = now_ms;
        before != user.accounts.len()
    }
}
