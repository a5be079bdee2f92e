//! The handle that tests and the binary hold.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::net::TcpListener;

use crate::account::{NewAccount, Platform, SimAccount};
use crate::call::Call;
use crate::clerk::Clerk;
use crate::fault::{ActiveRule, FaultRule, Holds, RuleReport};
use crate::grants::TokenInfo;
use crate::media::Fetcher;
use crate::post::{self, Duplicate, LivePost};
use crate::running::Running;
use crate::serve;
use crate::settings::Settings;
use crate::threads;
use crate::world::World;

/// A fake of Threads and X in one process. Clones share one world.
#[derive(Clone)]
pub struct Simulator(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    settings: RwLock<Arc<Settings>>,
    advanced_ms: AtomicI64,
    world: Mutex<World>,
    clerk: Mutex<Clerk>,
    /// Where it listens; nowhere until it is served.
    address: OnceLock<SocketAddr>,
    pub(crate) fetcher: Fetcher,
    pub(crate) holds: Holds,
    pub(crate) running: Running,
}

impl Simulator {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let now_ms = settings.clock.now_ms();
        let clerk = Clerk::new(settings.seed, &settings.clerk, now_ms);
        Self(Arc::new(Inner {
            clerk: Mutex::new(clerk),
            address: OnceLock::new(),
            world: Mutex::new(World::new(settings.seed)),
            settings: RwLock::new(Arc::new(settings)),
            advanced_ms: AtomicI64::new(0),
            fetcher: Fetcher::default(),
            holds: Holds::default(),
            running: Running::default(),
        }))
    }

    /// Adds a profile, or finds it again by platform and handle; a different
    /// token then replaces the former one.
    pub fn add_account(&self, account: NewAccount) -> SimAccount {
        self.0.add_account(account)
    }

    /// Serves both platforms, the control paths and the pages until
    /// `shutdown` is done, then closes every connection.
    ///
    /// # Errors
    /// None at present; the listener's own are waited out.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        serve::serve(self.0, listener, shutdown).await
    }

    /// What the world can see, oldest first: the judge of every test.
    #[must_use]
    pub fn live_posts(&self) -> Vec<LivePost> {
        self.0.live_posts()
    }

    /// Texts that are live more than once on one account, with the same media.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        post::duplicates(&self.live_posts())
    }

    /// The last calls to the platforms, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.world().calls.all().cloned().collect()
    }

    /// Adds rules behind those that are there; the first that fires wins.
    pub fn add_faults(&self, rules: Vec<FaultRule>) {
        self.0
            .world()
            .rules
            .extend(rules.into_iter().map(ActiveRule::new));
    }

    /// The rules and how often each was met.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleReport> {
        self.0
            .world()
            .rules
            .iter()
            .map(ActiveRule::report)
            .collect()
    }

    /// Removes every rule. What they did already stays done.
    pub fn clear_faults(&self) {
        self.0.world().rules.clear();
    }

    /// Lets every held call go on; says how many there were.
    pub fn release(&self) -> usize {
        self.0.holds.release()
    }

    /// How many calls are held at this moment.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.holds.held()
    }

    /// Waits until so many calls are held at once.
    pub async fn until_held(&self, count: usize) {
        self.0.holds.until_held(count).await;
    }

    /// Waits until no call to a platform is on its way, those included whose
    /// client has gone: what they do has been done then. A held call counts
    /// as under way until it is released.
    pub async fn until_idle(&self) {
        self.0.running.until_none().await;
    }

    /// All tokens of the account are dead from now on, as when its user removes the app. Says whether there is such an account.
    pub fn revoke(&self, platform: Platform, username: &str) -> bool {
        self.0.world().revoke(platform, username)
    }

    /// What is known of the account's tokens, oldest first; nothing of an unknown account.
    #[must_use]
    pub fn tokens(&self, platform: Platform, username: &str) -> Vec<TokenInfo> {
        self.0.tokens(platform, username)
    }

    /// Every token of the account that opens the API is expired from now on; refresh tokens
    /// stay. Says whether there is such an account.
    pub fn expire_tokens(&self, platform: Platform, username: &str) -> bool {
        self.0.expire_tokens(platform, username)
    }

    /// How many refreshes of the account's tokens took effect since the last reset, whatever
    /// became of their answers.
    #[must_use]
    pub fn refresh_count(&self, platform: Platform, username: &str) -> u32 {
        let world = self.0.world();
        let account = world.accounts.named(platform, username);
        account.map_or(0, |id| world.grants.refresh_count(id))
    }

    /// What Threads posts to an app whose user has left it or wants everything deleted, as the
    /// form field `signed_request` (threads.md 2.5). `None`: there is no such account on Threads.
    #[must_use]
    pub fn signed_request(&self, username: &str) -> Option<String> {
        self.0.signed_request(username)
    }

    /// What X has charged so far, in millionths of a dollar (x.md 4.3).
    #[must_use]
    pub fn spent_microdollars(&self) -> i64 {
        self.0.world().spent_microdollars()
    }

    /// Changes how the platforms behave from the next call on.
    pub fn set_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.0.set_settings(change);
    }

    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings::clone(&self.0.settings())
    }

    /// Moves the simulator's clock ahead of the one in its settings.
    pub fn advance(&self, ms: i64) {
        self.0.advance(ms);
    }

    /// The simulator's time in Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }

    /// Forgets posts, calls, faults, windows and the advance of the clock.
    /// Accounts stay, and revoked tokens live again.
    pub fn reset(&self) {
        self.0.reset();
    }
}

impl Inner {
    /// A panic elsewhere must not take the judge down with it, so a poisoned
    /// lock is used all the same.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clerk(&self) -> MutexGuard<'_, Clerk> {
        self.clerk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listens_at(&self, address: SocketAddr) {
        let _ = self.address.set(address);
    }

    /// The simulator's own address without a slash at its end: that of the settings, or the one
    /// that it listens at.
    pub(crate) fn address(&self) -> String {
        if let Some(url) = &self.settings().clerk.url {
            return url.trim_end_matches('/').to_owned();
        }
        match self.address.get() {
            Some(address) if address.ip().is_unspecified() => {
                format!("http://127.0.0.1:{}", address.port())
            }
            Some(address) => format!("http://{address}"),
            None => "http://127.0.0.1".to_owned(),
        }
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut settings));
    }

    /// Read without any lock held, since the clock is the caller's own code.
    pub(crate) fn now_ms(&self) -> i64 {
        let clock = self.settings().clock.clone();
        clock.now_ms() + self.advanced_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.advanced_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn add_account(&self, account: NewAccount) -> SimAccount {
        let (seed, now_ms) = (self.settings().seed, self.now_ms());
        self.world().add_account(seed, account, now_ms)
    }

    pub(crate) fn tokens(&self, platform: Platform, username: &str) -> Vec<TokenInfo> {
        let world = self.world();
        let account = world.accounts.named(platform, username);
        let tokens = account.into_iter().flat_map(|id| world.grants.of(id));
        tokens.map(TokenInfo::from).collect()
    }

    pub(crate) fn expire_tokens(&self, platform: Platform, username: &str) -> bool {
        let now_ms = self.now_ms();
        let mut world = self.world();
        let account = world.accounts.named(platform, username);
        account.map(|id| world.grants.expire(id, now_ms)).is_some()
    }

    pub(crate) fn signed_request(&self, username: &str) -> Option<String> {
        let (settings, now_ms) = (self.settings(), self.now_ms());
        let world = self.world();
        let account = world.accounts.named(Platform::Threads, username)?;
        let user_id = &world.accounts.get(account).public.remote_user_id;
        let latest = world.grants.of(account);
        let latest = latest.filter_map(|token| token.grant.client_id.clone());
        // The app that the user connected last; the first one, when there is none.
        let apps = &settings.threads.oauth;
        let app = latest.last().and_then(|id| apps.app(&id));
        let app = app.or_else(|| apps.apps.first())?;
        Some(threads::signed_request(user_id, &app.secret, now_ms))
    }

    pub(crate) fn live_posts(&self) -> Vec<LivePost> {
        let settings = self.settings();
        self.world().live_posts(&settings)
    }

    pub(crate) fn live_count(&self) -> usize {
        self.world().live_count()
    }

    pub(crate) fn reset(&self) {
        self.world().reset();
        self.clerk().reset();
        self.advanced_ms.store(0, Ordering::Relaxed);
        self.holds.release();
    }
}
