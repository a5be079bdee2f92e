use super::*;

const QUARTER: Duration = Duration::from_secs(900);
const DAY: Duration = Duration::from_secs(86_400);
const NOW: Timestamp = Timestamp::from_ms(1_000_000_000);

fn fixed(max: i64, used: i64, resets_in: Duration) -> Window {
    Window::Fixed {
        max,
        length: QUARTER,
        used,
        resets_at: NOW + resets_in,
    }
}

fn one(at: Timestamp) -> Item {
    Item {
        at,
        messages: vec![vec![0]],
    }
}

fn begins(windows: Vec<Window>, items: &[Item]) -> Vec<Timestamp> {
    let going = simulate(windows, items, NOW);
    going
        .into_iter()
        .map(|going| going.expect("all of it").begins_at)
        .collect()
}

#[test]
fn what_does_not_fit_goes_when_the_window_begins_anew() {
    let windows = vec![fixed(2, 1, QUARTER / 3)];
    let second = Duration::from_secs(1);
    let items = [one(NOW), one(NOW + second), one(NOW + second * 2)];
    let frees = NOW + QUARTER / 3;
    assert_eq!(begins(windows, &items), [NOW, frees, frees]);
}

#[test]
fn a_rolling_limit_frees_one_place_after_the_other() {
    let hour = Duration::from_secs(3_600);
    let windows = vec![Window::Rolling {
        max: 2,
        length: DAY,
        went_out: [NOW - hour * 10, NOW - hour].into(),
    }];
    let items = [one(NOW), one(NOW), one(NOW)];
    let first = NOW + hour * 14;
    let second = NOW + hour * 23;
    assert_eq!(begins(windows, &items), [first, second, first + DAY]);
}

#[test]
fn a_chain_waits_in_the_middle_and_tells_for_what() {
    let windows = vec![fixed(2, 0, Duration::ZERO), fixed(9, 0, Duration::ZERO)];
    let chain = Item {
        at: NOW,
        messages: vec![vec![0, 1]; 3],
    };
    let going = simulate(windows, &[chain], NOW)[0].unwrap();
    assert_eq!((going.begins_at, going.ends_at), (NOW, NOW + QUARTER));
    assert_eq!(going.held_by, Some(0));
}

#[test]
fn a_limit_that_lets_nearly_nothing_through_ends_in_time() {
    let windows = vec![fixed(1, 0, Duration::ZERO)];
    let items: Vec<Item> = (0..2_000).map(|_| one(NOW)).collect();
    let going = simulate(windows, &items, NOW);
    let known: Vec<Timestamp> = going
        .iter()
        .flatten()
        .map(|going| going.begins_at)
        .collect();
    assert!(known.len() > 100 && known.len() < 2_000, "{}", known.len());
    assert!(known.is_sorted() && known.windows(2).all(|two| two[1] == two[0] + QUARTER));
}

/// Pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn seconds(&mut self, most: u64) -> Duration {
        Duration::from_secs(self.below(most))
    }
}

/// A few windows of both kinds, and deliveries of up to four messages that each take from some of them.
fn drawn(dice: &mut Dice) -> (Vec<Window>, Vec<Item>) {
    let mut windows = Vec::new();
    for _ in 0..=dice.below(3) {
        let max = 1 + dice.below(6);
        windows.push(if dice.below(2) == 0 {
            Window::Fixed {
                max: max as i64,
                length: Duration::from_secs(600) + dice.seconds(3_000),
                used: dice.below(max + 1) as i64,
                resets_at: NOW + dice.seconds(3_000),
            }
        } else {
            let length = Duration::from_secs(3_600);
            let mut went_out: Vec<Timestamp> = (0..dice.below(max + 1))
                .map(|_| NOW - dice.seconds(3_600))
                .collect();
            went_out.sort();
            Window::Rolling {
                max: max as usize,
                length,
                went_out: went_out.into(),
            }
        });
    }
    let items = (0..dice.below(60)).map(|_| {
        let takes: Takes = (0..windows.len()).filter(|_| dice.below(3) > 0).collect();
        Item {
            at: NOW + dice.seconds(7_200),
            messages: vec![takes; 1 + dice.below(4) as usize],
        }
    });
    let items = items.collect();
    (windows, items)
}

/// Never more in any window than its maximum: counted anew, from what the simulation answers alone.
#[test]
fn no_window_ever_holds_more_than_its_maximum() {
    for seed in 0..2_000 {
        let (windows, items) = drawn(&mut Dice(seed));
        // One message each, so that every time is in the answer.
        let single: Vec<Item> = items
            .iter()
            .map(|item| Item {
                messages: item.messages[..1].to_vec(),
                ..item.clone()
            })
            .collect();
        let going = simulate(windows.clone(), &single, NOW);
        for (number, window) in windows.iter().enumerate() {
            let mut times: Vec<Timestamp> = going
                .iter()
                .zip(&single)
                .filter(|(_, item)| item.messages[0].contains(&number))
                .map(|(going, _)| going.expect("all of it").begins_at)
                .collect();
            times.sort();
            check(seed, window, &times);
        }
    }
}

fn check(seed: u64, window: &Window, times: &[Timestamp]) {
    match window {
        Window::Rolling {
            max,
            length,
            went_out,
        } => {
            let all: Vec<Timestamp> = went_out
                .iter()
                .copied()
                .chain(times.iter().copied())
                .collect();
            for (index, at) in all.iter().enumerate() {
                let within = all[..=index]
                    .iter()
                    .filter(|other| **other + *length > *at)
                    .count();
                assert!(within <= *max, "seed {seed}: {within} of {max} at {at}");
            }
        }
        Window::Fixed {
            max,
            length,
            used,
            resets_at,
        } => {
            let (mut used, mut ends) = (*used, *resets_at);
            for at in times {
                if *at >= ends {
                    (used, ends) = (0, *at + *length);
                }
                used += 1;
                assert!(used <= *max, "seed {seed}: {used} of {max} at {at}");
            }
        }
    }
}

#[test]
fn nothing_goes_before_its_time_and_everything_goes_whole() {
    for seed in 0..2_000 {
        let (windows, items) = drawn(&mut Dice(seed));
        for (going, item) in simulate(windows, &items, NOW).iter().zip(&items) {
            let going = going.expect("all of it");
            assert!(going.begins_at >= item.at && going.ends_at >= going.begins_at);
            assert_eq!(
                going.held_by.is_some(),
                going.begins_at > item.at || going.ends_at > going.begins_at,
                "seed {seed}"
            );
        }
    }
}

/// Of two that take the same, the older one goes first unless the younger one was due before it.
#[test]
fn the_order_is_kept() {
    for seed in 0..2_000 {
        let (windows, items) = drawn(&mut Dice(seed));
        let going = simulate(windows, &items, NOW);
        for (older, first) in items.iter().enumerate() {
            for (younger, second) in items.iter().enumerate().skip(older + 1) {
                if first.at <= second.at && first.messages[0] == second.messages[0] {
                    let (first, second) = (going[older].unwrap(), going[younger].unwrap());
                    assert!(first.begins_at <= second.begins_at, "seed {seed}");
                }
            }
        }
    }
}
