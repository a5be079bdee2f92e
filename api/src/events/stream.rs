//! One stream: what was missed is read from the database, what comes is received from the hub.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use entities::rows::event::EventKind;
use entities::{Database, EventId, UserId, events};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tracing::warn;

use super::hub::{Line, NoSeat, Seat};
use crate::problem::Problem;
use crate::state::State;

/// How often a line comes when nothing happens: less than proxies wait.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream may last: whoever is still let in opens another.
const LONGEST: Duration = Duration::from_secs(600);
/// How many missed events are read at once.
const BATCH: i64 = 100;

/// Begins every stream: how soon a browser comes again, in milliseconds.
const HELLO: &[u8] = b"retry: 1000\n\n";
const PULSE: &[u8] = b":\n\n";

/// What a listener asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Go on after this one; from now on if not given.
    after: Option<EventId>,
    /// Only these; all if not given.
    kinds: Option<HashSet<EventKind>>,
}

impl Wanted {
    /// Reads header and query.
    pub fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let mut wanted = Wanted::default();
        if let Some(value) = request.headers().get("last-event-id") {
            wanted.after = last_event_id(&String::from_utf8_lossy(value.as_bytes()))?;
        }
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            match &*name {
                "last_event_id" => {
                    let after = last_event_id(&value)?;
                    // The header is what a browser sends when it comes again.
                    wanted.after = wanted.after.take().or(after);
                }
                "types" => wanted.kinds = Some(kinds(&value)?),
                other => {
                    let shown: String = other.chars().take(64).collect();
                    let detail = format!("There is no parameter `{shown}`.");
                    return Err(Problem::bad_request(detail));
                }
            }
        }
        Ok(wanted)
    }

    fn takes(&self, line: &Line) -> bool {
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&line.kind))
    }
}

/// Browsers send an empty one before they have seen any.
fn last_event_id(value: &str) -> Result<Option<EventId>, Problem> {
    if value.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Problem::bad_request("`Last-Event-ID`: an event's id, `evt_...`, is expected.");
    value.parse().map(Some).map_err(wrong)
}

fn kinds(value: &str) -> Result<HashSet<EventKind>, Problem> {
    let known = || {
        let words: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Problem::bad_request(format!("`types`: known are {}.", words.join(", ")))
    };
    let kinds = value.split(',').map(|word| word.trim_matches(' ').parse());
    kinds.collect::<Result<_, _>>().map_err(|_| known())
}

/// Opens a stream for `owner`.
pub async fn open(
    state: &State,
    owner: UserId,
    wanted: Wanted,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, Problem> {
    // First the seat, then the position: what is told between the two comes twice and is sent once.
    let most = state.settings.guard.streams();
    let seat = state.news.join(&owner, most).map_err(|full| match full {
        NoSeat::Here => Problem::too_many_streams(),
        NoSeat::ForThem => Problem::too_many_streams_of_yours(most.per_owner),
    })?;
    let database = state.database.clone();
    let position = match &wanted.after {
        Some(id) => events::position_of(&database, &owner, id).await?,
        None => events::last_position(&database).await?,
    };
    let mut pulse = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener {
        seat,
        database,
        owner,
        wanted,
        position,
        missed: VecDeque::new(),
        is_behind: true,
        ends_at: Instant::now() + LONGEST,
        pulse,
        greeted: false,
    };
    Ok(futures::stream::unfold(listener, |mut listener| async {
        let bytes = listener.next().await?;
        Some((Ok(bytes), listener))
    }))
}

struct Listener {
    seat: Seat,
    database: Database,
    owner: UserId,
    wanted: Wanted,
    /// Everything up to here was sent or is not wanted.
    position: i64,
    missed: VecDeque<Line>,
    /// There may be more in the database that the hub does not send any more.
    is_behind: bool,
    ends_at: Instant,
    pulse: Interval,
    greeted: bool,
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.greeted, true) {
            return Some(Bytes::from_static(HELLO));
        }
        loop {
            // However much there is to send.
            if self.seat.closed.is_cancelled() || Instant::now() >= self.ends_at {
                return None;
            }
            if let Some(line) = self.missed.pop_front() {
                if let Some(bytes) = self.pass(&line) {
                    return Some(bytes);
                }
                continue;
            }
            if self.is_behind {
                self.read_missed().await?;
                continue;
            }
            tokio::select! {
                received = self.seat.live.recv() => match received {
                    Ok(line) => {
                        if let Some(bytes) = self.pass(&Arc::clone(&line)) {
                            return Some(bytes);
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.is_behind = true,
                    Err(RecvError::Closed) => return None,
                },
                _ = self.pulse.tick() => return Some(Bytes::from_static(PULSE)),
                () = tokio::time::sleep_until(self.ends_at) => return None,
                () = self.seat.closed.cancelled() => return None,
            }
        }
    }

    /// What is to be sent for this event: nothing if it was sent before or is not wanted.
    fn pass(&mut self, line: &Line) -> Option<Bytes> {
        if line.position <= self.position {
            return None;
        }
        self.position = line.position;
        self.wanted.takes(line).then(|| line.bytes.clone())
    }

    /// `None`: the stream ends, and its reader comes again.
    async fn read_missed(&mut self) -> Option<()> {
        let read = events::of_owner_after(&self.database, &self.owner, self.position, BATCH).await;
        match read {
            Ok(events) => {
                self.is_behind = !events.is_empty();
                self.missed.extend(events.iter().map(Line::from));
                Some(())
            }
            Err(error) => {
                warn!(%error, "the database can not be asked for events; a stream ends");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;
    use entities::database::DatabaseSettings;
    use migrations::{Migrator, MigratorTrait};

    use super::super::hub::{Hub, Most};
    use super::*;

    #[tokio::test]
    async fn a_stream_with_much_to_send_ends_in_its_time_all_the_same() {
        let name = format!("dualposts-stream-{}", uuid::Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let settings = DatabaseSettings {
            url: format!("sqlite://{}", folder.join("test.db").display()),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(5),
        };
        let database = Database::connect(&settings).await.unwrap();
        Migrator::up(database.writer(), None).await.unwrap();
        let hub = Hub::new(database.clone(), queue::Queue::memory());
        hub.begin().await;
        let most = Most {
            in_all: 9,
            per_owner: 9,
        };
        let owner = UserId::generate();
        let line = |position| Line {
            position,
            kind: EventKind::ALL[0],
            bytes: Bytes::from_static(b"id: evt\n\n"),
        };
        let listener = || Listener {
            seat: hub.join(&owner, most).ok().unwrap(),
            database: database.clone(),
            owner: owner.clone(),
            wanted: Wanted::default(),
            position: 0,
            missed: (1..=1_000).map(line).collect(),
            is_behind: true,
            ends_at: Instant::now() + LONGEST,
            pulse: tokio::time::interval(HEARTBEAT),
            greeted: true,
        };
        let (mut old, mut left) = (listener(), listener());
        assert!(old.next().await.is_some());
        old.ends_at = Instant::now();
        assert_eq!(old.next().await, None);
        assert!(left.next().await.is_some());
        hub.close();
        assert_eq!(left.next().await, None);
        let _ = std::fs::remove_dir_all(&folder);
    }

    #[test]
    fn an_id_that_is_no_text_is_not_taken_for_none() {
        let read = |bytes: &[u8]| {
            let value = HeaderValue::from_bytes(bytes).unwrap();
            let request = TestRequest::get().insert_header(("last-event-id", value));
            Wanted::read(&request.to_http_request())
        };
        assert!(read(b"").is_ok());
        assert!(read(b"evt_00000000000070008000000000000000").is_ok());
        assert!(read(b"\xc2\x84").is_err());
    }
}
