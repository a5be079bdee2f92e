//! The product in a test: a real server on a free port, a worker driven by hand, a simulator
//! with one account on each platform, and one clock for all.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use api::connections::{Connectors, ThreadsConnector, XConnector};
use entities::accounts::{Connection, Credentials, connect};
use entities::boundary::{Boundaries, Boundary};
use entities::rows::account;
use entities::scopes::Scopes;
use entities::vault::Vault;
use entities::{AccountId, Clock, Platform, Timestamp, UserId, keys, sessions, users};
use media::{Store, StoreSettings};
use platforms::{HttpSettings, http_client};
use queue::Job;
use sea_orm::{ConnectionTrait, Statement};
use secrecy::ExposeSecret;
use simulator::{LivePost, NewAccount, Simulator};
use tokio_util::sync::{CancellationToken, DropGuard};
use worker::token::renew;
use worker::{Flights, Loads, Notifier, Platforms, Source, Worker, relay};

use crate::backend::{Backend, Mode};
use crate::clerk_instance;
use crate::client::Client;
use crate::receiver;

/// Where a test's clock begins.
pub const START: Timestamp = Timestamp::from_ms(1_795_000_000_000);

/// Everything a test works with.
pub struct TestApp {
    pub backend: Backend,
    pub clock: Clock,
    pub vault: Vault,
    pub simulator: Simulator,
    pub worker: Worker,
    pub owner: UserId,
    pub client: Client,
    pub threads: AccountId,
    pub x: AccountId,
    /// What the server works with.
    pub state: api::State,
    stop: CancellationToken,
    _stop: DropGuard,
}

/// What a test may want otherwise.
#[derive(Default)]
pub struct Options {
    pub worker: worker::Settings,
    pub simulator: simulator::Settings,
    /// Instead of a clock that is moved by hand.
    pub clock: Option<Clock>,
    /// People sign in with the simulated Clerk.
    pub clerk: bool,
    /// How much of strangers is borne; without limits on requests if not said.
    pub guard: Option<api::Guard>,
}

impl TestApp {
    /// The product as it is by default, with an instant platform.
    pub async fn spawn(mode: Mode) -> Self {
        Self::spawn_with(mode, Options::default()).await
    }

    /// The product with other settings.
    pub async fn spawn_with(mode: Mode, options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let backend = Backend::fresh(mode).await;
        let stop = CancellationToken::new();
        let clock = options.clock.unwrap_or_else(|| Clock::manual(START));
        let vault = Vault::new(&Vault::generate_key()).expect("a fresh key");

        let time = clock.clone();
        let simulator = Simulator::new(simulator::Settings {
            clock: simulator::Clock::from_fn(move || time.now().as_ms()),
            ..options.simulator
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let simulator_url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(
            simulator
                .clone()
                .serve(listener, stop.clone().cancelled_owned()),
        );

        simulator.set_settings(|settings| settings.clerk.url = Some(simulator_url.clone()));

        let store = StoreSettings::folder(&backend.folder().join("media"));
        let store = Store::open(&store).expect("a store");
        let platforms = platforms(&simulator_url, &options.worker);
        let (listener, base_url) = bind();
        let clerk = options
            .clerk
            .then(|| clerk_instance::configured(&simulator, &base_url));
        let worker = Worker {
            database: backend.database.clone(),
            queue: backend.queue.clone(),
            clock: clock.clone(),
            vault: vault.clone(),
            platforms: platforms.clone(),
            source: Source {
                store: store.clone(),
                public_url: base_url.clone(),
                vault: vault.clone(),
            },
            clerk: clerk.as_ref().map(|clerk| clerk.backend.clone()),
            flights: Flights::default(),
            loads: Loads::start(&backend.database),
            notifier: Notifier::new(receiver::sender(webhooks::Reach::PrivateToo)),
            settings: options.worker,
            name: "worker-test".to_owned(),
            stop: CancellationToken::new(),
            boundaries: Boundaries::watched(is_listed),
        };
        let state = api::State {
            database: backend.database.clone(),
            queue: backend.queue.clone(),
            clock: clock.clone(),
            vault: vault.clone(),
            clerk,
            connectors: connectors(&simulator_url),
            threads: platforms.threads,
            x: platforms.x,
            store,
            exposure: crate::metrics::exposure(&backend, &clock),
            looking: std::sync::Arc::new(tokio::sync::Semaphore::new(2)),
            foretelling: std::sync::Arc::new(tokio::sync::Semaphore::new(2)),
            news: api::Hub::new(backend.database.clone(), backend.queue.clone()),
            settings: api::Settings {
                fetched_from_afar: false,
                media_folder: backend.folder().to_owned(),
                handed: worker.settings.handed,
                public_url: base_url.clone(),
                webhooks_reach: webhooks::Reach::PrivateToo,
                connect_by_own_apps: false,
                limits: worker.settings.limits.table().to_vec(),
                budget: worker.settings.budget,
                simulator_url: None,
                guard: options.guard.unwrap_or_else(api::Guard::without_rates),
            },
            boundaries: worker.boundaries.clone(),
        };
        serve(listener, state.clone(), &stop);

        let owner = users::local_owner(&backend.database, START)
            .await
            .expect("an owner");
        let (_, key) = keys::create(&backend.database, &owner, "test", &Scopes::all(), START)
            .await
            .expect("a key");
        let mut app = TestApp {
            client: Client::new(&base_url, key.expose_secret()),
            threads: AccountId::generate(),
            x: AccountId::generate(),
            backend,
            clock,
            vault,
            simulator,
            worker,
            owner,
            state,
            stop: stop.clone(),
            _stop: stop.drop_guard(),
        };
        app.threads = app.add_account(Platform::Threads, "ann").await.id;
        app.x = app.add_account(Platform::X, "ann").await.id;
        app
    }

    /// Another account of the owner's, known to the simulator and connected.
    pub async fn add_account(&self, platform: Platform, username: &str) -> account::Model {
        self.add_account_of(&self.owner, platform, username).await
    }

    /// An account of somebody's.
    pub async fn add_account_of(
        &self,
        owner: &UserId,
        platform: Platform,
        username: &str,
    ) -> account::Model {
        let token = format!("token-{platform}-{username}");
        let known = self.simulator.add_account(NewAccount::new(
            simulated(platform),
            username,
            token.clone(),
        ));
        let connection = Connection {
            owner_id: owner.clone(),
            platform,
            remote_user_id: known.remote_user_id,
            username: username.to_owned(),
            display_name: None,
            picture_url: None,
            is_premium: false,
            scopes: String::new(),
            credentials: Credentials::token(token),
        };
        connect(
            &self.backend.database,
            &self.vault,
            connection,
            self.clock.now(),
        )
        .await
        .expect("an account")
    }

    /// Another customer with a key of their own.
    pub async fn another_owner(&self, name: &str) -> (UserId, Client) {
        let id = UserId::generate();
        let now = self.clock.now();
        self.execute(&format!(
            "INSERT INTO users (id, clerk_user_id, created_at) VALUES ('{id}', '{name}', {})",
            now.as_ms()
        ))
        .await;
        let (_, key) = keys::create(&self.backend.database, &id, "test", &Scopes::all(), now)
            .await
            .expect("a key");
        (id, self.client.with_key(key.expose_secret()))
    }

    /// The same customer at another server over the same database, with something about it changed.
    pub fn another_server(&self, change: impl FnOnce(&mut api::State)) -> Client {
        let mut state = self.state.clone();
        state.news = api::Hub::new(state.database.clone(), state.queue.clone());
        let (listener, base_url) = bind();
        state.settings.public_url.clone_from(&base_url);
        change(&mut state);
        serve(listener, state, &self.stop);
        self.client.at(&base_url)
    }

    /// A worker with connections of its own, as another process has.
    pub async fn another_worker(&self, name: &str) -> Worker {
        let database = self.backend.another_database().await;
        Worker {
            loads: Loads::start(&database),
            database,
            queue: self.backend.another_queue(),
            name: name.to_owned(),
            flights: Flights::default(),
            stop: CancellationToken::new(),
            ..self.worker.clone()
        }
    }

    /// Where people open the page.
    pub fn page_url(&self) -> &str {
        &self.state.settings.public_url
    }

    /// A fresh link that signs a browser in, once.
    pub async fn sign_in_link(&self) -> String {
        let link = sessions::make_link(&self.backend.database, &self.owner, self.clock.now())
            .await
            .expect("a link");
        format!("{}/#link={}", self.page_url(), link.expose_secret())
    }

    /// Both accounts' ids, as a request names them.
    pub fn both(&self) -> [String; 2] {
        [self.threads.to_string(), self.x.to_string()]
    }

    /// Runs relay and worker until nothing is due at this moment.
    pub async fn drain(&self) {
        drain(&self.worker).await;
    }

    /// Moves time on and drains.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.drain().await;
    }

    /// Moves time from due moment to due moment until everything is settled, or `longest` has
    /// passed.
    pub async fn settle(&self, longest: Duration) {
        let end = self.clock.now() + longest;
        loop {
            self.drain().await;
            self.simulator.until_idle().await;
            let next = entities::due::next_wake(&self.backend.database, self.clock.now())
                .await
                .expect("a query");
            let errand = entities::errands::next_at(&self.backend.database)
                .await
                .expect("a query");
            let told = entities::notifications::next_at(&self.backend.database)
                .await
                .expect("a query");
            match [next, errand, told].into_iter().flatten().min() {
                Some(at) if at <= end => {
                    let step = at.since(self.clock.now()).max(Duration::from_millis(1));
                    self.clock.advance(step);
                }
                _ => break,
            }
        }
    }

    /// What is live on a platform.
    pub fn live_on(&self, platform: Platform) -> Vec<LivePost> {
        let all = self.simulator.live_posts();
        all.into_iter()
            .filter(|post| post.platform == simulated(platform))
            .collect()
    }

    /// How many of the account's posts with this text are live.
    pub fn live_count(&self, platform: Platform, text: &str) -> usize {
        self.live_on(platform)
            .iter()
            .filter(|post| post.text == text)
            .count()
    }

    /// One number out of the database.
    pub async fn count(&self, sql: &str) -> i64 {
        let database = self.backend.database.reader();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database
            .query_one_raw(statement)
            .await
            .expect(sql)
            .expect("a row");
        row.try_get_by_index(0).expect("a number")
    }

    /// The first column of a query, as text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let database = self.backend.database.reader();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.expect(sql);
        rows.iter()
            .map(|row| row.try_get_by_index(0).expect("a text"))
            .collect()
    }

    /// Runs a statement against the database.
    pub async fn execute(&self, sql: &str) {
        self.backend
            .database
            .writer()
            .execute_unprepared(sql)
            .await
            .expect(sql);
    }

    /// Checks that nothing is left over: no claim open, nothing due, no delivery live twice.
    pub async fn finish(self) {
        assert_eq!(
            self.count("SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL")
                .await,
            0,
            "open claims"
        );
        let due = format!(
            "SELECT count(*) FROM deliveries WHERE status IN ('queued', 'processing', 'unconfirmed') AND next_at <= {}",
            self.clock.now().as_ms()
        );
        assert_eq!(
            self.count(&due).await,
            0,
            "deliveries are due and nobody did them"
        );
        let recorded = self
            .count("SELECT count(*) FROM parts WHERE remote_id IS NOT NULL")
            .await;
        // What nobody could find out was left to a person and may be live.
        let left_open = "SELECT count(*) FROM deliveries
            WHERE status = 'failed' AND CAST(error AS text) LIKE '%\"unconfirmed\"%'";
        let left_open = self.count(left_open).await;
        let live = i64::try_from(self.simulator.live_posts().len()).unwrap_or(i64::MAX);
        assert!(
            live <= recorded + left_open,
            "{live} posts are live, {recorded} are on record, {left_open} are left open"
        );
    }
}

/// Runs relay and worker until nothing is due at this moment.
pub async fn drain(worker: &Worker) {
    loop {
        let round = relay::round(worker).await.expect("a relay round");
        renew::round(worker).await.expect("a round of renewals");
        while worker::errands::round(worker)
            .await
            .expect("a round of errands")
            > 0
        {}
        while worker::tell::round(worker).await.expect("telling") == worker::tell::Round::More {}
        while worker::notify::round(worker).await.expect("a round") > 0 {}
        let jobs = worker.queue.try_pop(1000).await.expect("the queue");
        if jobs.is_empty() && round == relay::Round::default() {
            return;
        }
        for Job::Publish(id) in jobs {
            worker::publish::publish(worker, &id)
                .await
                .expect("publishing");
        }
    }
}

/// Whatever a test does, it passes no boundary that those who die at each would not know of.
pub async fn is_listed(boundary: Boundary) {
    static ALL: LazyLock<HashSet<Boundary>> =
        LazyLock::new(|| Boundary::all().into_iter().collect());
    assert!(ALL.contains(&boundary), "{boundary} is not in the list");
}

/// A free port for the API, and its address.
fn bind() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, base_url)
}

fn serve(listener: std::net::TcpListener, state: api::State, stop: &CancellationToken) {
    tokio::spawn(api::serve(listener, state, stop.clone().cancelled_owned()));
}

/// The apps that every simulator knows.
pub fn connectors(simulator_url: &str) -> Connectors {
    Connectors {
        threads: Some(ThreadsConnector {
            app: platforms::threads::oauth::App {
                app_id: simulator::THREADS_APP_ID.to_owned(),
                app_secret: simulator::THREADS_APP_SECRET.to_owned().into(),
            },
            authorize_url: format!("{simulator_url}/oauth/authorize"),
        }),
        x: Some(XConnector {
            app: x_app(),
            authorize_url: format!("{simulator_url}/i/oauth2/authorize"),
        }),
    }
}

fn x_app() -> platforms::x::oauth::App {
    platforms::x::oauth::App {
        client_id: simulator::X_CLIENT_ID.to_owned(),
        client_secret: Some(simulator::X_CLIENT_SECRET.to_owned().into()),
    }
}

/// Clients that speak to a stand-in.
pub fn platforms(url: &str, settings: &worker::Settings) -> Platforms {
    let http = http_client(&HttpSettings {
        connect_timeout: Duration::from_secs(5),
        call_timeout: settings.call_timeout,
        user_agent: "dualposts-tests".to_owned(),
    });
    let http = http.expect("an HTTP client");
    Platforms {
        threads: platforms::threads::Client::new(http.clone(), url),
        x: platforms::x::Client::new(http, url),
        x_app: Some(x_app()),
        x_web_url: "https://x.com".to_owned(),
    }
}

/// The simulator's word for a platform.
pub fn simulated(platform: Platform) -> simulator::Platform {
    match platform {
        Platform::Threads => simulator::Platform::Threads,
        Platform::X => simulator::Platform::X,
    }
}
