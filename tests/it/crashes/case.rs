//! One case: who dies where, who goes on, and whether all is well in the end.

use std::fmt;
use std::time::Duration;

use entities::boundary::{Action, Boundary, Side, StepAction};
use entities::{Platform, Timestamp};
use serde_json::json;
use tests::TestApp;
use tests::app::drain;

use super::files::Carried;
use super::mortal::{Mortal, due_at, live, row, submit};
use super::subject::Subject;
use super::way::{Begins, Way};
use super::{Deaths, HOUR};

/// Where somebody dies, and what leads there.
#[derive(Clone)]
pub struct Case {
    pub boundary: Boundary,
    pub platform: Platform,
    pub way: Way,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.way.rules.iter().map(|rule| rule.fault.label());
        let begins = format!("{:?}", self.way.begins).to_lowercase();
        let carried = match self.way.carried {
            Carried::Nothing => None,
            carried => Some(format!("with {carried:?}").to_lowercase()),
        };
        let begins = std::iter::once(begins).chain(carried);
        let circumstances: Vec<String> = begins.chain(rules).collect();
        write!(f, "{}", self.boundary)?;
        write!(f, " on {} ({})", self.platform, circumstances.join(", "))
    }
}

impl Case {
    /// Whether the post is out once and on record, after everybody who was to die has died.
    pub async fn outcome(
        &self,
        app: &TestApp,
        mortal: &Mortal<'_>,
        deaths: Deaths,
    ) -> Result<(), String> {
        let subject = self.begin(app, mortal).await;
        let (most, again) = match deaths {
            Deaths::Once => (1, None),
            Deaths::Twice => (2, Some(self.way.leads_there_again(self.boundary))),
            Deaths::Thrice => (3, None),
        };
        for death in 0..most {
            let skip = if death == 0 { self.way.skip } else { 0 };
            let died = mortal.dies_at(self.boundary, skip, &subject).await;
            if death == 0 && !died {
                return Err("it was never reached".to_owned());
            }
            if let Some(again) = again.filter(|_| death > 0)
                && again != died
            {
                return Err(format!("that it is reached again must be {again}"));
            }
            if !died {
                break;
            }
            left_behind(app, self.boundary, &subject).await?;
        }
        self.end(app, &subject).await
    }

    /// Somebody else goes on, and a person where one is needed.
    pub async fn end(&self, app: &TestApp, subject: &Subject) -> Result<(), String> {
        let died_at = app.clock.now();
        if is_of_the_api(self.boundary) {
            repeated(app, subject).await?;
        }
        taken_up(app, subject, died_at).await?;
        let id = subject.delivery_id(app).await;
        match self.way.begins {
            Begins::TokenDead => {
                let username = &subject.account.username;
                app.add_account(self.platform, username).await;
            }
            Begins::TooLate => {
                let path = format!("/v1/deliveries/{id}/retry");
                let reply = app.client.post(&path, json!({})).await;
                assert_eq!(reply.status, 202, "{:#}", reply.body);
            }
            Begins::Submitted
            | Begins::Chain
            | Begins::Scheduled
            | Begins::Abandoned
            | Begins::Reconnected
            | Begins::Paused
            | Begins::Shut
            | Begins::WindowFull
            | Begins::Stalled => {}
        }
        let end = app.clock.now() + 30 * HOUR;
        live(&app.worker, &app.simulator, &id, end).await;
        if let Err(why) = subject.judged(app).await {
            let attempts = format!(
                "SELECT worker || ': ' || step || ' ' || verdict FROM attempts WHERE delivery_id = '{id}' ORDER BY id"
            );
            return Err(format!("{why}\n{:?}", app.texts(&attempts).await));
        }
        Ok(())
    }
}

pub fn is_of_the_api(boundary: Boundary) -> bool {
    matches!(boundary, Boundary::Action(_, Action::Accept | Action::Push))
}

/// The customer, who got no answer, sends the same again.
async fn repeated(app: &TestApp, subject: &Subject) -> Result<(), String> {
    let before = subject.posts(app).await;
    let reply = submit(&app.client, subject).await;
    let is_replayed = reply.header("idempotency-replayed") == "true";
    let posts = subject.posts(app).await;
    if (posts, is_replayed) == (1, before == 1) && reply.status.is_success() {
        return Ok(());
    }
    Err(format!(
        "{before} posts became {posts}: {} {:#}",
        reply.status, reply.body
    ))
}

/// Whether what the dead left is what one who dies there leaves.
pub async fn left_behind(
    app: &TestApp,
    boundary: Boundary,
    subject: &Subject,
) -> Result<(), String> {
    if boundary == Boundary::Action(Side::Before, Action::Accept) {
        return Ok(());
    }
    let id = subject.delivery_id(app).await;
    let row = row(&app.worker, &id).await;
    if row.lease_until.is_some() != leaves_a_claim(boundary) {
        return Err(format!("it left behind {row:?}"));
    }
    let recorded = match boundary {
        Boundary::Step(Side::After, action, _, step) => match action {
            StepAction::Record | StepAction::RecordAndClaim | StepAction::RecordLate => step,
            StepAction::Claim | StepAction::Call => return Ok(()),
        },
        Boundary::Action(..) | Boundary::Step(Side::Before, ..) => return Ok(()),
    };
    let attempts = format!("SELECT step FROM attempts WHERE delivery_id = '{id}' ORDER BY id");
    match app.texts(&attempts).await.last() {
        Some(last) if last == recorded.as_str() => Ok(()),
        last => Err(format!(
            "the attempt was not recorded with it, but {last:?}"
        )),
    }
}

fn leaves_a_claim(boundary: Boundary) -> bool {
    let is_after = boundary.side() == Side::After;
    match boundary {
        Boundary::Action(_, action) => match action {
            Action::ClaimWithoutToken => is_after,
            Action::TakeBack | Action::RecordWithoutToken => !is_after,
            Action::Accept
            | Action::Push
            | Action::Requeue
            | Action::SetAside
            | Action::HandOut
            | Action::PushHandedOut
            | Action::PauseLane
            | Action::HoldBack
            | Action::ProbeLane
            | Action::HandOn => false,
        },
        Boundary::Step(_, action, ..) => match action {
            StepAction::Claim => is_after,
            StepAction::Call | StepAction::RecordAndClaim => true,
            StepAction::Record => !is_after,
            StepAction::RecordLate => false,
        },
    }
}

/// Whether another has taken up what the dead left, a lease after their death at the latest.
pub async fn taken_up(app: &TestApp, subject: &Subject, died_at: Timestamp) -> Result<(), String> {
    let id = subject.delivery_id(app).await;
    let lease_over = died_at + app.worker.settings.lease;
    live(&app.worker, &app.simulator, &id, lease_over).await;
    let rest = lease_over.since(app.clock.now());
    if rest > Duration::ZERO {
        app.clock.advance(rest);
        drain(&app.worker).await;
    }
    let row = row(&app.worker, &id).await;
    // Whether it counts as handed out or not: nobody has it.
    let is_due = due_at(&row).is_some_and(|at| at <= app.clock.now());
    if row.lease_until.is_some() || is_due {
        return Err(format!("a lease later nobody has taken it up: {row:?}"));
    }
    Ok(())
}
