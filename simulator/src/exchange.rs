//! One call from request to answer, with the fault that strikes it.

use std::sync::Arc;

use hyper::Response;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use tokio::sync::watch;

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::fault::{Act, Fault, NamedErrors, Shape, When};
use crate::request::Request;
use crate::scene::Scene;
use crate::simulator::Inner;
use crate::threads::{self, ThreadsError};
use crate::world::{Admitted, Route};
use crate::x::{self, XError};

/// How a connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Orderly,
    Reset,
}

/// Which platform's call it is, by its path: X lives under `/2`, Threads
/// under `/v1.0` and without a version (threads.md 1). The page on which X
/// asks for consent is under `/i` (x.md 1.1).
pub(crate) fn route(request: &Request) -> Route {
    let segments = request.segments();
    let param = |name: &str| request.param(name);
    let x = |path| Route::X(x::route(&request.method, path, param));
    let threads = |path| Route::Threads(threads::route(&request.method, path, param));
    match segments.first().map(String::as_str) {
        Some("2") => x(&segments[1..]),
        Some("i") if segments[1..] == ["oauth2", "authorize"] => x(&segments[1..]),
        Some("v1.0") => threads(&segments[1..]),
        _ => threads(&segments),
    }
}

pub(crate) async fn exchange(
    inner: Arc<Inner>,
    request: Request,
    closing: watch::Receiver<bool>,
) -> Result<Response<AnswerBody>, Closed> {
    let route = route(&request);
    let now_ms = inner.now_ms();
    let admitted = inner.world().admit(&route, &request, now_ms);
    let waits = admitted.fault.as_ref().is_some_and(Fault::waits) || route.may_fetch();
    let exchange = Exchange {
        inner,
        request,
        route,
        admitted,
        closing,
    };
    if waits {
        // A task of its own: the effect must come even when the client has
        // gone away, as it does on a real server.
        tokio::spawn(exchange.run())
            .await
            .unwrap_or(Err(Closed::Orderly))
    } else {
        exchange.run().await
    }
}

struct Exchange {
    inner: Arc<Inner>,
    request: Request,
    route: Route,
    admitted: Admitted,
    closing: watch::Receiver<bool>,
}

impl Exchange {
    async fn run(mut self) -> Result<Response<AnswerBody>, Closed> {
        let inner = Arc::clone(&self.inner);
        let _inside = inner.running.enter();
        let result = self.answered().await;
        let status = result.as_ref().ok().map(|answer| answer.status);
        let mut world = self.inner.world();
        if world.age == self.admitted.world_age {
            world.calls.finish(self.admitted.seq, status);
        }
        drop(world);
        let shape = self
            .admitted
            .fault
            .as_ref()
            .map_or(Shape::Whole, Fault::shape);
        result.map(|answer| shaped(answer, shape))
    }

    async fn answered(&mut self) -> Result<Answer, Closed> {
        if let Some(answer) = self.side(When::Before).await? {
            return Ok(answer);
        }
        let as_of_ms = self.fetch().await;
        let answer = self.perform(as_of_ms)?;
        Ok(self.side(When::After).await?.unwrap_or(answer))
    }

    /// What the fault does on one side of the effect; `None`: go on.
    async fn side(&mut self, side: When) -> Result<Option<Answer>, Closed> {
        match self.act(side) {
            Act::Pass => Ok(None),
            Act::Close => Err(Closed::Orderly),
            Act::Reset => Err(Closed::Reset),
            Act::Answer(answer) => Ok(Some(answer)),
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                Ok(None)
            }
            Act::Hold => {
                let inner = Arc::clone(&self.inner);
                tokio::select! {
                    () = inner.holds.stand() => Ok(None),
                    // The simulator ends: nobody will let this call go.
                    _ = self.closing.wait_for(|closing| *closing) => Err(Closed::Orderly),
                }
            }
        }
    }

    fn act(&self, side: When) -> Act {
        let Some(fault) = &self.admitted.fault else {
            return Act::Pass;
        };
        let (settings, now_ms) = (self.inner.settings(), self.inner.now_ms());
        let mut world = self.inner.world();
        let scene = world.scene(&settings, now_ms);
        let mut errors = Errors {
            scene,
            route: &self.route,
            admitted: &self.admitted,
        };
        fault.act(side, self.route.platform(), &mut errors)
    }

    /// Looks at the media file that the call names, while the world goes on. When there is none to
    /// look at, perhaps because the call is going to be refused, the call is decided as of the
    /// moment that is answered: a moment later it could succeed, without its file.
    async fn fetch(&mut self) -> Option<i64> {
        let inner = Arc::clone(&self.inner);
        let (settings, now_ms) = (inner.settings(), inner.now_ms());
        if !self.route.may_fetch() || !settings.threads.fetch_media {
            return None;
        }
        let wanted = inner
            .world()
            .wanted(&settings, now_ms, &self.route, &self.request);
        let Some((url, most_bytes)) = wanted else {
            return Some(now_ms);
        };
        self.request.fetched = Some(inner.fetcher.fetch(&url, most_bytes).await);
        None
    }

    fn perform(&self, as_of_ms: Option<i64>) -> Result<Answer, Closed> {
        let settings = self.inner.settings();
        let now_ms = as_of_ms.unwrap_or_else(|| self.inner.now_ms());
        let mut world = self.inner.world();
        if world.age != self.admitted.world_age {
            return Err(Closed::Orderly);
        }
        Ok(world.perform(
            &settings,
            now_ms,
            &self.route,
            &self.request,
            &self.admitted,
        ))
    }
}

/// Words the named errors with what the world knows.
struct Errors<'a> {
    scene: Scene<'a>,
    route: &'a Route,
    admitted: &'a Admitted,
}

impl NamedErrors for Errors<'_> {
    fn threads(&mut self, error: &ThreadsError) -> Answer {
        match (error, self.admitted.named) {
            (ThreadsError::MediaNotFound { id: None }, Some(named)) => {
                ThreadsError::not_found(named).answer(&mut self.scene)
            }
            _ => error.answer(&mut self.scene),
        }
    }

    fn x(&mut self, error: &XError) -> Answer {
        match self.route {
            Route::X(route) => x::named_error(&mut self.scene, error, route, self.admitted.caller),
            Route::Threads(_) => error.answer(&self.scene),
        }
    }
}

/// The answer as it goes over the wire.
pub(crate) fn shaped(answer: Answer, shape: Shape) -> Response<AnswerBody> {
    let promised = answer.body.len() as u64;
    let (body, length) = match shape {
        Shape::Whole => (AnswerBody::Whole(Some(answer.body)), None),
        Shape::Malformed => {
            let garbage = [&answer.body[..answer.body.len() / 2], b"\\}\xFF<"].concat();
            (AnswerBody::Whole(Some(garbage.into())), None)
        }
        Shape::Truncated => {
            let half = answer.body.slice(..answer.body.len() / 2);
            (AnswerBody::broken(half), Some(promised.max(1)))
        }
        Shape::Drip { bytes, every_ms } => (
            AnswerBody::drip(answer.body, bytes, every_ms),
            Some(promised),
        ),
        Shape::Huge { bytes } => (AnswerBody::huge(bytes), None),
    };
    let mut response = Response::new(body);
    // A status outside of 100..=999 can only come from a rule.
    *response.status_mut() = answer
        .status
        .try_into()
        .unwrap_or(hyper::StatusCode::IM_A_TEAPOT);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    response
}

/// For the answers of the control paths and the pages.
pub(crate) fn whole(answer: Answer) -> Response<AnswerBody> {
    shaped(answer, Shape::Whole)
}
