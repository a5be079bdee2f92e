//! Troubles on order, one queue for each kind of call (clerk.md 7).

use serde::{Deserialize, Serialize};

use super::errors::ClerkError;
use super::log::ClerkOperation;
use super::state::Clerk;

/// What goes wrong with some of the next calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClerkFault {
    /// `None`: with any call.
    #[serde(default)]
    pub on: Option<ClerkOperation>,
    pub trouble: ClerkTrouble,
    /// How often; 1 if left out.
    #[serde(default = "once")]
    pub times: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkTrouble {
    /// Refused in place of an answer.
    Error(ClerkError),
    /// Answered, but only after so many milliseconds.
    Slow(u64),
}

fn once() -> u32 {
    1
}

impl ClerkFault {
    /// Once, at the next call of this kind.
    #[must_use]
    pub fn error(on: ClerkOperation, error: ClerkError) -> Self {
        Self {
            on: Some(on),
            trouble: ClerkTrouble::Error(error),
            times: 1,
        }
    }
}

impl Clerk {
    /// The trouble that strikes this call, used up by it.
    pub(crate) fn strike(&mut self, operation: ClerkOperation) -> Option<ClerkTrouble> {
        let matches = |fault: &ClerkFault| {
            fault.times > 0 && fault.on.is_none_or(|wanted| wanted == operation)
        };
        let fault = self.faults.iter_mut().find(|fault| matches(fault))?;
        fault.times -= 1;
        let trouble = fault.trouble.clone();
        self.faults.retain(|fault| fault.times > 0);
        Some(trouble)
    }
}
