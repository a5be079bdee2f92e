//! What a task makes of an answer, where some of the rules can be taken out.

use std::sync::LazyLock;
use std::time::Duration;

use entities::Timestamp;
use entities::delivery::{Change, Checkpoint, LivePart, Progress, Status};
use platforms::{Failure, Meaning};
use worker::Settings;
use worker::decide::{Case, Success, decide};
use worker::step::{Planned, Step, plan};

use super::super::database::Claim;
use super::super::platform::Answer;
use super::super::rules::Rules;
use super::super::settings;
use super::super::world::World;
use super::{Circumstances, Decided, Hold, Phase};

/// Decides what an answer means, at the time at which the worker comes to look at it.
pub fn decided(
    world: &mut World,
    hold: Hold,
    asked_at: Timestamp,
    answer: &Answer,
    around: &Circumstances,
) -> Phase {
    let (claim, rules) = (&hold.claim, world.rules);
    let progress = looked_at(&claim.progress, rules);
    let case = Case {
        platform: world.platform.dialect,
        status: claim.status,
        progress: &progress,
        parts: world.start.parts,
        files: Default::default(),
        seed: "dlv_1",
        settings: patience(rules),
        asked_at: if rules.answers_age {
            asked_at
        } else {
            world.now
        },
        // One clock, which never jumps.
        strikes: Default::default(),
        can_renew: false,
        steady_since: Timestamp::from_ms(0),
        now: world.now,
    };
    let outcome = heard(&answer.outcome, rules);
    let change = decide(&case, &hold.step, &outcome).change;
    world.note(claim.status, &change);

    let live = live_part(&case, &hold.step, &outcome, &change);
    let same_part = change.progress().part_index == progress.part_index;
    let next = (change.keeps_claim() && !around.stopping).then(|| {
        plan(
            case.platform,
            Status::Publishing,
            change.progress(),
            Default::default(),
            world.now,
        )
    });
    match next {
        Some(next) if !same_part && !rules.parts_are_saved_in_turn => {
            into_next_part(hold, next, live)
        }
        next => {
            let decided = Decided {
                next: next.filter(|_| same_part),
                told_live: matches!(outcome, Ok(Success::Live { .. })),
                live,
                at: world.now,
                change,
            };
            Phase::Decided(hold, decided)
        }
    }
}

/// Without rule 1, a visible call that has no outcome is taken for one that was not made.
fn heard(outcome: &Result<Success, Failure>, rules: Rules) -> Result<Success, Failure> {
    let mut heard = outcome.clone();
    match &mut heard {
        Err(failure) if failure.meaning == Meaning::Unknown && !rules.unknown_is_looked_for => {
            failure.meaning = Meaning::NotDone;
        }
        _ => {}
    }
    heard
}

/// Without rule 5, absence is believed at the first look, and nothing is given its time.
fn patience(rules: Rules) -> &'static Settings {
    static NONE: LazyLock<Settings> = LazyLock::new(|| Settings {
        lease: Duration::ZERO,
        call_timeout: Duration::ZERO,
        threads_settle: Duration::ZERO,
        x_settle: Duration::ZERO,
        ..settings().clone()
    });
    if rules.absence_has_its_time {
        settings()
    } else {
        &NONE
    }
}

fn looked_at(progress: &Progress, rules: Rules) -> Progress {
    let unmade = if rules.absence_has_its_time { 0 } else { 2 };
    Progress {
        looks: progress.looks + unmade,
        ..progress.clone()
    }
}

/// Without rule 6, the next part begins, and what is live of this one is written down with it.
fn into_next_part(hold: Hold, next: Planned, live: Option<LivePart>) -> Phase {
    Phase::Claimed(Hold {
        claim: Claim {
            progress: next.armed,
            ..hold.claim
        },
        step: next.step,
        reply_to: live.as_ref().and_then(|live| live.remote_id.clone()),
        unsaved: hold.unsaved.into_iter().chain(live).collect(),
    })
}

/// What `change` saves as live. It does not tell, but is equal to itself with that part.
fn live_part(
    case: &Case<'_>,
    step: &Step,
    outcome: &Result<Success, Failure>,
    change: &Change,
) -> Option<LivePart> {
    let sent_at = match case.progress.checkpoint {
        Checkpoint::Sent { at, .. } => at,
        _ => case.now,
    };
    let (remote_id, published_at, found) = match (step, outcome) {
        (_, Ok(Success::Live { remote_id, .. })) => (Some(remote_id), case.now, false),
        (Step::ReadPermalink { remote_id }, _) => (Some(remote_id), case.now, false),
        (_, Ok(Success::Searched(search))) => {
            let post = search.found.as_ref();
            let created_at = post.and_then(|post| post.created_at_ms);
            let published_at = created_at.map_or(sent_at, Timestamp::from_ms);
            (post.map(|post| &post.id), published_at, true)
        }
        _ => (None, sent_at, true),
    };
    let live = LivePart {
        part_index: case.progress.part_index,
        remote_id: remote_id.cloned(),
        url: None,
        published_at,
        found,
    };
    (change.clone().with_live(live.clone()) == *change).then_some(live)
}
