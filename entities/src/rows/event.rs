//! What we tell the customer, in the order it happened.

use sea_orm::entity::prelude::*;

use crate::text_enum::text_enum;
use crate::{AccountId, DeliveryId, EventId, PostId, Timestamp, UserId};

text_enum! {
    /// What happened.
    pub enum EventKind {
        /// Live on every account that it was meant for.
        PostPublished = "post.published",
        /// Live on some accounts, failed on others.
        PostPartial = "post.partial",
        /// Live on no account.
        PostFailed = "post.failed",
        /// Too late by its own policy on at least one account; a person decides.
        PostMissed = "post.missed",
        DeliveryPublished = "delivery.published",
        DeliveryFailed = "delivery.failed",
        DeliveryUnconfirmed = "delivery.unconfirmed",
        DeliveryResolved = "delivery.resolved",
        /// Too late by its post's policy; a person decides.
        DeliveryMissed = "delivery.missed",
        /// Called off by its owner, or too late by its post's policy, which is not to publish it then.
        DeliveryCanceled = "delivery.canceled",
        /// A part of it was removed from its platform, as its owner wished.
        DeliveryRemoved = "delivery.removed",
        /// A part of it is not there any more, and nobody asked us to remove it.
        DeliveryMissing = "delivery.missing",
        /// Its token can not be renewed at the moment; it is tried on.
        AccountDegraded = "account.degraded",
        AccountNeedsReconnect = "account.needs_reconnect",
        /// A webhook has failed for too long, or is gone; nothing is sent to it any more.
        WebhookDisabled = "webhook.disabled",
        /// Sent to one webhook because its owner wants to see it arrive.
        WebhookTest = "webhook.test",
        /// Less than a tenth of a limit or of the budget is left.
        QuotaLow = "quota.low",
        /// A platform has shut an account or the app out, or the budget is used up.
        LanePaused = "lane.paused",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    pub owner_id: UserId,
    pub kind: EventKind,
    pub post_id: Option<PostId>,
    pub delivery_id: Option<DeliveryId>,
    pub account_id: Option<AccountId>,
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    pub created_at: Timestamp,
    /// Its place among all events that were told; `None` until it is.
    pub position: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
