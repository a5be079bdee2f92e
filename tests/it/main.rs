//! The product from outside. Every test owns its database, queue and ports; time is moved by
//! hand; the simulator counts what is live.

mod api_rules;
mod edits;
mod happy;
mod lists;
mod outcomes;
mod pace;
mod processes;
mod schedule;
mod stand_in;
