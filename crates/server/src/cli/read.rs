//! `run`, `retry`, `import` and `sources`: reading services from the command line.

use super::{
    args::{Format, Global},
    author, open, out, progress,
    query::print_result,
    serve::runtime,
};
use crate::{
    app::App,
    audit::Actor,
    sources::{
        self,
        jobs::{RunOptions, RunReport, RunVerdict},
    },
};
use pendopo_figures::{QueryResult, Value};
use pendopo_vocab::{Lang, Scope};
use std::{path::Path, process::ExitCode, time::Duration};

/// Reads a source now.
pub fn run(global: &Global, source: &str, dry_run: bool, reason: Option<String>) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let options = options(global, dry_run, reason);
    let report = with_progress(&app, source, || {
        runtime()?.block_on(sources::jobs::run_source(&app, source, &options))
    })?;
    print_report(&report)
}

/// Reads the refused rows of a run again, with the definitions as they are now.
pub fn retry(global: &Global, run_id: i64, reason: Option<String>) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let options = options(global, false, reason);
    let report = with_progress(&app, &format!("run {run_id}"), || {
        Ok(runtime()?.block_on(sources::jobs::retry_run(&app, run_id, &options))?)
    })?;
    print_report(&report)
}

/// Reads a file once, by the mapping of a source.
pub fn import(
    global: &Global,
    file: &Path,
    source: &str,
    dry_run: bool,
    reason: Option<String>,
) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let options = options(global, dry_run, reason);
    let report = with_progress(&app, source, || {
        runtime()?.block_on(sources::jobs::import_file(&app, source, file, &options))
    })?;
    print_report(&report)
}

fn options(global: &Global, dry_run: bool, reason: Option<String>) -> RunOptions {
    RunOptions {
        reason: reason.unwrap_or_default(),
        dry_run,
        ..RunOptions::by(Actor::command(&author(global)))
    }
}

/// Shows how far the run has come while `work` goes on.
fn with_progress<T>(app: &App, source: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let bar = progress::bar(source);
    let (progress, shown) = (app.progress().clone(), bar.clone());
    let ticker = std::thread::spawn(move || {
        while !shown.is_finished() {
            // The command line does one piece of work at a time.
            if let Some((_, step)) = progress.all().into_iter().next() {
                shown.set_length(step.total.unwrap_or(step.done));
                shown.set_position(step.done);
                shown.set_message(step.stage.as_str());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let result = work();
    bar.finish_and_clear();
    // The ticker only draws; if it panicked the result still counts.
    let _ = ticker.join();
    result
}

fn print_report(report: &RunReport) -> anyhow::Result<ExitCode> {
    out::print(&report.text(Lang::En))?;
    Ok(match report.verdict {
        RunVerdict::Done | RunVerdict::Unchanged | RunVerdict::DryRun => ExitCode::SUCCESS,
        RunVerdict::Refused | RunVerdict::Failed => ExitCode::FAILURE,
    })
}

/// Lists the sources and how they keep their promises.
pub fn sources(global: &Global, format: Format) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let (now, identity) = (app.clock().now(), app.identity());
    let columns = ["code", "name", "agency", "state", "last_good", "accepted", "refused", "sentence"];
    let mut known = sources::store::list_sources(app.db(), &Scope::everything(), now)?;
    sources::store::add_next_starts(&mut known, &identity.time_zone, now);
    let rows = known
        .iter()
        .map(|source| {
            let text = |text: &str| Value::Text(text.to_owned());
            vec![
                text(&source.code),
                text(&source.name),
                text(&source.agency_short),
                text(source.state.as_str()),
                source.last_good.map_or(Value::Null, |at| {
                    Value::Text(
                        at.to_zoned_datetime(identity.time_zone.clone())
                            .strftime("%Y-%m-%d %H:%M")
                            .to_string(),
                    )
                }),
                source.accepted.map_or(Value::Null, Value::Int),
                source.refused.map_or(Value::Null, Value::Int),
                Value::Text(source.sentence(Lang::En, now, &identity.time_zone)),
            ]
        })
        .collect();
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    print_result(&QueryResult { columns, rows, truncated: false }, format)?;
    Ok(ExitCode::SUCCESS)
}
