//! What is on record, read past the product.

use std::collections::HashMap;
use std::time::Duration;

use entities::content::Content;
use entities::{AccountId, Database};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use simulator::Platform;

use crate::torture::plan::LEASE;
use crate::torture::report::Report;

/// A delivery as it is on record.
pub struct Recorded {
    pub id: String,
    pub number: Option<usize>,
    pub platform: Platform,
    pub account_id: AccountId,
    pub username: String,
    pub status: String,
    pub code: Option<String>,
    /// The part under way, or the one that failed.
    pub part_index: i32,
    /// Of the parts that are live, in the order of the chain, whatever their indices are.
    pub remote_ids: Vec<Option<String>>,
    /// Whether the parts on record are the first ones, without a gap.
    pub is_unbroken: bool,
    pub content: Content,
}

/// Not final, and not in a person's hands either.
const OPEN: &str =
    "status IN ('queued', 'processing', 'publishing', 'unconfirmed', 'needs_reconnect', 'missed')";

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub published: i64,
    pub open: i64,
    pub unknown: i64,
}

/// Counts what is on record.
pub async fn progress(database: &Database) -> Result<Progress, DbErr> {
    let sql = format!(
        "SELECT count(CASE WHEN status = 'published' THEN 1 END) AS published,
            count(CASE WHEN {OPEN} THEN 1 END) AS open,
            count(CASE WHEN status = 'unconfirmed' THEN 1 END) AS unknown
         FROM deliveries"
    );
    let rows = query(database, &sql).await?;
    let number = |name: &str| rows.first().map_or(Ok(0), |row| row.try_get("", name));
    Ok(Progress {
        published: number("published")?,
        open: number("open")?,
        unknown: number("unknown")?,
    })
}

/// Every delivery, with the parts that it says are live.
pub async fn deliveries(database: &Database) -> Result<Vec<Recorded>, DbErr> {
    let sql =
        "SELECT delivery_id, part_index, remote_id FROM parts ORDER BY delivery_id, part_index";
    let mut parts: HashMap<String, Vec<(i32, Option<String>)>> = HashMap::new();
    for row in query(database, sql).await? {
        let of: String = row.try_get("", "delivery_id")?;
        let part = (
            row.try_get("", "part_index")?,
            row.try_get("", "remote_id")?,
        );
        parts.entry(of).or_default().push(part);
    }
    let sql = "SELECT d.id, d.platform, d.status, d.part_index, d.account_id, a.username,
            CAST(d.error AS text) AS error, CAST(p.content AS text) AS content, p.idempotency_key
        FROM deliveries d JOIN posts p ON p.id = d.post_id JOIN accounts a ON a.id = d.account_id
        ORDER BY d.id";
    let rows = query(database, sql).await?;
    rows.iter().map(|row| recorded(row, &mut parts)).collect()
}

fn recorded(
    row: &QueryResult,
    parts: &mut HashMap<String, Vec<(i32, Option<String>)>>,
) -> Result<Recorded, DbErr> {
    let id: String = row.try_get("", "id")?;
    let key: Option<String> = row.try_get("", "idempotency_key")?;
    let error: Option<String> = row.try_get("", "error")?;
    let error: Option<serde_json::Value> = error.and_then(|text| serde_json::from_str(&text).ok());
    let platform: String = row.try_get("", "platform")?;
    let content: String = row.try_get("", "content")?;
    let parts = parts.remove(&id).unwrap_or_default();
    Ok(Recorded {
        number: key.and_then(|key| key.strip_prefix("torture-")?.parse().ok()),
        platform: match platform.as_str() {
            "x" => Platform::X,
            _ => Platform::Threads,
        },
        account_id: row.try_get("", "account_id")?,
        username: row.try_get("", "username")?,
        status: row.try_get("", "status")?,
        code: error.and_then(|error| error["code"].as_str().map(str::to_owned)),
        part_index: row.try_get("", "part_index")?,
        is_unbroken: (0..).zip(&parts).all(|(index, part)| part.0 == index),
        remote_ids: parts.into_iter().map(|(_, remote_id)| remote_id).collect(),
        content: serde_json::from_str(&content).map_err(|error| DbErr::Json(error.to_string()))?,
        id,
    })
}

/// How long what was unknown took to be resolved, and how long dead workers were missed.
pub async fn resolving(database: &Database, report: &mut Report) -> Result<(), DbErr> {
    let sql = "SELECT delivery_id, kind, created_at FROM events
               WHERE delivery_id IS NOT NULL ORDER BY delivery_id, created_at, id";
    let mut unknown_since: HashMap<String, i64> = HashMap::new();
    let mut took = Vec::new();
    for row in query(database, sql).await? {
        let delivery: String = row.try_get("", "delivery_id")?;
        let kind: String = row.try_get("", "kind")?;
        let at: i64 = row.try_get("", "created_at")?;
        match kind.as_str() {
            "delivery.unconfirmed" => {
                report.unknown += 1;
                unknown_since.insert(delivery, at);
            }
            "delivery.resolved" => {
                if let Some(since) = unknown_since.remove(&delivery) {
                    took.push(span(at - since));
                }
            }
            _ => {}
        }
    }
    took.sort_unstable();
    report.resolved = report.unknown.saturating_sub(report.unconfirmed.len());
    report.resolving = took.last().map(|longest| (took[took.len() / 2], *longest));
    let lost = "SELECT coalesce(max(ended_at - started_at), 0) AS longest FROM attempts WHERE verdict = 'lost'";
    if let Some(row) = query(database, lost).await?.first() {
        // A lost attempt is dated from the end of its lease, which began with its last sign of life.
        let beyond_lease: i64 = row.try_get("", "longest")?;
        report.longest_recovery = LEASE + span(beyond_lease);
    }
    Ok(())
}

fn span(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

async fn query(database: &Database, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    reader.query_all_raw(statement).await
}
