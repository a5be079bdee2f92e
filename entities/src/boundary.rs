//! The boundaries of the flow: the moments between two things that others can see. A process may
//! die in any of them, and nothing may be lost or done twice.
//!
//! The flow names each of its boundaries by [`Boundaries::reach`], which does nothing. That is in
//! product code because only the flow knows where its boundaries are: a test that took the steps
//! itself in order to stop between them would test a copy. Tests hang in a watcher that stops
//! there for ever, and hold what is reached against [`Boundary::all`] in both directions.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::Platform;
use crate::rows::attempt::StepName;
use crate::text_enum::text_enum;

text_enum! {
    /// On which side of it.
    pub enum Side {
        /// Nothing of it has been done.
        Before = "before",
        /// It has been done, and only this process knows.
        After = "after",
    }
}

text_enum! {
    /// What is done to deliveries apart from any step on a platform.
    pub enum Action {
        /// The API commits a post with its deliveries, or finds the one that a repeat made before.
        Accept = "accept",
        /// The API puts due deliveries into the queue.
        Push = "push",
        /// The relay takes back claims whose lease ran out.
        TakeBack = "take_back",
        /// The relay queues what waited for accounts that are connected again.
        Requeue = "requeue",
        /// The relay marks due deliveries as handed out.
        HandOut = "hand_out",
        /// The relay puts them into the queue.
        PushHandedOut = "push_handed_out",
        /// A worker sets a delivery aside that is too late by its post's policy.
        SetAside = "set_aside",
        /// A worker shuts a lane whose rate window is full.
        PauseLane = "pause_lane",
        /// A worker moves a delivery past a pause.
        HoldBack = "hold_back",
        /// A worker takes it on itself to try a lane that was shut.
        ProbeLane = "probe_lane",
        /// A worker claims a delivery whose account has no usable token.
        ClaimWithoutToken = "claim_without_token",
        /// And writes down that it waits for one.
        RecordWithoutToken = "record_without_token",
        /// A worker puts the next part of a chain into the queue.
        HandOn = "hand_on",
    }
}

text_enum! {
    /// What is done about one step on a platform.
    pub enum StepAction {
        /// A worker claims the delivery for it.
        Claim = "claim",
        /// The call.
        Call = "call",
        /// What came of it is written down, with attempt and event; the claim ends.
        Record = "record",
        /// The same, and the next step is claimed in one write.
        RecordAndClaim = "record_and_claim",
        /// A success that was learned of after the claim had been given up is written down.
        RecordLate = "record_late",
    }
}

/// One moment in which a process may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Boundary {
    /// Beside an action.
    Action(Side, Action),
    /// Beside an action of one step.
    Step(Side, StepAction, Platform, StepName),
}

impl Boundary {
    /// Every boundary that exists. Whoever adds an action, a step or a platform is in the list at
    /// once, or is asked by the compiler where it exists.
    pub fn all() -> Vec<Boundary> {
        let actions = Action::ALL.iter().flat_map(|action| {
            Side::ALL
                .iter()
                .map(|side| Boundary::Action(*side, *action))
        });
        let steps = Platform::ALL.iter().flat_map(|platform| {
            let steps = StepName::ALL.iter().flat_map(move |step| {
                StepAction::ALL
                    .iter()
                    .map(move |action| (*platform, *step, *action))
            });
            steps
                .filter(|(platform, step, action)| exists(*action, *platform, *step))
                .flat_map(|(platform, step, action)| {
                    Side::ALL
                        .iter()
                        .map(move |side| Boundary::Step(*side, action, platform, step))
                })
        });
        actions.chain(steps).collect()
    }

    /// On which side of its action it is.
    pub fn side(self) -> Side {
        match self {
            Boundary::Action(side, _) | Boundary::Step(side, ..) => side,
        }
    }
}

/// Whether a step is known on a platform, and the action with it.
fn exists(action: StepAction, platform: Platform, step: StepName) -> bool {
    use StepName::*;
    let is_taken = match (step, platform) {
        (
            CreateChild | CheckChild | CreateContainer | CheckContainer | PublishContainer
            | ReadPermalink,
            platform,
        ) => platform == Platform::Threads,
        (
            UploadImage | BeginUpload | AppendUpload | FinishUpload | CheckUpload | DescribeMedia
            | CreatePost,
            platform,
        ) => platform == Platform::X,
        (FindPost, Platform::Threads | Platform::X) => true,
    };
    let publishes = matches!(step, PublishContainer | CreatePost);
    is_taken
        && match action {
            StepAction::Claim | StepAction::Call | StepAction::Record => true,
            // Only these have a next step that is due at once and needs nothing read anew.
            // A container that was made is written down with the look at it.
            StepAction::RecordAndClaim => !matches!(
                step,
                CreateContainer | ReadPermalink | CreatePost | FindPost
            ),
            // What is looked up late is worth nothing; what went out late is.
            StepAction::RecordLate => publishes,
        }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Boundary::Action(side, action) => write!(f, "{side} {action}"),
            Boundary::Step(side, action, platform, step) => {
                write!(f, "{side} {action} of {platform} {step}")
            }
        }
    }
}

type Reached = Pin<Box<dyn Future<Output = ()> + Send>>;
type Watcher = dyn Fn(Boundary) -> Reached + Send + Sync;

/// Who is told when a boundary is reached: nobody, unless somebody [watches](Self::watched).
#[derive(Clone, Default)]
pub struct Boundaries(Option<Arc<Watcher>>);

impl Boundaries {
    /// Calls `watcher` at each boundary, and goes on when its future has ended.
    pub fn watched<F, W>(watcher: F) -> Self
    where
        F: Fn(Boundary) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Boundaries(Some(Arc::new(move |boundary| Box::pin(watcher(boundary)))))
    }

    /// The flow is at this boundary. Without a watcher this is one comparison.
    pub async fn reach(&self, boundary: Boundary) {
        if let Some(watcher) = &self.0 {
            watcher(boundary).await;
        }
    }

    /// [`reach`](Self::reach), beside an action.
    pub async fn at(&self, side: Side, action: Action) {
        self.reach(Boundary::Action(side, action)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_boundary_is_listed_twice_and_each_has_its_other_side() {
        let all = Boundary::all();
        let different: HashSet<String> = all.iter().map(Boundary::to_string).collect();
        assert_eq!(different.len(), all.len());
        let on = |side| all.iter().filter(|one| one.side() == side).count();
        assert_eq!(on(Side::Before), on(Side::After));
    }

    #[test]
    fn every_step_is_called_on_some_platform() {
        for step in StepName::ALL {
            let is_called = |one: &Boundary| matches!(one, Boundary::Step(_, StepAction::Call, _, name) if name == step);
            assert!(Boundary::all().iter().any(is_called), "{step}");
        }
    }
}
