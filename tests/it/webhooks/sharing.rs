//! Several receivers, several workers, and those who die.

use std::collections::HashSet;

use entities::notifications::{After, Disable, Tried};

use super::*;

both_modes! {
    async fn a_receiver_that_hangs_keeps_nobody_else_waiting(app: &TestApp) {
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        let hanging = make(&app.client, &slow.url, json!(null)).await;
        let other = make(&app.client, &quick.url, json!(null)).await;
        slow.answers(Reaction::Hang);
        for _ in 0..10 {
            ask_for_test(&app.client, &hanging).await;
        }
        for _ in 0..10 {
            ask_for_test(&app.client, &other).await;
        }
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { worker::notify::round(&worker).await });
        quick.until(10).await;
        slow.until(1).await;
        assert_eq!(slow.got().len(), 1, "one place, until it has taken something");
        slow.let_go();
        slow.until(10).await;
        assert_eq!(sending.await.unwrap().unwrap(), 20);
    }
}

both_modes! {
    async fn one_that_is_failing_is_asked_by_one_at_a_time(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers_next([Reaction::Status(500)]);
        ask_for_test(&app.client, &hook).await;
        app.drain().await;
        receiver.answers(Reaction::Hang);
        for _ in 0..5 {
            ask_for_test(&app.client, &hook).await;
        }
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { worker::notify::round(&worker).await });
        receiver.until(2).await;
        assert_eq!(app.count("SELECT count(*) FROM notifications WHERE lease_until > 0").await, 1);
        receiver.let_go();
        assert_eq!(sending.await.unwrap().unwrap(), 5);
    }
}

both_modes! {
    async fn of_several_workers_one_sends(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        for _ in 0..20 {
            ask_for_test(&app.client, &hook).await;
        }
        let other = app.another_worker("other").await;
        let (one, two) = tokio::join!(worker::notify::round(&app.worker), worker::notify::round(&other));
        assert_eq!(one.unwrap() + two.unwrap(), 20);
        let got = receiver.got();
        let ids: HashSet<String> = got.iter().map(|got| got.id.clone()).collect();
        assert_eq!((got.len(), ids.len()), (20, 20));
    }
}

both_modes! {
    async fn what_a_worker_was_sending_when_it_died_is_sent_again_under_the_same_id(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers(Reaction::Hang);
        ask_for_test(&app.client, &hook).await;
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { worker::notify::round(&worker).await });
        receiver.until(1).await;
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled());
        receiver.answers(Reaction::Status(200));
        let other = app.another_worker("other").await;
        app.clock.advance(Duration::from_secs(59));
        assert_eq!(worker::notify::round(&other).await.unwrap(), 0, "it may live");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(worker::notify::round(&other).await.unwrap(), 1);
        let got = receiver.got();
        assert_eq!((got.len(), &got[0].id, &got[0].body), (2, &got[1].id, &got[1].body));
        assert_eq!(log(&app.client, &hook).await[0]["state"], "done");
    }
}

both_modes! {
    async fn a_bell_wakes_the_worker_at_once_and_its_end_waits_for_what_is_under_way(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers(Reaction::Hang);
        let worker = app.worker.clone();
        let running = tokio::spawn(async move { worker::notify::run(&worker).await });
        ask_for_test(&app.client, &hook).await;
        app.worker.notifier.ring();
        receiver.until(1).await;
        app.worker.stop.cancel();
        receiver.let_go();
        running.await.unwrap();
        assert_eq!(log(&app.client, &hook).await[0]["state"], "done");
    }
}

both_modes! {
    async fn whoever_comes_back_after_another_took_over_writes_nothing(app: &TestApp) {
        let hook = make(&app.client, "https://example.com/", json!(null)).await;
        ask_for_test(&app.client, &hook).await;
        let (database, webhook) = (&app.backend.database, id(&hook).parse().unwrap());
        let take = async || {
            let taken = notifications::take(database, &webhook, app.clock.now(), MINUTE, 9).await.unwrap();
            taken.into_iter().next().unwrap()
        };
        let first = take().await;
        app.clock.advance(MINUTE);
        let second = take().await;
        let tried = Tried { started_at: first.created_at, http_status: None, error: Some("too late".to_owned()), answer: None };
        let now = app.clock.now();
        notifications::record(database, &first, &tried, After::Failed, Disable::No, now).await.unwrap();
        let state = "SELECT state FROM notifications";
        assert_eq!(app.texts(state).await, ["waiting"]);
        assert_eq!(app.count("SELECT count(*) FROM notification_attempts").await, 0);
        notifications::record(database, &second, &tried, After::Failed, Disable::No, now).await.unwrap();
        assert_eq!(app.texts(state).await, ["failed"]);
    }
}

both_modes! {
    async fn what_happens_while_a_webhook_is_disabled_is_not_sent_to_it_later(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        app.client.patch(&path(&hook, ""), json!({ "enabled": false })).await.expect(StatusCode::OK);
        app.client.submit("meanwhile", &[app.x.to_string()]).await;
        app.drain().await;
        app.client.patch(&path(&hook, ""), json!({ "enabled": true })).await.expect(StatusCode::OK);
        app.settle(HOUR).await;
        assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
        assert!(receiver.got().is_empty());
    }
}
