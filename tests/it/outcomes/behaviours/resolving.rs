//! How long nobody knew: from the answer that told nothing to the moment at which the product
//! knows whether the post is live, by the moved clock.

use std::collections::BTreeMap;
use std::time::Duration;

use entities::Platform;

use super::cases::{Case, Scene};
use super::judge::Story;

/// One post whose outcome was unknown.
#[derive(Clone, Debug)]
struct Wait {
    platform: Platform,
    what: String,
    name: String,
    /// `None`: it was left to a person.
    known_after: Option<Duration>,
}

/// All the waits of many cases.
#[derive(Clone, Debug, Default)]
pub struct Waits(Vec<Wait>);

impl Waits {
    /// Adds the waits of other cases.
    pub fn extend(&mut self, others: Waits) {
        self.0.extend(others.0);
    }

    /// Adds a case, if its outcome was unknown for a time.
    pub fn add(&mut self, case: &Case, story: &Story) {
        let visible = |step: &str| step == "publish_container" || step == "create_post";
        let lost = story
            .attempts
            .iter()
            .find(|attempt| visible(&attempt.step) && attempt.verdict == "unknown");
        let Some(lost) = lost else {
            return;
        };
        // A first conclusion may be wrong: a post that nobody could see counts as absent.
        let settled = story
            .events
            .last()
            .filter(|(kind, _)| kind == "delivery.resolved" || kind == "delivery.published");
        let known_after = settled.map(|(_, at_ms)| {
            let ms = u64::try_from(at_ms - lost.ended_at_ms).expect("later");
            Duration::from_millis(ms)
        });
        self.0.push(Wait {
            platform: case.platform,
            what: what(case),
            name: case.name.clone(),
            known_after,
        });
    }

    /// Every outcome became known by itself.
    pub fn check_all_known(&self) {
        for wait in &self.0 {
            assert!(wait.known_after.is_some(), "{}: never known", wait.name);
        }
    }

    /// And none later than it must.
    pub fn check(&self) {
        self.check_all_known();
        for wait in &self.0 {
            let known_after = wait.known_after.unwrap_or_default();
            let in_time = known_after <= longest(wait);
            assert!(in_time, "{}: known after {known_after:?}", wait.name);
        }
    }

    /// Shows them as a table: `cargo test ... -- --nocapture`.
    pub fn print(&self, title: &str) {
        let mut rows = BTreeMap::<(Platform, &str), Vec<&Wait>>::new();
        for wait in &self.0 {
            let row = rows.entry((wait.platform, &wait.what));
            row.or_default().push(wait);
        }
        let count = self.0.len();
        println!("\n{title}, {count} of them of unknown outcome for a time");
        println!("| platform | the post was | cases | resolved by itself | median | longest |");
        println!("|---|---|---|---|---|---|");
        for ((platform, what), waits) in rows {
            let mut known: Vec<_> = waits.iter().filter_map(|wait| wait.known_after).collect();
            known.sort();
            let seconds = |at: Option<&Duration>| at.map_or(f64::NAN, Duration::as_secs_f64);
            println!(
                "| {platform} | {what} | {} | {} % | {:.1} s | {:.1} s |",
                waits.len(),
                100 * known.len() / waits.len(),
                seconds(known.get(known.len() / 2)),
                seconds(known.last()),
            );
        }
    }
}

/// The row of the table that a case belongs to.
fn what(case: &Case) -> String {
    let lags = [
        "timeline_lags_",
        "status_lags_",
        "feed_lags_",
        "feed_of_replies_",
        "second_publish_",
    ];
    let behaviour = case.name.split(' ').nth(1).unwrap_or_default();
    if lags.iter().any(|lag| behaviour.starts_with(lag)) {
        return behaviour.to_owned();
    }
    let is_look = matches!(case.scene, Scene::Looking(_) | Scene::LookingForAnswer(_));
    let live = if case.is_live { "live" } else { "not live" };
    match (is_look, behaviour.starts_with("limited_")) {
        (false, _) => live.to_owned(),
        (true, false) => format!("{live}, and a look goes wrong"),
        (true, true) => format!("{live}, and the platform limits the looks"),
    }
}

/// The latest that an outcome may become known. What is live: when the platform shows it, and a
/// while between two looks. What is not: when nothing can land any more.
fn longest(wait: &Wait) -> Duration {
    let settles_s = match wait.platform {
        Platform::Threads => 105,
        Platform::X => 165,
    };
    let seconds = match wait.what.as_str() {
        "live" => 5,
        "live, and a look goes wrong" => 80,
        "not live" => settles_s + 5,
        // What is sent again may meet a container that is gone. Whether that send is out is looked into as
        // well, for as long again, by looks that are up to half a minute apart.
        "not live, and a look goes wrong" if wait.platform == Platform::Threads => settles_s + 260,
        "not live, and a look goes wrong" => settles_s + 180,
        // The platform's own word, of up to two hours here; what has taken so long is then sent
        // again after a rest.
        limited if limited.ends_with("limits the looks") => 7_200 + settles_s + 1_000,
        lags => settles_s + lag_s(lags) * 5 / 4,
    };
    // The moved clock makes steps of up to a fiftieth of the time that has passed.
    Duration::from_secs(seconds + seconds / 25 + 3)
}

/// `timeline_lags_90_s_lost_after`: 90.
fn lag_s(name: &str) -> u64 {
    let numbers = name.split('_').filter_map(|word| word.parse().ok());
    numbers.max().unwrap_or(600)
}
