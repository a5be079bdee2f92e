//! The bytes of an answer, sent well or badly.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, interval};

pub(crate) enum AnswerBody {
    Whole(Option<Bytes>),
    /// These bytes, then the connection breaks.
    Broken {
        bytes: Option<Bytes>,
        flushed: bool,
    },
    Drip {
        rest: Bytes,
        piece: usize,
        ticks: Interval,
    },
    /// So many bytes of a JSON string that never ends.
    Huge {
        opening: Option<Bytes>,
        left: u64,
    },
}

const FILLING: &[u8; 16_384] = &[b'a'; 16_384];

impl AnswerBody {
    pub(crate) fn broken(bytes: Bytes) -> Self {
        Self::Broken {
            bytes: Some(bytes),
            flushed: false,
        }
    }

    pub(crate) fn drip(rest: Bytes, piece: usize, every_ms: u64) -> Self {
        Self::Drip {
            rest,
            piece,
            ticks: interval(Duration::from_millis(every_ms)),
        }
    }

    pub(crate) fn huge(bytes: u64) -> Self {
        Self::Huge {
            opening: Some(Bytes::from_static(br#"{"id":""#)),
            left: bytes,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = match self.get_mut() {
            Self::Whole(bytes) => bytes.take(),
            Self::Broken {
                bytes: bytes @ Some(_),
                ..
            } => bytes.take(),
            Self::Broken {
                flushed: flushed @ false,
                ..
            } => {
                // hyper drops what it has not flushed when a body fails, and
                // it flushes when a body has nothing for it yet.
                *flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Self::Broken { .. } => {
                return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
            }
            Self::Drip { rest, .. } if !rest.has_remaining() => None,
            Self::Drip { rest, piece, ticks } => {
                ready!(ticks.poll_tick(context));
                Some(rest.split_to((*piece).min(rest.len())))
            }
            Self::Huge {
                opening: opening @ Some(_),
                ..
            } => opening.take(),
            Self::Huge { left: 0, .. } => None,
            Self::Huge { left, .. } => {
                let piece = FILLING
                    .len()
                    .min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece as u64;
                Some(Bytes::from_static(&FILLING[..piece]))
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            // Unknown, so that a length promised in a header can be broken.
            _ => SizeHint::default(),
        }
    }
}
