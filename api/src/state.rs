//! What a handler works with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use entities::boundary::{Action, Boundaries, Side};
use entities::due;
use entities::quota::Limit;
use entities::rows::account;
use entities::vault::Vault;
use entities::{AccountId, Clock, Database, DeliveryId, Platform, Timestamp};
use queue::{Job, Line, Queue};
use tokio::sync::Semaphore;

use crate::clerk_link::Clerk;
use crate::connections::Connectors;
use crate::events::Hub;
use crate::exposure::Exposure;

/// How long a customer waits for the queue, whose answer changes nothing for them.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// How many files are looked at at once, unless set otherwise.
pub const LOOKING: usize = 2;

/// How many forecasts are made at once: each reads what somebody has scheduled.
pub const FORETELLING: usize = 2;

/// Everything that a handler works with. Cheap to clone.
#[derive(Clone)]
pub struct State {
    pub database: Database,
    pub queue: Queue,
    pub clock: Clock,
    pub vault: Vault,
    /// Whom people sign in with, if it is Clerk.
    pub clerk: Option<Clerk>,
    /// The apps that profiles are connected through.
    pub connectors: Connectors,
    pub threads: platforms::threads::Client,
    pub x: platforms::x::Client,
    /// Where files are kept.
    pub store: media::Store,
    /// How many files are looked at at once: each may take much memory for a moment.
    pub looking: Arc<Semaphore>,
    /// How many forecasts are made at once.
    pub foretelling: Arc<Semaphore>,
    /// Who follows what happens.
    pub news: Hub,
    /// What operators may read of it on the API's listener.
    pub exposure: Exposure,
    pub settings: Settings,
    /// Who watches where it is; nobody outside of tests.
    pub boundaries: Boundaries,
}

/// What differs from installation to installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a job may wait in the queue before the relay hands it out again.
    pub handed: Duration,
    /// Where people open the page, without a slash at the end: `https://post.example`.
    pub public_url: String,
    /// Where files are put while they come in.
    pub media_folder: PathBuf,
    /// Whether files are fetched by a platform on the internet, and not by a stand-in nearby.
    pub fetched_from_afar: bool,
    /// How far customers' webhooks may reach.
    pub webhooks_reach: webhooks::Reach,
    /// Connect by our own apps even where people sign in with Clerk.
    pub connect_by_own_apps: bool,
    /// The limits on publishing that workers keep to.
    pub limits: Vec<Limit>,
    /// What X may cost in a month, in millionths of a dollar.
    pub budget: Option<i64>,
    /// Where the simulator shows what it has published, when it stands in for the platforms.
    pub simulator_url: Option<String>,
    /// How much of strangers is borne.
    pub guard: crate::Guard,
}

/// How a profile is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectBy {
    /// By the platform's consent page, through our own app.
    Consent,
    /// By linking it at Clerk.
    Clerk,
    /// Only with a token at hand.
    TokenOnly,
}

impl State {
    /// How profiles of a platform are connected here.
    pub fn connect_by(&self, platform: Platform) -> ConnectBy {
        let has_app = match platform {
            Platform::Threads => self.connectors.threads.is_some(),
            Platform::X => self.connectors.x.is_some(),
        };
        match (self.clerk.is_some(), has_app) {
            (true, _) if !self.settings.connect_by_own_apps => ConnectBy::Clerk,
            (_, true) => ConnectBy::Consent,
            (_, false) => ConnectBy::TokenOnly,
        }
    }

    /// The accounts of which so much waits in the queue that the relay hands out the rest: nobody's
    /// burst fills the queue.
    pub fn crowded(&self, accounts: &[account::Model]) -> Vec<AccountId> {
        let ids = accounts.iter().map(|account| &account.id);
        ids.filter(|id| self.queue.is_crowded(&Line::of(id)))
            .cloned()
            .collect()
    }

    /// Wakes workers for deliveries that are due, each in its account's turn. When it fails, the relay does the same a little
    /// later, so a queue that is away costs the customer a moment and no more.
    pub async fn wake(&self, due: Vec<(AccountId, DeliveryId)>) {
        if due.is_empty() {
            return;
        }
        self.boundaries.at(Side::Before, Action::Push).await;
        let ids: Vec<DeliveryId> = due.iter().map(|(_, id)| id.clone()).collect();
        let jobs = due
            .into_iter()
            .map(|(account, id)| (Line::of(&account), Job::Publish(id)))
            .collect();
        let pushed = tokio::time::timeout(LONGEST_WAIT, self.queue.push(jobs)).await;
        match &pushed {
            Ok(Ok(pushed)) if pushed.crowds => self.ring_now().await,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "could not wake a worker; the relay will"),
            Err(_) => tracing::warn!("the queue takes too long; the relay will wake a worker"),
        }
        if !matches!(pushed, Ok(Ok(_)))
            && let Err(error) = due::hand_back(&self.database, &ids).await
        {
            tracing::debug!(%error, "the relay takes them up when their time in the queue is over");
        }
        self.boundaries.at(Side::After, Action::Push).await;
    }

    /// Tells the relay of something that falls due before it would look by itself.
    pub async fn ring(&self, at: Timestamp, now: Timestamp) {
        if at.since(now) > Duration::from_secs(2) {
            return;
        }
        self.ring_now().await;
    }

    async fn ring_now(&self) {
        if !matches!(
            tokio::time::timeout(LONGEST_WAIT, self.queue.ring()).await,
            Ok(Ok(()))
        ) {
            tracing::debug!("could not ring; the relay looks every second");
        }
    }
}
