//! How many requests are taken: counted by address before anything is looked at, and by credential
//! once it is known to be good. In memory, and for this process alone: with many `api` processes each
//! has limits of its own.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError, web};
use entities::{KeyId, Timestamp, UserId};
use tracing::warn;

use super::Guard;
use super::address::{Household, TrustedProxies};
use super::bucket::{Rate, Standing};
use super::buckets::Buckets;
use crate::problem::Problem;
use crate::sign_in::{Principal, Via, cookie};
use crate::state::State;

/// How many addresses and how many credentials are remembered; about 64 bytes each.
const MOST: usize = 50_000;

/// What a credential that is not good costs besides: of 1,000 requests at once and 200 a second, 20
/// guesses at once and 4 a second are left.
const FAILED: u32 = 50;

const LIMITS: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// The buckets of this process.
pub struct Throttle {
    addresses: Option<Buckets<Household>>,
    credentials: Option<Buckets<u64>>,
    hasher: std::hash::RandomState,
    trusted_proxies: TrustedProxies,
    has_warned: AtomicBool,
}

/// Whose bucket it is: sessions of one person share one.
#[derive(Hash)]
enum Credential<'a> {
    Key(&'a KeyId),
    Person(&'a UserId),
}

/// Where the answer's headers are kept until there is an answer.
#[derive(Clone, Copy)]
struct Counted {
    name: &'static str,
    rate: Rate,
    standing: Standing,
}

#[derive(Default)]
struct AllCounted(Vec<Counted>);

impl Throttle {
    /// With nothing used yet.
    pub fn of(guard: &Guard) -> Self {
        Throttle {
            addresses: guard.per_address.map(|rate| Buckets::new(rate, MOST)),
            credentials: guard.per_credential.map(|rate| Buckets::new(rate, MOST)),
            hasher: std::hash::RandomState::new(),
            trusted_proxies: guard.trusted_proxies.clone(),
            has_warned: AtomicBool::new(false),
        }
    }

    fn comes_from(&self, request: &ServiceRequest) -> Option<Origin> {
        let peer = request.peer_addr()?.ip().to_canonical();
        let headers = request.headers();
        let by_unknown_proxy = self.trusted_proxies.seem_to_lack(peer, headers);
        if by_unknown_proxy && !self.has_warned.swap(true, Ordering::Relaxed) {
            warn!(%peer, "requests come through a proxy that is not in DUALPOSTS_TRUSTED_PROXIES: all that it brings count as one address");
        }
        Some(Origin {
            household: self.trusted_proxies.origin(peer, headers).into(),
            by_unknown_proxy,
        })
    }
}

/// Where a request comes from.
#[derive(Clone, Copy)]
struct Origin {
    household: Household,
    /// Everybody comes from there: what one guesses must not be everybody's loss.
    by_unknown_proxy: bool,
}

/// The middleware: counts by address.
pub async fn by_address<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let throttle = request.app_data::<web::Data<Throttle>>().cloned();
    let state = request.app_data::<web::Data<State>>().cloned();
    let (Some(throttle), Some(state)) = (throttle, state) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let now = state.clock.now();
    let buckets = throttle
        .addresses
        .as_ref()
        .filter(|_| !is_exempt(request.path()));
    let counted = buckets.and_then(|buckets| Some((buckets, throttle.comes_from(&request)?)));
    if let Some((buckets, from)) = counted {
        let standing = buckets.take(from.household, now);
        note(&request, "address", buckets.rate(), standing);
        if !standing.allowed {
            let problem = refused("this address", buckets.rate(), standing);
            let mut response = request.into_response(problem.error_response());
            tell(&mut response);
            return Ok(response.map_into_right_body());
        }
    }
    let shows_something = shows_a_credential(&request, &state.settings.public_url);
    let mut response = next.call(request).await?;
    if let Some((buckets, from)) = counted
        && response.status() == StatusCode::UNAUTHORIZED
        && shows_something
        && !from.by_unknown_proxy
    {
        buckets.charge(from.household, FAILED, now);
    }
    tell(&mut response);
    Ok(response.map_into_left_body())
}

/// Counts a request of somebody who is known now.
pub fn by_credential(
    request: &HttpRequest,
    principal: &Principal,
    now: Timestamp,
) -> Result<(), Problem> {
    let throttle = request.app_data::<web::Data<Throttle>>();
    let Some(throttle) = throttle else {
        return Ok(());
    };
    let Some(buckets) = &throttle.credentials else {
        return Ok(());
    };
    let credential = match &principal.via {
        Via::ApiKey { id } => Credential::Key(id),
        Via::Browser | Via::Clerk { .. } => Credential::Person(&principal.owner),
    };
    let name = std::hash::BuildHasher::hash_one(&throttle.hasher, credential);
    let standing = buckets.take(name, now);
    note(request, "credential", buckets.rate(), standing);
    if standing.allowed {
        Ok(())
    } else {
        Err(refused("this credential", buckets.rate(), standing))
    }
}

/// `/healthz` does nothing, and `/readyz` looks once a second at most; who asks them ends the process,
/// or sends it nothing more, when it does not answer. `/media/` takes links that we have signed, and
/// nothing else costs anything there: a fetch of a platform's that was refused could fail a post.
fn is_exempt(path: &str) -> bool {
    path == "/healthz" || path == "/readyz" || path.starts_with("/media/")
}

/// To come without anything guesses nothing, nor do cookies of others that share our host's name.
fn shows_a_credential(request: &ServiceRequest, public_url: &str) -> bool {
    let headers = request.headers();
    headers.contains_key(AUTHORIZATION)
        || headers.contains_key("x-api-key")
        || cookie::of(request.request(), public_url).is_some()
        // A sign-in link, or a signature.
        || request.method() == actix_web::http::Method::POST
}

fn note(request: &impl HttpMessage, name: &'static str, rate: Rate, standing: Standing) {
    let mut extensions = request.extensions_mut();
    if !extensions.contains::<AllCounted>() {
        extensions.insert(AllCounted::default());
    }
    if let Some(all) = extensions.get_mut::<AllCounted>() {
        all.0.push(Counted {
            name,
            rate,
            standing,
        });
    }
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
fn tell<B>(response: &mut ServiceResponse<B>) {
    let (mut limits, mut left) = (Vec::new(), Vec::new());
    if let Some(all) = response.request().extensions().get::<AllCounted>() {
        for Counted {
            name,
            rate,
            standing,
        } in &all.0
        {
            limits.push(format!("\"{name}\";q={};w={}", rate.burst, rate.window_s()));
            left.push(format!(
                "\"{name}\";r={};t={}",
                standing.remaining, standing.reset_s
            ));
        }
    }
    for (name, value) in [(LIMITS, limits), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value.join(", "))
            && !value.is_empty()
        {
            response.headers_mut().insert(name, value);
        }
    }
}

fn refused(whose: &str, rate: Rate, standing: Standing) -> Problem {
    let detail = format!(
        "The limit of {whose} is {} requests a second, and {} at once after a pause.",
        rate.per_s, rate.burst
    );
    Problem::too_many_requests(detail, standing.retry_after_s)
}
