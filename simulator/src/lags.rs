//! How long after an effect the rest of the platform notices it.

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::settings::Profile;

/// Shortest and longest delay in milliseconds.
pub type Range = (i64, i64);

/// From what each lag is drawn, once per container or post (threads.md 7.4, 10c).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LagRanges {
    /// `t_proc` of a text.
    pub text_processing_ms: Range,
    /// `t_proc` of a text with a link, whose preview is fetched.
    pub link_processing_ms: Range,
    /// `t_proc` of an image.
    pub image_processing_ms: Range,
    /// `t_proc` of a video.
    pub video_processing_ms: Range,
    /// `t_proc` of a carousel, apart from its children.
    pub carousel_processing_ms: Range,
    /// `t_repl`: a fresh container is unknown to the next server asked.
    pub replication_ms: Range,
    /// `t_repl` of a child: FINISHED, but unknown to the server that makes its carousel.
    pub child_ms: Range,
    /// `t_vrep`: FINISHED, but a video that is published now loses what it answers.
    pub video_reply_ms: Range,
    /// `t_stat`: published, but the status still says FINISHED.
    pub status_ms: Range,
    /// `t_feed`: published, but not in the lists.
    pub feed_ms: Range,
    /// `t_reply`: published, but not usable as `reply_to_id`.
    pub reply_ms: Range,
    /// `t_del`: deleted, but still in the lists.
    pub delete_ms: Range,
    /// X: created, but not in the author's timeline (x.md 2.6, unknown).
    pub x_timeline_ms: Range,
    /// X: a GIF or a video was finalized, and its processing has not begun (x.md 3.2).
    pub x_pending_ms: Range,
    /// X: how long it is then `in_progress`.
    pub x_processing_ms: Range,
}

/// What has to be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Text,
    /// A text with a link.
    Link,
    Image,
    Video,
    Carousel,
}

impl Profile {
    /// The lags of threads.md 10c; those of X are a guess (x.md 12).
    #[must_use]
    pub fn lag_ranges(self) -> LagRanges {
        match self {
            Self::Instant => LagRanges::default(),
            Self::Typical => LagRanges {
                text_processing_ms: (0, 0),
                link_processing_ms: (2_000, 5_000),
                image_processing_ms: (1_000, 3_000),
                video_processing_ms: (20_000, 40_000),
                carousel_processing_ms: (2_000, 5_000),
                replication_ms: (0, 7_000),
                child_ms: (0, 60_000),
                video_reply_ms: (40_000, 40_000),
                status_ms: (0, 3_000),
                feed_ms: (0, 5_000),
                reply_ms: (0, 10_000),
                delete_ms: (0, 5_000),
                x_timeline_ms: (0, 3_000),
                x_pending_ms: (1_000, 2_000),
                x_processing_ms: (2_000, 15_000),
            },
            Self::Hostile => LagRanges {
                // One live client says that text is processed as well.
                text_processing_ms: (3_000, 3_000),
                link_processing_ms: (5_000, 5_000),
                image_processing_ms: (5_000, 5_000),
                video_processing_ms: (40_000, 40_000),
                carousel_processing_ms: (5_000, 5_000),
                replication_ms: (7_000, 7_000),
                child_ms: (60_000, 60_000),
                video_reply_ms: (40_000, 40_000),
                status_ms: (3_000, 3_000),
                feed_ms: (5_000, 5_000),
                reply_ms: (10_000, 10_000),
                delete_ms: (5_000, 5_000),
                x_timeline_ms: (10_000, 10_000),
                x_pending_ms: (5_000, 5_000),
                x_processing_ms: (60_000, 60_000),
            },
        }
    }
}

/// The lags of one container, drawn when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lags {
    pub(crate) processing_ms: i64,
    pub(crate) replication_ms: i64,
    pub(crate) child_ms: i64,
    pub(crate) video_reply_ms: i64,
    pub(crate) status_ms: i64,
    pub(crate) feed_ms: i64,
    pub(crate) reply_ms: i64,
}

impl LagRanges {
    pub(crate) fn draw(&self, random: &mut Random, work: Work) -> Lags {
        let processing = match work {
            Work::Text => self.text_processing_ms,
            Work::Link => self.link_processing_ms,
            Work::Image => self.image_processing_ms,
            Work::Video => self.video_processing_ms,
            Work::Carousel => self.carousel_processing_ms,
        };
        let mut draw = |(low, high): Range| random.between(low, high);
        Lags {
            processing_ms: draw(processing),
            replication_ms: draw(self.replication_ms),
            child_ms: draw(self.child_ms),
            video_reply_ms: draw(self.video_reply_ms),
            status_ms: draw(self.status_ms),
            feed_ms: draw(self.feed_ms),
            reply_ms: draw(self.reply_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_profile_has_no_lag_at_all() {
        let lags = Profile::Instant
            .lag_ranges()
            .draw(&mut Random::new(1), Work::Video);
        assert_eq!(lags, Lags::default());
    }

    #[test]
    fn a_link_takes_longer_than_bare_text() {
        let ranges = Profile::Hostile.lag_ranges();
        let mut random = Random::new(1);
        let bare = ranges.draw(&mut random, Work::Text).processing_ms;
        let link = ranges.draw(&mut random, Work::Link).processing_ms;
        assert!(link > bare && ranges.draw(&mut random, Work::Video).processing_ms > link);
    }
}
