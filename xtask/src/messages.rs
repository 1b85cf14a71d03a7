//! The interface's words: both languages have the same keys, once each, with the same arguments, and
//! every key that a template or the code names exists.

use crate::{Problem, TextFile};
use std::collections::{BTreeMap, BTreeSet};

/// The two files, Indonesian first.
const FILES: [&str; 2] = ["crates/server/messages/id.ftl", "crates/server/messages/en.ftl"];

/// Calls whose first argument, when it is a text, is a key.
const CALLS: [&str; 5] = [".tr(\"", ".tr1(\"", ".tr2(\"", ".tr3(\"", "t.with(\""];

/// A message: the line it begins on and the names of its arguments.
#[derive(Debug)]
struct Message {
    line: usize,
    arguments: BTreeSet<String>,
}

/// Checks the message files among `files`, and the keys that the others use.
pub fn check(files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let found: Vec<&TextFile> =
        FILES.iter().filter_map(|path| files.iter().find(|file| file.path == *path)).collect();
    let [indonesian, english] = found[..] else {
        let has_server = files.iter().any(|file| file.path.starts_with("crates/server/src/web/"));
        return if has_server {
            let what = format!("the message files {} are missing", FILES.join(" and "));
            vec![Problem { file: FILES[0].to_owned(), line: 1, what }]
        } else {
            problems
        };
    };
    let id = read(indonesian, &mut problems);
    let en = read(english, &mut problems);
    compare(indonesian, &id, english, &en, &mut problems);
    compare(english, &en, indonesian, &id, &mut problems);
    for (key, message) in &id {
        if let Some(other) = en.get(key).filter(|other| other.arguments != message.arguments) {
            let what = format!(
                "`{key}` takes other arguments than in {}, line {}: {:?} and {:?}",
                english.path, other.line, message.arguments, other.arguments
            );
            problems.push(Problem { file: indonesian.path.clone(), line: message.line, what });
        }
    }
    for file in files.iter().filter(|file| file.path.starts_with("crates/server/src/")) {
        problems.extend(check_use(file, &id));
    }
    problems
}

fn compare(
    file: &TextFile,
    messages: &BTreeMap<String, Message>,
    other_file: &TextFile,
    other: &BTreeMap<String, Message>,
    problems: &mut Vec<Problem>,
) {
    for (key, message) in messages.iter().filter(|(key, _)| !other.contains_key(*key)) {
        let what = format!("`{key}` is missing in {}", other_file.path);
        problems.push(Problem { file: file.path.clone(), line: message.line, what });
    }
}

/// Reads the keys of a Fluent file: a line that begins with a name and `=`; terms begin with `-`.
fn read(file: &TextFile, problems: &mut Vec<Problem>) -> BTreeMap<String, Message> {
    let mut messages: BTreeMap<String, Message> = BTreeMap::new();
    let mut current = String::new();
    for (index, line) in file.text.lines().enumerate() {
        let begins = line.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '-');
        if let Some((key, _)) = line.split_once('=').filter(|_| begins) {
            current = key.trim().to_owned();
            let message = Message { line: index + 1, arguments: BTreeSet::new() };
            if let Some(first) = messages.insert(current.clone(), message) {
                let what = format!("`{current}` stands on line {} already", first.line);
                problems.push(Problem { file: file.path.clone(), line: index + 1, what });
            }
        }
        if line.starts_with('#') {
            continue;
        }
        if let Some(message) = messages.get_mut(&current) {
            message.arguments.extend(arguments(line));
        }
    }
    messages
}

/// `$name` in a line.
fn arguments(line: &str) -> impl Iterator<Item = String> {
    line.split('$').skip(1).filter_map(|rest| {
        let name: String =
            rest.chars().take_while(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_')).collect();
        (!name.is_empty()).then_some(name)
    })
}

/// Keys that a file names and nobody wrote.
fn check_use(file: &TextFile, messages: &BTreeMap<String, Message>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !(file.path.ends_with(".rs") || file.path.ends_with(".html")) || file.path.ends_with("/tests.rs") {
        return problems;
    }
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for call in CALLS {
            for rest in line.split(call).skip(1) {
                let Some((key, _)) = rest.split_once('"') else { continue };
                if !messages.contains_key(key) {
                    let what = format!("no message `{key}`: add it to {}", FILES.join(" and "));
                    problems.push(Problem { file: file.path.clone(), line: index + 1, what });
                }
            }
        }
    }
    problems
}
