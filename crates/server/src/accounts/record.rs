//! Changes of accounts and their entries in the audit log: one transaction, so that neither is there
//! without the other.

use crate::{
    app::App,
    audit::{Action, Actor, ActorKind, Entry, Every, Outcome},
    error::AppResult,
    web::{Client, Who, network_of},
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

/// Records that something secret was shown that opens nothing: a token, the key of a wall, a link. What was
/// shown is not recorded. One entry a minute per address and kind.
pub fn note_worthless(app: &App, client: Client, kind: &str) {
    let actor = Actor { address: Some(client.address), ..Actor::named("publik", ActorKind::Visitor) };
    let entry = Entry::new(actor, Action::SignInFailed).on(kind, "?").outcome(Outcome::Refused);
    let key = format!("{kind} {}", network_of(client.address));
    app.audit().queue_once(Every::Minute, &key, entry.noting("why", "unknown"));
}
