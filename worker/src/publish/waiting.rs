//! What a pause or a full rolling day keeps from going out. Whoever meets one moves all that is due
//! in the lane, so that the rest is not taken up only to be put back.

use std::time::Duration;

use entities::boundary::{Action, Side};
use entities::delivery::{Progress, Status, WaitReason};
use entities::lanes::{Lane, Pause, Waiting, move_past};
use entities::rates::place_free_at;
use entities::{DbErr, Timestamp};
use tracing::info;

use super::Run;
use crate::step::{Planned, Step};

/// The least that an account waits for a place in its rolling day: places come free one by one, and
/// each time all that waits is moved.
const SELDOM: Duration = Duration::from_secs(300);

impl Run<'_> {
    /// Holds a delivery back that a pause or a full rolling day keeps from being published.
    pub(super) async fn must_wait(
        &self,
        progress: &Progress,
        planned: &Planned,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let starts_something =
            planned.step.publishes() || matches!(planned.step, Step::CreateContainer);
        if !starts_something {
            return Ok(false);
        }
        let wait = match self.rests(now) {
            Some(pause) => Some((pause, Waiting::Due)),
            None => self.day_is_full(progress, now).await?,
        };
        let Some((pause, what)) = wait else {
            return Ok(false);
        };
        let boundaries = &self.worker.boundaries;
        boundaries.at(Side::Before, Action::HoldBack).await;
        let moved = move_past(self.worker.database.writer(), &pause, what, now).await?;
        boundaries.at(Side::After, Action::HoldBack).await;
        info!(until = %pause.until, waiting_for = %pause.reason, moved, "held back");
        if moved == 0 || self.work.delivery.status != Status::Queued {
            self.hold_back(pause.until, pause.reason, now).await?;
        }
        Ok(true)
    }

    /// The pause of the account or the app that lasts longest.
    fn rests(&self, now: Timestamp) -> Option<Pause> {
        let longest = self.work.pause(now)?;
        let row = &self.work.delivery;
        let lane = match self.work.account_pause == Some(longest) {
            true => Lane::Account(row.account_id.clone()),
            false => Lane::App(row.platform),
        };
        let (until, reason) = longest;
        Some(Pause {
            lane,
            until,
            reason,
            detail: None,
        })
    }

    /// Threads counts over a rolling day: the account waits until a place is free. Its lane is not
    /// paused, because replies have places of their own.
    async fn day_is_full(
        &self,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Option<(Pause, Waiting)>, DbErr> {
        let row = &self.work.delivery;
        let is_reply = progress.part_index > 0;
        let limits = &self.worker.settings.limits;
        let Some(most) = limits.rolling_day(row.platform, is_reply) else {
            return Ok(None);
        };
        if self.work.published_24h < most {
            return Ok(None);
        }
        let database = &self.worker.database;
        let free_at = place_free_at(database, &row.account_id, is_reply, most, now).await?;
        let pause = Pause {
            lane: Lane::Account(row.account_id.clone()),
            until: free_at.unwrap_or(now).max(now + SELDOM),
            reason: WaitReason::AccountRateLimit,
            detail: None,
        };
        let what = match is_reply {
            true => Waiting::DueReplies,
            false => Waiting::DuePosts,
        };
        Ok(Some((pause, what)))
    }
}
