//! A body that comes piece by piece, and may take as long as it likes as long as it comes: a client
//! that sends a byte now and then would hold a connection and a temporary file for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures::Stream;
use tokio::time::{Instant, Sleep};

/// How much must come within each [`super::Patience::piece`]: 16 KiB, which is about 1 KiB a second.
pub const PIECE: usize = 16 * 1024;

/// How much came since the last whole piece, and how long that was waited for.
#[derive(Debug)]
struct Pace {
    patience: Duration,
    came: usize,
    waited: Duration,
}

impl Pace {
    /// For how long the next bytes are waited for.
    fn left(&self) -> Duration {
        self.patience.saturating_sub(self.waited)
    }

    /// Some bytes came, after so long a wait.
    fn came(&mut self, bytes: usize, after: Duration) {
        self.waited += after;
        self.came += bytes;
        if self.came >= PIECE {
            (self.came, self.waited) = (0, Duration::ZERO);
        }
    }
}

/// A body with a minimum pace. What the reader takes for its own work does not count.
pub struct Paced<S> {
    inner: S,
    pace: Pace,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    /// Around a body, each piece of which must come within `patience`.
    pub fn new(inner: S, patience: Duration) -> Self {
        Paced {
            inner,
            pace: Pace {
                patience,
                came: 0,
                waited: Duration::ZERO,
            },
            waiting: None,
        }
    }
}

impl<S> Stream for Paced<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Poll::Ready(next) = Pin::new(&mut this.inner).poll_next(context) {
            let waited = this.waiting.take().map(|(since, _)| since.elapsed());
            let bytes = match &next {
                Some(Ok(bytes)) => bytes.len(),
                _ => 0,
            };
            this.pace.came(bytes, waited.unwrap_or_default());
            return Poll::Ready(next);
        }
        let left = this.pace.left();
        let (_, timer) = this
            .waiting
            .get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        match timer.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                this.waiting = None;
                Poll::Ready(Some(Err(too_slow())))
            }
        }
    }
}

/// The error of a body that came too slowly.
fn too_slow() -> PayloadError {
    let kind = std::io::ErrorKind::TimedOut;
    PayloadError::Io(std::io::Error::new(kind, "it came too slowly"))
}

/// Whether a body came too slowly.
pub fn is_too_slow(error: &PayloadError) -> bool {
    matches!(error, PayloadError::Io(error) if error.kind() == std::io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_body_may_take_long_but_must_come() {
        let mut pace = Pace {
            patience: 15 * SECOND,
            came: 0,
            waited: Duration::ZERO,
        };
        // An hour, a piece every ten seconds.
        for _ in 0..360 {
            pace.came(PIECE, 10 * SECOND);
            assert_eq!(pace.left(), 15 * SECOND);
        }
        // A byte every second is too little, however steadily it comes.
        for waited in 1..=15 {
            pace.came(1, SECOND);
            assert_eq!(pace.left(), (15 - waited) * SECOND);
        }
    }
}
