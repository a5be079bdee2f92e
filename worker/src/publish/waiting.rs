//! What keeps a delivery from being begun: a pause, a full rolling day, a lane that another is trying.

use entities::boundary::{Action, Side};
use entities::delivery::{Progress, WaitReason};
use entities::{DbErr, Timestamp, lanes, quota};
use tracing::info;

use super::Run;
use crate::step::{Planned, Step};

impl Run<'_> {
    /// Holds a delivery back that must not be begun now.
    pub(super) async fn must_wait(
        &self,
        progress: &Progress,
        planned: &Planned,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let pause = self.work.pause(now);
        let is_shut = pause
            .is_some_and(|(_, why)| matches!(why, WaitReason::LanePaused | WaitReason::Budget));
        if !starts_something(&planned.step, is_shut) {
            return Ok(false);
        }
        let wait = match pause {
            Some(pause) => Some(pause),
            None => self.rolling_day(progress, now).await?,
        };
        let wait = match wait {
            Some(wait) => Some(wait),
            None => self.another_tries(now).await?,
        };
        let Some((until, why)) = wait else {
            return Ok(false);
        };
        info!(%until, waiting_for = %why, "held back");
        self.hold_back(until, why, now).await?;
        Ok(true)
    }

    /// When a place is free in the rolling day, if none is.
    async fn rolling_day(
        &self,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Option<(Timestamp, WaitReason)>, DbErr> {
        let (worker, row) = (self.worker, &self.work.delivery);
        let limits = &worker.settings.limits;
        let Some(limit) = limits.rolling(row.platform, progress.part_index > 0) else {
            return Ok(None);
        };
        if self.work.published_24h < limit.max {
            return Ok(None);
        }
        let (database, account) = (&worker.database, &row.account_id);
        let went_out =
            quota::rolling_times(database, account, limit.counts, limit.window, now).await?;
        let frees_at = quota::place_free_at(limit, &went_out);
        Ok(frees_at.map(|until| (until, WaitReason::AccountRateLimit)))
    }

    /// A lane that was shut is tried by one delivery, when its pause is over: until when the others wait.
    async fn another_tries(
        &self,
        now: Timestamp,
    ) -> Result<Option<(Timestamp, WaitReason)>, DbErr> {
        let worker = self.worker;
        // Long enough for the call and for writing down what came of it.
        let until = now + worker.settings.lease * 2;
        for (lane, paused_until) in self.work.to_be_probed() {
            worker.boundaries.at(Side::Before, Action::ProbeLane).await;
            let is_ours = lanes::probe(&worker.database, &lane, paused_until, until, now).await?;
            if !is_ours {
                return Ok(Some((until, WaitReason::LanePaused)));
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
