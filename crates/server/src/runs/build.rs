//! From the ledger to its pages.

use super::{
    pages::{Progress, RefusedItem, RefusedPage, RunItem, RunListPage, RunPage},
    store::{self, ListedRun, RowFilter, RunFilter},
};
use crate::{
    error::{AppError, AppResult},
    jobs::progress::Step,
    sources::note::read_notes,
    web::{Asked, Chrome, TimeStyle, Tr, how_long, thousands},
    widgets::{Empty, Mark, Shape},
};
use pendopo_figures::{Reader, RunStatus};
use serde::Deserialize;

/// Runs or rows on one page.
const PER_PAGE: usize = 50;
/// A page of work that goes on loads itself anew after this long.
const REFRESH_SECS: u32 = 2;

/// Which runs.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    /// Code of the source.
    pub sumber: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// From before this run on.
    pub sebelum: Option<i64>,
}

/// The ledger.
pub fn list(
    reader: &mut Reader<'_>,
    asked: &Asked,
    mut chrome: Chrome,
    query: &ListQuery,
) -> AppResult<RunListPage> {
    let t = asked.t;
    let filter = RunFilter { source: query.sumber.as_deref(), status: query.status.as_deref() };
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut found = store::read_runs(reader, &asked.scope, &filter, query.sebelum, limit)?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let address = |status: Option<&str>, before: Option<i64>| {
        let mut parts = Vec::new();
        parts.extend(query.sumber.as_ref().map(|source| format!("sumber={source}")));
        parts.extend(status.map(|status| format!("status={status}")));
        parts.extend(before.map(|before| format!("sebelum={before}")));
        format!("/penarikan{}{}", if parts.is_empty() { "" } else { "?" }, parts.join("&"))
    };
    let filters = [
        (None, "filter-all"),
        (Some("running"), "filter-running"),
        (Some("failed"), "filter-failed"),
        (Some("refused"), "filter-refused"),
    ];
    if found.iter().any(|run| run.run.status == RunStatus::Running) {
        chrome.refresh_secs = Some(REFRESH_SECS);
    }
    Ok(RunListPage {
        filters: filters
            .map(|(status, key)| {
                (address(status, None), t.tr(key).into_owned(), query.status.as_deref() == status)
            })
            .into(),
        older: found
            .last()
            .filter(|_| more)
            .map(|last| address(query.status.as_deref(), Some(last.run.run_id))),
        empty: found.is_empty().then(|| Empty {
            title: t.tr("empty-runs").into_owned(),
            advice: t.tr("empty-runs-now").into_owned(),
            action: Some(("/sumber".to_owned(), t.tr("nav-sources").into_owned())),
        }),
        runs: found.iter().map(|run| item(run, asked)).collect(),
        chrome,
    })
}

/// One run as a line of a list.
pub fn item(listed: &ListedRun, asked: &Asked) -> RunItem {
    let (t, run) = (asked.t, &listed.run);
    let kind = t.tr(&format!("run-kind-{}", run.kind.as_str())).into_owned();
    let took = run.finished_at.map(|end| match end - run.started_at {
        ..1000 => t.tr("span-moment").into_owned(),
        ms => how_long(ms / 1000, t),
    });
    RunItem {
        run_id: run.run_id,
        source: listed.source_name.clone().unwrap_or(kind),
        mark: mark(run.status, asked),
        started: asked.time_ms(run.started_at, TimeStyle::Short),
        took: took.unwrap_or_else(|| "–".to_owned()),
        accepted: thousands(run.counters.accepted, t.lang()),
        refused: (run.counters.refused > 0).then(|| thousands(run.counters.refused, t.lang())),
        effect: if run.added + run.revised + run.same == 0 {
            t.tr("effect-none").into_owned()
        } else {
            let count = |number| thousands(number, t.lang());
            t.tr3("effect-words", count(run.added), count(run.revised), count(run.same))
        },
        author: run.author.clone(),
    }
}

fn mark(status: RunStatus, asked: &Asked) -> Mark {
    let shape = match status {
        RunStatus::Running => Shape::Nothing,
        RunStatus::Done => Shape::On,
        RunStatus::Refused | RunStatus::Failed => Shape::Off,
        RunStatus::Interrupted => Shape::Risk,
    };
    let word = asked.t.tr(&format!("run-{}", status.as_str())).into_owned();
    Mark { shape, word, quiet: false }
}

/// One run, with its progress while it lasts; `step` is what this process knows of it.
pub fn one(
    reader: &mut Reader<'_>,
    asked: &Asked,
    mut chrome: Chrome,
    run_id: i64,
    step: Option<Step>,
) -> AppResult<RunPage> {
    let t = asked.t;
    let listed = find(reader, asked, run_id)?;
    let run = &listed.run;
    let running = run.status == RunStatus::Running;
    let words = |key: &str| t.tr(key).into_owned();
    let count = |number: i64| thousands(number, t.lang());
    let mut facts = vec![
        (words("trigger"), t.tr(&format!("trigger-{}", run.trigger)).into_owned()),
        (words("by"), run.author.clone()),
    ];
    facts.extend(run.reason.clone().filter(|reason| !reason.is_empty()).map(|r| (words("run-reason"), r)));
    facts.extend(run.finished_at.map(|at| (words("finished"), asked.time_ms(at, TimeStyle::DateTime))));
    facts.push((words("accepted"), count(run.counters.accepted)));
    facts.push((words("refused"), refused_words(&listed, t)));
    facts.push((words("repeated"), count(run.counters.repeated)));
    facts.push((words("effect"), item(&listed, asked).effect));
    facts.push((words("bytes"), format!("{} KiB", count(run.counters.bytes.div_euclid(1024)))));
    if running {
        chrome.refresh_secs = Some(REFRESH_SECS);
    }
    Ok(RunPage {
        sentence: sentence(&listed, asked),
        progress: running.then(|| progress(&listed, asked, step)),
        source_href: listed.source_code.as_ref().map(|code| format!("/sumber/{code}")),
        read_again: run.retry_of.map(|of| (format!("/penarikan/{of}/ditolak"), t.tr1("run-read-again", of))),
        run: item(&listed, asked),
        notes: read_notes(reader, run_id)?.iter().map(|note| note.sentence(t.lang())).collect(),
        facts,
        chrome,
    })
}

/// How many rows were refused, and of how many that is all that is left.
fn refused_words(listed: &ListedRun, t: Tr) -> String {
    let refused = thousands(listed.run.counters.refused, t.lang());
    match listed.refused_not_kept() {
        ..=0 => refused,
        _ => t.tr2("refused-kept", thousands(listed.refused_kept, t.lang()), refused),
    }
}

fn progress(listed: &ListedRun, asked: &Asked, step: Option<Step>) -> Progress {
    let narrow = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (done, total) = match step {
        Some(step) => (narrow(step.done), step.total.map(narrow)),
        None => (listed.run.progress_done, listed.run.progress_total),
    };
    let count = |number: i64| thousands(number, asked.t.lang());
    let words = match total {
        Some(total) => asked.t.tr2("run-progress", count(done), count(total)),
        None => asked.t.tr1("run-progress-open", count(done)),
    };
    Progress { done, total, words }
}

fn sentence(listed: &ListedRun, asked: &Asked) -> String {
    let (t, run) = (asked.t, &listed.run);
    let problem = || listed.problem_sentence(t.lang()).unwrap_or_default();
    let count = |number: i64| thousands(number, t.lang()).into();
    match run.status {
        RunStatus::Running => t.tr1("run-sentence-running", asked.time_ms(run.started_at, TimeStyle::Clock)),
        RunStatus::Done => t.with(
            "run-sentence-done",
            [
                ("accepted", count(run.counters.accepted)),
                ("refused", count(run.counters.refused)),
                ("added", count(run.added)),
                ("revised", count(run.revised)),
            ],
        ),
        RunStatus::Refused => t.tr1("run-sentence-refused", problem()),
        RunStatus::Failed => t.tr1("run-sentence-failed", problem()),
        RunStatus::Interrupted => t.tr("run-sentence-interrupted").into_owned(),
    }
}

/// Which refused rows.
#[derive(Debug, Default, Deserialize)]
pub struct RowsQuery {
    /// Code of the reason.
    pub alasan: Option<String>,
    /// From after this row on.
    pub sesudah: Option<i64>,
}

/// The rows a run refused.
pub fn refused(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    run_id: i64,
    query: &RowsQuery,
) -> AppResult<RefusedPage> {
    let t = asked.t;
    let listed = find(reader, asked, run_id)?;
    let filter = RowFilter { reason: query.alasan.as_deref(), state: None };
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = store::read_refused_rows(reader, run_id, &filter, query.sesudah, limit)?;
    let more = rows.len() > PER_PAGE;
    rows.truncate(PER_PAGE);
    let here = format!("/penarikan/{run_id}/ditolak");
    let reasons = store::count_reasons(reader, run_id)?;
    let total: i64 = reasons.iter().map(|(_, count)| count).sum();
    let chosen = query.alasan.as_deref();
    let mut links = vec![(here.clone(), t.tr("filter-all").into_owned(), chosen.is_none())];
    links.extend(reasons.iter().map(|(reason, count)| {
        let key = format!("reason-{}", reason.replace('_', "-"));
        let known = t.tr(&key);
        // A code of another version of the program has no words here; it still says something.
        let words = if known == key { reason.replace('_', " ") } else { known.into_owned() };
        let words = format!("{words} ({})", thousands(*count, t.lang()));
        (format!("{here}?alasan={reason}"), words, chosen == Some(reason))
    }));
    let with_reason = chosen.map_or_else(String::new, |reason| format!("&alasan={reason}"));
    Ok(RefusedPage {
        run_id,
        source: item(&listed, asked).source,
        summary: t.tr1("refused-summary", thousands(total, t.lang())),
        not_kept: (listed.refused_not_kept() > 0).then(|| {
            let all = thousands(listed.run.counters.refused, t.lang());
            t.tr2("refused-not-kept", thousands(listed.refused_kept, t.lang()), all)
        }),
        reasons: if reasons.len() > 1 { links } else { Vec::new() },
        next: rows.last().filter(|_| more).map(|row| format!("{here}?sesudah={}{with_reason}", row.row_no)),
        export: format!("{here}.csv"),
        retry: store::count_open_rows(reader, run_id)? > 0,
        empty: rows.is_empty().then(|| Empty {
            title: t.tr("empty-refused").into_owned(),
            advice: t.tr("empty-refused-now").into_owned(),
            action: Some((format!("/penarikan/{run_id}"), t.tr("run").into_owned())),
        }),
        rows: rows
            .into_iter()
            .map(|row| RefusedItem {
                row_no: row.row_no,
                column: row.column.unwrap_or_default(),
                message: row.message,
                raw: row.raw,
                overtaken: row.overtaken_by.map(|by| {
                    let whole = row.state == "dismissed";
                    let key = if whole { "refused-overtaken" } else { "refused-overtaken-partly" };
                    (t.tr(key).into_owned(), by)
                }),
                state: t.tr(&format!("refused-{}", row.state)).into_owned(),
            })
            .collect(),
        chrome,
    })
}

fn find(reader: &mut Reader<'_>, asked: &Asked, run_id: i64) -> AppResult<ListedRun> {
    let found = store::read_run(reader, &asked.scope, run_id)?;
    found.ok_or_else(|| AppError::NotFound(asked.t.tr1("run-number", run_id)))
}
