//! What must hold whatever happens: the platform is the judge of the record.

use std::fmt;

use entities::delivery::Status;

use super::platform::Post;
use super::world::World;

/// How exactly-once was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A part is live more often than its send, and what a person forced, can account for.
    Twice { part: i32, live: usize },
    /// The record says that a part is live, and it is not.
    NotLive { part: i32 },
    /// The record says that this part is certainly not live, and it is.
    Denied { part: i32, status: Status },
    /// A later part is under way or live, and this one is not on record.
    Unsaved { part: i32 },
    /// A part does not answer the one before it.
    Unchained { part: i32 },
    /// A change that the state machine refuses.
    Illegal(String),
    /// A row that the schema's CHECKs refuse.
    Inconsistent,
    /// It never comes to rest.
    Restless(Status),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Twice { part, live } => write!(f, "part {part} is live {live} times"),
            Broken::NotLive { part } => write!(f, "part {part} is on record and not live"),
            Broken::Denied { part, status } => write!(f, "part {part} is live while {status}"),
            Broken::Unsaved { part } => write!(f, "part {part} was passed by unsaved"),
            Broken::Unchained { part } => write!(f, "part {part} answers nothing"),
            Broken::Illegal(change) => write!(f, "illegal change {change}"),
            Broken::Inconsistent => write!(f, "the row breaks a CHECK"),
            Broken::Restless(status) => write!(f, "{status} for ever"),
        }
    }
}

impl World {
    /// Whether anything is broken now that `counts`.
    pub fn judge(&self, counts: &impl Fn(&Broken) -> bool) -> Result<(), Broken> {
        let consistent = self.database.row.is_consistent();
        let of_parts = (0..self.start.parts).flat_map(|part| {
            [
                self.twice(part),
                self.off_record(part),
                self.denied(part),
                self.unchained(part),
            ]
        });
        let mut broken = [
            self.broken.clone(),
            (!consistent).then_some(Broken::Inconsistent),
        ]
        .into_iter()
        .chain(of_parts)
        .flatten();
        broken.find(counts).map_or(Ok(()), Err)
    }

    fn live(&self, part: i32) -> usize {
        self.platform.live(part, self.now).count()
    }

    fn twice(&self, part: i32) -> Option<Broken> {
        let live = self.live(part);
        (live > 1 + self.forced[part as usize]).then_some(Broken::Twice { part, live })
    }

    fn off_record(&self, part: i32) -> Option<Broken> {
        let row = &self.database.row;
        let must_be_saved = row.status == Status::Published || part < row.progress.part_index;
        let Some(saved) = row.parts.get(&part) else {
            return must_be_saved.then_some(Broken::Unsaved { part });
        };
        let mut live = self.platform.live(part, self.now);
        let is_live = live.any(|post| saved.as_ref().is_none_or(|id| *id == post.id));
        (!is_live).then_some(Broken::NotLive { part })
    }

    /// A part that a person had sent again although it may be live is no longer spoken of.
    fn denied(&self, part: i32) -> Option<Broken> {
        use Status::*;
        let row = &self.database.row;
        let says_no = match row.status {
            Publishing | Unconfirmed => false,
            Failed if row.is_unconfirmed_for_good() => false,
            Queued | Processing | NeedsReconnect | Missed | Failed | Canceled | Published => {
                !row.parts.contains_key(&part)
            }
        };
        let is_live = self.live(part) > 0 && self.forced[part as usize] == 0;
        (says_no && is_live).then_some(Broken::Denied {
            part,
            status: row.status,
        })
    }

    fn unchained(&self, part: i32) -> Option<Broken> {
        let answers = |post: &Post| {
            let mut before = self.platform.live(part - 1, self.now);
            before.any(|parent| post.reply_to.as_deref() == Some(&parent.id))
        };
        let is_chained = part == 0 || self.platform.live(part, self.now).all(answers);
        (!is_chained).then_some(Broken::Unchained { part })
    }
}
