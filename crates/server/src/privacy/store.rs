//! What the database knows of personal data: what was met at the door, what was taken away, incidents.

use crate::packs::schema::SourceFile;
use jiff::Timestamp;
use pendopo_figures::{DbError, Reader, Tx, list_agencies, list_sources};
use pendopo_vocab::{Author, Sensitivity};
use std::collections::BTreeMap;

/// A source with what it declares.
#[derive(Debug, Clone)]
pub struct ListedSource {
    /// Its number.
    pub source_id: i64,
    /// Short name.
    pub code: String,
    /// Name of the service.
    pub name: String,
    /// Abbreviation of the agency.
    pub agency: String,
    /// The agency's number.
    pub agency_id: i64,
    /// How far its data may travel.
    pub sensitivity: Sensitivity,
    /// Its definition; `None` when this version does not understand it.
    pub definition: Option<SourceFile>,
    /// It is read no more, but what was kept of it is still there.
    pub retired: bool,
}

/// All sources, also retired ones: what was kept of them is still there.
///
/// # Errors
/// The database's.
pub fn read_sources(reader: &mut Reader<'_>) -> Result<Vec<ListedSource>, DbError> {
    let agencies = list_agencies(reader)?;
    let sources = list_sources(reader)?;
    let listed = sources.into_iter().map(|source| ListedSource {
        source_id: source.id,
        agency_id: source.row.agency_id,
        agency: agencies
            .iter()
            .find(|agency| agency.id == source.row.agency_id)
            .map(|agency| agency.row.short_name.clone())
            .unwrap_or_default(),
        sensitivity: source.row.sensitivity,
        definition: serde_json::from_str(&source.row.definition).ok(),
        retired: source.retired_at.is_some(),
        code: source.row.code,
        name: source.row.name,
    });
    Ok(listed.collect())
}

/// Personal values met at the door, by column and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The column; empty for rows that could not be split.
    pub column: String,
    /// nik, npwp, phone, email, card, bpjs, or declared.
    pub kind: String,
    /// masked, dropped, pseudonym or kept.
    pub outcome: String,
    /// Values in the latest run that met any.
    pub cells: i64,
    /// That run.
    pub run_id: i64,
    /// When, Unix milliseconds.
    pub last_at: i64,
}

/// What was met, by source.
///
/// # Errors
/// The database's.
pub fn read_met(reader: &mut Reader<'_>) -> Result<BTreeMap<i64, Vec<Met>>, DbError> {
    let rows = reader.query(
        "select source_id, column_name, kind, outcome, cells, run_id, last_at from personal_found \
         order by source_id, column_name, kind, outcome",
        &[],
        |row| {
            let met = Met {
                column: row.get(1)?,
                kind: row.get(2)?,
                outcome: row.get(3)?,
                cells: row.get(4)?,
                run_id: row.get(5)?,
                last_at: row.get(6)?,
            };
            Ok((row.get::<i64>(0)?, met))
        },
    )?;
    let mut met: BTreeMap<i64, Vec<Met>> = BTreeMap::new();
    for (source_id, one) in rows {
        met.entry(source_id).or_default().push(one);
    }
    Ok(met)
}

/// What was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// When, Unix milliseconds.
    pub erased_at: i64,
    /// Who, or the schedule.
    pub author: String,
    /// retention or forget.
    pub kind: String,
    /// The source, where it was one.
    pub source_id: Option<i64>,
    /// Answers deleted.
    pub answers: i64,
    /// Rows taken out of answers.
    pub raw_rows: i64,
    /// Refused rows deleted.
    pub refused_rows: i64,
    /// Why.
    pub reason: String,
}

/// The latest erasures, newest first.
///
/// # Errors
/// The database's.
pub fn read_erasures(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Erasure>, DbError> {
    reader.query(
        "select e.erased_at, e.author, e.kind, e.source_id, e.answers, e.raw_rows, e.refused_rows, e.reason \
         from erasure e order by e.erasure_id desc limit $1",
        &[limit.into()],
        |row| {
            Ok(Erasure {
                erased_at: row.get(0)?,
                author: row.get(1)?,
                kind: row.get(2)?,
                source_id: row.get(3)?,
                answers: row.get(4)?,
                raw_rows: row.get(5)?,
                refused_rows: row.get(6)?,
                reason: row.get(7)?,
            })
        },
    )
}

/// Counts of what is taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Answers deleted, or parted from their runs.
    pub answers: u64,
    /// Rows taken out of answers.
    pub raw_rows: u64,
    /// Refused rows deleted.
    pub refused_rows: u64,
}

impl Erased {
    /// Whether there was nothing.
    pub fn is_nothing(self) -> bool {
        self == Erased::default()
    }
}

/// Writes down what was taken away.
///
/// # Errors
/// The database's.
pub fn put_erasure(
    tx: &mut Tx<'_>,
    kind: &str,
    source_id: Option<i64>,
    erased: Erased,
    author: &Author,
    (at, reason): (Timestamp, &str),
) -> Result<(), DbError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    tx.execute(
        "insert into erasure (erased_at, author, kind, source_id, answers, raw_rows, refused_rows, reason) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            at.as_millisecond().into(),
            author.as_str().into(),
            kind.into(),
            source_id.into(),
            count(erased.answers).into(),
            count(erased.raw_rows).into(),
            count(erased.refused_rows).into(),
            reason.into(),
        ],
    )?;
    Ok(())
}

/// An answer that is kept: its number, a run made from it, and that run's source.
///
/// # Errors
/// The database's.
pub fn read_answers(reader: &mut Reader<'_>) -> Result<Vec<(i64, i64, Option<i64>)>, DbError> {
    reader.query(
        "select a.answer_id, max(r.run_id), max(r.source_id) from answer a join run r on r.answer_id = a.answer_id \
         group by a.answer_id order by a.answer_id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Calls `each` for every refused row: run, row number, message, raw text.
///
/// # Errors
/// The database's.
pub fn for_each_refused(
    reader: &mut Reader<'_>,
    mut each: impl FnMut(i64, i64, &str, &str),
) -> Result<(), DbError> {
    reader.for_each("select run_id, row_no, message, raw from refused_row", &[], |row| {
        let (message, raw): (String, String) = (row.get(2)?, row.get(3)?);
        each(row.get(0)?, row.get(1)?, &message, &raw);
        Ok(())
    })
}

/// Deletes one refused row.
///
/// # Errors
/// The database's.
pub fn drop_refused_row(tx: &mut Tx<'_>, run_id: i64, row_no: i64) -> Result<u64, DbError> {
    tx.execute("delete from refused_row where run_id = $1 and row_no = $2", &[run_id.into(), row_no.into()])
}

/// How many names of breakdowns mention a text: figures are not taken away, but somebody should know.
///
/// # Errors
/// The database's.
pub fn count_labels(reader: &mut Reader<'_>, holds: impl Fn(&str) -> bool) -> Result<usize, DbError> {
    Ok(pendopo_figures::list_breakdowns(reader)?.iter().filter(|(_, key)| holds(key)).count())
}

/// A failure to protect personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Incident {
    /// Its number.
    pub incident_id: i64,
    /// When it was noticed, Unix milliseconds: the 3×24 hours begin here.
    pub noticed_at: i64,
    /// When it was entered.
    pub opened_at: i64,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// In a few words.
    pub title: String,
    /// What happened.
    pub what: String,
    /// Which personal data.
    pub data: String,
    /// Which sources.
    pub sources: String,
    /// How many persons, if that is known.
    pub subjects: Option<i64>,
    /// When and how it came about.
    pub cause: String,
    /// What was done and will be done.
    pub measures: String,
    /// Who entered it.
    pub author: String,
}

const INCIDENT_COLUMNS: &str = "incident_id, noticed_at, opened_at, closed_at, title, what, data, sources, subjects, \
    cause, measures, author";

fn incident(row: &pendopo_figures::Row<'_>) -> Result<Incident, DbError> {
    Ok(Incident {
        incident_id: row.get(0)?,
        noticed_at: row.get(1)?,
        opened_at: row.get(2)?,
        closed_at: row.get(3)?,
        title: row.get(4)?,
        what: row.get(5)?,
        data: row.get(6)?,
        sources: row.get(7)?,
        subjects: row.get(8)?,
        cause: row.get(9)?,
        measures: row.get(10)?,
        author: row.get(11)?,
    })
}

/// All incidents, the open ones first, then the newest.
///
/// # Errors
/// The database's.
pub fn read_incidents(reader: &mut Reader<'_>) -> Result<Vec<Incident>, DbError> {
    let sql = format!(
        "select {INCIDENT_COLUMNS} from incident order by case when closed_at is null then 0 else 1 end, noticed_at desc limit 200"
    );
    reader.query(&sql, &[], incident)
}

/// One incident.
///
/// # Errors
/// The database's.
pub fn find_incident(reader: &mut Reader<'_>, incident_id: i64) -> Result<Option<Incident>, DbError> {
    let sql = format!("select {INCIDENT_COLUMNS} from incident where incident_id = $1");
    reader.query_opt(&sql, &[incident_id.into()], incident)
}

/// Enters an incident; gives its number.
///
/// # Errors
/// The database's.
pub fn open_incident(tx: &mut Tx<'_>, new: &Incident) -> Result<i64, DbError> {
    let incident_id: i64 = tx.query_one(
        "insert into incident (noticed_at, opened_at, title, what, data, sources, subjects, cause, measures, author) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning incident_id",
        &[
            new.noticed_at.into(),
            new.opened_at.into(),
            new.title.as_str().into(),
            new.what.as_str().into(),
            new.data.as_str().into(),
            new.sources.as_str().into(),
            new.subjects.into(),
            new.cause.as_str().into(),
            new.measures.as_str().into(),
            new.author.as_str().into(),
        ],
        |row| row.get(0),
    )?;
    Ok(incident_id)
}

/// Something that was done about an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, Unix milliseconds.
    pub at: i64,
    /// Who.
    pub author: String,
    /// The step, where it is one of the list.
    pub step: Option<String>,
    /// The step is done; otherwise it was opened again.
    pub done: bool,
    /// In words.
    pub note: String,
}

/// Everything that was done about an incident, in order.
///
/// # Errors
/// The database's.
pub fn read_entries(reader: &mut Reader<'_>, incident_id: i64) -> Result<Vec<Entry>, DbError> {
    reader.query(
        "select at, author, step, done, note from incident_entry where incident_id = $1 order by incident_entry_id",
        &[incident_id.into()],
        |row| {
            Ok(Entry {
                at: row.get(0)?,
                author: row.get(1)?,
                step: row.get(2)?,
                done: row.get::<i64>(3)? != 0,
                note: row.get(4)?,
            })
        },
    )
}

/// Writes down what was done; only ever added to.
///
/// # Errors
/// The database's.
pub fn put_entry(tx: &mut Tx<'_>, incident_id: i64, entry: &Entry) -> Result<(), DbError> {
    tx.execute(
        "insert into incident_entry (incident_id, at, author, step, done, note) values ($1, $2, $3, $4, $5, $6)",
        &[
            incident_id.into(),
            entry.at.into(),
            entry.author.as_str().into(),
            entry.step.as_deref().into(),
            i64::from(entry.done).into(),
            entry.note.as_str().into(),
        ],
    )?;
    Ok(())
}

/// Changes what is known of an open incident; `false` when there is no such open one.
///
/// # Errors
/// The database's.
pub fn change_incident(tx: &mut Tx<'_>, changed: &Incident) -> Result<bool, DbError> {
    let count = tx.execute(
        "update incident set title = $2, what = $3, data = $4, sources = $5, subjects = $6, cause = $7, \
         measures = $8 where incident_id = $1 and closed_at is null",
        &[
            changed.incident_id.into(),
            changed.title.as_str().into(),
            changed.what.as_str().into(),
            changed.data.as_str().into(),
            changed.sources.as_str().into(),
            changed.subjects.into(),
            changed.cause.as_str().into(),
            changed.measures.as_str().into(),
        ],
    )?;
    Ok(count == 1)
}

/// Closes an incident, or opens it again; `false` when it stood so already.
///
/// # Errors
/// The database's.
pub fn set_closed(tx: &mut Tx<'_>, incident_id: i64, closed_at: Option<i64>) -> Result<bool, DbError> {
    let sql = match closed_at {
        Some(_) => "update incident set closed_at = $2 where incident_id = $1 and closed_at is null",
        None => "update incident set closed_at = $2 where incident_id = $1 and closed_at is not null",
    };
    Ok(tx.execute(sql, &[incident_id.into(), closed_at.into()])? == 1)
}
