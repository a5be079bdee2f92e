//! `GET /v1/cost`: what X has charged, what it may have charged, and what is still to come.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use entities::forecast::planned;
use entities::lanes::Lane;
use entities::month::Month;
use entities::quota::counted;
use entities::spend::{BUDGET, ChargeState, Sum, of_owner};
use entities::{AccountId, Platform, Timestamp, accounts};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::{Caller, ReadsAccounts};
use crate::money::{dollars, of_part};
use crate::problem::Problem;
use crate::state::State;

/// The query of `GET /v1/cost`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CostQuery {
    /// The month in UTC, such as `2026-11`; the present one if not said.
    #[param(
        example = "2026-11",
        pattern = "^(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])$"
    )]
    month: Option<String>,
}

/// What X charges in a month, by its published prices; the bill itself is in its developer console.
#[derive(Serialize, ToSchema)]
pub struct CostBody {
    /// `2026-11`
    month: String,
    /// What was carried out, in US dollars.
    spent: String,
    /// What is under way, or has no known outcome: it may be charged.
    reserved: String,
    by_account: Vec<AccountCostBody>,
    by_kind: Vec<KindCostBody>,
    /// The installation's budget for the present month, shared by all; null where none is set, and for
    /// other months.
    budget: Option<BudgetBody>,
    /// What the scheduled posts of the month will cost besides; null for a month that is over.
    forecast: Option<CostForecastBody>,
}

/// One account's part of it.
#[derive(Serialize, ToSchema)]
pub struct AccountCostBody {
    /// `acc_...`
    account: String,
    /// Null when it is not connected any more.
    username: Option<String>,
    spent: String,
    reserved: String,
}

/// One kind of calls.
#[derive(Serialize, ToSchema)]
pub struct KindCostBody {
    /// `create_post`, `create_post_with_link`, `describe_media`, `delete_post` or `read_posts`
    kind: &'static str,
    /// How many calls.
    calls: i64,
    spent: String,
    reserved: String,
}

/// What is left of the budget.
#[derive(Serialize, ToSchema)]
pub struct BudgetBody {
    total: String,
    left: String,
    /// When it begins anew.
    #[schema(value_type = String, format = DateTime)]
    renews_at: Timestamp,
}

/// What is still to come.
#[derive(Serialize, ToSchema)]
pub struct CostForecastBody {
    /// How many deliveries are still to go out in the month.
    scheduled: usize,
    total: String,
    /// Whether more are scheduled than were looked at (2,000).
    is_cut: bool,
}

/// What X charges in a month.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:read"))),
    params(CostQuery),
    responses(
        (status = 200, description = "What it costs.", body = CostBody),
        (status = 400, description = "The month can not be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/cost")]
pub async fn cost(
    state: web::Data<State>,
    caller: Caller<ReadsAccounts>,
    request: HttpRequest,
) -> Result<web::Json<CostBody>, Problem> {
    let now = state.clock.now();
    let present = Month::of(now);
    let query = web::Query::<CostQuery>::from_query(request.query_string())
        .map_err(|error| Problem::bad_request(error.to_string()))?
        .0;
    let month = match &query.month {
        None => present,
        Some(text) => text
            .parse()
            .map_err(|error| Problem::bad_request(format!("`month`: {error}.")))?,
    };
    let sums = of_owner(&state.database, &caller.owner, month).await?;
    let known = accounts::list(&state.database, &caller.owner).await?;
    let username = |id: &AccountId| {
        let account = known.iter().find(|account| account.id == *id);
        account.map(|account| account.username.clone())
    };
    let total: Split = sums.iter().fold(Split::default(), Split::and);
    Ok(web::Json(CostBody {
        month: month.to_string(),
        spent: dollars(total.spent),
        reserved: dollars(total.reserved),
        by_account: grouped(&sums, |sum| sum.account_id.clone())
            .into_iter()
            .map(|(id, split)| AccountCostBody {
                username: username(&id),
                account: id.to_string(),
                spent: dollars(split.spent),
                reserved: dollars(split.reserved),
            })
            .collect(),
        by_kind: grouped(&sums, |sum| sum.what)
            .into_iter()
            .map(|(kind, split)| KindCostBody {
                kind: kind.as_str(),
                calls: split.calls,
                spent: dollars(split.spent),
                reserved: dollars(split.reserved),
            })
            .collect(),
        budget: match month == present {
            true => budget(&state, now).await?,
            false => None,
        },
        forecast: match month >= present {
            true => Some(forecast(&state, &caller, month).await?),
            false => None,
        },
    }))
}

/// Millionths of a dollar.
#[derive(Clone, Copy, Default)]
struct Split {
    calls: i64,
    spent: i64,
    reserved: i64,
}

impl Split {
    fn and(self, sum: &Sum) -> Self {
        let (spent, reserved) = match sum.state {
            ChargeState::Settled => (sum.micro_dollars, 0),
            ChargeState::Reserved => (0, sum.micro_dollars),
            ChargeState::Released => (0, 0),
        };
        Split {
            calls: self.calls + sum.calls,
            spent: self.spent + spent,
            reserved: self.reserved + reserved,
        }
    }
}

fn grouped<K: Ord>(sums: &[Sum], key: impl Fn(&Sum) -> K) -> BTreeMap<K, Split> {
    let mut groups: BTreeMap<K, Split> = BTreeMap::new();
    for sum in sums {
        let group = groups.entry(key(sum)).or_default();
        *group = group.and(sum);
    }
    groups
}

async fn budget(state: &State, now: Timestamp) -> Result<Option<BudgetBody>, Problem> {
    let Some(total) = state.settings.budget else {
        return Ok(None);
    };
    let rows = counted(&state.database, &[Lane::App(Platform::X)], now).await?;
    let used = rows
        .iter()
        .find(|row| row.name == BUDGET)
        .map_or(0, |row| row.used);
    Ok(Some(BudgetBody {
        total: dollars(total),
        left: dollars(total - used),
        renews_at: Month::of(now).end(),
    }))
}

async fn forecast(
    state: &State,
    caller: &Caller<ReadsAccounts>,
    month: Month,
) -> Result<CostForecastBody, Problem> {
    let (database, until) = (&state.database, Some(month.end()));
    let _turn = state.foretelling.acquire().await;
    let plan = planned::of_owner(database, &caller.owner, Platform::X, until, of_part).await?;
    let present = Month::of(state.clock.now());
    // What is late already goes out this month.
    let of_month = plan
        .deliveries
        .iter()
        .filter(|planned| month == present || planned.at >= month.start());
    let mut body = (0, 0);
    for planned in of_month {
        body.0 += 1;
        body.1 += planned.left.iter().sum::<i64>();
    }
    Ok(CostForecastBody {
        scheduled: body.0,
        total: dollars(body.1),
        is_cut: plan.is_cut,
    })
}
