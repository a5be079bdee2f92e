//! Many receivers that hang, and how little of the places they get.

use entities::webhooks::MOST;

use super::*;

/// Webhooks of several owners that all lead to one address, each with so many events that are due.
async fn many(app: &TestApp, count: usize, url: &str, events: usize) -> Vec<(Client, Value)> {
    let mut hooks = Vec::new();
    let an_owner = usize::try_from(MOST).unwrap();
    for number in 0..count.div_ceil(an_owner) {
        let (_, client) = app.another_owner(&format!("user_{number}")).await;
        for _ in 0..an_owner.min(count - hooks.len()) {
            let hook = make(&client, url, json!(null)).await;
            hooks.push((client.clone(), hook));
        }
    }
    for _ in 0..events {
        for (client, hook) in &hooks {
            ask_for_test(client, hook).await;
        }
    }
    hooks
}

fn sending(app: &TestApp) -> tokio::task::JoinHandle<usize> {
    let worker = app.worker.clone();
    tokio::spawn(async move { worker::notify::round(&worker).await.unwrap() })
}

both_modes! {
    async fn who_takes_what_it_is_sent_does_not_wait_for_many_that_hang_from_the_first(app: &TestApp) {
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        let good = make(&app.client, &quick.url, json!(null)).await;
        ask_for_test(&app.client, &good).await;
        app.drain().await;
        slow.answers(Reaction::Hang);
        many(app, 40, &slow.url, 3).await;
        app.clock.advance(MINUTE);
        for _ in 0..20 {
            ask_for_test(&app.client, &good).await;
        }
        let sending = sending(app);
        quick.until(21).await;
        slow.until(16).await;
        assert_eq!(slow.got().len(), 16, "half of the places and no more");
        slow.let_go();
        assert_eq!(sending.await.unwrap(), 140);
    }
}

both_modes! {
    async fn who_is_new_does_not_wait_for_many_that_have_failed_and_hang(app: &TestApp) {
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        slow.answers(Reaction::Status(500));
        let hooks = many(app, 40, &slow.url, 2).await;
        app.drain().await;
        assert!(shown(&hooks[39].0, &hooks[39].1).await["failing_since"].is_string());
        slow.answers(Reaction::Hang);
        let before = slow.got().len();
        app.clock.advance(MINUTE);
        let good = make(&app.client, &quick.url, json!(null)).await;
        for _ in 0..10 {
            ask_for_test(&app.client, &good).await;
        }
        let sending = sending(app);
        quick.until(10).await;
        slow.until(before + 15).await;
        assert!(slow.got().len() - before <= 16, "half of the places and no more");
        slow.let_go();
        assert_eq!(sending.await.unwrap(), 90);
    }
}
