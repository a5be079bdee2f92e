//! Files: what they are, what the platforms take, where they are kept, and how Meta fetches them.
//!
//! No database, no HTTP server, no client of a platform and no clock. What is decided (limits,
//! links) is decided by pure functions, apart from the input and output. Whatever reads a whole
//! file ([`probe()`], [`fit()`]) blocks and belongs into `spawn_blocking`. A picture of the largest
//! size takes 300 to 600 MB of memory while it is decoded, and about 1 GB in the worst case (see
//! [`probe::MAX_PIXELS`]), so few should run at a time; a video takes next to nothing.
//!
//! The way of a file:
//!
//! ```text
//! chunks ──Intake──> temporary file ──probe──> Facts ──check_x, check_threads──> Findings
//!                                       │
//!                                       └──fit──> a picture that both platforms take
//! temporary file ──Store::put_file──> folder or S3 ──link──> /media/{id}.jpg?expires&signature
//! ```
//!
//! | where | what |
//! |---|---|
//! | [`Intake`] | receives a file in chunks: counted, hashed, never whole in memory |
//! | [`Facts`] | what a file is: kind, format, size, length, codecs |
//! | [`probe()`] | finds the facts, by content and never by name |
//! | [`limits`] | what X and Threads take, and what to do about the rest |
//! | [`fit()`] | makes a picture fit both platforms |
//! | [`Store`] | keeps files in a folder or in S3 |
//! | [`link`] | links that let a platform fetch one file for a while |
//! | `testing` | makes small files for tests (feature `testing`) |
//!
//! Facts about the platforms are cited as `x.md 3.4` and `threads.md 4.3`: the sections of the
//! project's references.

pub mod facts;
pub mod fit;
pub mod intake;
pub mod limits;
pub mod link;
pub mod probe;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use facts::{Facts, Format, Kind};
pub use fit::{FitError, Fitted, fit};
pub use intake::{Intake, IntakeError, Received};
pub use limits::{Finding, Severity, check_mix_threads, check_mix_x, check_threads, check_x};
pub use link::{LinkError, Reach, reach};
pub use probe::{ProbeError, probe};
pub use store::{Download, Store, StoreError, StoreSettings};
