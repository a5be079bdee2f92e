//! Whose turn it is on a connection: ours while a request is answered, else the client's, and that
//! ends. actix times the head of a connection's first request alone: after an answer a single byte
//! of the next head would keep the connection for ever, and so would a client that does not read.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::Patience;

/// Whose turn it is. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Turn(Rc<Cell<Whose>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Whose {
    /// Nothing was answered yet; actix has a timer of its own for the first head.
    #[default]
    First,
    Ours,
    /// Answered, and nothing of the next request has come since.
    Idle {
        since: Instant,
    },
    /// The next request has begun, and is not whole.
    Head {
        since: Instant,
    },
}

impl Whose {
    /// When the connection is closed, as things stand.
    fn ends_at(self, patience: Patience) -> Option<Instant> {
        match self {
            Whose::First | Whose::Ours => None,
            Whose::Idle { since } => Some(since + patience.idle),
            Whose::Head { since } => Some(since + patience.head),
        }
    }

    /// Something came.
    fn came(self, now: Instant) -> Self {
        match self {
            Whose::Idle { .. } => Whose::Head { since: now },
            // However many bytes come one by one.
            other => other,
        }
    }

    /// Something of an answer went out.
    fn went(self, now: Instant) -> Self {
        match self {
            Whose::Idle { .. } => Whose::Idle { since: now },
            other => other,
        }
    }
}

/// Ours until it is dropped.
pub struct Answering(Turn);

impl Turn {
    fn take(&self) -> Answering {
        self.0.set(Whose::Ours);
        Answering(self.clone())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let since = Instant::now();
        self.0.0.set(Whose::Idle { since });
    }
}

/// The middleware, around all others: it is our turn until the answer has gone out or is given up.
pub async fn answering<B: MessageBody + Unpin>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer<B>>, Error> {
    let ours = request.conn_data::<Turn>().map(Turn::take);
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Answer { body, _ours: ours }))
}

/// A body, and our turn.
pub struct Answer<B> {
    body: B,
    _ours: Option<Answering>,
}

impl<B: MessageBody + Unpin> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A connection that ends when it has been the client's turn for too long: to send, or to read.
pub struct Timed<S> {
    io: S,
    patience: Patience,
    turn: Turn,
    next: Timer,
    /// Since when nothing was taken of what is to be sent.
    stuck: Option<Instant>,
    taking: Timer,
}

impl<S> Timed<S> {
    /// Around a connection that was just made.
    pub fn new(io: S, patience: Patience) -> Self {
        Timed {
            io,
            patience,
            turn: Turn::default(),
            next: Timer::default(),
            stuck: None,
            taking: Timer::default(),
        }
    }

    /// Whose turn it is.
    pub fn turn(&self) -> Turn {
        self.turn.clone()
    }

    /// Whether the next request was waited for long enough; wakes when it will have been.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let ends_at = self.turn.0.get().ends_at(self.patience);
        ends_at.is_some_and(|at| self.next.is_over(at, context))
    }

    /// What became of sending.
    fn sent(
        &mut self,
        sent: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if sent.is_ready() {
            self.stuck = None;
            self.turn.0.set(self.turn.0.get().went(Instant::now()));
            return sent;
        }
        let since = *self.stuck.get_or_insert_with(Instant::now);
        if self.taking.is_over(since + self.patience.reading, context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.turn.0.set(self.turn.0.get().came(Instant::now()));
        }
        if read.is_pending() && self.is_over(context) {
            // As if the client had sent its last.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.io).poll_write(context, bytes);
        self.sent(sent, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An answer may have ended since the last look for more, and there is none after this.
        if self.is_over(context) {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// Made when it is first needed, and used again.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn is_over(&mut self, at: Instant, context: &mut Context<'_>) -> bool {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(context).is_ready()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_head_has_its_time_from_its_first_byte_on() {
        let patience = Patience::default();
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(20));
        let idle = Whose::Idle { since: now };
        assert_eq!(idle.ends_at(patience), Some(now + patience.idle));
        let head = idle.came(later);
        assert_eq!(head.ends_at(patience), Some(later + patience.head));
        // What drips, and what is still taken of the last answer, win nothing.
        let much_later = later + Duration::from_secs(5);
        assert_eq!(head.came(much_later).went(much_later), head);
        // Who still reads the answer is not idle.
        let reading = idle.went(later).ends_at(patience);
        assert_eq!(reading, Some(later + patience.idle));
        for whose in [Whose::First, Whose::Ours] {
            assert_eq!(whose.came(now).went(now).ends_at(patience), None);
        }
    }
}
