//! The house rules as checks, run by `cargo run -p xtask -- tidy` and inside the test run.
//!
//! Who may use whom is in `direction`; names of places in `places`; the interface's words in `messages`;
//! what pages may load in `pages`; what maps of security requirements cite in `evidence`. Each check
//! takes files and gives problems with file and line. `counts` is for after a test run.

pub mod counts;
pub mod direction;
pub mod evidence;
pub mod messages;
pub mod pages;
pub mod places;
pub mod source;

use anyhow::Context;
use source::RustFile;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A broken rule, at its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, relative to the workspace.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The outcome of all checks.
#[derive(Debug)]
pub struct Report {
    /// How many files were read.
    pub files: usize,
    /// The broken rules, by file and line.
    pub problems: Vec<Problem>,
}

/// The root of the workspace this was built in.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file and its text.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Path with `/`, relative to the workspace.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Runs all checks on the workspace at `root`.
pub fn tidy(root: &Path) -> anyhow::Result<Report> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        read_folder(root, &root.join(folder), &mut files)?;
    }
    // An empty list would pass every check: the checks would be looking at the wrong place.
    anyhow::ensure!(!files.is_empty(), "{} holds no source files", root.display());
    files.sort_by(|one, other| one.path.cmp(&other.path));

    let mut problems = Vec::new();
    let places = places::Places::known();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        problems.extend(check_first_line(file));
        match RustFile::read(file) {
            Ok(rust) => {
                problems.extend(direction::check(&rust));
                problems.extend(places.check(&rust));
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(files.iter().flat_map(direction::check_manifest));
    problems.extend(messages::check(&files));
    problems.extend(files.iter().flat_map(pages::check));
    problems.extend(evidence::check_maps(root)?);
    problems.sort();
    problems.dedup();
    Ok(Report { files: files.len(), problems })
}

/// Every Rust file begins by saying what it is for.
pub fn check_first_line(file: &TextFile) -> Option<Problem> {
    let said = file.text.lines().next().and_then(|line| line.strip_prefix("//!"));
    said.is_none_or(|said| said.trim().is_empty()).then(|| Problem {
        file: file.path.clone(),
        line: 1,
        what: "begin the file with `//!` and a sentence that says what it is for".to_owned(),
    })
}

/// Kinds of files that are read; everything else (fonts, data) is left alone.
const KINDS: [&str; 7] = ["rs", "toml", "html", "css", "js", "ftl", "svg"];

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<TextFile>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            // What `make assets` fetches is not part of the repository.
            if !matches!(name, "target" | "node_modules" | "vendor") && !name.starts_with('.') {
                read_folder(root, &path, files)?;
            }
        } else if path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| KINDS.contains(&kind)) {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(TextFile { path: relative, text });
        }
    }
    Ok(())
}
