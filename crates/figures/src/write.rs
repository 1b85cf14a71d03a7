//! The write path: a run's figures, its ledger entry and everything maintained from them, in one
//! transaction.

use crate::{
    catalog::Catalog,
    db::{Db, DbError, Reader, Tx},
    definitions::{list_indicators, put_counts},
    disclosure,
    effective::{self, Series},
    effects::{self, IndicatorEffect, Snapshot},
    maintain::Work,
    rollup::Cell,
    runs::{self, AnswerBody, PackedAnswer, RefusedRow, RunCounters},
};
use std::{cmp::Reverse, thread};

/// A figure about to be recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StagedRow {
    /// The indicator.
    pub indicator_id: i64,
    /// [`RegionCode::id`](pendopo_vocab::RegionCode::id).
    pub region_id: i64,
    /// From [`put_breakdown`](crate::put_breakdown); 0 is the total.
    pub breakdown_id: i64,
    /// [`Period::id`](pendopo_vocab::Period::id), of the indicator's cadence.
    pub period: i32,
    /// The value; finite.
    pub value: f64,
    /// Row number in the answer, for lineage.
    pub row_no: i64,
}

/// What a run did to the figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunOutcome {
    /// Figures that were new.
    pub added: i64,
    /// Figures that got another revision.
    pub revised: i64,
    /// Figures already known with the same value.
    pub same: i64,
}

/// A figure whose value would change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LargestChange {
    /// What would be recorded.
    pub row: StagedRow,
    /// The value now.
    pub before: f64,
}

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunPreview {
    /// The counts.
    pub outcome: RunOutcome,
    /// The largest relative changes, largest first; at most 20.
    pub largest: Vec<LargestChange>,
}

/// Changes listed in a preview.
const LARGEST_CHANGES: usize = 20;
/// Up to this many rows of one period are looked up one by one; more are read as one range.
const FEW: usize = 48;

/// Records a run's figures and closes it as done: observations, current values, roll-ups, latest,
/// refused rows, answer and ledger, all or nothing. A figure equal to its last revision adds nothing.
/// `staged` needs no order; of two rows for the same figure (the caller has refused such) the last wins.
/// Refused with [`DbError::Conflict`] when the run is not running any more.
pub fn commit_run(
    db: &Db,
    run_id: i64,
    staged: Vec<StagedRow>,
    refused: &[RefusedRow],
    answer: Option<&AnswerBody>,
    counters: RunCounters,
    finished_at: i64,
) -> Result<RunOutcome, DbError> {
    let run = RunFigures { run_id, staged, refused, answer, counters, finished_at };
    commit_run_with(db, run, |_, _| Ok(()))
}

/// What a good run brings to its commit.
#[derive(Debug)]
pub struct RunFigures<'a> {
    /// The run.
    pub run_id: i64,
    /// Its figures.
    pub staged: Vec<StagedRow>,
    /// Rows kept aside.
    pub refused: &'a [RefusedRow],
    /// What the service answered.
    pub answer: Option<&'a AnswerBody>,
    /// What was counted.
    pub counters: RunCounters,
    /// Now, Unix milliseconds.
    pub finished_at: i64,
}

/// The same, along with whatever else must be known exactly when the run is.
pub fn commit_run_with(
    db: &Db,
    run: RunFigures<'_>,
    also: impl FnOnce(&mut Tx<'_>, RunOutcome) -> Result<(), DbError>,
) -> Result<RunOutcome, DbError> {
    let RunFigures { run_id, staged, refused, answer, counters, finished_at } = run;
    let commit = Commit { run_id, refused, answer_id: None, counters: &counters, finished_at };
    // Packing a large answer takes about as long as writing its figures, and neither needs the other.
    thread::scope(|scope| {
        let packing = answer.map(|answer| scope.spawn(|| PackedAnswer::of(answer)));
        let staged = prepare(staged)?;
        db.write(|tx| {
            let outcome = commit_in(tx, staged, &commit)?;
            if let Some(packing) = packing {
                let packed =
                    packing.join().map_err(|_| DbError::Other("packing the answer failed".to_owned()))?;
                runs::give_answer(tx, run_id, &packed?)?;
            }
            also(tx, outcome)?;
            Ok(outcome)
        })
    })
}

/// What a run leaves besides its figures.
pub(crate) struct Commit<'a> {
    pub run_id: i64,
    pub refused: &'a [RefusedRow],
    pub answer_id: Option<i64>,
    pub counters: &'a RunCounters,
    pub finished_at: i64,
}

/// The transaction of [`commit_run`]; `staged` comes from [`prepare`].
pub(crate) fn commit_in(
    tx: &mut Tx<'_>,
    staged: Vec<StagedRow>,
    commit: &Commit<'_>,
) -> Result<RunOutcome, DbError> {
    let Commit { run_id, refused, answer_id, counters, finished_at } = *commit;
    let commit_no = newest_commit_no(tx)? + 1;
    let (outcome, changed) = record(tx, staged, commit_no)?;
    close_run(tx, &Closing { run_id, commit_no, counters, outcome, answer_id, finished_at })?;
    runs::store_refused(tx, run_id, refused)?;
    let catalog = Catalog::load(tx)?;
    let mut work = Work::new(&catalog);
    work.add_rows(&changed);
    drop(changed);
    work.finish(tx, commit_no, finished_at)?;
    Ok(outcome)
}

/// What [`commit_run`] would do with these figures; nothing is kept.
pub fn preview_run(db: &Db, staged: Vec<StagedRow>) -> Result<RunPreview, DbError> {
    let staged = prepare(staged)?;
    db.read(|reader| {
        let mut outcome = RunOutcome::default();
        let mut largest: Vec<LargestChange> = Vec::new();
        classify(reader, &staged, |row, before| match before {
            None => outcome.added += 1,
            Some(before) if before == row.value => outcome.same += 1,
            Some(before) => {
                outcome.revised += 1;
                largest.push(LargestChange { row: *row, before });
                if largest.len() >= 4096 {
                    keep_largest(&mut largest);
                }
            }
        })?;
        keep_largest(&mut largest);
        Ok(RunPreview { outcome, largest })
    })
}

fn keep_largest(changes: &mut Vec<LargestChange>) {
    let size = |change: &LargestChange| {
        let base = change.before.abs().max(change.row.value.abs()).max(f64::MIN_POSITIVE);
        (change.row.value - change.before).abs() / base
    };
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    changes.truncate(LARGEST_CHANGES);
}

/// Brings roll-ups and latest of these indicators up to date after definitions, targets or regions
/// changed, along with the indicators that depend on them. `now`: Unix milliseconds.
pub fn recompute(tx: &mut Tx<'_>, indicators: &[i64], now: i64) -> Result<(), DbError> {
    recompute_telling(tx, indicators, now, &mut |_, _| {})
}

/// As [`recompute`]; gives what it did to figures of these indicators and of those made from them, over all
/// periods, without those to which it did nothing. `tell` hears how many figures are done, of how many known by
/// then.
///
/// # Errors
/// The database's.
pub fn recompute_compared(
    tx: &mut Tx<'_>,
    indicators: &[i64],
    now: i64,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Vec<IndicatorEffect>, DbError> {
    let catalog = Catalog::load(tx)?;
    let mut before = Vec::new();
    for id in effects::affected(&catalog, indicators) {
        before.push(Snapshot::take(tx, &catalog, id)?);
    }
    recompute_telling(tx, indicators, now, tell)?;
    let mut differing = Vec::new();
    for snapshot in before {
        let effect = snapshot.compare(tx)?;
        differing.extend((!effect.is_nothing()).then_some(effect));
    }
    Ok(differing)
}

fn recompute_telling(
    tx: &mut Tx<'_>,
    indicators: &[i64],
    now: i64,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<(), DbError> {
    let catalog = Catalog::load(tx)?;
    let commit_no = newest_commit_no(tx)?;
    disclosure::show_unguarded(tx, &catalog)?;
    let mut work = Work::new(&catalog);
    for id in indicators {
        let all = Series { indicator_id: *id, breakdown_id: 0 };
        for table in ["rollup", "latest"] {
            tx.execute(&format!("delete from {table} where indicator_id = $1"), &[(*id).into()])?;
        }
        let mut found: Vec<(Series, Cell)> = Vec::new();
        tx.for_each(
            "select distinct breakdown_id, period, region_id from observation where indicator_id = $1 \
             order by breakdown_id, period, region_id",
            &[(*id).into()],
            |row| {
                let series = Series { breakdown_id: row.get(0)?, ..all };
                found.push((series, (row.get(1)?, row.get(2)?)));
                Ok(())
            },
        )?;
        for group in found.chunk_by(|a, b| a.0 == b.0) {
            work.add(group[0].0, group.iter().map(|entry| entry.1));
        }
        work.rebuild(tx, *id)?;
    }
    work.finish_telling(tx, commit_no, now, tell)
}

/// Gives indicators that never said what they count the kind that their unit tells, and hides their small
/// figures: what a database from before that rule needs once. `now`: Unix milliseconds.
pub fn declare_counts(db: &Db, now: i64) -> Result<(), DbError> {
    let undeclared: Vec<i64> = db.read(|reader| {
        reader.query("select indicator_id from indicator where counts is null", &[], |row| row.get(0))
    })?;
    if undeclared.is_empty() {
        return Ok(());
    }
    db.write(|tx| {
        for indicator in list_indicators(tx)?.iter().filter(|indicator| undeclared.contains(&indicator.id)) {
            put_counts(tx, indicator.id, indicator.row.counts)?;
        }
        recompute(tx, &undeclared, now)
    })
}

/// Checks, sorts into the key order of `observation`, and drops repeated keys.
pub(crate) fn prepare(mut staged: Vec<StagedRow>) -> Result<Vec<StagedRow>, DbError> {
    if let Some(row) = staged.iter().find(|row| !row.value.is_finite()) {
        return Err(DbError::Conflict(format!("row {}: {} is not a number", row.row_no, row.value)));
    }
    staged.sort_unstable_by_key(|row| (key_order(row), Reverse(row.row_no)));
    staged.dedup_by_key(|row| key_order(row));
    Ok(staged)
}

/// The key order of `observation`.
fn key_order(row: &StagedRow) -> (i64, i64, i32, i64) {
    (row.indicator_id, row.breakdown_id, row.period, row.region_id)
}

/// Calls `each` on every row of `staged` (in key order) with the value in force.
fn classify(
    reader: &mut Reader<'_>,
    staged: &[StagedRow],
    mut each: impl FnMut(&StagedRow, Option<f64>),
) -> Result<(), DbError> {
    for group in staged.chunk_by(|a, b| {
        (a.indicator_id, a.breakdown_id, a.period) == (b.indicator_id, b.breakdown_id, b.period)
    }) {
        let series = Series { indicator_id: group[0].indicator_id, breakdown_id: group[0].breakdown_id };
        let period = group[0].period;
        if group.len() <= FEW {
            for row in group {
                let before = effective::reported_one(reader, series, period, row.region_id)?;
                each(row, before.map(|before| before.0));
            }
            continue;
        }
        let mut waiting = group.iter().peekable();
        let ends = (group[0].region_id, group[group.len() - 1].region_id);
        effective::reported(reader, series, period, ends, i64::MAX, |region, value, _| {
            while let Some(row) = waiting.next_if(|row| row.region_id < region) {
                each(row, None);
            }
            if let Some(row) = waiting.next_if(|row| row.region_id == region) {
                each(row, Some(value));
            }
        })?;
        for row in waiting {
            each(row, None);
        }
    }
    Ok(())
}

/// Records what was computed as a run of its own; gives its commit number and what changed.
pub(crate) fn record_computed(
    tx: &mut Tx<'_>,
    staged: Vec<StagedRow>,
    now: i64,
) -> Result<(i64, Vec<StagedRow>), DbError> {
    let staged = prepare(staged)?;
    let mut differs = false;
    classify(tx, &staged, |row, before| differs |= before != Some(row.value))?;
    let newest = newest_commit_no(tx)?;
    if !differs {
        return Ok((newest, Vec::new()));
    }
    let run_id = runs::insert_run(tx, &runs::NewRun::computed(now))?;
    let commit_no = newest + 1;
    let counters = &RunCounters { accepted: staged.len() as i64, ..RunCounters::default() };
    let (outcome, changed) = record(tx, staged, commit_no)?;
    close_run(tx, &Closing { run_id, commit_no, counters, outcome, answer_id: None, finished_at: now })?;
    Ok((commit_no, changed))
}

/// Writes the rows that are new or differ; gives them in key order.
fn record(
    tx: &mut Tx<'_>,
    mut staged: Vec<StagedRow>,
    commit_no: i64,
) -> Result<(RunOutcome, Vec<StagedRow>), DbError> {
    let mut outcome = RunOutcome::default();
    let mut keep: Vec<bool> = Vec::with_capacity(staged.len());
    classify(tx, &staged, |row, before| {
        match before {
            None => outcome.added += 1,
            Some(before) if before == row.value => outcome.same += 1,
            Some(_) => outcome.revised += 1,
        }
        keep.push(before != Some(row.value));
    })?;
    let mut kept = keep.iter();
    staged.retain(|_| kept.next().copied().unwrap_or(false));
    drop(keep);
    tx.bulk_insert(
        "observation",
        ["indicator_id", "breakdown_id", "period", "region_id", "commit_no", "value", "row_no"],
        staged.iter().map(|row| {
            [
                row.indicator_id.into(),
                row.breakdown_id.into(),
                row.period.into(),
                row.region_id.into(),
                commit_no.into(),
                row.value.into(),
                row.row_no.into(),
            ]
        }),
    )?;
    Ok((outcome, staged))
}

fn newest_commit_no(reader: &mut Reader<'_>) -> Result<i64, DbError> {
    reader.query_one("select coalesce(max(commit_no), 0) from run", &[], |row| row.get(0))
}

/// What a commit says about itself in the ledger.
struct Closing<'a> {
    run_id: i64,
    commit_no: i64,
    counters: &'a RunCounters,
    outcome: RunOutcome,
    answer_id: Option<i64>,
    finished_at: i64,
}

/// Closes the run as done. The time of record never runs backwards, so that "as known at" is a prefix
/// of the commits also when the machine's clock was set back.
fn close_run(tx: &mut Tx<'_>, closing: &Closing<'_>) -> Result<(), DbError> {
    let last: Option<i64> = tx.query_opt(
        "select finished_at from run where commit_no = $1",
        &[(closing.commit_no - 1).into()],
        |row| row.get(0),
    )?;
    let changed = tx.execute(
        "update run set status = 'done', commit_no = $2, finished_at = $3, accepted = $4, refused = $5, repeated = $6, \
         bytes = $7, added = $8, revised = $9, same = $10, answer_id = $11 where run_id = $1 and status = 'running'",
        &[
            closing.run_id.into(),
            closing.commit_no.into(),
            closing.finished_at.max(last.unwrap_or(i64::MIN)).into(),
            closing.counters.accepted.into(),
            closing.counters.refused.into(),
            closing.counters.repeated.into(),
            closing.counters.bytes.into(),
            closing.outcome.added.into(),
            closing.outcome.revised.into(),
            closing.outcome.same.into(),
            closing.answer_id.into(),
        ],
    )?;
    if changed == 0 {
        return Err(runs::not_running(closing.run_id));
    }
    Ok(())
}
