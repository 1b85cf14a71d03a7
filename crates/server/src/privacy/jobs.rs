//! Taking away what is past its time, each night; and what somebody asked to be forgotten, at once.

use super::{
    rules::keeping,
    store::{self, Erased},
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    sources::jobs::PSEUDONYM,
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use pendopo_connectors::{
    AnswerProblem, Limits, Refusal, Row, RowSink,
    kept_rows::RowsRecorder,
    personal::{is_pseudonym, mask_all, pseudonym},
    recording::{parse_recording, rows_recording},
};
use pendopo_figures::{
    AnswerBody, DbError, RunsOf, drop_refused_rows, drop_unused_answers, find_answer, overwrite_deleted,
    release_answers, replace_answer,
};
use std::{io::Cursor, ops::ControlFlow, time::Duration};
use tokio::sync::watch;

/// Rows and runs that one transaction takes away at most.
const BATCH: i64 = 500;
/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(60);

/// Takes away what is past its time, each night after the hour of the settings, until `stopping` turns
/// true. A center that was off at night does it when it starts.
pub async fn run_retention(app: App, mut stopping: watch::Receiver<bool>) {
    let mut done: Option<Date> = None;
    while !*stopping.borrow() {
        let local = app.identity().time_zone.to_datetime(app.clock().now());
        let due = local.hour() >= app.config().privacy.retention_hour && done != Some(local.date());
        if due && app.config().runs.scheduled {
            let owned = app.clone();
            let worked = tokio::task::spawn_blocking(move || retain(&owned, &Actor::center())).await;
            match worked {
                Ok(Ok(erased)) => {
                    done = Some(local.date());
                    if !erased.is_nothing() {
                        tracing::info!(
                            answers = erased.answers,
                            refused_rows = erased.refused_rows,
                            "taken away past its time"
                        );
                    }
                }
                Ok(Err(error)) => tracing::error!(%error, "cannot take away what is past its time"),
                Err(error) => tracing::error!(%error, "taking away what is past its time broke off"),
            }
        }
        tokio::select! {
            changed = stopping.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Takes away every answer and refused row that is past its time, in small transactions, and writes down
/// how many. Doing it again does nothing.
///
/// # Errors
/// The database's; what was taken away until then is written down.
pub fn retain(app: &App, actor: &Actor) -> Result<Erased, DbError> {
    let (db, now) = (app.db(), app.clock().now());
    let sources = db.read(store::read_sources)?;
    let config = &app.config().privacy;
    let named = sources.iter().map(|source| {
        let keeping = keeping(source.definition.as_ref(), config);
        (RunsOf::Source(source.source_id), Some((source.source_id, source.code.as_str())), keeping)
    });
    let mut all = Erased::default();
    for (of, source, keeping) in named.chain([(RunsOf::None, None, keeping(None, config))]) {
        let (source_id, code) = (source.map(|(source_id, _)| source_id), source.map(|(_, code)| code));
        let mut erased = Erased::default();
        let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(Timestamp::MIN).as_millisecond();
        let outcome = loop {
            let step = db.write(|tx| {
                overwrite_deleted(tx, true)?;
                let answers = release_answers(tx, of, before(keeping.answers), BATCH)?;
                drop_unused_answers(tx, BATCH)?;
                let refused_rows = drop_refused_rows(tx, of, before(keeping.refused), BATCH)?;
                overwrite_deleted(tx, false)?;
                Ok(Erased { answers, refused_rows, raw_rows: 0 })
            });
            match step {
                Ok(step) if step.is_nothing() => break Ok(()),
                Ok(step) => {
                    erased.answers += step.answers;
                    erased.refused_rows += step.refused_rows;
                }
                Err(error) => break Err(error),
            }
        };
        if !erased.is_nothing() {
            let entry = Entry::new(actor.clone(), Action::RetentionDeleted)
                .noting("answers", erased.answers)
                .noting("refused_rows", erased.refused_rows);
            let entry = match code {
                Some(code) => entry.on("source", code),
                None => entry,
            };
            db.write(|tx| {
                store::put_erasure(tx, "retention", source_id, erased, &actor.author(), (now, ""))?;
                app.audit().record(tx, &entry)
            })?;
            all.answers += erased.answers;
            all.refused_rows += erased.refused_rows;
        }
        outcome?;
    }
    if !all.is_nothing() {
        // What was deleted leaves the write-ahead log, too.
        db.checkpoint()?;
        app.bump_data_version();
    }
    Ok(all)
}

/// What is looked for when somebody asks to be forgotten.
struct Sought {
    /// As given, in lower case.
    text: String,
    /// Its digits, where it is a long number.
    digits: Option<String>,
    /// Its pseudonym, or the text itself when it is one.
    pseudonym: String,
}

impl Sought {
    fn new(app: &App, text: &str) -> Sought {
        let text = text.trim().to_lowercase();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let vault = app.vault();
        let pseudonym = match is_pseudonym(&text) {
            true => text.clone(),
            false => pseudonym(&text, &|data| vault.mac(PSEUDONYM, data)),
        };
        let letters = text.chars().any(char::is_alphabetic);
        Sought { digits: (!letters && digits.len() >= 8).then_some(digits), pseudonym, text }
    }

    fn in_text(&self, kept: &str) -> bool {
        if kept.contains(&self.pseudonym) || kept.to_lowercase().contains(&self.text) {
            return true;
        }
        // However it was grouped.
        self.digits.as_ref().is_some_and(|digits| {
            let bare: String = kept.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect();
            bare.contains(digits)
        })
    }
}

/// What was found and taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// What was taken away, or would be.
    pub erased: Erased,
    /// Names of breakdowns that mention it: figures stay, and somebody must decide.
    pub labels: usize,
    /// Answers that this version cannot read and therefore cannot look through.
    pub unreadable: usize,
}

/// Shortest text that can be forgotten: a shorter one would take away rows of others.
pub const SHORTEST: usize = 4;

/// Takes away every kept row and refused row that mentions a value or a pseudonym. The figures made from
/// them stay. With `dry_run` it only counts. What was sought is not written down.
///
/// # Errors
/// The database's.
pub fn forget(
    app: &App,
    text: &str,
    actor: &Actor,
    reason: &str,
    dry_run: bool,
) -> Result<Forgotten, DbError> {
    let (db, now) = (app.db(), app.clock().now());
    let sought = Sought::new(app, text);
    let mut forgotten = Forgotten::default();
    for (answer_id, run_id, _) in db.read(store::read_answers)? {
        // One answer at a time: they may be large.
        let kept = db.read(|reader| {
            let answer = find_answer(reader, answer_id)?;
            let connection = crate::runs::store::recorded_answer(reader, run_id)?;
            Ok(answer.zip(connection.map(|(connection, _)| connection)))
        })?;
        let Some((answer, connection)) = kept else {
            forgotten.unreadable += 1;
            continue;
        };
        let mut sink =
            Without { sought: &sought, rows: RowsRecorder::new(Vec::new()), taken: 0, failed: false };
        let mut recording = Cursor::new(&answer.bytes);
        let read = parse_recording(&connection, &mut recording, &Limits::bulk(), &mut sink);
        if read.is_err() || sink.failed {
            // An answer kept as plain text: looked through as such, and given up whole.
            let mentioned = sought.in_text(&String::from_utf8_lossy(&answer.bytes));
            if mentioned {
                forgotten.erased.answers += 1;
                if !dry_run {
                    db.write(|tx| {
                        overwrite_deleted(tx, true)?;
                        tx.execute(
                            "update run set answer_id = null where answer_id = $1",
                            &[answer_id.into()],
                        )?;
                        drop_unused_answers(tx, BATCH)?;
                        overwrite_deleted(tx, false)
                    })?;
                }
            }
            continue;
        }
        if sink.taken == 0 {
            continue;
        }
        forgotten.erased.raw_rows += sink.taken;
        if dry_run {
            continue;
        }
        let broken = |problem: AnswerProblem| DbError::Other(problem.to_string());
        let rows = sink.rows.finish().map_err(|error| DbError::Other(error.to_string()))?;
        let bytes =
            rows_recording(&mut recording, rows.len() as u64, &mut rows.as_slice()).map_err(broken)?;
        let body = AnswerBody { media_type: answer.media_type, bytes };
        db.write(|tx| {
            overwrite_deleted(tx, true)?;
            replace_answer(tx, answer_id, &body)?;
            overwrite_deleted(tx, false)
        })?;
    }
    let mut refused = Vec::new();
    db.read(|reader| {
        store::for_each_refused(reader, |run_id, row_no, message, raw| {
            if sought.in_text(raw) || sought.in_text(message) {
                refused.push((run_id, row_no));
            }
        })
    })?;
    forgotten.erased.refused_rows = refused.len() as u64;
    forgotten.labels = db.read(|reader| store::count_labels(reader, |label| sought.in_text(label)))?;
    if dry_run || forgotten.erased.is_nothing() {
        return Ok(forgotten);
    }
    for batch in refused.chunks(BATCH.unsigned_abs() as usize) {
        db.write(|tx| {
            overwrite_deleted(tx, true)?;
            for (run_id, row_no) in batch {
                store::drop_refused_row(tx, *run_id, *row_no)?;
            }
            overwrite_deleted(tx, false)
        })?;
    }
    let Erased { answers, raw_rows, refused_rows } = forgotten.erased;
    let entry = Entry::new(actor.clone(), Action::Forgotten)
        .noting("rows", raw_rows)
        .noting("answers", answers)
        .noting("refused_rows", refused_rows);
    let reason = mask_all(reason);
    db.write(|tx| {
        store::put_erasure(tx, "forget", None, forgotten.erased, &actor.author(), (now, &reason))?;
        app.audit().record(tx, &entry)
    })?;
    db.checkpoint()?;
    app.bump_data_version();
    Ok(forgotten)
}

/// Records the rows that do not mention what is sought.
struct Without<'s> {
    sought: &'s Sought,
    rows: RowsRecorder<Vec<u8>>,
    taken: u64,
    failed: bool,
}

impl RowSink for Without<'_> {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.failed |= self.rows.columns(columns).is_err();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if row.cells.iter().any(|cell| self.sought.in_text(&cell.text())) {
            self.taken += 1;
        } else {
            self.failed |= self.rows.row(row).is_err();
        }
        ControlFlow::Continue(())
    }

    fn problem(&mut self, refusal: Refusal) {
        if self.sought.in_text(&refusal.raw) || self.sought.in_text(&refusal.found) {
            self.taken += 1;
        } else {
            self.failed |= self.rows.problem(&refusal).is_err();
        }
    }
}
