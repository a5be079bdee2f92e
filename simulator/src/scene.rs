//! What a platform sees while it handles one call: everything is passed in,
//! time included, so that the platforms' code decides and does no I/O.

use crate::account::Accounts;
use crate::random::Random;
use crate::settings::Settings;
use crate::threads::Threads;
use crate::x::X;

pub(crate) struct Scene<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) now_ms: i64,
    pub(crate) random: &'a mut Random,
    pub(crate) accounts: &'a Accounts,
    pub(crate) threads: &'a mut Threads,
    pub(crate) x: &'a mut X,
}
