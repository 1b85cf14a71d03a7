//! Read-only SQL over the public views, for `pendopo query` and the like.
//!
//! On SQLite an authorizer lets a statement read through the views and call harmless functions, nothing
//! else; on PostgreSQL `view_sql` allows the same from the parsed statement, which then runs in a read-only
//! transaction as a role that has the right to read the schema `api` and none besides. Both stop at a time
//! limit, a number of rows and a size.

use crate::{
    db::{Db, DbError, PUBLIC_VIEWS, Reader, Row, Table, Value},
    view_scope::ViewScope,
    view_sql,
};
use pendopo_vocab::Scope;
use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};
use std::time::{Duration, Instant};

/// Where a query stops.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// Rows given back at most.
    pub max_rows: usize,
    /// Bytes given back at most, roughly.
    pub max_bytes: usize,
    /// Time at most.
    pub timeout: Duration,
}

impl Default for QueryLimits {
    fn default() -> QueryLimits {
        QueryLimits { max_rows: 100_000, max_bytes: 64 << 20, timeout: Duration::from_secs(30) }
    }
}

/// What a query gave.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryResult {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, as wide as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// There was more than the limits allow.
    pub truncated: bool,
}

/// Longest text or blob a query may build, bytes. One call of `replace` or `instr` costs the square of it and
/// cannot be interrupted: a tenth of a second at this length.
const LONGEST_VALUE: i32 = 64 << 10;
/// Longest pattern of `like` and `glob`, bytes, for the same reason.
const LONGEST_PATTERN: i32 = 256;
/// Virtual machine steps between two looks at the clock: few, since a single step may be such a call.
const STEPS_PER_LOOK: i32 = 50;

/// SQL functions that neither reach outside nor build large values.
const FUNCTIONS: [&str; 62] = [
    "abs",
    "avg",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "count",
    "cume_dist",
    "date",
    "datetime",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "ln",
    "log",
    "log10",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "pow",
    "power",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "upper",
];

/// What the views are made of and join: their rows may be counted, their columns not read.
const COUNTABLE: [&str; 16] = [
    "region",
    "indicator",
    "observation",
    "latest",
    "run",
    "refused_row",
    "agency",
    "source",
    "breakdown",
    "api_region",
    "api_indicator",
    "api_observation",
    "api_revision",
    "api_latest",
    "api_run",
    "api_refused_row",
];

/// Runs one `select` over what the scope shows of the public views. Refused with [`DbError::Query`], in words.
pub fn query_views(db: &Db, scope: &Scope, sql: &str, limits: QueryLimits) -> Result<QueryResult, DbError> {
    if let Some(store) = db.sqlite() {
        view_sql::refuse_explosive(sql).map_err(DbError::Query)?;
        let reader = store
            .open_read_only()?
            .ok_or_else(|| DbError::Query("a database in memory has no second connection".to_owned()))?;
        let views = db.read(|reader| stand_ins(reader, scope, "main.api_"))?;
        return query_sqlite(reader, &views, sql, limits);
    }
    let Some(store) = db.postgres() else {
        return Err(DbError::Other("no engine".to_owned()));
    };
    let sql = view_sql::allow(sql, None).map_err(DbError::Query)?;
    let views = db.read(|reader| stand_ins(reader, scope, "api."))?;
    let named: Vec<String> = views.iter().map(|(view, select)| format!("\"{view}\" as ({select})")).collect();
    let rest = match sql.strip_prefix("WITH ") {
        Some(rest) => format!(", {rest}"),
        None => format!(" {sql}"),
    };
    let sql = format!("with {}{rest}", named.join(", "));
    // Where the center's account may make no role, the statement runs with its rights and the list alone
    // stands before the tables; `doctor` says so.
    let role = if store.has_reader_role()? { "; set local role pendopo_reader" } else { "" };
    let begin = format!(
        "begin isolation level repeatable read read only; set local statement_timeout = {}; set local search_path = api{role}",
        limits.timeout.as_millis().max(1)
    );
    let table = store
        .in_transaction(&begin, false, |connection| connection.table(&sql, limits.max_rows, limits.max_bytes))
        .map_err(in_words)?;
    Ok(cut(table, limits))
}

/// The engine's complaint about the statement itself is the reader's to mend.
fn in_words(error: DbError) -> DbError {
    match error {
        DbError::Other(message) | DbError::Full(message) => DbError::Query(message),
        other => other,
    }
}

/// The `select` that stands in for each view, so that the reader sees what the scope shows.
fn stand_ins(
    reader: &mut Reader<'_>,
    scope: &Scope,
    prefix: &'static str,
) -> Result<Vec<(&'static str, String)>, DbError> {
    let scoped = ViewScope::read(reader, scope, prefix)?;
    Ok(PUBLIC_VIEWS.iter().map(|view| (*view, scoped.select(view))).collect())
}

fn query_sqlite(
    mut reader: Connection,
    views: &[(&str, String)],
    sql: &str,
    limits: QueryLimits,
) -> Result<QueryResult, DbError> {
    for (view, select) in views {
        reader.execute_batch(&format!("create temp view {view} as {select}"))?;
    }
    reader.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    reader.set_limit(Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)?;
    reader.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let deadline = Instant::now() + limits.timeout;
    reader.progress_handler(STEPS_PER_LOOK, Some(move || Instant::now() >= deadline))?;
    reader.authorizer(Some(authorize))?;
    let wrong = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => {
            DbError::Query(format!("stopped after {} seconds", limits.timeout.as_secs_f64()))
        }
        Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => DbError::Query(format!(
            "only a `select` over the views {} is allowed: {error}",
            PUBLIC_VIEWS.join(", ")
        )),
        _ => DbError::Query(error.to_string()),
    };
    let mut statement = reader.prepare(sql).map_err(wrong)?;
    if statement.column_count() == 0 || !statement.readonly() {
        return Err(DbError::Query("only a `select` is allowed".to_owned()));
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut table = Table { columns, rows: Vec::new() };
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(wrong)? {
        let row = Row::sqlite(row);
        let cells: Vec<Value> = (0..width).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        bytes += cells.iter().map(Value::weight).sum::<usize>();
        table.rows.push(cells);
        if table.rows.len() > limits.max_rows || bytes > limits.max_bytes {
            break;
        }
    }
    Ok(cut(table, limits))
}

fn cut(mut table: Table, limits: QueryLimits) -> QueryResult {
    let mut bytes = 0;
    let mut kept = 0;
    for row in &table.rows {
        bytes += row.iter().map(Value::weight).sum::<usize>();
        if kept >= limits.max_rows || bytes > limits.max_bytes {
            break;
        }
        kept += 1;
    }
    let truncated = kept < table.rows.len();
    table.rows.truncate(kept);
    QueryResult { columns: table.columns, rows: table.rows, truncated }
}

/// What the stand-ins for the views read besides them; not for readers themselves.
const REACH_VIEWS: [&str; 3] = ["source_reach", "suppressed_figure", "latest_hidden"];

fn authorize(context: AuthContext<'_>) -> Authorization {
    let bare = |name: &str| name.strip_prefix("api_").unwrap_or(name).to_owned();
    let is_view = |name: &str| PUBLIC_VIEWS.contains(&bare(name).as_str());
    let reads_for_view = |name: &str| is_view(name) || REACH_VIEWS.contains(&bare(name).as_str());
    // Inside a view the accessor is the view: it reads the tables on the reader's behalf.
    let through_view = context.accessor.is_some_and(reads_for_view);
    match context.action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Read { table_name, column_name } => {
            let names_view = context.database_name == Some("temp") && is_view(table_name);
            // No column: the statement counts rows, and a view that it counts may have been folded into
            // its tables by then.
            let counts = column_name.is_empty() && COUNTABLE.contains(&table_name);
            if through_view || names_view || counts { Authorization::Allow } else { Authorization::Deny }
        }
        AuthAction::Function { function_name } => {
            if through_view || FUNCTIONS.contains(&function_name.to_ascii_lowercase().as_str()) {
                Authorization::Allow
            } else {
                Authorization::Deny
            }
        }
        _ => Authorization::Deny,
    }
}
