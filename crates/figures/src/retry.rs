//! Refused rows that are read again. What a later answer has brought is newer than anything an old row
//! says: it stays, and the row is told which run brought it.

use crate::{
    db::{Db, DbError, Reader, Tx},
    questions::Questions,
    runs::{self, RunCounters, RunRow},
    write::{Commit, RunOutcome, StagedRow, commit_in, prepare},
};
use std::collections::{BTreeMap, HashSet};

/// A row that was read again although a later run has brought its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken {
    /// The row's number in the answer.
    pub row_no: i64,
    /// The newest run that brought one of its figures.
    pub by_run: i64,
    /// Nothing of the row was used; otherwise its other figures were.
    pub whole: bool,
}

/// What a retry did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryOutcome {
    /// To the figures.
    pub outcome: RunOutcome,
    /// Rows of which something was left out, in their order.
    pub overtaken: Vec<Overtaken>,
}

/// As [`commit_run`](crate::commit_run), for a run that reads rows of an earlier run
/// ([`NewRun::retry_of`](crate::NewRun::retry_of)) again: figures that a later answer has brought are left
/// out, and the run keeps the earlier run's answer as its own, as long as that one has it.
///
/// # Errors
/// [`DbError::Conflict`] when the run is not running any more or reads no other run again; the database's.
pub fn commit_retry(
    db: &Db,
    run_id: i64,
    staged: Vec<StagedRow>,
    counters: RunCounters,
    finished_at: i64,
) -> Result<RetryOutcome, DbError> {
    commit_retry_with(db, run_id, staged, counters, finished_at, |_, _| Ok(()))
}

/// The same, along with whatever else must be known exactly when the run is.
///
/// # Errors
/// Those of [`commit_retry`] and of `also`.
pub fn commit_retry_with(
    db: &Db,
    run_id: i64,
    staged: Vec<StagedRow>,
    counters: RunCounters,
    finished_at: i64,
    also: impl FnOnce(&mut Tx<'_>, RunOutcome) -> Result<(), DbError>,
) -> Result<RetryOutcome, DbError> {
    let mut staged = prepare(staged)?;
    db.write(|tx| {
        let read_again = earlier_run(tx, run_id)?;
        let overtaken = leave_out(tx, &read_again, &mut staged)?;
        let answer_id = read_again.answer_id;
        let commit = Commit { run_id, refused: &[], answer_id, counters: &counters, finished_at };
        let outcome = commit_in(tx, staged, &commit)?;
        also(tx, outcome)?;
        Ok(RetryOutcome { outcome, overtaken })
    })
}

fn earlier_run(reader: &mut Reader<'_>, run_id: i64) -> Result<RunRow, DbError> {
    let found = match runs::find_run(reader, run_id)?.and_then(|run| run.retry_of) {
        Some(earlier) => runs::find_run(reader, earlier)?,
        None => None,
    };
    found.ok_or_else(|| DbError::Conflict(format!("run {run_id} reads no earlier run again")))
}

/// Takes the figures out that a later answer has brought; gives their rows.
fn leave_out(
    reader: &mut Reader<'_>,
    read_again: &RunRow,
    staged: &mut Vec<StagedRow>,
) -> Result<Vec<Overtaken>, DbError> {
    let since = match (read_again.commit_no, read_again.finished_at) {
        (Some(commit_no), _) => commit_no,
        // A run that was refused as a whole has no place of its own among the commits.
        (None, Some(finished_at)) => reader.newest_commit_at(finished_at)?,
        (None, None) => 0,
    };
    let mut newer: BTreeMap<i64, i64> = BTreeMap::new();
    let mut used: HashSet<i64> = HashSet::new();
    let mut kept = Vec::with_capacity(staged.len());
    for group in staged.chunk_by(|a, b| {
        (a.indicator_id, a.breakdown_id, a.period) == (b.indicator_id, b.breakdown_id, b.period)
    }) {
        let brought = brought_later(reader, group, since, read_again.run_id)?;
        for row in group {
            match brought.get(&row.region_id) {
                Some(by_run) => {
                    let newest = newer.entry(row.row_no).or_insert(*by_run);
                    *newest = (*newest).max(*by_run);
                }
                None => {
                    used.insert(row.row_no);
                    kept.push(*row);
                }
            }
        }
    }
    *staged = kept;
    let told = |(row_no, by_run)| Overtaken { row_no, by_run, whole: !used.contains(&row_no) };
    Ok(newer.into_iter().map(told).collect())
}

/// For the regions of one series and period: the newest run after commit `since` that brought a figure.
/// A retry counts as the run that it read again, so what a retry of an older answer brought is not newer.
fn brought_later(
    reader: &mut Reader<'_>,
    group: &[StagedRow],
    since: i64,
    run_id: i64,
) -> Result<BTreeMap<i64, i64>, DbError> {
    let (first, last) = (group[0], group[group.len() - 1]);
    let found: Vec<(i64, i64)> = reader.query(
        "select o.region_id, n.run_id from observation o join run n on n.commit_no = o.commit_no \
         where o.indicator_id = $1 and o.breakdown_id = $2 and o.period = $3 and o.region_id between $4 and $5 \
         and o.commit_no > $6 and (n.retry_of is null or n.retry_of > $7) order by o.region_id, o.commit_no",
        &[
            first.indicator_id.into(),
            first.breakdown_id.into(),
            first.period.into(),
            first.region_id.into(),
            last.region_id.into(),
            since.into(),
            run_id.into(),
        ],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Of several the last one counts, which is the newest.
    Ok(found.into_iter().collect())
}

/// Notes at an open refused row that a later run's figure was kept; `false` when there was no such open
/// row.
///
/// # Errors
/// The database's.
pub fn settle_overtaken_row(tx: &mut Tx<'_>, run_id: i64, row: &Overtaken) -> Result<bool, DbError> {
    let state = if row.whole { "dismissed" } else { "retried" };
    let changed = tx.execute(
        "update refused_row set state = $3, overtaken_by = $4 where run_id = $1 and row_no = $2 and state = 'open'",
        &[run_id.into(), row.row_no.into(), state.into(), row.by_run.into()],
    )?;
    Ok(changed == 1)
}
