//! How fast the product is, on one machine and in one run: beside the bare databases, and beside a
//! peer that does the same job on Fastify, PostgreSQL and BullMQ. A program that prints ratios, and
//! no test: what a machine does in a second is no property of the code.
//!
//! | where | what |
//! |---|---|
//! | [`accept`], [`raw`] | posts accepted, against the same INSERTs straight through the driver |
//! | [`publish`] | from submit to live, and deliveries per second, with 1, 2 and 4 workers |
//! | [`schedule`] | how late 10,000 posts are that are due in one second |
//! | [`cost`] | what one post costs: CPU, commands, statements, bytes |
//! | [`growth`], [`fill`] | whether it stays as fast with a million posts scheduled |
//! | [`idle`] | start, memory and CPU of the one process without servers |
//! | [`against`], [`peer`] | the same load on the peer |
//! | [`rig`], [`product`] | what is measured, running; how the product is started |
//! | [`customer`], [`connection`], [`counting`] | the load |
//! | [`run`] | a steady rate and a burst, and what is measured of each |
//! | [`usage`], [`servers`] | what processes and servers have used so far |
//! | [`numbers`], [`table`], [`machine`] | medians, tables, what it ran on |

pub mod accept;
pub mod against;
pub mod connection;
pub mod cost;
pub mod counting;
pub mod customer;
pub mod fill;
pub mod growth;
pub mod idle;
pub mod machine;
pub mod numbers;
pub mod peer;
pub mod product;
pub mod publish;
pub mod raw;
pub mod rig;
pub mod run;
pub mod schedule;
pub mod servers;
pub mod table;
pub mod usage;

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Posts a second where the load is steady.
    pub rate: usize,
    /// How many seconds a steady load lasts.
    pub seconds: usize,
    /// Posts in a burst.
    pub burst: usize,
    /// How often all of a section is measured, in turns; medians are printed.
    pub rounds: usize,
    /// Posts in the table where growth is measured; the first is what the others are held against.
    pub sizes: &'static [u64],
    /// Posts that fall due in one second.
    pub due: u64,
    /// How many seconds an idle process is watched.
    pub idle_seconds: u64,
    /// Worker processes that the product and the peer are measured with.
    pub workers: &'static [usize],
}

impl Plan {
    /// Under 15 minutes.
    pub fn whole() -> Self {
        Plan {
            rate: 300,
            seconds: 8,
            burst: 2_000,
            rounds: 3,
            sizes: &[1_000, 100_000, 1_000_000],
            due: 10_000,
            idle_seconds: 30,
            workers: &[1, 2, 4],
        }
    }

    /// About three minutes.
    pub fn brief() -> Self {
        Plan {
            seconds: 4,
            burst: 1_000,
            rounds: 1,
            sizes: &[1_000, 100_000],
            due: 3_000,
            idle_seconds: 10,
            workers: &[1, 2],
            ..Self::whole()
        }
    }
}
