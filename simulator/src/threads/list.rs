//! `GET /{user}/threads` and `GET /{user}/replies`: newest first, and a
//! little behind the truth (threads.md 7.4, 8.1).

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::threads::{Post, Refused, ThreadsError, fields, ids, is_caller, time};

/// Top-level posts. Replies are not among them (threads.md 0.10).
pub(crate) fn posts(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    list(scene, caller, user, request, |post| !post.is_reply())
}

pub(crate) fn replies(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    if !scene.may("threads_read_replies") {
        return Err(ThreadsError::MissingPermission);
    }
    list(scene, caller, user, request, Post::is_reply)
}

/// What part of a list is asked for.
struct Page {
    limit: usize,
    since_ms: i64,
    until_ms: i64,
    /// Towards the newer.
    before: Option<u64>,
    /// Towards the older.
    after: Option<u64>,
}

fn list(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
    wanted: impl Fn(&Post) -> bool,
) -> Result<Answer, Refused> {
    if !is_caller(scene.accounts.get(caller), user) {
        return Err(ThreadsError::NoSuchObject {
            id: user.to_owned(),
        });
    }
    let page = page(request, scene.now_ms)?;
    let names = fields::asked(request.param("fields"));
    let mut rows = scene.threads.posts_of(caller).filter(|post| {
        wanted(post)
            && post.is_listed(scene.now_ms)
            && (page.since_ms..page.until_ms).contains(&post.created_ms)
            && page.after.is_none_or(|after| post.id < after)
            && page.before.is_none_or(|before| post.id > before)
    });
    let shown: Vec<&Post> = match page.before {
        // The page next to the cursor, not the newest one.
        Some(_) => {
            let all: Vec<_> = rows.by_ref().collect();
            all[all.len().saturating_sub(page.limit)..].to_vec()
        }
        None => rows.by_ref().take(page.limit).collect(),
    };
    let more = rows.next().is_some();
    let data = shown.iter().map(|post| fields::post(scene, post, &names));
    let data = data.collect::<Result<Vec<_>, _>>()?;
    let body = Json::object([("data", data.into())]);
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
        return Ok(Answer::json(200, &body));
    };
    let cursors = Json::object([
        ("before", ids::cursor(first.id).into()),
        ("after", ids::cursor(last.id).into()),
    ]);
    let next = more.then(|| next_url(request, last.id));
    let paging = Json::object([("cursors", cursors)]).with_some("next", next);
    Ok(Answer::json(200, &body.with("paging", paging)))
}

fn page(request: &Request, now_ms: i64) -> Result<Page, Refused> {
    let limit = request
        .param("limit")
        .map_or(Some(25), |limit| limit.parse().ok());
    let limit: usize = limit
        .filter(|limit| *limit > 0)
        .ok_or_else(|| ThreadsError::parameter("Param limit is invalid."))?;
    let since = moment(request, "since")?;
    let until = moment(request, "until")?;
    // Threads opened on 2023-07-05; the docs name this second.
    let too_early = since.is_some_and(|since| since < 1_688_540_400);
    let crossed = since
        .zip(until)
        .is_some_and(|(since, until)| since >= until);
    let ahead = until.is_some_and(|until| until * 1_000 > now_ms + 1_000);
    if too_early || crossed || ahead {
        return Err(ThreadsError::parameter(
            "Param since or until is out of range.",
        ));
    }
    Ok(Page {
        limit: limit.min(100),
        since_ms: since.map_or(i64::MIN, |since| since * 1_000),
        until_ms: until.map_or(i64::MAX, |until| until * 1_000),
        before: cursor(request, "before")?,
        after: cursor(request, "after")?,
    })
}

fn moment(request: &Request, name: &str) -> Result<Option<i64>, Refused> {
    let given = request.param(name).filter(|given| !given.is_empty());
    given
        .map(|given| {
            time::seconds(given).ok_or_else(|| {
                ThreadsError::parameter(format!("Param {name} must be a valid time."))
            })
        })
        .transpose()
}

fn cursor(request: &Request, name: &str) -> Result<Option<u64>, Refused> {
    let given = request.param(name).filter(|given| !given.is_empty());
    given
        .map(|given| {
            ids::media_of(given).ok_or_else(|| ThreadsError::parameter("Invalid cursors values"))
        })
        .transpose()
}

/// The same list further on. Unlike Graph's, it has no token in it, which
/// would only end up in a log.
fn next_url(request: &Request, last: u64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["fields", "limit", "since", "until"] {
        if let Some(value) = request.param(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("after", &ids::cursor(last));
    format!("http://{}{}?{}", request.host, request.path, query.finish())
}
