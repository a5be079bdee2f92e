//! What was before the process that dies.

use entities::boundary::{Boundary, Side, StepAction};
use entities::delivery::WaitReason;
use entities::lanes::{Lane, Pause, pause};
use entities::rates::{Report, report};
use entities::rows::attempt::StepName;
use entities::{Platform, Timestamp};
use serde_json::json;
use simulator::FaultRule;
use tests::TestApp;
use tests::app::drain;

use super::HOUR;
use super::case::{Case, is_of_the_api};
use super::mortal::{Mortal, next_moment, row, submit};
use super::subject::Subject;
use super::way::Begins;

/// What is said of a delivery that waits for its account.
const ERROR: &str = r#"{"code":"needs_reconnect","message":"m","action":"a","retryable":true}"#;

impl Case {
    /// Everything up to where the mortal begins.
    pub async fn begin(&self, app: &TestApp, mortal: &Mortal<'_>) -> Subject {
        let parts = match self.way.begins {
            Begins::Chain => 3,
            _ => 1,
        };
        app.simulator.clear_faults();
        let (name, carried) = (self.to_string(), self.way.carried);
        let mut subject =
            Subject::new(app, &mortal.shelf, self.platform, &name, (parts, carried)).await;
        add_rules(app, &subject, &self.way.rules);
        let account = subject.account.id.clone();
        let now = app.clock.now();
        match self.way.begins {
            Begins::Submitted if is_of_the_api(self.boundary) => {}
            Begins::Submitted | Begins::Chain => accepted(app, &subject).await,
            Begins::Scheduled => {
                subject.body["publish_at"] = json!(now + HOUR);
                accepted(app, &subject).await;
                app.clock.advance(HOUR);
            }
            Begins::Abandoned => {
                accepted(app, &subject).await;
                let first = match self.platform {
                    Platform::Threads => StepName::CreateContainer,
                    Platform::X => StepName::CreatePost,
                };
                let claimed = Boundary::Step(Side::After, StepAction::Claim, self.platform, first);
                assert!(mortal.dies_at(claimed, 0, &subject).await, "{claimed}");
                app.clock.advance(app.worker.settings.lease);
            }
            Begins::TokenDead => {
                accepted(app, &subject).await;
                app.execute(&format!(
                    "UPDATE accounts SET state = 'needs_reconnect', state_reason = 'revoked' WHERE id = '{account}'"
                ))
                .await;
            }
            Begins::TooLate => {
                subject.body["publish_at"] = json!(now + HOUR);
                subject.body["if_late"] = json!("ask");
                accepted(app, &subject).await;
                app.clock.advance(2 * HOUR);
            }
            Begins::Reconnected => {
                accepted(app, &subject).await;
                app.execute(&format!(
                    "UPDATE deliveries SET status = 'needs_reconnect', next_at = NULL, error = '{ERROR}' WHERE account_id = '{account}'"
                ))
                .await;
            }
            Begins::Paused | Begins::Shut => {
                let is_over = self.way.begins == Begins::Shut;
                let paused = Pause {
                    lane: Lane::Account(account),
                    until: if is_over { now } else { now + HOUR },
                    reason: WaitReason::LanePaused,
                    detail: None,
                };
                let database = app.backend.database.writer();
                pause(database, &paused, now).await.expect("a write");
                accepted(app, &subject).await;
            }
            Begins::WindowFull => {
                accepted(app, &subject).await;
                if self.platform == Platform::Threads {
                    // Up to where the next step is the one that is counted.
                    drain(&app.worker).await;
                    to_next_moment(app, &subject).await;
                }
                fill_windows(app, &subject, app.clock.now() + HOUR).await;
            }
            Begins::Stalled => {
                accepted(app, &subject).await;
                let sends = match self.platform {
                    Platform::Threads => StepName::PublishContainer,
                    Platform::X => StepName::CreatePost,
                };
                mortal.stalls_at(Boundary::Step(
                    Side::After,
                    StepAction::Call,
                    self.platform,
                    sends,
                ));
            }
        }
        subject
    }
}

/// Adds rules for the subject's account.
pub fn add_rules(app: &TestApp, subject: &Subject, rules: &[FaultRule]) {
    let username = &subject.account.username;
    let own = rules.iter().cloned().map(|rule| rule.account(username));
    app.simulator.add_faults(own.collect());
}

async fn accepted(app: &TestApp, subject: &Subject) {
    let reply = submit(&app.client, subject).await;
    assert_eq!(reply.status, 202, "{:#}", reply.body);
}

async fn to_next_moment(app: &TestApp, subject: &Subject) {
    let row = row(&app.worker, &subject.delivery_id(app).await).await;
    let at = next_moment(&row).expect("it waits");
    app.clock.advance(at.since(app.clock.now()));
}

/// Another has published on the account as often as it may.
async fn fill_windows(app: &TestApp, subject: &Subject, until: Timestamp) {
    let (platform, account) = (subject.platform, &subject.account.id);
    let takes = app.worker.settings.limits.takes(platform, account, false);
    let own = takes
        .into_iter()
        .filter(|take| take.lane == Lane::Account(account.clone()));
    let full: Vec<Report> = own
        .map(|take| Report {
            lane: take.lane,
            name: take.name,
            limit: take.max,
            remaining: 0,
            resets_at: until,
        })
        .collect();
    assert!(!full.is_empty());
    let database = app.backend.database.writer();
    report(database, &full, app.clock.now())
        .await
        .expect("a write");
}
