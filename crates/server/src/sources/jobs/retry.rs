//! Refused rows, tried again after the pack was mended, or dismissed.

use super::{
    RunOptions, RunReport, RunVerdict, app_error, begin,
    mapping::gathers,
    pipeline::{self, Input},
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    error::{AppError, AppResult},
    packs::schema::SourceFile,
    runs::store,
};
use pendopo_connectors::connection::Connection;
use pendopo_figures::{Db, DbError, Reader, RunKind, RunRow, RunStatus, find_run, settle_overtaken_row};
use std::collections::HashSet;

/// What is tried again.
struct Retry {
    source: String,
    run: RunRow,
    open: HashSet<i64>,
    connection: Connection,
    bytes: Vec<u8>,
    /// A later good run of the source has been recorded since.
    overtaken: bool,
}

/// Reads the refused rows of a run again from its recorded answer, with the definitions as they are now.
/// Rows that pass become figures of a new run and are marked as retried; the others stay open. A run
/// that was refused as a whole, and a source whose figures are gathered from several rows, is read again
/// as a whole, unless a later run has brought newer figures. What a later answer has brought stays, and a
/// row that says otherwise is marked with that run.
///
/// # Errors
/// [`AppError::NotFound`] without such a run, [`AppError::Conflict`] when there is nothing to retry.
pub async fn retry_run(app: &App, run_id: i64, options: &RunOptions) -> AppResult<RunReport> {
    let found = app.blocking(move |db| db.read(|reader| look_up(reader, run_id))).await?;
    let retry = found
        .ok_or_else(|| AppError::NotFound(format!("run {run_id} with a recorded answer")))?
        .map_err(AppError::Conflict)?;
    let owned = app.clone();
    let refused_whole = retry.run.status == RunStatus::Refused;
    let source = retry.source.clone();
    let definition = app.blocking(move |db| db.read(|reader| read_definition(reader, &source))).await?;
    let whole = refused_whole || definition.is_some_and(|definition| gathers(&definition.mapping));
    if whole && retry.overtaken {
        return Err(AppError::Conflict(
            "a later run has brought newer figures; read the source again instead".to_owned(),
        ));
    }
    let options = RunOptions { trigger: "retry", dry_run: false, retries: Some(run_id), ..options.clone() };
    let begun = begin::begin(app, &retry.source, RunKind::Retry, &options).await?;
    let only = (!whole).then(|| retry.open.clone());
    let pushed = retry.run.trigger == begin::PUSH;
    let input = Input::Recorded { connection: retry.connection, bytes: retry.bytes, only, pushed };
    let report = pipeline::carry_out(begun, input).await;
    if matches!(report.verdict, RunVerdict::Done | RunVerdict::Unchanged) {
        let (open, still) = (retry.open, report.refused_rows.clone());
        let overtaken = report.overtaken.clone();
        let settle = move |db: &Db| {
            let gathered = still.iter().any(|row| *row <= 0);
            let mut passed: Vec<i64> = open
                .into_iter()
                .filter(|row| if *row > 0 { !still.contains(row) } else { !gathered })
                .collect();
            passed.sort_unstable();
            db.write(|tx| {
                for row in overtaken.iter().filter(|row| row.row_no > 0) {
                    settle_overtaken_row(tx, run_id, row)?;
                }
                store::settle_rows(tx, run_id, &passed, true)
            })
        };
        owned.blocking(settle).await?;
    }
    Ok(report)
}

fn look_up(reader: &mut Reader<'_>, run_id: i64) -> Result<Option<Result<Retry, String>>, DbError> {
    let Some(run) = find_run(reader, run_id)? else { return Ok(None) };
    let Some(source_id) = run.source_id else { return Ok(None) };
    if !matches!(run.status, RunStatus::Done | RunStatus::Refused) {
        return Ok(Some(Err(format!("run {run_id} has not been judged; there is nothing to retry"))));
    }
    let open = store::read_open_rows(reader, run_id)?;
    if open.is_empty() {
        return Ok(Some(Err(format!("run {run_id} has no open refused rows"))));
    }
    let Some((connection, bytes)) = store::recorded_answer(reader, run_id)? else { return Ok(None) };
    let source =
        reader.query_one("select code from source where source_id = $1", &[source_id.into()], |row| {
            row.get(0)
        })?;
    let later: i64 = reader.query_one(
        "select count(*) from run where source_id = $1 and run_id > $2 and status = 'done' \
         and (kind in ('source', 'import') or retry_of > $2)",
        &[source_id.into(), run_id.into()],
        |row| row.get(0),
    )?;
    Ok(Some(Ok(Retry { source, run, open, connection, bytes, overtaken: later > 0 })))
}

fn read_definition(reader: &mut Reader<'_>, code: &str) -> Result<Option<SourceFile>, DbError> {
    let text: Option<String> =
        reader
            .query_opt("select definition from source where code = $1", &[code.into()], |row| row.get(0))?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Marks all open refused rows of a run as dismissed; gives how many there were.
///
/// # Errors
/// The database's.
pub async fn dismiss_rows(app: &App, run_id: i64, actor: Actor) -> AppResult<u64> {
    let owned = app.clone();
    let work = move || {
        owned.db().write(|tx| {
            let count = store::dismiss_rows(tx, run_id)?;
            if count > 0 {
                let entry = Entry::new(actor, Action::RowsDismissed).on("run", run_id).noting("rows", count);
                owned.audit().record(tx, &entry)?;
            }
            Ok(count)
        })
    };
    let dismissed = tokio::task::spawn_blocking(work).await;
    let dismissed = dismissed.map_err(anyhow::Error::from)?.map_err(app_error)?;
    app.bump_data_version();
    Ok(dismissed)
}
