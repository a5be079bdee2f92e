//! What keeps a delivery from being begun: a pause, a full rolling day, a lane that another is trying.
//! Whoever meets a pause or a full day moves all that is due in the lane, so that the rest is not
//! taken up only to be put back.

use std::time::Duration;

use entities::boundary::{Action, Side};
use entities::delivery::{Progress, Status, WaitReason};
use entities::lanes::{self, Lane, Pause, Waiting, move_past};
use entities::rates::place_free_at;
use entities::{DbErr, Timestamp};
use tracing::info;

use super::Run;
use crate::step::{Planned, Step};

/// The least that an account waits for a place in its rolling day: places come free one by one, and
/// each time all that waits is moved.
const SELDOM: Duration = Duration::from_secs(300);

impl Run<'_> {
    /// Holds a delivery back that must not be begun now.
    pub(super) async fn must_wait(
        &self,
        progress: &Progress,
        planned: &Planned,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let is_shut = self.work.to_be_probed().next().is_some()
            || self
                .work
                .pause(now)
                .is_some_and(|(_, why)| matches!(why, WaitReason::LanePaused | WaitReason::Budget));
        if !starts_something(&planned.step, is_shut) {
            return Ok(false);
        }
        let wait = match self.rests(now) {
            Some(pause) => Some((pause, Waiting::Due)),
            None => self.day_is_full(progress, now).await?,
        };
        if let Some((pause, what)) = wait {
            self.move_all(&pause, what, now).await?;
            return Ok(true);
        }
        let Some(until) = self.another_tries(now).await? else {
            return Ok(false);
        };
        info!(%until, waiting_for = %WaitReason::LanePaused, "held back");
        self.hold_back(until, WaitReason::LanePaused, now).await?;
        Ok(true)
    }

    /// Moves this one and all that waits with it.
    async fn move_all(&self, pause: &Pause, what: Waiting, now: Timestamp) -> Result<(), DbErr> {
        let boundaries = &self.worker.boundaries;
        boundaries.at(Side::Before, Action::HoldBack).await;
        let moved = move_past(self.worker.database.writer(), pause, what, now).await?;
        boundaries.at(Side::After, Action::HoldBack).await;
        info!(until = %pause.until, waiting_for = %pause.reason, moved, "held back");
        if moved == 0 || self.work.delivery.status != Status::Queued {
            self.hold_back(pause.until, pause.reason, now).await?;
        }
        Ok(())
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
        let Some(limit) = limits.rolling(row.platform, is_reply) else {
            return Ok(None);
        };
        if self.work.published_24h < limit.max {
            return Ok(None);
        }
        let database = &self.worker.database;
        let free_at = place_free_at(database, &row.account_id, is_reply, limit.max, now).await?;
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

    /// A lane that was shut is tried by one delivery, when its pause is over: until when the others wait.
    async fn another_tries(&self, now: Timestamp) -> Result<Option<Timestamp>, DbErr> {
        let worker = self.worker;
        // Long enough for the call and for writing down what came of it.
        let until = now + worker.settings.lease * 2;
        for (lane, paused_until) in self.work.to_be_probed() {
            worker.boundaries.at(Side::Before, Action::ProbeLane).await;
            let is_ours = lanes::probe(&worker.database, &lane, paused_until, until, now).await?;
            if !is_ours {
                return Ok(Some(until));
            }
            worker.boundaries.at(Side::After, Action::ProbeLane).await;
            info!(lane = lane.key(), "trying a lane that was shut");
        }
        Ok(None)
    }
}

/// A lane that rests keeps back what publishes, and what leads to it at once. One that is shut keeps back
/// what goes before as well: it would be refused, or paid for.
fn starts_something(step: &Step, is_shut: bool) -> bool {
    match step {
        Step::CreateContainer | Step::PublishContainer(_) | Step::CreatePost => true,
        Step::UploadImage { .. } | Step::BeginUpload { .. } | Step::DescribeMedia(_) => is_shut,
        _ => false,
    }
}
