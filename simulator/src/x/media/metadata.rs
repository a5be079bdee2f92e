//! `POST /2/media/metadata`: the alt text (x.md 3.1). A post has the one that was there when it
//! was made; what comes later is accepted and changes nothing.

use serde_json::Value;

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::media::{check_scope, usable};
use crate::x::schema::{invalid, object};
use crate::x::{Refused, credit, snowflake};

const PRICE_MICRODOLLARS: i64 = 5_000;

pub(crate) fn metadata(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let given = object(&request.body)?;
    let missing = |path: &str| invalid(format!("{path}: is missing but it is required"));
    let id = given.get("id").ok_or_else(|| missing("$.id"))?;
    let id = id.as_str().filter(|id| snowflake::parse(id).is_some());
    let id = id.ok_or_else(|| invalid("$.id: does not match the regex pattern ^[0-9]{1,19}$"))?;
    let metadata = given
        .get("metadata")
        .and_then(Value::as_object)
        .ok_or_else(|| missing("$.metadata"))?;
    let alt_text = match metadata.get("alt_text") {
        None => None,
        Some(alt_text) => {
            let text = alt_text.get("text").and_then(Value::as_str);
            let text = text.ok_or_else(|| missing("$.metadata.alt_text.text"))?;
            if text.chars().count() > 1_000 {
                return Err(invalid(
                    "$.metadata.alt_text.text: may only be 1000 characters long",
                ));
            }
            Some(text.to_owned())
        }
    };
    credit::check(scene)?;
    let (number, upload) = usable(scene, caller, id)?;
    if let Some(text) = alt_text {
        upload.alt_text = (!text.is_empty()).then_some(text);
    }
    credit::charge(scene, PRICE_MICRODOLLARS);
    let data = Json::object([
        ("id", number.to_string().into()),
        (
            "associated_metadata",
            Value::Object(metadata.clone()).into(),
        ),
    ]);
    Ok(Answer::json(200, &Json::object([("data", data)])))
}
