//! One file a table: the columns and nothing else.

pub mod account;
pub mod api_key;
pub mod attempt;
pub mod delivery;
pub mod event;
pub mod media;
pub mod notification;
pub mod part;
pub mod post;
pub mod user;
pub mod webhook;
