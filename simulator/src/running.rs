//! How many calls are on their way, so that a test can wait for stragglers
//! instead of sleeping.

use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Running(watch::Sender<usize>);

impl Default for Running {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Running {
    pub(crate) fn enter(&self) -> Inside<'_> {
        self.0.send_modify(|running| *running += 1);
        Inside(&self.0)
    }

    pub(crate) fn count(&self) -> usize {
        *self.0.borrow()
    }

    pub(crate) async fn until_none(&self) {
        let mut running = self.0.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = running.wait_for(|running| *running == 0).await;
    }
}

/// One call; it counts until it is dropped.
pub(crate) struct Inside<'a>(&'a watch::Sender<usize>);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}
