//! Every kind of content, posted and looked at: what was asked beside what is live (`make show`,
//! and the test of the same kinds in both modes).
//!
//! | where | what |
//! |---|---|
//! | [`kinds`] | the list: each with its request and what must be live then |
//! | [`asked`] | a request and its expectation |
//! | [`stage`] | the accounts, files and earlier posts that the requests name |
//! | [`files`] | the images and videos, made on the spot |
//! | [`compare`] | line by line, whether what is live is what was asked |
//! | [`product`] | the built binary with its simulator, or one that runs already |
//! | [`run`] | one kind after the other, printed |

pub mod asked;
mod chain_kinds;
pub mod compare;
pub mod files;
pub mod kinds;
mod media_kinds;
pub mod product;
pub mod run;
pub mod stage;
mod text_kinds;
mod threads_kinds;
mod x_kinds;
