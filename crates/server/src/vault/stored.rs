//! What the vault keeps in the database: named secrets, sealed, and which key file the database belongs to.

use super::{Vault, show_id};
use pendopo_figures::{Db, DbError, Reader, Tx};
use std::collections::BTreeMap;

/// The purpose under which a secret is sealed; `{key}` is its name, so that secrets cannot change places.
pub(super) const SECRET_PURPOSE: &str = "secret of a source: {key}";

fn purpose(name: &str) -> String {
    SECRET_PURPOSE.replace("{key}", name)
}

/// A secret as it is listed: never with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Its name, in capital letters.
    pub name: String,
    /// When it was set, Unix milliseconds.
    pub set_at: i64,
    /// By whom.
    pub set_by: String,
}

/// Stores a secret, in place of an earlier one of this name.
///
/// # Errors
/// The database's.
pub fn set_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    name: &str,
    value: &str,
    set_by: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sealed = vault.seal(&purpose(name), value.as_bytes());
    tx.execute("delete from sealed_secret where name = $1", &[name.into()])?;
    tx.execute(
        "insert into sealed_secret (name, sealed, set_at, set_by) values ($1, $2, $3, $4)",
        &[name.into(), sealed.into(), now_ms.into(), set_by.into()],
    )?;
    Ok(())
}

/// Removes a secret; whether there was one.
///
/// # Errors
/// The database's.
pub fn remove_secret(tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    Ok(tx.execute("delete from sealed_secret where name = $1", &[name.into()])? > 0)
}

/// All stored secrets by name, without their values.
///
/// # Errors
/// The database's.
pub fn list_secrets(reader: &mut Reader<'_>) -> Result<Vec<SecretRow>, DbError> {
    reader.query("select name, set_at, set_by from sealed_secret order by name", &[], |row| {
        Ok(SecretRow { name: row.get(0)?, set_at: row.get(1)?, set_by: row.get(2)? })
    })
}

/// All stored secrets with their values. One that does not open is left out and logged: the others still
/// serve.
///
/// # Errors
/// The database's.
pub fn open_secrets(db: &Db, vault: &Vault) -> Result<BTreeMap<String, String>, DbError> {
    let rows: Vec<(String, Vec<u8>)> = db.read(|reader| {
        reader.query("select name, sealed from sealed_secret", &[], |row| Ok((row.get(0)?, row.get(1)?)))
    })?;
    let opened = rows.into_iter().filter_map(|(name, sealed)| {
        let value = vault.open(&purpose(&name), &sealed).map_err(|error| error.to_string());
        match value.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "not text".to_owned())) {
            Ok(value) => Some((name, value)),
            Err(error) => {
                tracing::error!(name, error, "a stored secret does not open; set it anew");
                None
            }
        }
    });
    Ok(opened.collect())
}

/// Binds a new database to the key file, and refuses one that was written with another.
///
/// # Errors
/// The database's; [`DbError::Other`] in words when the key file is not the right one.
pub fn bind(db: &Db, vault: &Vault) -> Result<(), DbError> {
    let own = show_id(&vault.root_id());
    let known = |reader: &mut Reader<'_>| {
        reader.query_opt("select root_id from vault_root", &[], |row| row.get::<String>(0))
    };
    let mut found = db.read(known)?;
    if found.is_none() {
        found = db.write(|tx| {
            // Another replica may have come first.
            if let Some(first) = known(tx)? {
                return Ok(Some(first));
            }
            tx.execute("insert into vault_root (root_id) values ($1)", &[own.as_str().into()])?;
            Ok(Some(own.clone()))
        })?;
    }
    match found {
        Some(found) if found != own => Err(DbError::Other(format!(
            "this database was written with another key file (root {found}, here {own}). Put the right file where \
             data.key_file says: from your copy, or from the other replica. Without it nothing sealed opens"
        ))),
        _ => Ok(()),
    }
}
