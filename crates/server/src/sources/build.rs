//! From what is known of sources to their pages.

use super::{
    pages::{SourceItem, SourceListPage, SourcePage},
    rules,
    store::{self, SourceHealth},
};
use crate::{
    error::{AppError, AppResult},
    runs::{
        self,
        store::{RunFilter, read_runs},
    },
    web::{Asked, Chrome, TimeStyle, thousands},
    widgets::{Empty, Mark},
};
use pendopo_connectors::connection::Connection;
use pendopo_figures::{Reader, questions::listing::list_visible_indicators};
use pendopo_vocab::FreshnessState;

/// Runs shown on the page of a source.
const RUNS_SHOWN: i64 = 10;

/// All sources, the ill ones first.
pub fn list(reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome) -> AppResult<SourceListPage> {
    let t = asked.t;
    let mut sources = store::read_sources(reader, &asked.scope, asked.now)?;
    store::add_next_starts(&mut sources, &asked.identity.time_zone, asked.now);
    // Keeps the order of the pack among sources in the same state.
    sources.sort_by_key(|source| source.state);
    let ill = sources.iter().filter(|source| source.state != FreshnessState::Fresh).count();
    let summary = match (sources.len(), ill) {
        (0, _) => String::new(),
        (all, 0) => t.tr1("sources-all-fresh", all),
        (all, ill) => t.tr2("sources-some-ill", ill, all),
    };
    Ok(SourceListPage {
        summary,
        empty: sources.is_empty().then(|| Empty {
            title: t.tr("empty-sources").into_owned(),
            advice: t.tr("empty-sources-now").into_owned(),
            action: None,
        }),
        sources: sources.iter().map(|source| item(source, asked)).collect(),
        chrome,
    })
}

fn item(source: &SourceHealth, asked: &Asked) -> SourceItem {
    let t = asked.t;
    let zone = &asked.identity.time_zone;
    let refused = source.last_run.zip(source.refused.filter(|count| *count > 0)).map(|(run, count)| {
        let words = t.tr1("rows-refused", thousands(count, t.lang()));
        (format!("/penarikan/{run}/ditolak"), words)
    });
    SourceItem {
        code: source.code.clone(),
        name: source.name.clone(),
        agency: source.agency_short.clone(),
        mark: Mark::freshness(source.state, t),
        sentence: source.sentence(t.lang(), asked.now, zone),
        last_good: source
            .last_good
            .map_or_else(|| t.tr("never").into_owned(), |at| asked.time(at, TimeStyle::Short)),
        promise: t.tr1("promise-every", rules::span(source.fresh_every_secs, t.lang())),
        rows: source
            .accepted
            .map_or_else(String::new, |count| t.tr1("rows-accepted", thousands(count, t.lang()))),
        refused,
        running: source.running.map(|run| format!("/penarikan/{run}")),
    }
}

/// One source.
pub fn one(reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome, code: &str) -> AppResult<SourcePage> {
    let t = asked.t;
    let found = store::find_source(reader, &asked.scope, code, asked.now)?;
    let mut found = [found.ok_or_else(|| AppError::NotFound(code.to_owned()))?];
    store::add_next_starts(&mut found, &asked.identity.time_zone, asked.now);
    let [source] = found;
    let filter = RunFilter { source: Some(code), status: None };
    let recent = read_runs(reader, &asked.scope, &filter, None, RUNS_SHOWN)?;
    let words = |key: &str| t.tr(key).into_owned();
    let mut facts = Vec::new();
    let mut indicators = Vec::new();
    if let Some(definition) = &source.definition {
        facts.push((words("source-connector"), reached_by(&definition.connection).to_owned()));
        let unscheduled = if definition.connection.is_pushed() { "source-pushed" } else { "source-by-hand" };
        let schedule = definition.schedule.clone().unwrap_or_else(|| words(unscheduled));
        facts.push((words("source-schedule"), schedule));
        let fed: Vec<&str> = definition.mapping.value.iter().map(|value| value.indicator.as_str()).collect();
        indicators = list_visible_indicators(reader, &asked.scope)?
            .into_iter()
            .filter(|indicator| fed.contains(&indicator.row.code.as_str()))
            .map(|indicator| (format!("/indikator/{}", indicator.row.code), indicator.row.name))
            .collect();
    }
    let pushed = source.definition.as_ref().is_some_and(|definition| definition.connection.is_pushed());
    if pushed {
        facts.push((words("source-push-address"), format!("POST /api/v1/sources/{code}/rows")));
    }
    let time = |at| asked.time(at, TimeStyle::DateTime);
    facts.extend(source.ill_since.map(|at| (words("source-ill-since"), time(at))));
    let news = source.facts.news;
    facts.extend(news.newest.map(|newest| (words("source-newest"), newest.period.label(t.lang()))));
    if let Some(within) = source.period_within_secs {
        facts.push((words("source-newest-promise"), t.tr1("promise-within", rules::span(within, t.lang()))));
    }
    facts.extend(news.brought_at.map(|at| (words("source-brought"), time(at))));
    facts.extend(source.expected_at().map(|at| (words("source-expected"), time(at))));
    if !source.new_columns.is_empty() {
        facts.push((words("source-new-columns"), source.new_columns.join(", ")));
    }
    facts.extend(source.facts.contact.clone().map(|contact| (words("source-contact"), contact)));
    Ok(SourcePage {
        source: item(&source, asked),
        pushed,
        facts,
        indicators,
        notes: source.notes.iter().map(|note| note.sentence(t.lang())).collect(),
        runs: recent.iter().map(|run| runs::item(run, asked)).collect(),
        chrome,
    })
}

/// The kind of service in the words of those who run it.
fn reached_by(connection: &Connection) -> &'static str {
    match connection {
        Connection::Csv(_) => "CSV",
        Connection::Spreadsheet(_) => "XLSX / XLS / ODS",
        Connection::Json(_) => "JSON (HTTP)",
        Connection::Sqlite(_) => "SQLite",
        Connection::Postgres(_) => "PostgreSQL",
        Connection::Mysql(_) => "MySQL / MariaDB",
        Connection::Push(_) => "Push (HTTP)",
    }
}
