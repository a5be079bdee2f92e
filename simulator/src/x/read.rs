//! `GET /2/tweets/{id}` and `GET /2/users/me` (x.md 2.7).

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::fields::Fields;
use crate::x::includes::includes;
use crate::x::{Refused, XError, credit, errors, render, snowflake, user};

pub(crate) fn post(scene: &mut Scene<'_>, id: &str, request: &Request) -> Result<Answer, Refused> {
    check_scopes(scene)?;
    credit::check(scene)?;
    let number = snowflake::parse(id).ok_or_else(|| XError::InvalidRequest {
        message: format!("The `id` query parameter value [{id}] is not valid"),
        parameter: Some(("id".to_owned(), id.to_owned())),
    })?;
    let fields = Fields::asked(request);
    let body = match scene.x.live_post(number) {
        Some(post) => Json::object([("data", render::post(scene, post, &fields))])
            .with_some("includes", includes(scene, &[post], &fields, request)),
        None => not_found(scene, "tweet", id),
    };
    if scene.x.live_post(number).is_some() {
        credit::charge(scene, credit::READ_POST_MICRODOLLARS);
    }
    Ok(Answer::json(200, &body))
}

/// HTTP 200 with `errors` and no `data`.
pub(crate) fn not_found(scene: &Scene<'_>, resource: &str, id: &str) -> Json {
    let error = Json::object([
        ("value", id.into()),
        (
            "detail",
            format!("Could not find {resource} with id: [{id}].").into(),
        ),
        ("title", "Not Found Error".into()),
        ("resource_type", resource.into()),
        ("parameter", "id".into()),
        ("resource_id", id.into()),
        (
            "type",
            errors::kind(scene.settings.x.dialect, "resource-not-found").into(),
        ),
    ]);
    Json::object([("errors", vec![error].into())])
}

pub(crate) fn me(
    scene: &Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    check_scopes(scene)?;
    let account = scene.accounts.get(caller);
    let data = user::user(account, request.param("user.fields"));
    Ok(Answer::json(200, &Json::object([("data", data)])))
}

pub(crate) fn check_scopes(scene: &Scene<'_>) -> Result<(), Refused> {
    if scene.may("tweet.read") && scene.may("users.read") {
        Ok(())
    } else {
        Err(XError::MissingScope)
    }
}
