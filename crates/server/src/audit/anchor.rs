//! Heads kept outside the database, so that an end that was cut off is missed.
//!
//! Two files: the anchor log, to which a head is appended at the start, daily, at the stop and every so
//! many entries; and beside it the newest head (`.head`), replaced whenever the chain has grown. Both hold
//! lines of JSON. Who can write to both *and* to the database *and* has the key can rewrite everything:
//! see `docs/security/audit.md` for what to keep where.

use super::{
    chain::{Damage, Findings, Hash, Head, KeptHead, SignedHead, from_hex, to_hex},
    signed::is_signed,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

/// Why a head is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The server starts.
    Start,
    /// A day has passed.
    Daily,
    /// So many entries since the last.
    Entries,
    /// The server stops.
    Stop,
    /// By hand.
    Hand,
    /// The newest head, in the file of its own.
    Newest,
}

/// A place outside the database where heads are kept. A new kind of place (mail to the inspectorate,
/// another center) is a new variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// A file to which heads are appended; beside it, ending in `.head`, the newest.
    File(PathBuf),
}

/// A head as a line of an anchor file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    number: i64,
    hash: String,
    at: Timestamp,
    why: Reason,
    key: String,
    signature: String,
}

/// A head as a line of an anchor file.
pub(super) fn line(signed: &SignedHead, why: Reason, public_key: &[u8]) -> String {
    let line = Line {
        number: signed.head.number,
        hash: signed.head.hash.to_string(),
        at: Timestamp::from_millisecond(signed.head.at_ms).unwrap_or_default(),
        why,
        key: to_hex(public_key),
        signature: to_hex(&signed.signature),
    };
    // Plain texts and numbers: writing them cannot fail.
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

impl Anchor {
    /// Appends a head to the log and waits until it is on the disk.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep(&self, signed: &SignedHead, why: Reason, public_key: &[u8]) -> io::Result<()> {
        let Anchor::File(path) = self;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let is_new = !path.exists();
        let mut file = File::options().create(true).append(true).open(path)?;
        // In one piece, so that lines of two processes do not run into each other.
        file.write_all(line(signed, why, public_key).as_bytes())?;
        file.sync_data()?;
        if is_new && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Replaces the newest head. After a power cut it may be an older one: no harm, it only witnesses less.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep_newest(&self, signed: &SignedHead, public_key: &[u8]) -> io::Result<()> {
        let newest = self.newest_path();
        let mut coming = newest.clone().into_os_string();
        coming.push(format!(".{}", std::process::id()));
        fs::write(&coming, line(signed, Reason::Newest, public_key))?;
        fs::rename(&coming, &newest)
    }

    /// The file with the newest head.
    pub fn newest_path(&self) -> PathBuf {
        let Anchor::File(path) = self;
        path.with_extension("head")
    }

    /// The heads kept here, the last one of the log, and what is wrong with them.
    ///
    /// # Errors
    /// The file system's; a file that does not exist holds no heads.
    pub fn read(&self, public_key: &[u8], findings: &mut Findings) -> io::Result<Vec<KeptHead>> {
        let Anchor::File(path) = self;
        let mut kept = read_file(path, public_key, findings)?;
        kept.extend(read_file(&self.newest_path(), public_key, findings)?);
        Ok(kept)
    }

    /// Number and time of the last head of the log; `None` when there is none that can be read.
    ///
    /// # Errors
    /// The file system's.
    pub fn last(&self, public_key: &[u8]) -> io::Result<Option<Head>> {
        let Anchor::File(path) = self;
        Ok(read_file(path, public_key, &mut Findings::default())?.pop().map(|kept| kept.signed.head))
    }

    /// The newest head, from the file of its own; `None` when there is none that can be read.
    ///
    /// # Errors
    /// The file system's.
    pub fn newest(&self, public_key: &[u8]) -> io::Result<Option<SignedHead>> {
        let kept = read_file(&self.newest_path(), public_key, &mut Findings::default())?.pop();
        Ok(kept.map(|kept| kept.signed))
    }
}

/// The heads in a file of lines; those not signed by `public_key` are findings and no witnesses.
pub fn read_file(path: &Path, public_key: &[u8], findings: &mut Findings) -> io::Result<Vec<KeptHead>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut kept = Vec::new();
    for (index, text) in BufReader::new(file).split(b'\n').enumerate() {
        let text = text?;
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let place = format!("{}:{}", path.display(), index + 1);
        let read = serde_json::from_slice::<Line>(&text).ok().and_then(|line| {
            let hash = Hash::from_hex(&line.hash)?;
            let head = Head { number: line.number, hash, at_ms: line.at.as_millisecond() };
            Some((head, from_hex(&line.signature)?))
        });
        match read {
            Some((head, signature)) if is_signed(public_key, &head, &signature) => {
                kept.push(KeptHead { signed: SignedHead { head, signature }, place });
            }
            Some((head, _)) => {
                findings.add(Some(head.number), Some(head.at_ms), Damage::ForgedAnchor { place });
            }
            None => findings.add(None, None, Damage::UnreadableAnchor { place }),
        }
    }
    Ok(kept)
}
