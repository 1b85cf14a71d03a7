//! `query`: read-only SQL over the views.

use super::{
    args::{Format, Global},
    author, open, out, progress,
};
use crate::{
    accounts::store::account,
    app::App,
    audit::{Action, Actor, Entry, Outcome},
    spreadsheet::harmless,
    web::Principal,
};
use anyhow::Context;
use pendopo_figures::{QueryLimits, QueryResult, Value, query_views};
use pendopo_vocab::Scope;
use std::process::ExitCode;

/// Asks the figures in SQL and prints the answer.
pub fn query(global: &Global, sql: &str, who: Option<&str>, format: Format) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let limits = &app.config().query;
    let limits = QueryLimits { timeout: limits.timeout, max_rows: limits.max_rows, ..QueryLimits::default() };
    let scope = who.map_or_else(|| Ok(Scope::everything()), |who| scope_of(&app, who))?;
    let entry =
        Entry::new(Actor::command(&author(global)), Action::Queried).on("views", "").noting("sql", sql);
    let spinner = progress::spinner(&format!("asking; stops after {} s", limits.timeout.as_secs()));
    let answer = query_views(app.db(), &scope, sql, limits);
    spinner.finish_and_clear();
    let result = match answer {
        Ok(result) => result,
        Err(error) => {
            record(&app, &entry.outcome(Outcome::Failed).noting("error", error.to_string()));
            return Err(error.into());
        }
    };
    record(&app, &entry.noting("rows", result.rows.len()));
    print_result(&result, format)?;
    if result.truncated {
        out::note(format!("only the first {} rows are shown (query.max_rows)", result.rows.len()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What an account sees, or `public`: anyone without one.
fn scope_of(app: &App, who: &str) -> anyhow::Result<Scope> {
    let center = app.identity().region;
    if who == "public" {
        return Ok(Principal::visitor(center, None).scope);
    }
    let found = app.db().read(|reader| account::find_by_login(reader, &who.to_lowercase()))?;
    let account = found.with_context(|| format!("no account `{who}`; see `pendopo account list`"))?;
    Ok(account.scope(center))
}

/// A full disk must not keep readers from the figures; that nothing was recorded is said.
fn record(app: &App, entry: &Entry) {
    if let Err(error) = app.audit().record_now(entry) {
        out::note(format!("not recorded in the audit log: {error}"));
    }
}

/// Prints rows in the form asked for.
pub fn print_result(result: &QueryResult, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Table => {
            let numeric = |index: usize| {
                let cells = result.rows.iter().filter_map(|row| row.get(index));
                cells.clone().count() > 0
                    && cells.into_iter().all(|cell| !matches!(cell, Value::Text(_) | Value::Blob(_)))
            };
            let numeric: Vec<bool> = (0..result.columns.len()).map(numeric).collect();
            let rows: Vec<Vec<String>> =
                result.rows.iter().map(|row| row.iter().map(text).collect()).collect();
            out::print(&out::table(&result.columns, &rows, &numeric))
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(result.columns.iter().map(|name| harmless(name).into_owned()))?;
            for row in &result.rows {
                writer.write_record(row.iter().map(cell))?;
            }
            out::print(&String::from_utf8_lossy(&writer.into_inner()?))
        }
        Format::Json => {
            let objects: Vec<serde_json::Value> = result
                .rows
                .iter()
                .map(|row| {
                    result
                        .columns
                        .iter()
                        .cloned()
                        .zip(row.iter().map(json))
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                })
                .collect();
            out::line(serde_json::to_string_pretty(&objects)?)
        }
    }
}

/// Numbers stay numbers; a text must not become a formula where the file is opened.
fn cell(value: &Value) -> String {
    let written = text(value);
    if matches!(value, Value::Text(_)) { harmless(&written).into_owned() } else { written }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("<{} bytes>", bytes.len()),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        other => text(other).into(),
    }
}
