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
/// How many streams one process serves.
const MOST_STREAMS: usize = 20_000;

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

#[derive(Default)]
struct Owners {
    listeners: HashMap<UserId, Listeners>,
    count: usize,
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

    /// A place for a stream of this owner's; `None` when too many are open, or the server stops.
    /// Everything that is told from here on is received.
    pub fn join(&self, owner: &UserId) -> Option<Seat> {
        let mut owners = lock(&self.owners);
        if owners.count >= MOST_STREAMS || self.closed.is_cancelled() {
            return None;
        }
        owners.count += 1;
        let listeners = owners.listeners.entry(owner.clone());
        let listeners = listeners.or_insert_with(|| Listeners {
            sender: broadcast::channel(BEHIND).0,
            count: 0,
        });
        listeners.count += 1;
        Some(Seat {
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

    /// Hands on what is told, until it is closed.
    pub async fn run(&self) {
        let mut announcements = self.queue.announcements();
        let mut seen = None;
        let mut failing = false;
        loop {
            match self.hand_on(seen).await {
                Ok(position) => {
                    seen = Some(position);
                    failing = false;
                }
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

    /// Hands on everything after `seen`; returns the last position that was seen.
    async fn hand_on(&self, seen: Option<i64>) -> Result<i64, DbErr> {
        let last = events::last_position(&self.database).await?;
        let Some(mut seen) = seen else {
            return Ok(last);
        };
        // Whoever joins from here on reads the database after this, so it finds what is passed over.
        if self.open_streams() == 0 {
            return Ok(last);
        }
        while seen < last {
            let told = events::after(&self.database, seen, BATCH).await?;
            let Some(newest) = told.last().and_then(|event| event.position) else {
                return Ok(last);
            };
            self.send(&told);
            seen = newest;
        }
        Ok(seen)
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
