//! Is a query one harmless `select`? Decided by parsing, before the database's own read-only guards.

use crate::SqlEngine;
use sqlparser::{
    ast::{Expr, ObjectName, Query, SelectItem, SetExpr, Statement, TableFactor, Visit, Visitor},
    dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
    tokenizer::{Location, Token, Tokenizer},
};
use std::ops::ControlFlow;

/// Why a query is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlProblem {
    /// Not SQL of this engine.
    #[error("the query cannot be read: {0}")]
    Malformed(String),
    /// Several statements, or none.
    #[error("the query has {0} statements; exactly one `select` is expected")]
    NotOne(usize),
    /// Something that writes, locks or reaches outside the database.
    #[error("the query is not a plain `select`: {0}")]
    NotSelect(String),
}

/// A query ready to be sent.
#[derive(Debug)]
pub(crate) struct Checked {
    pub query: String,
    pub since_count: usize,
}

/// Functions that read files, wait, or reach other servers.
const FORBIDDEN: [&str; 17] = [
    "load_extension",
    "readfile",
    "writefile",
    "load_file",
    "sleep",
    "benchmark",
    "get_lock",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "lo_import",
    "lo_export",
    "dblink",
    "set_config",
];

/// The names of the columns that a query gives, as far as they are written in it; a `*` hides them.
pub(crate) fn column_names(engine: SqlEngine, query: &str) -> Vec<String> {
    let dialect: &dyn Dialect = match engine {
        SqlEngine::Sqlite => &SQLiteDialect {},
        SqlEngine::Postgres => &PostgreSqlDialect {},
        SqlEngine::Mysql => &MySqlDialect {},
    };
    let bound = bind_since(engine, dialect, query).map(|(bound, _)| bound);
    let parsed = bound.ok().and_then(|bound| Parser::parse_sql(dialect, &bound).ok()).unwrap_or_default();
    let Some(Statement::Query(query)) = parsed.first() else { return Vec::new() };
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
            parts.last().map(|name| name.value.clone())
        }
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().filter_map(name).collect()
}

/// Checks `query` and limits it to `row_limit` rows.
pub(crate) fn check(engine: SqlEngine, query: &str, row_limit: u64) -> Result<Checked, SqlProblem> {
    let dialect: &dyn Dialect = match engine {
        SqlEngine::Sqlite => &SQLiteDialect {},
        SqlEngine::Postgres => &PostgreSqlDialect {},
        SqlEngine::Mysql => &MySqlDialect {},
    };
    let (bound, since_count) = bind_since(engine, dialect, query)?;
    let statements = Parser::new(dialect)
        .with_recursion_limit(40)
        .try_with_sql(&bound)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| SqlProblem::Malformed(error.to_string()))?;
    let [Statement::Query(parsed)] = statements.as_slice() else {
        return Err(match statements.as_slice() {
            [other] => SqlProblem::NotSelect(
                other.to_string().split_whitespace().next().unwrap_or("?").to_lowercase(),
            ),
            many => SqlProblem::NotOne(many.len()),
        });
    };
    if let ControlFlow::Break(what) = parsed.visit(&mut Harmless) {
        return Err(SqlProblem::NotSelect(what));
    }
    let plain = bound.trim().trim_end_matches(';').trim_end();
    let limited = parsed.limit_clause.is_some() || parsed.fetch.is_some();
    // The line break ends a comment that would swallow the limit. A query without its own limit gets
    // one at its end instead of a wrapping `select`: MariaDB forgets the order of a wrapped query, and
    // the order decides which row is "last".
    let query = if limited {
        format!("select * from (\n{plain}\n) t limit {row_limit}")
    } else {
        format!("{plain}\nlimit {row_limit}")
    };
    // A `;` or comment left inside would show up here.
    let again =
        Parser::parse_sql(dialect, &query).map_err(|error| SqlProblem::Malformed(error.to_string()))?;
    match again.as_slice() {
        [Statement::Query(whole)] if whole.limit_clause.is_some() => Ok(Checked { query, since_count }),
        other => Err(SqlProblem::NotOne(other.len())),
    }
}

/// Replaces `:since` outside texts and comments by the engine's own parameter.
fn bind_since(engine: SqlEngine, dialect: &dyn Dialect, query: &str) -> Result<(String, usize), SqlProblem> {
    let tokens = Tokenizer::new(dialect, query)
        .tokenize_with_location()
        .map_err(|error| SqlProblem::Malformed(error.to_string()))?;
    let starts = line_starts(query);
    let offset = |at: Location| {
        let start = starts.get(at.line.saturating_sub(1) as usize)?;
        let column = at.column.saturating_sub(1) as usize;
        let line = &query[*start..];
        let within = line.char_indices().nth(column).map_or(line.len(), |(i, _)| i);
        Some(start + within)
    };
    let is_since = |word: &str| word.eq_ignore_ascii_case("since");
    let mut spans = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let end = match &token.token {
            Token::Placeholder(text) if text.strip_prefix(':').is_some_and(is_since) => token.span.end,
            Token::Colon => match tokens.get(index + 1).map(|next| (&next.token, next.span)) {
                Some((Token::Word(word), span)) if is_since(&word.value) => span.end,
                _ => continue,
            },
            _ => continue,
        };
        if let (Some(from), Some(to)) = (offset(token.span.start), offset(end)) {
            spans.push((from, to));
        }
    }
    let parameter = match engine {
        SqlEngine::Sqlite => ":since",
        SqlEngine::Postgres => "$1",
        SqlEngine::Mysql => "?",
    };
    let mut out = String::with_capacity(query.len());
    let mut at = 0;
    for (from, to) in &spans {
        out.push_str(&query[at..*from]);
        out.push_str(parameter);
        at = *to;
    }
    out.push_str(&query[at..]);
    Ok((out, spans.len()))
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Breaks at whatever is more than reading.
struct Harmless;

fn forbidden(name: &ObjectName) -> Option<String> {
    let text = name.to_string().to_lowercase();
    let last = text.rsplit('.').next().unwrap_or("").trim_matches(['"', '`']);
    FORBIDDEN.contains(&last).then(|| format!("`{last}`"))
}

impl Visitor for Harmless {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("`for update`".to_owned());
        }
        body_reads(&query.body)
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<String> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            _ => ControlFlow::Break("a statement that writes".to_owned()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match expr {
            Expr::Function(function) => match forbidden(&function.name) {
                Some(name) => ControlFlow::Break(name),
                None => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                match forbidden(name) {
                    Some(name) => ControlFlow::Break(name),
                    None => ControlFlow::Continue(()),
                }
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

fn body_reads(body: &SetExpr) -> ControlFlow<String> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => ControlFlow::Break("`select into`".to_owned()),
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => {
            ControlFlow::Continue(())
        }
        SetExpr::SetOperation { left, right, .. } => {
            body_reads(left)?;
            body_reads(right)
        }
        _ => ControlFlow::Break("a statement that writes".to_owned()),
    }
}
