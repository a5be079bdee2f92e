//! A post's status: computed from its deliveries, never stored.

use crate::Timestamp;
use crate::delivery::Status;
use crate::text_enum::text_enum;

text_enum! {
    /// How a post as a whole stands.
    pub enum PostStatus {
        /// Its time has not come and nothing has been tried.
        Scheduled = "scheduled",
        /// Under way on at least one account.
        Publishing = "publishing",
        /// Live everywhere it was meant to be.
        Published = "published",
        /// Live somewhere, failed elsewhere.
        Partial = "partial",
        /// Live nowhere.
        Failed = "failed",
        /// A person must decide or reconnect an account.
        NeedsAttention = "needs_attention",
        /// Called off.
        Canceled = "canceled",
    }
}

impl PostStatus {
    /// The status of a post with these deliveries.
    pub fn of(deliveries: &[Status], publish_at: Option<Timestamp>, now: Timestamp) -> PostStatus {
        use Status::*;
        let any = |wanted: &[Status]| deliveries.iter().any(|status| wanted.contains(status));
        if any(&[NeedsReconnect, Missed]) {
            PostStatus::NeedsAttention
        } else if any(&[Publishing, Processing, Unconfirmed]) {
            PostStatus::Publishing
        } else if any(&[Queued]) {
            let waits = publish_at.is_some_and(|at| at > now);
            if waits && !any(&[Published, Failed]) {
                PostStatus::Scheduled
            } else {
                PostStatus::Publishing
            }
        } else if any(&[Published]) {
            if any(&[Failed]) {
                PostStatus::Partial
            } else {
                PostStatus::Published
            }
        } else if any(&[Failed]) {
            PostStatus::Failed
        } else {
            PostStatus::Canceled
        }
    }

    /// The same rule as an SQL expression over `deliveries` rows grouped by post; `$now` stands
    /// where the time goes and `p` is the post.
    pub fn sql(now_placeholder: &str) -> String {
        let any =
            |words: &str| format!("max(CASE WHEN d.status IN ({words}) THEN 1 ELSE 0 END) = 1");
        format!(
            "CASE WHEN {attention} THEN 'needs_attention' WHEN {working} THEN 'publishing' \
             WHEN {queued} THEN CASE WHEN p.publish_at > {now_placeholder} AND NOT ({ended}) \
             THEN 'scheduled' ELSE 'publishing' END \
             WHEN {published} THEN CASE WHEN {failed} THEN 'partial' ELSE 'published' END \
             WHEN {failed} THEN 'failed' ELSE 'canceled' END",
            attention = any("'needs_reconnect','missed'"),
            working = any("'publishing','processing','unconfirmed'"),
            queued = any("'queued'"),
            ended = any("'published','failed'"),
            published = any("'published'"),
            failed = any("'failed'"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::*;

    fn check(deliveries: &[Status], publish_in_ms: i64, expected: PostStatus) {
        let now = Timestamp::from_ms(1000);
        let publish_at = Some(Timestamp::from_ms(1000 + publish_in_ms));
        assert_eq!(
            PostStatus::of(deliveries, publish_at, now),
            expected,
            "{deliveries:?}"
        );
    }

    #[test]
    fn the_status_of_a_post_follows_from_its_deliveries() {
        check(&[Queued, Queued], 5, PostStatus::Scheduled);
        check(&[Queued, Queued], -5, PostStatus::Publishing);
        check(&[Queued, Canceled], 5, PostStatus::Scheduled);
        check(&[Queued, Published], 5, PostStatus::Publishing);
        check(&[Published, Unconfirmed], -5, PostStatus::Publishing);
        check(&[Published, Published], -5, PostStatus::Published);
        check(&[Published, Canceled], -5, PostStatus::Published);
        check(&[Published, Failed], -5, PostStatus::Partial);
        check(&[Failed, Failed], -5, PostStatus::Failed);
        check(&[Failed, Canceled], -5, PostStatus::Failed);
        check(&[Canceled, Canceled], -5, PostStatus::Canceled);
        check(&[NeedsReconnect, Published], -5, PostStatus::NeedsAttention);
        check(&[Missed, Queued], -5, PostStatus::NeedsAttention);
    }
}
