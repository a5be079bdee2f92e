//! The harness: the whole product in one test, with time moved by hand and the simulator as the
//! judge.
//!
//! | where | what |
//! |---|---|
//! | [`backend`] | a database and a queue of its own for each test, in both modes |
//! | [`app`] | a real server, a worker driven by hand, a simulator |
//! | [`client`] | requests to the API, as a customer makes them |
//! | [`stream`] | a listener to server-sent events |
//! | [`browser`] | headless Chromium, over WebDriver |
//! | [`consent`], [`clerk_instance`] | a person at a consent page; the simulated Clerk |
//! | [`receiver`] | a customer's server that webhooks are sent to |
//! | [`dump`], [`routes`] | all that the database holds; all routes of the API |
//! | [`metrics`] | what operators read of a running product |
//! | [`process`], [`stack`] | the built binary, to be killed; several of them on their servers |
//! | [`show`] | every kind of content, and what must be live of it (`make show`) |
//! | [`torture`] | a seeded run in which everything goes wrong (`make torture`) |
//! | [`mod@bench`] | how fast it is, beside the bare databases and a peer (`make bench`) |
//! | [`proxy`] | connections to a server, to be cut and stalled |

pub mod app;
pub mod backend;
pub mod bench;
pub mod browser;
pub mod clerk_instance;
pub mod client;
pub mod consent;
pub mod dump;
pub mod metrics;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod routes;
pub mod show;
pub mod stack;
pub mod stream;
pub mod torture;

pub use app::TestApp;
pub use backend::Mode;

/// Declares a test that must hold in both modes: on SQLite with the queue in memory, and on
/// PostgreSQL with the queue in Redis. At the end the app is checked for leftovers.
#[macro_export]
macro_rules! both_modes {
    ($(#[$meta:meta])* async fn $name:ident($app:ident: &TestApp) $body:block) => {
        $crate::both_modes! {
            $(#[$meta])* async fn $name($app: &TestApp with $crate::app::Options::default()) $body
        }
    };
    // The same for the product with other settings.
    ($(#[$meta:meta])* async fn $name:ident($app:ident: &TestApp with $options:expr) $body:block) => {
        mod $name {
            use super::*;

            async fn body($app: &$crate::TestApp) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                let app = $crate::TestApp::spawn_with($crate::Mode::Embedded, $options).await;
                body(&app).await;
                app.finish().await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn distributed() {
                let app = $crate::TestApp::spawn_with($crate::Mode::Distributed, $options).await;
                body(&app).await;
                app.finish().await;
            }
        }
    };
}
