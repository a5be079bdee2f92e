//! A user as X shows one (x.md 2.7).

use crate::account::Account;
use crate::json::Json;

/// Three fields, and those of `user.fields` that are imitated; others are ignored without a word.
pub(crate) fn user(account: &Account, fields: Option<&str>) -> Json {
    let asked: Vec<&str> = fields.unwrap_or_default().split(',').collect();
    let when = |name: &str, value: Json| asked.contains(&name).then_some(value);
    let (plan, badge) = if account.premium {
        ("Premium", "blue")
    } else {
        ("None", "none")
    };
    Json::object([
        ("id", account.public.remote_user_id.as_str().into()),
        ("name", account.public.display_name.as_str().into()),
        ("username", account.public.username.as_str().into()),
    ])
    .with_some("verified", when("verified", account.premium.into()))
    .with_some("verified_type", when("verified_type", badge.into()))
    .with_some("subscription_type", when("subscription_type", plan.into()))
}
