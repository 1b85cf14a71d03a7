//! What every feature may ask for, and how the program stops.

use crate::{
    audit::Audit,
    config::Config,
    error::{AppError, AppResult},
    jobs::progress::Progress,
    kept::{Kept, Shelf},
    vault::Vault,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use pendopo_figures::{Db, DbError, Reader, Tx};
use pendopo_vocab::{Clock, RegionCode};
use std::sync::{Arc, OnceLock, RwLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Who the center is, as applied from its place pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Short name, such as `contoh`.
    pub code: String,
    /// Name of the government.
    pub name: String,
    /// The region it governs.
    pub region: RegionCode,
    /// Time zone of schedules and of every time shown.
    pub time_zone: jiff::tz::TimeZone,
    /// The data are made up: every page says so.
    pub sample_data: bool,
    /// Board shown on the first page.
    pub home_board: Option<String>,
    /// Sectors in the order of the board: code, Indonesian name, English name.
    pub sectors: Vec<(String, String, String)>,
    /// Who answers for what is printed.
    pub paper: PaperIdentity,
    /// Where the regions below lie on the tile map: region, row and column from 1.
    pub tiles: Vec<(RegionCode, u8, u8)>,
}

/// Who answers for what is printed; what is not said is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaperIdentity {
    /// The agency, in full.
    pub responsible: String,
    /// The office that signs.
    pub office: String,
    /// The place written before the day.
    pub city: String,
    /// Who holds the office.
    pub name: String,
    /// Number of the official.
    pub number: String,
}

impl Identity {
    /// A center to which no pack has been applied yet.
    pub fn unnamed() -> Identity {
        Identity {
            code: String::new(),
            name: "Pendopo".to_owned(),
            region: RegionCode::COUNTRY,
            time_zone: jiff::tz::TimeZone::get("Asia/Jakarta").unwrap_or(jiff::tz::TimeZone::UTC),
            sample_data: false,
            home_board: None,
            sectors: Vec::new(),
            paper: PaperIdentity::default(),
            tiles: Vec::new(),
        }
    }

    /// Row and column of each region on the tile map, where the pack lays them out.
    pub fn tiles_of(&self, regions: &[RegionCode]) -> Vec<Option<(u8, u8)>> {
        let place = |region: &RegionCode| {
            let found = self.tiles.iter().find(|(code, ..)| code == region);
            found.map(|(_, row, column)| (*row, *column))
        };
        regions.iter().map(place).collect()
    }
}

/// The running center. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    db: Db,
    clock: Arc<dyn Clock>,
    identity: RwLock<Arc<Identity>>,
    data_version: watch::Sender<u64>,
    first_version: u64,
    steered: watch::Sender<u64>,
    closing: CancellationToken,
    progress: Progress,
    shelf: Arc<Shelf>,
    vault: Vault,
    audit: Audit,
}

/// Changes whenever another process has recorded something that pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataMark {
    /// The newest end of a run, Unix milliseconds.
    pub newest_run: i64,
    /// Runs in all.
    pub runs: i64,
    /// The newest application of a pack.
    pub pack_change: i64,
    /// Changes with every import of boundaries, and with every one taken back.
    pub boundaries: i64,
}

/// Reads the [`DataMark`].
pub fn read_data_mark(reader: &mut Reader<'_>) -> Result<DataMark, DbError> {
    let sql = "select (select coalesce(max(finished_at), 0) from run), (select coalesce(max(run_id), 0) from run), \
               (select coalesce(max(pack_change_id), 0) from pack_change), \
               (select coalesce(max(boundary_set_id), 0) + count(retired_at) from boundary_set)";
    reader.query_one(sql, &[], |row| {
        Ok(DataMark {
            newest_run: row.get(0)?,
            runs: row.get(1)?,
            pack_change: row.get(2)?,
            boundaries: row.get(3)?,
        })
    })
}

/// The recorder of metrics; one per process, as the `metrics` crate has it.
static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

impl App {
    /// A center over an opened and migrated database.
    pub fn new(config: Config, db: Db, clock: Arc<dyn Clock>, identity: Identity, vault: Vault) -> App {
        // Starts at the clock, so that no version number of an earlier process is ever used again.
        let started = clock.now().as_millisecond().unsigned_abs();
        let audit = Audit::new(db.clone(), clock.clone(), vault.clone(), &config.audit);
        App(Arc::new(Inner {
            config,
            db,
            clock,
            identity: RwLock::new(Arc::new(identity)),
            data_version: watch::Sender::new(started),
            first_version: started,
            steered: watch::Sender::new(0),
            closing: CancellationToken::new(),
            progress: Progress::default(),
            shelf: Arc::default(),
            vault,
            audit,
        }))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The database, for jobs and the command line. Handlers use [`App::blocking`].
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Where "now" comes from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The keys: sealing, codes and signatures.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The audit log.
    pub fn audit(&self) -> &Audit {
        &self.0.audit
    }

    /// How far running work is.
    pub fn progress(&self) -> &Progress {
        &self.0.progress
    }

    /// Starts recording metrics; a second start in one process changes nothing.
    pub fn record_metrics() {
        METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    }

    /// The metrics in Prometheus' text format; empty before [`App::record_metrics`].
    pub fn metrics_text(&self) -> String {
        METRICS.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
    }

    /// Who the center is.
    pub fn identity(&self) -> Arc<Identity> {
        match self.0.identity.read() {
            Ok(identity) => identity.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Takes over a new identity after a pack was applied.
    pub fn set_identity(&self, identity: Identity) {
        let identity = Arc::new(identity);
        match self.0.identity.write() {
            Ok(mut slot) => *slot = identity,
            Err(poisoned) => *poisoned.into_inner() = identity,
        }
        self.bump_data_version();
    }

    /// A number that changes whenever something shown may have changed; the key of page caches.
    pub fn data_version(&self) -> u64 {
        *self.0.data_version.borrow()
    }

    /// The first of this process; earlier ones were another's.
    pub fn first_version(&self) -> u64 {
        self.0.first_version
    }

    /// What was read since the data last changed, for a request that comes now.
    pub fn kept(&self) -> Kept {
        Kept::at(self.0.shelf.clone(), self.data_version())
    }

    /// Follows [`App::data_version`], for pages that are open.
    pub fn data_changes(&self) -> watch::Receiver<u64> {
        self.0.data_version.subscribe()
    }

    /// Says that something shown may have changed.
    pub fn bump_data_version(&self) {
        self.0.data_version.send_modify(|version| *version += 1);
    }

    /// Follows [`App::note_steered`], for screens.
    pub fn steered(&self) -> watch::Receiver<u64> {
        self.0.steered.subscribe()
    }

    /// Says that somebody steered screens, or that there are others. No cached page depends on it.
    pub fn note_steered(&self) {
        self.0.steered.send_modify(|count| *count += 1);
    }

    /// Cancelled when the program stops: answers without an end come to theirs.
    pub fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }

    /// Runs blocking database work off the async threads.
    ///
    /// # Errors
    /// What `work` returns; a panic in it becomes an internal error.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, DbError> + Send + 'static,
    ) -> AppResult<T> {
        let db = self.0.db.clone();
        let joined = tokio::task::spawn_blocking(move || work(&db)).await;
        Ok(joined.map_err(anyhow::Error::from)??)
    }

    /// Runs `work` in one write transaction off the async threads: kept when it answers well, rolled back when it
    /// answers any error, so that a request that is turned down halfway leaves nothing behind.
    ///
    /// # Errors
    /// What `work` returns; the database's; a panic becomes an internal error.
    pub async fn all_or_nothing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        let db = self.0.db.clone();
        let joined = tokio::task::spawn_blocking(move || {
            let mut turned_down = None;
            let written = db.write(|tx| {
                work(tx).map_err(|error| {
                    turned_down = Some(error);
                    // Only rolls back: what is told is the error of `work`.
                    DbError::Conflict(String::new())
                })
            });
            written.map_err(|error| turned_down.unwrap_or_else(|| AppError::from(error)))
        });
        joined.await.map_err(anyhow::Error::from)?
    }
}
