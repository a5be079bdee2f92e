//! What becomes of a delivery whose account has no usable token.

use std::time::Duration;

use entities::boundary::{Action, Side};
use entities::claims::{Claimed, claim};
use entities::delivery::{Change, Checkpoint, DeliveryError, Progress, Status, WaitReason};
use entities::record::{Record, Recorded, record};
use entities::{DbErr, Timestamp};
use tracing::info;

use super::{Run, telling};
use crate::explain;

impl Run<'_> {
    /// Without a token nothing can be tried: the delivery waits for a new one. What may be live is
    /// looked for later, until patience ends; what is live needs no token.
    pub(super) async fn without_token(
        &self,
        error: DeliveryError,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let worker = self.worker;
        let row = &self.work.delivery;
        let progress = row.progress()?;
        let later = now + Duration::from_secs(300);
        let change = match (row.status, &progress.checkpoint) {
            (Status::Unconfirmed, _) => {
                let since = progress.unresolved_since.unwrap_or(now);
                if now.since(since) < worker.settings.give_up_after {
                    let why = WaitReason::Confirmation;
                    return self.hold_back(later, why, now).await;
                }
                Change::failed(progress.clone(), explain::unconfirmed(row.platform))
            }
            (_, Checkpoint::Live { .. }) if self.is_last_part(&progress) => {
                Change::published(Progress::start(progress.part_index), now)
            }
            _ if error.code == "token_unreadable" => {
                Change::queued(progress.clone(), later, WaitReason::Retry).because(error)
            }
            _ if error.code == "account_deleted" => Change::failed(progress.clone(), error),
            _ => Change::needs_reconnect(progress.clone(), error),
        };
        info!(status = %change.to(), code = change.error().map(|error| error.code.as_str()), "no token");
        self.end(change, now).await
    }

    /// Claims the delivery and writes a change down without any call to the platform.
    pub(super) async fn end(&self, change: Change, now: Timestamp) -> Result<(), DbErr> {
        let worker = self.worker;
        let progress = self.work.delivery.progress()?;
        let (lease, boundaries) = (worker.settings.lease, &worker.boundaries);
        let at_claim = Action::ClaimWithoutToken;
        boundaries.at(Side::Before, at_claim).await;
        let claimed = claim(
            &worker.database,
            self.work,
            &progress,
            &[],
            &worker.name,
            now,
            lease,
        )
        .await?;
        let Claimed::Ours(claim) = claimed else {
            return Ok(());
        };
        boundaries.at(Side::After, at_claim).await;
        let at_record = Action::RecordWithoutToken;
        boundaries.at(Side::Before, at_record).await;
        let entry = Record::bare(change.clone());
        if let Recorded::Done(_) = record(&worker.database, &claim, entry, now, lease).await? {
            telling::settled(self.work, &change);
        }
        boundaries.at(Side::After, at_record).await;
        Ok(())
    }

    /// Whether a part that answers another does not know which: the one before is live, and its
    /// platform would not tell its id. Sent all the same, it would be a post of its own.
    pub(super) fn is_cut_off(&self, progress: &Progress) -> bool {
        progress.part_index > 0
            && progress.checkpoint == Checkpoint::Start
            && self.work.delivery.status != Status::Unconfirmed
            && self.work.reply_to.is_none()
    }

    fn is_last_part(&self, progress: &Progress) -> bool {
        let parts = self.work.parts();
        usize::try_from(progress.part_index).is_ok_and(|index| index + 1 >= parts.len())
    }
}
