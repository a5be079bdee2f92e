//! What comes with posts that are read: their authors, and the posts that they name, each once
//! (x.md 2.7).

use crate::account::AccountId;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::Post;
use crate::x::fields::Fields;
use crate::x::{render, user};

/// `None` when nothing was asked for, or nothing is there.
pub(crate) fn includes(
    scene: &Scene<'_>,
    posts: &[&Post],
    fields: &Fields,
    request: &Request,
) -> Option<Json> {
    let mut users: Vec<AccountId> = Vec::new();
    let mut named: Vec<&Post> = Vec::new();
    for post in posts {
        let parent = post.reply_to.and_then(|id| scene.x.post(id));
        let answered = parent.filter(|_| fields.expands("in_reply_to_user_id"));
        let author = fields.expands("author_id").then_some(post.author);
        users.extend(author.into_iter().chain(answered.map(|post| post.author)));
        if fields.expands(fields.references()) {
            let references = post.reply_to.into_iter().chain(post.quoted);
            named.extend(references.filter_map(|id| scene.x.live_post(id)));
        }
    }
    once(&mut users, |user| *user);
    once(&mut named, |post| post.id);
    let users: Vec<Json> = users
        .into_iter()
        .map(|id| user::user(scene.accounts.get(id), request.param("user.fields")))
        .collect();
    let named: Vec<Json> = named
        .into_iter()
        .map(|post| render::post(scene, post, fields))
        .collect();
    let posts = if fields.modern() { "posts" } else { "tweets" };
    let is_empty = users.is_empty() && named.is_empty();
    let includes = Json::object([])
        .with_some("users", (!users.is_empty()).then_some(users))
        .with_some(posts, (!named.is_empty()).then_some(named));
    (!is_empty).then_some(includes)
}

/// Leaves the first of each.
fn once<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|item| seen.insert(key(item)));
}
