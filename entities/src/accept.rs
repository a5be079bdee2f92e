//! Taking a post: the post, one delivery for each account, all in one transaction. The
//! deliveries are the outbox; there is no other.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::content::Content;
use crate::delivery::{Status, WaitReason};
use crate::misfire::Policy;
use crate::posts::{DeliveryView, PostView, find};
use crate::rows::{account, delivery, post};
use crate::write::{Insert, Sql, Write};
use crate::{AccountId, Database, DbErr, DeliveryId, PostId, Timestamp, UserId, jitter, media};

/// A post that passed all checks.
pub struct NewPost {
    pub owner_id: UserId,
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request as it was meant.
    pub request_hash: Vec<u8>,
    pub content: Content,
    pub publish_at: Option<Timestamp>,
    pub time_zone: Option<String>,
    pub policy: Policy,
    /// Its deliveries are spread over so many seconds.
    pub jitter_s: i64,
    /// The W3C `traceparent` that what is done about it belongs to.
    pub trace_parent: Option<String>,
    /// Where it goes; not empty, no account twice, all the owner's.
    pub accounts: Vec<account::Model>,
    /// Those of them whose deliveries the caller does not put into the queue: the relay does.
    pub crowded: Vec<AccountId>,
}

/// What came of it.
pub enum Accepted {
    /// It is ours now.
    New(PostView),
    /// The same request came before under this key; here is what it made.
    Replayed(PostView),
    /// Another request came before under this key.
    KeyReused(PostId),
}

/// Takes a post. Deliveries that are due are marked as handed out for `hand_out`, because the
/// caller puts them into the queue right after; should that fail, the relay does it then.
pub async fn accept(
    database: &Database,
    new: NewPost,
    now: Timestamp,
    hand_out: Duration,
) -> Result<Accepted, DbErr> {
    let post = post::Model {
        id: PostId::generate(),
        owner_id: new.owner_id,
        idempotency_key: new.idempotency_key,
        request_hash: new.request_hash,
        content: new.content,
        publish_at: new.publish_at,
        time_zone: new.time_zone,
        if_late: new.policy.if_late,
        max_lateness_s: new.policy.max_lateness_s,
        jitter_s: new.jitter_s,
        trace_parent: new.trace_parent,
        created_at: now,
        updated_at: now,
    };
    let deliveries: Vec<delivery::Model> = new
        .accounts
        .iter()
        .map(|account| {
            let is_crowded = new.crowded.contains(&account.id);
            delivery_of(&post, account, now, (!is_crowded).then_some(hand_out))
        })
        .collect();

    let media = post.content.media();
    let used = media.into_iter().map(|media| media::uses(&post.id, media));
    let write = Write {
        may_be_lost: false,
        guard: post_row(&post)?,
        inserts: deliveries.iter().map(delivery_row).chain(used).collect(),
    };
    if !database.write(write).await? {
        return replay(database, &post).await;
    }

    let deliveries = deliveries
        .into_iter()
        .map(|delivery| DeliveryView {
            delivery,
            parts: Vec::new(),
            errands: Vec::new(),
        })
        .collect();
    Ok(Accepted::New(PostView { post, deliveries }))
}

/// Hits unless another post holds the idempotency key.
fn post_row(post: &post::Model) -> Result<Sql, DbErr> {
    let content =
        serde_json::to_value(&post.content).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Sql::new(
        "INSERT INTO posts (id, owner_id, idempotency_key, request_hash, content, publish_at, time_zone,
            if_late, max_lateness_s, jitter_s, created_at, updated_at, trace_parent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
         ON CONFLICT (owner_id, idempotency_key) DO NOTHING",
        [
            post.id.clone().into(),
            post.owner_id.clone().into(),
            post.idempotency_key.clone().into(),
            post.request_hash.clone().into(),
            content.into(),
            post.publish_at.into(),
            post.time_zone.clone().into(),
            post.if_late.into(),
            post.max_lateness_s.into(),
            post.jitter_s.into(),
            post.created_at.into(),
            post.trace_parent.clone().into(),
        ],
    ))
}

/// All that a delivery begins with; the rest are defaults of the schema.
fn delivery_row(row: &delivery::Model) -> Insert {
    Insert::row(
        "deliveries (id, post_id, owner_id, account_id, platform, status, next_at, due_at, waiting_for,
            handed_until, created_at, updated_at)",
        [
            row.id.clone().into(),
            row.post_id.clone().into(),
            row.owner_id.clone().into(),
            row.account_id.clone().into(),
            row.platform.into(),
            row.status.into(),
            row.next_at.into(),
            row.due_at.into(),
            row.waiting_for.into(),
            row.handed_until.into(),
            row.created_at.into(),
            row.updated_at.into(),
        ],
    )
}

fn delivery_of(
    post: &post::Model,
    account: &account::Model,
    now: Timestamp,
    hand_out: Option<Duration>,
) -> delivery::Model {
    let id = DeliveryId::generate();
    let at = post.publish_at.filter(|at| *at > now).unwrap_or(now);
    let at = at + jitter::spread(post.jitter_s, &id);
    let is_due = at <= now;
    delivery::Model {
        id,
        post_id: post.id.clone(),
        owner_id: post.owner_id.clone(),
        account_id: account.id.clone(),
        platform: account.platform,
        status: Status::Queued,
        next_at: Some(at),
        due_at: at,
        waiting_for: Some(match is_due {
            true => WaitReason::Turn,
            false => WaitReason::Schedule,
        }),
        handed_until: match hand_out {
            Some(hand_out) if is_due => now + hand_out,
            _ => Timestamp::from_ms(0),
        },
        epoch: 0,
        claimed_by: None,
        lease_until: None,
        checkpoint: "start".to_owned(),
        part_index: 0,
        container_id: None,
        container_made_at: None,
        container_refused_at: None,
        containers_used: 0,
        sent_at: None,
        seen_live: false,
        remote_id: None,
        looks: 0,
        unresolved_since: None,
        failing_since: None,
        attempt_count: 0,
        published_at: None,
        error: None,
        created_at: now,
        updated_at: now,
    }
}

/// The post that the same request made before under this key, if it did.
pub async fn find_replay(
    database: &Database,
    owner: &UserId,
    idempotency_key: &str,
    request_hash: &[u8],
) -> Result<Option<PostView>, DbErr> {
    let earlier = post::Entity::find()
        .filter(post::Column::OwnerId.eq(owner.clone()))
        .filter(post::Column::IdempotencyKey.eq(idempotency_key))
        .one(database.reader())
        .await?;
    match earlier.filter(|earlier| earlier.request_hash == request_hash) {
        Some(earlier) => find(database, owner, &earlier.id).await,
        None => Ok(None),
    }
}

async fn replay(database: &Database, post: &post::Model) -> Result<Accepted, DbErr> {
    let earlier = post::Entity::find()
        .filter(post::Column::OwnerId.eq(post.owner_id.clone()))
        .filter(post::Column::IdempotencyKey.eq(post.idempotency_key.clone()))
        .one(database.writer())
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the post that holds this idempotency key".into()))?;
    if earlier.request_hash != post.request_hash {
        return Ok(Accepted::KeyReused(earlier.id));
    }
    let view = find(database, &earlier.owner_id, &earlier.id).await?;
    let view = view.ok_or_else(|| DbErr::RecordNotFound(format!("post {}", earlier.id)))?;
    Ok(Accepted::Replayed(view))
}
