//! What is live, compared with what is on record.

mod compare;
mod expected;
mod record;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entities::Database;
use sea_orm::DbErr;
use simulator::{LivePost, Platform};

use super::files::File;
use super::posts::{Kind, Written};
use super::report::Report;

pub use record::progress;

/// What tells one part from every other that was written: text and files together are unique on
/// an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    platform: Platform,
    account: String,
    text: String,
    /// The hashes of the files, in order.
    files: Vec<String>,
}

/// Compares. `accepted` are the numbers of the posts that the customer was told are accepted;
/// `written` are all posts, by their numbers.
pub async fn judge(
    database: &Database,
    live: &[LivePost],
    written: &[Written],
    accepted: &BTreeSet<usize>,
    files: &[File],
) -> Result<Report, DbErr> {
    let recorded = record::deliveries(database).await?;
    let mut report = Report {
        posts: accepted.len(),
        kinds: kinds(written, accepted),
        deliveries: recorded.len(),
        live: live.len(),
        live_answers: live.iter().filter(|post| post.reply_to.is_some()).count(),
        live_files: live.iter().map(|post| post.media.len()).sum(),
        ..Report::default()
    };
    let mut by_key: HashMap<Key, Vec<&LivePost>> = HashMap::new();
    for post in live {
        let key = Key {
            platform: post.platform,
            account: post.account.clone(),
            text: post.text.clone(),
            files: post.media.iter().map(|file| file.sha256.clone()).collect(),
        };
        by_key.entry(key).or_default().push(post);
    }
    let mut deliveries_of = BTreeMap::<usize, usize>::new();
    for row in &recorded {
        *report.statuses.entry(row.status.clone()).or_default() += 1;
        report.parts += row.remote_ids.len();
        if row.status == "failed" {
            let code = row.code.clone().unwrap_or_default();
            *report.failures.entry(code).or_default() += 1;
        }
        let Some(post) = row.number.and_then(|number| written.get(number)) else {
            let wrong = format!("{}: of no post that was submitted", row.id);
            report.wrong.push(wrong);
            continue;
        };
        *deliveries_of.entry(post.number).or_default() += 1;
        match expected::parts(row, post, files) {
            Ok(expected) => compare::compare(row, &expected, &mut by_key, &mut report),
            Err(wrong) => report.wrong.push(format!("{}: {wrong}", row.id)),
        }
    }
    for number in accepted {
        let meant = written[*number].platforms().len();
        if deliveries_of.get(number) != Some(&meant) {
            let lost = format!("post {number} was accepted and has not {meant} deliveries");
            report.lost.push(lost);
        }
    }
    for (key, posts) in &by_key {
        let ids: Vec<&str> = posts.iter().map(|post| post.id.as_str()).collect();
        let wrong = format!("live as {ids:?}, and not as any delivery shows it: {key:?}");
        report.wrong.push(wrong);
    }
    record::resolving(database, &mut report).await?;
    Ok(report)
}

/// How many posts of each kind were accepted.
fn kinds(written: &[Written], accepted: &BTreeSet<usize>) -> Vec<(&'static str, usize)> {
    let of_kind = |kind| {
        let accepted = accepted.iter().filter_map(|number| written.get(*number));
        accepted.filter(|post| post.kind == kind).count()
    };
    Kind::all()
        .map(|(kind, word)| (word, of_kind(kind)))
        .collect()
}
