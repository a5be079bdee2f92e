//! What is live, compared with what is on record.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use simulator::{LivePost, Platform};

use super::customer::tag;
use super::plan::LEASE;
use super::report::Report;
use entities::Database;

/// A delivery as it is on record.
struct Recorded {
    id: String,
    number: Option<usize>,
    platform: String,
    username: String,
    status: String,
    code: Option<String>,
    remote_id: Option<String>,
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

/// Compares. `accepted` are the numbers of the posts that the customer was told are accepted.
pub async fn judge(
    database: &Database,
    live: &[LivePost],
    accepted: &HashSet<usize>,
) -> Result<Report, DbErr> {
    let recorded = recorded(database).await?;
    let mut report = Report {
        posts: accepted.len(),
        deliveries: recorded.len(),
        live: live.len(),
        ..Report::default()
    };
    let mut by_delivery: HashMap<(Platform, &str, String), Vec<&LivePost>> = HashMap::new();
    for post in live {
        let tag = post
            .text
            .split_inclusive(']')
            .next()
            .unwrap_or_default()
            .to_owned();
        by_delivery
            .entry((post.platform, &post.account, tag))
            .or_default()
            .push(post);
    }
    let mut deliveries_of = BTreeMap::<usize, usize>::new();
    for row in &recorded {
        *report.statuses.entry(row.status.clone()).or_default() += 1;
        let Some(number) = row.number else {
            report
                .wrong
                .push(format!("{}: of no post that was submitted", row.id));
            continue;
        };
        *deliveries_of.entry(number).or_default() += 1;
        let platform = match row.platform.as_str() {
            "x" => Platform::X,
            _ => Platform::Threads,
        };
        let live = by_delivery
            .remove(&(platform, row.username.as_str(), tag(number)))
            .unwrap_or_default();
        compare(row, &live, &mut report);
    }
    for number in accepted {
        if deliveries_of.get(number) != Some(&2) {
            report.lost.push(format!(
                "post {number} was accepted and has no two deliveries"
            ));
        }
    }
    for posts in by_delivery.values() {
        report
            .wrong
            .push(format!("live, and of no delivery: {:?}", posts[0].text));
    }
    resolving(database, &mut report).await?;
    Ok(report)
}

fn compare(row: &Recorded, live: &[&LivePost], report: &mut Report) {
    let is = format!(
        "{} of post {} on {}: {} {} {}, live: {:?}",
        row.id,
        row.number.unwrap_or_default(),
        row.platform,
        row.status,
        row.code.as_deref().unwrap_or(""),
        row.remote_id.as_deref().unwrap_or("without an id"),
        live.iter().map(|post| post.id.as_str()).collect::<Vec<_>>()
    );
    if live.len() > 1 {
        report.duplicates.push(is);
        return;
    }
    match (row.status.as_str(), row.code.as_deref(), live) {
        ("published", _, [one]) if row.remote_id.as_deref() == Some(&one.id) => {}
        ("failed", Some("unconfirmed"), _) => report.unconfirmed.push(is),
        ("failed" | "canceled", _, []) => {}
        ("published" | "failed" | "canceled", _, _) => report.wrong.push(is),
        _ => report.lost.push(is),
    }
}

async fn recorded(database: &Database) -> Result<Vec<Recorded>, DbErr> {
    let sql = "SELECT d.id, d.platform, d.status, CAST(d.error AS text) AS error, a.username,
            p.idempotency_key,
            (SELECT remote_id FROM parts WHERE delivery_id = d.id AND part_index = 0) AS remote_id
        FROM deliveries d JOIN posts p ON p.id = d.post_id JOIN accounts a ON a.id = d.account_id
        ORDER BY d.id";
    let rows = query(database, sql).await?;
    rows.iter().map(recorded_of).collect()
}

fn recorded_of(row: &QueryResult) -> Result<Recorded, DbErr> {
    let key: Option<String> = row.try_get("", "idempotency_key")?;
    let error: Option<String> = row.try_get("", "error")?;
    let error: Option<serde_json::Value> = error.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Recorded {
        id: row.try_get("", "id")?,
        number: key.and_then(|key| key.strip_prefix("torture-")?.parse().ok()),
        platform: row.try_get("", "platform")?,
        username: row.try_get("", "username")?,
        status: row.try_get("", "status")?,
        code: error.and_then(|error| error["code"].as_str().map(str::to_owned)),
        remote_id: row.try_get("", "remote_id")?,
    })
}

/// How long what was unknown took to be resolved, and how long dead workers were missed.
async fn resolving(database: &Database, report: &mut Report) -> Result<(), DbErr> {
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
