//! One try at one step, with what the platform answered.

use sea_orm::entity::prelude::*;

use crate::text_enum::text_enum;
use crate::{AttemptId, DeliveryId, Timestamp};

text_enum! {
    /// What one try tells us to do.
    pub enum Verdict {
        /// It worked.
        Done = "done",
        /// Not ready yet; look again.
        Wait = "wait",
        /// Nothing happened; try again.
        Retry = "retry",
        /// Nothing happened, and the platform named the time to try again.
        RetryAt = "retry_at",
        /// The account must be connected again.
        Reconnect = "reconnect",
        /// The platform will never take this.
        Reject = "reject",
        /// It may have happened.
        Unknown = "unknown",
        /// The worker died or stalled; its lease ran out.
        Lost = "lost",
        /// It worked, and was learned of after the claim had been given up.
        DoneLate = "done_late",
    }
}

text_enum! {
    /// What was tried.
    pub enum StepName {
        /// X: send a whole image.
        UploadImage = "upload_image",
        /// X: begin to send a GIF or a video.
        BeginUpload = "begin_upload",
        /// X: send a stretch of it.
        AppendUpload = "append_upload",
        /// X: say that it is all there.
        FinishUpload = "finish_upload",
        /// X: is it ready to be posted?
        CheckUpload = "check_upload",
        /// X: say what it shows.
        DescribeMedia = "describe_media",
        /// Threads: make a container for one file of a carousel.
        CreateChild = "create_child",
        /// Threads: is it ready?
        CheckChild = "check_child",
        /// Threads: make a container.
        CreateContainer = "create_container",
        /// Threads: is the container ready, or published?
        CheckContainer = "check_container",
        /// Threads: publish the container.
        PublishContainer = "publish_container",
        /// X: create the post.
        CreatePost = "create_post",
        /// Threads: read the address of what is live.
        ReadPermalink = "read_permalink",
        /// Look for the post among the account's recent ones.
        FindPost = "find_post",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    pub delivery_id: DeliveryId,
    pub epoch: i64,
    pub part_index: i32,
    pub step: StepName,
    pub verdict: Verdict,
    /// Which worker process tried.
    pub worker: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub http_status: Option<i32>,
    pub platform_code: Option<String>,
    /// The platform's own words, redacted.
    pub platform_message: Option<String>,
    /// The platform's id of the request, for its support.
    pub trace_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
