//! Taking away what was kept of runs beside their figures: answers and refused rows past their time, and
//! answers rewritten without rows that somebody asked to be forgotten. Figures and the ledger stay.
//!
//! Every step is bounded, so that a large backlog never holds the write lock for long, and doing a step
//! again does nothing.

use crate::{
    AnswerBody,
    db::{DbError, Engine, Tx, Value},
    runs::{PackedAnswer, store_answer},
};

/// Whose runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsOf {
    /// A source's.
    Source(i64),
    /// Those that belong to no source.
    None,
}

impl RunsOf {
    fn condition(self) -> String {
        match self {
            // A number of ours, not a text from outside.
            RunsOf::Source(source_id) => format!("source_id = {source_id}"),
            RunsOf::None => "source_id is null".to_owned(),
        }
    }
}

/// Makes what is deleted from here on unreadable in the file: SQLite writes zeros over it. PostgreSQL
/// gives the space away with its next vacuum and offers nothing stronger.
pub fn overwrite_deleted(tx: &mut Tx<'_>, on: bool) -> Result<(), DbError> {
    if tx.engine() == Engine::Sqlite {
        let sql = if on { "pragma secure_delete = on" } else { "pragma secure_delete = off" };
        tx.query(sql, &[], |_| Ok(()))?;
    }
    Ok(())
}

/// Parts runs that ended before `before` (Unix milliseconds) from their answers, at most `limit` of them;
/// gives how many. A retry keeps its answer no longer than the run that it read again, whose answer it is.
/// [`drop_unused_answers`] then deletes what no run refers to.
pub fn release_answers(tx: &mut Tx<'_>, of: RunsOf, before: i64, limit: i64) -> Result<u64, DbError> {
    let sql = format!(
        "update run set answer_id = null where run_id in (select r.run_id from run r \
         left join run first on first.run_id = r.retry_of where r.{} and r.answer_id is not null \
         and coalesce(first.finished_at, r.finished_at) < $1 order by r.run_id limit $2)",
        of.condition()
    );
    tx.execute(&sql, &[before.into(), limit.into()])
}

/// Deletes at most `limit` answers that no run refers to; gives how many.
pub fn drop_unused_answers(tx: &mut Tx<'_>, limit: i64) -> Result<u64, DbError> {
    tx.execute(
        "delete from answer where answer_id in (select a.answer_id from answer a where not exists \
         (select 1 from run r where r.answer_id = a.answer_id) order by a.answer_id limit $1)",
        &[limit.into()],
    )
}

/// Deletes at most `limit` refused rows of runs that ended before `before`; gives how many. The ledger
/// keeps their number.
pub fn drop_refused_rows(tx: &mut Tx<'_>, of: RunsOf, before: i64, limit: i64) -> Result<u64, DbError> {
    let runs: Vec<i64> = tx.query(
        &format!(
            "select r.run_id from run r where {} and r.finished_at < $1 and exists \
             (select 1 from refused_row f where f.run_id = r.run_id) order by r.run_id limit $2",
            of.condition()
        ),
        &[before.into(), limit.into()],
        |row| row.get(0),
    )?;
    let mut dropped = 0;
    for run_id in runs {
        let left = limit.saturating_sub(i64::try_from(dropped).unwrap_or(i64::MAX));
        if left <= 0 {
            break;
        }
        dropped += tx.execute(
            "delete from refused_row where run_id = $1 and row_no in \
             (select row_no from refused_row where run_id = $1 order by row_no limit $2)",
            &[run_id.into(), left.into()],
        )?;
    }
    Ok(dropped)
}

/// Puts another answer in the place of one, for all runs that were made from it.
pub fn replace_answer(tx: &mut Tx<'_>, answer_id: i64, by: &AnswerBody) -> Result<(), DbError> {
    let packed = PackedAnswer::of(by)?;
    let new_id = store_answer(tx, &packed)?;
    if new_id == answer_id {
        return Ok(());
    }
    tx.execute("update run set answer_id = $2 where answer_id = $1", &[answer_id.into(), new_id.into()])?;
    tx.execute("delete from answer where answer_id = $1", &[Value::from(answer_id)])?;
    Ok(())
}
