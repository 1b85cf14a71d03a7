//! Changes of accounts and their entries in the audit log: one transaction, so that neither is there
//! without the other.

use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    error::AppResult,
    web::Who,
};
use pendopo_figures::{DbError, Tx};

/// Runs a change and records it.
///
/// # Errors
/// The database's.
pub async fn change<T: Send + 'static>(
    app: &App,
    entry: Entry,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
) -> AppResult<T> {
    let audit = app.audit().clone();
    app.blocking(move |db| {
        db.write(|tx| {
            let done = work(tx)?;
            audit.record(tx, &entry)?;
            Ok(done)
        })
    })
    .await
}

/// What whoever asks did to something.
pub fn done_by(who: &Who, action: Action, kind: &str, code: impl ToString) -> Entry {
    Entry::new(Actor::from(&*who.0), action).on(kind, code)
}
