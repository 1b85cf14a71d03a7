//! Accounts that come in at the provider of identities alone, and the administrator who must remain when the
//! provider fails.

use super::store::{account, invitation, session};
use crate::audit::{Audit, Entry};
use pendopo_figures::{Db, DbError, Tx};

/// Limits an account to the provider, or takes the limit off.
#[derive(Debug, Clone, Copy)]
pub struct SsoOnly {
    /// Whose.
    pub account_id: i64,
    /// The limit is set.
    pub only: bool,
    /// There is a provider to sign in at.
    pub provider: bool,
}

impl SsoOnly {
    /// Makes the change and its entry in the audit log. Gives the key of what to say when it is refused: there
    /// is no provider, or no administrator with a password would be left.
    ///
    /// The password and passkeys stay stored, so that they work again once the limit is taken off; sessions
    /// and open links end.
    ///
    /// # Errors
    /// The database's.
    pub fn make(
        self,
        db: &Db,
        audit: &Audit,
        entry: &Entry,
        now_ms: i64,
    ) -> Result<Option<&'static str>, DbError> {
        if self.only && !self.provider {
            return Ok(Some("sso-only-no-provider"));
        }
        let done = keeping_a_way_in(db, audit, entry, |tx| {
            account::set_sso_only(tx, self.account_id, self.only.then_some(now_ms))?;
            invitation::end_invitations(tx, self.account_id, now_ms)?;
            session::end_other_sessions(tx, self.account_id, None, now_ms).map(drop)
        })?;
        Ok((!done).then_some("sso-only-last"))
    }
}

/// Does `work` and records it, unless nobody could run the center without the provider afterwards; then nothing is changed
/// and false is given.
///
/// # Errors
/// The database's.
pub fn keeping_a_way_in(
    db: &Db,
    audit: &Audit,
    entry: &Entry,
    work: impl FnOnce(&mut Tx<'_>) -> Result<(), DbError>,
) -> Result<bool, DbError> {
    let mut stays = true;
    let done = db.write(|tx| {
        let before = account::can_do_without_provider(tx)?;
        work(tx)?;
        // A center that is in this state already is not held in it.
        stays = !before || account::can_do_without_provider(tx)?;
        if !stays {
            return Err(DbError::Other("no administrator with a password would be left".to_owned()));
        }
        audit.record(tx, entry).map(drop)
    });
    match done {
        Err(_) if !stays => Ok(false),
        other => other.map(|()| true),
    }
}
