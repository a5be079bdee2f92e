//! Whatever goes wrong, and for however long: a delivery ends, and the platform is not pestered.

use platforms::LimitScope;

use super::drive::{Delivery, Turn, World};
use super::every::{container_statuses, meanings};
use super::*;

/// Any 24 hours hold at most this many visible calls of one delivery.
const SENDS_A_DAY: usize = 300;

/// Drives a delivery of one part against `world` and says what became of it.
fn driven(platform: Platform, world: &mut impl World) -> Delivery {
    let mut delivery = Delivery::new(platform, 1);
    let ended = delivery.run(world, &Settings::default(), 50_000);
    assert_eq!(ended, Ok(()), "{:?}", delivery.progress);
    let sends = delivery.sends();
    let busiest = sends.iter().map(|from| {
        sends
            .iter()
            .filter(|at| **at >= *from && at.since(*from) < DAY)
            .count()
    });
    let busiest = busiest.max().unwrap_or(0);
    assert!(busiest < SENDS_A_DAY, "{busiest} sends in 24 hours");
    delivery
}

/// A platform at its best, but for `wrong`.
fn usual(
    wrong: impl Fn(&Step, Timestamp) -> Option<Result<Success, Failure>>,
) -> impl FnMut(&Delivery, &Step, Timestamp) -> Result<Success, Failure> {
    move |_, step, now| {
        wrong(step, now).unwrap_or_else(|| match step {
            Step::CreateContainer => Ok(Success::Container { id: "c1".into() }),
            Step::CheckContainer(_) => status(ContainerStatus::Finished),
            Step::PublishContainer(_) | Step::CreatePost => Ok(Success::Live {
                remote_id: "m1".into(),
                url: None,
            }),
            Step::ReadPermalink { .. } => Ok(Success::Permalink(None)),
            Step::FindPost => not_found(true),
            of_a_file => unreachable!("{of_a_file:?} without a file"),
        })
    }
}

/// Named times move on with the clock.
fn at_that_time(meaning: &Meaning, now: Timestamp, ahead: Duration) -> Meaning {
    match meaning {
        Meaning::Limited {
            scope,
            until_ms: Some(_),
        } => Meaning::Limited {
            scope: *scope,
            until_ms: Some((now + ahead).as_ms()),
        },
        other => other.clone(),
    }
}

fn names_a_time(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Limited {
            until_ms: Some(_),
            ..
        }
    )
}

#[test]
fn a_delivery_that_fails_at_one_step_for_ever_ends_within_two_days() {
    for platform in [Platform::Threads, Platform::X] {
        for meaning in meanings()
            .into_iter()
            .filter(|meaning| !names_a_time(meaning))
        {
            for name in super::every::steps().iter().map(Step::name) {
                let mut world =
                    usual(|step, _| (step.name() == name).then(|| err(meaning.clone())));
                let delivery = driven(platform, &mut world);
                let took = delivery.now.since(START);
                assert!(
                    took < DAY * 2 + HOUR,
                    "{platform} {name} {meaning}: {took:?}"
                );
            }
        }
    }
}

#[test]
fn a_delivery_that_fails_at_everything_for_ever_ends_within_two_days() {
    for platform in [Platform::Threads, Platform::X] {
        for meaning in meanings()
            .into_iter()
            .filter(|meaning| !names_a_time(meaning))
        {
            for look in meanings()
                .into_iter()
                .filter(|meaning| !names_a_time(meaning))
            {
                let mut world = usual(|step, _| match step {
                    Step::CreateContainer => None,
                    step if step.publishes() => Some(err(meaning.clone())),
                    _ => Some(err(look.clone())),
                });
                let delivery = driven(platform, &mut world);
                assert!(
                    delivery.now.since(START) < DAY * 2 + HOUR,
                    "{platform} {meaning} {look}"
                );
            }
        }
    }
}

#[test]
fn whatever_a_container_says_after_each_send_without_an_answer_it_ends() {
    for after in container_statuses() {
        for complete in [true, false] {
            let sent = std::cell::Cell::new(false);
            let mut world = usual(|step, _| match step {
                // Fine before it is sent, and `after` from then on.
                Step::CheckContainer(_) => sent.replace(false).then(|| status(after.clone())),
                Step::PublishContainer(_) => {
                    sent.set(true);
                    Some(err(Meaning::Unknown))
                }
                Step::FindPost => {
                    sent.set(true);
                    Some(not_found(complete))
                }
                _ => None,
            });
            let delivery = driven(Platform::Threads, &mut world);
            assert!(delivery.now.since(START) < DAY * 4, "{after:?}");
        }
    }
}

#[test]
fn a_platform_that_loses_every_send_is_asked_less_and_less_often_and_then_no_more() {
    for platform in [Platform::Threads, Platform::X] {
        let mut world = usual(|step, _| step.publishes().then(|| err(Meaning::Unknown)));
        let delivery = driven(platform, &mut world);
        assert_eq!(delivery.status, Status::Failed);
        assert_eq!(
            delivery.code.as_deref(),
            Some("platform_unavailable"),
            "proven absent each time"
        );
        let took = delivery.now.since(START);
        assert!(took >= DAY && took < DAY + HOUR, "{took:?}");
        let sends = delivery.sends();
        assert!((50..200).contains(&sends.len()), "{} sends", sends.len());
        let gaps: Vec<Duration> = sends
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .collect();
        assert!(
            gaps[0] < secs(200) && gaps[gaps.len() - 1] > secs(600),
            "{gaps:?}"
        );
    }
}

#[test]
fn a_send_that_can_never_be_looked_at_is_not_repeated() {
    for platform in [Platform::Threads, Platform::X] {
        let mut world = usual(|step, _| match step {
            step if step.publishes() => Some(err(Meaning::Unknown)),
            Step::FindPost => Some(err(Meaning::Transient)),
            Step::CheckContainer(container) if container.id == "c1" => None,
            _ => None,
        });
        // The first status read makes the container ready; after the send nothing can be read.
        let sent = std::cell::Cell::new(false);
        let mut blind = |delivery: &Delivery, step: &Step, now: Timestamp| {
            sent.set(sent.get() || step.publishes());
            match step {
                Step::CheckContainer(_) if sent.get() => err(Meaning::Transient),
                _ => world(delivery, step, now),
            }
        };
        let delivery = driven(platform, &mut blind);
        assert_eq!(
            (delivery.status, delivery.code.as_deref()),
            (Status::Failed, Some("unconfirmed"))
        );
        assert_eq!(delivery.sends().len(), 1);
        assert!(delivery.now.since(START) >= DAY && delivery.now.since(START) < DAY + HOUR);
    }
}

#[test]
fn a_search_that_goes_on_for_long_rests_about_a_fifth_of_its_time() {
    for platform in [Platform::Threads, Platform::X] {
        let checkpoint = seen_live(platform);
        let mut scene = Scene::unconfirmed(platform).with(|all| all.checkpoint = checkpoint);
        let mut looks = 0;
        while scene.status == Status::Unconfirmed {
            let decision = scene.decide(&Step::FindPost, &err(Meaning::Transient));
            let before = scene.now.since(START);
            scene = scene.next(&decision);
            let rest = scene.now.since(START) - before;
            let longest = (before / 4).clamp(secs(30), secs(900));
            assert!(rest <= longest, "{rest:?} after {before:?}");
            looks += 1;
        }
        assert!((90..150).contains(&looks), "{looks} looks in a day");
    }
}

#[test]
fn the_look_that_settles_it_is_not_late_whoever_was_asked_before() {
    let settled = {
        let settings = Settings::default();
        settings.settle(Platform::Threads) + settings.call_timeout
    };
    for looks in [7, 8] {
        let mut scene = Scene::unconfirmed(Platform::Threads).after(settled);
        scene.progress.looks = looks;
        while scene.status == Status::Unconfirmed {
            let outcome = match scene.planned() {
                Step::CheckContainer(_) => status(ContainerStatus::Finished),
                _ => not_found(true),
            };
            scene = scene.next(&scene.decide(&scene.planned(), &outcome));
        }
        let late = scene.now.since(START) - settled;
        assert!(late < secs(3), "{late:?} after look {looks}");
    }
}

#[test]
fn a_worker_that_dies_at_every_send_ends_too() {
    struct Deadly<W>(W);
    impl<W: World> World for Deadly<W> {
        fn take(&mut self, delivery: &Delivery, step: &Step, now: Timestamp) -> Turn {
            if step.publishes() {
                Turn::Died { down: secs(1) }
            } else {
                self.0.take(delivery, step, now)
            }
        }
    }
    for platform in [Platform::Threads, Platform::X] {
        let delivery = driven(platform, &mut Deadly(usual(|_, _| None)));
        assert_eq!(delivery.status, Status::Failed);
        assert!(
            delivery.now.since(START) < DAY + HOUR,
            "{:?}",
            delivery.now.since(START)
        );
    }
}

#[test]
fn a_platform_that_names_times_which_do_not_hold_is_asked_less_and_less_often() {
    for platform in [Platform::Threads, Platform::X] {
        for ahead in [Duration::ZERO, secs(1), HOUR] {
            let limited = Meaning::Limited {
                scope: LimitScope::Account,
                until_ms: Some(0),
            };
            let mut world = usual(|step, now| {
                (step.publishes() && now < START + DAY * 3)
                    .then(|| err(at_that_time(&limited, now, ahead)))
            });
            let delivery = driven(platform, &mut world);
            if ahead >= secs(1) {
                assert_eq!(
                    delivery.status,
                    Status::Published,
                    "waiting at the platform's word is no failure"
                );
            }
        }
    }
}

#[test]
fn patience_ends_after_the_time_that_is_set_and_not_before() {
    for platform in [Platform::Threads, Platform::X] {
        let out = |hours: u64| {
            let mut world = usual(move |step, now| {
                (!matches!(step, Step::ReadPermalink { .. }) && now < START + HOUR * hours as u32)
                    .then(|| err(Meaning::NotDone))
            });
            driven(platform, &mut world)
        };
        assert_eq!(out(23).status, Status::Published);
        let given_up = out(26);
        assert_eq!(given_up.code.as_deref(), Some("platform_unreachable"));
        let took = given_up.now.since(START);
        assert!(took >= DAY && took < DAY + secs(700), "{took:?}");
    }
}
