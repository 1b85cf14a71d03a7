//! Passwords that are known from breaches: a list on this machine, so that nothing is sent anywhere.
//!
//! One line per password: the SHA-1 of it in hexadecimal, sorted, with or without `:count` behind it, as the
//! lists of "Have I Been Pwned" come when they are ordered by hash. The file may be of any size; some thirty
//! lines of it are read per question.

use anyhow::{Context, ensure};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// Letters of a hash.
const HASH: usize = 40;
/// Longer lines are none of such a list.
const MOST_LINE: u64 = 200;

/// Whether a password is in the list.
///
/// # Errors
/// When the file cannot be read or is not such a list where it was looked at.
pub fn holds(list: &Path, password: &str) -> anyhow::Result<bool> {
    let file = File::open(list).with_context(|| format!("cannot open {}", list.display()))?;
    let length = file.metadata()?.len();
    find(&mut BufReader::with_capacity(512, file), length, &hash_of(password))
        .with_context(|| format!("cannot look into {}", list.display()))
}

/// Whether the file can be read and begins as such a list does: looked at when the program starts.
///
/// # Errors
/// With what is wrong.
pub fn check(list: &Path) -> anyhow::Result<()> {
    let file = File::open(list).with_context(|| format!("cannot open {}", list.display()))?;
    let mut reader = BufReader::new(file);
    hash_at(&mut reader)
        .and_then(|first| first.context("it is empty"))
        .with_context(|| format!("{} is not a list of SHA-1 hashes, ordered by hash", list.display()))?;
    Ok(())
}

fn hash_of(password: &str) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Halves the part of the file in which the hash can be until it is found or there is nothing left.
fn find(list: &mut (impl BufRead + Seek), length: u64, wanted: &str) -> anyhow::Result<bool> {
    // The line is not before `low`, which begins a line, and does not begin at or after `high`.
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low + (high - low) / 2;
        let start = line_from(list, low, middle)?;
        if start >= high {
            // No line begins in the upper half.
            high = middle;
            continue;
        }
        list.seek(SeekFrom::Start(start))?;
        let Some((hash, bytes)) = hash_at(list)? else { return Ok(false) };
        match hash.as_str().cmp(wanted) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Less => low = start + bytes,
            std::cmp::Ordering::Greater => high = start.min(middle),
        }
    }
    Ok(false)
}

/// Where the first line begins that begins at `middle` or after it.
fn line_from(list: &mut (impl BufRead + Seek), low: u64, middle: u64) -> anyhow::Result<u64> {
    if middle <= low {
        return Ok(low);
    }
    // From the byte before: a line that begins exactly at `middle` is found, too.
    list.seek(SeekFrom::Start(middle - 1))?;
    let mut rest = Vec::new();
    let read = list.by_ref().take(MOST_LINE).read_until(b'\n', &mut rest)?;
    Ok(middle - 1 + read as u64)
}

/// The hash of the line here, and the length of the line; `None` at the end.
fn hash_at(list: &mut impl BufRead) -> anyhow::Result<Option<(String, u64)>> {
    let mut line = Vec::new();
    let read = list.by_ref().take(MOST_LINE).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line);
    let hash = text.trim_end().split(':').next().unwrap_or_default().to_ascii_uppercase();
    ensure!(
        hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "a line is not a SHA-1 hash"
    );
    Ok(Some((hash, read as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn list(passwords: &[String], line: impl Fn(&str) -> String) -> tempfile::NamedTempFile {
        let mut hashes: Vec<String> = passwords.iter().map(|password| hash_of(password)).collect();
        hashes.sort();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        hashes.iter().for_each(|hash| file.write_all(line(hash).as_bytes()).unwrap());
        file
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        assert_eq!(hash_of("password"), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        let all: Vec<String> = (0..1000).map(|n| format!("bocor {n}")).collect();
        for count in [1, 2, 3, 7, 1000] {
            let known = &all[..count];
            for file in [
                list(known, |hash| format!("{hash}\n")),
                list(known, |hash| format!("{hash}:{}\r\n", hash.len() * 7919)),
                list(known, |hash| format!("{}:1\n", hash.to_lowercase())),
            ] {
                check(file.path()).unwrap();
                assert!(known.iter().all(|password| holds(file.path(), password).unwrap()), "{count}");
                let others = (0..1000).map(|n| format!("aman {n}"));
                assert!(others.into_iter().all(|other| !holds(file.path(), &other).unwrap()), "{count}");
            }
        }
    }

    #[test]
    fn what_is_no_such_list_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daftar.txt");
        assert!(check(&path).is_err() && holds(&path, "x").is_err(), "not there");
        for text in ["", "password\n", "5baa61\n", &"x".repeat(10_000)] {
            std::fs::write(&path, text).unwrap();
            assert!(check(&path).is_err(), "{text}");
        }
    }
}
