//! twitter-text's own conformance cases, read from `shared/data/twitter-text` beside the
//! repository.

mod entities;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::weights::{V3, Weights, weigh};
use super::{measure_with, normalize};

/// `config/v1.json`: 140 characters which all weigh the same.
const V1: Weights = Weights {
    max_length: 140,
    scale: 1,
    default: 1,
    url_length: 23,
    joins_emoji: false,
    ranges: &[],
};

/// `config/v2.json`: version 3 without joined emoji.
const V2: Weights = Weights {
    joins_emoji: false,
    ..V3
};

#[derive(Deserialize)]
struct Case {
    description: String,
    text: String,
    expected: Value,
}

#[derive(Deserialize)]
struct CaseFile {
    tests: BTreeMap<String, Vec<Case>>,
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/twitter-text")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "the conformance file {} must be there for this test to mean anything: {error}",
            path.display()
        )
    })
}

fn cases(file: &str, group: &str, count: usize) -> Vec<Case> {
    let mut file: CaseFile =
        serde_saphyr::from_str(&read(file)).expect("the conformance file is YAML");
    let cases = file
        .tests
        .remove(group)
        .unwrap_or_else(|| panic!("the file has the group {group}"));
    assert_eq!(cases.len(), count, "cases in {group}");
    cases
}

/// Runs a group and reports all cases that differ at once.
fn check(file: &str, group: &str, count: usize, answer: impl Fn(&Case) -> Value) {
    let wrong: Vec<String> = cases(file, group, count)
        .iter()
        .map(|case| (case, answer(case)))
        .filter(|(case, answer)| *answer != case.expected)
        .map(|(case, answer)| {
            format!(
                "{}: {} is {answer}, not {}",
                case.description, case.text, case.expected
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{group}:\n{}", wrong.join("\n"));
}

fn parse_tweet(text: &str, weights: &Weights) -> Value {
    let utf16 = |text: &str| text.encode_utf16().count();
    let measure = measure_with(text, weights, weights.max_length);
    let normalized = normalize(text);
    let fits_to = weigh(&normalized, weights, weights.max_length).fits_to;
    assert_eq!(fits_to, measure.fits_to);
    // The file has the last valid unit of the normalized text, moved by what NFC took away.
    let last_valid =
        utf16(&normalized[..fits_to]).saturating_sub(1) + utf16(text) - utf16(&normalized);
    json!({
        "weightedLength": measure.weighted_length,
        "valid": measure.valid,
        "permillage": measure.permillage,
        "displayRangeStart": 0,
        "displayRangeEnd": utf16(text).saturating_sub(1),
        "validRangeStart": 0,
        "validRangeEnd": last_valid,
    })
}

#[test]
fn the_weights_are_those_of_configuration_3() {
    let config: Value = serde_json::from_str(&read("v3.json")).expect("v3.json is JSON");
    let range = |&(start, end, weight): &(u32, u32, u64)| json!({"start": start, "end": end, "weight": weight});
    let ours = json!({
        "version": 3,
        "maxWeightedTweetLength": V3.max_length,
        "scale": V3.scale,
        "defaultWeight": V3.default,
        "emojiParsingEnabled": V3.joins_emoji,
        "transformedURLLength": V3.url_length,
        "ranges": V3.ranges.iter().map(range).collect::<Vec<_>>(),
    });
    assert_eq!(ours, config);
}

#[test]
fn weighted_lengths_agree_with_the_conformance_files() {
    check("validate.yml", "WeightedTweetsCounterTest", 20, |case| {
        parse_tweet(&case.text, &V2)
    });
    check(
        "validate.yml",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        22,
        |case| parse_tweet(&case.text, &V3),
    );
    check(
        "validate.yml",
        "UnicodeDirectionalMarkerCounterTest",
        2,
        |case| parse_tweet(&case.text, &V3),
    );
}

#[test]
fn unweighted_posts_agree_with_the_conformance_files() {
    check("validate.yml", "tweets", 8, |case| {
        json!(measure_with(&case.text, &V1, V1.max_length).valid)
    });
}
