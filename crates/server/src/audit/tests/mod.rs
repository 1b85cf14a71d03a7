//! The audit log on real databases: recording, queueing, verification, and attempts to cheat it.

mod recording;
mod speed;
mod tampering;

use super::{
    Action, Actor, Audit, AuditConfig, Entry, OutwardConfig,
    verify::{Verified, verify},
};
use crate::vault::Vault;
use pendopo_figures::{Db, DbUrl};
use pendopo_vocab::Clock;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// A clock that goes on by a second whenever it is asked.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
}

/// A log with its keys and its folder.
struct Log {
    db: Db,
    vault: Vault,
    clock: Arc<Ticking>,
    folder: tempfile::TempDir,
    _server: Option<pendopo_testkit::Postgres>,
}

impl Log {
    fn sqlite() -> Log {
        let folder = tempfile::tempdir().unwrap();
        let url = DbUrl::Sqlite(folder.path().join("pendopo.db"));
        Log::open(folder, &url, None)
    }

    fn postgres() -> Log {
        let server = pendopo_testkit::postgres();
        let url = DbUrl::Postgres(server.url.clone());
        Log::open(tempfile::tempdir().unwrap(), &url, Some(server))
    }

    fn open(folder: tempfile::TempDir, url: &DbUrl, server: Option<pendopo_testkit::Postgres>) -> Log {
        let db = Db::open(url).unwrap();
        crate::migrations::migrate(&db).unwrap();
        let clock = Arc::new(Ticking(AtomicI64::new(1_795_500_000)));
        Log { db, vault: Vault::for_testing().unwrap(), clock, folder, _server: server }
    }

    fn anchor_file(&self) -> PathBuf {
        self.folder.path().join("anchor.log")
    }

    /// The log as one process has it.
    fn process(&self) -> Audit {
        self.process_at(&self.anchor_file())
    }

    fn process_at(&self, anchor_file: &Path) -> Audit {
        let config = AuditConfig {
            anchor_file: anchor_file.to_owned(),
            anchor_entries: 20,
            outward: OutwardConfig::default(),
        };
        Audit::new(self.db.clone(), self.clock.clone(), self.vault.clone(), &config)
    }

    fn verify(&self) -> Verified {
        verify(&self.db, &self.process(), &[], &mut |_| {}).unwrap()
    }

    /// Everything is as it should be, up to this number.
    fn assert_whole(&self, number: i64) {
        let verified = self.verify();
        assert_eq!((verified.last.number, verified.findings.first), (number, vec![]));
    }
}

fn entry(index: usize) -> Entry {
    let actor = Actor { role: Some("operator".to_owned()), account_id: Some(7), ..Actor::visitor("Siti") };
    let entry = Entry::new(actor, Action::RunStarted).on("source", format!("sumber-{index}"));
    entry.noting("reason", format!("alasan ke-{index}")).noting("run", index)
}
