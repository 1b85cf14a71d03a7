//! The schema of the server's own tables, in the order in which it grew.

use pendopo_figures::Migration;

/// Every step so far. A step that has been released is never edited.
pub const MIGRATIONS: &[Migration] = &[
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
    Migration { set: "server", number: 11, name: "walls", sql: include_str!("../migrations/0011_walls.sql") },
];
