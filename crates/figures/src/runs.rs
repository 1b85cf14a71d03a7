//! The run ledger: every execution of a source, from its beginning to one of its ends.
//!
//! A run is applied once or not at all: [`commit_run`](crate::commit_run) closes the ledger entry in the
//! same transaction that writes its figures. While it runs it holds a lease; a run whose process was
//! killed is recognised by its expired lease and closed as interrupted when the next one begins.

use crate::db::{Db, DbError, Reader, Row, Tx, Value};
use flate2::{Compression, write::GzEncoder};
use pendopo_vocab::Author;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// At work.
    Running,
    /// Applied.
    Done,
    /// Judged and not applied: too many bad rows, changed columns.
    Refused,
    /// Could not be judged: no answer, broken answer.
    Failed,
    /// Its process ended before it did.
    Interrupted,
}

/// What kind of work a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunKind {
    /// A source was read.
    Source,
    /// A file was imported by hand.
    Import,
    /// Refused rows were tried again.
    Retry,
    /// Indicators were computed from others.
    Computed,
}

macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),* $(,)? } else $other:ident) => {
        impl $type {
            /// The word stored in the database and used in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            pub(crate) fn from_word(word: &str) -> $type {
                match word { $($word => Self::$variant,)* _ => Self::$other }
            }
        }
    };
}
words!(RunStatus {
    Running = "running", Done = "done", Refused = "refused", Failed = "failed", Interrupted = "interrupted",
} else Failed);
words!(RunKind {
    Source = "source", Import = "import", Retry = "retry", Computed = "computed",
} else Source);

/// A run about to begin.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The source; `None` for imports that belong to none.
    pub source_id: Option<i64>,
    /// What kind of work.
    pub kind: RunKind,
    /// Who began it.
    pub author: Author,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// What set it off: `schedule`, `manual`, `retry`, ...
    pub trigger: String,
    /// Now, Unix milliseconds.
    pub started_at: i64,
    /// How long it may be silent before it counts as dead, milliseconds; renewed by [`set_progress`].
    pub lease_ms: i64,
    /// The run whose refused rows it reads again.
    pub retry_of: Option<i64>,
}

impl NewRun {
    /// The run that records what was computed after another run changed its inputs.
    pub(crate) fn computed(now: i64) -> NewRun {
        NewRun {
            source_id: None,
            kind: RunKind::Computed,
            author: Author::scheduler(),
            reason: None,
            trigger: "inputs changed".to_owned(),
            started_at: now,
            lease_ms: 0,
            retry_of: None,
        }
    }
}

/// What the service answered.
#[derive(Debug, Clone)]
pub struct AnswerBody {
    /// Such as `application/json`.
    pub media_type: String,
    /// As received; compressed at rest.
    pub bytes: Vec<u8>,
}

/// A row kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Row number in the answer, from 1 as its owner counts.
    pub row_no: i64,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// Such as `region_unknown`.
    pub reason_code: String,
    /// In words.
    pub message: String,
    /// The row as it came.
    pub raw: String,
}

/// What the caller counted while it mapped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounters {
    /// Rows that passed.
    pub accepted: i64,
    /// Rows kept aside.
    pub refused: i64,
    /// Rows that said the same thing twice.
    pub repeated: i64,
    /// Size of the answer.
    pub bytes: i64,
}

/// The end of a run without figures.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// A stable code, such as `timeout`.
    pub problem_code: String,
    /// In words, for the health page.
    pub message: String,
    /// What was counted up to there.
    pub counters: RunCounters,
    /// Now, Unix milliseconds.
    pub finished_at: i64,
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Id.
    pub run_id: i64,
    /// The source, if any.
    pub source_id: Option<i64>,
    /// What kind of work.
    pub kind: RunKind,
    /// Who began it.
    pub author: String,
    /// Why.
    pub reason: Option<String>,
    /// What set it off.
    pub trigger: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Unix milliseconds.
    pub started_at: i64,
    /// Unix milliseconds; the time of record of its figures.
    pub finished_at: Option<i64>,
    /// Its place in the order in which runs became visible.
    pub commit_no: Option<i64>,
    /// What the mapping counted.
    pub counters: RunCounters,
    /// Figures that were new.
    pub added: i64,
    /// Figures that differ from their last revision.
    pub revised: i64,
    /// Figures already known.
    pub same: i64,
    /// The stored answer.
    pub answer_id: Option<i64>,
    /// Steps done.
    pub progress_done: i64,
    /// Steps in all, when known.
    pub progress_total: Option<i64>,
    /// Stable code of the problem.
    pub problem_code: Option<String>,
    /// In words.
    pub message: Option<String>,
    /// The run whose refused rows it read again.
    pub retry_of: Option<i64>,
}

const RUN_COLUMNS: &str = "run_id, source_id, kind, author, reason, trigger_kind, status, started_at, finished_at, \
    commit_no, accepted, refused, repeated, bytes, added, revised, same, answer_id, progress_done, progress_total, \
    problem_code, message, retry_of";

fn read_run(row: &Row<'_>) -> Result<RunRow, DbError> {
    Ok(RunRow {
        run_id: row.get(0)?,
        source_id: row.get(1)?,
        kind: RunKind::from_word(&row.get::<String>(2)?),
        author: row.get(3)?,
        reason: row.get(4)?,
        trigger: row.get(5)?,
        status: RunStatus::from_word(&row.get::<String>(6)?),
        started_at: row.get(7)?,
        finished_at: row.get(8)?,
        commit_no: row.get(9)?,
        counters: RunCounters {
            accepted: row.get(10)?,
            refused: row.get(11)?,
            repeated: row.get(12)?,
            bytes: row.get(13)?,
        },
        added: row.get(14)?,
        revised: row.get(15)?,
        same: row.get(16)?,
        answer_id: row.get(17)?,
        progress_done: row.get(18)?,
        progress_total: row.get(19)?,
        problem_code: row.get(20)?,
        message: row.get(21)?,
        retry_of: row.get(22)?,
    })
}

/// One run.
pub fn find_run(reader: &mut Reader<'_>, run_id: i64) -> Result<Option<RunRow>, DbError> {
    let sql = format!("select {RUN_COLUMNS} from run where run_id = $1");
    reader.query_opt(&sql, &[run_id.into()], read_run)
}

/// Runs, newest first, of one source or of all, from before `before` (a run id) on: a cursor.
pub fn list_runs(
    reader: &mut Reader<'_>,
    source_id: Option<i64>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RunRow>, DbError> {
    let before = before.unwrap_or(i64::MAX);
    match source_id {
        Some(source_id) => {
            let sql = format!(
                "select {RUN_COLUMNS} from run where source_id = $1 and run_id < $2 order by run_id desc limit $3"
            );
            reader.query(&sql, &[source_id.into(), before.into(), limit.into()], read_run)
        }
        None => {
            let sql =
                format!("select {RUN_COLUMNS} from run where run_id < $1 order by run_id desc limit $2");
            reader.query(&sql, &[before.into(), limit.into()], read_run)
        }
    }
}

/// Enters a run into the ledger as running; gives its id. Refused with [`DbError::Conflict`] while
/// another run of the same source holds its lease; one whose lease has expired is closed as interrupted.
pub fn begin_run(db: &Db, run: &NewRun) -> Result<i64, DbError> {
    db.write(|tx| begin_run_in(tx, run))
}

/// The same within a transaction that also writes what belongs to it.
///
/// # Errors
/// As [`begin_run`].
pub fn begin_run_in(tx: &mut Tx<'_>, run: &NewRun) -> Result<i64, DbError> {
    close_expired(tx, run.started_at)?;
    if let Some(source_id) = run.source_id {
        let other: Option<i64> = tx.query_opt(
            "select run_id from run where source_id = $1 and status = 'running'",
            &[source_id.into()],
            |row| row.get(0),
        )?;
        if let Some(other) = other {
            return Err(DbError::Conflict(format!(
                "run {other} of this source is still at work; one run per source at a time"
            )));
        }
    }
    insert_run(tx, run)
}

pub(crate) fn insert_run(tx: &mut Tx<'_>, run: &NewRun) -> Result<i64, DbError> {
    tx.query_one(
        "insert into run (source_id, kind, author, reason, trigger_kind, status, started_at, lease_until, retry_of) \
         values ($1, $2, $3, $4, $5, 'running', $6, $7, $8) returning run_id",
        &[
            run.source_id.into(),
            run.kind.as_str().into(),
            run.author.as_str().into(),
            run.reason.as_deref().into(),
            run.trigger.as_str().into(),
            run.started_at.into(),
            (run.started_at + run.lease_ms).into(),
            run.retry_of.into(),
        ],
        |row| row.get(0),
    )
}

/// Closes every running run whose lease ended before `now`; gives how many. Also called when a center
/// starts.
pub fn close_interrupted_runs(db: &Db, now: i64) -> Result<u64, DbError> {
    db.write(|tx| close_expired(tx, now))
}

fn close_expired(tx: &mut Tx<'_>, now: i64) -> Result<u64, DbError> {
    tx.execute(
        "update run set status = 'interrupted', finished_at = $1, problem_code = 'interrupted', \
         message = 'the program ended during this run; nothing of it was applied' \
         where status = 'running' and lease_until < $1",
        &[now.into()],
    )
}

/// Notes how far a run is and renews its lease to `lease_until` (Unix milliseconds). Refused with
/// [`DbError::Conflict`] when the run is not running any more: stop then.
pub fn set_progress(
    db: &Db,
    run_id: i64,
    done: i64,
    total: Option<i64>,
    lease_until: i64,
) -> Result<(), DbError> {
    db.write(|tx| {
        let changed = tx.execute(
            "update run set progress_done = $2, progress_total = $3, lease_until = $4 \
             where run_id = $1 and status = 'running'",
            &[run_id.into(), done.into(), total.into(), lease_until.into()],
        )?;
        if changed == 0 {
            return Err(not_running(run_id));
        }
        Ok(())
    })
}

pub(crate) fn not_running(run_id: i64) -> DbError {
    DbError::Conflict(format!("run {run_id} is not running any more; nothing of it was applied"))
}

/// Ends a run that could not be judged.
pub fn fail_run(db: &Db, run_id: i64, end: &RunEnd, answer: Option<&AnswerBody>) -> Result<(), DbError> {
    end_run(db, run_id, RunStatus::Failed, end, &[], answer)
}

/// Ends a run that was judged and not applied, keeping its refused rows and its answer.
pub fn refuse_run(
    db: &Db,
    run_id: i64,
    end: &RunEnd,
    refused: &[RefusedRow],
    answer: Option<&AnswerBody>,
) -> Result<(), DbError> {
    end_run(db, run_id, RunStatus::Refused, end, refused, answer)
}

fn end_run(
    db: &Db,
    run_id: i64,
    status: RunStatus,
    end: &RunEnd,
    refused: &[RefusedRow],
    answer: Option<&AnswerBody>,
) -> Result<(), DbError> {
    let packed = answer.map(PackedAnswer::of).transpose()?;
    db.write(|tx| {
        let answer_id = packed.as_ref().map(|answer| store_answer(tx, answer)).transpose()?;
        let changed = tx.execute(
            "update run set status = $2, finished_at = $3, problem_code = $4, message = $5, accepted = $6, \
             refused = $7, repeated = $8, bytes = $9, answer_id = $10 where run_id = $1 and status = 'running'",
            &[
                run_id.into(),
                status.as_str().into(),
                end.finished_at.into(),
                end.problem_code.as_str().into(),
                end.message.as_str().into(),
                end.counters.accepted.into(),
                end.counters.refused.into(),
                end.counters.repeated.into(),
                end.counters.bytes.into(),
                answer_id.into(),
            ],
        )?;
        if changed == 0 {
            return Err(not_running(run_id));
        }
        store_refused(tx, run_id, refused)
    })
}

pub(crate) fn store_refused(tx: &mut Tx<'_>, run_id: i64, refused: &[RefusedRow]) -> Result<(), DbError> {
    let columns = ["run_id", "row_no", "column_name", "reason_code", "message", "raw", "state"];
    tx.bulk_insert(
        "refused_row",
        columns,
        refused.iter().map(|row| {
            [
                run_id.into(),
                row.row_no.into(),
                row.column.as_deref().into(),
                row.reason_code.as_str().into(),
                row.message.as_str().into(),
                row.raw.as_str().into(),
                "open".into(),
            ]
        }),
    )?;
    Ok(())
}

/// Marks an open refused row as `retried` or `dismissed`; `false` when there was no such open row.
pub fn settle_refused_row(tx: &mut Tx<'_>, run_id: i64, row_no: i64, retried: bool) -> Result<bool, DbError> {
    let state = if retried { "retried" } else { "dismissed" };
    let changed = tx.execute(
        "update refused_row set state = $3 where run_id = $1 and row_no = $2 and state = 'open'",
        &[run_id.into(), row_no.into(), state.into()],
    )?;
    Ok(changed == 1)
}

/// An answer ready to store: compressed and summed up before the transaction begins.
pub(crate) struct PackedAnswer {
    sha256: String,
    media_type: String,
    original_bytes: i64,
    body: Vec<u8>,
}

impl PackedAnswer {
    pub(crate) fn of(answer: &AnswerBody) -> Result<PackedAnswer, DbError> {
        use std::fmt::Write as _;
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(&answer.bytes) {
            // Writing to a String cannot fail.
            let _infallible = write!(sha256, "{byte:02x}");
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder.write_all(&answer.bytes).and_then(|()| encoder.finish());
        Ok(PackedAnswer {
            sha256,
            media_type: answer.media_type.clone(),
            original_bytes: answer.bytes.len() as i64,
            body: packed.map_err(|e| DbError::Other(e.to_string()))?,
        })
    }
}

pub(crate) fn store_answer(tx: &mut Tx<'_>, answer: &PackedAnswer) -> Result<i64, DbError> {
    let known = tx.query_opt(
        "select answer_id from answer where sha256 = $1",
        &[answer.sha256.as_str().into()],
        |row| row.get(0),
    )?;
    match known {
        Some(id) => Ok(id),
        None => tx.query_one(
            "insert into answer (sha256, media_type, original_bytes, body) values ($1, $2, $3, $4) returning answer_id",
            &[
                answer.sha256.as_str().into(),
                answer.media_type.as_str().into(),
                answer.original_bytes.into(),
                Value::Blob(answer.body.clone()),
            ],
            |row| row.get(0),
        ),
    }
}

/// Stores the answer that a run was made from.
pub(crate) fn give_answer(tx: &mut Tx<'_>, run_id: i64, answer: &PackedAnswer) -> Result<(), DbError> {
    let answer_id = store_answer(tx, answer)?;
    tx.execute("update run set answer_id = $2 where run_id = $1", &[run_id.into(), answer_id.into()])?;
    Ok(())
}

/// The answer a run was made from, as it was received.
pub fn find_answer(reader: &mut Reader<'_>, answer_id: i64) -> Result<Option<AnswerBody>, DbError> {
    let found = reader.query_opt(
        "select media_type, body, original_bytes from answer where answer_id = $1",
        &[answer_id.into()],
        |row| Ok((row.get::<String>(0)?, row.get::<Vec<u8>>(1)?, row.get::<i64>(2)?)),
    )?;
    let Some((media_type, body, size)) = found else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(body.as_slice())
        .take(size.unsigned_abs())
        .read_to_end(&mut bytes)
        .map_err(|e| DbError::Corrupt(e.to_string()))?;
    Ok(Some(AnswerBody { media_type, bytes }))
}
