//! What leads a post to a boundary. Nothing here is a catch-all: a boundary that is added does
//! not compile before somebody has said what leads to it.

pub mod files;

use entities::Platform;
use entities::boundary::{Action, Boundary, Side, StepAction};
use entities::rows::attempt::StepName;
use simulator::{Fault, FaultRule, LagOf, Operation, ThreadsError, When};

use super::files::Carried;

/// One way to a boundary.
#[derive(Clone)]
pub struct Way {
    pub begins: Begins,
    /// What each part of the post carries.
    pub carried: Carried,
    /// What goes wrong on the platform.
    pub rules: Vec<FaultRule>,
    /// How often the boundary is passed first.
    pub skip: u32,
    /// Whether whoever goes on after a death before the action, or after it, comes there again.
    again: (bool, bool),
}

/// What was before the process that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// A post was accepted and pushed.
    Submitted,
    /// The same, in three parts.
    Chain,
    /// A post has just fallen due.
    Scheduled,
    /// A worker died under its claim, and the lease has run out.
    Abandoned,
    /// The account has lost its token.
    TokenDead,
    /// The post waits for an account that is connected.
    Reconnected,
    /// Nobody worked until the post was too late.
    TooLate,
    /// The account is paused.
    Paused,
    /// The account was shut by its platform, and its pause is over.
    Shut,
    /// The account's rate window is full, and nobody has noticed.
    WindowFull,
    /// The worker's claim is taken back while its visible call is under way.
    Stalled,
}

impl Way {
    /// Whether whoever goes on after a death at `boundary` comes there again.
    pub fn leads_there_again(&self, boundary: Boundary) -> bool {
        match boundary.side() {
            Side::Before => self.again.0,
            Side::After => self.again.1,
        }
    }

    fn rule(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }

    fn with(self, carried: Carried) -> Self {
        Way { carried, ..self }
    }

    fn skip(self, skip: u32) -> Self {
        Way { skip, ..self }
    }
}

fn begins(begins: Begins, again: (bool, bool)) -> Way {
    Way {
        begins,
        carried: Carried::Nothing,
        rules: Vec::new(),
        skip: 0,
        again,
    }
}

/// With nothing special about it.
fn plain(before: bool, after: bool) -> Way {
    begins(Begins::Submitted, (before, after))
}

const NEVER: (bool, bool) = (false, false);
const UNTIL_DONE: (bool, bool) = (true, false);
const ALWAYS: (bool, bool) = (true, true);

/// Every way to a boundary that is worth a case of its own.
pub fn ways(boundary: Boundary, platform: Platform) -> Vec<Way> {
    match boundary {
        Boundary::Action(_, action) => {
            let way = to_action(action, platform);
            match action {
                Action::Accept | Action::HandOn => vec![way.clone(), way.with(Carried::Image)],
                _ => vec![way],
            }
        }
        Boundary::Step(_, StepAction::Claim, _, step) => to_claim(step, platform),
        Boundary::Step(_, StepAction::Call, _, step) => to_call(step, platform),
        Boundary::Step(_, StepAction::Record, _, step) => to_record(step, platform),
        Boundary::Step(_, StepAction::RecordAndClaim, _, step) => to_next_claim(step),
        Boundary::Step(_, StepAction::RecordLate, _, step) => to_late_record(step),
    }
}

fn to_action(action: Action, platform: Platform) -> Way {
    match action {
        // A repeat asks again, and finds what was made.
        Action::Accept => plain(true, true),
        // A repeat pushes nothing: that is the relay's.
        Action::Push => plain(false, false),
        Action::TakeBack => begins(Begins::Abandoned, UNTIL_DONE),
        Action::Requeue => begins(Begins::Reconnected, UNTIL_DONE),
        // It is due a second time, to look for it.
        Action::HandOut | Action::PushHandedOut => {
            begins(Begins::Scheduled, ALWAYS).rule(answer_lost(platform))
        }
        Action::SetAside => begins(Begins::TooLate, UNTIL_DONE),
        Action::PauseLane => {
            let way = begins(Begins::WindowFull, UNTIL_DONE);
            match platform {
                // Publishing must be the first step of a worker.
                Platform::Threads => way.rule(refused_once()),
                Platform::X => way,
            }
        }
        Action::HoldBack => begins(Begins::Paused, UNTIL_DONE),
        // Who dies before the call leaves it to the next to try.
        Action::ProbeLane => begins(Begins::Shut, ALWAYS),
        Action::ClaimWithoutToken => begins(Begins::TokenDead, ALWAYS),
        Action::RecordWithoutToken => begins(Begins::TokenDead, UNTIL_DONE),
        Action::HandOn => begins(Begins::Chain, ALWAYS),
    }
}

fn to_claim(step: StepName, platform: Platform) -> Vec<Way> {
    match step {
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => files::to_claim(step),
        StepName::CreateContainer | StepName::CreatePost => vec![plain(true, true)],
        StepName::CheckContainer => vec![
            plain(true, true).rule(prepared_slowly()),
            plain(true, true).rule(answer_lost(platform)),
        ],
        StepName::PublishContainer => vec![plain(true, true).rule(refused_once())],
        StepName::ReadPermalink => vec![plain(true, true).rule(address_lost())],
        StepName::FindPost => vec![plain(true, true).rule(answer_lost(platform))],
    }
}

fn to_call(step: StepName, platform: Platform) -> Vec<Way> {
    match step {
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => files::to_call(step),
        StepName::CreateContainer | StepName::ReadPermalink => vec![plain(true, true)],
        // The first time it is asked whether it is ready, the second whether it is published.
        StepName::CheckContainer => vec![
            plain(true, true),
            plain(true, true).rule(answer_lost(platform)).skip(1),
        ],
        // What was made is found, and not made again.
        StepName::PublishContainer | StepName::CreatePost => {
            vec![plain(true, false), plain(true, false).with(Carried::Film)]
        }
        StepName::FindPost => vec![plain(true, true).rule(answer_lost(platform))],
    }
}

fn to_record(step: StepName, platform: Platform) -> Vec<Way> {
    match step {
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => files::to_record(step),
        StepName::CreateContainer => vec![
            plain(true, true).rule(
                rule(
                    Operation::CreateContainer,
                    Fault::Lost { when: When::Before },
                )
                .times(2),
            ),
            plain(true, true)
                .with(Carried::Images)
                .rule(files::joined_late()),
        ],
        StepName::CheckContainer => vec![
            // Before it is written down nobody else knows of the container: the next makes another.
            plain(false, true).rule(prepared_slowly()),
            plain(true, false).rule(answer_lost(platform)),
        ],
        StepName::PublishContainer => vec![
            plain(false, false).rule(answer_lost(platform)),
            plain(false, false)
                .with(Carried::Images)
                .rule(answer_lost(platform)),
        ],
        StepName::CreatePost => vec![
            plain(false, false),
            plain(false, false).rule(answer_lost(platform)),
            plain(false, false)
                .with(Carried::Images)
                .rule(answer_lost(platform)),
        ],
        StepName::ReadPermalink => vec![plain(true, false), plain(true, true).rule(address_lost())],
        StepName::FindPost => vec![
            plain(true, false).rule(answer_lost(platform)),
            plain(true, false)
                .with(Carried::Image)
                .rule(answer_lost(platform)),
        ],
    }
}

fn to_next_claim(step: StepName) -> Vec<Way> {
    match step {
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => files::to_next_claim(step),
        StepName::CheckContainer => vec![plain(true, false)],
        StepName::PublishContainer => vec![plain(false, false)],
        StepName::CreateContainer
        | StepName::CreatePost
        | StepName::ReadPermalink
        | StepName::FindPost => Vec::new(),
    }
}

fn to_late_record(step: StepName) -> Vec<Way> {
    match step {
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => Vec::new(),
        StepName::PublishContainer | StepName::CreatePost => vec![begins(Begins::Stalled, NEVER)],
        StepName::CreateContainer
        | StepName::CheckContainer
        | StepName::ReadPermalink
        | StepName::FindPost => Vec::new(),
    }
}

fn rule(operation: Operation, fault: Fault) -> FaultRule {
    FaultRule::new(fault).operation(operation)
}

/// The post goes out, and nobody is told.
pub fn answer_lost(platform: Platform) -> FaultRule {
    let sends = match platform {
        Platform::Threads => Operation::Publish,
        Platform::X => Operation::XCreate,
    };
    rule(sends, Fault::Lost { when: When::After }).once()
}

/// The container takes longer than a lease.
fn prepared_slowly() -> FaultRule {
    let what = LagOf::Processing;
    rule(Operation::CreateContainer, Fault::Lag { what, seconds: 60 }).once()
}

/// The publish fails without effect, and is tried again with the same container.
fn refused_once() -> FaultRule {
    let error = ThreadsError::InvalidLinkAttachment;
    let when = When::Before;
    rule(Operation::Publish, Fault::ThreadsError { when, error }).once()
}

fn address_lost() -> FaultRule {
    rule(Operation::ReadMedia, Fault::Lost { when: When::Before }).once()
}
