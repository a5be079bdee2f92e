//! Whether the product stays as fast with a million posts scheduled: how long a relay's turn takes,
//! with nothing due and with some, and how long a submit takes. What a relay asks must not become
//! slower: beyond twice the time with the smallest table the run fails.

use std::time::{Duration, Instant};

use entities::{Timestamp, due};
use sea_orm::ConnectionTrait;
use worker::relay;

use super::fill::{self, Fill};
use super::numbers::quantile;
use super::product::{env, page_of, start_up};
use super::run::us;
use super::table::{self, Column, Unit};
use super::{Plan, customer::Customer};
use crate::app::{START, TestApp};
use crate::backend::Mode;
use crate::process::Process;
use crate::stack::text_after;

const ACCOUNTS: usize = 1_000;
/// Posts that are due in a turn with some.
const SOME: u64 = 50;
/// Turns of each kind in a round.
const TURNS: usize = 20;
/// How much slower than with the smallest table a relay may be.
const MOST: f64 = 2.0;

const ROWS: [(&str, Unit); 4] = [
    ("relay, nothing due (median)", Unit::Time),
    ("relay, 50 due (median)", Unit::Time),
    ("submit answered, p50", Unit::Time),
    ("submit answered, p99", Unit::Time),
];

/// Measures and prints; tells whether the relay stayed as fast.
pub async fn measure(plan: &Plan) -> bool {
    let mut is_flat = true;
    for (mode, head) in [
        (Mode::Embedded, "SQLite"),
        (Mode::Distributed, "PostgreSQL"),
    ] {
        let mut grown = Vec::new();
        for size in plan.sizes {
            grown.push(Grown::new(mode, *size).await);
        }
        let mut columns: Vec<Column> = plan
            .sizes
            .iter()
            .map(|size| Column::against(format!("{size} scheduled"), 0))
            .collect();
        for _ in 0..plan.rounds.max(3) {
            for (grown, column) in grown.iter_mut().zip(&mut columns) {
                let (mut idle, mut busy) = grown.turns().await;
                column.notes.note(ROWS[0].0, quantile(&mut idle, 500));
                column.notes.note(ROWS[1].0, quantile(&mut busy, 500));
            }
        }
        let mut serving = Vec::new();
        for grown in &grown {
            serving.push(grown.serve().await);
        }
        for round in 0..plan.rounds {
            for ((_process, customer), column) in serving.iter().zip(&mut columns) {
                let submitted = customer.steadily(&format!("grown-{round}"), 100, 4).await;
                let mut took: Vec<f64> = submitted.iter().map(|one| us(one.took) as f64).collect();
                column.notes.note(ROWS[2].0, quantile(&mut took, 500));
                column.notes.note(ROWS[3].0, quantile(&mut took, 990));
            }
        }
        let title = format!("Growth on {head}: posts scheduled over {ACCOUNTS} accounts");
        table::print(&title, &columns, &ROWS);
        is_flat &= stays_flat(head, &columns);
    }
    is_flat
}

fn stays_flat(head: &str, columns: &[Column]) -> bool {
    let mut is_flat = true;
    for (name, _) in &ROWS[..2] {
        let of = |column: &Column| column.notes.median(name).unwrap_or(0.0);
        for column in &columns[1..] {
            let ratio = of(column) / of(&columns[0]).max(1.0);
            if ratio > MOST {
                println!("\nNOT FLAT on {head}: {name}, {}: {ratio:.2}×", column.head);
                is_flat = false;
            }
        }
    }
    is_flat
}

/// A product whose table has grown.
struct Grown {
    app: TestApp,
    mode: Mode,
    owner: String,
    accounts: Vec<(String, String)>,
    filled: usize,
}

impl Grown {
    async fn new(mode: Mode, size: u64) -> Self {
        let app = TestApp::spawn(mode).await;
        let database = &app.backend.database;
        let (owner, accounts) = fill::accounts(database, ACCOUNTS, START).await;
        // Far ahead for the clock of the harness and for that of this machine.
        let year = Duration::from_secs(365 * 86_400);
        let fill = Fill {
            name: "scheduled",
            owner: &owner,
            accounts: &accounts,
            count: size,
            first_due: Timestamp::from_ms(super::customer::unix_us() / 1000).max(START) + year,
            spread_ms: 30 * 86_400_000,
            now: START,
        };
        fill.put_into(database).await;
        let settle = match mode {
            Mode::Embedded => ["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
            Mode::Distributed => ["ANALYZE", "CHECKPOINT"],
        };
        for sql in settle {
            database.writer().execute_unprepared(sql).await.expect(sql);
        }
        Grown {
            app,
            mode,
            owner,
            accounts,
            filled: 0,
        }
    }

    /// Microseconds of turns with nothing due, and with [`SOME`].
    async fn turns(&mut self) -> (Vec<f64>, Vec<f64>) {
        self.turn(0).await;
        let (mut idle, mut busy) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            idle.push(self.turn(0).await);
        }
        for _ in 0..TURNS {
            busy.push(self.turn(SOME).await);
        }
        (idle, busy)
    }

    async fn turn(&mut self, due_now: u64) -> f64 {
        let database = &self.app.backend.database;
        if due_now > 0 {
            self.filled += 1;
            let fill = Fill {
                name: &format!("due-{}", self.filled),
                owner: &self.owner,
                accounts: &self.accounts,
                count: due_now,
                first_due: START,
                spread_ms: 0,
                now: START,
            };
            fill.put_into(database).await;
        }
        let worker = &self.app.worker;
        let started = Instant::now();
        let round = relay::round(worker).await.expect("a turn");
        due::next_wake(database, worker.clock.now())
            .await
            .expect("when to wake");
        let took = us(started.elapsed()) as f64;
        assert_eq!(round.handed_out as u64, due_now);
        if due_now > 0 {
            self.app.backend.queue.clear().await.expect("the queue");
            // As when they have been published: they leave the index of what is due.
            let sql = format!(
                "UPDATE deliveries SET status = 'canceled', next_at = NULL WHERE owner_id = '{}'
                 AND next_at = {} AND status = 'queued'",
                self.owner,
                START.as_ms()
            );
            database
                .writer()
                .execute_unprepared(&sql)
                .await
                .expect(&sql);
        }
        took
    }

    /// Serves the API on this database by the built binary; its posts are for later.
    async fn serve(&self) -> (Process, Customer) {
        let backend = &self.app.backend;
        let mut env = env("http://127.0.0.1:9");
        env.extend([
            ("DATABASE_URL", backend.database_url.clone()),
            (
                "DUALPOSTS_DATA_DIR",
                backend.folder().join("data").display().to_string(),
            ),
        ]);
        let (process, url) = match self.mode {
            Mode::Embedded => {
                let up = start_up(&env).await;
                let url = page_of(&up);
                (up, url)
            }
            Mode::Distributed => {
                let redis = backend.redis.clone().expect("Redis");
                env.push(("REDIS_URL", redis.url));
                env.push(("DUALPOSTS_QUEUE_PREFIX", redis.prefix));
                let api = Process::start(&["api"], &env, Some("API http://")).await;
                let url = text_after(&api.printed, "http://");
                (api, url)
            }
        };
        let customer = super::product::customer(&url).await;
        (process, customer.for_later())
    }
}
