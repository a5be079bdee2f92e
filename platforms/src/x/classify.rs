//! What an answer of X means: by HTTP status, then by the end of the problem type, then by words;
//! never by host or by the order of keys (x.md 2.5).

use serde_json::Value;

use super::problem::Problem;
use super::windows::{limited, windows};
use crate::answer::{Answer, RateWindow};
use crate::call::Call;
use crate::failure::{Evidence, Failure, Meaning};
use crate::http::{Body, Reply, text};
use crate::judge::{lost, unreadable};

/// Reads an answer; a 2xx may carry errors and no data (x.md 2.2).
pub(super) fn judge(call: Call, reply: &Reply, now_ms: i64) -> Result<Answer<Value>, Failure> {
    let windows = windows(&reply.headers);
    let trace_id = text(&reply.headers, "x-transaction-id");
    let body = reply.json();

    if reply.is_2xx() {
        let value = match body {
            Some(value) => value,
            // A part is also acknowledged without a word (x.md 3.1).
            None if call == Call::AppendUpload && reply.is_empty() => Value::Null,
            None => {
                let why = reply.describe_body();
                return Err(unreadable(call, reply.status, windows, trace_id, why));
            }
        };
        if !is_refusal(&value) {
            return Ok(Answer {
                value,
                windows,
                http_status: reply.status,
                trace_id,
                more: false,
            });
        }
        let problem = Problem::read(&value);
        let meaning = if !call.publishes() && problem.is(&["resource-not-found"]) {
            not_found(call)
        } else {
            lost(call)
        };
        return Err(failure(reply, meaning, &problem, windows, trace_id));
    }

    let problem = body.as_ref().map(Problem::read).unwrap_or_default();
    let meaning = match reply.status {
        401 => Meaning::Unauthorized,
        402 => by_money(&problem),
        // Refused before it was read to its end, and with an empty body (x.md 3.3).
        413 | 431 if call == Call::AppendUpload => rejected("chunk_too_large"),
        413 | 431 if call == Call::UploadImage => rejected("media_too_large"),
        // The words decide here; without all of them, the post may be one that exists already.
        400..=499 if matches!(reply.body, Body::Broken(_)) && !is_limit(reply) => lost(call),
        425 | 429 => capped(&problem).unwrap_or_else(|| limited(&reply.headers, &windows, now_ms)),
        400 if call.continues_upload() && is_lost_upload(&problem) => Meaning::UploadLost,
        400 => refused(&problem, "invalid_request"),
        403 if body.is_none() => Meaning::NotDone, // the edge, not the API
        403 => forbidden(&problem),
        404 if !call.publishes() => not_found(call),
        408 | 409 => lost(call),
        404..=499 => rejected("invalid_request"),
        _ => lost(call),
    };
    Err(failure(reply, meaning, &problem, windows, trace_id))
}

fn is_refusal(body: &Value) -> bool {
    let errors = body.get("errors").and_then(Value::as_array);
    errors.is_some_and(|errors| !errors.is_empty()) && body.get("data").is_none_or(Value::is_null)
}

fn not_found(call: Call) -> Meaning {
    if call.continues_upload() {
        Meaning::UploadLost
    } else {
        Meaning::NotFound
    }
}

/// An id that X does not know, or parts that are not the file that was announced (x.md 3.2, 3.3).
fn is_lost_upload(problem: &Problem) -> bool {
    problem.is(&["resource-not-found"])
        || problem.says("not found")
        || problem.says("segments do not add up")
}

fn is_limit(reply: &Reply) -> bool {
    matches!(reply.status, 425 | 429)
}

fn failure(
    reply: &Reply,
    meaning: Meaning,
    problem: &Problem,
    windows: Vec<RateWindow>,
    trace_id: Option<String>,
) -> Failure {
    let code = match meaning {
        Meaning::Duplicate => Some("duplicate".to_owned()),
        _ => problem.code(),
    };
    let message = problem.message().unwrap_or_else(|| reply.describe_body());
    Failure {
        meaning,
        evidence: Evidence {
            http_status: Some(reply.status),
            code,
            message: Some(message),
            trace_id,
        },
        windows,
    }
}

/// 402 has two bodies, and means one thing (x.md 2.5).
fn by_money(problem: &Problem) -> Meaning {
    capped(problem).unwrap_or(Meaning::Blocked {
        code: "credits_depleted",
    })
}

/// Spent budgets, which no rate limit window gives back.
fn capped(problem: &Problem) -> Option<Meaning> {
    let code = if problem.is(&["spend-cap-reached"]) || problem.says("spendcapreached") {
        "spend_cap_reached"
    } else if problem.is(&["usage-capped"]) || problem.says("usagecapexceeded") {
        "usage_capped"
    } else if problem.is(&["credits", "credits-depleted"]) {
        "credits_depleted"
    } else {
        return None;
    };
    Some(Meaning::Blocked { code })
}

/// 403: policy, permission, the account's state, or a duplicate (x.md 1.5, 2.4, 2.5).
fn forbidden(problem: &Problem) -> Meaning {
    if let Some(meaning) = capped(problem) {
        return meaning;
    }
    if problem.is(&["unsupported-authentication"]) {
        // Not a user's token at all; a new connection brings one.
        return Meaning::Unauthorized;
    }
    if let Some(code) = shut_lane(problem) {
        return Meaning::Blocked { code };
    }
    refused(problem, "not_permitted")
}

/// What shuts an account's or the app's lane, whatever the content. Codes: the older API's for
/// suspended, automated-looking and locked accounts.
fn shut_lane(problem: &Problem) -> Option<&'static str> {
    Some(if problem.is(&["client-forbidden"]) {
        "app_not_enrolled"
    } else if problem.is(&["user-suspended"])
        || problem.says("user-suspended")
        || problem.says("your account is suspended")
        || problem.has_code(&[64])
    {
        "account_suspended"
    } else if problem.says("temporarily locked")
        || problem.says("account is locked")
        || problem.says("unlock your account")
        || problem.has_code(&[326])
    {
        "account_locked"
    } else if problem.says("not permitted to access this feature") || problem.has_code(&[226]) {
        "account_restricted"
    } else {
        return None;
    })
}

/// Refusals of this content, or for want of a permission; `otherwise` if the words are new. The
/// same words come with 400 and with 403 (x.md 2.5).
fn refused(problem: &Problem, otherwise: &'static str) -> Meaning {
    const BY_WORDS: [(&str, &str); 11] = [
        ("text is too long", "text_too_long"),
        ("invalid url", "invalid_link"),
        ("one cashtag", "too_many_cashtags"),
        ("media ids are invalid", "media_invalid"),
        ("$.media.", "media_invalid"),
        ("longer than 2 minutes", "video_too_long"),
        ("quoting this post is not allowed", "quote_not_allowed"),
        ("deleted or not visible", "reply_target_gone"),
        (
            "reply to this conversation is not allowed",
            "reply_not_allowed",
        ),
        ("you can only reply to", "reply_not_allowed"),
        ("not permitted to perform this action", "not_permitted"),
    ];
    if problem.says("duplicate content") || problem.has_code(&[187]) {
        return Meaning::Duplicate;
    }
    let by_words = BY_WORDS.iter().find(|(words, _)| problem.says(words));
    let code = if let Some((_, code)) = by_words {
        code
    } else if problem.has_code(&[186]) {
        "text_too_long"
    } else if problem.has_code(&[385]) {
        "reply_target_gone"
    } else if problem.is(&["oauth1-permissions"]) || problem.says_only_forbidden() {
        "permission_missing"
    } else if problem.is(&["invalid-request"]) {
        "invalid_request"
    } else {
        otherwise
    };
    rejected(code)
}

fn rejected(code: &'static str) -> Meaning {
    Meaning::Rejected { code }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod upload_tests;
