//! The one post of a case, on an account of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use entities::rows::account;
use entities::{DeliveryId, Platform};
use serde_json::{Value, json};
use simulator::LivePost;
use tests::TestApp;

use super::files::{Carried, Shelf};
use super::mortal::row;

/// A post that was or will be submitted.
#[derive(Clone)]
pub struct Subject {
    pub platform: Platform,
    pub account: account::Model,
    /// Its Idempotency-Key.
    pub key: String,
    pub texts: Vec<String>,
    /// What each part carries.
    pub carried: Carried,
    pub body: Value,
}

impl Subject {
    /// A post of so many parts on a fresh account, each of which carries the same.
    pub async fn new(
        app: &TestApp,
        shelf: &Shelf,
        platform: Platform,
        name: &str,
        (parts, carried): (usize, Carried),
    ) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let username = format!("case_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let account = app.add_account(platform, &username).await;
        // Both platforms show such a text otherwise than it was sent.
        let text = |part| format!("{name} #{part} & <more> at https://example.org/a?b=1&c=2");
        let texts: Vec<String> = (0..parts).map(text).collect();
        let listed: Vec<Value> = texts.iter().map(|text| shelf.part(text, carried)).collect();
        Subject {
            platform,
            body: json!({ "parts": listed, "accounts": [account.id] }),
            account,
            key: username,
            texts,
            carried,
        }
    }

    /// How many posts its key has made.
    pub async fn posts(&self, app: &TestApp) -> i64 {
        let sql = "SELECT count(*) FROM posts WHERE idempotency_key";
        app.count(&format!("{sql} = '{}'", self.key)).await
    }

    /// Its only delivery.
    pub async fn delivery_id(&self, app: &TestApp) -> DeliveryId {
        let sql = "SELECT id FROM deliveries WHERE account_id";
        let ids = app.texts(&format!("{sql} = '{}'", self.account.id)).await;
        assert_eq!(ids.len(), 1, "one delivery");
        ids[0].parse().expect("an id")
    }

    /// What is live of it, or anything else on its account.
    pub fn live(&self, app: &TestApp) -> Vec<LivePost> {
        let mut live = app.live_on(self.platform);
        live.retain(|post| post.account == self.account.username);
        live
    }

    /// Whether it is out once and whole, and the record says so: the simulator is the judge.
    pub async fn judged(&self, app: &TestApp) -> Result<(), String> {
        let id = self.delivery_id(app).await;
        let live = self.live(app);
        let out: Vec<&String> = live.iter().map(|post| &post.text).collect();
        let expected: Vec<&String> = self.texts.iter().collect();
        if out != expected {
            return Err(format!("{} live: {out:?}", live.len()));
        }
        if let Some(other) = live.iter().find(|post| !self.carried.is_live(&post.media)) {
            return Err(format!("not with {:?}: {other:?}", self.carried));
        }
        let answers: Vec<Option<&str>> = live.iter().map(|post| post.reply_to.as_deref()).collect();
        let before: Vec<Option<&str>> = std::iter::once(None)
            .chain(live.iter().map(|post| Some(post.id.as_str())))
            .take(live.len())
            .collect();
        if answers != before {
            return Err(format!("the chain is broken: {live:?}"));
        }

        let made = format!("SELECT post_id FROM deliveries WHERE id = '{id}'");
        let post = app.texts(&made).await.remove(0);
        let post = app.client.get(&format!("/v1/posts/{post}")).await.body;
        let delivery = &post["deliveries"][0];
        let parts: Vec<Value> = live
            .iter()
            .map(|post| json!({ "remote_id": post.id, "url": post.url }))
            .collect();
        let told = |part: &Value| json!({ "remote_id": part["remote_id"], "url": part["url"] });
        let recorded: Vec<Value> = delivery["parts"]
            .as_array()
            .map(|parts| parts.iter().map(told).collect())
            .unwrap_or_default();
        let is_true = delivery["status"] == "published"
            && delivery["remote_id"] == live[0].id
            && delivery["url"] == live[0].url
            && delivery["error"].is_null()
            && recorded == parts;
        if !is_true {
            return Err(format!("live {live:?}; {delivery:#}"));
        }
        let row = row(&app.worker, &id).await;
        if row.lease_until.is_some() || row.claimed_by.is_some() {
            return Err(format!("its claim is not free: {row:?}"));
        }
        let events = format!(
            "SELECT count(*) FROM events WHERE delivery_id = '{id}'
             AND CAST(data AS text) LIKE '%\"published\"%'"
        );
        match app.count(&events).await {
            1 => Ok(()),
            count => Err(format!("{count} events say that it is published")),
        }
    }
}
