//! The key file: how it is written, who may read it, and how it is replaced without ever being half there.
//!
//! ```text
//! pendopo-keys 1
//! root 5f0c9a4e11d2b376 <base64 of 32 bytes>
//! seal 91a0c3d4e5f60718 <base64 of 32 bytes>
//! ```
//! Lines that begin with `#` are remarks. The second word is the key's fingerprint.

use super::{
    crypto::{KEY_BYTES, key_id},
    private_file::{FileMark, refuse_open_file},
    weak::{self, Weakness},
};
use anyhow::{Context, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::rand::{SecureRandom, SystemRandom};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{ErrorKind, Read, Write as _},
    path::Path,
};
use zeroize::Zeroizing;

const HEAD: &str = "pendopo-keys 1";
const REMARK: &str = "\
# The keys of this center. Whoever has this file can read its secrets and sign in its name.
# Keep a copy where you keep the keys of the safe, apart from the backups of the data.
# Never write a key of your own here: `pendopo key rotate` makes one.
";
/// A file much larger than this is not a key file.
const MAX_FILE_BYTES: u64 = 64 * 1024;

type Key = Zeroizing<[u8; KEY_BYTES]>;

/// What the file holds.
pub(super) struct KeyTexts {
    /// The key that never changes.
    pub root: Key,
    /// Sealing keys, the newest last; never empty.
    pub sealing: Vec<Key>,
}

impl KeyTexts {
    /// Fresh random keys.
    pub(super) fn generate() -> anyhow::Result<KeyTexts> {
        Ok(KeyTexts { root: random_key()?, sealing: vec![random_key()?] })
    }

    fn parse(text: &str) -> anyhow::Result<KeyTexts> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        match lines.next() {
            Some((_, head)) if head.trim() == HEAD => {}
            Some((_, head)) if head.trim().starts_with("pendopo-keys ") => {
                bail!("it was written by a newer version of Pendopo; use that version")
            }
            Some(_) => bail!("it does not begin with `{HEAD}`; {MAKE_ANEW}"),
            None => bail!("it is empty; {MAKE_ANEW}"),
        }
        let mut root = None;
        let mut sealing: Vec<Key> = Vec::new();
        for (index, line) in lines {
            let line_number = index + 1;
            let words: Vec<&str> = line.split_whitespace().collect();
            let [kind, id, encoded] = words[..] else {
                bail!("line {line_number}: expected `root` or `seal`, a fingerprint and a key; {MAKE_ANEW}");
            };
            let key = parse_key(id, encoded).with_context(|| format!("line {line_number}"))?;
            let known = root.iter().chain(&sealing).any(|other: &Key| **other == *key);
            ensure!(!known, "line {line_number}: {}; {MAKE_ANEW}", Weakness::Twice);
            match kind {
                "root" if root.is_none() => root = Some(key),
                "root" => bail!("line {line_number}: there is a second root key; {MAKE_ANEW}"),
                "seal" => sealing.push(key),
                other => bail!("line {line_number}: unknown kind of key `{other}`; {MAKE_ANEW}"),
            }
        }
        let root = root.with_context(|| format!("there is no root key in it; {MAKE_ANEW}"))?;
        ensure!(!sealing.is_empty(), "there is no sealing key in it; {MAKE_ANEW}");
        Ok(KeyTexts { root, sealing })
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{HEAD}\n{REMARK}"));
        let kinds = std::iter::once("root").chain(std::iter::repeat("seal"));
        for (kind, key) in kinds.zip(std::iter::once(&self.root).chain(&self.sealing)) {
            let encoded = Zeroizing::new(STANDARD.encode(**key));
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{kind} {} {}", hex(&key_id(key)), *encoded);
        }
        text
    }
}

const MAKE_ANEW: &str = "restore the file from your copy; on a center without data yet, delete it and a new \
                         one is made at the next start";

fn parse_key(id: &str, encoded: &str) -> anyhow::Result<Key> {
    let bytes = Zeroizing::new(
        STANDARD.decode(encoded).ok().with_context(|| format!("the key is not base64; {MAKE_ANEW}"))?,
    );
    let key = weak::check(&bytes).map_err(|weakness| {
        anyhow::anyhow!("the key is weak: {weakness}. Keys are made by the program alone; {MAKE_ANEW}")
    })?;
    let key = Zeroizing::new(key);
    ensure!(hex(&key_id(&key)) == id, "the fingerprint does not fit the key; {MAKE_ANEW}");
    Ok(key)
}

/// A fresh random key.
///
/// # Errors
/// When the operating system gives no random numbers.
pub(super) fn random_key() -> anyhow::Result<Key> {
    let random = SystemRandom::new();
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    // One key in some hundred million looks weak by chance and is drawn again.
    for _ in 0..8 {
        let drawn = random.fill(&mut *key);
        ensure!(drawn.is_ok(), "the operating system gives no random numbers");
        if weak::check(&*key).is_ok() {
            return Ok(key);
        }
    }
    bail!("the operating system's random numbers are not random")
}

/// Makes the file with fresh keys, unless another process has just made it.
///
/// # Errors
/// When it cannot be written.
pub(super) fn create(file: &Path) -> anyhow::Result<()> {
    let text = KeyTexts::generate()?.to_text();
    let written = write_beside(file, &text)?;
    match written.persist_noclobber(file) {
        Ok(_) => sync_folder(file),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(error.error).with_context(|| format!("cannot make the key file {}", file.display()))
        }
    }
}

/// Reads, changes and replaces the file at once; other processes wait.
///
/// # Errors
/// When it cannot be read or written, or when `change` fails; then nothing has changed.
pub(super) fn edit(
    file: &Path,
    change: impl FnOnce(&mut KeyTexts) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // The folder is what is locked: the file itself is another one afterwards.
    let folder = File::open(folder_of(file)).context("cannot open the key file's folder")?;
    folder.lock().context("cannot lock the key file's folder")?;
    let (mut texts, _) = read(file)?;
    change(&mut texts)?;
    let written = write_beside(file, &texts.to_text())?;
    written.persist(file).map_err(|error| error.error).context("cannot replace the key file")?;
    sync_folder(file)
}

/// Writes to a new file in the same folder, readable by its owner alone, and waits for the disk.
fn write_beside(file: &Path, text: &str) -> anyhow::Result<tempfile::NamedTempFile> {
    let folder = folder_of(file);
    let wrote = || -> std::io::Result<tempfile::NamedTempFile> {
        let mut written = tempfile::Builder::new().prefix(".key-").tempfile_in(folder)?;
        written.write_all(text.as_bytes())?;
        written.as_file().sync_all()?;
        Ok(written)
    };
    wrote().with_context(|| format!("cannot write a key file in {}", folder.display()))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn sync_folder(file: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(file))
        .and_then(|folder| folder.sync_all())
        .context("cannot write the key file's folder to disk")?;
    Ok(())
}

/// Reads the file.
///
/// # Errors
/// When it is not safe, is damaged, or holds a weak key; the message holds no key.
pub(super) fn read(file: &Path) -> anyhow::Result<(KeyTexts, FileMark)> {
    let read = || -> anyhow::Result<(KeyTexts, FileMark)> {
        let opened = File::open(file).context("it cannot be opened")?;
        // Of the opened file, not of the name: it cannot be exchanged in between.
        let metadata = opened.metadata()?;
        refuse_unsafe(file, &metadata)?;
        ensure!(metadata.len() <= MAX_FILE_BYTES, "it is too long to be a key file; {MAKE_ANEW}");
        let mut text = Zeroizing::new(String::new());
        opened
            .take(MAX_FILE_BYTES)
            .read_to_string(&mut text)
            .ok()
            .with_context(|| format!("it is not text; {MAKE_ANEW}"))?;
        Ok((KeyTexts::parse(&text)?, FileMark::from(&metadata)))
    };
    read().with_context(|| format!("the key file {} is refused", file.display()))
}

#[cfg(unix)]
fn refuse_unsafe(file: &Path, metadata: &fs::Metadata) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let shown = file.display();
    ensure!(metadata.is_file(), "it is not a file; name one with data.key_file");
    let (owner, me) = (metadata.uid(), rustix::process::geteuid().as_raw());
    ensure!(
        owner == me,
        "it belongs to user {owner} and this program runs as user {me}; run it as its owner, or: chown {me} {shown}"
    );
    refuse_open_file(file, metadata)
        .context("if others use this machine, make a new key afterwards with `pendopo key rotate`")?;
    let folder = fs::metadata(folder_of(file))?.mode();
    ensure!(
        folder & 0o002 == 0 || folder & 0o1000 != 0,
        "anybody may exchange files in its folder; run: chmod o-w {}",
        folder_of(file).display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn refuse_unsafe(_: &Path, metadata: &fs::Metadata) -> anyhow::Result<()> {
    ensure!(metadata.is_file(), "it is not a file; name one with data.key_file");
    Ok(())
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
