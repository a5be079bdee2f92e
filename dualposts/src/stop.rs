//! Stopping: the first signal asks everything to finish what is under way.

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::Fatal;

/// A task whose end, whatever it is, ends the process: a part that is gone must not leave the rest
/// running as if all were well.
pub fn together<T: Send + 'static>(
    stop: &CancellationToken,
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let end = stop.clone().drop_guard();
    tokio::spawn(async move {
        let _end = end;
        task.await
    })
}

/// Waits for the end of a server, where there is one.
pub async fn ended(serving: Option<JoinHandle<std::io::Result<()>>>) -> Result<(), Fatal> {
    if let Some(serving) = serving {
        serving.await??;
    }
    Ok(())
}

/// A token that is cancelled by SIGTERM or SIGINT. A second signal ends the process at once.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let token = stop.clone();
    tokio::spawn(async move {
        for round in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if round > 0 {
                std::process::exit(130);
            }
            info!("stopping; what is under way is finished first");
            token.cancel();
        }
    });
    Ok(stop)
}
