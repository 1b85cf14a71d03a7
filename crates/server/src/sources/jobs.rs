//! Runs of sources: fetch, read, judge, record. Each run is applied once or not at all.
//!
//! A run begins with an entry in the ledger that holds a lease, so that one source is read once at a
//! time, in whatever process. What came is read into figures and refused rows; too many refused rows or
//! changed columns refuse the run as a whole. Figures, ledger and everything maintained from them are
//! then written in one transaction.

mod begin;
mod mapping;
mod pipeline;
mod push;
mod report;
mod retry;
#[cfg(test)]
mod tests;
mod timetable;

pub use mapping::connection_of_answer;
pub use pipeline::PSEUDONYM;
pub use push::{Pushed, Receipt, push_rows};
pub use report::{RunReport, RunVerdict};
pub use retry::{dismiss_rows, retry_run};
pub use timetable::{close_left_behind, run_schedule};

use crate::{
    app::App,
    audit::Actor,
    error::{AppError, AppResult},
};
use pendopo_figures::{DbError, RunKind};
use pendopo_vocab::Author;
use pipeline::Input;
use std::path::Path;

/// How a run is made.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Who begins it.
    pub author: Author,
    /// Why, in the author's words; may be empty.
    pub reason: String,
    /// What sets it off: `manual`, `schedule`, `retry`, `push`.
    pub trigger: &'static str,
    /// Show what would change and keep nothing.
    pub dry_run: bool,
    /// Ask once and carefully: the circuit is half open.
    pub probe: bool,
    /// Who asked for it, for the audit log; `None` for what the center does by itself.
    pub actor: Option<Actor>,
    /// The run whose refused rows are tried again.
    pub retries: Option<i64>,
    /// What makes a push known when it comes again.
    pub receipt: Option<Receipt>,
}

impl RunOptions {
    /// A run that somebody asks for by hand.
    pub fn by(actor: Actor) -> RunOptions {
        RunOptions { author: actor.author(), actor: Some(actor), ..RunOptions::default() }
    }
}

impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions {
            author: Author::scheduler(),
            reason: String::new(),
            trigger: "manual",
            dry_run: false,
            probe: false,
            actor: None,
            retries: None,
            receipt: None,
        }
    }
}

/// Reads a source now and waits for the end. What goes wrong with the service is in the report.
///
/// # Errors
/// When there is no such source, it is being read already, or the center's database fails.
pub async fn run_source(app: &App, code: &str, options: &RunOptions) -> anyhow::Result<RunReport> {
    let begun = begin::begin(app, code, RunKind::Source, options).await?;
    Ok(pipeline::carry_out(begun, Input::Service).await)
}

/// Reads a file once, by the mapping of a source. The file may lie anywhere that the caller can read.
///
/// # Errors
/// As for [`run_source`].
pub async fn import_file(
    app: &App,
    code: &str,
    file: &Path,
    options: &RunOptions,
) -> anyhow::Result<RunReport> {
    let begun = begin::begin(app, code, RunKind::Import, options).await?;
    Ok(pipeline::carry_out(begun, Input::File(file.to_owned())).await)
}

/// Starts reading a source and gives the run's number at once; the run goes on in the background.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when it is being read already, or the database's.
pub async fn start_run(app: &App, code: &str, actor: Actor, reason: String) -> AppResult<i64> {
    let options = RunOptions { reason, ..RunOptions::by(actor) };
    let begun = begin::begin(app, code, RunKind::Source, &options).await?;
    let run_id = begun.run_id.unwrap_or_default();
    tokio::spawn(pipeline::carry_out(begun, Input::Service));
    Ok(run_id)
}

/// A conflict in the database is one of the request, too.
fn app_error(error: DbError) -> AppError {
    match error {
        DbError::Conflict(message) => AppError::Conflict(message),
        other => other.into(),
    }
}
