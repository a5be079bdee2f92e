//! A run in which everything goes wrong that can: the built binary as processes, a simulator that
//! misbehaves in every way it knows, servers that fail, workers that are killed. At the end the
//! simulator is asked what is live, and the record must say the same.
//!
//! Time passes faster than it does (`DUALPOSTS_TIME_LAPSE`), so that leases, settling times and
//! back-offs keep the lengths that they have in production.
//!
//! | where | what |
//! |---|---|
//! | [`plan`] | the size of a run, its seed, and all lengths of time |
//! | [`product`] | the product's processes, kept alive as an init system does |
//! | [`posts`], [`files`] | what is written, and what it shows |
//! | [`customer`] | who uploads, submits, cancels, retries and reconnects |
//! | [`platforms`] | what the platforms do wrong |
//! | [`infrastructure`] | what happens to processes and servers |
//! | [`judge`] | what is live, compared with what is on record |
//! | [`report`] | the table at the end |

pub mod customer;
pub mod files;
pub mod infrastructure;
pub mod judge;
pub mod plan;
pub mod platforms;
pub mod posts;
pub mod product;
pub mod report;
mod run;

pub use plan::Plan;
pub use report::Report;
pub use run::run;
