//! Identities at providers: which account an (issuer, subject) is.

use super::{
    account::{Account, find_account},
    passkey::count_passkeys,
};
use pendopo_figures::{DbError, Reader, Tx};
use std::collections::HashSet;

/// The account that this subject of this issuer is, and how many passkeys it has.
pub fn find_by_identity(
    reader: &mut Reader<'_>,
    issuer: &str,
    subject: &str,
) -> Result<Option<(Account, i64)>, DbError> {
    let found: Option<i64> = reader.query_opt(
        "select account_id from account_identity where issuer = $1 and subject = $2",
        &[issuer.into(), subject.into()],
        |row| row.get(0),
    )?;
    let Some(account_id) = found else { return Ok(None) };
    match find_account(reader, account_id)? {
        Some(account) => Ok(Some((account, count_passkeys(reader, account_id)?))),
        None => Ok(None),
    }
}

/// Whether the account has an identity at this issuer.
pub fn has_identity(reader: &mut Reader<'_>, account_id: i64, issuer: &str) -> Result<bool, DbError> {
    let count: i64 = reader.query_one(
        "select count(*) from account_identity where account_id = $1 and issuer = $2",
        &[account_id.into(), issuer.into()],
        |row| row.get(0),
    )?;
    Ok(count > 0)
}

/// The accounts that have an identity at this issuer.
pub fn list_linked(reader: &mut Reader<'_>, issuer: &str) -> Result<HashSet<i64>, DbError> {
    let sql = "select account_id from account_identity where issuer = $1";
    Ok(reader.query(sql, &[issuer.into()], |row| row.get(0))?.into_iter().collect())
}

/// Ties a subject to an account; false when either is tied already.
pub fn add_identity(
    tx: &mut Tx<'_>,
    account_id: i64,
    issuer: &str,
    subject: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let added = tx.execute(
        "insert into account_identity (account_id, issuer, subject, created_at) values ($1, $2, $3, $4) \
         on conflict do nothing",
        &[account_id.into(), issuer.into(), subject.into(), now_ms.into()],
    )?;
    Ok(added == 1)
}

/// Takes the identity at this issuer off the account.
pub fn remove_identity(tx: &mut Tx<'_>, account_id: i64, issuer: &str) -> Result<(), DbError> {
    tx.execute(
        "delete from account_identity where account_id = $1 and issuer = $2",
        &[account_id.into(), issuer.into()],
    )
    .map(drop)
}
