//! The listener and its connections.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::exchange::{self, Closed, exchange};
use crate::request::Request;
use crate::simulator::Inner;
use crate::{clerk, control, pages};

/// More than a piece of an upload needs in base64, and than a GIF needs in one call.
const LARGEST_BODY: usize = 16 << 20;

pub(crate) async fn serve(
    inner: Arc<Inner>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    if let Ok(address) = listener.local_addr() {
        inner.listens_at(address);
    }
    let (close, closing) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&inner), stream, closing.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file descriptors, most likely: trying again at
                    // once would only burn the processor.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    close.send_replace(true);
    connections.shutdown().await;
    Ok(())
}

async fn connection(inner: Arc<Inner>, stream: TcpStream, closing: watch::Receiver<bool>) {
    // Small answers must not wait for more bytes.
    let _ = stream.set_nodelay(true);
    let service =
        service_fn(move |request| Box::pin(handle(Arc::clone(&inner), request, closing.clone())));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match served {
        Ok(()) => {
            let _ = stream.shutdown().await;
        }
        Err(error) => {
            // Expected with every fault that breaks a connection.
            tracing::trace!(%error, "a connection ended early");
            if is_reset(&error) {
                // Closing then sends RST and nothing else.
                let _ = stream.set_zero_linger();
            }
        }
    }
}

fn is_reset(error: &hyper::Error) -> bool {
    let lost = error.source().and_then(|cause| cause.downcast_ref());
    lost.is_some_and(|Lost(how)| *how == Closed::Reset)
}

async fn handle(
    inner: Arc<Inner>,
    request: hyper::Request<Incoming>,
    closing: watch::Receiver<bool>,
) -> Result<Response<AnswerBody>, Lost> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(exchange::whole(Answer::empty(413)));
        }
        Err(_) => return Err(Lost(Closed::Orderly)),
    };
    let request = Request::new(head.method, &head.uri, &head.headers, body);
    if let Some(answer) = clerk::answer(&inner, &request, &closing).await {
        return Ok(exchange::whole(answer));
    }
    if let Some(answer) = not_for_a_platform(&inner, &request) {
        return Ok(exchange::whole(answer));
    }
    exchange(inner, request, closing).await.map_err(Lost)
}

/// The control paths and the pages for people.
fn not_for_a_platform(inner: &Inner, request: &Request) -> Option<Answer> {
    if request.path == "/_sim" || request.path.starts_with("/_sim/") {
        return Some(control::answer(inner, request));
    }
    pages::page(inner, request)
}

/// What hyper is told so that it closes the connection without an answer.
#[derive(Debug)]
struct Lost(Closed);

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer was lost on purpose")
    }
}

impl Error for Lost {}
