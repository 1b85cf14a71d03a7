//! What a page loads comes from the program itself: no address of another host in templates, styles and
//! scripts; and no third-party code that nobody can read in the repository.

use crate::{Problem, TextFile};

/// Addresses that are names, not places to load from.
const NAMES: &[&str] = &["http://www.w3.org/"];

/// A line longer than this in a style or script is taken for minified.
const LONGEST_LINE: usize = 2_000;

/// Checks a template, style, script or picture.
pub fn check(file: &TextFile) -> Vec<Problem> {
    let Some((_, kind)) = file.path.rsplit_once('.') else { return Vec::new() };
    if !matches!(kind, "html" | "css" | "js" | "svg") {
        return Vec::new();
    }
    let problem = |line: usize, what: String| Problem { file: file.path.clone(), line, what };
    let mut problems = Vec::new();
    if file.path.ends_with(".min.js") || file.path.ends_with(".min.css") {
        problems.push(problem(
            1,
            "minified code: fetch it with `make assets` instead of committing it".to_owned(),
        ));
    }
    for (index, line) in file.text.lines().enumerate() {
        if let Some(address) = foreign_address(line, kind) {
            let what = format!("`{address}` is loaded from another host: pages load from the program only");
            problems.push(problem(index + 1, what));
        }
        if matches!(kind, "css" | "js") && line.len() > LONGEST_LINE {
            let what =
                format!("a line of {} characters: committed code is code that people can read", line.len());
            problems.push(problem(index + 1, what));
        }
    }
    problems
}

/// The first address of another host that a line loads. In templates a link that a reader follows is no
/// load: `<a href="https://...">` is allowed.
fn foreign_address<'l>(line: &'l str, kind: &str) -> Option<&'l str> {
    for start in ["http://", "https://", "\"//", "'//", "(//"] {
        for (at, _) in line.match_indices(start) {
            let at = at + usize::from(start.ends_with("//") && !start.starts_with('h'));
            let rest = &line[at..];
            let address = rest.split(['"', '\'', ')', ' ', '<', '>']).next().unwrap_or(rest);
            let tag = &line[line[..at].rfind('<').unwrap_or(0)..at];
            let is_link = kind == "html" && tag.starts_with("<a ");
            if !is_link && !NAMES.iter().any(|name| address.starts_with(name)) {
                return Some(address);
            }
        }
    }
    None
}
