//! A pack as a set of texts: read from a folder, written back to one, byte for byte.

use anyhow::{Context, bail};
use std::{collections::BTreeMap, path::Path};

/// Path inside the pack, with `/`, to the file's text.
pub type PackTexts = BTreeMap<String, String>;

/// Largest file accepted; definitions are small, data do not belong here.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What a file of a pack defines, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `pack.toml`
    Pack,
    /// `agencies.toml`
    Agencies,
    /// `sources/<code>.toml`
    Source,
    /// `indicators/<any>.toml`
    Indicators,
    /// `targets.toml` or `targets/<any>.toml`
    Targets,
    /// `boards/<code>.toml`
    Board,
    /// `walls/<code>.toml`
    Wall,
}

impl FileKind {
    /// The kind of the file at `path`, or `None` for a path that a pack does not have.
    pub fn of(path: &str) -> Option<FileKind> {
        match path {
            "pack.toml" => return Some(FileKind::Pack),
            "agencies.toml" => return Some(FileKind::Agencies),
            "targets.toml" => return Some(FileKind::Targets),
            _ => {}
        }
        let (folder, name) = path.split_once('/')?;
        if name.contains('/') || !name.ends_with(".toml") {
            return None;
        }
        match folder {
            "sources" => Some(FileKind::Source),
            "indicators" => Some(FileKind::Indicators),
            "targets" => Some(FileKind::Targets),
            "boards" => Some(FileKind::Board),
            "walls" => Some(FileKind::Wall),
            _ => None,
        }
    }
}

/// Reads every TOML file of the folder. Other files (a README, a schema) are left alone; a TOML file in
/// a place that a pack does not have is returned too, so that the check can name it.
///
/// # Errors
/// When the folder or a file cannot be read, or a file is too large to be a definition.
pub fn read_folder(folder: &Path) -> anyhow::Result<PackTexts> {
    if !folder.is_dir() {
        bail!("{} is not a folder; a pack is a folder with a `pack.toml`", folder.display());
    }
    let mut texts = PackTexts::new();
    read_below(folder, "", &mut texts)?;
    Ok(texts)
}

fn read_below(folder: &Path, prefix: &str, texts: &mut PackTexts) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, kind) = (format!("{prefix}{name}"), entry.file_type()?);
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() && prefix.is_empty() {
            read_below(&entry.path(), &format!("{name}/"), texts)?;
        } else if kind.is_file() && name.ends_with(".toml") {
            if entry.metadata()?.len() > MAX_FILE_BYTES {
                bail!("{path} is larger than 1 MiB; a pack holds definitions, not data");
            }
            let text =
                std::fs::read_to_string(entry.path()).with_context(|| format!("cannot read {path}"))?;
            texts.insert(path, text);
        }
    }
    Ok(())
}

/// Writes the texts below `folder` and removes definition files that are no longer part of the pack.
///
/// # Errors
/// When a file cannot be written, or the folder holds something else than a pack.
pub fn write_folder(folder: &Path, texts: &PackTexts) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let present = read_folder(folder)?;
    let occupied = std::fs::read_dir(folder)?.next().is_some();
    if occupied && !present.contains_key("pack.toml") {
        bail!("{} is not empty and holds no pack; name an empty or new folder", folder.display());
    }
    for path in present.keys().filter(|path| FileKind::of(path).is_some() && !texts.contains_key(*path)) {
        std::fs::remove_file(folder.join(path)).with_context(|| format!("cannot remove {path}"))?;
    }
    for (path, text) in texts {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if present.get(path) != Some(text) {
            std::fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
