//! Passwords and tokens of the sample services: made anew for each folder, kept in one file that only
//! its owner can read, and never written into code or packs.

use anyhow::Context;
use std::{fs, io::Write, path::Path};

/// Bearer token of the licensing service.
pub const LICENCES_TOKEN: &str = "dpmptsp_token";
/// Password of user `pendopo` at the disaster reports.
pub const DISASTERS_PASSWORD: &str = "bpbd_password";
/// API key of the hospital beds.
pub const BEDS_KEY: &str = "rsud_api_key";
/// Password of the reading user of the health database.
pub const HEALTH_PASSWORD: &str = "dinkes_db_password";
/// Password of the owner of the health database, used by the sample service alone.
pub const HEALTH_OWNER_PASSWORD: &str = "contoh_dinkes_db_pemilik";
/// Password of the reading user of the budget database.
pub const BUDGET_PASSWORD: &str = "bpkad_db_password";

const NAMES: [&str; 6] =
    [LICENCES_TOKEN, DISASTERS_PASSWORD, BEDS_KEY, HEALTH_PASSWORD, HEALTH_OWNER_PASSWORD, BUDGET_PASSWORD];

/// The secrets by name.
#[derive(Clone)]
pub struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Fresh secrets, not stored.
    pub fn generate() -> Secrets {
        let fresh = || -> String { format!("{:032x}", rand::random::<u128>()) };
        Secrets(NAMES.iter().map(|name| ((*name).to_owned(), fresh())).collect())
    }

    /// Reads `file`, adds what is missing and writes it back readable by its owner alone. Lines of
    /// others are kept.
    pub fn load_or_make(file: &Path) -> anyhow::Result<Secrets> {
        let written = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let mut pairs: Vec<(String, String)> = written
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        for (name, value) in Secrets::generate().0 {
            if !pairs.iter().any(|(known, _)| *known == name) {
                pairs.push((name, value));
            }
        }
        let secrets = Secrets(pairs);
        secrets.write(file).with_context(|| format!("writing {}", file.display()))?;
        Ok(secrets)
    }

    /// The value of a secret; empty when there is none, which no service accepts.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn write(&self, file: &Path) -> anyhow::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(file)?;
        // A file that was there before keeps its mode, so it is set again.
        #[cfg(unix)]
        out.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        for (name, value) in &self.0 {
            writeln!(out, "{name}={value}")?;
        }
        out.sync_all()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_kept_private_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.env");
        fs::write(&file, "# mine\nother=kept\n").unwrap();
        let first = Secrets::load_or_make(&file).unwrap();
        let second = Secrets::load_or_make(&file).unwrap();
        assert_eq!(first.get(BEDS_KEY), second.get(BEDS_KEY));
        assert_eq!(first.get(BEDS_KEY).len(), 32);
        assert_eq!(second.get("other"), "kept");
        assert_ne!(first.get(BEDS_KEY), first.get(LICENCES_TOKEN));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
