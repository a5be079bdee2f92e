//! One delivery against what is live of it, part by part.

use std::collections::HashMap;

use simulator::LivePost;

use super::Key;
use super::expected::Expected;
use super::record::Recorded;
use crate::torture::report::Report;

/// Compares, and takes what belongs to the delivery out of `live`.
pub fn compare(
    row: &Recorded,
    expected: &[Expected],
    live: &mut HashMap<Key, Vec<&LivePost>>,
    report: &mut Report,
) {
    let live: Vec<Vec<&LivePost>> = expected
        .iter()
        .map(|part| live.remove(&part.key).unwrap_or_default())
        .collect();
    let is = told(row, &live);
    if live.iter().any(|posts| posts.len() > 1) {
        report.duplicates.push(is);
        return;
    }
    let live: Vec<Option<&LivePost>> = live.iter().map(|posts| posts.first().copied()).collect();
    let on_record = row.remote_ids.len();
    let is_left = match (row.status.as_str(), row.code.as_deref()) {
        ("published", _) => false,
        ("failed", Some("unconfirmed")) => true,
        ("failed" | "canceled", _) => false,
        _ => return report.lost.push(is),
    };
    let wrong = wrong_number(row, expected.len())
        .or_else(|| wrong_ids(row, &live))
        .or_else(|| wrong_rest(&live, on_record, is_left))
        .or_else(|| wrong_part(expected, &live));
    match wrong {
        Some(wrong) => report.wrong.push(format!("{is}: {wrong}")),
        None if is_left => report.unconfirmed.push(is),
        None => {}
    }
}

/// Whether so many parts may be on record under this status.
fn wrong_number(row: &Recorded, parts: usize) -> Option<String> {
    let on_record = row.remote_ids.len();
    if !row.is_unbroken {
        return Some("a part in the middle is missing on record".into());
    }
    let names_it = usize::try_from(row.part_index) == Ok(on_record);
    match row.status.as_str() {
        "published" if on_record != parts => Some("published without all its parts".into()),
        "canceled" if on_record > 0 => Some("canceled, and begun".into()),
        "failed" if on_record >= parts => Some("failed with all its parts".into()),
        "failed" if !names_it => Some(format!(
            "failed at part {}, and {on_record} are on record",
            row.part_index
        )),
        _ => None,
    }
}

/// What is on record must be live under its id; only what is left for a person may lack one.
fn wrong_ids(row: &Recorded, live: &[Option<&LivePost>]) -> Option<String> {
    row.remote_ids
        .iter()
        .zip(live)
        .enumerate()
        .find_map(|(index, (remote_id, live))| match (remote_id, live) {
            (_, None) => Some(format!("part {index} is on record, and not live")),
            (Some(remote_id), Some(live)) if *remote_id != live.id => {
                Some(format!("part {index} has another id on record"))
            }
            (None, Some(_)) if row.status == "published" => {
                Some(format!("part {index} has no id on record"))
            }
            _ => None,
        })
}

/// Nothing else may be live, but for the part whose outcome is left for a person.
fn wrong_rest(live: &[Option<&LivePost>], on_record: usize, is_left: bool) -> Option<String> {
    let first = on_record + usize::from(is_left);
    let beyond = live.iter().enumerate().skip(first);
    beyond
        .filter(|(_, live)| live.is_some())
        .map(|(index, _)| format!("part {index} is live, and not on record"))
        .next()
}

/// Each part is as it was written, and answers the one before.
fn wrong_part(expected: &[Expected], live: &[Option<&LivePost>]) -> Option<String> {
    let mut before: Option<&LivePost> = None;
    for (index, (expected, live)) in expected.iter().zip(live).enumerate() {
        let Some(live) = live else { break };
        if live.reply_to.as_deref() != before.map(|post| post.id.as_str()) {
            return Some(format!("part {index} answers {:?}", live.reply_to));
        }
        if let Some(differs) = expected.differs(live) {
            return Some(format!("part {index}: {differs}"));
        }
        before = Some(live);
    }
    None
}

/// A delivery and what is live of it, in a line.
fn told(row: &Recorded, live: &[Vec<&LivePost>]) -> String {
    let ids = |posts: &Vec<&LivePost>| -> Vec<String> {
        posts.iter().map(|post| post.id.clone()).collect()
    };
    format!(
        "{} of post {} on {:?} of {}: {} {}, part {} of {}, on record: {:?}, live: {:?}",
        row.id,
        row.number.unwrap_or_default(),
        row.platform,
        row.username,
        row.status,
        row.code.as_deref().unwrap_or(""),
        row.part_index,
        live.len(),
        row.remote_ids,
        live.iter().map(ids).collect::<Vec<_>>()
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use simulator::{Platform, PostKind};

    use super::*;
    use crate::torture::judge::expected;
    use crate::torture::posts::{Kind, Written, WrittenPart};

    fn chain() -> Written {
        let part = |text: &str| WrittenPart {
            text: text.into(),
            files: Vec::new(),
        };
        Written {
            number: 1,
            kind: Kind::Chain,
            parts: vec![part("a"), part("b"), part("c")],
            tags: 3,
            split: None,
            poll: Vec::new(),
            poll_minutes: 0,
            replies: None,
        }
    }

    fn row(status: &str, code: Option<&str>, ids: &[&str]) -> Recorded {
        Recorded {
            id: "dlv".into(),
            number: Some(1),
            platform: Platform::X,
            account_id: entities::AccountId::generate(),
            username: "ann".into(),
            status: status.into(),
            code: code.map(str::to_owned),
            part_index: i32::try_from(ids.len().min(2)).unwrap(),
            remote_ids: ids.iter().map(|id| Some((*id).to_owned())).collect(),
            is_unbroken: true,
            content: Default::default(),
        }
    }

    fn live(text: &str, id: &str, reply_to: Option<&str>) -> LivePost {
        LivePost {
            platform: Platform::X,
            account: "ann".into(),
            remote_user_id: "1".into(),
            id: id.into(),
            text: text.into(),
            created_at_ms: 0,
            measured_at_us: 0,
            reply_to: reply_to.map(str::to_owned),
            container_id: None,
            url: String::new(),
            kind: PostKind::Text,
            media: Vec::new(),
            poll: None,
            quote: None,
            options: BTreeMap::new(),
        }
    }

    /// How many duplicates, lost and wrong ones, and what is left for a person.
    fn judged(row: &Recorded, posts: &[LivePost]) -> [usize; 4] {
        let mut by_key: HashMap<Key, Vec<&LivePost>> = HashMap::new();
        for post in posts {
            let key = Key {
                platform: post.platform,
                account: post.account.clone(),
                text: post.text.clone(),
                files: Vec::new(),
            };
            by_key.entry(key).or_default().push(post);
        }
        let mut report = Report::default();
        let expected = expected::parts(row, &chain(), &[]).unwrap();
        compare(row, &expected, &mut by_key, &mut report);
        [
            report.duplicates.len(),
            report.lost.len(),
            report.wrong.len(),
            report.unconfirmed.len(),
        ]
    }

    fn whole() -> Vec<LivePost> {
        vec![
            live("a", "1", None),
            live("b", "2", Some("1")),
            live("c", "3", Some("2")),
        ]
    }

    #[test]
    fn a_whole_chain_in_its_order_is_well() {
        let row = row("published", None, &["1", "2", "3"]);
        assert_eq!(judged(&row, &whole()), [0, 0, 0, 0]);
    }

    #[test]
    fn a_part_that_is_live_twice_is_a_duplicate() {
        let row = row("published", None, &["1", "2", "3"]);
        let mut posts = whole();
        posts.push(live("b", "4", Some("1")));
        assert_eq!(judged(&row, &posts), [1, 0, 0, 0]);
    }

    #[test]
    fn a_part_that_answers_another_post_is_wrong() {
        let row = row("published", None, &["1", "2", "3"]);
        let mut posts = whole();
        posts[2].reply_to = Some("1".into());
        assert_eq!(judged(&row, &posts), [0, 0, 1, 0]);
    }

    #[test]
    fn half_a_chain_is_well_only_where_the_record_says_where_it_failed() {
        let posts = &whole()[..2];
        assert_eq!(
            judged(&row("failed", Some("rejected"), &["1", "2"]), posts),
            [0, 0, 0, 0]
        );
        assert_eq!(
            judged(&row("failed", Some("rejected"), &["1"]), posts),
            [0, 0, 1, 0]
        );
        assert_eq!(
            judged(&row("failed", Some("unconfirmed"), &["1"]), posts),
            [0, 0, 0, 1]
        );
        assert_eq!(
            judged(&row("published", None, &["1", "2"]), posts),
            [0, 0, 1, 0]
        );
        assert_eq!(
            judged(&row("queued", None, &["1", "2"]), posts),
            [0, 1, 0, 0]
        );
    }
}
