//! A faithful fake of the Threads and X HTTP APIs, and the judge of our
//! tests: whatever a client believes, [`Simulator::live_posts`] says what is live.
//!
//! It imitates posts with all that people put into them, replies, how accounts are connected by OAuth, and Clerk as one who
//! signs people in and keeps their tokens. What they do comes from `threads.md`, `x.md` and
//! `clerk.md`, cited where it is imitated; it shares no code with the clients that it judges. What the platforms do wrong is listed by name in [`behaviours`].
//!
//! | path | what |
//! |---|---|
//! | `/v1.0/...` and without a version | Threads |
//! | `/2/...` | X |
//! | `/oauth/authorize`, `/i/oauth2/authorize` | the consent pages of Threads and X |
//! | `/clerk/...`, `/clerk-api/...` | Clerk: Frontend API and sign-in page, Backend API |
//! | `/_sim/...` | control: posts, calls, faults, settings, tokens, clock |
//! | `/`, `/@user/post/code`, `/user/status/id` | pages for people |

mod account;
mod answer;
mod behaviour;
mod body;
mod call;
mod clerk;
mod clock;
mod consent;
mod control;
mod emoji;
mod exchange;
mod fault;
mod grants;
mod json;
mod lags;
mod limits;
mod links;
mod media;
mod multipart;
mod pages;
mod post;
mod random;
mod redirect;
mod request;
mod running;
mod scene;
mod serve;
mod settings;
mod simulator;
mod summary;
mod threads;
mod world;
mod x;

#[cfg(test)]
mod checks;

pub use account::{NewAccount, Platform, SimAccount};
pub use behaviour::{Behaviour, Effect, behaviours};
pub use call::{Call, Operation};
pub use clerk::{
    CLERK_SECRET_KEY, CLERK_WEBHOOK_SECRET, ClerkCall, ClerkDelivery, ClerkError, ClerkFault,
    ClerkLink, ClerkOperation, ClerkProvider, ClerkSettings, ClerkToken, ClerkTrouble,
    NewClerkUser,
};
pub use clock::Clock;
pub use fault::{
    ContainerFate, Fault, FaultBody, FaultRule, LagOf, MediaFate, RuleReport, When, hostile_plan,
};
pub use grants::{TokenInfo, TokenKind};
pub use lags::{LagRanges, Range};
pub use media::{LiveMedia, MediaKind};
pub use post::{Duplicate, LivePoll, LivePost, PostKind};
pub use settings::{
    AutoConsent, DeadToken, Language, MissingReplyScope, Profile, RedirectMismatch, SecondPublish,
    Settings, THREADS_APP_ID, THREADS_APP_SECRET, TextEcho, ThreadsApp, ThreadsOAuth,
    ThreadsSettings, TooLong, WrongMix, X_CLIENT_ID, X_CLIENT_SECRET, XApp, XDialect,
    XMediaSettings, XOAuth, XSettings, YoungRefresh,
};
pub use simulator::Simulator;
pub use threads::ThreadsError;
pub use x::{LimitWindow, XError};
