//! What runs in a worker process: the apalis worker, the relay, and what renews tokens in time.

use queue::Job;
use tracing::{error, info};

use crate::publish::publish;
use crate::token::renew;
use crate::{Worker, errands, notify, quota, relay, tell};

/// How many jobs are taken from the queue at once; few, so that a worker which joins finds some.
const PREFETCH: usize = 8;

/// Runs until `worker.stop`, then finishes the steps under way.
pub async fn run(worker: Worker) -> Result<(), RunError> {
    info!(
        worker = worker.name,
        concurrency = worker.settings.concurrency,
        "worker started"
    );
    let source = worker.queue.source(PREFETCH, worker.stop.clone());
    let handler = worker.clone();
    let handle = move |job: Job| {
        let worker = handler.clone();
        async move { work(&worker, job).await }
    };
    let jobs = queue::worker::run(&worker.name, source, worker.settings.concurrency, handle);
    // Without the one the other is of no use: whichever ends first ends both.
    let jobs = async {
        let ended = jobs.await;
        worker.stop.cancel();
        ended
    };
    let (jobs, (), (), (), (), (), ()) = tokio::join!(
        jobs,
        relay::run(&worker),
        renew::run(&worker),
        errands::run(&worker),
        tell::run(&worker),
        notify::run(&worker),
        quota::run(&worker)
    );
    info!(worker = worker.name, "worker stopped");
    jobs.map_err(|error| RunError(error.to_string()))
}

/// The apalis worker ended although it was not told to.
#[derive(Debug, thiserror::Error)]
#[error("the worker ended: {0}")]
pub struct RunError(String);

/// Does one job. An error is the database's; the relay hands the delivery out again.
pub async fn work(worker: &Worker, job: Job) {
    let Job::Publish(id) = job;
    if let Err(error) = publish(worker, &id).await {
        error!(delivery = %id, %error, "the database failed; taken up again later");
    }
}
