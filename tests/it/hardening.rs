//! The API against strangers: how much of them it bears, what it tells them, and that nobody gets
//! further than they may.

mod answers;
mod authorization;
mod bodies;
mod rates;
mod slow;
