//! The decision which fault strikes a call: no clock, no dice of its own.

use crate::account::Platform;
use crate::call::Operation;
use crate::fault::{Fault, FaultRule, RuleReport};

/// A rule with its counters.
#[derive(Debug, Clone)]
pub(crate) struct ActiveRule {
    rule: FaultRule,
    matched: u32,
    fired: u32,
}

/// What a rule can look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matched<'a> {
    pub(crate) platform: Platform,
    pub(crate) operation: Operation,
    pub(crate) account: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
}

impl ActiveRule {
    pub(crate) fn new(rule: FaultRule) -> Self {
        Self {
            rule,
            matched: 0,
            fired: 0,
        }
    }

    pub(crate) fn report(&self) -> RuleReport {
        RuleReport {
            rule: self.rule.clone(),
            matched: self.matched,
            fired: self.fired,
        }
    }

    /// The fault, if it strikes this call. `roll` is in `0.0..1.0` and is
    /// asked for only when the rule has a probability.
    pub(crate) fn strike(
        &mut self,
        call: Matched<'_>,
        roll: impl FnOnce() -> f64,
    ) -> Option<Fault> {
        if !self.is_meant_for(call) {
            return None;
        }
        self.matched = self.matched.saturating_add(1);
        let passes = self.matched <= self.rule.skip;
        let spent = self.rule.times.is_some_and(|times| self.fired >= times);
        if passes || spent || self.rule.probability.is_some_and(|chance| roll() >= chance) {
            return None;
        }
        self.fired += 1;
        Some(self.rule.fault.clone())
    }

    fn is_meant_for(&self, call: Matched<'_>) -> bool {
        let rule = &self.rule;
        rule.platform
            .is_none_or(|platform| platform == call.platform)
            && rule
                .operation
                .is_none_or(|operation| operation == call.operation)
            && rule
                .account
                .as_deref()
                .is_none_or(|account| call.account == Some(account))
            && rule
                .text_contains
                .as_deref()
                .is_none_or(|part| call.text.is_some_and(|text| text.contains(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::When;

    const CALL: Matched<'_> = Matched {
        platform: Platform::Threads,
        operation: Operation::Publish,
        account: Some("ann"),
        text: Some("hello world"),
    };

    fn rule() -> FaultRule {
        FaultRule::new(Fault::Lost { when: When::After })
    }

    fn fires(rule: FaultRule, call: Matched<'_>) -> bool {
        ActiveRule::new(rule).strike(call, || 0.5).is_some()
    }

    #[test]
    fn a_rule_without_conditions_strikes_every_call() {
        assert!(fires(rule(), CALL));
    }

    #[test]
    fn every_condition_must_hold() {
        assert!(!fires(rule().platform(Platform::X), CALL));
        assert!(!fires(rule().operation(Operation::CreateContainer), CALL));
        assert!(!fires(rule().account("bob"), CALL));
        assert!(!fires(rule().text_contains("bye"), CALL));
        assert!(!fires(
            rule().text_contains("hello"),
            Matched { text: None, ..CALL }
        ));
        assert!(fires(
            rule()
                .account("ann")
                .text_contains("world")
                .operation(Operation::Publish),
            CALL
        ));
    }

    #[test]
    fn skip_and_times_bound_the_strikes() {
        let mut active = ActiveRule::new(rule().skip(2).times(3));
        let struck: Vec<_> = (0..7)
            .map(|_| active.strike(CALL, || 0.0).is_some())
            .collect();
        assert_eq!(struck, [false, false, true, true, true, false, false]);
        assert_eq!((active.report().matched, active.report().fired), (7, 3));
    }

    #[test]
    fn a_probability_is_the_share_of_rolls_below_it() {
        let rule = rule().probability(0.25);
        assert!(
            ActiveRule::new(rule.clone())
                .strike(CALL, || 0.24)
                .is_some()
        );
        assert!(ActiveRule::new(rule).strike(CALL, || 0.25).is_none());
    }
}
