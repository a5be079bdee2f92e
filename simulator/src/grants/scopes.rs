//! What a token may do.

use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scopes {
    All,
    /// These, by the platform's own names.
    Only(Arc<[String]>),
}

impl Scopes {
    pub(crate) fn only(names: Vec<String>) -> Self {
        Self::Only(names.into())
    }

    /// No names at all mean everything, as in [`crate::NewAccount`].
    pub(crate) fn from_list(names: Vec<String>) -> Self {
        if names.is_empty() {
            Self::All
        } else {
            Self::only(names)
        }
    }

    pub(crate) fn allow(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|granted| granted == scope),
        }
    }

    /// Empty when there is no limit.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::Only(names) => names,
        }
    }
}

impl Default for Scopes {
    fn default() -> Self {
        Self::only(Vec::new())
    }
}
