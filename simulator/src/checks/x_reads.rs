//! What comes with posts on X, and what may delete them (x.md 1.1, 2.7).

use serde_json::json;

use super::{Running, got, id};
use crate::{NewAccount, Platform};

#[tokio::test]
async fn expansions_bring_authors_and_the_posts_that_are_named() {
    let running = Running::start().await;
    let first = id(&running.tweet(json!({"text": "one"})).await);
    let reply = json!({"text": "two", "reply": {"in_reply_to_tweet_id": first}});
    let second = id(&running.tweet(reply).await);
    let user = running.x.remote_user_id.clone();
    let ann = json!({"id": user, "name": "ann", "username": "ann"});
    let reference = json!([{"type": "replied_to", "id": first}]);

    let expansions = "expansions=author_id,in_reply_to_user_id,referenced_posts";
    let new = running
        .json(&format!("/2/users/{user}/tweets?{expansions}"))
        .await;
    assert_eq!(new["data"][0]["id"], second);
    assert_eq!(new["data"][0]["author_id"], user);
    assert_eq!(new["data"][0]["in_reply_to_user_id"], user);
    assert_eq!(new["data"][0]["referenced_posts"], reference);
    assert_eq!(new["includes"]["users"], json!([ann]), "once");
    assert_eq!(new["includes"]["posts"][0]["id"], first);
    assert_eq!(new["data"][1].get("referenced_posts"), None);

    let old = "expansions=author_id,referenced_tweets.id&user.fields=verified";
    let old = running.json(&format!("/2/tweets/{second}?{old}")).await;
    assert_eq!(old["data"]["referenced_tweets"], reference);
    assert_eq!(old["includes"]["tweets"][0]["text"], "one");
    assert_eq!(old["includes"]["users"][0]["verified"], false);

    let fields = "post.fields=author_id,referenced_posts,conversation_id";
    let fields = running.json(&format!("/2/tweets/{second}?{fields}")).await;
    assert_eq!(fields["data"]["conversation_id"], first);
    assert_eq!(
        fields["data"].get("author_id"),
        None,
        "only as an expansion"
    );
    assert_eq!(fields["data"].get("referenced_posts"), None);
    assert_eq!(fields.get("includes"), None);
}

#[tokio::test]
async fn deleting_needs_the_scopes_of_posting() {
    let running = Running::start().await;
    let scopes = ["tweet.read", "tweet.write"].map(str::to_owned);
    running.simulator.add_account(NewAccount {
        scopes: scopes.into(),
        ..NewAccount::new(Platform::X, "bob", "bob-token")
    });
    let call = running.http.delete(format!("{}/2/tweets/1", running.base));
    assert_eq!(got(call.bearer_auth("bob-token")).await.status, 403);
    assert_eq!(got(running.delete("/2/tweets/1")).await.status, 200);
}
