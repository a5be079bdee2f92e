//! When keys are fetched, and what is used meanwhile.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::jwks::KeySet;
use crate::http::{Outcome, exchange};

/// So long a set is used without asking for a newer one.
const KEPT_MS: i64 = 3_600_000;

/// Why a set is wanted. Each reason has its own pause, so that forged tokens of one kind neither
/// make this process a source of requests nor stand in the way of another reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// There is none yet.
    First,
    /// The one at hand is older than an hour.
    Old,
    /// A token names a key that is not in the set.
    UnknownKid,
    /// A token names a key of the set that did not sign it.
    BadSignature,
}

impl Want {
    /// The least time between two fetches for this reason. Without any key nobody is let in, so
    /// the first set is tried for more often.
    fn pause_ms(self) -> u64 {
        match self {
            Want::First => 1_000,
            Want::Old | Want::UnknownKid | Want::BadSignature => 60_000,
        }
    }
}

/// Clerk's keys as last fetched.
pub(super) struct Cache {
    http: reqwest::Client,
    address: Url,
    secret_key: Option<SecretString>,
    state: RwLock<State>,
    /// Held during a fetch: calls that want the same wait for it instead of fetching too.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct State {
    set: Option<Arc<KeySet>>,
    /// When a fetch began for each reason, Unix milliseconds.
    begun: Vec<(Want, i64)>,
    /// The last fetch failed.
    away: bool,
    fetches: u64,
}

impl Cache {
    pub fn new(http: reqwest::Client, address: Url, secret_key: Option<SecretString>) -> Self {
        Self {
            http,
            address,
            secret_key,
            state: RwLock::default(),
            fetching: Mutex::default(),
        }
    }

    /// The keys to try first; `None` when there never were any, and there are none now.
    pub async fn current(&self, now_ms: i64) -> Option<Arc<KeySet>> {
        let at_hand = self.state().set.clone();
        let Some(set) = at_hand else {
            self.fetch_for(Want::First, None, now_ms).await;
            return self.state().set.clone();
        };
        if now_ms.abs_diff(set.fetched_at_ms) < KEPT_MS.unsigned_abs() {
            return Some(set);
        }
        // The old keys are good enough for whoever would have to wait for another's fetch.
        if self.fetching.try_lock().is_err() {
            return Some(set);
        }
        Some(self.renewed(Want::Old, &set, now_ms).await)
    }

    /// A set newer than `seen`, if one can be had now; else the one at hand.
    pub async fn renewed(&self, want: Want, seen: &Arc<KeySet>, now_ms: i64) -> Arc<KeySet> {
        self.fetch_for(want, Some(seen.generation), now_ms).await;
        self.state().set.clone().unwrap_or_else(|| Arc::clone(seen))
    }

    /// Whether the last fetch failed.
    pub fn is_away(&self) -> bool {
        self.state().away
    }

    /// Fetches, unless another call did so since the set `seen` was looked at, or the reason's
    /// pause is not over.
    async fn fetch_for(&self, want: Want, seen: Option<u64>, now_ms: i64) {
        let _one_at_a_time = self.fetching.lock().await;
        let generation = {
            let mut state = self.state_mut();
            let at_hand = state.set.as_ref().map(|set| set.generation);
            if at_hand != seen || !state.may_begin(want, now_ms) {
                return;
            }
            state.begin(want, now_ms);
            state.fetches
        };
        let fetched = self.fetch(generation, now_ms).await;
        let mut state = self.state_mut();
        state.away = fetched.is_err();
        match fetched {
            Ok(set) => state.set = Some(Arc::new(set)),
            Err(error) => tracing::warn!(%error, "Clerk's keys could not be fetched"),
        }
    }

    async fn fetch(&self, generation: u64, now_ms: i64) -> Result<KeySet, String> {
        let request = self.http.get(self.address.clone());
        let reply = match exchange(&self.http, request, self.secret_key.as_ref()).await {
            Outcome::Answered(reply) => reply,
            Outcome::NeverSent(why) | Outcome::NoAnswer(why) => return Err(why),
            Outcome::UnusableSecret => return Err("the secret key fits no header".to_owned()),
        };
        if !reply.is_2xx() {
            return Err(format!("HTTP {}", reply.status));
        }
        let set = reply
            .json()
            .and_then(|body| KeySet::read(body, generation, now_ms));
        set.ok_or_else(|| reply.describe_body())
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A clock that was set back must not keep a reason waiting, so distances count both ways.
    fn may_begin(&self, want: Want, now_ms: i64) -> bool {
        let begun = self.begun.iter().find(|(reason, _)| *reason == want);
        begun.is_none_or(|(_, at_ms)| now_ms.abs_diff(*at_ms) >= want.pause_ms())
    }

    fn begin(&mut self, want: Want, now_ms: i64) {
        self.begun.retain(|(reason, _)| *reason != want);
        self.begun.push((want, now_ms));
        self.fetches += 1;
    }
}
