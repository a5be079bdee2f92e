//! From one exchange to a success or a failure: the part that both platforms share.

use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::answer::{Answer, RateWindow};
use crate::call::Call;
use crate::failure::{Evidence, Failure, Meaning};
use crate::http::{Outcome, Reply, exchange, with_token};
use crate::scrub::scrubbed;

/// A platform's own reading of an answer: a success with its JSON body, or what the refusal means.
/// Pure: status, headers, body and time in, meaning out.
pub(crate) type Judge = fn(Call, &Reply, i64) -> Result<Answer<Value>, Failure>;

/// Sends `request`, has the platform's `judge` read the answer, and takes it as a `W`.
pub(crate) async fn perform<W: DeserializeOwned>(
    http: &reqwest::Client,
    call: Call,
    request: Result<RequestBuilder, &'static str>,
    token: &SecretString,
    now_ms: i64,
    judge: Judge,
) -> Result<Answer<W>, Failure> {
    let outcome = match request.map(|request| with_token(request, token)) {
        Ok(Some(request)) => exchange(http, request).await,
        Ok(None) => {
            return Err(without_answer(
                Meaning::Unauthorized,
                "the token holds characters that no header can carry".to_owned(),
            ));
        }
        Err(why) => Outcome::NeverSent(why.to_owned()),
    };
    let result = match outcome {
        Outcome::Answered(reply) => judge(call, &reply, now_ms).and_then(|a| take(call, a)),
        Outcome::NeverSent(why) => {
            let why = format!("nothing was sent: {why}");
            Err(without_answer(Meaning::NotDone, why))
        }
        Outcome::NoAnswer(why) => Err(without_answer(lost(call), why)),
    };
    result.map_err(|failure| scrubbed(failure, token))
}

/// What an outcome that cannot be told means for this call.
pub(crate) fn lost(call: Call) -> Meaning {
    if call.publishes() {
        Meaning::Unknown
    } else {
        Meaning::Transient
    }
}

/// The failure of an answer that said yes but not what was asked for.
pub(crate) fn unreadable(
    call: Call,
    http_status: u16,
    windows: Vec<RateWindow>,
    trace_id: Option<String>,
    why: String,
) -> Failure {
    Failure {
        meaning: lost(call),
        evidence: Evidence {
            http_status: Some(http_status),
            code: None,
            message: Some(why),
            trace_id,
        },
        windows,
    }
}

fn take<W: DeserializeOwned>(call: Call, answer: Answer<Value>) -> Result<Answer<W>, Failure> {
    match W::deserialize(&answer.value) {
        Ok(value) => Ok(answer.map(|_| value)),
        Err(error) => Err(unreadable(
            call,
            answer.http_status,
            answer.windows,
            answer.trace_id,
            format!("the answer is not in the documented form: {error}"),
        )),
    }
}

fn without_answer(meaning: Meaning, why: String) -> Failure {
    Failure {
        meaning,
        evidence: Evidence {
            message: Some(why),
            ..Evidence::default()
        },
        windows: Vec::new(),
    }
}
