//! Who may use whom: between crates, and between the modules of the server.
//!
//! A new edge is a decision: it is added to the tables below with a sentence in `ARCHITECTURE.md`.

use crate::{Problem, TextFile, source::RustFile};

/// Crate -> crates of this workspace it may use. `figures` and `connectors` never meet.
pub const CRATES: &[(&str, &[&str])] = &[
    ("vocab", &[]),
    ("figures", &["vocab"]),
    ("connectors", &["vocab"]),
    ("outlook", &["vocab"]),
    ("geography", &["vocab"]),
    ("paper", &["vocab"]),
    ("server", &["vocab", "figures", "connectors", "outlook", "geography", "paper"]),
    ("sample", &["vocab"]),
    ("testkit", &[]),
    ("xtask", &["vocab"]),
];

/// Crates that the tests of any other may use.
pub const TEST_CRATES: &[&str] = &["testkit", "sample"];

/// The features of the server, and which other features each may use.
pub const FEATURES: &[(&str, &[&str])] = &[
    ("accounts", &[]),
    ("packs", &["accounts"]),
    ("boundaries", &["accounts"]),
    ("sources", &["accounts", "packs", "runs"]),
    ("runs", &["accounts", "packs", "sources"]),
    ("indicators", &["accounts", "boundaries", "runs", "sources", "regions"]),
    ("boards", &["accounts", "indicators", "packs", "sources", "runs", "regions"]),
    ("maps", &["accounts", "boundaries", "indicators"]),
    ("walls", &["accounts", "boards", "indicators", "packs", "sources"]),
    ("reports", &["accounts", "boards", "indicators", "packs", "sources"]),
    ("regions", &["accounts", "indicators", "sources"]),
    ("privacy", &["accounts", "sources", "runs", "packs"]),
    ("api", &["accounts", "indicators", "boards", "sources", "runs", "regions", "packs"]),
];

/// Modules of the server that name no feature.
pub const COMMON: &[&str] = &[
    "app",
    "config",
    "error",
    "migrations",
    "web",
    "jobs",
    "kept",
    "widgets",
    "vault",
    "redact",
    "audit",
    "spreadsheet",
];

/// Modules that put the program together and may name all.
pub const ROOTS: &[&str] = &["cli", "routes"];

fn allowed<'t>(table: &'t [(&str, &'t [&'t str])], name: &str) -> Option<&'t [&'t str]> {
    table.iter().find(|(other, _)| *other == name).map(|(_, allowed)| *allowed)
}

/// Checks the paths of one file.
pub fn check(file: &RustFile) -> Vec<Problem> {
    let mut problems = check_crates(file);
    if file.package() == "server" {
        problems.extend(check_server(file));
    }
    problems
}

fn check_crates(file: &RustFile) -> Vec<Problem> {
    let package = file.package();
    let Some(crates) = allowed(CRATES, package) else {
        let what =
            format!("crate `{package}` is not in the table of xtask/src/direction.rs: say whom it may use");
        return vec![Problem { file: file.path.clone(), line: 1, what }];
    };
    file.workspace_crates()
        .into_iter()
        .filter(|path| path.first != package && !crates.contains(&path.first.as_str()))
        .filter(|path| !(path.test && TEST_CRATES.contains(&path.first.as_str())))
        .map(|path| Problem {
            file: file.path.clone(),
            line: path.line,
            what: format!("`{package}` may not use `{}`; {}", path.first, may(crates)),
        })
        .collect()
}

fn check_server(file: &RustFile) -> Vec<Problem> {
    let module = file.module();
    let Some(&top) = module.first().filter(|_| file.path.contains("/src/")) else { return Vec::new() };
    let at = |line, what| Problem { file: file.path.clone(), line, what };
    if ROOTS.contains(&top) {
        return Vec::new();
    }
    let features: &[&str] = match (allowed(FEATURES, top), COMMON.contains(&top)) {
        (Some(features), _) => features,
        (None, true) => &[],
        (None, false) => {
            let what =
                format!("module `{top}` is neither a feature nor common: add it to xtask/src/direction.rs");
            return vec![at(1, what)];
        }
    };
    file.own_modules()
        .into_iter()
        // Tests may put together what they test with.
        .filter(|path| !path.test && path.first != top)
        .filter_map(|path| {
            let name = path.first.as_str();
            let feature = allowed(FEATURES, name).is_some();
            let wrong = (feature && !features.contains(&name)) || ROOTS.contains(&name);
            wrong.then(|| {
                at(path.line, format!("`{top}` may not use `{name}`; of the features {}", may(features)))
            })
        })
        .collect()
}

fn may(names: &[&str]) -> String {
    if names.is_empty() { "it may use none".to_owned() } else { format!("it may use {}", names.join(", ")) }
}

/// Checks the dependencies of a crate's manifest, which would otherwise allow what no file uses yet.
pub fn check_manifest(file: &TextFile) -> Vec<Problem> {
    let Some(package) = file.path.strip_suffix("/Cargo.toml") else { return Vec::new() };
    let package = package.rsplit('/').next().unwrap_or(package);
    let crates = allowed(CRATES, package).unwrap_or_default();
    let mut section = "";
    let mut problems = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let Some(name) = name.strip_prefix("pendopo-") else { continue };
        let test = section == "dev-dependencies" && TEST_CRATES.contains(&name);
        if section.ends_with("dependencies") && !crates.contains(&name) && !test {
            problems.push(Problem {
                file: file.path.clone(),
                line: index + 1,
                what: format!("`{package}` may not depend on `{name}`; {}", may(crates)),
            });
        }
    }
    problems
}
