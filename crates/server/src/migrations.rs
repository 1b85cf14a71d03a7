//! The schema of the server's own tables, in the order in which it grew.

use pendopo_figures::{Db, DbError, Migration};

/// Every step so far. A step that has been released is never edited.
const MIGRATIONS: &[Migration] = &[
    Migration { set: "server", number: 1, name: "packs", sql: include_str!("../migrations/0001_packs.sql") },
    Migration { set: "server", number: 2, name: "runs", sql: include_str!("../migrations/0002_runs.sql") },
    Migration {
        set: "server",
        number: 3,
        name: "accounts",
        sql: include_str!("../migrations/0003_accounts.sql"),
    },
    Migration { set: "server", number: 4, name: "audit", sql: include_str!("../migrations/0004_audit.sql") },
    Migration {
        set: "server",
        number: 5,
        name: "privacy",
        sql: include_str!("../migrations/0005_privacy.sql"),
    },
    Migration {
        set: "server",
        number: 6,
        name: "hardening",
        sql: include_str!("../migrations/0006_hardening.sql"),
    },
    Migration {
        set: "server",
        number: 8,
        name: "passkeys",
        sql: include_str!("../migrations/0008_passkeys.sql"),
    },
    Migration { set: "server", number: 9, name: "sso", sql: include_str!("../migrations/0009_sso.sql") },
    Migration {
        set: "server",
        number: 10,
        name: "boundaries",
        sql: include_str!("../migrations/0010_boundaries.sql"),
    },
    Migration {
        set: "server",
        number: 11,
        name: "tokens",
        sql: include_str!("../migrations/0011_tokens.sql"),
    },
    Migration { set: "server", number: 12, name: "push", sql: include_str!("../migrations/0012_push.sql") },
    Migration {
        set: "server",
        number: 13,
        name: "audit sent",
        sql: include_str!("../migrations/0013_audit_sent.sql"),
    },
    Migration { set: "server", number: 14, name: "clock", sql: include_str!("../migrations/0014_clock.sql") },
    Migration { set: "server", number: 15, name: "news", sql: include_str!("../migrations/0015_news.sql") },
    Migration {
        set: "server",
        number: 16,
        name: "board editor",
        sql: include_str!("../migrations/0016_board_editor.sql"),
    },
    Migration { set: "server", number: 17, name: "walls", sql: include_str!("../migrations/0017_walls.sql") },
    Migration { set: "server", number: 18, name: "paper", sql: include_str!("../migrations/0018_paper.sql") },
];

/// Brings a database to the newest schema: the tables of figures, then the server's own.
///
/// # Errors
/// The database's.
pub fn migrate(db: &Db) -> Result<(), DbError> {
    db.migrate(pendopo_figures::MIGRATIONS)?;
    db.migrate(MIGRATIONS)
}
