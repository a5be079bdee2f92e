//! One reader of news for all streams of this process: what was told is read from the database once,
//! and handed to the streams of whom it concerns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use entities::rows::event::{EventKind, Model};
use entities::{Database, DbErr, UserId, events};
use queue::Queue;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// The longest between two looks: what an announcement that is not heard costs.
const LONGEST: Duration = Duration::from_secs(1);
/// How many events are read at once.
const BATCH: i64 = 500;
/// How many events a slow stream may be behind before it reads them from the database.
const BEHIND: usize = 64;
/// How long the first look is waited for before anything is served.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// One event as it is sent.
#[derive(Debug)]
pub struct Line {
    pub position: i64,
    pub kind: EventKind,
    pub bytes: Bytes,
}

impl From<&Model> for Line {
    fn from(event: &Model) -> Self {
        let text = format!(
            "id: {}\nevent: {}\ndata: {}\n\n",
            event.id,
            event.kind,
            event.body()
        );
        Line {
            position: event.position.unwrap_or_default(),
            kind: event.kind,
            bytes: text.into(),
        }
    }
}

/// Who listens in this process. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    database: Database,
    queue: Queue,
    owners: Arc<Mutex<Owners>>,
    /// Ends all streams: the server is about to stop.
    closed: CancellationToken,
}

/// How many streams one process serves.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub in_all: usize,
    pub per_owner: usize,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSeat {
    /// This process serves as many as it can, has not looked at the news yet, or is about to stop.
    Here,
    /// This owner has as many as one may have.
    ForThem,
}

#[derive(Default)]
struct Owners {
    listeners: HashMap<UserId, Listeners>,
    count: usize,
    /// Everything up to here was handed on, or told before anybody listened. `None`: the first look
    /// is still to come, and what is told before it would be passed over.
    seen: Option<i64>,
}

struct Listeners {
    sender: broadcast::Sender<Arc<Line>>,
    count: usize,
}

/// A place in the hub; given back when dropped.
pub struct Seat {
    pub live: broadcast::Receiver<Arc<Line>>,
    pub closed: CancellationToken,
    owner: UserId,
    owners: Arc<Mutex<Owners>>,
}

impl Hub {
    /// A hub that nobody listens to yet.
    pub fn new(database: Database, queue: Queue) -> Self {
        Hub {
            database,
            queue,
            owners: Arc::default(),
            closed: CancellationToken::new(),
        }
    }

    /// A place for a stream of this owner's. Everything that is told from here on is received.
    pub fn join(&self, owner: &UserId, most: Most) -> Result<Seat, NoSeat> {
        let mut owners = lock(&self.owners);
        let theirs = owners.listeners.get(owner).map_or(0, |known| known.count);
        if owners.count >= most.in_all || owners.seen.is_none() || self.closed.is_cancelled() {
            return Err(NoSeat::Here);
        }
        if theirs >= most.per_owner {
            return Err(NoSeat::ForThem);
        }
        owners.count += 1;
        let listeners = owners.listeners.entry(owner.clone());
        let listeners = listeners.or_insert_with(|| Listeners {
            sender: broadcast::channel(BEHIND).0,
            count: 0,
        });
        listeners.count += 1;
        Ok(Seat {
            live: listeners.sender.subscribe(),
            closed: self.closed.clone(),
            owner: owner.clone(),
            owners: self.owners.clone(),
        })
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        lock(&self.owners).count
    }

    /// Ends all streams, and takes no more.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// The first look, so that streams can be opened from the first request on. Where it takes too
    /// long or fails, [`Self::run`] tries on, and streams are refused until then.
    pub async fn begin(&self) {
        if let Ok(Err(error)) = tokio::time::timeout(FIRST_LOOK, self.hand_on()).await {
            warn!(%error, "the database can not be asked for news yet");
        }
    }

    /// Hands on what is told, until it is closed.
    pub async fn run(&self) {
        let mut announcements = self.queue.announcements();
        let mut failing = false;
        loop {
            match self.hand_on().await {
                Ok(()) => failing = false,
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        warn!(%error, "the database can not be asked for news; streams wait");
                    }
                }
            }
            tokio::select! {
                () = announcements.wait(LONGEST) => {}
                () = self.closed.cancelled() => return,
            }
        }
    }

    /// Hands on everything that was not seen yet.
    async fn hand_on(&self) -> Result<(), DbErr> {
        let last = events::last_position(&self.database).await?;
        let seen = lock(&self.owners).seen;
        let mut seen = match seen {
            // Whoever joins from here on reads the database after this, so it finds what is passed over.
            Some(seen) if self.open_streams() > 0 => seen,
            _ => last,
        };
        while seen < last {
            let told = events::after(&self.database, seen, BATCH).await?;
            let Some(newest) = told.last().and_then(|event| event.position) else {
                seen = last;
                break;
            };
            self.send(&told);
            seen = newest;
            lock(&self.owners).seen = Some(seen);
        }
        lock(&self.owners).seen = Some(seen);
        Ok(())
    }

    fn send(&self, told: &[Model]) {
        let owners = lock(&self.owners);
        for event in told {
            if let Some(listeners) = owners.listeners.get(&event.owner_id) {
                // An error says that nobody listens any more.
                let _ = listeners.sender.send(Arc::new(Line::from(event)));
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut owners = lock(&self.owners);
        owners.count -= 1;
        if let Some(listeners) = owners.listeners.get_mut(&self.owner) {
            listeners.count -= 1;
            if listeners.count == 0 {
                owners.listeners.remove(&self.owner);
            }
        }
    }
}

/// A panic inside the lock leaves at worst a count that is off by one.
fn lock(owners: &Mutex<Owners>) -> MutexGuard<'_, Owners> {
    owners.lock().unwrap_or_else(PoisonError::into_inner)
}
