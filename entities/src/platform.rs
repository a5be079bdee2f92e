//! Where posts go.

use crate::text_enum::text_enum;

text_enum! {
    /// A platform that posts are published on. A third one is a variant here, a module in
    /// `platforms`, and the places that the compiler then lists.
    pub enum Platform {
        /// Meta's Threads.
        Threads = "threads",
        /// X, formerly Twitter.
        X = "x",
    }
}
