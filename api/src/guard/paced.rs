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

/// A body with a minimum pace. What the reader takes for its own work does not count.
pub struct Paced<S> {
    inner: S,
    patience: Duration,
    /// What came since the last whole piece, and how long that was waited for.
    came: usize,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    /// Around a body, each piece of which must come within `patience`.
    pub fn new(inner: S, patience: Duration) -> Self {
        Paced {
            inner,
            patience,
            came: 0,
            waited: Duration::ZERO,
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
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            this.came += next
                .as_ref()
                .map_or(0, |next| next.as_ref().map_or(0, Bytes::len));
            if this.came >= PIECE {
                (this.came, this.waited) = (0, Duration::ZERO);
            }
            return Poll::Ready(next);
        }
        let left = this.patience.saturating_sub(this.waited);
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
    use futures::StreamExt;
    use futures::channel::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_long_but_must_come() {
        let (sender, body) = mpsc::unbounded();
        let mut body = Paced::new(body, PATIENCE);
        // An hour, a piece every ten seconds.
        for _ in 0..360 {
            let sender = sender.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(10)).await;
                let _ = sender.unbounded_send(Ok(Bytes::from(vec![0; PIECE])));
            });
            assert!(body.next().await.unwrap().is_ok());
        }
        // Whoever reads may take a rest.
        sender.unbounded_send(Ok(Bytes::from_static(b"a"))).unwrap();
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(body.next().await.unwrap().is_ok());
        // A byte every second is too little, however steadily it comes.
        let drip = sender.clone();
        tokio::spawn(async move {
            while drip.unbounded_send(Ok(Bytes::from_static(b"a"))).is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let began = Instant::now();
        let error = loop {
            if let Err(error) = body.next().await.unwrap() {
                break error;
            }
        };
        assert!(is_too_slow(&error), "{error}");
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
    }
}
