//! Documents that are made from the code, or must keep up with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use entities::delivery::Status;

pub fn repository(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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

/// Every name of a setting in a text.
fn settings_in(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !word(c))
        .filter(|name| {
            name.starts_with("DUALPOSTS_")
                || name.starts_with("CLERK_")
                || ["DATABASE_URL", "REDIS_URL"].contains(name)
        })
        .map(str::to_owned)
        .collect()
}

/// Every setting that the product reads.
fn settings_read() -> BTreeSet<String> {
    let settings = repository("dualposts/src/settings.rs");
    let (product, _) = settings
        .split_once("#[cfg(test)]")
        .expect("tests in settings.rs");
    let mut read = settings_in(product);
    read.extend(settings_in(&repository("dualposts/src/settings/apps.rs")));
    read
}

#[test]
fn the_readme_tells_of_every_setting_and_of_no_other() {
    let readme = repository("README.md");
    let (_, table) = readme.split_once("## Configuration").expect("the section");
    let (table, _) = table
        .split_once("## Numbers")
        .expect("the section after it");
    assert_eq!(settings_in(table), settings_read());
}

#[test]
fn what_is_deployed_sets_nothing_that_the_product_does_not_read() {
    // Read by Docker Compose itself.
    let of_compose = ["DUALPOSTS_IMAGE", "DUALPOSTS_PORT"].map(str::to_owned);
    let known: BTreeSet<String> = settings_read().into_iter().chain(of_compose).collect();
    for file in [
        "docker-compose.yml",
        ".env.example",
        "Dockerfile",
        "operations/systemd/dualposts.service",
        "operations/systemd/dualposts-api@.service",
        "operations/systemd/dualposts-worker@.service",
        "operations/backup.md",
        "operations/upgrades.md",
    ] {
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
