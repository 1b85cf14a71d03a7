//! Passkeys: the public halves of keys that people's devices keep.

use super::account::{Account, columns_of, read_account};
use pendopo_figures::{DbError, Reader, Row, Tx, Value};
use std::collections::HashMap;

/// Whether copies of the key exist, as its keeper says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// The key never leaves its device.
    None,
    /// It may be copied, and has not been.
    Possible,
    /// The person's other devices have it too.
    Exist,
}

impl Copies {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Copies::None => "none",
            Copies::Possible => "eligible",
            Copies::Exist => "backed_up",
        }
    }

    fn read(word: &str) -> Copies {
        match word {
            "backed_up" => Copies::Exist,
            "eligible" => Copies::Possible,
            _ => Copies::None,
        }
    }
}

/// A passkey as its device made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// What the device calls it.
    pub credential_id: Vec<u8>,
    /// The public key with what belongs to it, as `webauthn_rp` encodes it.
    pub public_key: Vec<u8>,
    /// How often it has signed, 0 for keepers that do not count.
    pub sign_count: i64,
    /// Whether copies exist.
    pub copies: Copies,
}

/// A passkey as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub passkey_id: i64,
    /// Whose.
    pub account_id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The key.
    pub key: NewPasskey,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds of the last sign-in with it.
    pub last_used_at: Option<i64>,
}

const COLUMNS: &str = "p.passkey_id, p.account_id, p.name, p.credential_id, p.public_key, p.sign_count, p.backup, \
                       p.created_at, p.last_used_at";
const WIDTH: usize = 9;

fn read_passkey(row: &Row<'_>) -> Result<Passkey, DbError> {
    let copies: String = row.get(6)?;
    Ok(Passkey {
        passkey_id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        key: NewPasskey {
            credential_id: row.get(3)?,
            public_key: row.get(4)?,
            sign_count: row.get(5)?,
            copies: Copies::read(&copies),
        },
        created_at: row.get(7)?,
        last_used_at: row.get(8)?,
    })
}

/// The passkeys of an account, the oldest first.
pub fn list_passkeys(reader: &mut Reader<'_>, account_id: i64) -> Result<Vec<Passkey>, DbError> {
    let sql = format!("select {COLUMNS} from passkey p where p.account_id = $1 order by p.passkey_id");
    reader.query(&sql, &[account_id.into()], read_passkey)
}

/// How many passkeys an account has.
pub fn count_passkeys(reader: &mut Reader<'_>, account_id: i64) -> Result<i64, DbError> {
    reader.query_one("select count(*) from passkey where account_id = $1", &[account_id.into()], |row| {
        row.get(0)
    })
}

/// The passkey that its device calls so, with its account, unless that is barred or limited to
/// the provider of identities.
pub fn find_passkey(
    reader: &mut Reader<'_>,
    credential_id: &[u8],
) -> Result<Option<(Passkey, Account)>, DbError> {
    let sql = format!(
        "select {COLUMNS}, {} from passkey p join account a on a.account_id = p.account_id \
         where p.credential_id = $1 and a.disabled_at is null and a.sso_only_since is null",
        columns_of("a")
    );
    let values = [credential_id.to_vec().into()];
    reader.query_opt(&sql, &values, |row| Ok((read_passkey(row)?, read_account(row, WIDTH)?)))
}

/// Account and how many passkeys it has, for all that have one.
pub fn count_passkeys_by_account(reader: &mut Reader<'_>) -> Result<HashMap<i64, i64>, DbError> {
    let sql = "select account_id, count(*) from passkey group by account_id";
    let counted = reader.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(counted.into_iter().collect())
}

/// Adds a passkey; gives its id. Fails when the key is there already, whoever's it is.
pub fn add_passkey(
    tx: &mut Tx<'_>,
    account_id: i64,
    name: &str,
    key: &NewPasskey,
    now_ms: i64,
) -> Result<i64, DbError> {
    let values: Vec<Value> = vec![
        account_id.into(),
        key.credential_id.clone().into(),
        key.public_key.clone().into(),
        key.sign_count.into(),
        key.copies.as_str().into(),
        name.into(),
        now_ms.into(),
    ];
    tx.query_one(
        "insert into passkey (account_id, credential_id, public_key, sign_count, backup, name, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7) returning passkey_id",
        &values,
        |row| row.get(0),
    )
}

/// Notes a sign-in: `after` is the key as the device showed it. False when the passkey was removed or used
/// since `before` was read.
pub fn note_passkey_use(
    tx: &mut Tx<'_>,
    before: &Passkey,
    after: &NewPasskey,
    now_ms: i64,
) -> Result<bool, DbError> {
    let values: Vec<Value> = vec![
        before.passkey_id.into(),
        before.key.sign_count.into(),
        after.sign_count.into(),
        after.copies.as_str().into(),
        now_ms.into(),
    ];
    let changed = tx.execute(
        "update passkey set sign_count = $3, backup = $4, last_used_at = $5 \
         where passkey_id = $1 and sign_count = $2",
        &values,
    )?;
    Ok(changed == 1)
}

/// Removes a passkey of an account; false when it has no such one.
pub fn remove_passkey(tx: &mut Tx<'_>, account_id: i64, passkey_id: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "delete from passkey where account_id = $1 and passkey_id = $2",
        &[account_id.into(), passkey_id.into()],
    )?;
    Ok(changed == 1)
}

/// Removes all passkeys of an account, whose owner lost them.
pub fn remove_all_passkeys(tx: &mut Tx<'_>, account_id: i64) -> Result<u64, DbError> {
    tx.execute("delete from passkey where account_id = $1", &[account_id.into()])
}
