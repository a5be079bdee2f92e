//! Limits and blocks: the right lane rests for the right time.

use entities::delivery::WaitReason;
use entities::rows::attempt::Verdict;
use platforms::LimitScope;

use super::*;
use crate::decide::LanePause;

fn sending(platform: Platform) -> Scene {
    Scene::publishing(platform, sent(platform))
}

fn limited(scope: LimitScope, until: Option<Timestamp>) -> Result<Success, Failure> {
    err(Meaning::Limited {
        scope,
        until_ms: until.map(Timestamp::as_ms),
    })
}

const SCOPES: [(LimitScope, WaitReason); 2] = [
    (LimitScope::Account, WaitReason::AccountRateLimit),
    (LimitScope::App, WaitReason::AppRateLimit),
];

#[test]
fn a_limit_with_a_time_pauses_its_lane_until_then() {
    for platform in [Platform::Threads, Platform::X] {
        for (scope, reason) in SCOPES {
            let until = START + HOUR;
            let decision = sending(platform).decide(&send(platform), &limited(scope, Some(until)));
            assert_eq!(
                decision.pause,
                Some(LanePause {
                    scope,
                    until,
                    reason
                })
            );
            assert_eq!(decision.verdict, Verdict::RetryAt);
            assert_eq!(decision.change.to(), Status::Queued);
            assert_eq!(decision.change.next_at(), Some(until));
            assert_eq!(
                decision.change.progress().failing_since,
                None,
                "a limit with a time is no failure"
            );
        }
    }
}

#[test]
fn a_limit_without_a_time_pauses_its_lane_for_a_minute() {
    for platform in [Platform::Threads, Platform::X] {
        for (scope, reason) in SCOPES {
            let scene = sending(platform);
            let decision = scene.decide(&send(platform), &limited(scope, None));
            let pause = decision.pause.clone().unwrap();
            assert_eq!((pause.scope, pause.reason), (scope, reason));
            assert_eq!(pause.until, scene.now + secs(60));
            assert_eq!(decision.change.next_at(), Some(pause.until));
        }
    }
}

#[test]
fn a_limit_on_preparing_pauses_the_lane_too() {
    let scene = Scene::publishing(Platform::Threads, Checkpoint::Start);
    let until = START + HOUR;
    let decision = scene.decide(
        &Step::CreateContainer,
        &limited(LimitScope::Account, Some(until)),
    );
    assert_eq!(
        decision.pause.as_ref().map(|pause| pause.until),
        Some(until)
    );
    assert_eq!(scene.next(&decision).planned(), Step::CreateContainer);
}

#[test]
fn a_limit_whose_time_has_passed_is_one_without_a_time() {
    let scene = sending(Platform::X).after(HOUR);
    let decision = scene.decide(
        &Step::CreatePost,
        &limited(LimitScope::Account, Some(START)),
    );
    assert_eq!(decision.change.next_at(), Some(scene.now + secs(60)));
}

#[test]
fn a_limit_without_a_time_that_never_ends_is_given_up() {
    let mut scene = sending(Platform::Threads);
    let mut waits = Vec::new();
    while scene.status != Status::Failed && waits.len() < 1000 {
        let decision = scene.decide(
            &send(Platform::Threads),
            &limited(LimitScope::Account, None),
        );
        waits.extend(decision.change.next_at().map(|at| at.since(scene.now)));
        let next = scene.next(&decision);
        scene = Scene {
            status: next.status,
            now: next.now,
            ..sending(Platform::Threads)
        };
        scene.progress = Progress {
            checkpoint: sent(Platform::Threads),
            ..next.progress
        };
        if next.status == Status::Queued {
            scene.status = Status::Publishing;
        } else {
            assert_eq!(code(&decision), Some("rate_limited"));
            assert!(decision.change.error().unwrap().retryable);
        }
    }
    assert!(scene.now.since(START) >= DAY && scene.now.since(START) < DAY + HOUR);
    assert!(
        waits.len() < 200 && waits[waits.len() - 1] > secs(500),
        "{} tries",
        waits.len()
    );
}

#[test]
fn a_block_pauses_the_lane_that_it_is_about() {
    let cases = [
        (Platform::X, "credits_depleted", LimitScope::App),
        (Platform::X, "spend_cap_reached", LimitScope::App),
        (Platform::X, "usage_capped", LimitScope::App),
        (Platform::X, "app_not_enrolled", LimitScope::App),
        (Platform::X, "account_locked", LimitScope::Account),
        (Platform::X, "account_suspended", LimitScope::Account),
        (Platform::Threads, "account_restricted", LimitScope::Account),
        // Spam protection shuts out the account that posts, not everybody (`threads.md` 5.2).
        (
            Platform::Threads,
            "activity_restricted",
            LimitScope::Account,
        ),
    ];
    for (platform, blocked, scope) in cases {
        let scene = sending(platform);
        let decision = scene.decide(&send(platform), &err(Meaning::Blocked { code: blocked }));
        let pause = decision.pause.clone().unwrap();
        assert_eq!(
            (pause.scope, pause.reason),
            (scope, WaitReason::LanePaused),
            "{blocked}"
        );
        let rest = pause.until.since(scene.now);
        assert!(rest >= secs(900) && rest <= HOUR, "{blocked}: {rest:?}");
        assert_eq!(
            (decision.change.to(), decision.change.next_at()),
            (Status::Queued, Some(pause.until))
        );
        assert_eq!(code(&decision), Some(blocked));
    }
}

#[test]
fn a_block_is_given_up_only_when_patience_ends() {
    let blocked = err(Meaning::Blocked {
        code: "credits_depleted",
    });
    let failing = |since| {
        sending(Platform::X)
            .after(DAY)
            .with(|progress| progress.failing_since = since)
    };
    for since in [None, Some(START + secs(1))] {
        let decision = failing(since).decide(&Step::CreatePost, &blocked);
        assert_eq!(decision.change.to(), Status::Queued);
    }
    let decision = failing(Some(START)).decide(&Step::CreatePost, &blocked);
    assert_eq!(
        (decision.change.to(), code(&decision)),
        (Status::Failed, Some("credits_depleted"))
    );
    assert!(decision.change.error().unwrap().retryable);
    assert_eq!(decision.pause, None);
}

#[test]
fn an_app_that_stays_shut_is_tried_less_and_less_often() {
    let rests = [0, 1, 2, 3, 40].map(|app| {
        let strikes = crate::decide::Strikes { account: 0, app };
        crate::decide::generic::blocked("credits_depleted", strikes).1
    });
    assert_eq!(rests, [secs(900), HOUR, HOUR * 6, HOUR * 6, HOUR * 6]);
}
