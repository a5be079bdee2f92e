//! What several do at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::webhooks::resolve::{Addresses, Resolver};
use ::webhooks::{Reach, Sender};
use entities::webhooks::{self, MOST, NewWebhook, WebhookChange};
use tests::receiver::sender_settings;
use worker::{Notifier, Worker};

use super::*;

both_modes! {
    async fn two_changes_at_the_same_moment_are_both_kept(app: &TestApp) {
        let hook = make(&app.client, "https://example.com/", json!(null)).await;
        let (one, other) = (app.backend.database.clone(), app.backend.another_database().await);
        let (whose, which, now) = (&app.owner, id(&hook).parse().unwrap(), app.clock.now());
        for round in 0..30 {
            let (url, words) = (format!("https://example.com/{round}"), round.to_string());
            let changes = [
                (&one, WebhookChange { url: Some(url.clone()), ..WebhookChange::default() }),
                (&other, WebhookChange { description: Some(Some(words.clone())), ..WebhookChange::default() }),
            ];
            let changes = changes.map(|(database, change)| webhooks::change(database, whose, &which, change, now));
            for changed in futures::future::join_all(changes).await {
                changed.unwrap().unwrap();
            }
            let row = webhooks::find(&one, whose, &which).await.unwrap().unwrap();
            assert_eq!((row.url, row.description), (url, Some(words)));
        }
    }
}

both_modes! {
    async fn nobody_has_more_than_may_be_however_many_are_made_at_once(app: &TestApp) {
        let (one, other) = (app.backend.database.clone(), app.backend.another_database().await);
        for number in 1..MOST {
            make(&app.client, &format!("https://example.com/{number}"), json!(null)).await;
        }
        let new = || NewWebhook { url: "https://example.com/".to_owned(), description: None, kinds: None };
        let makes = (0..8).flat_map(|_| [&one, &other]);
        let makes = makes.map(|database| webhooks::create(database, &app.vault, &app.owner, new(), app.clock.now()));
        let made = futures::future::join_all(makes).await;
        let made = made.into_iter().filter(|made| made.as_ref().unwrap().is_some()).count();
        assert_eq!(made, 1);
        assert_eq!(app.count("SELECT count(*) FROM webhooks").await, MOST);
    }
}

/// Breaks down so often, and then knows the machine itself.
struct Fragile(AtomicUsize);

impl Resolver for Fragile {
    fn addresses(&self, _: String) -> Addresses {
        let left = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        assert!(left.is_err(), "a break-down that a test wants");
        Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
    }
}

both_modes! {
    async fn a_send_that_breaks_down_gives_its_place_back(app: &TestApp) {
        let receiver = Receiver::start().await;
        let named = receiver.url.replace("127.0.0.1", "receiver.example");
        let hook = make(&app.client, &named, json!(null)).await;
        let resolver = Arc::new(Fragile(AtomicUsize::new(4)));
        let sender = Sender::with_resolver(&sender_settings(Reach::PrivateToo), resolver).unwrap();
        let worker = Worker { notifier: Notifier::new(sender), ..app.worker.clone() };
        for _ in 0..6 {
            ask_for_test(&app.client, &hook).await;
        }
        assert_eq!(worker::notify::round(&worker).await.unwrap(), 6);
        assert_eq!(receiver.got().len(), 2);
        // What broke down is sent again when its lease has ended.
        app.clock.advance(MINUTE);
        assert_eq!(worker::notify::round(&worker).await.unwrap(), 4);
        assert_eq!(receiver.got().len(), 6);
    }
}
