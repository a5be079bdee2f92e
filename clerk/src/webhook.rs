//! Events that Clerk sends, signed by Svix (clerk.md 2.5). Delivery is not guaranteed, unordered,
//! and may be repeated: an event is a hint, told apart by its [`Delivery::id`].

mod event;
mod secret;
mod signature;

use thiserror::Error;

pub use event::{Delivery, Event};
pub use secret::{InvalidSecret, SigningSecret};

/// The three headers of a delivery, as they came; an absent one is empty.
#[derive(Debug, Clone, Copy)]
pub struct SignedHeaders<'a> {
    /// `svix-id`
    pub id: &'a str,
    /// `svix-timestamp`, in seconds.
    pub timestamp: &'a str,
    /// `svix-signature`: `v1,<base64>`, several with spaces between.
    pub signature: &'a str,
}

/// Why a delivery is refused. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("a header of the signature is missing or malformed")]
    Malformed,
    /// Older or newer than five minutes: a recording, or a clock that is wrong.
    #[error("the delivery's time is too far from ours")]
    WrongTime,
    #[error("none of the signatures holds")]
    BadSignature,
    /// Signed by Clerk, and yet not in the documented form.
    #[error("the delivery is not an event")]
    NotAnEvent,
}

/// Verifies a delivery with any of `secrets` at the time `now_ms` (Unix milliseconds), and reads
/// its event. `body` as it came: another spelling of the same JSON has another signature.
///
/// # Errors
/// As [`Refused`] says. To be answered with 400, but [`Refused::NotAnEvent`] with 2xx: Clerk would
/// only send the same again.
pub fn verify(
    secrets: &[SigningSecret],
    headers: SignedHeaders<'_>,
    body: &[u8],
    now_ms: i64,
) -> Result<Delivery, Refused> {
    signature::check(secrets, headers, body, now_ms)?;
    event::read(headers.id, body).ok_or(Refused::NotAnEvent)
}
