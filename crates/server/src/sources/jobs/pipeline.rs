//! The middle and the end of a run: fetch, read, judge, record.

use super::{
    begin::{Begun, LEASE, PUSH},
    mapping::{KeptForm, Mapped, Reading, connection_of_file, map_answer, media_type},
    report::{Change, RunReport, RunVerdict},
};
use crate::{
    app::App,
    config::Config,
    jobs::{
        fetcher::{AllowedNetworks, Bounds, FetchProblem, Fetched, Fetcher, Order, Secrets, record_file},
        progress::{Stage, Step},
    },
    packs::{schema::SourceFile, spans::parse_span},
    sources::{
        clock,
        news::{News, newest_of, put_news, read_news},
        note::put_notes,
        problem::RunProblem,
        store,
    },
};
use axum::body::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use pendopo_connectors::{Limits, connection::Connection, recording::rows_recording};
use pendopo_figures::{
    AnswerBody, DbError, RetryOutcome, RunCounters, RunEnd, RunFigures, RunKind, RunOutcome, RunPreview,
    StagedRow, Tx, commit_retry_with, commit_run_with, fail_run, preview_run, put_breakdown, refuse_run,
    set_progress,
};
use pendopo_vocab::{Lang, Period, RegionCode, region_tree::RegionTree};
use std::{
    collections::HashSet,
    fs::File,
    io::{self, Seek, SeekFrom},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Where a run's answer comes from.
pub(super) enum Input {
    /// The service.
    Service,
    /// A file given by hand.
    File(PathBuf),
    /// Rows that were sent, and how they are read.
    Pushed { connection: Connection, bytes: Bytes },
    /// The recorded answer of an earlier run, of which these rows or all.
    Recorded { connection: Connection, bytes: Vec<u8>, only: Option<HashSet<i64>>, pushed: bool },
}

/// A recorded answer, and how it is read.
struct Answer {
    recording: Fetched,
    connection: Connection,
    limits: Limits,
    only: Option<HashSet<i64>>,
    /// The rows were sent, now or in the run that is read again.
    pushed: bool,
    /// An answer that is already kept with its own run is not kept again; one that could not be looked
    /// through is not kept at all.
    keep: bool,
    /// The rows that passed the door, kept in the place of what came.
    rows: Option<File>,
}

/// How a run ended, before it is written down.
enum End {
    /// Judged good.
    Good(Box<Mapped>, Box<Answer>),
    /// Came to nothing, with what was seen of it.
    Bad(RunProblem, Box<Mapped>, Option<Box<Answer>>),
}

/// Carries out a run that has begun, whatever happens to it.
pub(super) async fn carry_out(begun: Begun, input: Input) -> RunReport {
    let begun = Arc::new(begun);
    let started = Instant::now();
    let heart =
        begun.run_id.map(|run_id| tokio::spawn(keep_alive(begun.app.clone(), run_id, begun.running.watch())));
    let end = work(&begun, input).await;
    let closing = begun.clone();
    let written = tokio::task::spawn_blocking(move || write_down(&closing, end)).await;
    if let Some(heart) = heart {
        heart.abort();
    }
    let mut report = written.unwrap_or_else(|error| {
        let problem = RunProblem::Storage { detail: error.to_string() };
        blank_report(&begun, RunVerdict::Failed, Some(problem))
    });
    report.took = started.elapsed();
    begun.app.bump_data_version();
    metrics::counter!("pendopo_runs_total", "source" => report.source.clone(), "verdict" => report.verdict.as_str()).increment(1);
    tracing::info!(source = %report.source, run = report.run_id, verdict = report.verdict.as_str(),
        accepted = report.counters.accepted, refused = report.counters.refused, added = report.outcome.added,
        revised = report.outcome.revised, problem = report.problem.as_ref().map(RunProblem::code), "run ended");
    report
}

/// Renews the run's lease and notes its progress until the run ends; asks it to stop when it has lost
/// its place in the ledger.
async fn keep_alive(app: App, run_id: i64, step: watch::Receiver<Step>) {
    loop {
        tokio::time::sleep(LEASE / 9).await;
        let seen = *step.borrow();
        let until = app.clock().now().as_millisecond() + LEASE.as_millis() as i64;
        let done = i64::try_from(seen.done).unwrap_or(i64::MAX);
        let total = seen.total.and_then(|total| i64::try_from(total).ok());
        let db = app.db().clone();
        match tokio::task::spawn_blocking(move || set_progress(&db, run_id, done, total, until)).await {
            Ok(Err(DbError::Conflict(_))) => {
                app.progress().cancel(run_id);
                return;
            }
            Ok(Err(error)) => tracing::warn!(run_id, %error, "cannot note the run's progress"),
            _ => {}
        }
    }
}

async fn work(begun: &Arc<Begun>, input: Input) -> End {
    let answer = match obtain(begun, input).await {
        Ok(answer) => answer,
        Err(problem) => return End::Bad(problem, Box::default(), None),
    };
    let reading = begun.clone();
    match tokio::task::spawn_blocking(move || judge(&reading, answer)).await {
        Ok(end) => end,
        Err(error) => End::Bad(RunProblem::Definition { detail: error.to_string() }, Box::default(), None),
    }
}

/// Gets the answer, from wherever it is to come.
async fn obtain(begun: &Begun, input: Input) -> Result<Answer, RunProblem> {
    let config = begun.app.config();
    let source = &begun.prepared.source;
    match input {
        Input::Service => {
            let recording = fetch(begun).await?;
            let limits = Limits { json_bytes: recording.bytes, ..Limits::default() };
            Ok(Answer {
                recording,
                connection: source.connection.clone(),
                limits,
                only: None,
                pushed: false,
                keep: true,
                rows: None,
            })
        }
        Input::File(path) => {
            begun.running.set(Stage::Fetching, 0, None);
            let connection = connection_of_file(&path, source)?;
            let most = config.runs.max_import_bytes;
            let read = move || -> Result<Fetched, RunProblem> {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let unreadable = |error: io::Error| {
                    let detail = error.to_string();
                    RunProblem::Fetch(FetchProblem::UnreadableFile { path: name.clone(), detail })
                };
                let file = File::open(&path).map_err(unreadable)?;
                let about = file.metadata().map_err(unreadable)?;
                if !about.is_file() {
                    return Err(RunProblem::Fetch(FetchProblem::ForbiddenFile { path: name }));
                }
                Ok(record_file(&name, file, about.len(), most)?)
            };
            let joined = tokio::task::spawn_blocking(read).await;
            let recording =
                joined.map_err(|error| RunProblem::Definition { detail: error.to_string() })??;
            let limits = Limits::bulk();
            Ok(Answer { recording, connection, limits, only: None, pushed: false, keep: true, rows: None })
        }
        Input::Pushed { connection, bytes } => {
            let unkept = |error: io::Error| RunProblem::Storage { detail: error.to_string() };
            let Fetched { recording, bytes: length, .. } = keep_in_file(&bytes).map_err(unkept)?;
            let recording = record_file("push", recording, length, u64::MAX)?;
            let limits = Limits { json_bytes: recording.bytes, ..Limits::default() };
            Ok(Answer { recording, connection, limits, only: None, pushed: true, keep: true, rows: None })
        }
        Input::Recorded { connection, bytes, only, pushed } => {
            let recorded =
                keep_in_file(&bytes).map_err(|error| RunProblem::Storage { detail: error.to_string() })?;
            Ok(Answer {
                recording: recorded,
                connection,
                limits: Limits::bulk(),
                only,
                pushed,
                keep: false,
                rows: None,
            })
        }
    }
}

fn keep_in_file(bytes: &[u8]) -> io::Result<Fetched> {
    use std::io::Write as _;
    let mut recording = tempfile::tempfile()?;
    recording.write_all(bytes)?;
    recording.seek(SeekFrom::Start(0))?;
    Ok(Fetched { recording, bytes: bytes.len() as u64, ahead_secs: None })
}

/// The secrets, read for each run, so that a new one needs no restart.
async fn secrets(app: &App) -> Result<Secrets, RunProblem> {
    static ENVIRONMENT: OnceLock<Vec<(String, String)>> = OnceLock::new();
    let variables = ENVIRONMENT
        .get_or_init(|| std::env::vars().filter(|(name, _)| name.starts_with("PENDOPO_SECRET_")).collect());
    let wrong = |error: String| RunProblem::Definition { detail: error };
    let vault = app.vault().clone();
    let stored = app.blocking(move |db| crate::vault::open_secrets(db, &vault)).await;
    let stored = stored.map_err(|error| wrong(error.to_string()))?;
    Secrets::load(stored, &app.config().secrets_file, variables.iter().cloned())
        .map_err(|error| wrong(error.to_string()))
}

async fn fetch(begun: &Begun) -> Result<Fetched, RunProblem> {
    let config = begun.app.config();
    let source = &begun.prepared.source;
    let zone = begun.app.identity().time_zone.clone();
    let fetcher =
        Fetcher::new(secrets(&begun.app).await?, begun.app.clock().clone(), config.files_folder.clone());
    let mut bounds = bounds(source, config)?;
    if begun.options.probe {
        bounds.attempts = 1;
    }
    // As the source's own clock shows it; an unknown zone was refused with the pack.
    let source_zone = source.connection.time_zone().and_then(|name| TimeZone::get(name).ok());
    let source_zone = source_zone.unwrap_or_else(|| zone.clone());
    let since = begun.prepared.since;
    let since = since.map(|at| source_zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string());
    begun.running.set(Stage::Fetching, 0, None);
    let on_bytes = |bytes: u64| begun.running.set(Stage::Fetching, bytes, None);
    let order = Order {
        connection: &source.connection,
        since: since.as_deref(),
        bounds: &bounds,
        time_zone: &zone,
        cancel: begun.running.cancel(),
        on_bytes: &on_bytes,
    };
    let fetched = fetcher.fetch(&order).await?;
    if let Some(ahead_secs) = fetched.ahead_secs {
        let (source_id, now_ms) = (begun.prepared.source_id, begun.app.clock().now().as_millisecond());
        let noted =
            begun.app.blocking(move |db| db.write(|tx| clock::note(tx, source_id, ahead_secs, now_ms)));
        if let Err(error) = noted.await {
            // Only `pendopo doctor` asks for it.
            tracing::warn!(%error, "cannot note the time that the service told");
        }
    }
    Ok(fetched)
}

/// The bounds of a source: its own words, else the settings.
fn bounds(source: &SourceFile, config: &Config) -> Result<Bounds, RunProblem> {
    let wrong = |detail: String| RunProblem::Definition { detail };
    let timeout = match &source.timeout {
        Some(text) => Duration::try_from(parse_span(text).map_err(wrong)?).unwrap_or(config.runs.timeout),
        None => config.runs.timeout,
    };
    let max_bytes = source.max_mib.map_or(config.runs.max_answer_bytes, |mib| u64::from(mib) << 20);
    let allowed = AllowedNetworks::parse(&source.allow_networks)
        .map_err(|text| wrong(format!("`{text}` is not a network")))?;
    Ok(Bounds { allowed, timeout, max_bytes, ..Bounds::default() })
}

/// Reads the answer and says whether it may be used.
fn judge(begun: &Begun, mut answer: Answer) -> End {
    let identity = begun.app.identity();
    let source = &begun.prepared.source;
    let timeout = bounds(source, begun.app.config()).map(|bounds| bounds.timeout).ok();
    let vault = begun.app.vault();
    let mac = |data: &[u8]| vault.mac(PSEUDONYM, data);
    let (connection, only) = (answer.connection.clone(), answer.only.take());
    let reading = Reading {
        prepared: &begun.prepared,
        connection: &connection,
        limits: answer.limits,
        center: identity.region,
        today: identity.time_zone.to_datetime(begun.started_at).date(),
        only: only.as_ref(),
        pushed: answer.pushed,
        running: &begun.running,
        // An import by hand may take as long as it takes.
        deadline: timeout
            .filter(|_| begun.kind == RunKind::Source)
            .map(|bound| (Instant::now() + bound, bound)),
        mac: &mac,
        keep: answer.keep && begun.run_id.is_some(),
    };
    let (mapped, form) = map_answer(&reading, &mut answer.recording.recording);
    answer.only = only;
    match form {
        KeptForm::AsItCame => {}
        KeptForm::Rows(rows) => answer.rows = Some(rows),
        KeptForm::Nothing => answer.keep = false,
    }
    let mapped = match mapped {
        Ok(mapped) => mapped,
        Err(problem) => return End::Bad(problem, Box::default(), Some(Box::new(answer))),
    };
    let RunCounters { accepted, refused, repeated, .. } = mapped.counters;
    let (refused, total) = (refused.unsigned_abs(), (accepted + refused + repeated).unsigned_abs());
    let percent = source.max_refused_percent.unwrap_or(USUAL_REFUSED_PERCENT);
    if begun.kind != RunKind::Retry && total > 0 && refused as f64 * 100.0 > percent * total as f64 {
        let problem = RunProblem::TooManyRefused { refused, total, percent };
        return End::Bad(problem, Box::new(mapped), Some(Box::new(answer)));
    }
    End::Good(Box::new(mapped), Box::new(answer))
}

/// Purpose of the key that pseudonyms are made with.
pub const PSEUDONYM: &str = "pseudonym";

/// A run with more refused rows than this, in per cent, is refused unless the source says otherwise.
const USUAL_REFUSED_PERCENT: f64 = 10.0;

fn write_down(begun: &Begun, end: End) -> RunReport {
    // A service's own words, names of keys and parsers' excerpts are texts from outside as well.
    let end = match end {
        End::Bad(problem, mapped, answer) => End::Bad(problem.masked(), mapped, answer),
        good @ End::Good(..) => good,
    };
    match (end, begun.run_id) {
        (End::Good(mapped, answer), Some(run_id)) => match record(begun, run_id, *mapped, *answer) {
            Ok(report) => report,
            Err(error) => {
                let problem = RunProblem::Storage { detail: error.to_string() };
                close(begun, run_id, problem, Mapped::default(), None)
            }
        },
        (End::Bad(problem, mapped, answer), Some(run_id)) => close(begun, run_id, problem, *mapped, answer),
        (End::Good(mapped, _), None) => rehearse(begun, *mapped),
        (End::Bad(problem, mapped, _), None) => {
            let verdict = if problem.is_judgement() { RunVerdict::Refused } else { RunVerdict::Failed };
            report_of(begun, verdict, Some(problem), &mapped)
        }
    }
}

/// Records a good run: everything in one transaction.
fn record(begun: &Begun, run_id: i64, mut mapped: Mapped, answer: Answer) -> Result<RunReport, DbError> {
    let db = begun.app.db();
    begun.running.set(Stage::Storing, 0, Some(mapped.staged.len() as u64));
    name_breakdowns(begun, &mut mapped)?;
    let whole = answer.only.is_none();
    let body = if answer.keep {
        Some(answer_body(answer).map_err(|error| DbError::Full(error.to_string()))?)
    } else {
        None
    };
    mapped.counters.bytes = body.as_ref().map_or(0, |body| body.bytes.len() as i64);
    let now_ms = begun.app.clock().now().as_millisecond();
    let staged = std::mem::take(&mut mapped.staged);
    let news = news_of(begun, &staged);
    let counters = mapped.counters;
    let RetryOutcome { outcome, overtaken } = if begun.kind == RunKind::Retry {
        // Rows that are tried again stay with the run that refused them. An answer that is read again as a whole
        // says as much of the source as it would have said then.
        commit_retry_with(db, run_id, staged, counters, now_ms, |tx, outcome| match whole {
            true => remember(tx, begun, &mapped, (news, outcome), now_ms),
            false => Ok(()),
        })?
    } else {
        let refused = &mapped.refused[..];
        let run =
            RunFigures { run_id, staged, refused, answer: body.as_ref(), counters, finished_at: now_ms };
        let outcome =
            commit_run_with(db, run, |tx, outcome| remember(tx, begun, &mapped, (news, outcome), now_ms))?;
        RetryOutcome { outcome, overtaken: Vec::new() }
    };
    note_found(begun, run_id, &mapped, now_ms);
    let changed = outcome.added > 0 || outcome.revised > 0;
    let verdict = if changed { RunVerdict::Done } else { RunVerdict::Unchanged };
    Ok(RunReport { outcome, overtaken, ..report_of(begun, verdict, None, &mapped) })
}

/// The newest period among a run's figures.
fn news_of(begun: &Begun, staged: &[StagedRow]) -> News {
    let zone = begun.app.identity().time_zone.clone();
    let today = zone.to_datetime(begun.started_at).date();
    News { newest: newest_of(staged, today, &zone), ..News::default() }
}

/// What is known of the source from now on; written with the figures.
fn remember(
    tx: &mut Tx<'_>,
    begun: &Begun,
    mapped: &Mapped,
    (news, outcome): (News, RunOutcome),
    now_ms: i64,
) -> Result<(), DbError> {
    let prepared = &begun.prepared;
    if begun.kind == RunKind::Source {
        store::put_columns(tx, prepared.source_id, &mapped.columns, &mapped.added_columns, now_ms)?;
    }
    let changed = outcome.added > 0 || outcome.revised > 0;
    let brought_at = changed.then(|| Timestamp::from_millisecond(now_ms).ok()).flatten();
    let asked = begun.kind == RunKind::Source && begun.options.trigger != PUSH;
    let read_all = asked && prepared.since.is_none();
    let news = News { brought_at, full_at: read_all.then_some(begun.started_at), ..news };
    let known = read_news(tx, prepared.source_id)?;
    put_news(tx, prepared.source_id, known.after(news))?;
    match begun.run_id {
        Some(run_id) => put_notes(tx, run_id, &mapped.notes),
        None => Ok(()),
    }
}

/// Counts the personal values that were met, for the record of processing.
fn note_found(begun: &Begun, run_id: i64, mapped: &Mapped, now_ms: i64) {
    if begun.kind == RunKind::Retry || mapped.found.is_empty() {
        return;
    }
    let source_id = begun.prepared.source_id;
    let noted = begun.app.db().write(|tx| store::put_found(tx, source_id, run_id, &mapped.found, now_ms));
    if let Err(error) = noted {
        // The values themselves are kept nowhere; only their count is missing.
        tracing::warn!(run_id, %error, "cannot count the personal values that were met");
    }
}

/// Gives new breakdowns their numbers. A number without figures does no harm if the run is then lost.
fn name_breakdowns(begun: &Begun, mapped: &mut Mapped) -> Result<(), DbError> {
    if mapped.new_breakdowns.is_empty() {
        return Ok(());
    }
    let keys = &mapped.new_breakdowns;
    let ids: Vec<i64> = begun.app.db().write(|tx| keys.iter().map(|key| put_breakdown(tx, key)).collect())?;
    for row in &mut mapped.staged {
        if row.breakdown_id < 0 {
            let index = usize::try_from(-row.breakdown_id - 1).unwrap_or(usize::MAX);
            row.breakdown_id = ids.get(index).copied().unwrap_or_default();
        }
    }
    Ok(())
}

fn answer_body(mut answer: Answer) -> io::Result<AnswerBody> {
    let bytes = match answer.rows.take() {
        None => answer.recording.read_all()?,
        Some(mut rows) => {
            let length = rows.seek(SeekFrom::End(0))?;
            rows.seek(SeekFrom::Start(0))?;
            rows_recording(&mut answer.recording.recording, length, &mut rows)
                .map_err(|problem| io::Error::other(problem.to_string()))?
        }
    };
    Ok(AnswerBody { media_type: media_type(&answer.connection), bytes })
}

/// Ends a run that came to nothing. What was stored before stays as it is.
fn close(
    begun: &Begun,
    run_id: i64,
    problem: RunProblem,
    mapped: Mapped,
    answer: Option<Box<Answer>>,
) -> RunReport {
    let db = begun.app.db();
    let body = answer.filter(|answer| answer.keep).and_then(|answer| answer_body(*answer).ok());
    let counters =
        RunCounters { bytes: body.as_ref().map_or(0, |body| body.bytes.len() as i64), ..mapped.counters };
    let end = RunEnd {
        problem_code: problem.code().to_owned(),
        message: problem.sentence(Lang::Id),
        counters,
        finished_at: begun.app.clock().now().as_millisecond(),
    };
    let judged = problem.is_judgement();
    let written = db.write(|tx| store::put_problem(tx, run_id, &problem)).and_then(|()| match judged {
        true => refuse_run(db, run_id, &end, &mapped.refused, body.as_ref()),
        false => fail_run(db, run_id, &end, body.as_ref()),
    });
    note_found(begun, run_id, &mapped, end.finished_at);
    if let Err(error) = written {
        // The lease runs out and the run is closed as interrupted; nothing of it was applied.
        tracing::error!(run_id, %error, "cannot close the run in the ledger");
    }
    let verdict = if judged { RunVerdict::Refused } else { RunVerdict::Failed };
    report_of(begun, verdict, Some(problem), &mapped)
}

/// Says what a run would change.
fn rehearse(begun: &Begun, mut mapped: Mapped) -> RunReport {
    let staged = std::mem::take(&mut mapped.staged);
    let preview = preview_run(begun.app.db(), staged);
    match preview {
        Ok(RunPreview { outcome, largest }) => {
            let changes = largest.iter().map(|change| describe(begun, &change.row, change.before)).collect();
            RunReport { outcome, changes, ..report_of(begun, RunVerdict::DryRun, None, &mapped) }
        }
        Err(error) => {
            let problem = RunProblem::Storage { detail: error.to_string() };
            report_of(begun, RunVerdict::Failed, Some(problem), &mapped)
        }
    }
}

fn describe(begun: &Begun, row: &StagedRow, before: f64) -> Change {
    let prepared = &begun.prepared;
    let indicator = prepared.indicator_ids.iter().position(|id| *id == row.indicator_id);
    let region = RegionCode::from_id(row.region_id);
    let named = region.and_then(|code| RegionTree::embedded().get(code));
    Change {
        indicator: indicator.map(|index| prepared.shapes[index].code.clone()).unwrap_or_default(),
        region: region.map(|code| code.to_string()).unwrap_or_default(),
        region_name: named.map(|region| region.name.to_owned()).unwrap_or_default(),
        period: Period::from_id(row.period).map(|period| period.to_string()).unwrap_or_default(),
        before,
        after: row.value,
    }
}

fn blank_report(begun: &Begun, verdict: RunVerdict, problem: Option<RunProblem>) -> RunReport {
    report_of(begun, verdict, problem, &Mapped::default())
}

fn report_of(begun: &Begun, verdict: RunVerdict, problem: Option<RunProblem>, mapped: &Mapped) -> RunReport {
    RunReport {
        source: begun.prepared.source.code.clone(),
        run_id: begun.run_id,
        verdict,
        problem,
        counters: mapped.counters,
        outcome: RunOutcome::default(),
        changes: Vec::new(),
        refused: mapped.refused.iter().take(10).cloned().collect(),
        refused_rows: mapped.refused.iter().map(|row| row.row_no).collect(),
        overtaken: Vec::new(),
        added_columns: mapped.added_columns.clone(),
        notes: mapped.notes.clone(),
        found: mapped.found.clone(),
        took: Duration::ZERO,
    }
}
