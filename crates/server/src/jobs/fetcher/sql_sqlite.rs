//! A query on an SQLite file: opened read-only, watched over by a time limit.

use super::{FetchProblem, SqlCall, SqlPlace, tape_problem};
use pendopo_connectors::recording::{SqlRecorder, SqlValue};
use rusqlite::{Connection, ErrorCode, OpenFlags, limits::Limit, types::ValueRef};
use std::{borrow::Cow, io::Write, time::Duration};

/// Steps of the engine between two looks at the clock.
const STEPS: i32 = 10_000;
/// Bytes of one value; a query cannot make up larger ones.
const MAX_VALUE: i32 = 16 << 20;

/// Runs the query and records its rows.
pub(super) fn read(call: &SqlCall, out: &mut dyn Write) -> Result<(), FetchProblem> {
    let SqlPlace::File(path) = &call.place else {
        return Err(call.refused("SQLite", "expected a file"));
    };
    let said = |error: rusqlite::Error| match error.sqlite_error_code() {
        // Its application is writing.
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => match call.stop() {
            Ok(()) => FetchProblem::FileInUse { path: call.query.target.name() },
            Err(stopped) => stopped,
        },
        _ => call.refused("SQLite", &error.to_string()),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(said)?;
    connection.busy_timeout(call.time_left().min(Duration::from_secs(5))).map_err(said)?;
    connection.pragma_update(None, "query_only", true).map_err(said)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(said)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE).map_err(said)?;
    let (cancel, deadline) = (call.cancel.clone(), call.deadline);
    let must_stop = move || cancel.is_cancelled() || tokio::time::Instant::now() >= deadline;
    connection.progress_handler(STEPS, Some(must_stop)).map_err(said)?;
    let mut statement = connection.prepare(&call.query.query).map_err(said)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let full = |error: std::io::Error| tape_problem(&call.bounds, &error);
    let mut recorder = SqlRecorder::new(out, &columns).map_err(full)?;
    let mut rows = match &call.query.since {
        Some(since) => statement.query(&[(":since", since)]),
        None => statement.query([]),
    }
    .map_err(said)?;
    let mut count = 0;
    let mut values: Vec<SqlValue<'static>> = Vec::with_capacity(columns.len());
    while let Some(row) = rows.next().map_err(said)? {
        values.clear();
        for index in 0..columns.len() {
            values.push(value(row.get_ref(index).map_err(said)?));
        }
        recorder.row(&values).map_err(full)?;
        count += 1;
        call.check_rows(count)?;
    }
    recorder.finish().map_err(full)?;
    Ok(())
}

fn value(value: ValueRef<'_>) -> SqlValue<'static> {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Int(number),
        ValueRef::Real(number) => SqlValue::Number(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            SqlValue::Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
        }
    }
}
