//! A process dies at each boundary that the flow has, and another goes on: nothing is lost, nothing
//! is out twice, the record is true, and nobody waits for longer than a lease.
//!
//! The boundaries are listed by the product (`entities::boundary`), not here. One that no case
//! reaches fails, and so does one that is reached and not listed.

mod begin;
mod case;
pub mod files;
mod killed;
mod mortal;
mod pairs;
mod subject;
mod way;

use std::time::Duration;

use entities::Platform;
use entities::boundary::{Boundary, StepAction};
use entities::rows::attempt::StepName;
use simulator::{LagRanges, SecondPublish};
use tests::{TestApp, both_modes};

use case::Case;
use mortal::Mortal;

const HOUR: Duration = Duration::from_secs(3600);

/// Every boundary on every platform that it exists on, by every way that leads there.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for boundary in Boundary::all() {
        let platforms = match boundary {
            Boundary::Action(..) => Platform::ALL.to_vec(),
            Boundary::Step(_, _, platform, _) => vec![platform],
        };
        for platform in platforms {
            let ways = way::ways(boundary, platform);
            assert!(!ways.is_empty(), "nobody knows what leads {boundary}");
            cases.extend(ways.into_iter().map(|way| Case {
                boundary,
                platform,
                way,
            }));
        }
    }
    cases
}

/// Whatever could be out twice is, so that it shows.
fn forgive_nothing(app: &TestApp) {
    app.simulator.set_settings(|settings| {
        settings.threads.second_publish = SecondPublish::Duplicate;
        settings.x.duplicate_check = false;
    });
}

/// Runs the cases one after the other, and names all that ended wrong.
async fn run(app: &TestApp, cases: Vec<Case>, deaths: Deaths) {
    forgive_nothing(app);
    let mortal = Mortal::new(app).await;
    let count = cases.len();
    let mut wrong = Vec::new();
    for case in cases {
        if let Err(why) = case.outcome(app, &mortal, deaths).await {
            wrong.push(format!("{case}: {why}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases ended wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// How often somebody dies at the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deaths {
    Once,
    /// Whoever goes on dies there as well, exactly if the way leads there again.
    Twice,
    /// As often as anybody comes there, up to three times.
    Thrice,
}

both_modes! {
    async fn whoever_dies_at_a_boundary_is_made_good_by_the_next(app: &TestApp) {
        run(app, cases(), Deaths::Once).await;
    }
}

both_modes! {
    async fn whoever_goes_on_may_die_at_the_same_boundary(app: &TestApp) {
        run(app, cases(), Deaths::Twice).await;
    }
}

both_modes! {
    async fn whoever_dies_about_a_send_while_the_lists_lag_makes_no_second_post(app: &TestApp) {
        let seconds = |seconds: i64| (seconds * 1_000, seconds * 1_000);
        app.simulator.set_settings(|settings| settings.lags = Some(LagRanges {
            status_ms: seconds(40),
            feed_ms: seconds(50),
            x_timeline_ms: seconds(50),
            ..LagRanges::default()
        }));
        let mut cases = cases();
        cases.retain(|case| is_about_a_send(case.boundary));
        assert!(cases.len() >= 20, "only {}", cases.len());
        run(app, cases, Deaths::Thrice).await;
    }
}

fn is_about_a_send(boundary: Boundary) -> bool {
    let Boundary::Step(_, action, _, step) = boundary else {
        return false;
    };
    match step {
        StepName::PublishContainer | StepName::CreatePost | StepName::FindPost => true,
        StepName::CheckContainer => action != StepAction::RecordAndClaim,
        StepName::CreateContainer | StepName::ReadPermalink => false,
        StepName::UploadImage
        | StepName::BeginUpload
        | StepName::AppendUpload
        | StepName::FinishUpload
        | StepName::CheckUpload
        | StepName::DescribeMedia
        | StepName::CreateChild
        | StepName::CheckChild => false,
    }
}
