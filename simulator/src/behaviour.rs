//! Everything that the platforms do wrong, by name: what was seen of them, and what any server on
//! the way to them may do. Tests go through all of it, and a torture run can draw from it.

mod anywhere;
mod media;
mod threads;
mod x;

use serde_json::Value;

use crate::account::Platform;
use crate::call::Operation;
use crate::fault::{Fault, FaultRule, When};

/// One way in which a platform misbehaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Unique on its platform: `status_502_html_after`.
    pub name: String,
    pub platform: Platform,
    pub effect: Effect,
    /// What [`crate::Settings::patched`] takes, where rules alone do not do it.
    pub settings: Option<Value>,
    rules: Vec<(Operation, Vec<FaultRule>)>,
}

/// What becomes of the call that is struck, whatever its answer says. A read has no effect, so
/// there it only tells the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Done,
    NotDone,
}

/// Everything that a platform does wrong.
#[must_use]
pub fn behaviours(platform: Platform) -> Vec<Behaviour> {
    let own = match platform {
        Platform::Threads => [threads::behaviours(), media::threads()].concat(),
        Platform::X => [x::behaviours(), media::x()].concat(),
    };
    anywhere::behaviours(platform)
        .into_iter()
        .chain(own)
        .collect()
}

impl Behaviour {
    /// The rules that let the platform behave so when it is asked for `operation`; none where it
    /// cannot. Each strikes once, but for what lasts: narrow them by account or text, and change
    /// their counts at will. A [`Fault::Hold`] is to be ended by [`crate::Simulator::release`].
    #[must_use]
    pub fn rules(&self, operation: Operation) -> Vec<FaultRule> {
        let meant = self.rules.iter().filter(|(at, _)| *at == operation);
        meant.flat_map(|(_, rules)| rules.iter().cloned()).collect()
    }

    /// The operations at which the platform can behave so.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        self.rules.iter().map(|(operation, _)| *operation)
    }

    fn new(platform: Platform, name: impl Into<String>, effect: Effect) -> Self {
        Self {
            name: name.into(),
            platform,
            effect,
            settings: None,
            rules: Vec::new(),
        }
    }

    /// A fault that can strike any call of the platform.
    fn everywhere(
        platform: Platform,
        name: impl Into<String>,
        effect: Effect,
        fault: impl Fn(Operation) -> Fault,
    ) -> Self {
        let own = Operation::ALL.into_iter();
        let own = own.filter(|operation| operation.platform() == Some(platform));
        own.fold(Self::new(platform, name, effect), |all, operation| {
            all.at(operation, vec![once(operation, fault(operation))])
        })
    }

    fn at(mut self, operation: Operation, rules: Vec<FaultRule>) -> Self {
        self.rules.push((operation, rules));
        self
    }

    fn with_settings(self, patch: Value) -> Self {
        Self {
            settings: Some(patch),
            ..self
        }
    }
}

/// Each side of the effect, with its word in a name.
const SIDES: [(When, Effect, &str); 2] = [
    (When::Before, Effect::NotDone, "before"),
    (When::After, Effect::Done, "after"),
];

fn once(operation: Operation, fault: Fault) -> FaultRule {
    always(operation, fault).once()
}

fn always(operation: Operation, fault: Fault) -> FaultRule {
    FaultRule::new(fault).operation(operation)
}

fn lost(operation: Operation, when: When) -> FaultRule {
    once(operation, Fault::Lost { when })
}
