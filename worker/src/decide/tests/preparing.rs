//! Threads: containers that fail, vanish or are not known yet.

use super::drive::Delivery;
use super::*;

fn preparing() -> Scene {
    let checkpoint = Checkpoint::Preparing {
        container: container(),
    };
    Scene::publishing(Platform::Threads, checkpoint).with(|progress| progress.containers_used = 1)
}

fn check() -> Step {
    Step::CheckContainer(container())
}

/// Drives a delivery whose containers are numbered, answering the other steps with `answer`.
fn with_containers(
    answer: impl Fn(&Step, &Container, Timestamp) -> Result<Success, Failure>,
) -> (Delivery, usize) {
    let mut made = Vec::new();
    let mut delivery = Delivery::new(Platform::Threads, 1);
    let mut world = |_: &Delivery, step: &Step, now: Timestamp| match step {
        Step::CreateContainer => {
            let id = format!("c{}", made.len() + 1);
            made.push(id.clone());
            Ok(Success::Container { id })
        }
        Step::CheckContainer(container) | Step::PublishContainer(container) => {
            answer(step, container, now)
        }
        Step::FindPost => not_found(true),
        other => panic!("{other:?} is not expected"),
    };
    assert_eq!(
        delivery.run(&mut world, &Settings::default(), 10_000),
        Ok(())
    );
    (delivery, made.len())
}

#[test]
fn what_the_platform_says_of_the_content_itself_is_final() {
    for reason in [
        "INVALID_DURATION",
        "INVALID_ASPEC_RATIO",
        "INVALID_FRAME_RATE",
        "FAILED_FRAME_RATE",
    ] {
        let decision = preparing().decide(&check(), &status(ContainerStatus::Error(reason.into())));
        assert_eq!(decision.change.to(), Status::Failed, "{reason}");
        assert_eq!(code(&decision), Some("content_refused"));
        let error = decision.change.error().unwrap();
        assert!(!error.retryable);
        assert_eq!(
            error.platform.as_ref().unwrap().code.as_deref(),
            Some(reason)
        );
    }
}

#[test]
fn what_the_platform_may_cure_takes_three_containers_and_no_more() {
    let curable = [
        "FAILED_PROCESSING_VIDEO",
        "FAILED_DOWNLOADING_VIDEO",
        "UNKNOWN",
    ];
    let mut statuses = vec![ContainerStatus::Expired];
    statuses.extend(curable.map(|reason| ContainerStatus::Error(reason.into())));
    for wrong in statuses {
        let (delivery, made) = with_containers(|_, _, _| status(wrong.clone()));
        assert_eq!(made, 3, "{wrong:?}");
        assert_eq!(
            (delivery.status, delivery.code.as_deref()),
            (Status::Failed, Some("container_lost"))
        );
        assert_eq!(delivery.sends(), []);
    }
}

#[test]
fn the_second_container_may_succeed_where_the_first_failed() {
    let decision = preparing().decide(&check(), &status(ContainerStatus::Expired));
    assert_eq!(decision.change.to(), Status::Queued);
    let again = preparing().next(&decision);
    assert_eq!(again.planned(), Step::CreateContainer);
    let again = Scene {
        status: Status::Publishing,
        ..again
    };
    let made = again.decide(
        &Step::CreateContainer,
        &Ok(Success::Container { id: "c2".into() }),
    );
    assert!(made.change.keeps_claim());
    assert_eq!(made.change.progress().containers_used, 2);
    let expected = Container {
        id: "c2".into(),
        made_at: again.now,
        refused_at: None,
    };
    assert_eq!(
        made.change.progress().checkpoint,
        Checkpoint::Preparing {
            container: expected
        }
    );
}

#[test]
fn a_container_in_progress_is_looked_at_again_a_little_later_each_time() {
    let mut scene = preparing();
    let mut waits = Vec::new();
    for _ in 0..6 {
        let decision = scene.decide(&check(), &status(ContainerStatus::InProgress));
        assert_eq!(decision.change.to(), Status::Processing);
        waits.push(decision.change.next_at().unwrap().since(scene.now));
        scene = Scene {
            status: Status::Publishing,
            ..scene.next(&decision)
        };
    }
    assert!(
        waits.is_sorted() && waits[0] <= secs(2) && waits[5] > secs(5),
        "{waits:?}"
    );
}

#[test]
fn a_container_that_stays_in_progress_is_replaced_before_it_expires() {
    let (delivery, made) = with_containers(|_, _, _| status(ContainerStatus::InProgress));
    assert_eq!(
        (made, delivery.code.as_deref()),
        (3, Some("container_lost"))
    );
    assert!(delivery.now.since(START) < DAY * 3);
}

#[test]
fn a_container_not_known_yet_is_waited_for_two_minutes_and_then_replaced() {
    let decision = preparing()
        .after(secs(100))
        .decide(&check(), &err(Meaning::NotFound));
    assert_eq!(decision.change.to(), Status::Processing);
    assert_eq!(preparing().next(&decision).planned(), check());
    let decision = preparing()
        .after(secs(121))
        .decide(&check(), &err(Meaning::NotFound));
    assert_eq!(decision.change.to(), Status::Queued);
    assert_eq!(preparing().next(&decision).planned(), Step::CreateContainer);
}

#[test]
fn a_container_seen_published_while_it_was_prepared_is_adopted_and_never_published() {
    let scene = preparing().after(secs(9));
    let decision = scene.decide(&check(), &status(ContainerStatus::Published));
    assert_eq!(decision.change.to(), Status::Unconfirmed);
    let progress = decision.change.progress();
    assert!(
        matches!(
            progress.checkpoint,
            Checkpoint::Sent {
                seen_live: true,
                ..
            }
        ),
        "{progress:?}"
    );
    assert_eq!(
        progress.unresolved_since,
        Some(START),
        "the list is searched from when it was made"
    );

    let looking = scene.next(&decision);
    assert_eq!(looking.planned(), Step::FindPost);
    let decision = looking.decide(&Step::FindPost, &found("m1"));
    assert_eq!(decision.change.to(), Status::Published);
    assert!(saves(&decision.change, adopted(0, "m1")));
}

#[test]
fn a_container_seen_published_late_still_gets_the_time_to_show_in_the_list() {
    let scene = preparing().after(HOUR * 3);
    let decision = scene.decide(&check(), &status(ContainerStatus::Published));
    let mut looking = scene.next(&decision);
    while looking.status == Status::Unconfirmed {
        let decision = looking.decide(&Step::FindPost, &not_found(true));
        looking = looking.next(&decision);
    }
    let looked_for = looking.now.since(scene.now);
    assert!(
        looked_for >= secs(900) && looked_for < HOUR,
        "{looked_for:?}"
    );
}

#[test]
fn a_finished_container_that_publishing_does_not_know_is_sent_again_for_two_minutes() {
    let (delivery, made) = with_containers(|step, _, _| match step {
        Step::CheckContainer(_) => status(ContainerStatus::Finished),
        _ => err(Meaning::NotFound),
    });
    // It may be live all the same, so no other takes its place, however long that lasts.
    assert_eq!(
        (made, delivery.code.as_deref()),
        (1, Some("platform_unavailable"))
    );
    let sends: Vec<Timestamp> = delivery
        .steps
        .iter()
        .filter(|(_, step)| step.publishes())
        .map(|(at, _)| *at)
        .collect();
    let soon = sends.iter().filter(|at| at.since(sends[0]) < secs(180));
    let soon: Vec<&Timestamp> = soon.collect();
    assert!((5..25).contains(&soon.len()), "{} sends", soon.len());
    // From then on each follows a look that comes after everything had landed.
    let settings = Settings::default();
    let settled = settings.settle(Platform::Threads) + settings.call_timeout;
    for pair in sends[soon.len() - 1..].windows(2) {
        let rested = pair[1].since(pair[0]);
        assert!(rested >= settled, "{rested:?}");
    }
}

#[test]
fn a_container_that_was_refused_and_comes_to_nothing_is_looked_for_before_another_is_made() {
    let refused = Container {
        refused_at: Some(START),
        ..container()
    };
    let preparing = Scene::publishing(
        Platform::Threads,
        Checkpoint::Preparing {
            container: refused.clone(),
        },
    )
    .after(secs(500));
    let answers = [
        err(Meaning::NotFound),
        status(ContainerStatus::Expired),
        status(ContainerStatus::Error("UNKNOWN".into())),
    ];
    for answer in answers {
        let decision = preparing.decide(&Step::CheckContainer(refused.clone()), &answer);
        assert_eq!(decision.change.to(), Status::Unconfirmed, "{answer:?}");
        assert!(!preparing.next(&decision).planned().publishes());
    }
}

#[test]
fn each_repeated_publish_follows_a_fresh_look_at_the_container() {
    let send = send(Platform::Threads);
    let scene = Scene::publishing(Platform::Threads, sent(Platform::Threads)).after(secs(3));
    let decision = scene.decide(&send, &err(Meaning::NotFound));
    assert_eq!(decision.change.to(), Status::Processing);
    let waiting = scene.next(&decision);
    let refused = Container {
        refused_at: Some(START),
        ..container()
    };
    let check = Step::CheckContainer(refused.clone());
    assert_eq!(waiting.planned(), check);
    let again = Scene {
        status: Status::Publishing,
        ..waiting
    };
    let decision = again.decide(&check, &status(ContainerStatus::Finished));
    assert_eq!(
        again.next(&decision).planned(),
        Step::PublishContainer(refused),
        "the same container again"
    );
}

#[test]
fn after_an_unresolved_send_a_container_that_is_not_found_is_looked_for_and_not_replaced() {
    for age in [secs(3), secs(500)] {
        let scene = Scene::publishing(Platform::Threads, sent(Platform::Threads))
            .after(age)
            .with(|progress| progress.unresolved_since = Some(START));
        let decision = scene.decide(&send(Platform::Threads), &err(Meaning::NotFound));
        assert_eq!(decision.change.to(), Status::Unconfirmed);
        assert!(!scene.next(&decision).planned().publishes());
    }
}

#[test]
fn a_post_to_answer_that_stays_missing_ends_the_chain_there() {
    let mut scene = Scene::publishing(Platform::Threads, Checkpoint::Start).of_parts(2);
    scene.progress.part_index = 1;
    for tries in 1.. {
        let decision = scene.decide(&Step::CreateContainer, &err(Meaning::NotFound));
        if decision.change.to() == Status::Failed {
            assert_eq!(code(&decision), Some("reply_target_missing"));
            assert!(
                tries >= 5 && scene.now.since(START) > secs(30),
                "{tries} tries"
            );
            return;
        }
        scene = Scene {
            status: Status::Publishing,
            ..scene.next(&decision)
        };
    }
}

#[test]
fn a_link_preview_that_stays_refused_fails_after_five_tries_wherever_it_is_refused() {
    let steps = [
        (Step::CreateContainer, Checkpoint::Start),
        (send(Platform::Threads), sent(Platform::Threads)),
    ];
    for (step, checkpoint) in steps {
        let mut scene = Scene::publishing(Platform::Threads, checkpoint);
        let mut tries = 0;
        let failed = loop {
            tries += 1;
            let decision = scene.decide(&step, &err(Meaning::BadLinkPreview));
            if decision.change.to() == Status::Failed {
                break decision;
            }
            let next = scene.next(&decision);
            assert_eq!(next.planned(), step);
            let armed = crate::step::plan(
                next.platform,
                next.status,
                &next.progress,
                Files::default(),
                next.now,
            )
            .armed;
            scene = Scene {
                status: Status::Publishing,
                progress: armed,
                ..next
            };
        };
        assert_eq!(
            (tries, code(&failed)),
            (5, Some("link_preview_refused")),
            "{step:?}"
        );
    }
}
