//! The visible call on both platforms, and the address of what it made.

use platforms::LimitScope;

use super::*;
use entities::record::TokenFate;

fn live(remote_id: &str, url: Option<&str>) -> Result<Success, Failure> {
    Ok(Success::Live {
        remote_id: remote_id.into(),
        url: url.map(str::to_owned),
    })
}

/// What is saved of a post whose id the platform told.
fn told(id: &str, url: Option<&str>, published_at: Timestamp) -> LivePart {
    let (remote_id, url) = (Some(id.to_owned()), url.map(str::to_owned));
    LivePart {
        part_index: 0,
        remote_id,
        url,
        published_at,
        found: false,
    }
}

fn sending(platform: Platform) -> Scene {
    Scene::publishing(platform, sent(platform))
}

/// A send after one whose outcome was unknown and that was then found absent.
fn sending_again(platform: Platform) -> Scene {
    sending(platform).with(|progress| progress.unresolved_since = Some(START))
}

#[test]
fn a_post_on_x_that_is_live_is_published_with_id_and_address() {
    let scene = sending(Platform::X);
    let decision = scene.decide(&Step::CreatePost, &live("x1", Some("https://x/x1")));
    assert_eq!(decision.change.to(), Status::Published);
    assert!(saves(
        &decision.change,
        told("x1", Some("https://x/x1"), scene.now)
    ));
}

#[test]
fn the_next_part_of_a_chain_begins_when_the_one_before_is_saved() {
    let scene = sending_again(Platform::X).of_parts(2);
    let decision = scene.decide(&Step::CreatePost, &live("x1", None));
    assert!(decision.change.keeps_claim());
    assert_eq!(
        *decision.change.progress(),
        Progress::start(1),
        "nothing of the first part is carried over"
    );
    let part = told("x1", None, scene.now);
    assert!(saves(&decision.change, part));
}

#[test]
fn a_post_on_threads_that_is_live_is_saved_before_its_address_is_asked_for() {
    let scene = sending_again(Platform::Threads);
    let decision = scene.decide(&send(Platform::Threads), &live("m1", None));
    assert!(decision.change.keeps_claim());
    let part = told("m1", None, scene.now);
    assert!(saves(&decision.change, part));
    assert_eq!(decision.change.progress().unresolved_since, None);
    assert_eq!(
        scene.next(&decision).planned(),
        Step::ReadPermalink {
            remote_id: "m1".into()
        }
    );
}

#[test]
fn an_address_that_can_not_be_had_is_left_out() {
    for wrong in super::every::meanings() {
        let step = Step::ReadPermalink {
            remote_id: "m1".into(),
        };
        let mut scene = Scene::publishing(
            Platform::Threads,
            Checkpoint::Live {
                remote_id: "m1".into(),
            },
        );
        for _ in 0..2 {
            let decision = scene.decide(&step, &err(wrong.clone()));
            assert_eq!(decision.change.to(), Status::Processing, "{wrong}");
            scene = scene.next(&decision);
            assert_eq!(scene.planned(), step);
            scene.status = Status::Publishing;
        }
        let decision = scene.decide(&step, &err(wrong.clone()));
        assert_eq!(decision.change.to(), Status::Published, "{wrong}");
        let part = told("m1", None, scene.now);
        assert!(saves(&decision.change, part), "{wrong}");
    }
}

#[test]
fn an_address_is_asked_for_again_when_a_burst_of_refusals_is_over() {
    let live = Checkpoint::Live {
        remote_id: "m1".into(),
    };
    let scene = Scene::publishing(Platform::Threads, live);
    for (named_s, expected_s) in [
        (None, 60),
        (Some(120), 120),
        (Some(7_200), 300),
        (Some(-5), 60),
    ] {
        let until_ms = named_s.map(|seconds| scene.now.as_ms() + seconds * 1_000);
        let scope = LimitScope::Account;
        let limited = err(Meaning::Limited { scope, until_ms });
        let decision = scene.decide(&scene.planned(), &limited);
        assert_eq!(decision.change.to(), Status::Processing);
        assert_eq!(
            decision.change.next_at(),
            Some(scene.now + secs(expected_s))
        );
    }
}

#[test]
fn the_first_duplicate_on_x_is_a_refusal() {
    let decision = sending(Platform::X).decide(&Step::CreatePost, &err(Meaning::Duplicate));
    assert_eq!(decision.change.to(), Status::Failed);
    assert_eq!(code(&decision), Some("duplicate_content"));
    assert!(!decision.change.error().unwrap().retryable);
}

#[test]
fn a_duplicate_after_an_unresolved_send_is_looked_for_and_adopted() {
    let scene = sending_again(Platform::X).after(secs(400));
    let decision = scene.decide(&Step::CreatePost, &err(Meaning::Duplicate));
    assert_eq!(decision.change.to(), Status::Unconfirmed);
    assert_eq!(
        decision.change.next_at(),
        Some(scene.now),
        "it is there: no reason to wait"
    );

    let mut looking = scene.next(&decision);
    for _ in 0..5 {
        let decision = looking.decide(&looking.planned(), &not_found(true));
        assert_eq!(
            decision.change.to(),
            Status::Unconfirmed,
            "the list lags, the platform's word stands"
        );
        looking = looking.next(&decision);
    }
    let decision = looking.decide(&looking.planned(), &found("x1"));
    assert_eq!(decision.change.to(), Status::Published);
    assert!(saves(&decision.change, adopted(0, "x1")));
}

#[test]
fn a_duplicate_that_is_never_found_is_left_to_a_person() {
    let scene = sending_again(Platform::X);
    let decision = scene.decide(&Step::CreatePost, &err(Meaning::Duplicate));
    let mut looking = scene.next(&decision);
    while looking.status == Status::Unconfirmed {
        let decision = looking.decide(&looking.planned(), &not_found(true));
        looking = looking.next(&decision);
        if looking.status != Status::Unconfirmed {
            assert_eq!(
                (looking.status, code(&decision)),
                (Status::Failed, Some("unconfirmed"))
            );
        }
    }
    let took = looking.now.since(START);
    assert!(took > secs(900) && took < HOUR, "{took:?}");
}

#[test]
fn a_post_to_answer_that_is_gone_ends_the_chain_on_x() {
    let scene = sending(Platform::X)
        .of_parts(2)
        .with(|progress| progress.part_index = 1);
    let decision = scene.decide(&Step::CreatePost, &err(Meaning::NotFound));
    assert_eq!(
        (decision.change.to(), code(&decision)),
        (Status::Failed, Some("reply_target_missing"))
    );
}

#[test]
fn a_dead_token_waits_for_a_new_one_with_nothing_sent() {
    for platform in [Platform::Threads, Platform::X] {
        for scene in [sending(platform), sending_again(platform)] {
            let decision = scene.decide(&send(platform), &err(Meaning::Unauthorized));
            assert_eq!(decision.change.to(), Status::NeedsReconnect);
            assert!(matches!(decision.token, Some(TokenFate::Dead { .. })));
            let checkpoint = &decision.change.progress().checkpoint;
            let expected = match platform {
                Platform::Threads => Checkpoint::Ready {
                    container: container(),
                },
                Platform::X => Checkpoint::Start,
            };
            assert_eq!(*checkpoint, expected);
            let reconnected = Scene {
                status: Status::Queued,
                ..scene.next(&decision)
            };
            assert_eq!(reconnected.planned(), send(platform));
        }
    }
}

#[test]
fn a_refusal_is_final_and_says_what_the_platform_said() {
    for platform in [Platform::Threads, Platform::X] {
        let refusal = err(Meaning::Rejected {
            code: "text_too_long",
        });
        let decision = sending(platform).decide(&send(platform), &refusal);
        assert_eq!(
            (decision.change.to(), code(&decision)),
            (Status::Failed, Some("text_too_long"))
        );
        let said = decision.change.error().unwrap().platform.clone().unwrap();
        assert_eq!(
            (said.http_status, said.message.as_deref()),
            (Some(400), Some("no"))
        );
    }
}
