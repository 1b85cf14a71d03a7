//! What an entry says: who did what, to what, from where, with what outcome.

use crate::web::{Principal, Via};
use pendopo_connectors::personal::mask_all;
use pendopo_figures::Value;
use pendopo_vocab::Author;
use serde_json::Map;
use std::net::IpAddr;

/// Longest text of one column, in characters; longer ones are cut.
const MAX_TEXT: usize = 500;
/// Longest detail, in bytes of JSON.
const MAX_DETAIL_BYTES: usize = 8 * 1024;

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant),* }

        impl $type {
            /// All of them, in the order of lists.
            pub const ALL: &[$type] = &[$($type::$variant),*];

            /// The word stored in the database and used in the API; also the end of its message key.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }
        }
    };
}

words!(
    /// What was done.
    Action {
        /// Somebody signed in.
        SignIn = "sign-in",
        /// Somebody tried to sign in and was not let in.
        SignInFailed = "sign-in-failed",
        /// Somebody signed out.
        SignOut = "sign-out",
        /// A session was ended by somebody.
        SessionRevoked = "session-revoked",
        /// A password was set or changed.
        PasswordChanged = "password-changed",
        /// A second factor was added.
        SecondFactorAdded = "second-factor-added",
        /// A second factor was taken away.
        SecondFactorRemoved = "second-factor-removed",
        /// An account was made.
        AccountCreated = "account-created",
        /// An account was changed.
        AccountChanged = "account-changed",
        /// An account was closed.
        AccountDisabled = "account-disabled",
        /// A token was given out.
        TokenCreated = "token-created",
        /// A token was taken back.
        TokenRevoked = "token-revoked",
        /// Somebody steered the screens of a room.
        WallSteered = "wall-steered",
        /// An identity at the provider was tied to an account.
        IdentityLinked = "identity-linked",
        /// An identity was taken off an account.
        IdentityUnlinked = "identity-unlinked",
        /// A place pack was applied.
        PackApplied = "pack-applied",
        /// A source was read because somebody asked for it.
        RunStarted = "run-started",
        /// Refused rows were tried again.
        RowsRetried = "rows-retried",
        /// Refused rows were dismissed.
        RowsDismissed = "rows-dismissed",
        /// A file was imported.
        FileImported = "file-imported",
        /// Data left the center as a file.
        Exported = "exported",
        /// A restricted figure was looked at.
        RestrictedViewed = "restricted-viewed",
        /// Somebody asked for what they may not see or do.
        AccessRefused = "access-refused",
        /// Somebody asked the figures in SQL.
        Queried = "queried",
        /// Settings were changed.
        SettingsChanged = "settings-changed",
        /// A key was exchanged for a new one.
        KeyRotated = "key-rotated",
        /// Data were deleted because their time was up.
        RetentionDeleted = "retention-deleted",
        /// Rows that mention a person were taken away because somebody asked for it.
        Forgotten = "forgotten",
        /// An incident of personal data was entered, changed or closed.
        IncidentChanged = "incident-changed",
        /// The audit log left the center as a file.
        AuditExported = "audit-exported",
        /// Entries that did not fit into the queue were lost; how many is in the detail.
        EntriesLost = "entries-lost",
        /// The program found its log changed by another hand and went on after it.
        DamageFound = "damage-found",
    }
);

words!(
    /// How it came out.
    Outcome {
        /// As asked.
        Done = "done",
        /// Not allowed.
        Refused = "refused",
        /// Tried and failed.
        Failed = "failed",
    }
);

/// What kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorKind {
    /// A person with an account.
    Account,
    /// A program with a token.
    Token,
    /// Whoever is at the command line of the center's machine.
    Command,
    /// The center itself: schedules, the program's own upkeep.
    Center,
    /// Somebody without an account.
    Visitor,
}

impl ActorKind {
    /// The word stored in the database and used in the API; also the end of its message key.
    pub fn as_str(self) -> &'static str {
        match self {
            ActorKind::Account => "account",
            ActorKind::Token => "token",
            ActorKind::Command => "command",
            ActorKind::Center => "center",
            ActorKind::Visitor => "visitor",
        }
    }
}

/// Who did it, as far as the center knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name as recorded with changes.
    pub name: String,
    /// What kind.
    pub kind: ActorKind,
    /// The role held at that moment.
    pub role: Option<String>,
    /// The account, by its database id.
    pub account_id: Option<i64>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// Somebody or something known by name alone.
    pub fn named(name: &str, kind: ActorKind) -> Actor {
        Actor { name: name.to_owned(), kind, role: None, account_id: None, address: None }
    }

    /// Whoever is at the command line.
    pub fn command(author: &Author) -> Actor {
        Actor::named(author.as_str(), ActorKind::Command)
    }

    /// Somebody without an account, by name alone.
    #[cfg(test)]
    pub fn visitor(name: &str) -> Actor {
        Actor::named(name, ActorKind::Visitor)
    }

    /// The author of what they change.
    pub fn author(&self) -> Author {
        Author::named(&self.name)
    }

    /// The center itself.
    pub fn center() -> Actor {
        Actor::named(Author::scheduler().as_str(), ActorKind::Center)
    }
}

impl From<&Principal> for Actor {
    fn from(who: &Principal) -> Actor {
        let kind = match who.via {
            Via::Session(_) => ActorKind::Account,
            Via::Token(_) => ActorKind::Token,
            Via::Nothing => ActorKind::Visitor,
        };
        Actor {
            name: who.name.clone(),
            kind,
            role: who.is_known().then(|| who.role.as_str().to_owned()),
            account_id: who.account_id,
            address: who.address,
        }
    }
}

/// An entry to be recorded. Its number, time and hash are given when it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what: kind (such as `source`) and code or id.
    pub object: Option<(String, String)>,
    /// With what outcome.
    pub outcome: Outcome,
    /// What else is worth knowing. Never personal data and never a secret: an entry can't be deleted.
    pub detail: Map<String, serde_json::Value>,
}

impl Entry {
    /// Something that was done as asked.
    pub fn new(actor: Actor, action: Action) -> Entry {
        Entry { actor, action, object: None, outcome: Outcome::Done, detail: Map::new() }
    }

    /// To what.
    #[must_use]
    pub fn on(mut self, kind: &str, code: impl ToString) -> Entry {
        self.object = Some((kind.to_owned(), code.to_string()));
        self
    }

    /// With another outcome.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Entry {
        self.outcome = outcome;
        self
    }

    /// With one more thing worth knowing; an empty text is left out, a long one is cut. What names a person
    /// (a NIK in a reason or in SQL) is masked: an entry cannot be deleted.
    #[must_use]
    pub fn noting(mut self, key: &str, value: impl Into<serde_json::Value>) -> Entry {
        let value = match value.into() {
            serde_json::Value::String(text) if text.is_empty() => return self,
            // Before it is cut: half a number would no longer be recognised.
            serde_json::Value::String(text) => tidy(&mask_all(&text)).into(),
            other => other,
        };
        self.detail.insert(key.to_owned(), value);
        self
    }

    /// The entry as it is stored and hashed, in the order of [`COLUMNS`].
    pub fn cells(&self, number: i64, at_ms: i64) -> [Value; FIELDS] {
        let mut detail = serde_json::to_string(&self.detail).unwrap_or_default();
        if detail.len() > MAX_DETAIL_BYTES {
            detail = format!("{{\"cut_bytes\":{}}}", detail.len());
        }
        let text = |text: &str| Value::Text(tidy(text));
        let (kind, code) = match &self.object {
            Some((kind, code)) => (text(kind), text(code)),
            None => (Value::Null, Value::Null),
        };
        [
            number.into(),
            at_ms.into(),
            text(&self.actor.name),
            self.actor.kind.as_str().into(),
            self.actor.role.as_deref().map_or(Value::Null, text),
            self.actor.account_id.into(),
            self.actor.address.map(|address| address.to_canonical().to_string()).into(),
            self.action.as_str().into(),
            kind,
            code,
            self.outcome.as_str().into(),
            detail.into(),
        ]
    }
}

/// How many columns an entry has, without its hashes.
pub const FIELDS: usize = 12;

/// The columns of an entry, in the order in which they are hashed.
pub const COLUMNS: [&str; FIELDS] = [
    "number",
    "at_ms",
    "actor",
    "actor_kind",
    "actor_role",
    "account_id",
    "address",
    "action",
    "object_kind",
    "object_code",
    "outcome",
    "detail",
];

/// A text that both engines store as it is and that fits: NUL is not text to PostgreSQL.
fn tidy(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_bounded_and_holds_no_nul() {
        let mut entry = Entry::new(Actor::named(&"a\0".repeat(400), ActorKind::Visitor), Action::Queried)
            .noting("sql", "x".repeat(10_000))
            .noting("reason", "");
        assert!(!entry.detail.contains_key("reason"));
        for index in 0..100 {
            entry = entry.noting(&format!("k{index}"), "y".repeat(10_000));
        }
        let cells = entry.cells(1, 2);
        let texts = cells.iter().filter_map(|cell| match cell {
            Value::Text(text) => Some(text),
            _ => None,
        });
        for text in texts {
            assert!(text.len() <= MAX_DETAIL_BYTES && !text.contains('\0'), "{} bytes", text.len());
        }
        let Value::Text(detail) = &cells[11] else { panic!("{cells:?}") };
        assert!(serde_json::from_str::<serde_json::Value>(detail).is_ok(), "{detail}");
    }

    #[test]
    fn what_names_a_person_is_masked() {
        let sql =
            "select * from refused_row where raw like '%3316091708950003%' or raw like '%siti@contoh.go.id%'";
        let entry = Entry::new(Actor::center(), Action::Queried).noting("sql", sql).noting("rows", 33);
        let Value::Text(detail) = &entry.cells(1, 2)[11] else { panic!("{entry:?}") };
        assert!(!detail.contains("3316091708950003") && !detail.contains("siti@"), "{detail}");
        assert!(detail.contains("from refused_row") && detail.contains("\"rows\":33"), "{detail}");
    }

    #[test]
    fn words_are_told_apart() {
        let words: std::collections::BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(words.len(), Action::ALL.len());
    }
}
