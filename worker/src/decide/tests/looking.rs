//! Looking for what may be live.

use platforms::LimitScope;

use super::*;
use entities::record::TokenFate;

const BOTH: [Platform; 2] = [Platform::Threads, Platform::X];

fn settle(platform: Platform) -> Duration {
    let settings = Settings::default();
    settings.settle(platform) + settings.call_timeout
}

fn check() -> Step {
    Step::CheckContainer(container())
}

/// Looked at twice, everything under way has landed: the next look may settle it.
fn last_look(platform: Platform) -> Scene {
    Scene::unconfirmed(platform)
        .after(settle(platform))
        .with(|progress| progress.looks = 2)
}

#[test]
fn what_is_found_is_published_with_its_id_and_address() {
    for platform in BOTH {
        let decision = Scene::unconfirmed(platform).decide(&Step::FindPost, &found("p1"));
        assert_eq!(decision.change.to(), Status::Published);
        assert!(saves(&decision.change, adopted(0, "p1")));
    }
}

#[test]
fn a_found_part_of_a_chain_leads_to_the_next_part() {
    for platform in BOTH {
        let scene = Scene::unconfirmed(platform)
            .of_parts(3)
            .with(|progress| progress.part_index = 1);
        let decision = scene.decide(&Step::FindPost, &found("p2"));
        assert_eq!(decision.change.to(), Status::Queued);
        assert_eq!(*decision.change.progress(), Progress::start(2));
        assert!(saves(&decision.change, adopted(1, "p2")));
    }
}

#[test]
fn on_threads_the_container_and_the_list_are_asked_by_turns() {
    let mut scene = Scene::unconfirmed(Platform::Threads);
    let mut asked = Vec::new();
    for _ in 0..4 {
        let step = scene.planned();
        let outcome = if step == Step::FindPost {
            not_found(true)
        } else {
            status(ContainerStatus::Finished)
        };
        let decision = scene.decide(&step, &outcome);
        asked.push(step);
        scene = scene.next(&decision);
    }
    assert_eq!(asked, [check(), Step::FindPost, check(), Step::FindPost]);
}

#[test]
fn a_container_that_was_published_is_proof_and_only_its_id_is_looked_for() {
    let scene = Scene::unconfirmed(Platform::Threads);
    let decision = scene.decide(&check(), &status(ContainerStatus::Published));
    assert_eq!(decision.change.next_at(), Some(scene.now));
    let looking = scene.next(&decision);
    assert_eq!(looking.planned(), Step::FindPost);
    let decision = looking.decide(&Step::FindPost, &found("m1"));
    assert_eq!(decision.change.to(), Status::Published);
    assert!(saves(&decision.change, adopted(0, "m1")));
}

#[test]
fn a_finished_container_proves_absence_only_after_the_settle_time() {
    let finished = status(ContainerStatus::Finished);
    let early =
        last_look(Platform::Threads).after(Settings::default().settle(Platform::Threads) - secs(1));
    assert_eq!(
        early.decide(&check(), &finished).change.to(),
        Status::Unconfirmed
    );
    let scene = last_look(Platform::Threads);
    let decision = scene.decide(&check(), &finished);
    assert_eq!(decision.change.to(), Status::Queued);
    assert_eq!(
        scene.next(&decision).planned(),
        send(Platform::Threads),
        "the same container"
    );
    assert_eq!(
        decision.change.progress().unresolved_since,
        Some(START),
        "later looks reach back this far"
    );
}

#[test]
fn an_answer_to_a_question_asked_before_the_settle_time_proves_nothing() {
    let looks = [
        (
            Platform::Threads,
            check(),
            status(ContainerStatus::Finished),
        ),
        (Platform::X, Step::FindPost, not_found(true)),
    ];
    for (platform, step, outcome) in looks {
        // It came just after; the platform may have read its own data long before.
        let scene = last_look(platform).after(Settings::default().settle(platform) + secs(1));
        assert_eq!(
            scene.decide(&step, &outcome).change.to(),
            Status::Unconfirmed
        );
        assert_eq!(
            last_look(platform).decide(&step, &outcome).change.to(),
            Status::Queued
        );
    }
}

#[test]
fn an_answer_that_a_worker_stalled_over_is_as_old_as_its_question() {
    let looks = [
        (
            Platform::Threads,
            check(),
            status(ContainerStatus::Finished),
        ),
        (Platform::X, Step::FindPost, not_found(true)),
    ];
    for (platform, step, outcome) in looks {
        let woken = last_look(platform).after(HOUR);
        let settled = START + Settings::default().settle(platform);
        let becomes = |asked_at| woken.decide_asked(asked_at, &step, &outcome).change.to();
        assert_eq!(becomes(settled - secs(1)), Status::Unconfirmed);
        assert_eq!(becomes(settled), Status::Queued);
    }
}

#[test]
fn on_x_an_incomplete_list_never_proves_absence() {
    let mut scene = Scene::unconfirmed(Platform::X);
    while scene.status == Status::Unconfirmed {
        let decision = scene.decide(&scene.planned(), &not_found(false));
        scene = scene.next(&decision);
        assert_ne!(scene.status, Status::Queued);
    }
    let decision = last_look(Platform::X).decide(&Step::FindPost, &not_found(true));
    assert_eq!(decision.change.to(), Status::Queued, "a complete one does");
}

#[test]
fn on_threads_the_list_does_not_speak_against_a_container_that_can_be_asked() {
    let scene = last_look(Platform::Threads)
        .after(HOUR)
        .with(|progress| progress.looks = 7);
    assert_eq!(
        scene.decide(&Step::FindPost, &not_found(true)).change.to(),
        Status::Unconfirmed
    );
}

#[test]
fn a_container_that_vanished_after_it_was_sent_leaves_the_word_to_the_list() {
    let scene = Scene::unconfirmed(Platform::Threads)
        .after(HOUR)
        .with(|progress| progress.looks = 4);
    let decision = scene.decide(&check(), &err(Meaning::NotFound));
    assert_eq!(
        decision.change.to(),
        Status::Unconfirmed,
        "nobody has looked at the list since"
    );
    let looking = scene.next(&decision);
    assert_eq!(looking.planned(), Step::FindPost);

    for unclear in [not_found(false), err(Meaning::Transient)] {
        let decision = looking.decide(&Step::FindPost, &unclear);
        assert_eq!(decision.change.to(), Status::Unconfirmed);
        assert_eq!(looking.next(&decision).planned(), Step::FindPost);
    }
    let decision = looking.decide(&Step::FindPost, &found("m1"));
    assert_eq!(decision.change.to(), Status::Published);
    let decision = looking.decide(&Step::FindPost, &not_found(true));
    assert_eq!(decision.change.to(), Status::Queued);
    assert_eq!(looking.next(&decision).planned(), Step::CreateContainer);
}

#[test]
fn a_container_is_not_given_up_as_vanished_while_it_may_only_be_out_of_sight() {
    for wait in [secs(3), settle(Platform::Threads) + secs(30)] {
        let scene = last_look(Platform::Threads).after(wait);
        let decision = scene.decide(&check(), &err(Meaning::NotFound));
        assert_eq!(
            decision.change.progress().checkpoint,
            scene.progress.checkpoint,
            "{wait:?}"
        );
    }
}

#[test]
fn what_was_live_and_is_never_listed_is_published_without_an_id() {
    for list in [not_found(true), err(Meaning::Transient)] {
        let mut scene = Scene::unconfirmed(Platform::Threads);
        scene.progress.checkpoint = seen_live(Platform::Threads);
        let last = loop {
            let decision = scene.decide(&Step::FindPost, &list);
            scene = scene.next(&decision);
            if scene.status != Status::Unconfirmed {
                break decision;
            }
            assert_eq!(scene.planned(), Step::FindPost);
        };
        assert_eq!(scene.status, Status::Published, "{list:?}");
        assert!(scene.now.since(START) > secs(900));
        let live = LivePart {
            part_index: 0,
            remote_id: None,
            url: None,
            published_at: START,
            found: true,
        };
        assert!(saves(&last.change, live));
    }
}

#[test]
fn a_part_without_an_id_is_no_place_to_hang_the_next_one() {
    let mut scene = Scene::unconfirmed(Platform::Threads)
        .of_parts(2)
        .after(DAY * 2);
    scene.progress.checkpoint = seen_live(Platform::Threads);
    scene.progress.looks = 100;
    let decision = scene.decide(&Step::FindPost, &not_found(true));
    assert_eq!(
        (decision.change.to(), code(&decision)),
        (Status::Failed, Some("unconfirmed"))
    );
}

#[test]
fn a_worker_that_was_away_for_days_still_looks_before_it_gives_up() {
    for platform in BOTH {
        let mut scene = Scene::unconfirmed(platform).after(DAY * 3);
        for looks in 1.. {
            let step = scene.planned();
            let outcome = if step == Step::FindPost {
                not_found(true)
            } else {
                status(ContainerStatus::Finished)
            };
            let decision = scene.decide(&step, &outcome);
            scene = scene.next(&decision);
            if scene.status != Status::Unconfirmed {
                assert!(looks >= 3, "{platform} after {looks} looks");
                break;
            }
        }
        assert_eq!(
            scene.status,
            Status::Failed,
            "that long after, a send is not repeated unasked"
        );
        assert!(scene.progress.checkpoint == Checkpoint::Start || platform == Platform::Threads);
    }
}

#[test]
fn an_earlier_send_does_not_use_up_the_patience_of_this_one() {
    for platform in BOTH {
        // Retried by a person three days after the first try.
        let scene = Scene::unconfirmed(platform)
            .after(secs(2))
            .with(|progress| {
                progress.unresolved_since = Some(START - DAY * 3);
                progress.looks = 30;
            });
        for unclear in [err(Meaning::Transient), not_found(false)] {
            let decision = scene.decide(&scene.planned(), &unclear);
            assert_eq!(decision.change.to(), Status::Unconfirmed);
        }
        let mut live = scene.clone();
        live.progress.checkpoint = seen_live(platform);
        let decision = live.decide(&Step::FindPost, &not_found(true));
        assert_eq!(
            decision.change.to(),
            Status::Unconfirmed,
            "the list may lag"
        );
    }
}

#[test]
fn a_dead_token_is_reported_while_the_look_goes_on() {
    for platform in BOTH {
        let scene = Scene::unconfirmed(platform);
        let decision = scene.decide(&scene.planned(), &err(Meaning::Unauthorized));
        assert_eq!(decision.change.to(), Status::Unconfirmed);
        assert!(matches!(decision.token, Some(TokenFate::Dead { .. })));
    }
}

#[test]
fn a_limit_on_looking_is_kept() {
    let until = START + HOUR;
    for platform in BOTH {
        let scene = Scene::unconfirmed(platform);
        let limited = err(Meaning::Limited {
            scope: LimitScope::Account,
            until_ms: Some(until.as_ms()),
        });
        let decision = scene.decide(&scene.planned(), &limited);
        assert_eq!(
            (decision.change.to(), decision.change.next_at()),
            (Status::Unconfirmed, Some(until))
        );
    }
}

#[test]
fn looks_are_frequent_at_first_and_the_deciding_one_is_not_late() {
    for platform in BOTH {
        let mut scene = Scene::unconfirmed(platform);
        let mut looks = 0;
        while scene.status == Status::Unconfirmed {
            let step = scene.planned();
            let outcome = if step == Step::FindPost {
                not_found(true)
            } else {
                status(ContainerStatus::Finished)
            };
            let decision = scene.decide(&step, &outcome);
            scene = scene.next(&decision);
            looks += 1;
        }
        assert_eq!(scene.status, Status::Queued);
        assert!((5..20).contains(&looks), "{looks}");
        let late = scene.now.since(START + settle(platform));
        assert!(late <= secs(35), "{platform}: {late:?}");
    }
}

#[test]
fn a_container_refused_after_the_send_is_replaced_only_when_absence_is_certain() {
    for gone in [
        ContainerStatus::Expired,
        ContainerStatus::Error("UNKNOWN".into()),
    ] {
        let early = Scene::unconfirmed(Platform::Threads).decide(&check(), &status(gone.clone()));
        assert_eq!(early.change.to(), Status::Unconfirmed);
        let scene = last_look(Platform::Threads).with(|progress| progress.containers_used = 2);
        let decision = scene.decide(&check(), &status(gone.clone()));
        assert_eq!(scene.next(&decision).planned(), Step::CreateContainer);
        let last = last_look(Platform::Threads).with(|progress| progress.containers_used = 3);
        let decision = last.decide(&check(), &status(gone));
        assert_eq!(
            (decision.change.to(), code(&decision)),
            (Status::Failed, Some("container_lost"))
        );
    }
}
