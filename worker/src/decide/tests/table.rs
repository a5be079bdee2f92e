//! The rules that no combination of circumstances may break.

use entities::delivery::Checkpoint;

use super::every::{is_of_a_file, meanings, scenes, steps, successes};
use super::*;

/// Calls `check` for every step in all its circumstances with every outcome; [`Scene::decide`]
/// itself checks that each change is legal.
fn for_every_failure(check: impl Fn(&Scene, &Step, &Meaning, &Decision)) {
    for step in steps() {
        for scene in scenes(&step) {
            for meaning in meanings() {
                let decision = scene.decide(&step, &err(meaning.clone()));
                check(&scene, &step, &meaning, &decision);
            }
        }
    }
}

fn is_sent(progress: &Progress) -> bool {
    matches!(progress.checkpoint, Checkpoint::Sent { .. })
}

fn settled_at(scene: &Scene) -> Timestamp {
    START + Settings::default().settle(scene.platform)
}

/// Whether a worker may publish the same part (again) after this change.
fn may_send_again(scene: &Scene, decision: &Decision) -> bool {
    use Status::*;
    let change = &decision.change;
    matches!(
        change.to(),
        Queued | Processing | Publishing | NeedsReconnect
    ) && change.progress().part_index == scene.progress.part_index
        && !matches!(change.progress().checkpoint, Checkpoint::Live { .. })
}

#[test]
fn every_failure_leads_to_a_legal_change() {
    for_every_failure(|_, _, _, _| ());
}

#[test]
fn a_send_without_a_clear_answer_is_unconfirmed_and_nothing_else() {
    for_every_failure(|scene, step, meaning, decision| {
        let unclear = matches!(meaning, Meaning::Unknown | Meaning::Transient);
        if scene.status == Status::Publishing && step.publishes() && unclear {
            assert_eq!(
                decision.change.to(),
                Status::Unconfirmed,
                "{step:?} {meaning}"
            );
            assert_eq!(decision.verdict, entities::rows::attempt::Verdict::Unknown);
            let progress = decision.change.progress();
            assert_eq!(
                progress.checkpoint, scene.progress.checkpoint,
                "when it was sent is kept"
            );
            assert_eq!(progress.unresolved_since, Some(START));
            assert_eq!(progress.looks, 0, "no look has been made yet");
        }
    });
}

#[test]
fn after_a_failed_send_only_a_certain_failure_may_lead_to_another() {
    for_every_failure(|scene, step, meaning, decision| {
        if scene.status != Status::Publishing || !is_sent(&scene.progress) {
            return;
        }
        let earlier_unresolved = scene.progress.unresolved_since.is_some();
        let certain = match meaning {
            Meaning::Unknown | Meaning::Transient => false,
            // Either may speak of an earlier send.
            Meaning::NotFound | Meaning::Duplicate => !earlier_unresolved,
            Meaning::NotDone
            | Meaning::Limited { .. }
            | Meaning::Unauthorized
            | Meaning::BadLinkPreview
            | Meaning::MediaUnreachable
            | Meaning::ChildrenNotReady
            | Meaning::UploadLost
            | Meaning::Blocked { .. }
            | Meaning::Rejected { .. } => true,
        };
        let certain = certain && step.publishes();
        assert!(
            certain || !may_send_again(scene, decision),
            "{step:?} {meaning}: {:?}",
            decision.change
        );
    });
}

#[test]
fn a_failed_look_leads_to_another_look_or_to_giving_up() {
    for_every_failure(|scene, step, meaning, decision| {
        if scene.status == Status::Unconfirmed {
            let to = decision.change.to();
            let known = is_live(scene) && to == Status::Published;
            assert!(
                matches!(to, Status::Unconfirmed | Status::Failed) || known,
                "{step:?} {meaning}: {:?}",
                decision.change
            );
        }
    });
}

fn is_live(scene: &Scene) -> bool {
    matches!(
        scene.progress.checkpoint,
        Checkpoint::Sent {
            seen_live: true,
            ..
        }
    )
}

#[test]
fn every_answer_leads_to_a_legal_change_even_one_to_another_question() {
    for step in steps() {
        for scene in scenes(&step) {
            for success in successes() {
                scene.decide(&step, &Ok(success));
            }
        }
    }
}

#[test]
fn absence_is_believed_only_after_the_settle_time_and_three_looks() {
    for step in [Step::CheckContainer(container()), Step::FindPost] {
        for scene in scenes(&step)
            .into_iter()
            .filter(|scene| scene.status == Status::Unconfirmed)
        {
            for success in successes() {
                let decision = scene.decide(&step, &Ok(success.clone()));
                if may_send_again(&scene, &decision) {
                    let story = format!("{:?} {success:?} {:?}", scene.progress, decision.change);
                    assert!(scene.now >= settled_at(&scene), "too early: {story}");
                    assert!(scene.progress.looks >= 2, "too few looks: {story}");
                    assert_eq!(decision.change.to(), Status::Queued, "{story}");
                    assert_eq!(
                        decision.change.progress().unresolved_since,
                        scene.progress.unresolved_since
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_not_proven_absent_is_never_failed_as_absent() {
    for step in [Step::CheckContainer(container()), Step::FindPost] {
        for scene in scenes(&step)
            .into_iter()
            .filter(|scene| scene.status == Status::Unconfirmed)
        {
            for success in successes() {
                let decision = scene.decide(&step, &Ok(success.clone()));
                if decision.change.to() == Status::Failed && code(&decision) != Some("unconfirmed")
                {
                    assert!(
                        scene.now >= settled_at(&scene) && scene.progress.looks >= 2,
                        "{success:?}"
                    );
                }
            }
            for meaning in meanings() {
                let decision = scene.decide(&step, &err(meaning.clone()));
                if decision.change.to() == Status::Failed {
                    assert_eq!(code(&decision), Some("unconfirmed"), "{meaning}");
                }
            }
        }
    }
}

#[test]
fn a_try_that_never_reached_the_platform_is_repeated_later_each_time() {
    for step in steps()
        .into_iter()
        .filter(|step| !matches!(step, Step::FindPost | Step::ReadPermalink { .. }))
        .filter(|step| !is_of_a_file(step))
    {
        let platform = if step == Step::CreatePost {
            Platform::X
        } else {
            Platform::Threads
        };
        let publishing = |scene: &Scene| {
            scene.status == Status::Publishing
                && scene.platform == platform
                && scene.progress.looks == 0
        };
        let first = scenes(&step).into_iter().find(publishing).unwrap();
        let mut scene = first.clone();
        let mut waits = Vec::new();
        for _ in 0..8 {
            let decision = scene.decide(&step, &err(Meaning::NotDone));
            assert_eq!(decision.change.to(), Status::Queued, "{step:?}");
            assert_eq!(decision.verdict, entities::rows::attempt::Verdict::Retry);
            assert!(!is_sent(decision.change.progress()), "{step:?}");
            waits.push(decision.change.next_at().unwrap().since(scene.now));
            scene = scene.next(&decision);
            assert_eq!(scene.planned(), step, "the same step again");
            let armed = crate::step::plan(
                scene.platform,
                scene.status,
                &scene.progress,
                Files::default(),
                scene.now,
            )
            .armed;
            scene = Scene {
                status: Status::Publishing,
                progress: armed,
                ..scene
            };
        }
        assert!(waits.is_sorted_by(|a, b| a < b), "{step:?} {waits:?}");
        assert!(
            waits[0] <= secs(3) && waits[7] >= secs(200),
            "{step:?} {waits:?}"
        );
    }
}
