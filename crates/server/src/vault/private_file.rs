//! Files that only their owner may read: keys, secrets, certificates' keys. One rule for all of them.

use std::{fs, path::Path, time::SystemTime};

/// By what a changed file is known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    modified: Option<SystemTime>,
    length: u64,
    place: u64,
}

impl FileMark {
    /// The mark of a file as it is now.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn of(file: &Path) -> std::io::Result<FileMark> {
        fs::metadata(file).map(|metadata| FileMark::from(&metadata))
    }
}

impl From<&fs::Metadata> for FileMark {
    fn from(metadata: &fs::Metadata) -> FileMark {
        #[cfg(unix)]
        let place = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let place = 0;
        FileMark { modified: metadata.modified().ok(), length: metadata.len(), place }
    }
}

/// Refuses a file that others may read or change, with what to do. `metadata` is that of the opened file, so
/// that it cannot be exchanged in between.
///
/// # Errors
/// When others may reach it.
pub fn refuse_open_file(file: &Path, metadata: &fs::Metadata) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(metadata);
        anyhow::ensure!(
            mode & 0o077 == 0,
            "{0} may be read or changed by others (mode {1:03o}); run: chmod 600 {0}",
            file.display(),
            mode & 0o777
        );
    }
    #[cfg(not(unix))]
    let _ = (file, metadata);
    Ok(())
}
