//! The ledger of runs as readers see it, and the rows that runs refused.

use crate::{
    packs::schema::SourceFile,
    sources::{jobs::connection_of_answer, problem::RunProblem},
    spreadsheet::harmless,
};
use pendopo_connectors::{
    Limits, RawRow,
    connection::Connection,
    personal::{ColumnRule, mask_all, shown},
    raw_row as find_raw_row,
};
use pendopo_figures::{
    Db, DbError, Reader, Row, RunKind, RunRow, Tx, Value, find_answer, settle_refused_row,
};
use pendopo_vocab::{AgencyScope, Lang, Scope, Sensitivity};
use std::{
    collections::{BTreeMap, HashSet},
    io,
};

/// A run with its source.
#[derive(Debug, Clone)]
pub struct ListedRun {
    /// The ledger's entry.
    pub run: RunRow,
    /// Code of the source, if any.
    pub source_code: Option<String>,
    /// Name of the source, if any.
    pub source_name: Option<String>,
    /// Why it came to nothing, when it did and that is known as data.
    pub problem: Option<RunProblem>,
    /// How many of its refused rows are kept: the others were too many, or are past their time. A retry keeps
    /// none: they stay with the run that refused them.
    pub refused_kept: i64,
}

impl ListedRun {
    /// How many refused rows were only counted, or are gone.
    pub fn refused_not_kept(&self) -> i64 {
        if self.run.kind == RunKind::Retry { 0 } else { self.run.counters.refused - self.refused_kept }
    }

    /// Why the run came to nothing, for people; the ledger's own words where nothing else is known.
    pub fn problem_sentence(&self, lang: Lang) -> Option<String> {
        let known = self.problem.as_ref().map(|problem| problem.sentence(lang));
        known.or_else(|| self.run.message.clone())
    }
}

/// The sources' columns and the condition that keeps a reader within `scope`; parameters from `$first`.
fn within(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let mut condition = format!("(r.source_id is null or s.sensitivity <= ${first})");
    let mut values = vec![Value::from(scope.sensitivity.rank())];
    if let AgencyScope::Only(agencies) = &scope.agencies {
        // Runs without a source belong to the center as a whole.
        let marks: Vec<String> = (0..agencies.len()).map(|index| format!("${}", first + 1 + index)).collect();
        let own = match marks.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("s.agency_id in ({})", marks.join(", ")),
        };
        condition = format!("(s.sensitivity = 0 or (s.sensitivity <= ${first} and {own}))");
        values.extend(agencies.iter().map(|agency| Value::from(*agency)));
    }
    (condition, values)
}

/// Whether a run that `scope` sees is one of a restricted source.
///
/// # Errors
/// The database's.
pub fn is_restricted(reader: &mut Reader<'_>, scope: &Scope, run_id: i64) -> Result<bool, DbError> {
    let (condition, more) = within(scope, 3);
    let mut values = vec![Value::from(run_id), Sensitivity::Restricted.rank().into()];
    values.extend(more);
    let sql = format!(
        "select count(*) from run r join source s on s.source_id = r.source_id \
         where r.run_id = $1 and s.sensitivity >= $2 and {condition}"
    );
    let found: i64 = reader.query_one(&sql, &values, |row| row.get(0))?;
    Ok(found > 0)
}

/// Runs, newest first, of one source or of all, from before `before` (a run's number) on.
///
/// # Errors
/// The database's.
pub fn list_runs(
    db: &Db,
    scope: &Scope,
    source: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ListedRun>, DbError> {
    db.read(|reader| read_runs(reader, scope, &RunFilter { source, status: None }, before, limit))
}

/// Which runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunFilter<'a> {
    /// Only of this source.
    pub source: Option<&'a str>,
    /// Only with this status: running, done, refused, failed or interrupted.
    pub status: Option<&'a str>,
}

/// The same within a transaction and by status.
///
/// # Errors
/// The database's.
pub fn read_runs(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &RunFilter<'_>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ListedRun>, DbError> {
    let mut values = vec![Value::from(before.unwrap_or(i64::MAX)), Value::from(limit)];
    let (mut condition, more) = within(scope, values.len() + 1);
    values.extend(more);
    for (column, wanted) in [("s.code", filter.source), ("r.status", filter.status)] {
        if let Some(wanted) = wanted {
            values.push(Value::from(wanted));
            condition.push_str(&format!(" and {column} = ${}", values.len()));
        }
    }
    let sql = format!(
        "select r.run_id from run r left join source s on s.source_id = r.source_id \
         where r.run_id < $1 and {condition} order by r.run_id desc limit $2"
    );
    let numbers: Vec<i64> = reader.query(&sql, &values, |row| row.get(0))?;
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        found.extend(read_run(reader, scope, number)?);
    }
    Ok(found)
}

/// One run.
///
/// # Errors
/// The database's.
pub fn find_run(db: &Db, scope: &Scope, run_id: i64) -> Result<Option<ListedRun>, DbError> {
    db.read(|reader| read_run(reader, scope, run_id))
}

/// The same within a transaction.
///
/// # Errors
/// The database's.
pub fn read_run(reader: &mut Reader<'_>, scope: &Scope, run_id: i64) -> Result<Option<ListedRun>, DbError> {
    let (condition, more) = within(scope, 2);
    let sql = format!(
        "select s.code, s.name, p.problem from run r left join source s on s.source_id = r.source_id \
         left join run_problem p on p.run_id = r.run_id and r.status in ('failed', 'refused') \
         where r.run_id = $1 and {condition}"
    );
    let mut values = vec![Value::from(run_id)];
    values.extend(more);
    let named = reader.query_opt(&sql, &values, |row| {
        Ok((row.get::<Option<String>>(0)?, row.get::<Option<String>>(1)?, row.get::<Option<String>>(2)?))
    })?;
    let Some((source_code, source_name, problem)) = named else { return Ok(None) };
    let Some(run) = pendopo_figures::find_run(reader, run_id)? else { return Ok(None) };
    let problem = problem.and_then(|text| RunProblem::from_json(&text));
    // A problem noted just before the process was killed belongs to no end.
    let problem = problem.filter(|problem| run.problem_code.as_deref() == Some(problem.code()));
    let refused_kept = match run.counters.refused {
        0 => 0,
        _ => reader.query_one(
            "select count(*) from refused_row where run_id = $1",
            &[run_id.into()],
            |row| row.get(0),
        )?,
    };
    Ok(Some(ListedRun { run, source_code, source_name, problem, refused_kept }))
}

/// A row kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// Row number as its owner counts; zero and less for figures made of several rows.
    pub row_no: i64,
    /// The column at fault.
    pub column: Option<String>,
    /// Stable code of the reason.
    pub reason_code: String,
    /// The reason in words.
    pub message: String,
    /// The row as it came.
    pub raw: String,
    /// open, retried or dismissed.
    pub state: String,
    /// The later run whose figure was kept when the row was read again.
    pub overtaken_by: Option<i64>,
}

/// Which refused rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowFilter<'a> {
    /// Only for this reason.
    pub reason: Option<&'a str>,
    /// Only in this state.
    pub state: Option<&'a str>,
}

/// The rows a run refused, in their order, from after `after` (a row number) on.
///
/// # Errors
/// The database's.
pub fn list_refused_rows(
    db: &Db,
    run_id: i64,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<ListedRow>, DbError> {
    db.read(|reader| read_refused_rows(reader, run_id, &RowFilter::default(), after, limit))
}

const ROW_COLUMNS: &str = "row_no, column_name, reason_code, message, raw, state, overtaken_by";

fn listed_row(row: &Row<'_>) -> Result<ListedRow, DbError> {
    Ok(ListedRow {
        row_no: row.get(0)?,
        column: row.get(1)?,
        reason_code: row.get(2)?,
        message: row.get(3)?,
        raw: row.get(4)?,
        state: row.get(5)?,
        overtaken_by: row.get(6)?,
    })
}

fn row_condition(filter: &RowFilter<'_>, values: &mut Vec<Value>) -> String {
    let mut condition = "run_id = $1 and row_no > $2".to_owned();
    for (column, wanted) in [("reason_code", filter.reason), ("state", filter.state)] {
        if let Some(wanted) = wanted {
            values.push(Value::from(wanted));
            condition.push_str(&format!(" and {column} = ${}", values.len()));
        }
    }
    condition
}

/// The same within a transaction and by reason or state.
///
/// # Errors
/// The database's.
pub fn read_refused_rows(
    reader: &mut Reader<'_>,
    run_id: i64,
    filter: &RowFilter<'_>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<ListedRow>, DbError> {
    let mut values = vec![Value::from(run_id), Value::from(after.unwrap_or(i64::MIN))];
    let condition = row_condition(filter, &mut values);
    values.push(Value::from(limit));
    let sql = format!(
        "select {ROW_COLUMNS} from refused_row where {condition} order by row_no limit ${}",
        values.len()
    );
    reader.query(&sql, &values, listed_row)
}

/// Reasons of a run's refused rows with their counts, the most frequent first.
///
/// # Errors
/// The database's.
pub fn count_reasons(reader: &mut Reader<'_>, run_id: i64) -> Result<Vec<(String, i64)>, DbError> {
    reader.query(
        "select reason_code, count(*) from refused_row where run_id = $1 group by reason_code order by count(*) desc, reason_code",
        &[run_id.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many refused rows are still open, of one run.
///
/// # Errors
/// The database's.
pub fn count_open_rows(reader: &mut Reader<'_>, run_id: i64) -> Result<i64, DbError> {
    reader.query_one(
        "select count(*) from refused_row where run_id = $1 and state = 'open'",
        &[run_id.into()],
        |row| row.get(0),
    )
}

/// Numbers of the rows that are still open.
///
/// # Errors
/// The database's.
pub fn read_open_rows(reader: &mut Reader<'_>, run_id: i64) -> Result<HashSet<i64>, DbError> {
    let rows: Vec<i64> = reader.query(
        "select row_no from refused_row where run_id = $1 and state = 'open'",
        &[run_id.into()],
        |row| row.get(0),
    )?;
    Ok(rows.into_iter().collect())
}

/// Marks open rows as retried or dismissed; gives how many were open.
///
/// # Errors
/// The database's.
pub fn settle_rows(tx: &mut Tx<'_>, run_id: i64, rows: &[i64], retried: bool) -> Result<usize, DbError> {
    let mut settled = 0;
    for row in rows {
        settled += usize::from(settle_refused_row(tx, run_id, *row, retried)?);
    }
    Ok(settled)
}

/// Marks all open rows of a run as dismissed; gives how many.
///
/// # Errors
/// The database's.
pub fn dismiss_rows(tx: &mut Tx<'_>, run_id: i64) -> Result<u64, DbError> {
    tx.execute(
        "update refused_row set state = 'dismissed' where run_id = $1 and state = 'open'",
        &[run_id.into()],
    )
}

/// Writes a run's refused rows as CSV, for a spreadsheet: with a byte order mark, and with an apostrophe
/// before texts that a spreadsheet would run as a formula.
///
/// # Errors
/// The database's, or the writer's as [`DbError::Other`].
pub fn export_refused_rows(
    reader: &mut Reader<'_>,
    run_id: i64,
    filter: &RowFilter<'_>,
    out: &mut dyn io::Write,
) -> Result<(), DbError> {
    let failed = |error: String| DbError::Other(error);
    out.write_all(b"\xef\xbb\xbf").map_err(|error| failed(error.to_string()))?;
    let mut writer = csv::Writer::from_writer(out);
    writer
        .write_record(["baris", "kolom", "kode", "alasan", "isi", "status", "tergantikan oleh penarikan"])
        .map_err(|error| failed(error.to_string()))?;
    let mut values = vec![Value::from(run_id), Value::from(i64::MIN)];
    let condition = row_condition(filter, &mut values);
    let sql = format!("select {ROW_COLUMNS} from refused_row where {condition} order by row_no");
    reader.for_each(&sql, &values, |row| {
        let row = listed_row(row)?;
        let number = row.row_no.to_string();
        let column = harmless(row.column.as_deref().unwrap_or_default());
        let (message, raw) = (harmless(&row.message), harmless(&row.raw));
        let by = row.overtaken_by.map(|run| run.to_string()).unwrap_or_default();
        writer
            .write_record([number.as_str(), &column, &row.reason_code, &message, &raw, &row.state, &by])
            .map_err(|error| DbError::Other(error.to_string()))
    })?;
    writer.flush().map_err(|error| failed(error.to_string()))
}

/// The row of a run's answer that a figure came from, as the source sent it; `None` when the answer was
/// not kept or has no such row.
///
/// # Errors
/// The database's; [`DbError::Corrupt`] when the kept answer cannot be read.
pub fn raw_row(reader: &mut Reader<'_>, run_id: i64, row_no: i64) -> Result<Option<RawRow>, DbError> {
    let Some((connection, bytes)) = recorded_answer(reader, run_id)? else { return Ok(None) };
    let Ok(row_no) = u64::try_from(row_no) else { return Ok(None) };
    let found = find_raw_row(&connection, &mut io::Cursor::new(bytes), &Limits::bulk(), row_no)
        .map_err(|problem| DbError::Corrupt(mask_all(&problem.to_string()).into_owned()))?;
    let Some(mut row) = found else { return Ok(None) };
    let rules = read_rules(reader, run_id)?;
    for (column, cell) in row.columns.iter().zip(&mut row.cells) {
        *cell = shown(column, cell, &rules).into_owned();
    }
    Ok(Some(row))
}

/// What the source of a run declares of its columns now.
fn read_rules(reader: &mut Reader<'_>, run_id: i64) -> Result<BTreeMap<String, ColumnRule>, DbError> {
    let definition: Option<String> = reader.query_opt(
        "select s.definition from run r join source s on s.source_id = r.source_id where r.run_id = $1",
        &[run_id.into()],
        |row| row.get(0),
    )?;
    let source = definition.and_then(|text| serde_json::from_str::<SourceFile>(&text).ok());
    Ok(source.map(|source| source.columns).unwrap_or_default())
}

/// The recorded answer of a run and how it is read.
///
/// # Errors
/// The database's.
pub fn recorded_answer(
    reader: &mut Reader<'_>,
    run_id: i64,
) -> Result<Option<(Connection, Vec<u8>)>, DbError> {
    let kept = reader.query_opt(
        "select r.answer_id, s.definition from run r left join source s on s.source_id = r.source_id where r.run_id = $1",
        &[run_id.into()],
        |row| Ok((row.get::<Option<i64>>(0)?, row.get::<Option<String>>(1)?)),
    )?;
    let Some((Some(answer_id), definition)) = kept else { return Ok(None) };
    let Some(answer) = find_answer(reader, answer_id)? else { return Ok(None) };
    let definition = definition.and_then(|text| serde_json::from_str(&text).ok());
    Ok(connection_of_answer(&answer.media_type, definition.as_ref())
        .map(|connection| (connection, answer.bytes)))
}
