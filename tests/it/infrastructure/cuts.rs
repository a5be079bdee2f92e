//! Connections to PostgreSQL that are cut between any two statements, refused, or gone silent.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, When};
use tests::client::id;
use tests::proxy::Side;
use tests::{Mode, TestApp};

use super::{
    Behind, HOUR, LEASE, is_told_to_repeat, let_anything_be_doubled, on_sending, out_once,
    publishing, settle, submit_surely,
};

/// What a post goes through on its way.
#[derive(Clone, Copy, Debug)]
enum Story {
    Straight,
    /// In two parts.
    Chain,
    /// It is out, but nobody was told.
    AnswerLost,
    /// The same, and its worker died of it.
    WorkerDied,
}

/// Cuts the connection at every message to the database in turn, on both sides of its effect.
async fn cut_everywhere(story: Story, at_least: u64) {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let product = Behind::of(&app).await;
    tell(&app, &product, story, "uncut").await;
    for side in [Side::Before, Side::After] {
        for n in 1.. {
            product.proxy.cut_after(n, side);
            tell(&app, &product, story, &format!("cut {side:?} {n}")).await;
            if product.proxy.disarm() {
                println!("{story:?}: cut {side:?} each of {} messages", n - 1);
                assert!(n > at_least, "there are more messages than {n}");
                break;
            }
        }
    }
    app.finish().await;
}

/// One post's whole story.
async fn tell(app: &TestApp, product: &Behind, story: Story, name: &str) {
    let written = format!("{story:?}, {name}");
    let texts: Vec<String> = match story {
        Story::Chain => vec![format!("{written}, first"), format!("{written}, then")],
        _ => vec![written.clone()],
    };
    let body = json!({ "text": texts[0], "accounts": app.both() });
    app.simulator.clear_faults();
    match story {
        Story::Straight | Story::Chain => {}
        Story::AnswerLost => app
            .simulator
            .add_faults(on_sending(Fault::Lost { when: When::After })),
        Story::WorkerDied => app
            .simulator
            .add_faults(on_sending(Fault::Hold { when: When::After })),
    }
    let post = submit_surely(&product.client, &body, &written.replace(' ', "-")).await;
    match story {
        Story::Straight | Story::AnswerLost => {}
        Story::Chain => make_chain(app, &post, &texts).await,
        Story::WorkerDied => die_with(app, &post).await,
    }
    settle(app, &product.worker).await;
    out_once(app, &post, &texts).await;
    // Every story begins with rate windows that are empty.
    app.clock.advance(25 * HOUR);
}

/// Gives a post more parts than the API takes so far.
async fn make_chain(app: &TestApp, post: &Value, texts: &[String]) {
    let parts: Vec<Value> = texts.iter().map(|text| json!({ "text": text })).collect();
    let content = json!({ "parts": parts });
    app.execute(&format!(
        "UPDATE posts SET content = '{content}' WHERE id = '{}'",
        id(post)
    ))
    .await;
}

/// A worker with connections of its own takes the deliveries up and dies once they are out.
async fn die_with(app: &TestApp, post: &Value) {
    let dying = publishing(&app.worker, post);
    app.simulator.until_held(dying.len()).await;
    for task in dying {
        task.abort();
        assert!(task.await.expect_err("it was killed").is_cancelled());
    }
    app.simulator.release();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_any_statement_loses_and_doubles_nothing() {
    cut_everywhere(Story::Straight, 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_any_statement_of_a_chain_loses_and_doubles_nothing() {
    cut_everywhere(Story::Chain, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_while_what_may_be_live_is_looked_for_loses_and_doubles_nothing() {
    cut_everywhere(Story::AnswerLost, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_while_a_dead_workers_claims_are_taken_back_loses_and_doubles_nothing() {
    cut_everywhere(Story::WorkerDied, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_is_away_customers_are_told_to_repeat_and_answers_are_kept() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let product = Behind::of(&app).await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let sent = app.client.submit("sent before", &app.both()).await;
    let due = app.client.submit("due meanwhile", &app.both()).await;
    let tasks = publishing(&product.worker, &sent);
    app.simulator.until_held(2).await;

    product.proxy.refuse(true);
    let body = json!({ "text": "submitted meanwhile", "accounts": app.both() });
    // Connections that were open before are found dead one by one.
    for _ in 0..10 {
        is_told_to_repeat(
            &product
                .client
                .submit_with_key(body.clone(), "meanwhile")
                .await,
        );
    }
    let ready = product.client.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), &ready.body["ready"]),
        (503, &json!(false))
    );
    assert_eq!(product.client.get("/healthz").await.status, 200);
    for delivery in due["deliveries"].as_array().expect("deliveries") {
        let job = queue::Job::Publish(id(delivery).parse().expect("an id"));
        worker::run::work(&product.worker, job).await;
    }
    app.simulator.release();
    // By now those who keep an answer have been refused as well, and tried on.
    let refused = product.proxy.until_refused(20);
    let longest = Duration::from_secs(20);
    tokio::time::timeout(longest, refused).await.expect("tries");
    product.proxy.refuse(false);

    for task in tasks {
        task.await
            .expect("no panic")
            .expect("written down in the end");
    }
    let meanwhile = submit_surely(&product.client, &body, "meanwhile").await;
    settle(&app, &product.worker).await;
    for (post, written) in [
        (sent, "sent before"),
        (due, "due meanwhile"),
        (meanwhile, "submitted meanwhile"),
    ] {
        out_once(&app, &post, &[written.to_owned()]).await;
    }
    let looks = app
        .count("SELECT count(*) FROM attempts WHERE step = 'find_post'")
        .await;
    assert_eq!(looks, 0, "what the platforms had said was not lost");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stays_away_longer_than_a_worker_keeps_an_answer_costs_only_time() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let product = Behind::of(&app).await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let post = app.client.submit("kept in vain", &app.both()).await;
    let tasks = publishing(&product.worker, &post);
    app.simulator.until_held(2).await;
    product.proxy.refuse(true);
    app.simulator.release();
    for task in tasks {
        task.await.expect("no panic").expect_err("given up");
    }
    product.proxy.refuse(false);
    settle(&app, &product.worker).await;
    out_once(&app, &post, &["kept in vain".to_owned()]).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_database_goes_silent_others_find_out_and_the_late_word_changes_nothing() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let product = Behind::of(&app).await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let post = app.client.submit("gone silent", &app.both()).await;
    let tasks = publishing(&product.worker, &post);
    app.simulator.until_held(2).await;

    product.proxy.stall(true);
    let body = json!({ "text": "into the silence", "accounts": app.both() });
    let (client, sent) = (product.client.clone(), body.clone());
    let submitted = tokio::spawn(async move { client.submit_with_key(sent, "silence").await });
    app.simulator.release();
    app.simulator.until_idle().await;
    app.clock.advance(LEASE);
    settle(&app, &app.worker).await;
    let found = app.client.show(&post).await;
    assert_eq!(found["status"], "published");
    assert!(!submitted.is_finished() && tasks.iter().all(|task| !task.is_finished()));

    product.proxy.stall(false);
    for task in tasks {
        task.await.expect("no panic").expect("no error");
    }
    assert_eq!(app.client.show(&post).await, found);
    let submitted = submitted.await.expect("an answer").body;
    let again = submit_surely(&product.client, &body, "silence").await;
    assert_eq!(again["id"], submitted["id"]);
    settle(&app, &product.worker).await;
    out_once(&app, &post, &["gone silent".to_owned()]).await;
    out_once(&app, &again, &["into the silence".to_owned()]).await;
    app.finish().await;
}
