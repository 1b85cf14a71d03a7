//! What the database knows of sources: definitions, past runs, schedules, the shape of their answers.

use super::{
    news::read_news,
    note,
    problem::{RunProblem, not_its_fault},
    rules,
    rules::SourceFacts,
};
use crate::{
    jobs::schedule::{Ran, Schedule},
    packs::{schema::SourceFile, spans::parse_span},
    web::Vitals,
};
use jiff::{Timestamp, tz::TimeZone};
use pendopo_connectors::personal::{Finding, PersonalKind};
use pendopo_figures::{AgencyRow, Db, DbError, Reader, SourceRow, Stored, Tx, Value, list_agencies};
use pendopo_vocab::{FreshnessPromise, FreshnessState, Lang, Scope};

/// A source and how it keeps its promise.
#[derive(Debug, Clone)]
pub struct SourceHealth {
    /// Its number.
    pub source_id: i64,
    /// Its place in the pack.
    pub position: i64,
    /// Short name.
    pub code: String,
    /// Name of the service.
    pub name: String,
    /// Code of the agency that runs it.
    pub agency_code: String,
    /// Abbreviation of the agency.
    pub agency_short: String,
    /// Its definition, as applied; `None` when this version of the program no longer understands it.
    pub definition: Option<SourceFile>,
    /// A good run is promised at least this often, in seconds.
    pub fresh_every_secs: i64,
    /// Delay forgiven, in seconds.
    pub grace_secs: i64,
    /// The newest period ended at most this long ago, in seconds, where that is promised.
    pub period_within_secs: Option<i64>,
    /// The state.
    pub state: FreshnessState,
    /// Since when it is not as promised.
    pub ill_since: Option<Timestamp>,
    /// When the last good run ended.
    pub last_good: Option<Timestamp>,
    /// The last run that ended.
    pub last_run: Option<i64>,
    /// Rows the last run accepted.
    pub accepted: Option<i64>,
    /// Rows the last run refused.
    pub refused: Option<i64>,
    /// The run that is going on.
    pub running: Option<i64>,
    /// Columns that were new in the last answer and that nothing reads.
    pub new_columns: Vec<String>,
    /// What the last good run had to say.
    pub notes: Vec<note::RunNote>,
    /// What else is known.
    pub facts: SourceFacts,
}

impl SourceHealth {
    /// What is wrong, since when, and who must act; or that all is well.
    pub fn sentence(&self, lang: Lang, now: Timestamp, zone: &TimeZone) -> String {
        rules::sentence(&self.facts, self.promise(), lang, now, zone)
    }

    /// What the source promised.
    pub fn promise(&self) -> FreshnessPromise {
        FreshnessPromise {
            every_secs: self.fresh_every_secs,
            grace_secs: self.grace_secs,
            period_within_secs: self.period_within_secs,
        }
    }

    /// When new data are due at the latest, by the promise.
    pub fn expected_at(&self) -> Option<Timestamp> {
        self.facts.last_good?.checked_add(jiff::SignedDuration::from_secs(self.fresh_every_secs)).ok()
    }
}

/// The sources that `scope` sees, in the order of the pack.
///
/// # Errors
/// The database's.
pub fn list_sources(db: &Db, scope: &Scope, now: Timestamp) -> Result<Vec<SourceHealth>, DbError> {
    db.read(|reader| read_sources(reader, scope, now))
}

/// The same within a transaction.
///
/// # Errors
/// The database's.
pub fn read_sources(
    reader: &mut Reader<'_>,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<SourceHealth>, DbError> {
    let agencies = list_agencies(reader)?;
    let sources = pendopo_figures::list_sources(reader)?;
    let visible =
        sources.into_iter().filter(|source| source.retired_at.is_none() && sees(scope, &source.row));
    visible
        .map(|source| {
            let agency = agencies.iter().find(|agency| agency.id == source.row.agency_id);
            health(reader, source, agency.map(|agency| &agency.row), now)
        })
        .collect()
}

/// One source by code.
///
/// # Errors
/// The database's.
pub fn find_source(
    reader: &mut Reader<'_>,
    scope: &Scope,
    code: &str,
    now: Timestamp,
) -> Result<Option<SourceHealth>, DbError> {
    Ok(read_sources(reader, scope, now)?.into_iter().find(|source| source.code == code))
}

fn sees(scope: &Scope, source: &SourceRow) -> bool {
    scope.sees(source.agency_id, source.sensitivity)
}

/// For the head of every page.
///
/// # Errors
/// The database's.
pub fn read_vitals(reader: &mut Reader<'_>, now: Timestamp) -> Result<Vitals, DbError> {
    let sources = read_sources(reader, &Scope::everything(), now)?;
    let fresh = sources.iter().filter(|source| source.state == FreshnessState::Fresh).count();
    let data_as_of = sources.iter().filter_map(|source| source.last_good).max();
    Ok(Vitals { fresh, sources: sources.len(), data_as_of })
}

/// The states of all sources, in the order of the pack: pages change when one does.
///
/// # Errors
/// The database's.
pub fn read_states(reader: &mut Reader<'_>, now: Timestamp) -> Result<Vec<FreshnessState>, DbError> {
    Ok(read_sources(reader, &Scope::everything(), now)?.into_iter().map(|source| source.state).collect())
}

fn moment(at_ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(at_ms).ok()
}

/// Runs that say something about the service or bring its data.
const OF_SERVICE: &str = "source_id = $1 and kind in ('source', 'import')";

fn health(
    reader: &mut Reader<'_>,
    source: Stored<SourceRow>,
    agency: Option<&AgencyRow>,
    now: Timestamp,
) -> Result<SourceHealth, DbError> {
    let (source_id, row) = (source.id, source.row);
    let past = SourceFacts { news: read_news(reader, source_id)?, ..read_past(reader, source_id)? };
    let id = [Value::from(source_id)];
    let sql = format!(
        "select run_id, accepted, refused from run where {OF_SERVICE} and status <> 'running' order by run_id desc limit 1"
    );
    let last: Option<(i64, i64, i64)> =
        reader.query_opt(&sql, &id, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let running = reader.query_opt(
        "select run_id from run where source_id = $1 and status = 'running'",
        &id,
        |row| row.get(0),
    )?;
    let added: Option<String> =
        reader.query_opt("select added from source_shape where source_id = $1", &id, |row| row.get(0))?;
    let definition: Option<SourceFile> = serde_json::from_str(&row.definition).ok();
    let facts = SourceFacts {
        agency: agency.map(|agency| agency.short_name.clone()).unwrap_or_default(),
        contact: agency.and_then(|agency| agency.contact.clone()),
        ..past
    };
    let period_within = definition.as_ref().and_then(|definition| definition.period_within.as_deref());
    let period_within_secs = period_within.and_then(|text| parse_span(text).ok()).map(|span| span.as_secs());
    let promise =
        FreshnessPromise { every_secs: row.fresh_every_secs, grace_secs: row.grace_secs, period_within_secs };
    let sql = format!("select max(run_id) from run where {OF_SERVICE} and status = 'done'");
    let last_done: Option<i64> = reader.query_one(&sql, &id, |row| row.get(0))?;
    let notes = last_done.map_or(Ok(Vec::new()), |run_id| note::read_notes(reader, run_id))?;
    Ok(SourceHealth {
        source_id,
        position: row.position,
        agency_code: agency.map(|agency| agency.code.clone()).unwrap_or_default(),
        agency_short: facts.agency.clone(),
        definition,
        state: rules::state(&facts, promise, now),
        ill_since: rules::ill_since(&facts, promise, now),
        last_good: facts.last_good,
        last_run: last.map(|(run_id, ..)| run_id),
        accepted: last.map(|(_, accepted, _)| accepted),
        refused: last.map(|(.., refused)| refused),
        running,
        new_columns: added.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        code: row.code,
        name: row.name,
        fresh_every_secs: row.fresh_every_secs,
        grace_secs: row.grace_secs,
        period_within_secs,
        notes,
        facts,
    })
}

/// What the ledger says of a source.
///
/// # Errors
/// The database's.
pub fn read_past(reader: &mut Reader<'_>, source_id: i64) -> Result<SourceFacts, DbError> {
    let sql = format!(
        "select run_id, finished_at from run where {OF_SERVICE} and status = 'done' order by run_id desc limit 1"
    );
    let good: Option<(i64, i64)> =
        reader.query_opt(&sql, &[source_id.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let after = good.map_or(0, |(run_id, _)| run_id);
    let since = format!(
        "from run where {OF_SERVICE} and run_id > $2 and status in ('failed', 'refused') \
         and problem_code not in ({})",
        not_its_fault()
    );
    let bounds = [Value::from(source_id), Value::from(after)];
    let sql = format!("select count(*), min(finished_at), max(finished_at) {since}");
    let (failures, first, last): (i64, Option<i64>, Option<i64>) =
        reader.query_one(&sql, &bounds, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sql = format!("select p.problem from run_problem p where p.run_id = (select max(run_id) {since})");
    let problem: Option<String> = reader.query_opt(&sql, &bounds, |row| row.get(0))?;
    Ok(SourceFacts {
        last_good: good.and_then(|(_, at)| moment(at)),
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        failing_since: first.and_then(moment),
        last_failure: last.and_then(moment),
        problem: problem.and_then(|text| RunProblem::from_json(&text)),
        ..SourceFacts::default()
    })
}

/// When the last good run that asked a source began: what changed after it has not been seen. Rows that were
/// sent say nothing of those that were not.
///
/// # Errors
/// The database's.
pub fn last_good_start(reader: &mut Reader<'_>, source_id: i64) -> Result<Option<Timestamp>, DbError> {
    let started: Option<i64> = reader.query_opt(
        "select started_at from run where source_id = $1 and kind = 'source' and trigger_kind <> 'push' \
         and status = 'done' order by run_id desc limit 1",
        &[source_id.into()],
        |row| row.get(0),
    )?;
    Ok(started.and_then(moment))
}

/// Adds when each source is read next, for which the time zone must be known.
pub fn add_next_starts(sources: &mut [SourceHealth], zone: &TimeZone, now: Timestamp) {
    for source in sources {
        let text = source.definition.as_ref().and_then(|definition| definition.schedule.as_deref());
        let schedule = text.and_then(|text| Schedule::parse(text, zone.clone(), &source.code).ok());
        source.facts.next_start = schedule.and_then(|schedule| schedule.next_start(now));
    }
}

/// Keeps why a run came to nothing, beside the ledger's one sentence.
///
/// # Errors
/// The database's.
pub fn put_problem(tx: &mut Tx<'_>, run_id: i64, problem: &RunProblem) -> Result<(), DbError> {
    tx.execute(
        "insert into run_problem (run_id, problem) values ($1, $2) on conflict (run_id) do update set problem = excluded.problem",
        &[run_id.into(), problem.to_json().into()],
    )?;
    Ok(())
}

/// Closes a run whose process is known to be gone, without waiting for its lease.
///
/// # Errors
/// The database's.
pub fn close_orphan(tx: &mut Tx<'_>, source_id: i64, now_ms: i64) -> Result<u64, DbError> {
    tx.execute(
        "update run set status = 'interrupted', finished_at = $2, problem_code = 'interrupted', message = $3 \
         where source_id = $1 and status = 'running'",
        &[source_id.into(), now_ms.into(), RunProblem::Interrupted.sentence(Lang::Id).into()],
    )
}

/// Which slots of its schedule a source has run.
///
/// # Errors
/// The database's.
pub fn read_ran(reader: &mut Reader<'_>, source_id: i64) -> Result<Ran, DbError> {
    let text: Option<String> = reader.query_opt(
        "select ran from source_schedule where source_id = $1",
        &[source_id.into()],
        |row| row.get(0),
    )?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Remembers which slots a source has run.
///
/// # Errors
/// The database's.
pub fn put_ran(tx: &mut Tx<'_>, source_id: i64, ran: &Ran) -> Result<(), DbError> {
    let text = serde_json::to_string(ran).map_err(|error| DbError::Other(error.to_string()))?;
    tx.execute(
        "insert into source_schedule (source_id, ran) values ($1, $2) on conflict (source_id) do update set ran = excluded.ran",
        &[source_id.into(), text.into()],
    )?;
    Ok(())
}

/// The columns a source sent last.
///
/// # Errors
/// The database's.
pub fn read_columns(reader: &mut Reader<'_>, source_id: i64) -> Result<Option<Vec<String>>, DbError> {
    let text: Option<String> = reader.query_opt(
        "select columns from source_shape where source_id = $1",
        &[source_id.into()],
        |row| row.get(0),
    )?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Remembers the columns a source sent, and those that were new then.
///
/// # Errors
/// The database's.
pub fn put_columns(
    tx: &mut Tx<'_>,
    source_id: i64,
    columns: &[String],
    added: &[String],
    seen_at_ms: i64,
) -> Result<(), DbError> {
    let json =
        |list: &[String]| serde_json::to_string(list).map_err(|error| DbError::Other(error.to_string()));
    tx.execute(
        "insert into source_shape (source_id, columns, added, seen_at) values ($1, $2, $3, $4) \
         on conflict (source_id) do update set columns = excluded.columns, added = excluded.added, seen_at = excluded.seen_at",
        &[source_id.into(), json(columns)?.into(), json(added)?.into(), seen_at_ms.into()],
    )?;
    Ok(())
}

/// Counts personal values met in a run, by column and kind. One row each: the latest run replaces the
/// counts of the one before.
///
/// # Errors
/// The database's.
pub fn put_found(
    tx: &mut Tx<'_>,
    source_id: i64,
    run_id: i64,
    found: &[Finding],
    at_ms: i64,
) -> Result<(), DbError> {
    for one in found {
        tx.execute(
            "insert into personal_found (source_id, column_name, kind, outcome, cells, run_id, first_at, last_at, runs) \
             values ($1, $2, $3, $4, $5, $6, $7, $7, 1) on conflict (source_id, column_name, kind, outcome) do update set \
             cells = excluded.cells, run_id = excluded.run_id, last_at = excluded.last_at, runs = personal_found.runs + 1",
            &[
                source_id.into(),
                one.column.as_str().into(),
                one.kind.map_or("declared", PersonalKind::as_str).into(),
                one.outcome.as_str().into(),
                i64::try_from(one.cells).unwrap_or(i64::MAX).into(),
                run_id.into(),
                at_ms.into(),
            ],
        )?;
    }
    Ok(())
}
