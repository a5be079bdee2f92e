//! The schema, step by step: plain SQL that SQLite and PostgreSQL both take, with CHECKs that
//! make illegal states impossible and partial indexes behind each hot query.
//!
//! A migration expands first and contracts in a later release; it never imports `entities`.

#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait is written so, and async_trait needs the same"
)]

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

mod dialect;
mod m0001_accounts;
mod m0002_posts;
mod m0003_rates;
mod m0004_refused_containers;
mod m0005_sign_in;
mod m0006_one_check;
mod m0007_media;
mod m0008_errands;
mod m0009_told_events;
mod m0010_webhooks;
mod m0011_spend;
mod m0012_fairness;
mod m0013_traces;
mod m0015_webhook_pace;

/// Brings a database to the newest schema.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_posts::Migration),
            Box::new(m0003_rates::Migration),
            Box::new(m0004_refused_containers::Migration),
            Box::new(m0005_sign_in::Migration),
            Box::new(m0006_one_check::Migration),
            Box::new(m0007_media::Migration),
            Box::new(m0008_errands::Migration),
            Box::new(m0009_told_events::Migration),
            Box::new(m0010_webhooks::Migration),
            Box::new(m0011_spend::Migration),
            Box::new(m0012_fairness::Migration),
            Box::new(m0013_traces::Migration),
            Box::new(m0015_webhook_pace::Migration),
        ]
    }
}

/// The names of all steps, oldest first, as a database keeps them.
pub fn names() -> Vec<String> {
    let steps = Migrator::migrations();
    steps.iter().map(|step| step.name().to_owned()).collect()
}
