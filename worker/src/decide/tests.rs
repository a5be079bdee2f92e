//! Tests of `plan` and `decide`: whole tables of cases, named cases, deliveries driven to their
//! end, and random walks over a platform that misbehaves.

mod drive;
mod every;
mod files;
mod lanes;
mod looking;
mod patience;
mod preparing;
mod publishing;
mod table;
mod walk;
mod world;

use std::time::Duration;

use entities::delivery::{Change, Checkpoint, Container, LivePart, Progress, Status};
use entities::{Platform, Timestamp};
use platforms::threads::ContainerStatus;
use platforms::{Evidence, Failure, Meaning, RemotePost};

use super::{Case, Decision, Success, decide};
use crate::Settings;
use crate::search::Search;
use crate::step::{Files, Step};

/// When everything begins.
const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

const HOUR: Duration = secs(3600);
const DAY: Duration = secs(24 * 3600);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn container() -> Container {
    Container {
        id: "c1".into(),
        made_at: START,
        refused_at: None,
    }
}

/// A checkpoint of a send at [`START`].
fn sent(platform: Platform) -> Checkpoint {
    let container = (platform == Platform::Threads).then(container);
    Checkpoint::Sent {
        container,
        at: START,
        seen_live: false,
    }
}

fn seen_live(platform: Platform) -> Checkpoint {
    let container = (platform == Platform::Threads).then(container);
    Checkpoint::Sent {
        container,
        at: START,
        seen_live: true,
    }
}

/// The visible call of a platform.
fn send(platform: Platform) -> Step {
    match platform {
        Platform::Threads => Step::PublishContainer(container()),
        Platform::X => Step::CreatePost,
    }
}

fn failure(meaning: Meaning) -> Failure {
    let evidence = Evidence {
        http_status: Some(400),
        message: Some("no".into()),
        ..Evidence::default()
    };
    Failure {
        meaning,
        evidence,
        windows: Vec::new(),
    }
}

fn err(meaning: Meaning) -> Result<Success, Failure> {
    Err(failure(meaning))
}

fn status(status: ContainerStatus) -> Result<Success, Failure> {
    Ok(Success::Status(status))
}

fn not_found(complete: bool) -> Result<Success, Failure> {
    Ok(Success::Searched(Search {
        found: None,
        complete,
    }))
}

fn found(id: &str) -> Result<Success, Failure> {
    let post = RemotePost {
        id: id.into(),
        text: "hello".into(),
        url: Some(format!("https://example.org/{id}")),
        created_at_ms: Some((START + secs(1)).as_ms()),
        reply_to: None,
        attached: platforms::Attached::Unsaid,
    };
    Ok(Success::Searched(Search {
        found: Some(post),
        complete: false,
    }))
}

/// What [`found`] saves.
fn adopted(part_index: i32, id: &str) -> LivePart {
    LivePart {
        part_index,
        remote_id: Some(id.into()),
        url: Some(format!("https://example.org/{id}")),
        published_at: START + secs(1),
        found: true,
    }
}

/// Whether `change` saves exactly `live`.
fn saves(change: &Change, live: LivePart) -> bool {
    change.clone().with_live(live) == *change
}

fn code(decision: &Decision) -> Option<&str> {
    decision.change.error().map(|error| error.code.as_str())
}

/// One delivery at one moment.
#[derive(Clone)]
struct Scene {
    platform: Platform,
    status: Status,
    progress: Progress,
    parts: i32,
    now: Timestamp,
}

impl Scene {
    fn new(platform: Platform, status: Status, checkpoint: Checkpoint) -> Self {
        let progress = Progress {
            checkpoint,
            ..Progress::start(0)
        };
        Scene {
            platform,
            status,
            progress,
            parts: 1,
            now: START + secs(1),
        }
    }

    fn publishing(platform: Platform, checkpoint: Checkpoint) -> Self {
        Self::new(platform, Status::Publishing, checkpoint)
    }

    /// Sent at [`START`] without an answer; nothing looked at yet.
    fn unconfirmed(platform: Platform) -> Self {
        let scene = Self::new(platform, Status::Unconfirmed, sent(platform));
        let since = Some(START);
        let progress = Progress {
            unresolved_since: since,
            failing_since: since,
            ..scene.progress
        };
        Scene { progress, ..scene }
    }

    /// `wait` after [`START`].
    fn after(self, wait: Duration) -> Self {
        Scene {
            now: START + wait,
            ..self
        }
    }

    fn with(self, change: impl FnOnce(&mut Progress)) -> Self {
        let mut progress = self.progress;
        change(&mut progress);
        Scene { progress, ..self }
    }

    fn of_parts(self, parts: i32) -> Self {
        Scene { parts, ..self }
    }

    /// The same delivery when `decision` has been written down and the time for more has come.
    fn next(&self, decision: &Decision) -> Self {
        Scene {
            status: decision.change.to(),
            progress: decision.change.progress().clone(),
            now: decision.change.next_at().unwrap_or(self.now),
            ..self.clone()
        }
    }

    /// What the delivery would do next.
    fn planned(&self) -> Step {
        crate::step::plan(
            self.platform,
            self.status,
            &self.progress,
            Files::default(),
            self.now,
        )
        .step
    }

    /// Decides, and checks what every decision must be.
    fn decide(&self, step: &Step, outcome: &Result<Success, Failure>) -> Decision {
        self.decide_asked(self.now, step, outcome)
    }

    /// The same when the question was asked at `asked_at`.
    fn decide_asked(
        &self,
        asked_at: Timestamp,
        step: &Step,
        outcome: &Result<Success, Failure>,
    ) -> Decision {
        let settings = Settings::default();
        let case = Case {
            platform: self.platform,
            status: self.status,
            progress: &self.progress,
            parts: self.parts,
            files: Files::default(),
            seed: "dlv_1",
            settings: &settings,
            asked_at,
            strikes: Default::default(),
            can_renew: false,
            steady_since: Timestamp::from_ms(0),
            now: self.now,
        };
        let decision = decide(&case, step, outcome);
        assert!(
            decision.change.is_legal_after(self.status, &self.progress),
            "{:?} at {:?}, {step:?} -> {outcome:?}: illegal {:?}",
            self.status,
            self.progress,
            decision.change
        );
        let next_at = decision.change.next_at();
        assert!(
            next_at.is_none_or(|at| at >= self.now),
            "due in the past: {:?}",
            decision.change
        );
        decision
    }
}
