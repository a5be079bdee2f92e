//! The life of a container (threads.md 10c), decided without I/O:
//!
//! ```text
//! create -> IN_PROGRESS -> FINISHED -> publish -> PUBLISHED
//!                |             +-- 24 h -> EXPIRED
//!                +-> ERROR     +-- rare -> gone for ever
//! ```

use std::sync::Arc;

use crate::account::AccountId;
use crate::lags::Lags;
use crate::threads::draft::{Draft, Kind};

#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) owner: AccountId,
    pub(crate) draft: Arc<Draft>,
    /// An item of a carousel, not to be published by itself.
    pub(crate) is_child: bool,
    pub(crate) created_ms: i64,
    pub(crate) lags: Lags,
    pub(crate) fate: Fate,
    pub(crate) published: Option<Published>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) at_ms: i64,
    pub(crate) media: u64,
}

/// What a fault has decided about a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    Ordinary,
    /// To be gone from the first time that FINISHED has been seen.
    VanishesOnceFinished,
    Gone,
    Fails(String),
    Expires,
}

/// What a read of the status shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Not replicated yet, or gone: 24/4279009 either way.
    Nothing,
    InProgress,
    Finished,
    Published,
    Failed(String),
    Expired,
}

/// Whether a publish goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publishing {
    Ready,
    /// 24/4279009, whatever the reason.
    Refused,
    Again(Published),
}

impl Container {
    const LIFE_MS: i64 = 24 * 3_600_000;

    pub(crate) fn seen(&self, now_ms: i64) -> Seen {
        let age_ms = now_ms - self.created_ms;
        if self.fate == Fate::Gone || age_ms < self.lags.replication_ms {
            return Seen::Nothing;
        }
        match self.published {
            Some(published) if now_ms >= published.at_ms + self.lags.status_ms => Seen::Published,
            Some(_) => Seen::Finished,
            None => self.unpublished(age_ms),
        }
    }

    fn unpublished(&self, age_ms: i64) -> Seen {
        if self.fate == Fate::Expires || age_ms >= Self::LIFE_MS {
            Seen::Expired
        } else if age_ms < self.lags.processing_ms {
            Seen::InProgress
        } else if let Fate::Fails(message) = &self.fate {
            Seen::Failed(message.clone())
        } else {
            Seen::Finished
        }
    }

    pub(crate) fn publishing(&self, now_ms: i64) -> Publishing {
        match (self.published, self.seen(now_ms)) {
            (_, Seen::Nothing) => Publishing::Refused,
            // Judged by what is true, not by what the lagging status shows.
            (Some(published), _) => Publishing::Again(published),
            (None, Seen::Finished) if self.fate != Fate::VanishesOnceFinished => Publishing::Ready,
            (None, _) => Publishing::Refused,
        }
    }

    /// Whether a carousel can be made of it.
    pub(crate) fn can_join(&self, now_ms: i64) -> bool {
        self.is_child
            && self.seen(now_ms) == Seen::Finished
            && self.fate != Fate::VanishesOnceFinished
            && now_ms >= self.finished_ms() + self.lags.child_ms
    }

    /// Whether the post still answers what it was made to answer: a video that is published too
    /// soon does not (threads.md 4.6).
    pub(crate) fn keeps_parent(&self, now_ms: i64) -> bool {
        self.draft.kind != Kind::Video || now_ms >= self.finished_ms() + self.lags.video_reply_ms
    }

    fn finished_ms(&self) -> i64 {
        self.created_ms + self.lags.processing_ms
    }

    /// To be called after FINISHED was shown, or a publish tried.
    pub(crate) fn was_seen(&mut self, seen: &Seen) {
        if self.fate == Fate::VanishesOnceFinished && *seen == Seen::Finished {
            self.fate = Fate::Gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(lags: Lags) -> Container {
        Container {
            owner: 0,
            draft: Arc::new(Draft::default()),
            is_child: false,
            created_ms: 0,
            lags,
            fate: Fate::Ordinary,
            published: None,
        }
    }

    #[test]
    fn a_container_is_replicated_then_processed_then_ready() {
        let one = container(Lags {
            replication_ms: 10,
            processing_ms: 20,
            ..Lags::default()
        });
        for (now_ms, seen, publishing) in [
            (9, Seen::Nothing, Publishing::Refused),
            (10, Seen::InProgress, Publishing::Refused),
            (20, Seen::Finished, Publishing::Ready),
        ] {
            assert_eq!(one.seen(now_ms), seen, "at {now_ms}");
            assert_eq!(one.publishing(now_ms), publishing, "at {now_ms}");
        }
    }

    #[test]
    fn finished_does_not_mean_replicated() {
        let one = container(Lags {
            replication_ms: 5_000,
            ..Lags::default()
        });
        assert_eq!(one.publishing(4_999), Publishing::Refused);
    }

    #[test]
    fn it_expires_after_a_day_unless_it_was_published() {
        let mut one = container(Lags::default());
        assert_eq!(one.seen(Container::LIFE_MS - 1), Seen::Finished);
        assert_eq!(one.seen(Container::LIFE_MS), Seen::Expired);
        assert_eq!(one.publishing(Container::LIFE_MS), Publishing::Refused);
        one.published = Some(Published { at_ms: 1, media: 1 });
        assert_eq!(one.seen(Container::LIFE_MS), Seen::Published);
    }

    #[test]
    fn the_status_lags_the_publish_but_a_second_publish_does_not_get_through() {
        let mut one = container(Lags {
            status_ms: 3_000,
            ..Lags::default()
        });
        let published = Published {
            at_ms: 100,
            media: 7,
        };
        one.published = Some(published);
        assert_eq!(one.seen(3_099), Seen::Finished);
        assert_eq!(one.publishing(3_099), Publishing::Again(published));
        assert_eq!(one.seen(3_100), Seen::Published);
    }

    #[test]
    fn it_can_vanish_after_it_was_finished() {
        let mut one = container(Lags::default());
        one.fate = Fate::VanishesOnceFinished;
        assert_eq!(one.seen(1), Seen::Finished);
        assert_eq!(one.publishing(1), Publishing::Refused);
        one.was_seen(&Seen::Finished);
        assert_eq!(one.seen(1), Seen::Nothing);
    }

    #[test]
    fn a_child_joins_a_carousel_a_while_after_it_is_finished() {
        let mut one = container(Lags {
            processing_ms: 10,
            child_ms: 20,
            ..Lags::default()
        });
        assert!(!one.can_join(100), "not made as an item");
        one.is_child = true;
        assert!(!one.can_join(29));
        assert!(one.can_join(30));
        one.fate = Fate::Expires;
        assert!(!one.can_join(30));
    }

    #[test]
    fn only_a_video_that_is_published_too_soon_loses_its_parent() {
        let mut one = container(Lags {
            processing_ms: 10,
            video_reply_ms: 40,
            ..Lags::default()
        });
        assert!(one.keeps_parent(10));
        one.draft = Arc::new(Draft {
            kind: Kind::Video,
            ..Draft::default()
        });
        assert!(!one.keeps_parent(49));
        assert!(one.keeps_parent(50));
    }

    #[test]
    fn a_failure_shows_once_processing_is_over() {
        let mut one = container(Lags {
            processing_ms: 10,
            ..Lags::default()
        });
        one.fate = Fate::Fails("UNKNOWN".to_owned());
        assert_eq!(one.seen(9), Seen::InProgress);
        assert_eq!(one.seen(10), Seen::Failed("UNKNOWN".to_owned()));
        assert_eq!(one.publishing(10), Publishing::Refused);
    }
}
