//! Random walks: whatever a platform and the workers' deaths do, no part is ever visible twice,
//! and what a delivery says at its end is true.

use super::drive::Delivery;
use super::world::{Dice, Unruly};
use super::*;

const WALKS: u64 = 20_000;

/// Walks once. An error tells what was broken.
fn walk(
    platform: Platform,
    seed: u64,
    delivery: &mut Delivery,
    settings: &Settings,
) -> Result<(), String> {
    let mut world = Unruly::new(platform, settings, Dice(seed));
    for retries_left in [2, 1, 0] {
        delivery.run(&mut world, settings, 20_000)?;
        is_the_truth(delivery, &world)?;
        if retries_left == 0
            || delivery.status != Status::Failed
            || delivery.code.as_deref() == Some("unconfirmed")
        {
            break;
        }
        delivery.retry();
    }
    Ok(())
}

fn is_the_truth(delivery: &Delivery, world: &Unruly) -> Result<(), String> {
    for part in 0..delivery.parts {
        let visible = world.posts.iter().filter(|post| post.part == part).count();
        let expected = match delivery.status {
            Status::Published => 1..=1,
            _ if part < delivery.progress.part_index => 1..=1,
            // Nobody knows, and it says so.
            _ if part == delivery.progress.part_index
                && delivery.code.as_deref() == Some("unconfirmed") =>
            {
                0..=1
            }
            _ => 0..=0,
        };
        if !expected.contains(&visible) {
            return Err(format!(
                "part {part} is visible {visible} times; {} {:?}",
                delivery.status, delivery.code
            ));
        }
    }
    Ok(())
}

/// How walks ended: published, unconfirmed, failed otherwise.
fn walks(platform: Platform) -> (u64, u64, u64) {
    let settings = Settings::default();
    let (mut published, mut unconfirmed, mut failed) = (0, 0, 0);
    for seed in 0..WALKS {
        let delivery = || Delivery::new(platform, 1 + (seed % 3) as i32);
        let mut first = delivery();
        if let Err(broken) = walk(platform, seed, &mut first, &settings) {
            let mut again = delivery();
            again.story = Some(Vec::new());
            let _ = walk(platform, seed, &mut again, &settings);
            panic!(
                "walk {seed} on {platform}: {broken}\n{}",
                again.story.unwrap_or_default().join("\n")
            );
        }
        match (first.status, first.code.as_deref()) {
            (Status::Published, _) => published += 1,
            (_, Some("unconfirmed")) => unconfirmed += 1,
            _ => failed += 1,
        }
    }
    (published, unconfirmed, failed)
}

#[test]
fn on_threads_nothing_is_ever_visible_twice_and_the_end_is_the_truth() {
    let (published, unconfirmed, failed) = walks(Platform::Threads);
    println!("{published} published, {unconfirmed} unconfirmed, {failed} failed");
    assert!(
        published > WALKS / 2,
        "only {published} of {WALKS} were published"
    );
    assert!(
        unconfirmed < WALKS / 50,
        "{unconfirmed} of {WALKS} were left to a person"
    );
}

#[test]
fn on_x_nothing_is_ever_visible_twice_and_the_end_is_the_truth() {
    let (published, unconfirmed, failed) = walks(Platform::X);
    println!("{published} published, {unconfirmed} unconfirmed, {failed} failed");
    assert!(
        published > WALKS / 2,
        "only {published} of {WALKS} were published"
    );
    assert!(
        unconfirmed < WALKS / 50,
        "{unconfirmed} of {WALKS} were left to a person"
    );
}
