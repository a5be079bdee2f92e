//! Documents that are made from the code, or must keep up with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use entities::delivery::{Status, WaitReason};
use entities::post_status::PostStatus;
use entities::rows::event::EventKind;

/// Every document for people.
const DOCUMENTS: [&str; 11] = [
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "README.md",
    "docs/api.md",
    "operations/backup.md",
    "operations/metrics.md",
    "operations/running.md",
    "operations/settings.md",
    "operations/sign-in.md",
    "operations/upgrades.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn repository(file: &str) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_list_of_documents_is_whole() {
    let mut found = Vec::new();
    for folder in ["", "docs/", "operations/"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let name = name.into_string().expect("UTF-8");
            if name.ends_with(".md") {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    found.sort();
    assert_eq!(found, DOCUMENTS);
}

/// What the headings of a document are linked by.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in DOCUMENTS {
        let text = repository(document);
        let folder = Path::new(document).parent().expect("a folder");
        for (at, _) in text.match_indices("](") {
            let (target, _) = text[at + 2..].split_once(')').expect("the end of a link");
            if target.starts_with("https://") || target.starts_with("http://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => root().join(document),
                file => root().join(folder).join(file),
            };
            assert!(path.exists(), "{document} links to {target}");
            if !anchor.is_empty() {
                let linked = std::fs::read_to_string(&path).expect("a document");
                let is_there = anchors(&linked).contains(anchor);
                assert!(is_there, "{document} links to {target}");
            }
        }
    }
}

#[test]
fn the_numbers_of_the_readme_are_those_of_the_benchmarks() {
    let readme = repository("README.md");
    let benchmarks = repository("BENCHMARKS.md");
    let (_, numbers) = readme.split_once("\n## Numbers\n").expect("the section");
    let (numbers, _) = numbers.split_once("\n## ").expect("the section after it");
    let rows = numbers.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let is_there = benchmarks.lines().any(|line| line == row);
        assert!(is_there, "BENCHMARKS.md has no {row}");
    }
}

#[test]
fn the_page_of_the_api_has_every_status_reason_and_event() {
    let page = repository("docs/api.md");
    let statuses = Status::ALL.iter().map(|word| word.as_str());
    let of_posts = PostStatus::ALL.iter().map(|word| word.as_str());
    let reasons = WaitReason::ALL.iter().map(|word| word.as_str());
    let events = EventKind::ALL.iter().map(|word| word.as_str());
    for word in statuses.chain(of_posts).chain(reasons).chain(events) {
        let told = format!("`{word}`");
        assert!(page.contains(&told), "docs/api.md has no {told}");
    }
}

#[test]
fn the_openapi_document_is_the_one_that_the_code_makes() {
    let made = api::server::openapi().to_pretty_json().expect("JSON");
    assert_eq!(
        repository("openapi.json").trim(),
        made.trim(),
        "run `make openapi`"
    );
    assert!(made.contains("\"openapi\": \"3.1"));
}

#[test]
fn the_state_diagram_is_the_one_of_the_code() {
    let architecture = repository("ARCHITECTURE.md");
    let (_, rest) = architecture
        .split_once("<!-- begin: state diagram -->")
        .expect("the place of the diagram");
    let (shown, _) = rest
        .split_once("<!-- end: state diagram -->")
        .expect("its end");
    let made = format!("```mermaid\n{}\n```", Status::diagram());
    assert_eq!(shown.trim(), made, "copy the diagram from this message");
}

/// The names in a text that begin like those of settings.
fn names_in(text: &str, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !word(c))
        .filter(|name| is_wanted(name))
        .map(str::to_owned)
        .collect()
}

/// Every name of a setting of our own, or by Clerk's names, in a text.
fn settings_in(text: &str) -> BTreeSet<String> {
    names_in(text, |name| {
        name.starts_with("DUALPOSTS_")
            || name.starts_with("CLERK_")
            || ["DATABASE_URL", "REDIS_URL"].contains(&name)
    })
}

/// The code that reads settings, without its tests.
fn reading_code() -> String {
    let files = ["settings.rs", "settings/apps.rs", "settings/telemetry.rs"];
    let product = files.map(|file| {
        let code = repository(&format!("dualposts/src/{file}"));
        let product = code.split("#[cfg(test)]").next();
        product.expect("code before the tests").to_owned()
    });
    product.concat()
}

/// Every setting that the product reads.
fn settings_read() -> BTreeSet<String> {
    settings_in(&reading_code())
}

/// What a page tells of each setting: its default.
fn defaults_told(page: &str) -> BTreeMap<String, String> {
    let mut defaults = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells = row.trim_matches('|').split(" | ").map(str::trim);
        let cells: Vec<&str> = cells.collect();
        let [variables, default, meaning] = cells[..] else {
            panic!("not three cells: {row}");
        };
        assert!(!default.is_empty() && !meaning.is_empty(), "{row}");
        for name in settings_in(variables) {
            let before = defaults.insert(name, default.to_owned());
            assert!(before.is_none(), "told again: {row}");
        }
    }
    defaults
}

#[test]
fn the_page_of_settings_tells_of_every_setting_once_and_of_no_other() {
    let page = repository("operations/settings.md");
    let read = settings_read();
    assert_eq!(settings_in(&page), read);
    let told: BTreeSet<String> = defaults_told(&page).into_keys().collect();
    assert_eq!(told, read);
    let standard = |text: &str| names_in(text, |name| name.starts_with("OTEL_"));
    let (of_code, of_page) = (standard(&reading_code()), standard(&page));
    assert!(of_code.is_subset(&of_page), "{of_code:?} in {of_page:?}");
}

#[test]
fn the_page_of_settings_tells_the_defaults_of_the_code() {
    let page = repository("operations/settings.md");
    let defaults = defaults_told(&page);
    let worker = worker::Settings::default();
    let guard = api::Guard::default();
    let rate = |rate: Option<api::guard::Rate>| {
        let rate = rate.expect("a rate");
        format!("{}:{}", rate.per_s, rate.burst)
    };
    let secs = |time: std::time::Duration| time.as_secs().to_string();
    for (name, default) in [
        ("DUALPOSTS_LEASE_S", secs(worker.lease)),
        ("DUALPOSTS_CALL_TIMEOUT_S", secs(worker.call_timeout)),
        ("DUALPOSTS_HANDED_S", secs(worker.handed)),
        ("DUALPOSTS_THREADS_SETTLE_S", secs(worker.threads_settle)),
        ("DUALPOSTS_X_SETTLE_S", secs(worker.x_settle)),
        ("DUALPOSTS_CONCURRENCY", worker.concurrency.to_string()),
        ("DUALPOSTS_API_RATE", rate(guard.per_credential)),
        ("DUALPOSTS_API_RATE_IP", rate(guard.per_address)),
        ("DUALPOSTS_API_CONNECTIONS", guard.connections.to_string()),
    ] {
        assert_eq!(defaults[name], format!("`{default}`"), "{name}");
    }
    for limit in worker::limits::Limits::published().table() {
        let told = format!("`{}={}`", limit.key(), limit.max);
        assert!(page.contains(&told), "{told} is not told");
    }
    let code = reading_code() + &repository("dualposts/src/assemble.rs");
    let constants = code.lines().filter(|line| line.starts_with("const "));
    let addresses: Vec<&str> = constants
        .filter_map(|line| line.split('"').nth(1))
        .filter(|text| text.starts_with("https://"))
        .collect();
    assert_eq!(addresses.len(), 6, "{addresses:?}");
    for address in addresses {
        let told = format!("`{address}`");
        assert!(defaults.values().any(|default| *default == told), "{told}");
    }
}

#[test]
fn what_is_deployed_sets_nothing_that_the_product_does_not_read() {
    // Read by Docker Compose itself.
    let of_compose = ["DUALPOSTS_IMAGE", "DUALPOSTS_PORT"].map(str::to_owned);
    let known: BTreeSet<String> = settings_read().into_iter().chain(of_compose).collect();
    let deployed = [
        "docker-compose.yml",
        ".env.example",
        "Dockerfile",
        "operations/prometheus/alerts.yml",
        "operations/prometheus/prometheus.yml",
        "operations/systemd/dualposts.service",
        "operations/systemd/dualposts-api@.service",
        "operations/systemd/dualposts-worker@.service",
    ];
    for file in deployed.into_iter().chain(DOCUMENTS) {
        let set = settings_in(&repository(file));
        let unknown: Vec<_> = set.difference(&known).collect();
        assert!(unknown.is_empty(), "{file} sets {unknown:?}");
    }
    let asked = |name: &str| repository(".env.example").contains(&format!("\n{name}=\n"));
    let compose = repository("docker-compose.yml");
    for (_, rest) in compose
        .match_indices("${")
        .map(|(at, _)| compose.split_at(at + 2))
    {
        let name = rest.split([':', '}']).next().expect("a name");
        let is_needed = rest.starts_with(&format!("{name}:?"));
        assert!(!is_needed || asked(name), ".env.example asks for no {name}");
    }
}

#[test]
fn the_image_is_built_from_all_that_the_build_reads() {
    let ignored = repository(".dockerignore");
    let lets_in: BTreeSet<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let manifest = repository("Cargo.toml");
    let (_, members) = manifest.split_once("\nmembers = [").expect("members");
    let (members, _) = members.split_once(']').expect("their end");
    let members: BTreeSet<&str> = members
        .split(',')
        .map(|name| name.trim().trim_matches('"'))
        .collect();
    assert!(
        members.len() > 10 && members.contains("dualposts"),
        "{members:?}"
    );
    let needed = [".cargo", "Cargo.toml", "Cargo.lock", "LICENSE-*"];
    let missing: Vec<_> = members
        .iter()
        .chain(&needed)
        .filter(|name| !lets_in.contains(**name))
        .collect();
    assert!(missing.is_empty(), ".dockerignore keeps out {missing:?}");
    // What is included at compile time lies in a member, so it is let in with it, and under no name
    // that is kept out again.
    let kept_out: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix("**/"))
        .collect();
    let root = std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .expect("the repository");
    let mut included = 0;
    for (source, text) in sources() {
        for (_, rest) in ["include_str!(\"", "include_bytes!(\""]
            .iter()
            .flat_map(|call| text.match_indices(call))
            .map(|(at, call)| text.split_at(at + call.len()))
        {
            let Some((name, _)) = rest.split_once('"') else {
                continue;
            };
            let file = std::fs::canonicalize(source.with_file_name("").join(name));
            let Ok(file) = file else { continue };
            let file = file.strip_prefix(&root).expect("a file of the repository");
            let names: Vec<&str> = file.iter().filter_map(|name| name.to_str()).collect();
            assert!(
                members.contains(names[0]),
                "{} includes {}",
                source.display(),
                file.display()
            );
            assert!(
                !names.iter().any(|name| kept_out.contains(name)),
                "{} is kept out",
                file.display()
            );
            included += 1;
        }
    }
    assert!(included > 20, "{included}");
}

/// All Rust sources of the repository.
fn sources() -> Vec<(PathBuf, String)> {
    fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
                rust_files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    rust_files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        &mut files,
    );
    assert!(files.len() > 50);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a file");
        (path, text)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
    }
}
