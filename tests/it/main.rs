//! The product from outside. Every test owns its database, queue and ports; time is moved by
//! hand; the simulator counts what is live.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod accounts;
mod api_rules;
mod browser;
mod callbacks;
mod clerk;
mod connect;
mod cost;
mod crashes;
mod doctor;
mod documents;
mod edits;
mod errands;
mod events;
mod fairness;
mod forecast;
mod happy;
mod hardening;
mod idempotency;
mod illegal_rows;
mod infrastructure;
mod jitter;
mod kinds;
mod lists;
mod media;
mod metrics;
mod misfire;
mod model;
mod outcomes;
mod pace;
mod processes;
mod quota;
mod races;
mod requests;
mod restored;
mod rolling;
mod schedule;
mod sign_in;
mod stand_in;
mod tenancy;
mod tokens;
mod traces;
mod webhooks;
