//! Forgetting what is old, one batch at a time, so that whoever does it beside other work goes on
//! with that in between.

/// What a batch has left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    /// The batch was full: there may be more.
    More,
}

impl Left {
    /// After a batch of `count`, of which there may be `limit`.
    pub fn after(count: u64, limit: i64) -> Self {
        match i64::try_from(count).is_ok_and(|count| count < limit) {
            true => Left::Nothing,
            false => Left::More,
        }
    }
}
