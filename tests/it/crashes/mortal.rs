//! A process that stops for ever at a boundary: the future that stands there is never woken, and
//! then dropped, as `kill -9` drops it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use entities::boundary::{Action, Boundaries, Boundary};
use entities::delivery::Status;
use entities::rows::delivery::{Entity, Model};
use entities::{DeliveryId, Timestamp};
use sea_orm::EntityTrait;
use simulator::Simulator;
use tests::TestApp;
use tests::app::{drain, is_listed};
use tests::client::{Client, Reply};
use tokio::sync::Notify;
use worker::{Worker, relay};

use super::files::Shelf;
use super::subject::Subject;

/// How many moments a delivery may need until it is settled.
const MOST_MOMENTS: usize = 1_000;

/// A worker and a server that die where the trap is set.
pub struct Mortal<'a> {
    app: &'a TestApp,
    worker: Worker,
    client: Client,
    trap: Trap,
    /// What its posts carry.
    pub shelf: Shelf,
}

impl<'a> Mortal<'a> {
    /// With connections of their own, as other processes have.
    pub async fn new(app: &'a TestApp) -> Self {
        let trap = Trap::new(app);
        Mortal {
            app,
            worker: Worker {
                boundaries: trap.boundaries(),
                ..app.another_worker("mortal").await
            },
            client: app.another_server(|state| state.boundaries = trap.boundaries()),
            trap,
            shelf: Shelf::filled(&app.client).await,
        }
    }

    /// Lives until `boundary` has been reached for the time after the `skip`th; `false`: it came
    /// to its end without.
    pub async fn dies_at(&self, boundary: Boundary, skip: u32, subject: &Subject) -> bool {
        let reached = self.trap.set(boundary, skip);
        let died = match boundary {
            Boundary::Action(_, Action::Accept | Action::Push) => {
                let (client, subject) = (self.client.clone(), subject.clone());
                dies(
                    reached,
                    async move { drop(submit(&client, &subject).await) },
                )
                .await
            }
            Boundary::Action(..) | Boundary::Step(..) => {
                let (worker, simulator) = (self.worker.clone(), self.app.simulator.clone());
                let id = subject.delivery_id(self.app).await;
                let end = self.app.clock.now() + Duration::from_secs(30 * 3600);
                dies(
                    reached,
                    async move { live(&worker, &simulator, &id, end).await },
                )
                .await
            }
        };
        self.trap.disarm();
        if died && self.app.backend.redis.is_none() {
            // What was in memory died with the process.
            self.app
                .backend
                .queue
                .clear()
                .await
                .expect("a queue in memory");
        }
        died
    }

    /// The next time that whoever lives passes `boundary`, so much time goes by there that the
    /// claim is taken back by another.
    pub fn stalls_at(&self, boundary: Boundary) {
        self.trap.lock().stall = Some(boundary);
    }
}

/// Runs `life` as a process of its own until the trap is reached, and kills it there.
async fn dies(reached: Arc<Notify>, life: impl Future<Output = ()> + Send + 'static) -> bool {
    let mut process = tokio::spawn(life);
    tokio::select! {
        () = reached.notified() => {
            process.abort();
            assert!(process.await.is_err_and(|end| end.is_cancelled()), "it was killed");
            true
        }
        ended = &mut process => {
            ended.expect("no panic");
            false
        }
    }
}

/// Sends the subject's request under its key.
pub async fn submit(client: &Client, subject: &Subject) -> Reply {
    client
        .submit_with_key(subject.body.clone(), &subject.key)
        .await
}

/// Does all that is due for a delivery, from moment to moment, until it is settled or `end` comes.
pub async fn live(worker: &Worker, simulator: &Simulator, id: &DeliveryId, end: Timestamp) {
    for _ in 0..MOST_MOMENTS {
        drain(worker).await;
        simulator.until_idle().await;
        let now = worker.clock.now();
        match next_moment(&row(worker, id).await) {
            Some(at) if at <= end => {
                let wait = at.since(now).max(Duration::from_millis(1));
                worker.clock.advance(wait);
            }
            _ => return,
        }
    }
    panic!("{id} is never settled");
}

/// The delivery as it is.
pub async fn row(worker: &Worker, id: &DeliveryId) -> Model {
    let found = Entity::find_by_id(id.clone())
        .one(worker.database.writer())
        .await;
    found.expect("a query").expect("a delivery")
}

/// Since when or from when on a worker is to take it up; `None`: nothing is left to do, or a person
/// must do something first.
pub fn due_at(row: &Model) -> Option<Timestamp> {
    let waits = matches!(
        row.status,
        Status::Queued | Status::Processing | Status::Unconfirmed
    );
    row.next_at.filter(|_| waits)
}

/// When something is to be done for a delivery, as things are.
pub fn next_moment(row: &Model) -> Option<Timestamp> {
    let handed_out_again = due_at(row).map(|due| due.max(row.handed_until));
    row.lease_until.or(handed_out_again)
}

/// Where to die, shared with the boundaries of a worker and a server.
#[derive(Clone)]
struct Trap {
    set: Arc<Mutex<Set>>,
    /// Who goes on while the mortal stalls.
    other: Worker,
}

#[derive(Default)]
struct Set {
    at: Option<(Boundary, Arc<Notify>)>,
    skip: u32,
    stall: Option<Boundary>,
}

impl Trap {
    fn new(app: &TestApp) -> Self {
        Trap {
            set: Arc::default(),
            other: app.worker.clone(),
        }
    }

    fn set(&self, boundary: Boundary, skip: u32) -> Arc<Notify> {
        let reached = Arc::new(Notify::new());
        let mut set = self.lock();
        set.at = Some((boundary, reached.clone()));
        set.skip = skip;
        reached
    }

    fn disarm(&self) {
        *self.lock() = Set::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Set> {
        self.set.lock().expect("no panic under the lock")
    }

    fn boundaries(&self) -> Boundaries {
        let trap = self.clone();
        Boundaries::watched(move |boundary| {
            let trap = trap.clone();
            async move { trap.pass(boundary).await }
        })
    }

    async fn pass(&self, boundary: Boundary) {
        is_listed(boundary).await;
        if self.lock().stall.take_if(|at| *at == boundary).is_some() {
            self.other.clock.advance(self.other.settings.lease);
            let round = relay::round(&self.other).await.expect("a relay round");
            assert_eq!(round.swept, 1, "the claim is taken back");
        }
        if let Some(reached) = self.springs(boundary) {
            reached.notify_one();
            std::future::pending::<()>().await;
        }
    }

    fn springs(&self, boundary: Boundary) -> Option<Arc<Notify>> {
        let mut set = self.lock();
        if set.at.as_ref().is_none_or(|(at, _)| *at != boundary) {
            return None;
        }
        if set.skip > 0 {
            set.skip -= 1;
            return None;
        }
        set.at.take().map(|(_, reached)| reached)
    }
}
