//! What the platforms do wrong: everything that the simulator knows, drawn for each delivery.

use std::collections::BTreeSet;
use std::time::Duration;

use simulator::{Behaviour, Fault, FaultRule, Operation, Platform, Simulator, behaviours};
use tokio_util::sync::CancellationToken;

use super::plan::{CALL_TIMEOUT, Tally, really};

/// What stops the whole app for an hour or more: once each, and only at the end of a run, or little
/// else would happen on that platform.
const STOPS_THE_APP: [&str; 4] = [
    "limited_of_the_apps_day",
    "credits_depleted_legacy",
    "credits_depleted_2026",
    "spend_cap_reached",
];

/// Which part of the run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Both platforms double what is sent twice, so a lag that nobody could see through must not
    /// come on top.
    Early,
    Middle,
    /// What stops everything may come now.
    Late,
}

/// Draws what each delivery meets, and remembers what was drawn.
pub struct Misfortune {
    dice: fastrand::Rng,
    chance: f64,
    known: Vec<Behaviour>,
    drawn_once: BTreeSet<String>,
    /// The name behind each of the simulator's rules, in their order.
    names: Vec<String>,
}

impl Misfortune {
    pub fn new(dice: fastrand::Rng, chance: f64) -> Self {
        let known = [Platform::Threads, Platform::X].map(behaviours).concat();
        Misfortune {
            dice,
            chance,
            known,
            drawn_once: BTreeSet::new(),
            names: Vec::new(),
        }
    }

    /// Lays what was drawn for one delivery in its way. `tag` is in its text and in no other;
    /// `moment` tells what may come on top.
    pub fn befall(
        &mut self,
        simulator: &Simulator,
        platform: Platform,
        account: &str,
        tag: &str,
        moment: Moment,
    ) {
        let mut chance = self.chance;
        while self.dice.f64() < chance {
            chance = self.chance / 2.0;
            let Some((name, rules)) = self.draw(platform, moment) else {
                continue;
            };
            let rules: Vec<FaultRule> = rules
                .into_iter()
                .map(|rule| narrowed(rule, account, tag))
                .collect();
            self.names
                .extend(rules.iter().map(|_| format!("{}: {name}", word(platform))));
            simulator.add_faults(rules);
        }
    }

    fn draw(&mut self, platform: Platform, moment: Moment) -> Option<(String, Vec<FaultRule>)> {
        let of_platform = self.known.iter().filter(|one| one.platform == platform);
        let eligible: Vec<&Behaviour> = of_platform
            .filter(|one| match STOPS_THE_APP.contains(&one.name.as_str()) {
                true => moment == Moment::Late && !self.drawn_once.contains(&one.name),
                false => moment != Moment::Early || !outlasts_settling(&one.name),
            })
            .collect();
        let behaviour = self.dice.choice(&eligible)?;
        let operations: Vec<Operation> = behaviour
            .operations()
            .filter(|operation| is_called(*operation))
            .collect();
        let operation = *self.dice.choice(&operations)?;
        let rules = behaviour.rules(operation);
        // A list can not be told by the post that is looked for: what lasts would blind the
        // account for good.
        let blinds = |rule: &FaultRule| {
            is_list(operation) && rule.times.is_none() && !matches!(rule.fault, Fault::Lag { .. })
        };
        if rules.iter().any(blinds) {
            return None;
        }
        let name = behaviour.name.clone();
        if STOPS_THE_APP.contains(&name.as_str()) {
            self.drawn_once.insert(name.clone());
        }
        Some((name, rules))
    }

    /// Counts what struck.
    pub fn count(&self, simulator: &Simulator, tally: &Tally) {
        for (name, report) in self.names.iter().zip(simulator.faults()) {
            if report.fired > 0 {
                tally.add(name, u64::from(report.fired));
            }
        }
    }
}

/// Held calls go on after a while, though their clients have given up.
pub async fn let_go(simulator: &Simulator, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(700)).await;
        simulator.release();
    }
    simulator.release();
}

fn word(platform: Platform) -> &'static str {
    match platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    }
}

/// Longer than the product waits before it believes that a post is absent.
fn outlasts_settling(name: &str) -> bool {
    [
        "_600_s",
        "_1200_s",
        "_3600_s",
        "same_id",
        "second_publish_error",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// What a worker asks of the platforms when it publishes a post of one part.
fn is_called(operation: Operation) -> bool {
    use Operation::{
        ContainerStatus, CreateContainer, ListPosts, Publish, ReadMedia, XCreate, XTimeline,
    };
    matches!(
        operation,
        CreateContainer | ContainerStatus | Publish | ReadMedia | ListPosts | XCreate | XTimeline
    )
}

fn is_list(operation: Operation) -> bool {
    matches!(operation, Operation::ListPosts | Operation::XTimeline)
}

/// For this delivery alone, and in the time of the run.
fn narrowed(mut rule: FaultRule, account: &str, tag: &str) -> FaultRule {
    rule.fault = match rule.fault {
        Fault::Delay { when, .. } => Fault::Delay {
            when,
            // Longer than the client waits, shorter than what is settled by then.
            ms: u64::try_from((really(CALL_TIMEOUT) * 3 / 2).as_millis()).unwrap_or(1_000),
        },
        // Never whole in time: an answer that tells of a success which is none, word by word and to
        // the end, is a lie that no client can see through.
        Fault::SlowDrip { when, bytes, .. } => Fault::SlowDrip {
            when,
            bytes,
            every_ms: 100,
        },
        other => other,
    };
    let rule = rule.account(account);
    match rule.operation {
        Some(operation) if is_list(operation) => rule,
        _ => rule.text_contains(tag),
    }
}
