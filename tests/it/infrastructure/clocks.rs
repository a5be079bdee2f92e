//! Clocks that jump while the platforms' go on as they did: a host's clock is put right, a
//! computer sleeps, a process begins anew on a host whose clock is wrong.

use std::time::Duration;

use entities::{Clock, clock};
use serde_json::Value;
use simulator::{Fault, When};
use tests::app::Options;
use tests::backend::{connect, postgres_server};
use tests::proxy::Proxy;
use tests::{Mode, TestApp};
use worker::Worker;

use super::{drain, let_anything_be_doubled, on_sending, out_once, publishing};

/// How far a clock jumps: an hour each way, and a few minutes, after which a send is still young.
const JUMPS_S: [i64; 3] = [3_600, 240, -3_600];
const SIDES: [When; 2] = [When::Before, When::After];

/// The product with a clock of its own, beside the true one by which the platforms go.
struct Clocks {
    app: TestApp,
    truth: Clock,
}

impl Clocks {
    async fn of(mode: Mode) -> Self {
        let options = Options {
            clock: Some(Clock::system()),
            ..Options::default()
        };
        let app = TestApp::spawn_with(mode, options).await;
        let_anything_be_doubled(&app);
        let truth = Clock::system();
        let time = truth.clone();
        app.simulator.set_settings(|settings| {
            settings.clock = simulator::Clock::from_fn(move || time.now().as_ms());
        });
        Clocks { app, truth }
    }

    /// Lets time pass, a moment at a time as real time does, while `worker` does what falls due.
    async fn pass(&self, worker: &Worker, time: Duration) {
        const MOMENT: Duration = Duration::from_millis(900);
        let end = self.truth.now() + time;
        while self.truth.now() < end {
            for clock in [&worker.clock, &self.truth] {
                clock.set(clock.now() + MOMENT);
            }
            drain(worker).await;
        }
    }

    async fn until_settled(&self, worker: &Worker, post: &Value) -> Value {
        for _ in 0..300 {
            let shown = self.app.client.show(post).await;
            if shown["status"] != "publishing" {
                return shown;
            }
            self.pass(worker, Duration::from_secs(30)).await;
        }
        panic!("{:#}", self.app.client.show(post).await);
    }
}

fn turn(clock: &Clock, by_s: i64) {
    let by = Duration::from_secs(by_s.unsigned_abs());
    clock.set(match by_s {
        0.. => clock.now() + by,
        _ => clock.now() - by,
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_while_a_call_is_under_way_doubles_nothing() {
    for jump_s in JUMPS_S {
        for when in SIDES {
            let clocks = Clocks::of(Mode::Embedded).await;
            let app = &clocks.app;
            app.simulator.add_faults(on_sending(Fault::Hold { when }));
            let written = format!("{jump_s} s while under way, held {when:?}");
            let post = app.client.submit(&written, &app.both()).await;
            let tasks = publishing(&app.worker, &post);
            app.simulator.until_held(2).await;
            turn(&app.clock, jump_s);
            clocks.pass(&app.worker, Duration::from_secs(10)).await;
            app.simulator.release();
            for task in tasks {
                task.await.expect("no panic").expect("no error");
            }
            clocks.until_settled(&app.worker, &post).await;
            out_once(app, &post, &[written]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_between_a_send_and_the_looks_for_it_doubles_nothing() {
    for jump_s in JUMPS_S {
        for when in SIDES {
            let clocks = Clocks::of(Mode::Embedded).await;
            let app = &clocks.app;
            app.simulator.add_faults(on_sending(Fault::Lost { when }));
            let written = format!("{jump_s} s after the send, lost {when:?}");
            let post = app.client.submit(&written, &app.both()).await;
            for task in publishing(&app.worker, &post) {
                task.await.expect("no panic").expect("no error");
            }
            turn(&app.clock, jump_s);
            clocks.until_settled(&app.worker, &post).await;
            out_once(app, &post, &[written]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_begins_anew_with_another_time_doubles_nothing() {
    for jump_s in JUMPS_S {
        for when in SIDES {
            let clocks = Clocks::of(Mode::Embedded).await;
            let app = &clocks.app;
            app.simulator.add_faults(on_sending(Fault::Hold { when }));
            let written = format!("{jump_s} s between two processes, held {when:?}");
            let post = app.client.submit(&written, &app.both()).await;
            let tasks = publishing(&app.worker, &post);
            app.simulator.until_held(2).await;
            for task in tasks {
                task.abort();
            }
            // As at its start: no process is left that could hold a lease.
            let next = Worker {
                clock: Clock::system(),
                name: "next".to_owned(),
                ..app.worker.clone()
            };
            turn(&next.clock, jump_s);
            let database = &app.backend.database;
            entities::sweep::end_all_leases(database, next.clock.now())
                .await
                .expect("a write");
            clocks.pass(&next, Duration::from_secs(10)).await;
            app.simulator.release();
            clocks.until_settled(&next, &post).await;
            out_once(app, &post, &[written]).await;
        }
    }
}

/// When the send itself is dated wrong, its post is not among those that are looked through. Then
/// the platforms' own rules must keep it from being out twice, and the record must not claim
/// what nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_is_dated_wrong_is_never_out_twice() {
    for jump_s in JUMPS_S {
        for put_right in [false, true] {
            let clocks = Clocks::of(Mode::Embedded).await;
            let app = &clocks.app;
            app.simulator.set_settings(|settings| {
                settings.threads.second_publish = simulator::SecondPublish::default();
                settings.x.duplicate_check = true;
            });
            turn(&app.clock, jump_s);
            app.simulator
                .add_faults(on_sending(Fault::Lost { when: When::After }));
            let written = format!("{jump_s} s at the send, put right: {put_right}");
            let post = app.client.submit(&written, &app.both()).await;
            for task in publishing(&app.worker, &post) {
                task.await.expect("no panic").expect("no error");
            }
            if put_right {
                turn(&app.clock, -jump_s);
            }
            let settled = clocks.until_settled(&app.worker, &post).await;
            assert_eq!(
                app.simulator.live_posts().len(),
                2,
                "{written}: {settled:#}"
            );
            let deliveries = settled["deliveries"].as_array().expect("deliveries");
            for delivery in deliveries {
                let ends = (&delivery["status"], &delivery["error"]["code"]);
                assert!(
                    ends.0 == "published" || ends.0 == "failed" && ends.1 == "unconfirmed",
                    "{written}: {delivery:#}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_is_not_put_right_by_an_answer_that_was_long_on_its_way() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let proxy = Proxy::start(postgres_server()).await;
    let database = connect(&app.backend.url_through(proxy.address())).await;
    let clock = Clock::system();
    clock::set_by(&database, &clock).await.expect("the time");
    proxy.stall(true);
    let (asked, asking) = (database.clone(), clock.clone());
    let answer = tokio::spawn(async move { clock::set_by(&asked, &asking).await });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    proxy.stall(false);
    answer.await.expect("no panic").expect_err("it is too old");
    clock::set_by(&database, &clock).await.expect("the time");
    app.finish().await;
}
