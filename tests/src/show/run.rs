//! One kind after the other, posted, looked at and printed.

use std::collections::HashSet;

use reqwest::StatusCode;
use serde_json::Value;

use super::asked::{Asked, Wanted};
use super::compare::{Seen, compare, differs, short};
use super::kinds;
use super::product::Product;
use crate::client::text;

/// What came of all kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub shown: usize,
    pub differing: usize,
    pub skipped: usize,
}

/// Posts the kinds whose names hold `only`, and prints a block for each.
pub async fn run(product: &mut Product, only: &str) -> Count {
    post_earlier(product).await;
    let mut count = Count::default();
    for (number, kind) in kinds::all().iter().enumerate() {
        if !kind.name.contains(only) {
            continue;
        }
        println!("\n{:>2}  {}", number + 1, kind.name);
        match (kind.ask)(&product.stage) {
            Err(lacks) => {
                println!("    skipped: it needs {}", lacks.0);
                count.skipped += 1;
            }
            Ok(asked) => {
                count.shown += 1;
                count.differing += usize::from(!show(product, &asked).await);
            }
        }
    }
    count
}

/// What quotes will quote.
async fn post_earlier(product: &mut Product) {
    let reply = product
        .client
        .submit_raw(product.stage.earlier_post())
        .await;
    let post = reply.expect(StatusCode::ACCEPTED);
    let post = product.settled(&post).await;
    product.stage.remember(&post);
}

/// Posts one, prints its block, and says whether all is as it was asked.
async fn show(product: &Product, asked: &Asked) -> bool {
    let before = product.live().await.unwrap_or_default();
    let before: HashSet<String> = before
        .iter()
        .map(|post| text(&post["id"]).to_owned())
        .collect();
    println!("    asked               {}", short(&told(&asked.body)));
    match &asked.wanted {
        Wanted::Refused(_) => println!("    to be refused"),
        Wanted::Live(accounts) => println!("    to be live on       {} account(s)", accounts.len()),
    }
    let reply = product.client.submit_raw(asked.body.clone()).await;
    let post = match reply.status.is_success() {
        true => product.settled(&reply.body).await,
        false => Value::Null,
    };
    let live = product.live().await;
    let seen = Seen {
        reply: &reply,
        post: &post,
        live: live.as_deref(),
        before: &before,
    };
    let lines = compare(asked, &seen);
    for line in &lines {
        println!("    {line}");
    }
    let as_asked = !lines.iter().any(differs);
    let to_look_at = live.is_none() && matches!(asked.wanted, Wanted::Live(_));
    let mark = match (as_asked, to_look_at) {
        (false, _) => "DIFFERS",
        (true, true) => "published; look at it",
        (true, false) => "ok",
    };
    println!("    {mark}");
    as_asked
}

/// A request without the accounts, which the lines below name.
fn told(body: &Value) -> String {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("accounts");
    }
    body.to_string()
}
