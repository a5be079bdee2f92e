//! The writes and calls of a run, with the names of their boundaries.

use entities::boundary::{Action, Boundary, Side, StepAction};
use entities::claims::hold_back;
use entities::delivery::WaitReason;
use entities::{DbErr, Timestamp};

use super::Run;
use crate::step::Step;

impl Run<'_> {
    /// The run is at this side of an action of `step`.
    pub(super) async fn at(&self, side: Side, action: StepAction, step: &Step) {
        let platform = self.work.delivery.platform;
        let boundary = Boundary::Step(side, action, platform, step.name());
        self.worker.boundaries.reach(boundary).await;
    }

    /// Moves the delivery past a pause.
    pub(super) async fn hold_back(
        &self,
        until: Timestamp,
        why: WaitReason,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let boundaries = &self.worker.boundaries;
        boundaries.at(Side::Before, Action::HoldBack).await;
        hold_back(&self.worker.database, self.work, until, why, now).await?;
        boundaries.at(Side::After, Action::HoldBack).await;
        Ok(())
    }
}
