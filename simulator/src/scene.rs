//! What a platform sees while it handles one call: everything is passed in,
//! time included, so that the platforms' code decides and does no I/O.

use crate::account::Accounts;
use crate::grants::{Grants, Scopes};
use crate::random::Random;
use crate::settings::Settings;
use crate::threads::Threads;
use crate::x::X;

pub(crate) struct Scene<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) now_ms: i64,
    pub(crate) random: &'a mut Random,
    pub(crate) accounts: &'a Accounts,
    pub(crate) grants: &'a mut Grants,
    /// What the token of the call may do; nothing, until the token was looked at.
    pub(crate) scopes: Scopes,
    pub(crate) threads: &'a mut Threads,
    pub(crate) x: &'a mut X,
}

impl Scene<'_> {
    /// Whether the token of the call has this scope.
    pub(crate) fn may(&self, scope: &str) -> bool {
        self.scopes.allow(scope)
    }
}
