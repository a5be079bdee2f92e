//! A dry run: everything that can be known of a post before it is submitted.

mod outlook;
mod similar;
pub mod wire;

use std::time::Duration;

use actix_web::{post, web};

use super::check::{Moment, check};
use super::draft::Draft;
use super::wire::NewPostBody;
use crate::caller::{Caller, ReadsPosts};
use crate::fields::{Violations, object};
use crate::problem::Problem;
use crate::state::State;
use outlook::Outlook;
use wire::{ForecastBody, WarningBody};

/// Check a post without submitting it: the same body, and nothing is stored.
///
/// The answer tells every violation, the parts that each account would show with their lengths,
/// whether the platforms can fetch the files, the state of the connections, how much of the quota is
/// left at `publish_at` with all that is scheduled, what X charges, and what else might surprise.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:read"))),
    request_body = NewPostBody,
    responses(
        (status = 200, description = "What would come of it; `valid` says whether it would be accepted.", body = ForecastBody),
    )
)]
#[post("/posts/validate")]
pub async fn validate(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    body: crate::body::Json,
) -> Result<web::Json<ForecastBody>, Problem> {
    let now = state.clock.now();
    let mut violations = Violations::default();
    let draft = Draft::read(&object(&body.0, false)?, &mut violations);
    let moment = Moment::New(now);
    let checked = check(&state, &caller.owner, &draft, moment, &mut violations).await?;
    let mut warnings: Vec<WarningBody> = checked.warnings.into_iter().map(Into::into).collect();
    let at = draft.publish_at.unwrap_or(now).max(now);
    let mut accounts = Vec::with_capacity(checked.accounts.len());
    for account in &checked.accounts {
        let outlook = Outlook {
            state: &state,
            account,
            content: &checked.content,
            at,
        };
        accounts.push(outlook.body(&mut warnings).await?);
    }
    let violations = violations.into_list();
    Ok(web::Json(ForecastBody {
        valid: violations.is_empty(),
        due_from: at,
        due_until: at + Duration::from_secs(draft.jitter_s.unsigned_abs()),
        violations,
        warnings,
        accounts,
    }))
}
