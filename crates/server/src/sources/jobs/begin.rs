//! The beginning of a run: what is to be read, and the right to do it.

use super::{Receipt, RunOptions, app_error};
use crate::{
    app::App,
    audit::{Action, Entry},
    error::{AppError, AppResult},
    jobs::progress::Running,
    packs::{schema::SourceFile, spans::parse_span},
    sources::{news::read_news, receipts, store},
};
use jiff::{SignedDuration, Timestamp};
use pendopo_connectors::{mapping::IndicatorShape, personal::mask_all, reads_changes_only};
use pendopo_figures::{
    Db, DbError, Engine, NewRun, Reader, RunKind, begin_run_in, list_breakdowns, list_indicators,
    list_sources,
};
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// What sets off a run of rows that were sent.
pub(super) const PUSH: &str = "push";

/// How long a run may be silent before others take it for dead.
pub(super) const LEASE: Duration = Duration::from_secs(90);

/// A source with everything its mapping refers to.
pub(super) struct Prepared {
    pub source_id: i64,
    pub source: SourceFile,
    /// The indicators that sources may feed, and their ids in the same order.
    pub shapes: Vec<IndicatorShape>,
    pub indicator_ids: Vec<i64>,
    /// Their names, for people.
    pub indicator_names: Vec<String>,
    pub breakdowns: HashMap<String, i64>,
    /// Columns of the last answer.
    pub columns: Option<Vec<String>>,
    /// From when on changes are asked for; `None` when everything is.
    pub since: Option<Timestamp>,
}

/// A run that has begun. While it lives no other run of the source can.
pub(super) struct Begun {
    pub app: App,
    pub prepared: Prepared,
    pub options: RunOptions,
    pub kind: RunKind,
    /// Its number; `None` for a dry run, which leaves no trace.
    pub run_id: Option<i64>,
    pub running: Running,
    pub started_at: Timestamp,
    /// Held as long as the run lives, and let go by the system when the process dies.
    _lock: Option<File>,
}

/// Looks up a source and enters a run into the ledger.
pub(super) async fn begin(app: &App, code: &str, kind: RunKind, options: &RunOptions) -> AppResult<Begun> {
    let started_at = app.clock().now();
    let (wanted, owned, options) = (code.to_owned(), app.clone(), options.clone());
    let work = move || -> AppResult<Begun> {
        let found = owned.db().read(|reader| prepare(reader, &wanted, started_at))?;
        let prepared = found.ok_or_else(|| AppError::NotFound(format!("source `{wanted}`")))?;
        let prepared = prepared.map_err(AppError::Conflict)?;
        let source_id = prepared.source_id;
        if prepared.source.connection.is_pushed() && kind == RunKind::Source && options.trigger != PUSH {
            return Err(AppError::Conflict(format!(
                "the rows of `{wanted}` are sent by the agency's program; there is nothing to fetch"
            )));
        }
        let (run_id, lock) = match options.dry_run {
            true => (None, None),
            false => {
                let lock = lock_source(owned.db(), &owned.config().data_folder, source_id)?;
                let run = NewRun {
                    source_id: Some(source_id),
                    kind,
                    author: options.author.clone(),
                    reason: Some(mask_all(&options.reason).into_owned()).filter(|reason| !reason.is_empty()),
                    trigger: options.trigger.to_owned(),
                    started_at: started_at.as_millisecond(),
                    lease_ms: LEASE.as_millis() as i64,
                    retry_of: options.retries,
                };
                let entry = audit_entry(&wanted, kind, &options);
                (Some(enter(&owned, &run, entry, options.receipt.as_ref(), lock.is_some())?), lock)
            }
        };
        // A dry run is listed under a number that no run has.
        let running = owned.progress().enter(run_id.unwrap_or(-source_id), CancellationToken::new());
        Ok(Begun { app: owned, prepared, options, kind, run_id, running, started_at, _lock: lock })
    };
    tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
}

/// `None` when there is no such source; an inner error when its definition is of another version.
fn prepare(
    reader: &mut Reader<'_>,
    code: &str,
    now: Timestamp,
) -> Result<Option<Result<Prepared, String>>, DbError> {
    let sources = list_sources(reader)?;
    let Some(stored) =
        sources.into_iter().find(|source| source.retired_at.is_none() && source.row.code == code)
    else {
        return Ok(None);
    };
    let source: SourceFile = match serde_json::from_str(&stored.row.definition) {
        Ok(source) => source,
        Err(error) => {
            return Ok(Some(Err(format!(
                "the definition of `{code}` is not understood, apply the pack again: {error}"
            ))));
        }
    };
    let indicators = list_indicators(reader)?;
    // Computed indicators and ratios are made from others, never fed.
    let fed = indicators.iter().filter(|one| one.retired_at.is_none() && one.row.sql.is_none());
    let indicator_names = fed.clone().map(|one| one.row.name.clone()).collect();
    let (shapes, indicator_ids) = fed
        .map(|one| {
            let row = &one.row;
            let shape = IndicatorShape {
                code: row.code.clone(),
                cadence: row.cadence,
                level: row.level,
                min: row.min,
                max: row.max,
            };
            (shape, one.id)
        })
        .unzip();
    let since = match reads_changes_only(&source.connection) {
        true => since(reader, &source, stored.id, now)?,
        false => None,
    };
    Ok(Some(Ok(Prepared {
        source_id: stored.id,
        source,
        since,
        shapes,
        indicator_ids,
        indicator_names,
        breakdowns: list_breakdowns(reader)?.into_iter().map(|(id, key)| (key, id)).collect(),
        columns: store::read_columns(reader, stored.id)?,
    })))
}

/// Before the start of the last good run is read again by this much, unless the source says otherwise.
const USUAL_OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// From when on a source is asked for changes: a little before the last good run began, or everything
/// when that is due. The texts were checked with the pack.
fn since(
    reader: &mut Reader<'_>,
    source: &SourceFile,
    source_id: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let span = |text: &Option<String>| text.as_deref().and_then(|text| parse_span(text).ok());
    if let Some(every) = span(&source.full_every) {
        let full_at = read_news(reader, source_id)?.full_at;
        if full_at.is_none_or(|at| now.duration_since(at) >= every) {
            return Ok(None);
        }
    }
    let overlap = span(&source.since_overlap).unwrap_or(USUAL_OVERLAP);
    let last = store::last_good_start(reader, source_id)?;
    Ok(last.and_then(|at| at.checked_sub(overlap).ok()))
}

fn lock_path(folder: &Path, source_id: i64) -> PathBuf {
    folder.join("locks").join(format!("source-{source_id}.lock"))
}

/// Takes the source's lock file. The embedded database is used by processes of one machine only, so the
/// lock tells at once whether the holder of a lease is still alive. `None` for a database server, whose
/// replicas rely on the lease alone.
fn lock_source(db: &Db, folder: &Path, source_id: i64) -> AppResult<Option<File>> {
    if db.engine() != Engine::Sqlite {
        return Ok(None);
    }
    let path = lock_path(folder, source_id);
    let failed =
        |error: std::io::Error| AppError::CannotSave(format!("cannot lock {}: {error}", path.display()));
    std::fs::create_dir_all(folder.join("locks")).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(AppError::Conflict(
            "this source is being read already; one run per source at a time".to_owned(),
        )),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// What the audit log says of a run that somebody asked for.
fn audit_entry(source: &str, kind: RunKind, options: &RunOptions) -> Option<Entry> {
    let actor = options.actor.clone()?;
    let action = match kind {
        RunKind::Import => Action::FileImported,
        RunKind::Retry => Action::RowsRetried,
        RunKind::Source | RunKind::Computed => Action::RunStarted,
    };
    let entry = Entry::new(actor, action).on("source", source).noting("reason", options.reason.as_str());
    Some(match options.retries {
        Some(run_id) => entry.noting("of", run_id),
        None => entry,
    })
}

/// Enters the run. With the lock in hand an unfinished run of the source can only be a dead one.
fn enter(
    app: &App,
    run: &NewRun,
    entry: Option<Entry>,
    receipt: Option<&Receipt>,
    locked: bool,
) -> AppResult<i64> {
    let begin = || {
        app.db().write(|tx| {
            let run_id = begin_run_in(tx, run)?;
            if let (Some(receipt), Some(source_id)) = (receipt, run.source_id) {
                receipts::take(tx, source_id, receipt, run_id, run.started_at)?;
            }
            if let Some(entry) = &entry {
                app.audit().record(tx, &entry.clone().noting("run", run_id))?;
            }
            Ok(run_id)
        })
    };
    match (begin(), run.source_id) {
        (Err(DbError::Conflict(_)), Some(source_id)) if locked => {
            app.db().write(|tx| store::close_orphan(tx, source_id, run.started_at))?;
            begin().map_err(app_error)
        }
        (begun, _) => begun.map_err(app_error),
    }
}

/// Closes the runs that an earlier process left behind, when the program starts.
pub(super) fn close_orphans(db: &Db, folder: &Path, now_ms: i64) -> Result<u64, DbError> {
    let mut closed = pendopo_figures::close_interrupted_runs(db, now_ms)?;
    let running: Vec<i64> = db.read(|reader| {
        reader.query(
            "select source_id from run where status = 'running' and source_id is not null",
            &[],
            |row| row.get(0),
        )
    })?;
    for source_id in running {
        if let Ok(Some(_lock)) = lock_source(db, folder, source_id) {
            closed += db.write(|tx| store::close_orphan(tx, source_id, now_ms))?;
        }
    }
    Ok(closed)
}
