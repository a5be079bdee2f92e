//! `DELETE /2/tweets/{id}` (x.md 2.8).

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::scene::Scene;
use crate::x::{Refused, XError, credit, snowflake};

const PRICE_MICRODOLLARS: i64 = 10_000;

/// A foreign or unknown id is answered with `false`: no capture is known.
pub(crate) fn remove(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
) -> Result<Answer, Refused> {
    // The three of creating a post (x.md 1.1).
    let scopes = ["tweet.read", "tweet.write", "users.read"];
    if !scopes.into_iter().all(|scope| scene.may(scope)) {
        return Err(XError::MissingScope);
    }
    credit::check(scene)?;
    let post = snowflake::parse(id).and_then(|id| scene.x.post_mut(id));
    let own = post.filter(|post| post.author == caller && !post.deleted);
    let deleted = own.is_some();
    if let Some(post) = own {
        post.deleted = true;
        credit::charge(scene, PRICE_MICRODOLLARS);
    }
    let data = Json::object([("deleted", deleted.into())]);
    Ok(Answer::json(200, &Json::object([("data", data)])))
}
