//! A delivery with all that the decision about it needs, in one query.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult, QueryResult};

use crate::content::{Content, Part};
use crate::database::{query_all, query_one};
use crate::delivery::WaitReason;
use crate::lanes::Lane;
use crate::misfire::Policy;
use crate::places::{padded, places};
use crate::rows::account::{self, AccountState, TokenSource};
use crate::rows::delivery::Model;
use crate::uploads::{self, Upload};
use crate::{Database, DeliveryId, Timestamp};

/// A delivery and what else one needs to know to move it.
#[derive(Clone, Debug)]
pub struct Work {
    pub delivery: Model,
    pub content: Content,
    pub publish_at: Option<Timestamp>,
    /// The trace that the post was submitted in.
    pub trace_parent: Option<String>,
    /// How late it may go out.
    pub policy: Policy,
    pub account: AccountForWork,
    /// What is live of the part before the one under way: what that one answers to.
    pub reply_to: Option<String>,
    /// Parts that went out on this account in the last 24 hours, as far as they were to be counted: of
    /// posts' first parts, or of replies, whichever the part under way is.
    pub published_24h: i64,
    pub account_pause: Option<(Timestamp, WaitReason)>,
    pub app_pause: Option<(Timestamp, WaitReason)>,
    /// How often the account's lane was found shut without a success since.
    pub account_strikes: i32,
    /// The same of the app's.
    pub app_strikes: i32,
    /// The files of the part under way, as far as they got.
    pub uploads: Vec<Upload>,
}

/// What publishing needs of an account. The token is still sealed.
#[derive(Clone, Debug)]
pub struct AccountForWork {
    pub remote_user_id: String,
    pub username: String,
    pub state: AccountState,
    pub state_reason: Option<String>,
    pub token_source: TokenSource,
    pub external_account_id: Option<String>,
    pub access_token: Option<Vec<u8>>,
    pub has_refresh_token: bool,
    pub token_epoch: i64,
    pub token_issued_at: Timestamp,
    pub token_expires_at: Option<Timestamp>,
    /// Since when no new token could be had.
    pub renewal_failing_since: Option<Timestamp>,
    /// Whom Clerk knows the owner as.
    pub clerk_user_id: Option<String>,
}

impl AccountForWork {
    /// The same of an account that was read again. Clerk keeps nothing that is renewed here.
    pub fn of(account: &account::Model) -> Self {
        AccountForWork {
            remote_user_id: account.remote_user_id.clone(),
            username: account.username.clone(),
            state: account.state,
            state_reason: account.state_reason.clone(),
            token_source: account.token_source,
            external_account_id: account.external_account_id.clone(),
            access_token: account.access_token.clone(),
            has_refresh_token: account.refresh_token.is_some(),
            token_epoch: account.token_epoch,
            token_issued_at: account.token_issued_at,
            token_expires_at: account.token_expires_at,
            renewal_failing_since: account.renewal_failing_since,
            clerk_user_id: None,
        }
    }
}

impl Work {
    /// What the account shows, part by part.
    pub fn parts(&self) -> &[Part] {
        let row = &self.delivery;
        self.content.parts_on(row.platform, &row.account_id)
    }

    /// The part under way.
    pub fn part(&self) -> Option<&Part> {
        let index = usize::try_from(self.delivery.part_index).ok()?;
        self.parts().get(index)
    }

    /// The pause that holds this delivery back longest, if any.
    pub fn pause(&self, now: Timestamp) -> Option<(Timestamp, WaitReason)> {
        [self.account_pause, self.app_pause]
            .into_iter()
            .flatten()
            .filter(|(until, _)| *until > now)
            .max_by_key(|(until, _)| *until)
    }

    /// The lanes that were shut and have not been tried since their pause ended at the time beside them.
    pub fn to_be_probed(&self) -> impl Iterator<Item = (Lane, Timestamp)> {
        let row = &self.delivery;
        let account = (self.account_strikes > 0).then_some(self.account_pause);
        let app = (self.app_strikes > 0).then_some(self.app_pause);
        [
            (Lane::Account(row.account_id.clone()), account),
            (Lane::App(row.platform), app),
        ]
        .into_iter()
        .filter_map(|(lane, pause)| Some((lane, pause??.0)))
    }
}

/// How far the clocks of two processes may be apart: a job that one of them found due is not
/// turned away by another whose clock is a moment behind.
const CLOCK_TOLERANCE: Duration = Duration::from_millis(250);

/// A delivery with all that a step needs to know. Of what went out since `$1` up to `$2` are counted.
const WORK: &str = "SELECT d.*, p.content AS post_content, p.publish_at AS post_publish_at,
            p.trace_parent AS post_trace_parent, p.if_late, p.max_lateness_s,
            a.remote_user_id, a.username, a.state AS account_state, a.state_reason, a.access_token,
            a.token_source, a.external_account_id, a.refresh_token IS NOT NULL AS has_refresh_token,
            a.token_epoch, a.token_issued_at, a.token_expires_at, a.renewal_failing_since,
            CASE WHEN a.token_source = 'clerk' THEN (SELECT clerk_user_id FROM users WHERE id = a.owner_id) END
                AS clerk_user_id,
            la.paused_until AS account_paused_until, la.reason AS account_pause_reason,
            lp.paused_until AS app_paused_until, lp.reason AS app_pause_reason,
            coalesce(la.strikes, 0) AS account_strikes, coalesce(lp.strikes, 0) AS app_strikes,
            (SELECT remote_id FROM parts WHERE delivery_id = d.id AND part_index = d.part_index - 1) AS reply_to,
            CASE WHEN d.platform = 'threads' THEN
                (SELECT count(*) FROM (SELECT 1 FROM parts
                    WHERE account_id = d.account_id AND published_at > $1
                    AND (part_index > 0) = (d.part_index > 0) LIMIT $2) AS counted)
            ELSE 0 END AS published_24h
        FROM deliveries d
        JOIN posts p ON p.id = d.post_id
        JOIN accounts a ON a.id = d.account_id
        LEFT JOIN lanes la ON la.lane = d.account_id
        LEFT JOIN lanes lp ON lp.lane = 'app:' || d.platform";

/// Reads those of the deliveries that are due. The others are gone, settled, held by another or not due.
/// Of what went out on their accounts in 24 hours up to `counted` are counted. One that can not be read
/// does not keep back the others.
pub async fn load(
    database: &Database,
    ids: &[DeliveryId],
    counted: i64,
    now: Timestamp,
) -> Result<HashMap<DeliveryId, Result<Work, DbErr>>, DbErr> {
    let day_ago = now - Duration::from_secs(86_400);
    let due_by = now + CLOCK_TOLERANCE;
    let ids = padded(ids.iter().map(|id| id.clone().into()));
    let sql = format!(
        "{WORK}
        WHERE d.id IN ({}) AND d.lease_until IS NULL AND d.next_at <= $3
          AND d.status IN ('queued', 'processing', 'unconfirmed')",
        places(4, ids.len())
    );
    let values = [day_ago.into(), counted.into(), due_by.into()]
        .into_iter()
        .chain(ids);
    let mut rows: Vec<Row> = query_all(database.reader(), sql, values).await?;
    let works = || rows.iter().filter_map(|row| row.work.as_ref().ok());
    let with_files = works().filter(|work| work.part().is_some_and(|part| !part.media.is_empty()));
    let with_files: Vec<DeliveryId> = with_files.map(|work| work.delivery.id.clone()).collect();
    let mut uploads = uploads::of_deliveries(database, &with_files).await?;
    for work in rows.iter_mut().filter_map(|row| row.work.as_mut().ok()) {
        let part = (work.delivery.id.clone(), work.delivery.part_index);
        work.uploads = uploads.remove(&part).unwrap_or_default();
    }
    Ok(rows.into_iter().map(|row| (row.id, row.work)).collect())
}

struct Row {
    id: DeliveryId,
    work: Result<Work, DbErr>,
}

impl FromQueryResult for Row {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Row {
            id: row.try_get(prefix, "id")?,
            work: Work::from_query_result(row, prefix),
        })
    }
}

/// Reads a delivery that is settled; `None` when it is gone or not settled. Nothing is counted.
pub async fn load_settled(
    database: &Database,
    id: &DeliveryId,
    now: Timestamp,
) -> Result<Option<Work>, DbErr> {
    let sql = format!("{WORK} WHERE d.id = $3 AND d.status IN ('published', 'failed', 'canceled')");
    let day_ago = now - Duration::from_secs(86_400);
    let row = query_one(
        database.reader(),
        sql,
        [day_ago.into(), 0_i64.into(), id.clone().into()],
    )
    .await?;
    row.map(|row| Work::from_query_result(&row, "")).transpose()
}

impl FromQueryResult for Work {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        let pause = |until: &str, reason: &str| -> Result<Option<(Timestamp, WaitReason)>, DbErr> {
            Ok(row
                .try_get::<Option<Timestamp>>("", until)?
                .zip(row.try_get("", reason)?))
        };
        Ok(Work {
            delivery: Model::from_query_result(row, "")?,
            content: row.try_get("", "post_content")?,
            publish_at: row.try_get("", "post_publish_at")?,
            trace_parent: row.try_get("", "post_trace_parent")?,
            policy: Policy {
                if_late: row.try_get("", "if_late")?,
                max_lateness_s: row.try_get("", "max_lateness_s")?,
            },
            account: AccountForWork {
                remote_user_id: row.try_get("", "remote_user_id")?,
                username: row.try_get("", "username")?,
                state: row.try_get("", "account_state")?,
                state_reason: row.try_get("", "state_reason")?,
                token_source: row.try_get("", "token_source")?,
                external_account_id: row.try_get("", "external_account_id")?,
                access_token: row.try_get("", "access_token")?,
                has_refresh_token: row.try_get("", "has_refresh_token")?,
                token_epoch: row.try_get("", "token_epoch")?,
                token_issued_at: row.try_get("", "token_issued_at")?,
                token_expires_at: row.try_get("", "token_expires_at")?,
                renewal_failing_since: row.try_get("", "renewal_failing_since")?,
                clerk_user_id: row.try_get("", "clerk_user_id")?,
            },
            reply_to: row.try_get("", "reply_to")?,
            published_24h: row.try_get("", "published_24h")?,
            account_pause: pause("account_paused_until", "account_pause_reason")?,
            app_pause: pause("app_paused_until", "app_pause_reason")?,
            account_strikes: row.try_get("", "account_strikes")?,
            app_strikes: row.try_get("", "app_strikes")?,
            uploads: Vec::new(),
        })
    }
}
