//! What leads a post to the steps for its files.

use entities::rows::attempt::StepName;
use simulator::{Fault, FaultRule, LagOf, Operation, When};

use super::super::files::Carried;
use super::{ALWAYS, UNTIL_DONE, Way, plain, rule};

/// What a part must carry so that the step is taken, and the call that it makes.
pub fn needs(step: StepName) -> (Carried, Operation) {
    match step {
        StepName::UploadImage => (Carried::Image, Operation::XMediaUpload),
        StepName::BeginUpload => (Carried::Film, Operation::XMediaInitialize),
        StepName::AppendUpload => (Carried::Film, Operation::XMediaAppend),
        StepName::FinishUpload => (Carried::Film, Operation::XMediaFinalize),
        StepName::CheckUpload => (Carried::Film, Operation::XMediaStatus),
        StepName::DescribeMedia => (Carried::Image, Operation::XMediaMetadata),
        StepName::CreateChild => (Carried::Images, Operation::CreateChild),
        StepName::CheckChild => (Carried::Images, Operation::ContainerStatus),
        StepName::CreateContainer
        | StepName::CheckContainer
        | StepName::PublishContainer
        | StepName::CreatePost
        | StepName::ReadPermalink
        | StepName::FindPost => unreachable!("{step} is for no file"),
    }
}

pub fn to_claim(step: StepName) -> Vec<Way> {
    match step {
        StepName::UploadImage | StepName::BeginUpload | StepName::CreateChild => {
            vec![way(step, ALWAYS)]
        }
        // What follows is claimed with the record of the step before, unless it had to wait.
        StepName::CheckUpload | StepName::CheckChild => {
            vec![way(step, ALWAYS).rule(prepared_slowly(step))]
        }
        _ => vec![way(step, ALWAYS).rule(fails(step))],
    }
}

pub fn to_call(step: StepName) -> Vec<Way> {
    match step {
        StepName::CheckUpload => vec![way(step, ALWAYS).rule(prepared_slowly(step))],
        _ => vec![way(step, ALWAYS)],
    }
}

pub fn to_record(step: StepName) -> Vec<Way> {
    let again = way(step, ALWAYS).rule(fails(step).times(2));
    match step {
        StepName::CheckUpload => vec![
            way(step, ALWAYS).rule(prepared_slowly(step)),
            again.rule(prepared_slowly(step)),
        ],
        StepName::CheckChild => vec![way(step, ALWAYS).rule(prepared_slowly(step)), again],
        StepName::FinishUpload => {
            vec![way(step, UNTIL_DONE).rule(prepared_slowly(step)), again]
        }
        _ => vec![again],
    }
}

pub fn to_next_claim(step: StepName) -> Vec<Way> {
    match step {
        StepName::CheckUpload => vec![way(step, UNTIL_DONE).rule(prepared_slowly(step))],
        // There are two of them.
        StepName::CreateChild | StepName::CheckChild => {
            vec![way(step, ALWAYS), way(step, UNTIL_DONE).skip(1)]
        }
        // The first stretch is saved, and the second comes in a step of its own.
        StepName::AppendUpload => vec![
            way(step, UNTIL_DONE),
            way(step, ALWAYS).rule(fails(step).skip(1)),
        ],
        _ => vec![way(step, UNTIL_DONE)],
    }
}

fn way(step: StepName, (before, after): (bool, bool)) -> Way {
    plain(before, after).with(needs(step).0)
}

/// The call fails once, without effect.
fn fails(step: StepName) -> FaultRule {
    rule(needs(step).1, Fault::Lost { when: When::Before }).once()
}

/// The platform prepares the file for longer than a lease.
pub fn prepared_slowly(step: StepName) -> FaultRule {
    let made = match step {
        StepName::CreateChild | StepName::CheckChild => Operation::CreateChild,
        _ => Operation::XMediaFinalize,
    };
    let what = LagOf::Processing;
    rule(made, Fault::Lag { what, seconds: 60 }).once()
}

/// The files of a carousel are finished, and cannot be joined for longer than a lease.
pub fn joined_late() -> FaultRule {
    let what = LagOf::Child;
    rule(Operation::CreateChild, Fault::Lag { what, seconds: 60 }).once()
}
