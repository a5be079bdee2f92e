//! The groups of the conformance files about links, mentions and tags.

use serde_json::{Value, json};

use super::super::{Entity, EntityKind, entities, measure};
use super::{Case, cases, check};

fn of_kind(text: &str, kinds: &[EntityKind]) -> Vec<Entity> {
    entities(text)
        .into_iter()
        .filter(|entity| kinds.contains(&entity.kind))
        .collect()
}

/// The entities without their sign.
fn names(text: &str, kinds: &[EntityKind]) -> Value {
    of_kind(text, kinds)
        .into_iter()
        .map(|entity| name(text, &entity))
        .collect()
}

fn name<'t>(text: &'t str, entity: &Entity) -> &'t str {
    let written = &text[entity.range.clone()];
    match entity.kind {
        EntityKind::Url => written,
        _ => written.trim_start_matches(['@', '＠', '#', '＃', '$']),
    }
}

/// Places in code points, as the files count them.
fn indices(text: &str, entity: &Entity) -> Value {
    json!([
        text[..entity.range.start].chars().count(),
        text[..entity.range.end].chars().count()
    ])
}

fn with_indices(text: &str, kind: EntityKind, key: &str) -> Value {
    let found = of_kind(text, &[kind]);
    found
        .iter()
        .map(|entity| json!({ key: name(text, entity), "indices": indices(text, entity) }))
        .collect()
}

#[test]
fn names_and_tags_are_valid_where_the_conformance_files_say_so() {
    let is_whole = |case: &Case, kind| {
        let whole = Entity {
            kind,
            range: 0..case.text.len(),
        };
        json!(entities(&case.text) == [whole])
    };
    check("validate.yml", "usernames", 4, |case| {
        is_whole(case, EntityKind::Mention)
    });
    check("validate.yml", "lists", 5, |case| {
        is_whole(case, EntityKind::List)
    });
    check("validate.yml", "hashtags", 7, |case| {
        is_whole(case, EntityKind::Hashtag)
    });
    check("validate.yml", "urls_without_protocol", 5, |case| {
        is_whole(case, EntityKind::Url)
    });
}

#[test]
fn mentions_agree_with_the_conformance_files() {
    let kinds = [EntityKind::Mention];
    check("extract.yml", "mentions", 23, |case| {
        names(&case.text, &kinds)
    });
    check("extract.yml", "mentions_with_indices", 3, |case| {
        with_indices(&case.text, EntityKind::Mention, "screen_name")
    });
    check("extract.yml", "mentions_or_lists_with_indices", 5, |case| {
        let found = of_kind(&case.text, &[EntityKind::Mention, EntityKind::List]);
        let parts = found.iter().map(|entity| {
            let name = name(&case.text, entity);
            let (name, list) = name.split_at(name.find('/').unwrap_or(name.len()));
            json!({ "screen_name": name, "list_slug": list, "indices": indices(&case.text, entity) })
        });
        parts.collect()
    });
}

#[test]
fn a_post_that_begins_with_a_mention_is_a_reply() {
    check("extract.yml", "replies", 13, |case| {
        let first = of_kind(&case.text, &[EntityKind::Mention])
            .into_iter()
            .next();
        let reply = first.filter(|entity| case.text[..entity.range.start].trim().is_empty());
        reply.map_or(Value::Null, |entity| json!(name(&case.text, &entity)))
    });
}

#[test]
fn urls_agree_with_the_conformance_files() {
    for (group, count) in [("urls", 91), ("tco_urls_with_params", 5)] {
        check("extract.yml", group, count, |case| {
            names(&case.text, &[EntityKind::Url])
        });
    }
    for (group, count) in [
        ("urls_with_indices", 10),
        ("urls_with_directional_markers", 2),
    ] {
        check("extract.yml", group, count, |case| {
            with_indices(&case.text, EntityKind::Url, "url")
        });
    }
}

#[test]
fn every_top_level_domain_makes_a_link() {
    for (group, count) in [("country", 315), ("generic", 1259)] {
        check("tlds.yml", group, count, |case| {
            names(&case.text, &[EntityKind::Url])
        });
        for case in cases("tlds.yml", group, count) {
            assert_eq!(measure(&case.text).weighted_length, 23, "{}", case.text);
        }
    }
}

#[test]
fn hashtags_agree_with_the_conformance_files() {
    for (group, count) in [("hashtags", 65), ("hashtags_from_astral", 3)] {
        check("extract.yml", group, count, |case| {
            names(&case.text, &[EntityKind::Hashtag])
        });
    }
    check("extract.yml", "hashtags_with_indices", 8, |case| {
        with_indices(&case.text, EntityKind::Hashtag, "hashtag")
    });
}

#[test]
fn cashtags_agree_with_the_conformance_files() {
    check("extract.yml", "cashtags", 8, |case| {
        names(&case.text, &[EntityKind::Cashtag])
    });
    check("extract.yml", "cashtags_with_indices", 2, |case| {
        with_indices(&case.text, EntityKind::Cashtag, "cashtag")
    });
}
