//! Session tokens: what makes one acceptable (clerk.md 1.5), in two steps around the signature.
//!
//! First come the shape and the header; once a key has been found and the signature holds, the
//! claims. Nothing that the token claims is looked at before its signature, so a forged token
//! learns nothing. Four classes of token are signed with the same key, and only one of them is a
//! session (clerk.md 1.2).

mod claims;
mod token;

pub use claims::{SessionClaims, SessionSettings};
pub(crate) use token::Unverified;

use thiserror::Error;

/// Why a token is refused. Says nothing of what the token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Refused {
    /// Not three parts of base64url, or not the JSON of a session.
    #[error("the token is malformed")]
    Malformed,
    /// Longer than any session token can be.
    #[error("the token is too long")]
    TooLong,
    /// Anything but RS256.
    #[error("the token is not signed with RS256")]
    WrongAlgorithm,
    /// A token of another class: from a template, for a machine, or for an OAuth client.
    #[error("the token is not a session token")]
    NotASession,
    /// Clerk's keys are known, and this one is not among them.
    #[error("the token names a key that is not known")]
    UnknownKey,
    #[error("the token's signature does not hold")]
    BadSignature,
    #[error("the token has expired")]
    Expired,
    /// Its beginning or its making lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Valid for longer than a day, which no session token is.
    #[error("the token is valid for too long a time")]
    TooLongLived,
    #[error("the token comes from another instance")]
    WrongIssuer,
    /// Made for a page of another origin.
    #[error("the token was made for another page")]
    WrongParty,
    /// Made for no page in particular (clerk.md 1.5, azp trap).
    #[error("the token does not say which page it was made for")]
    MissingParty,
    /// Its user has tasks left to do before the session begins.
    #[error("the session is pending")]
    Pending,
    /// Clerk's keys could not be fetched: the token may be sound. To be answered with 503.
    #[error("Clerk's keys cannot be had at the moment")]
    KeysUnavailable,
}
