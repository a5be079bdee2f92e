//! The worker: wakes due deliveries, publishes them, resolves what is unknown.
//!
//! One delivery moves like this: read it with all that the decision needs (`entities::claims`),
//! [`step::plan`] the next step, claim it, [`perform`] the one call, [`decide`] what it means,
//! write it down (`entities::record`), and go on while the next step is due. `plan` and `decide`
//! are pure; everything that waits is a column in the database.
//!
//! | where | what |
//! |---|---|
//! | [`settings`], [`limits`] | how patient, how fast |
//! | [`step`], [`decide`], [`search`], [`explain`], [`backoff`] | pure decisions |
//! | [`perform`], [`publish`] | one step on a platform; the loop around it |
//! | [`loads`] | what is to be published, read together |
//! | [`source`] | where files come from |
//! | [`token`], [`flights`] | the token for a step, renewed or fetched by one worker at a time |
//! | [`spend`] | what a step costs |
//! | [`quota`] | telling that little is left |
//! | [`errands`] | removing what is live, and seeing whether it still is |
//! | [`tell`] | telling what happened |
//! | [`notify`] | telling customers' webhooks what happened |
//! | [`relay`], [`run`] | what hands out due work; what runs in a process |

pub mod backoff;
pub mod decide;
pub mod errands;
pub mod explain;
pub mod flights;
pub mod left;
pub mod limits;
pub mod loads;
pub mod notify;
pub mod perform;
pub mod publish;
pub mod quota;
pub mod relay;
pub mod run;
pub mod search;
pub mod settings;
pub mod source;
pub mod spend;
pub mod step;
pub mod tell;
pub mod token;

use entities::boundary::Boundaries;
use entities::vault::Vault;
use entities::{Clock, Database};
use queue::Queue;
use tokio_util::sync::CancellationToken;

pub use flights::Flights;
pub use loads::Loads;
pub use notify::Notifier;
pub use settings::Settings;
pub use source::Source;

/// Everything that a worker works with. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    pub database: Database,
    pub queue: Queue,
    pub clock: Clock,
    pub vault: Vault,
    pub platforms: Platforms,
    /// The files of posts.
    pub source: Source,
    /// What reads the deliveries of its jobs.
    pub loads: Loads,
    /// Keeps tokens for those who sign in with it.
    pub clerk: Option<clerk::backend::Client>,
    /// What of tokens is under way in this process.
    pub flights: Flights,
    /// What webhooks are sent with, and the bell for what is new.
    pub notifier: Notifier,
    pub settings: Settings,
    /// Which process this is, in claims and attempts.
    pub name: String,
    /// Once cancelled, no further step is begun.
    pub stop: CancellationToken,
    /// Who watches where it is; nobody outside of tests.
    pub boundaries: Boundaries,
}

/// The clients of the platforms.
#[derive(Clone)]
pub struct Platforms {
    pub threads: platforms::threads::Client,
    pub x: platforms::x::Client,
    /// Our app at X, without which no token of X can be renewed.
    pub x_app: Option<platforms::x::oauth::App>,
    /// Where people read posts on X; X does not tell a post's address.
    pub x_web_url: String,
}
