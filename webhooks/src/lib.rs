//! Sending signed webhooks to addresses that customers choose, by the Standard Webhooks
//! specification, and without becoming a way into the network that we run in.
//!
//! No database, no queue, no clock: what to send, when, and how often is decided elsewhere.
//!
//! | where | what |
//! |---|---|
//! | [`signing`] | secrets and signatures |
//! | [`address`] | which addresses are whose: public, private, or nobody's |
//! | [`target`] | the rules for a URL |
//! | [`resolve`] | names to addresses, each judged before it is used |
//! | [`send`] | one request, and what came of it |
//! | [`answer`], [`retry_after`] | what is kept of an answer; when it wants the next |

pub mod address;
pub mod answer;
pub mod resolve;
pub mod retry_after;
pub mod send;
pub mod signing;
pub mod target;

pub use address::{Reach, Whose};
pub use send::{Answer, Message, NotDelivered, Sender, SenderSettings};
pub use signing::SigningSecret;
