//! Lists by pages: filters, limit, cursor.

use actix_web::web::Query;
use entities::Timestamp;
use entities::id::BadId;
use entities::post_status::PostStatus;
use entities::posts::{PostFilter, PostView};
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{PostBody, PostListBody};
use crate::paging;
use crate::problem::Problem;

const DEFAULT_LIMIT: u64 = 20;

/// The query of `GET /v1/posts`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only posts with this status.
    #[param(inline, value_type = Option<super::wire::PostStatusWord>)]
    status: Option<String>,
    /// Only posts that go to this account.
    #[param(pattern = "^acc_[0-9a-fA-F]{32}$")]
    account: Option<String>,
    /// Only posts whose time is at or after this (RFC 3339).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only posts whose time is before this (RFC 3339).
    #[param(format = DateTime)]
    to: Option<String>,
    /// How many at most; 20 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(pattern = "^post_[0-9a-fA-F]{32}$")]
    cursor: Option<String>,
}

/// A page that was asked for.
pub struct Page {
    pub filter: PostFilter,
    pub limit: u64,
}

impl Page {
    /// Reads a query string.
    pub fn read(query: &str) -> Result<Self, Problem> {
        let query = Query::<ListQuery>::from_query(query)
            .map_err(|error| Problem::bad_request(error.to_string()))?
            .0;
        let limit = paging::limit(query.limit.or(Some(DEFAULT_LIMIT)))?;
        let status = parse("status", query.status, |text| {
            text.parse::<PostStatus>()
                .map_err(|error| error.to_string())
        })?;
        Ok(Page {
            filter: PostFilter {
                status,
                account: parse("account", query.account, |text| {
                    text.parse().map_err(|error: BadId| error.to_string())
                })?,
                from: parse("from", query.from, time)?,
                to: parse("to", query.to, time)?,
                before: query.cursor.as_deref().map(paging::cursor).transpose()?,
            },
            limit,
        })
    }

    /// The answer; `views` holds one more than the limit when there is a next page.
    pub fn body(&self, views: &[PostView], now: Timestamp) -> PostListBody {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let shown = &views[..views.len().min(limit)];
        let more = views.len() > limit;
        PostListBody {
            data: shown.iter().map(|view| PostBody::new(view, now)).collect(),
            next_cursor: shown
                .last()
                .filter(|_| more)
                .map(|view| view.post.id.to_string()),
        }
    }
}

fn parse<T>(
    name: &str,
    text: Option<String>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Problem> {
    text.map(|text| {
        read(&text).map_err(|error| Problem::bad_request(format!("`{name}`: {error}.")))
    })
    .transpose()
}

fn time(text: &str) -> Result<Timestamp, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        "an RFC 3339 time with an offset, such as 2026-12-24T18:00:00Z, is expected".to_owned()
    })
}
