//! The list of kinds.

use super::asked::Asked;
use super::stage::{Lacks, Stage};
use super::{chain_kinds, media_kinds, text_kinds, threads_kinds, x_kinds};

/// A kind of content.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// Its request and what must be live then; or what it needs and the stage has not.
    pub ask: fn(&Stage) -> Result<Asked, Lacks>,
}

/// Every kind, in the order in which it is posted.
pub fn all() -> Vec<Kind> {
    [
        text_kinds::ALL,
        media_kinds::ALL,
        chain_kinds::ALL,
        threads_kinds::ALL,
        x_kinds::ALL,
    ]
    .concat()
}

pub(super) const fn kind(name: &'static str, ask: fn(&Stage) -> Result<Asked, Lacks>) -> Kind {
    Kind { name, ask }
}
