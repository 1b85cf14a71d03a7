//! Secrets by name: from `PENDOPO_SECRET_<NAME>`, else from a file of `NAME=value` lines that its
//! owner alone may read, else sealed from the database (`pendopo secret set`). A value never appears in logs, errors or debug output.

use super::FetchProblem;
use crate::{redact, vault::refuse_open_file};
use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

/// Named secrets, read when the program starts. Cheap to clone.
#[derive(Clone, Default)]
pub struct Secrets(Arc<BTreeMap<String, String>>);

/// What follows `PENDOPO_SECRET_` for a secret of this name: `e-kinerja.token` is `E_KINERJA_TOKEN`.
pub fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

const PREFIX: &str = "PENDOPO_SECRET_";

impl Secrets {
    /// Starts from what the vault keeps, reads the file over it, if there is one, and `variables` over both.
    ///
    /// # Errors
    /// When the file is readable by others or is not `NAME=value` lines; no value is in the message.
    pub fn load(
        stored: BTreeMap<String, String>,
        file: &Path,
        variables: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Secrets> {
        let mut known = stored;
        match std::fs::read_to_string(file) {
            Ok(text) => {
                refuse_open_file(file, &std::fs::metadata(file)?)?;
                read_lines(&text, file, &mut known)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => anyhow::bail!("cannot read {}: {error}", file.display()),
        }
        for (name, value) in variables {
            if let Some(name) = name.strip_prefix(PREFIX) {
                known.insert(variable(name), value);
            }
        }
        Ok(Secrets(Arc::new(known)))
    }

    /// Secrets given in place.
    #[cfg(test)]
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Secrets {
        Secrets(Arc::new(pairs.into_iter().map(|(name, value)| (variable(name), value.to_owned())).collect()))
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// [`FetchProblem::NoSecret`] when it is not set or empty.
    pub fn get(&self, name: &str) -> Result<&str, FetchProblem> {
        let value = self.0.get(&variable(name)).map(String::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| FetchProblem::NoSecret { name: name.to_owned() })
    }

    /// `text` with every known secret blanked out: for messages of other programs that may quote what
    /// they were sent.
    pub fn redact(&self, text: &str) -> String {
        redact::mask_known(text, self.0.values().map(String::as_str))
    }
}

fn read_lines(text: &str, file: &Path, known: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            anyhow::bail!("{} line {}: expected NAME=value", file.display(), index + 1);
        };
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let name = name.trim();
        known.insert(variable(name.strip_prefix(PREFIX).unwrap_or(name)), quoted.unwrap_or(value).to_owned());
    }
    Ok(())
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_and_nothing_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.env");
        std::fs::write(
            &file,
            "# comment\nlicensing_token = \"from-file\"\nPENDOPO_SECRET_DB=rahasia-sekali\n",
        )
        .unwrap();
        let environment = [("PENDOPO_SECRET_LICENSING_TOKEN".to_owned(), "from-env".to_owned())];
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let error = Secrets::load(BTreeMap::new(), &file, environment.clone().into_iter())
                .unwrap_err()
                .to_string();
            assert!(error.contains("chmod 600") && !error.contains("rahasia-sekali"), "{error}");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let stored = [("DB", "tersimpan"), ("SIPD", "tersegel")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = Secrets::load(stored.into(), &file, environment.into_iter()).unwrap();
        assert_eq!(secrets.get("sipd"), Ok("tersegel"));
        assert_eq!(secrets.get("licensing-token"), Ok("from-env"));
        assert_eq!(secrets.get("db"), Ok("rahasia-sekali"));
        assert_eq!(secrets.get("other"), Err(FetchProblem::NoSecret { name: "other".into() }));
        assert!(!format!("{secrets:?}").contains("rahasia"));
        assert_eq!(secrets.redact("password rahasia-sekali refused"), "password ••• refused");
    }
}
