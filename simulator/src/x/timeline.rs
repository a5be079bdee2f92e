//! `GET /2/users/{id}/tweets`: what a client looks through after an answer
//! was lost (x.md 2.6, 2.7).

use crate::account::Platform;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::fields::Fields;
use crate::x::includes::includes;
use crate::x::{Post, Refused, XError, credit, read, render, snowflake};

pub(crate) fn timeline(
    scene: &mut Scene<'_>,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    read::check_scopes(scene)?;
    credit::check(scene)?;
    let number = snowflake::parse(user).ok_or_else(|| invalid("id", user))?;
    let Some(author) = scene.accounts.with_user_id(Platform::X, number) else {
        return Ok(Answer::json(200, &read::not_found(scene, "user", user)));
    };
    let page = page(request)?;
    let mut rows = scene
        .x
        .posts_of(author)
        .filter(|post| page.wants(post, scene.now_ms));
    let shown: Vec<&Post> = rows.by_ref().take(page.size).collect();
    let more = rows.next().is_some();
    drop(rows);
    let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) else {
        // Without `data` (x.md 2.6).
        let meta = Json::object([("result_count", 0_u16.into())]);
        return Ok(Answer::json(200, &Json::object([("meta", meta)])));
    };
    let meta = Json::object([
        ("result_count", shown.len().into()),
        ("newest_id", newest.id.to_string().into()),
        ("oldest_id", oldest.id.to_string().into()),
    ])
    .with_some(
        "next_token",
        more.then(|| format!("7140dibdnow{}", oldest.id)),
    );
    let fields = Fields::asked(request);
    let data: Vec<Json> = shown
        .iter()
        .map(|post| render::post(scene, post, &fields))
        .collect();
    let body = Json::object([("data", data.into())])
        .with_some("includes", includes(scene, &shown, &fields, request))
        .with("meta", meta);
    let count = i64::try_from(shown.len()).unwrap_or(i64::MAX);
    credit::charge(scene, count * credit::READ_POST_MICRODOLLARS);
    Ok(Answer::json(200, &body))
}

struct Page {
    size: usize,
    above: Option<u64>,
    below: Option<u64>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    without_replies: bool,
}

impl Page {
    fn wants(&self, post: &Post, now_ms: i64) -> bool {
        !post.deleted
            && !post.options.contains_key("nullcast")
            && now_ms >= post.visible_from_ms
            && self.above.is_none_or(|above| post.id > above)
            && self.below.is_none_or(|below| post.id < below)
            && self
                .from_ms
                .is_none_or(|from_ms| post.created_ms >= from_ms)
            && self.to_ms.is_none_or(|to_ms| post.created_ms < to_ms)
            && !(self.without_replies && post.reply_to.is_some())
    }
}

fn page(request: &Request) -> Result<Page, Refused> {
    let size = request.param("max_results").unwrap_or("10");
    let size = size
        .parse()
        .ok()
        .filter(|size| (5..=100).contains(size))
        .ok_or_else(|| XError::InvalidRequest {
            message: format!(
                "The `max_results` query parameter value [{size}] is not between 5 and 100"
            ),
            parameter: Some(("max_results".to_owned(), size.to_owned())),
        })?;
    let id = |name: &'static str| {
        let given = request.param(name);
        given
            .map(|given| snowflake::parse(given).ok_or_else(|| invalid(name, given)))
            .transpose()
    };
    let moment = |name: &'static str| {
        let given = request.param(name);
        let read = |given: &str| chrono::DateTime::parse_from_rfc3339(given).ok();
        given
            .map(|given| {
                read(given)
                    .map(|at| at.timestamp_millis())
                    .ok_or_else(|| invalid(name, given))
            })
            .transpose()
    };
    let token = request.param("pagination_token");
    let after_token = token
        .map(|token| {
            let last = token.strip_prefix("7140dibdnow").and_then(snowflake::parse);
            last.ok_or_else(|| invalid("pagination_token", token))
        })
        .transpose()?;
    let exclude = request.param("exclude").unwrap_or_default();
    if let Some(unknown) = exclude
        .split(',')
        .find(|kind| !["", "replies", "retweets"].contains(kind))
    {
        return Err(invalid("exclude", unknown));
    }
    Ok(Page {
        size,
        above: id("since_id")?,
        below: match (id("until_id")?, after_token) {
            (Some(until), Some(token)) => Some(until.min(token)),
            (until, token) => until.or(token),
        },
        from_ms: moment("start_time")?,
        to_ms: moment("end_time")?,
        without_replies: exclude.split(',').any(|kind| kind == "replies"),
    })
}

fn invalid(name: &str, value: &str) -> Refused {
    XError::InvalidRequest {
        message: format!("The `{name}` query parameter value [{value}] is not valid"),
        parameter: Some((name.to_owned(), value.to_owned())),
    }
}
