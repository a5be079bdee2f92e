//! A webhook is no way into the network that the product runs in.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use ::webhooks::resolve::{Addresses, Resolver};
use ::webhooks::{Reach, Sender};
use tests::receiver::{sender, sender_settings};
use worker::{Notifier, Worker};

use super::*;

/// Gives these addresses, one after the other, and then knows the name no more.
struct Turncoat(Mutex<Vec<IpAddr>>);

impl Resolver for Turncoat {
    fn addresses(&self, _: String) -> Addresses {
        let mut left = self.0.lock().unwrap();
        let found = match left.is_empty() {
            true => Err(io::Error::other("no such name")),
            false => Ok(vec![left.remove(0)]),
        };
        Box::pin(async move { found })
    }
}

fn that_sends_by(app: &TestApp, sender: Sender) -> Worker {
    Worker {
        notifier: Notifier::new(sender),
        ..app.worker.clone()
    }
}

async fn last_error(app: &TestApp, hook: &Value) -> String {
    let logged = log(&app.client, hook).await.remove(0);
    let last = logged["attempts"].as_array().unwrap().last().unwrap();
    text(&last["error"]).to_owned()
}

both_modes! {
    async fn a_redirect_into_the_network_is_not_followed(app: &TestApp) {
        let (inner, outer) = (Receiver::start().await, Receiver::start().await);
        let hook = make(&app.client, &outer.url, json!(null)).await;
        for status in [301, 302, 303, 307, 308] {
            outer.answers_next([Reaction::With(status, "location", inner.url.clone())]);
            ask_for_test(&app.client, &hook).await;
            app.drain().await;
            let error = last_error(app, &hook).await;
            assert!(error.contains(&status.to_string()) && error.contains("redirect"), "{error}");
            app.settle(MINUTE).await;
        }
        assert_eq!(inner.got().len(), 0);
    }
}

both_modes! {
    async fn a_name_that_leads_elsewhere_at_the_second_look_is_not_followed(app: &TestApp) {
        let receiver = Receiver::start().await;
        let named = receiver.url.replace("127.0.0.1", "receiver.example");
        let hook = make(&app.client, &named, json!(null)).await;
        // So that each request makes a connection of its own.
        receiver.answers(Reaction::With(200, "connection", "close".to_owned()));
        let says = ["127.0.0.1", "169.254.169.254"].map(|address| address.parse().unwrap());
        let resolver = Arc::new(Turncoat(Mutex::new(says.to_vec())));
        let sender = Sender::with_resolver(&sender_settings(Reach::PrivateToo), resolver).unwrap();
        let worker = that_sends_by(app, sender);
        for expected in [None, Some("link-local"), Some("not known")] {
            ask_for_test(&app.client, &hook).await;
            assert_eq!(worker::notify::round(&worker).await.unwrap(), 1);
            match expected {
                None => assert_eq!(receiver.got().len(), 1),
                Some(word) => assert!(last_error(app, &hook).await.contains(word), "{word}"),
            }
        }
        assert_eq!(receiver.got().len(), 1);
    }
}

both_modes! {
    async fn what_was_allowed_once_is_judged_again_when_it_is_sent(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        ask_for_test(&app.client, &hook).await;
        let strict = that_sends_by(app, sender(Reach::Public));
        assert_eq!(worker::notify::round(&strict).await.unwrap(), 1);
        let error = last_error(app, &hook).await;
        assert!(error.contains("may not be used") && error.contains("the machine itself"), "{error}");
        assert_eq!(receiver.got().len(), 0);
    }
}

both_modes! {
    async fn what_is_private_is_refused_when_it_is_set(app: &TestApp) {
        let strict = app.another_server(|state| state.settings.webhooks_reach = Reach::Public);
        let hook = make(&strict, "https://example.com/hook", json!(null)).await;
        for (url, codes) in [
            ("https://127.0.0.1/", &["url private_target"][..]),
            ("https://localhost/", &["url private_target"]),
            ("https://[::ffff:169.254.169.254]/", &["url private_target"]),
            ("https://2130706433/", &["url private_target"]),
            ("http://example.com/", &["url not_https"]),
            ("http://me:secret@10.0.0.1/#x", &["url not_https", "url user_info", "url fragment", "url private_target"]),
            ("ftp://example.com/", &["url not_https"]),
            ("example.com", &["url invalid_url"]),
        ] {
            let body = json!({ "url": url });
            assert_eq!(strict.post("/v1/webhooks", body.clone()).await.violations(), codes, "{url}");
            assert_eq!(strict.patch(&path(&hook, ""), body).await.violations(), codes, "{url}");
        }
        assert_eq!(shown(&strict, &hook).await["url"], "https://example.com/hook");
        // Those who host it for themselves may, but not everywhere.
        let body = json!({ "url": "http://169.254.169.254/latest/meta-data" });
        assert_eq!(app.client.post("/v1/webhooks", body).await.violations(), ["url private_target"]);
    }
}
