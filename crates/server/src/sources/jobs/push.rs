//! Rows that an agency's program sends: the same way as fetched ones, once per key.

use super::{RunOptions, begin, pipeline};
use crate::{
    app::App,
    audit::Actor,
    error::{AppError, AppResult},
};
use axum::body::Bytes;
use pendopo_connectors::connection::{Connection, CsvOptions, JsonOptions};
use pendopo_figures::RunKind;
use pipeline::Input;

/// What a program sent.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// Read as CSV rather than JSON.
    pub csv: bool,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Pushed {
    /// How it is read: as the source is where that is of the same kind, else by the defaults.
    fn connection(&self, source: &Connection) -> Connection {
        match (self.csv, source) {
            (true, Connection::Csv(_)) | (false, Connection::Json(_)) => source.clone(),
            (true, _) => Connection::Csv(CsvOptions::default()),
            (false, _) => Connection::Json(JsonOptions::default()),
        }
    }
}

/// What makes a push known when it comes again: digests, so that their size is known and no text of a sender
/// is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Of the key that the sender gave.
    pub key_hash: String,
    /// Of what was sent.
    pub digest: String,
}

/// Takes what was sent and waits for the end; gives the run's number. The run goes on when nobody waits any
/// more: with the same receipt the sender finds it again.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when a run of the source is going on or the receipt is known,
/// or the database's.
pub async fn push_rows(
    app: &App,
    code: &str,
    actor: Actor,
    pushed: Pushed,
    receipt: Option<Receipt>,
) -> AppResult<i64> {
    let options = RunOptions { trigger: begin::PUSH, receipt, ..RunOptions::by(actor) };
    let begun = begin::begin(app, code, RunKind::Source, &options).await?;
    let run_id = begun.run_id.unwrap_or_default();
    let connection = pushed.connection(&begun.prepared.source.connection);
    let input = Input::Pushed { connection, bytes: pushed.bytes };
    let report = tokio::spawn(pipeline::carry_out(begun, input)).await;
    report.map_err(|error| AppError::Internal(error.into()))?;
    Ok(run_id)
}
