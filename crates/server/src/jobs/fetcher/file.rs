//! Files below the center's own folder: found by pattern, never outside it, never half written.

use super::FetchProblem;
use std::{
    fs::{File, Metadata},
    io,
    path::{Component, Path, PathBuf},
    time::Duration,
};

/// A file that is complete and open.
#[derive(Debug)]
pub struct FoundFile {
    /// The open file; what is read stays the same even if the name gets a new file.
    pub file: File,
    /// Its path below the folder, for people.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    path: PathBuf,
}

/// A file untouched for this long counts as complete.
const SETTLED: Duration = Duration::from_secs(5);

/// Ends of names that writers use until they are done.
const UNFINISHED: [&str; 6] = [".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp"];

/// Finds the file that `pattern` means: a path relative to `folder`, with `*` in its last part for the
/// newest match.
///
/// # Errors
/// [`FetchProblem`] when there is none, it lies outside, or it cannot be read.
pub fn find_file(folder: &Path, pattern: &str) -> Result<FoundFile, FetchProblem> {
    let path = safe_path(folder, pattern)?;
    let path = match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if name.contains('*') => newest_match(path.parent().unwrap_or(folder), name, pattern)?,
        _ => path,
    };
    open(folder, &path, pattern)
}

/// `folder` joined with `pattern`, refused when it could leave the folder.
fn safe_path(folder: &Path, pattern: &str) -> Result<PathBuf, FetchProblem> {
    let forbidden = || FetchProblem::ForbiddenFile { path: pattern.to_owned() };
    let relative = Path::new(pattern);
    // An absolute path is accepted when it is below the folder anyway.
    let relative = relative.strip_prefix(folder).unwrap_or(relative);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let folders = relative.parent().map(|parent| parent.to_string_lossy().contains('*')).unwrap_or(false);
    if !plain || folders || pattern.contains('\0') || relative.as_os_str().is_empty() {
        return Err(forbidden());
    }
    Ok(folder.join(relative))
}

fn newest_match(folder: &Path, name: &str, pattern: &str) -> Result<PathBuf, FetchProblem> {
    let missing = || FetchProblem::NoFile { path: pattern.to_owned() };
    let entries = std::fs::read_dir(folder).map_err(|_| missing())?;
    let candidates = entries.filter_map(Result::ok).filter(|entry| {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        matches(name, &found) && !is_unfinished(&found)
    });
    let dated = candidates.filter_map(|entry| {
        let modified = entry.metadata().ok().filter(Metadata::is_file)?.modified().ok()?;
        Some((modified, entry.path()))
    });
    // Of two files of the same moment the later name wins, so that the choice does not waver.
    dated.max().map(|(_, path)| path).ok_or_else(missing)
}

fn is_unfinished(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with('.') || name.starts_with("~$") || UNFINISHED.iter().any(|end| lower.ends_with(end))
}

/// Whether `name` fits `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn open(folder: &Path, path: &Path, pattern: &str) -> Result<FoundFile, FetchProblem> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FetchProblem::NoFile { path: pattern.to_owned() },
        _ => FetchProblem::UnreadableFile { path: pattern.to_owned(), detail: error.to_string() },
    };
    // Links are followed and the result must still be inside.
    let real = path.canonicalize().map_err(unreadable)?;
    let root = folder.canonicalize().map_err(unreadable)?;
    if !real.starts_with(&root) {
        return Err(FetchProblem::ForbiddenFile { path: pattern.to_owned() });
    }
    // A pipe or device would hang the open itself.
    if !std::fs::metadata(&real).map_err(unreadable)?.is_file() {
        return Err(FetchProblem::ForbiddenFile { path: pattern.to_owned() });
    }
    let file = File::open(&real).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(FetchProblem::ForbiddenFile { path: pattern.to_owned() });
    }
    let name = real.strip_prefix(&root).unwrap_or(&real).to_string_lossy().into_owned();
    Ok(FoundFile { file, name, bytes: metadata.len(), path: real })
}

impl FoundFile {
    /// The path on disk, for programs that open files themselves.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file was last written long enough ago to count as complete.
    fn is_settled(&self) -> bool {
        let modified = self.file.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= SETTLED))
    }
}

/// Finds the file and makes sure that nobody is still writing it: a file touched just now must have the
/// same size and time after `pause`.
///
/// # Errors
/// As [`find_file`]; [`FetchProblem::FileInUse`] when it is still growing.
pub async fn find_complete_file(
    folder: &Path,
    pattern: &str,
    pause: Duration,
) -> Result<FoundFile, FetchProblem> {
    let found = find_file(folder, pattern)?;
    if found.is_settled() {
        return Ok(found);
    }
    tokio::time::sleep(pause).await;
    let again = find_file(folder, pattern)?;
    let stamp = |found: &FoundFile| {
        let modified = found.file.metadata().and_then(|metadata| metadata.modified());
        (found.path.clone(), found.bytes, modified.ok())
    };
    if stamp(&found) == stamp(&again) {
        return Ok(again);
    }
    Err(FetchProblem::FileInUse { path: pattern.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_and_patterns_take_the_newest() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.csv"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("inbox")).unwrap();
        for (name, age) in
            [("a-1.csv", 30), ("a-2.csv", 20), ("a-3.csv.part", 1), ("~$a-4.csv", 1), ("b-9.csv", 1)]
        {
            let file = File::create(root.join("inbox").join(name)).unwrap();
            let at = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(age);
            file.set_modified(at).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("secret.csv"), root.join("link.csv")).unwrap();
        assert_eq!(find_file(root, "inbox/a-*.csv").unwrap().name, "inbox/a-2.csv");
        assert_eq!(find_file(root, "./inbox/a-1.csv").unwrap().name, "inbox/a-1.csv");
        assert_eq!(
            find_file(root, &root.join("inbox/a-1.csv").to_string_lossy()).unwrap().name,
            "inbox/a-1.csv"
        );
        for forbidden in
            ["../x.csv", "inbox/../../x.csv", "/etc/passwd", "inb*/a-1.csv", "", "link.csv", "inbox"]
        {
            assert!(
                matches!(find_file(root, forbidden), Err(FetchProblem::ForbiddenFile { .. })),
                "{forbidden}"
            );
        }
        for missing in ["nothing.csv", "inbox/c*.csv", "none/x*.csv"] {
            assert!(matches!(find_file(root, missing), Err(FetchProblem::NoFile { .. })), "{missing}");
        }
    }

    #[test]
    fn stars_match_any_text() {
        for (pattern, name, want) in [
            ("*.csv", "a.csv", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("a*", "a", true),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }

    #[tokio::test]
    async fn a_growing_file_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "a").unwrap();
        let root = folder.path().to_owned();
        let waiting =
            tokio::spawn(async move { find_complete_file(&root, "x.csv", Duration::from_millis(50)).await });
        tokio::task::yield_now().await;
        std::fs::write(&path, "ab").unwrap();
        let result = waiting.await.unwrap();
        assert!(matches!(result, Err(FetchProblem::FileInUse { .. })), "{result:?}");
        let complete = find_complete_file(folder.path(), "x.csv", Duration::from_millis(5)).await.unwrap();
        assert_eq!(complete.bytes, 2);
    }
}
