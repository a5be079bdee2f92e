//! What the platforms do wrong: everything that the simulator knows, drawn for each delivery.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use simulator::{Behaviour, Fault, FaultRule, Operation, Platform, Simulator, behaviours};
use tokio_util::sync::CancellationToken;

use super::files::{GIFS, IMAGES, VIDEOS};
use super::plan::{CALL_TIMEOUT, Plan, Tally, really};
use super::posts::{Written, tag, tag_of_any};

/// What stops the whole app for an hour or more: once each, and only at the end of a run, or little
/// else would happen on that platform.
const STOPS_THE_APP: [&str; 4] = [
    "limited_of_the_apps_day",
    "credits_depleted_legacy",
    "credits_depleted_2026",
    "spend_cap_reached",
];

/// What keeps an account waiting for an hour or more.
const RESTS_AN_ACCOUNT: [&str; 5] = [
    "limited_of_the_users_day",
    "account_locked",
    "account_suspended",
    "account_restricted",
    "spam_blocked",
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
    /// What may be drawn.
    known: Vec<Behaviour>,
    drawn_once: BTreeSet<String>,
    /// The name behind each of the simulator's rules, in their order.
    names: Vec<String>,
}

impl Misfortune {
    pub fn new(plan: &Plan) -> Self {
        let mut known = [Platform::Threads, Platform::X].map(behaviours).concat();
        let lasts = |one: &Behaviour| {
            STOPS_THE_APP.contains(&one.name.as_str())
                || RESTS_AN_ACCOUNT.contains(&one.name.as_str())
        };
        known.retain(|one| !plan.is_brief || !lasts(one));
        Misfortune {
            dice: plan.dice("platforms"),
            chance: plan.misbehaviour,
            known,
            drawn_once: BTreeSet::new(),
            names: Vec::new(),
        }
    }

    /// Lays what was drawn for one delivery of `post` in its way; `moment` tells what may come on
    /// top.
    pub fn befall(
        &mut self,
        simulator: &Simulator,
        platform: Platform,
        account: &str,
        post: &Written,
        moment: Moment,
    ) {
        let calls = calls(platform, post);
        // Who shows files makes many more calls.
        let has_files = post.parts.iter().any(|part| !part.files.is_empty());
        let draws = if has_files { 2 } else { 1 };
        for _ in 0..draws {
            let mut chance = self.chance;
            while self.dice.f64() < chance {
                chance = self.chance / 2.0;
                let Some((name, operation, rules)) = self.draw(platform, &calls, moment) else {
                    continue;
                };
                let mark = self.mark(post, operation);
                let rules: Vec<FaultRule> = rules
                    .into_iter()
                    .map(|rule| self.narrowed(rule, account, mark.as_deref()))
                    .collect();
                self.names
                    .extend(rules.iter().map(|_| format!("{}: {name}", word(platform))));
                simulator.add_faults(rules);
            }
        }
    }

    fn draw(
        &mut self,
        platform: Platform,
        calls: &[Operation],
        moment: Moment,
    ) -> Option<(String, Operation, Vec<FaultRule>)> {
        let of_platform = self.known.iter().filter(|one| one.platform == platform);
        let eligible: Vec<&Behaviour> = of_platform
            .filter(|one| match STOPS_THE_APP.contains(&one.name.as_str()) {
                true => moment == Moment::Late && !self.drawn_once.contains(&one.name),
                false => moment != Moment::Early || !outlasts_settling(&one.name),
            })
            .filter(|one| one.operations().any(|operation| calls.contains(&operation)))
            .collect();
        let behaviour = self.dice.choice(&eligible)?;
        let operations: Vec<Operation> = behaviour
            .operations()
            .filter(|operation| calls.contains(operation))
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
        Some((name, operation, rules))
    }

    /// What the text of the part that is to be struck has in it; `None`: it has no text.
    fn mark(&mut self, post: &Written, operation: Operation) -> Option<String> {
        let any = self.dice.u8(0..4) == 0;
        // What is drawn for answers counts the parts of a chain by itself.
        if any || operation == Operation::ListReplies {
            return Some(tag_of_any(post.number));
        }
        let struck = self.dice.usize(0..post.tags);
        let is_silent = post
            .parts
            .get(struck)
            .is_some_and(|part| part.text.is_empty());
        (!is_silent).then(|| tag(post.number, struck))
    }

    /// For this delivery alone, and in the time of the run. Where a call does not tell by its text
    /// what it is for, it is for any of the account, and for a few of them only.
    fn narrowed(&mut self, mut rule: FaultRule, account: &str, mark: Option<&str>) -> FaultRule {
        rule.fault = in_time(rule.fault);
        let rule = rule.account(account);
        match (rule.operation, mark) {
            (Some(operation), _) if is_list(operation) => rule,
            (Some(operation), Some(mark)) if has_text(operation) => rule.text_contains(mark),
            _ if rule.times.is_some() => rule,
            _ => rule.times(self.dice.u32(2..=6)),
        }
    }

    /// Counts what struck, by its name and by the call that it struck.
    pub fn count(&self, simulator: &Simulator, by_name: &Tally, by_call: &Tally) {
        for (name, report) in self.names.iter().zip(simulator.faults()) {
            if report.fired == 0 {
                continue;
            }
            by_name.add(name, u64::from(report.fired));
            if let Some(operation) = report.rule.operation {
                by_call.add(&format!("{operation:?}"), u64::from(report.fired));
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

/// What a worker asks of a platform when it publishes this post.
fn calls(platform: Platform, post: &Written) -> Vec<Operation> {
    let is_long = post.parts.len() > 1 || post.split.is_some();
    let shown = || post.parts.iter().flat_map(|part| &part.files);
    let has = |range: Range<usize>| shown().any(|shown| range.contains(&shown.file));
    let any = |files: Range<usize>| {
        post.parts
            .iter()
            .any(|part| files.contains(&part.files.len()))
    };
    let described = |range: &Range<usize>| {
        shown().any(|shown| range.contains(&shown.file) && shown.alt_text.is_some())
    };
    use Operation::{
        ContainerStatus, CreateCarousel, CreateChild, CreateContainer, ListPosts, ListReplies,
        Publish, ReadMedia, XCreate, XMediaAppend, XMediaFinalize, XMediaInitialize,
        XMediaMetadata, XMediaStatus, XMediaUpload, XTimeline,
    };
    let in_stretches = has(GIFS) || has(VIDEOS);
    let all: &[(bool, &[Operation])] = match platform {
        Platform::Threads => &[
            (true, &[ContainerStatus, Publish, ReadMedia, ListPosts]),
            (any(0..2), &[CreateContainer]),
            (any(2..5), &[CreateChild, CreateCarousel]),
            (is_long, &[ListReplies]),
        ],
        Platform::X => &[
            (true, &[XCreate, XTimeline]),
            (has(IMAGES), &[XMediaUpload]),
            (in_stretches, &[XMediaInitialize, XMediaAppend]),
            (in_stretches, &[XMediaFinalize, XMediaStatus]),
            (described(&IMAGES) || described(&GIFS), &[XMediaMetadata]),
        ],
    };
    all.iter()
        .filter(|(is_made, _)| *is_made)
        .flat_map(|(_, calls)| calls.iter().copied())
        .collect()
}

fn is_list(operation: Operation) -> bool {
    use Operation::{ListPosts, ListReplies, XTimeline};
    matches!(operation, ListPosts | ListReplies | XTimeline)
}

/// Whether the simulator knows the text of the post that such a call is for.
fn has_text(operation: Operation) -> bool {
    use Operation::{
        ContainerStatus, CreateCarousel, CreateContainer, Publish, ReadMedia, XCreate,
    };
    matches!(
        operation,
        CreateContainer | CreateCarousel | ContainerStatus | Publish | ReadMedia | XCreate
    )
}

fn in_time(fault: Fault) -> Fault {
    match fault {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torture::posts::Writer;

    fn plan() -> Plan {
        Plan {
            posts: 400,
            rate: 10.0,
            misbehaviour: 0.9,
            is_brief: false,
            seed: 3,
            workers: 1,
        }
    }

    #[test]
    fn every_call_that_publishing_makes_is_struck_in_the_end() {
        let mut writer = Writer::new(fastrand::Rng::with_seed(3));
        let mut misfortune = Misfortune::new(&plan());
        let simulator = Simulator::new(simulator::Settings::default());
        for number in 0..400 {
            let post = writer.write(number);
            for platform in post.platforms() {
                misfortune.befall(&simulator, *platform, "ann", &post, Moment::Late);
            }
        }
        let rules = simulator.faults();
        assert_eq!(rules.len(), misfortune.names.len());
        let struck = |operation| {
            rules
                .iter()
                .any(|one| one.rule.operation == Some(operation))
        };
        use Operation::*;
        for operation in [
            CreateContainer,
            CreateChild,
            CreateCarousel,
            ContainerStatus,
            Publish,
            ReadMedia,
            ListPosts,
            ListReplies,
            XCreate,
            XTimeline,
            XMediaUpload,
            XMediaInitialize,
            XMediaAppend,
            XMediaFinalize,
            XMediaStatus,
            XMediaMetadata,
        ] {
            assert!(struck(operation), "{operation:?}");
        }
    }

    #[test]
    fn what_is_not_told_by_its_text_does_not_last() {
        let mut misfortune = Misfortune::new(&plan());
        let lost = Fault::Lost {
            when: simulator::When::Before,
        };
        for operation in [Operation::XMediaAppend, Operation::CreateChild] {
            let rule = FaultRule::new(lost.clone()).operation(operation);
            let narrowed = misfortune.narrowed(rule, "ann", Some("[1.0]"));
            assert!(narrowed.times.is_some() && narrowed.text_contains.is_none());
        }
    }
}
