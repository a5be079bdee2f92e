//! When what is planned will go out: the windows are filled in the order in which workers would. Pure.
//!
//! A worker whose delivery does not fit moves it to the moment at which the window frees, where it meets
//! all others that wait for the same; among those due at one moment the older delivery goes first. That
//! is done here without the calls.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use crate::Timestamp;

/// How many times a delivery may be looked at in all: enough for any real limit.
const MOST_STEPS: usize = 200_000;

/// A window, and what is in it at the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// It begins with a call and ends a fixed time later.
    Fixed {
        max: i64,
        length: Duration,
        used: i64,
        /// When the one that stands ends.
        resets_at: Timestamp,
    },
    /// It holds what went out in the time just past.
    Rolling {
        max: usize,
        length: Duration,
        /// Oldest first.
        went_out: VecDeque<Timestamp>,
    },
}

impl Window {
    /// When a call fits that is to be made at `at`.
    fn fits_at(&self, at: Timestamp) -> Timestamp {
        match self {
            Window::Fixed {
                max,
                used,
                resets_at,
                ..
            } => match at < *resets_at && used >= max {
                true => *resets_at,
                false => at,
            },
            Window::Rolling {
                max,
                length,
                went_out,
            } => match went_out.len().checked_sub(*max) {
                // The last of those that must have left it.
                Some(index) => went_out
                    .get(index)
                    .map_or(at, |gone| at.max(*gone + *length)),
                None => at,
            },
        }
    }

    fn take(&mut self, at: Timestamp) {
        match self {
            Window::Fixed {
                length,
                used,
                resets_at,
                ..
            } => {
                if at >= *resets_at {
                    *resets_at = at + *length;
                    *used = 0;
                }
                *used += 1;
            }
            Window::Rolling {
                length, went_out, ..
            } => {
                while went_out.front().is_some_and(|gone| *gone + *length <= at) {
                    went_out.pop_front();
                }
                went_out.push_back(at);
            }
        }
    }
}

/// What one message takes from: indexes of windows.
pub type Takes = Vec<usize>;

/// A delivery that is to go out, message by message. They come in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub at: Timestamp,
    /// For each message that is left.
    pub messages: Vec<Takes>,
}

/// When it will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Going {
    /// Its first message.
    pub begins_at: Timestamp,
    /// Its last.
    pub ends_at: Timestamp,
    /// The window that first kept it waiting.
    pub held_by: Option<usize>,
}

/// What comes of all, in the order in which they came. `None`: so far the simulation did not go.
pub fn simulate(mut windows: Vec<Window>, items: &[Item], now: Timestamp) -> Vec<Option<Going>> {
    struct State {
        next_message: usize,
        going: Option<Going>,
        held_by: Option<usize>,
    }
    let mut states: Vec<State> = items
        .iter()
        .map(|_| State {
            next_message: 0,
            going: None,
            held_by: None,
        })
        .collect();
    let due = items
        .iter()
        .enumerate()
        .map(|(index, item)| Reverse((item.at.max(now), index)));
    let mut queue: BinaryHeap<Reverse<(Timestamp, usize)>> = due.collect();
    let mut steps = 0;
    while let Some(Reverse((at, index))) = queue.pop() {
        steps += 1;
        if steps > MOST_STEPS {
            break;
        }
        let state = &mut states[index];
        let Some(takes) = items[index].messages.get(state.next_message) else {
            continue;
        };
        let blocked = takes
            .iter()
            .map(|window| (windows[*window].fits_at(at), *window))
            .filter(|(fits_at, _)| *fits_at > at)
            .max();
        if let Some((fits_at, window)) = blocked {
            state.held_by = state.held_by.or(Some(window));
            queue.push(Reverse((fits_at, index)));
            continue;
        }
        for window in takes {
            windows[*window].take(at);
        }
        state.next_message += 1;
        let begins_at = state.going.map_or(at, |going| going.begins_at);
        state.going = Some(Going {
            begins_at,
            ends_at: at,
            held_by: state.held_by,
        });
        queue.push(Reverse((at, index)));
    }
    states
        .into_iter()
        .zip(items)
        .map(|(state, item)| {
            let is_whole = state.next_message == item.messages.len();
            state.going.filter(|_| is_whole)
        })
        .collect()
}

#[cfg(test)]
#[path = "simulate_test.rs"]
mod tests;
