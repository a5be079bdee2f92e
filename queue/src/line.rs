//! Whose jobs wait: each account has a line of its own in the queue, and the lines are served by
//! turns. A long line makes nobody wait but those who stand in it.
//!
//! A job's *turn* orders the queue (start-time fair queueing): it is the turn that is served now
//! or, behind others of the same line, one more than theirs. So a line that was empty is served
//! next, whatever waits in others; and nothing is known of times, so an old backlog is worth no
//! more than a new post.

use entities::AccountId;

/// How many jobs may wait in one line before whoever pushes is told that it is [crowded]: enough to
/// keep workers busy until a relay looks again.
///
/// [crowded]: crate::Queue::is_crowded
pub const CROWD: u32 = 128;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line(String);

impl Line {
    /// Of an account.
    pub fn of(account: &AccountId) -> Self {
        Line(account.to_string())
    }

    /// For jobs that belong to no account: a name that no id can be.
    pub fn named(name: &'static str) -> Self {
        Line(name.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
