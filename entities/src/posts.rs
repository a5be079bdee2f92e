//! Reading posts: always through their owner, never one query for each row.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value};

use crate::database::{query_all, query_one};
use crate::errands::{self, Errand};
use crate::post_status::PostStatus;
use crate::rows::{attempt, delivery, part, post};
use crate::{AccountId, Database, DbErr, DeliveryId, PostId, Timestamp, UserId};

/// A post with all that became of it.
#[derive(Clone, Debug)]
pub struct PostView {
    pub post: post::Model,
    /// In the order in which its accounts were named.
    pub deliveries: Vec<DeliveryView>,
}

/// A delivery with what is live of it.
#[derive(Clone, Debug)]
pub struct DeliveryView {
    pub delivery: delivery::Model,
    /// In the order of the chain.
    pub parts: Vec<part::Model>,
    /// What is or was still to be done about it.
    pub errands: Vec<Errand>,
}

impl PostView {
    /// How the post as a whole stands.
    pub fn status(&self, now: Timestamp) -> PostStatus {
        let statuses: Vec<_> = self
            .deliveries
            .iter()
            .map(|view| view.delivery.status)
            .collect();
        PostStatus::of(&statuses, self.post.publish_at, now)
    }
}

/// Which posts to list.
#[derive(Clone, Debug, Default)]
pub struct PostFilter {
    pub status: Option<PostStatus>,
    pub account: Option<AccountId>,
    /// Its time to go out (or, without one, of its making) is at or after this.
    pub from: Option<Timestamp>,
    /// Its time is before this.
    pub to: Option<Timestamp>,
    /// The last post of the page before.
    pub before: Option<PostId>,
}

/// One post of its owner's.
pub async fn find(
    database: &Database,
    owner: &UserId,
    id: &PostId,
) -> Result<Option<PostView>, DbErr> {
    let found = post::Entity::find_by_id(id.clone())
        .filter(post::Column::OwnerId.eq(owner.clone()))
        .one(database.reader())
        .await?;
    match found {
        Some(post) => Ok(with_deliveries(database, vec![post]).await?.pop()),
        None => Ok(None),
    }
}

/// A page of an owner's posts, newest first.
pub async fn list(
    database: &Database,
    owner: &UserId,
    filter: &PostFilter,
    limit: u64,
    now: Timestamp,
) -> Result<Vec<PostView>, DbErr> {
    let mut values: Vec<Value> = vec![owner.clone().into()];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut conditions = vec!["p.owner_id = $1".to_owned()];
    if let Some(before) = &filter.before {
        conditions.push(format!("p.id < {}", place(before.clone().into())));
    }
    if let Some(from) = filter.from {
        conditions.push(format!(
            "coalesce(p.publish_at, p.created_at) >= {}",
            place(from.into())
        ));
    }
    if let Some(to) = filter.to {
        conditions.push(format!(
            "coalesce(p.publish_at, p.created_at) < {}",
            place(to.into())
        ));
    }
    if let Some(account) = &filter.account {
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = p.id AND d.account_id = {})",
            place(account.clone().into())
        ));
    }
    if let Some(status) = filter.status {
        let now = place(now.into());
        conditions.push(format!(
            "(SELECT {} FROM deliveries d WHERE d.post_id = p.id) = {}",
            PostStatus::sql(&now),
            place(status.into())
        ));
    }
    let limit = place(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let sql = format!(
        "SELECT p.* FROM posts p WHERE {} ORDER BY p.id DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    let posts = query_all::<_, post::Model>(database.reader(), sql, values).await?;
    with_deliveries(database, posts).await
}

async fn with_deliveries(
    database: &Database,
    posts: Vec<post::Model>,
) -> Result<Vec<PostView>, DbErr> {
    let deliveries = delivery::Entity::find()
        .filter(delivery::Column::PostId.is_in(posts.iter().map(|post| post.id.clone())))
        .order_by_asc(delivery::Column::Id)
        .all(database.reader())
        .await?;
    let with_parts = deliveries
        .iter()
        .filter(|row| row.attempt_count > 0)
        .map(|row| row.id.clone());
    let parts = part::Entity::find()
        .filter(part::Column::DeliveryId.is_in(with_parts))
        .order_by_asc(part::Column::PartIndex)
        .all(database.reader())
        .await?;

    let mut parts_of: HashMap<DeliveryId, Vec<part::Model>> = HashMap::new();
    for part in parts {
        parts_of
            .entry(part.delivery_id.clone())
            .or_default()
            .push(part);
    }
    let settled: Vec<DeliveryId> = deliveries
        .iter()
        .filter(|row| row.status.is_settled() && row.attempt_count > 0)
        .map(|row| row.id.clone())
        .collect();
    let mut errands_of: HashMap<DeliveryId, Vec<Errand>> = HashMap::new();
    for errand in errands::of(database, &settled).await? {
        errands_of
            .entry(errand.delivery_id.clone())
            .or_default()
            .push(errand);
    }
    let mut deliveries_of: HashMap<PostId, Vec<DeliveryView>> = HashMap::new();
    for delivery in deliveries {
        let parts = parts_of.remove(&delivery.id).unwrap_or_default();
        deliveries_of
            .entry(delivery.post_id.clone())
            .or_default()
            .push(DeliveryView {
                errands: errands_of.remove(&delivery.id).unwrap_or_default(),
                delivery,
                parts,
            });
    }
    let view = |post: post::Model| PostView {
        deliveries: deliveries_of.remove(&post.id).unwrap_or_default(),
        post,
    };
    Ok(posts.into_iter().map(view).collect())
}

/// One delivery of its owner's, with the post that it is of.
pub async fn find_delivery(
    database: &Database,
    owner: &UserId,
    id: &DeliveryId,
) -> Result<Option<delivery::Model>, DbErr> {
    delivery::Entity::find_by_id(id.clone())
        .filter(delivery::Column::OwnerId.eq(owner.clone()))
        .one(database.reader())
        .await
}

/// One delivery of its owner's, with all that became of it.
pub async fn find_delivery_view(
    database: &Database,
    owner: &UserId,
    id: &DeliveryId,
) -> Result<Option<DeliveryView>, DbErr> {
    let Some(delivery) = find_delivery(database, owner, id).await? else {
        return Ok(None);
    };
    let parts = part::Entity::find()
        .filter(part::Column::DeliveryId.eq(id.clone()))
        .order_by_asc(part::Column::PartIndex)
        .all(database.reader())
        .await?;
    Ok(Some(DeliveryView {
        delivery,
        parts,
        errands: errands::of(database, std::slice::from_ref(id)).await?,
    }))
}

/// Every try at a delivery, oldest first; `None` when the owner has no such delivery.
pub async fn attempts(
    database: &Database,
    owner: &UserId,
    id: &DeliveryId,
) -> Result<Option<Vec<attempt::Model>>, DbErr> {
    if find_delivery(database, owner, id).await?.is_none() {
        return Ok(None);
    }
    attempt::Entity::find()
        .filter(attempt::Column::DeliveryId.eq(id.clone()))
        .order_by_asc(attempt::Column::Id)
        .all(database.reader())
        .await
        .map(Some)
}

/// Remote ids on an account that belong to a part already, out of `candidates`.
pub async fn adopted(
    database: &Database,
    account: &AccountId,
    candidates: &[String],
) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Adopted {
        remote_id: Option<String>,
    }
    let rows = part::Entity::find()
        .filter(part::Column::AccountId.eq(account.clone()))
        .filter(part::Column::RemoteId.is_in(candidates.iter().cloned()))
        .into_model::<Adopted>()
        .all(database.writer())
        .await?;
    Ok(rows.into_iter().filter_map(|row| row.remote_id).collect())
}

/// Whether other deliveries on the account have been sent and have no outcome yet.
pub async fn others_unresolved(
    database: &Database,
    account: &AccountId,
    delivery: &DeliveryId,
) -> Result<bool, DbErr> {
    let sql =
        "SELECT 1 AS one FROM deliveries WHERE account_id = $1 AND checkpoint = 'sent' AND id <> $2
            AND claimed_by IS NOT NULL
         UNION ALL
         SELECT 1 FROM deliveries WHERE account_id = $1 AND status = 'unconfirmed' AND id <> $2
         LIMIT 1";
    let values = [account.clone().into(), delivery.clone().into()];
    let row = crate::database::query_one(database.reader(), sql, values).await?;
    Ok(row.is_some())
}

/// The trace that a post was submitted in, as a W3C `traceparent`, for whoever tells of it.
pub async fn trace_parent(database: &Database, post: &PostId) -> Result<Option<String>, DbErr> {
    let sql = "SELECT trace_parent FROM posts WHERE id = $1";
    let row = query_one(database.reader(), sql, [post.clone().into()]).await?;
    row.map_or(Ok(None), |row| row.try_get("", "trace_parent"))
}
