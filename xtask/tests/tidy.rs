//! The house rules hold, and the checks that say so can fail.

use xtask::{TextFile, direction, evidence, messages, pages, places::Places, source::RustFile};

fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

fn rust(path: &str, text: &str) -> RustFile {
    RustFile::read(&file(path, text)).unwrap_or_else(|problem| panic!("{problem}"))
}

#[track_caller]
fn says<P: ToString>(problems: &[P], expected: &[&str]) {
    let said: Vec<String> = problems.iter().map(P::to_string).collect();
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected), "{said} lacks {expected}");
    }
}

#[test]
fn the_house_is_tidy() {
    let report = xtask::tidy(&xtask::workspace_root()).unwrap();
    let said: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{} problems:\n{}", said.len(), said.join("\n"));
    assert!(report.files > 50, "{} files", report.files);
}

#[test]
fn a_file_without_a_first_word_is_found() {
    assert!(xtask::check_first_line(&file("a.rs", "//! What it is for.\n")).is_none());
    for text in ["", "use std::fmt;", "//!\n", "// not this\n"] {
        assert!(xtask::check_first_line(&file("a.rs", text)).is_some(), "{text}");
    }
}

#[test]
fn edges_between_crates_are_found() {
    let check = |path: &str, text: &str| direction::check(&rust(path, text));
    says(
        &check("crates/figures/src/a.rs", "//! x\nuse pendopo_vocab::Lang;\nuse pendopo_connectors::x;"),
        &["crates/figures/src/a.rs:3: `figures` may not use `connectors`; it may use vocab"],
    );
    says(
        &check("crates/connectors/src/a.rs", "fn f() { pendopo_figures::x() }"),
        &["`connectors` may not use"],
    );
    says(&check("crates/vocab/src/a.rs", "use pendopo_figures as f;\nuse pendopo_figures::x;"), &["a.rs:2:"]);
    says(&check("crates/figures/tests/a.rs", "use pendopo_testkit::Postgres;"), &[]);
    says(&check("crates/figures/src/a.rs", "#[cfg(test)] mod t { use pendopo_testkit::P; }"), &[]);
    says(&check("crates/figures/src/a.rs", "use pendopo_testkit::P;"), &["may not use `testkit`"]);
    says(&check("crates/new/src/a.rs", ""), &["crate `new` is not in the table"]);
    says(
        &direction::check_manifest(&file(
            "crates/figures/Cargo.toml",
            "[dependencies]\npendopo-connectors.workspace = true",
        )),
        &["Cargo.toml:2: `figures` may not depend on `connectors`"],
    );
}

#[test]
fn edges_inside_the_server_are_found() {
    let check = |path: &str, text: &str| direction::check(&rust(&format!("crates/server/src/{path}"), text));
    says(
        &check("web/layout.rs", "use crate::{error::E, boards::{self, Board}};"),
        &["`web` may not use `boards`"],
    );
    says(&check("jobs/mod.rs", "fn f() { crate::sources::go() }"), &["`jobs` may not use `sources`"]);
    says(
        &check("regions/pages.rs", "use super::super::packs::X;\nuse super::rules;"),
        &["`regions` may not use `packs`"],
    );
    says(&check("regions/mod.rs", "use super::packs::X;"), &["`regions` may not use `packs`"]);
    says(&check("regions/mod.rs", "use crate::{app::App, indicators::I, web};"), &[]);
    says(&check("regions/mod.rs", "use crate::cli;"), &["`regions` may not use `cli`"]);
    says(&check("regions/mod.rs", "#[cfg(test)]\nmod tests { use crate::packs; }\nfn f() {}"), &[]);
    says(
        &check("regions/mod.rs", "#[cfg(test)]\nuse crate::runs;\nfn f() { crate::packs::x() }"),
        &["mod.rs:3"],
    );
    says(&check("cli/mod.rs", "use crate::{packs, boards};"), &[]);
    says(&check("main.rs", "use crate::packs;"), &[]);
    says(&check("manager.rs", ""), &["neither a feature nor common"]);
}

#[test]
fn places_are_found_in_code_only() {
    let places = Places::known();
    let check = |text: &str| places.check(&rust("crates/server/src/a.rs", text));
    says(&check("//! Blora\n/// as in `Blora`\nfn f() {} // Blora"), &[]);
    says(&check("\nfn f() -> &str { \"packs/blora\" }"), &["a.rs:2: `blora` is a place"]);
    says(&check("fn f() { say!(\"di Jawa Tengah\") }"), &["`jawa tengah`"]);
    says(&check("fn blora() {}"), &["`blora`"]);
    says(&check("const S: &str = r#\"Kab. Sumedang\"#;"), &["`sumedang`"]);
    says(&check("#[test]\nfn f() { x(\"Blora\") }"), &[]);
    says(&check("const F: &str = \"plus-jakarta-sans\";"), &[]);
    says(&check("const Z: &str = \"Asia/Jakarta\";"), &[]);
    says(&places.check(&rust("crates/sample/src/a.rs", "const X: &str = \"Blora\";")), &[]);
    says(&places.check(&rust("crates/server/src/a/tests.rs", "const X: &str = \"Blora\";")), &[]);
}

#[test]
fn messages_that_do_not_fit_are_found() {
    let id = |text: &str| file("crates/server/messages/id.ftl", text);
    let en = |text: &str| file("crates/server/messages/en.ftl", text);
    says(&messages::check(&[id("a = A\nb = { $n } B"), en("a = A\nb = B { $n }")]), &[]);
    says(
        &messages::check(&[id("a = A\nb = B"), en("a = A\nc = C")]),
        &["`b` is missing in", "`c` is missing in"],
    );
    says(&messages::check(&[id("a = A\na = A"), en("a = A")]), &["id.ftl:2: `a` stands on line 1 already"]);
    says(&messages::check(&[id("a = { $n }"), en("a = { $m }")]), &["takes other arguments"]);
    let page = file("crates/server/src/x.html", "<p>{{ t.tr(\"a\") }} {{ t.tr1(\"gone\", n) }}</p>");
    says(&messages::check(&[id("a = A"), en("a = A"), page]), &["x.html:1: no message `gone`"]);
    says(&messages::check(&[file("crates/server/src/web/mod.rs", "")]), &["are missing"]);
}

#[test]
fn loads_from_elsewhere_are_found() {
    let check = |path: &str, text: &str| pages::check(&file(path, text));
    says(
        &check("a.html", "<script src=\"https://cdn.example/x.js\">"),
        &["a.html:1: `https://cdn.example/x.js`"],
    );
    says(&check("a.html", "<link href=\"//cdn.example/x.css\">"), &["`//cdn.example/x.css`"]);
    says(&check("a.css", "a { background: url(https://x.example/a.png) }"), &["another host"]);
    says(&check("a.html", "<a href=\"https://opensource.org\">x</a>"), &[]);
    says(&check("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\">"), &[]);
    says(&check("a.min.js", "x"), &["minified"]);
    says(&check("a.js", &"x".repeat(3000)), &["3000 characters"]);
}

const CITED: &str = "mod tests {\n    #[test]\n    fn works() {}\n    fn helper() {}\n}\n";

/// A map of one chapter with two requirements, and its summary.
fn small_map(rows: &str, sums: &str) -> Vec<xtask::Problem> {
    map_saying("", "", rows, sums)
}

/// The same with a sentence above it that follows a pattern.
fn map_saying(said: &str, sentence: &'static str, rows: &str, sums: &str) -> Vec<xtask::Problem> {
    let map = evidence::Map {
        path: "docs/map.md",
        statuses: ["met", "partly", "not met", "n.a."],
        levels: true,
        chapters: &[("V1", "1: 1 / 2")],
        sentence,
    };
    let text = format!("{said}\n| V1 | Doors | {sums} |\n| Σ | | {sums} |\n{rows}");
    evidence::check(&map, &text, &mut |path| (path == "crates/a.rs").then(|| CITED.to_owned()))
}

#[test]
fn maps_of_requirements_cannot_rot() {
    let good = "| V1.1.1 | 1 | lock | met | `crates/a.rs::works` |\n| V1.1.2 | 2 | key | n.a. | no keys |";
    let sums = "2 | 1 | 0 | 0 | 1 | 1 | 100 %";
    says(&small_map(good, sums), &[]);
    let wrong = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        small_map(&good.replace(from, to), sums)
    };
    says(&wrong("::works", "::helper"), &["has no test `helper`", "V1 is | 2", "Σ is | 2"]);
    says(&wrong("crates/a.rs::works", "crates/b.rs"), &["does not exist", "V1 is", "Σ is"]);
    says(&wrong("`crates/a.rs::works`", "somewhere"), &["cites neither", "V1 is", "Σ is"]);
    says(&wrong("no keys", ""), &["not why"]);
    says(&wrong("| 2 | key", "| 1 | key"), &["V1.1.2 is of level 2"]);
    says(&wrong("V1.1.2", "V1.1.1"), &["stands in line 4 already", "level 1", "V1.1.2 is missing"]);
    says(&wrong("V1.1.2", "V1.1.3"), &["V1.1.3 is not in the standard", "V1.1.2 is missing"]);
    says(&wrong("n.a.", "fine"), &["`fine` is no status", "V1 is", "Σ is"]);
    let pattern = "{met} of {applies} are met, {partly} partly, {not} not; {tested} ({share} %) tested.";
    let head = |said: &str| map_saying(said, pattern, good, sums);
    says(&head("So 1 of 1 are met, 0 partly,\n0 not; 1 (100 %) tested."), &[]);
    says(&head("2 of 2 are met, 0 partly, 0 not; 1 (50 %) tested."), &["must say: 1 of 1 are met"]);
    says(&small_map(good, "2 | 2 | 0 | 0 | 0 | 1 | 50 %"), &["V1 is | 2 | 1", "Σ is | 2 | 1"]);
}

#[test]
fn the_list_of_the_standard_is_whole() {
    let ids = evidence::ASVS.ids();
    let per_chapter: Vec<usize> = evidence::ASVS
        .chapters
        .iter()
        .map(|(chapter, _)| ids.keys().filter(|id| id.starts_with(&format!("{chapter}."))).count())
        .collect();
    assert_eq!(per_chapter, [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7]);
    let first = ids.values().filter(|level| **level == 1).count();
    println!("{} requirements, {first} of them of level 1", ids.len());
    assert_eq!((ids.len(), first), (253, 70));
}
