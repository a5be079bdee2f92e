//! From one exchange to tokens or a failure: the part that both platforms share.

use reqwest::RequestBuilder;
use secrecy::SecretString;

use super::{Failure, Refusal};
use crate::failure::Evidence;
use crate::http::{Outcome, Reply, exchange};
use crate::scrub::evidence_without;

/// Sends `request`, which carries its own credentials, and has the platform's `judge` read the
/// answer. None of the `secrets` of the request is left in a failure.
pub(crate) async fn perform<T>(
    http: &reqwest::Client,
    request: Result<RequestBuilder, &'static str>,
    secrets: &[&SecretString],
    judge: impl FnOnce(&Reply) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let outcome = match request {
        Ok(request) => exchange(http, request).await,
        Err(why) => Outcome::NeverSent(why.to_owned()),
    };
    let result = match outcome {
        Outcome::Answered(reply) => judge(&reply),
        Outcome::NeverSent(why) => {
            let why = format!("nothing was sent: {why}");
            Err(without_answer(Refusal::NotDone, why))
        }
        Outcome::NoAnswer(why) => Err(without_answer(Refusal::Unknown, why)),
    };
    result.map_err(|failure| Failure {
        evidence: evidence_without(failure.evidence, secrets),
        ..failure
    })
}

fn without_answer(refusal: Refusal, why: String) -> Failure {
    Failure {
        refusal,
        evidence: Evidence {
            message: Some(why),
            ..Evidence::default()
        },
    }
}
