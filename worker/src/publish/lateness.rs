//! What is too late when a worker takes it up is set aside in place of being published.

use entities::delivery::Progress;
use entities::misfire::{can_be_late, judge, set_aside};
use entities::{DbErr, Timestamp};
use tracing::{debug, info};

use super::Run;
use crate::explain;

impl Run<'_> {
    /// Sets the delivery aside if it is too late by its post's policy.
    pub(super) async fn is_too_late(
        &self,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let (row, policy) = (&self.work.delivery, &self.work.policy);
        if !can_be_late(row.status, progress) {
            return Ok(false);
        }
        let Some(to) = judge(policy, row.due_at, now).status() else {
            return Ok(false);
        };
        let error = explain::too_late(policy, row.due_at, now);
        if set_aside(&self.worker.database, self.work, to, &error, now).await? {
            telemetry::counting::set_aside(row.platform, to);
            info!(due_at = %row.due_at, status = %to, "too late");
        } else {
            debug!("it changed since it was read");
        }
        Ok(true)
    }
}
