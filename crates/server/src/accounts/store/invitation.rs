//! Links by which somebody comes in without a password. Each works once.

use pendopo_figures::{DbError, Reader, Tx};

/// A link that still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub invitation_id: i64,
    /// For whom; `None`: it makes the first account.
    pub account_id: Option<i64>,
    /// Unix milliseconds until when it works.
    pub expires_at: i64,
}

/// Lets the open links of an account lapse.
pub fn end_invitations(tx: &mut Tx<'_>, account_id: i64, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "update invitation set used_at = $2 where account_id = $1 and used_at is null",
        &[account_id.into(), now_ms.into()],
    )
    .map(drop)
}

/// Adds a link and lets earlier ones for the same purpose lapse: only the newest works.
pub fn add_invitation(
    tx: &mut Tx<'_>,
    secret_hash: &str,
    account_id: Option<i64>,
    author: &str,
    now_ms: i64,
    expires_at: i64,
) -> Result<(), DbError> {
    match account_id {
        Some(account_id) => end_invitations(tx, account_id, now_ms)?,
        None => tx
            .execute(
                "update invitation set used_at = $1 where account_id is null and used_at is null",
                &[now_ms.into()],
            )
            .map(drop)?,
    }
    tx.execute(
        "insert into invitation (secret_hash, account_id, created_at, created_by, expires_at) \
         values ($1, $2, $3, $4, $5)",
        &[secret_hash.into(), account_id.into(), now_ms.into(), author.into(), expires_at.into()],
    )
    .map(drop)
}

/// The link with this secret, if it still works.
pub fn find_invitation(
    reader: &mut Reader<'_>,
    secret_hash: &str,
    now_ms: i64,
) -> Result<Option<Invitation>, DbError> {
    reader.query_opt(
        "select invitation_id, account_id, expires_at from invitation \
         where secret_hash = $1 and used_at is null and expires_at > $2",
        &[secret_hash.into(), now_ms.into()],
        |row| Ok(Invitation { invitation_id: row.get(0)?, account_id: row.get(1)?, expires_at: row.get(2)? }),
    )
}

/// Uses a link up; false when somebody was faster.
pub fn use_invitation(tx: &mut Tx<'_>, invitation_id: i64, now_ms: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update invitation set used_at = $2 where invitation_id = $1 and used_at is null",
        &[invitation_id.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}
