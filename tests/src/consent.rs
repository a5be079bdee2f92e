//! A person at a platform's consent page, without a browser.

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use crate::client::{Client, Reply, text};

/// What a person presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Allow,
    Deny,
}

/// Begins to connect a profile, and returns the consent page's address.
pub async fn begin(client: &Client, platform: &str) -> String {
    let begun = client
        .post("/v1/connections", json!({ "platform": platform }))
        .await
        .expect(StatusCode::CREATED);
    text(&begun["authorize_url"]).to_owned()
}

/// Decides at the consent page as `username`, and returns what the platform sends back, as the page
/// behind the redirect address would hand it on.
pub async fn decide(authorize_url: &str, username: &str, press: Press) -> Value {
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("an HTTP client");
    let page = http.get(authorize_url).send().await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    let words = page.text().await.expect("a page");
    assert!(
        words.contains("id=\"allow\"") && words.contains("id=\"deny\""),
        "{words}"
    );
    let decision = match press {
        Press::Allow => "allow",
        Press::Deny => "deny",
    };
    let form = [("account", username), ("decision", decision)];
    let sent = http.post(authorize_url).form(&form).send().await;
    let sent = sent.expect("an answer");
    assert_eq!(sent.status(), StatusCode::FOUND);
    let location = sent.headers()[LOCATION].to_str().expect("an address");
    let back = Url::parse(location).expect("an address");
    let pairs = back.query_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect::<serde_json::Map<String, Value>>()
        .into()
}

/// Hands on what came back.
pub async fn finish(client: &Client, returned: &Value) -> Reply {
    client
        .post("/v1/connections/finish", returned.clone())
        .await
}

/// The whole way: the account that is connected then.
pub async fn connect(client: &Client, platform: &str, username: &str) -> Value {
    let page = begin(client, platform).await;
    let returned = decide(&page, username, Press::Allow).await;
    finish(client, &returned).await.expect(StatusCode::CREATED)
}
