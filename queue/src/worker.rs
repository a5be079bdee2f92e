//! The apalis worker: it takes jobs from a [`Source`] and runs so many at once.
//!
//! A job runs in a task of its own, because apalis drops the futures of its handlers when it
//! shuts down, and a call to a platform must not be cut in the middle. The handler always tells
//! apalis `Ok`: when to try again is a column in the database.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use apalis::layers::WorkerBuilderExt;
use apalis_core::error::WorkerError;
use apalis_core::task::Task;
use apalis_core::worker::builder::WorkerBuilder;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::Job;
use crate::source::Source;

/// Runs `handle` for every job of `source`, `concurrency` at once, until the source ends; then
/// waits for what is under way.
pub async fn run<H, F>(
    name: &str,
    source: Source,
    concurrency: usize,
    handle: H,
) -> Result<(), WorkerError>
where
    H: Fn(Job) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let under_way = TaskTracker::new();
    let service = Handler {
        handle: Arc::new(handle),
        under_way: under_way.clone(),
    };
    // A worker whose source has ended waits for ever unless its context is stopped as well.
    let last = CancellationToken::new();
    let end = last.clone();
    let source = source.chain(stream::poll_fn(move |_| {
        end.cancel();
        Poll::Ready(None)
    }));
    let worker = WorkerBuilder::new(name)
        .backend(source.boxed())
        .concurrency(concurrency)
        .build(service);
    let ended = worker
        .run_with_ctx(move |context| {
            let last = last.clone();
            async move {
                last.cancelled().await;
                context.stop()
            }
        })
        .await;
    under_way.close();
    under_way.wait().await;
    ended
}

struct Handler<H> {
    handle: Arc<H>,
    under_way: TaskTracker,
}

impl<H> Clone for Handler<H> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            under_way: self.under_way.clone(),
        }
    }
}

impl<H, F> Service<Task<Job>> for Handler<H>
where
    H: Fn(Job) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Job>) -> Self::Future {
        let job = task.args;
        let name = job.to_string();
        let running = self.under_way.spawn((self.handle)(job));
        Box::pin(async move {
            if let Err(error) = running.await {
                tracing::error!(job = name, %error, "a job broke off; its lease will run out");
            }
            Ok(())
        })
    }
}
