//! From a recorded answer to figures ready to be stored, in bounded memory.

use super::begin::Prepared;
use crate::{
    jobs::{
        fetcher::{FetchProblem, Phase},
        progress::{Running, Stage},
    },
    packs::schema::SourceFile,
    sources::{note::RunNote, problem::RunProblem},
};
use jiff::civil::Date;
use pendopo_connectors::{
    AnswerProblem, Limits, ReadSeek, Refusal, Row, RowSink,
    connection::{Connection, CsvOptions, JsonOptions, SpreadsheetOptions},
    kept_rows::RowsRecorder,
    mapping::{
        Condition, Fact, MAX_KEPT, Mapper, Mapping, MappingContext, RowAggregation, RowVerdict,
        compare_columns,
    },
    personal::{Door, Finding, Guarded, Mac},
    recording::{holds_more_than_rows, is_plain_text, parse_recording},
};
use pendopo_figures::{RefusedRow, RunCounters, StagedRow};
use pendopo_vocab::{Lang, RegionCode, region_tree::RegionTree};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufWriter},
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: u64 = 1_000;

/// What came of an answer.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    pub staged: Vec<StagedRow>,
    /// Breakdowns that the database does not know yet; figures refer to them as -1, -2, …
    pub new_breakdowns: Vec<String>,
    pub refused: Vec<RefusedRow>,
    pub counters: RunCounters,
    pub columns: Vec<String>,
    /// Columns that the last answer did not have.
    pub added_columns: Vec<String>,
    pub notes: Vec<RunNote>,
    /// Personal values met at the door.
    pub found: Vec<Finding>,
}

/// In which form an answer may be kept.
#[derive(Debug)]
pub(super) enum KeptForm {
    /// Byte for byte: nothing in it names a person.
    AsItCame,
    /// As the rows that passed the door.
    Rows(File),
    /// Not at all: it could not be split into columns, and may hold what must not be kept.
    Nothing,
}

/// How an answer is read.
pub(super) struct Reading<'a> {
    pub prepared: &'a Prepared,
    pub connection: &'a Connection,
    pub limits: Limits,
    pub center: RegionCode,
    pub today: Date,
    /// Only these rows, when refused rows are tried again.
    pub only: Option<&'a HashSet<i64>>,
    /// The rows were sent, and whoever sends chooses which.
    pub pushed: bool,
    pub running: &'a Running,
    /// When to give up, and after how long that is.
    pub deadline: Option<(Instant, Duration)>,
    /// Makes pseudonyms.
    pub mac: Mac<'a>,
    /// Whether the answer will be kept.
    pub keep: bool,
}

/// Reads a recording through the door, and says in which form it may be kept. Nothing is stored.
pub(super) fn map_answer(
    reading: &Reading<'_>,
    recording: &mut dyn ReadSeek,
) -> (Result<Mapped, RunProblem>, KeptForm) {
    let prepared = reading.prepared;
    let context = MappingContext {
        tree: RegionTree::embedded(),
        center: reading.center,
        indicators: &prepared.shapes,
        today: reading.today,
    };
    let mapper = match Mapper::new(&prepared.source.mapping, &context) {
        Ok(mapper) => mapper,
        Err(problems) => {
            let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return (Err(RunProblem::Definition { detail: all.join("; ") }), KeptForm::Nothing);
        }
    };
    let storage =
        |error: io::Error| (Err(RunProblem::Storage { detail: error.to_string() }), KeptForm::Nothing);
    let door = door(reading);
    // A workbook holds more than the rows that are read, and nobody can look through it.
    let as_rows = reading.keep && (door.hides() || matches!(reading.connection, Connection::Spreadsheet(_)));
    let rows = match as_rows.then(rows_file).transpose() {
        Ok(rows) => rows,
        Err(error) => return storage(error),
    };
    let mut sink = Guarded::new(door, rows, Sink { mapper, kept: Kept::new(reading) });
    let parsed = parse_recording(reading.connection, recording, &reading.limits, &mut sink);
    let (inner, door, rows) = match sink.into_parts() {
        Ok(parts) => parts,
        Err(error) => return storage(error),
    };
    let whole = parsed.is_ok() && inner.kept.stopped.is_none();
    let form = match (reading.keep, whole, rows) {
        (false, ..) => Ok(KeptForm::Nothing),
        (true, false, _) => form_of_unread(&door, recording),
        (true, true, Some(rows)) => file_of(rows).map(KeptForm::Rows),
        (true, true, None) => form_of_read(reading, &door, recording),
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => return storage(error),
    };
    (inner.result(parsed.map(|summary| summary.notes), door.findings()), form)
}

fn door<'a>(reading: &Reading<'a>) -> Door<'a> {
    let source = &reading.prepared.source;
    Door::new(&source.columns, &source.mapping, reading.mac)
}

fn rows_file() -> io::Result<RowsRecorder<BufWriter<File>>> {
    Ok(RowsRecorder::new(BufWriter::with_capacity(64 << 10, tempfile::tempfile()?)))
}

fn file_of(rows: BufWriter<File>) -> io::Result<File> {
    rows.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The form of an answer that was read to its end and not recorded as rows on the way.
fn form_of_read(
    reading: &Reading<'_>,
    door: &Door<'_>,
    recording: &mut dyn ReadSeek,
) -> io::Result<KeptForm> {
    let unreadable = |problem: AnswerProblem| io::Error::other(problem.to_string());
    let more = holds_more_than_rows(reading.connection, recording).map_err(unreadable)?;
    if !door.changed() && !more {
        return Ok(KeptForm::AsItCame);
    }
    // Read once more, this time writing down what passes.
    let mut sink = Guarded::new(self::door(reading), Some(rows_file()?), Nowhere);
    parse_recording(reading.connection, recording, &reading.limits, &mut sink).map_err(unreadable)?;
    let (_, _, rows) = sink.into_parts()?;
    rows.map_or(Ok(KeptForm::Nothing), |rows| file_of(rows).map(KeptForm::Rows))
}

/// The form of an answer that could not be read: nobody can say which part of it is a name.
fn form_of_unread(door: &Door<'_>, recording: &mut dyn ReadSeek) -> io::Result<KeptForm> {
    let plain = !door.hides() && is_plain_text(recording).unwrap_or(false);
    Ok(if plain { KeptForm::AsItCame } else { KeptForm::Nothing })
}

/// A sink for rows that are only recorded.
struct Nowhere;

impl RowSink for Nowhere {
    fn columns(&mut self, _: &[String]) -> Result<(), AnswerProblem> {
        Ok(())
    }

    fn row(&mut self, _: &Row<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn problem(&mut self, _: Refusal) {}
}

/// Whether figures are gathered from several rows, so that a single row means nothing by itself.
pub(super) fn gathers(mapping: &Mapping) -> bool {
    mapping.value.iter().any(|value| !matches!(value.aggregate, RowAggregation::None))
}

/// Maps rows as they come.
struct Sink<'a> {
    mapper: Mapper<'a>,
    kept: Kept<'a>,
}

/// What is kept of the rows.
struct Kept<'a> {
    reading: &'a Reading<'a>,
    facts: Vec<Fact>,
    staged: Vec<StagedRow>,
    breakdowns: HashMap<String, i64>,
    new_breakdowns: Vec<String>,
    refusals: Vec<Refusal>,
    counters: RunCounters,
    columns: Vec<String>,
    rows: u64,
    stopped: Option<FetchProblem>,
}

impl<'a> Kept<'a> {
    fn new(reading: &'a Reading<'a>) -> Kept<'a> {
        Kept {
            reading,
            facts: Vec::new(),
            staged: Vec::new(),
            breakdowns: reading.prepared.breakdowns.clone(),
            new_breakdowns: Vec::new(),
            refusals: Vec::new(),
            counters: RunCounters::default(),
            columns: Vec::new(),
            rows: 0,
            stopped: None,
        }
    }

    /// Figures are kept in the form in which they are stored: half the memory, and no second copy.
    fn stage(&mut self) {
        for fact in self.facts.drain(..) {
            let Some(indicator_id) = self.reading.prepared.indicator_ids.get(fact.indicator as usize) else {
                continue;
            };
            let breakdown_id = match self.breakdowns.get(&*fact.breakdown) {
                Some(known) => *known,
                None if fact.breakdown.is_empty() => 0,
                None => {
                    self.new_breakdowns.push(fact.breakdown.to_string());
                    let id = -(self.new_breakdowns.len() as i64);
                    self.breakdowns.insert(fact.breakdown.to_string(), id);
                    id
                }
            };
            self.staged.push(StagedRow {
                indicator_id: *indicator_id,
                region_id: fact.region.id(),
                breakdown_id,
                period: fact.period.id(),
                value: fact.value,
                row_no: i64::try_from(fact.row_no).unwrap_or(i64::MAX),
            });
        }
    }

    fn look(&mut self) -> ControlFlow<()> {
        self.reading.running.set(Stage::Reading, self.rows, None);
        if self.reading.running.cancel().is_cancelled() {
            self.stopped = Some(FetchProblem::Cancelled);
        } else if let Some((deadline, timeout)) = self.reading.deadline
            && Instant::now() >= deadline
        {
            self.stopped = Some(FetchProblem::TimedOut {
                phase: Phase::Total,
                after_millis: timeout.as_millis() as u64,
            });
        }
        if self.stopped.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn wants(&self, row_no: u64) -> bool {
        self.reading.only.is_none_or(|only| i64::try_from(row_no).is_ok_and(|number| only.contains(&number)))
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.counters.refused += 1;
        if self.refusals.len() < MAX_KEPT {
            self.refusals.push(refusal);
        }
    }
}

impl Sink<'_> {
    /// What came of the rows, or why nothing did.
    fn result(
        self,
        parsed: Result<Vec<&'static str>, AnswerProblem>,
        found: Vec<Finding>,
    ) -> Result<Mapped, RunProblem> {
        let before = self.kept.reading.prepared.columns.as_ref();
        if let Some(stopped) = self.kept.stopped {
            return Err(RunProblem::Fetch(stopped));
        }
        let mut notes: Vec<RunNote> = parsed
            .map_err(RunProblem::Answer)?
            .into_iter()
            .map(|code| RunNote::Form(code.to_owned()))
            .collect();
        notes.extend(self.silent());
        let mut mapped = Mapped { notes, found, ..self.finish()? };
        if let Some(before) = before {
            mapped.added_columns = compare_columns(before, &mapped.columns).added;
        }
        Ok(mapped)
    }

    /// What the rows did not say. Some rows alone, what changed alone, or what was sent need not say everything.
    fn silent(&self) -> Vec<RunNote> {
        let reading = self.kept.reading;
        let partial = reading.only.is_some() || reading.pushed || reading.prepared.since.is_some();
        if partial || self.kept.rows == 0 {
            return Vec::new();
        }
        let prepared = reading.prepared;
        let values = self.mapper.silent_values();
        let values = values
            .iter()
            .filter_map(|silent| Some((silent, prepared.source.mapping.value.get(silent.value)?)));
        values
            .map(|(silent, value)| {
                let found = prepared.shapes.iter().position(|shape| shape.code == value.indicator);
                let name = found.and_then(|at| prepared.indicator_names.get(at));
                let indicator = name.unwrap_or(&value.indicator).clone();
                let absent = value.absent.clone();
                match silent.met {
                    false => RunNote::NoSuchRow { indicator, wanted: in_words(&value.when), absent },
                    true => {
                        let column = value.column.clone().unwrap_or_else(|| "*".to_owned());
                        RunNote::NoValue { indicator, column, absent }
                    }
                }
            })
            .collect()
    }

    fn finish(self) -> Result<Mapped, RunProblem> {
        let Sink { mapper, mut kept } = self;
        if let Some(drift) = mapper.type_drift() {
            return Err(RunProblem::Answer(AnswerProblem::Changed(drift)));
        }
        let (facts, refusals) = mapper.finish();
        kept.facts = facts;
        kept.stage();
        for refusal in refusals {
            kept.refuse(refusal);
        }
        Ok(Mapped {
            refused: numbered(kept.refusals),
            staged: kept.staged,
            new_breakdowns: kept.new_breakdowns,
            counters: kept.counters,
            columns: kept.columns,
            ..Mapped::default()
        })
    }
}

impl RowSink for Sink<'_> {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.kept.columns = columns.to_vec();
        self.mapper.columns(columns)
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        self.masked_row(row, &[])
    }

    fn masked_row(&mut self, row: &Row<'_>, masked: &[usize]) -> ControlFlow<()> {
        let Sink { mapper, kept } = self;
        kept.rows += 1;
        if kept.rows.is_multiple_of(ROWS_PER_LOOK) {
            kept.look()?;
        }
        if !kept.wants(row.number) {
            return ControlFlow::Continue(());
        }
        match mapper.map_masked(row, masked, &mut kept.facts) {
            Ok(RowVerdict::Mapped) => kept.counters.accepted += 1,
            Ok(RowVerdict::Skipped) => {}
            Ok(RowVerdict::Repeated) => kept.counters.repeated += 1,
            Err(refusal) => kept.refuse(*refusal),
        }
        kept.stage();
        ControlFlow::Continue(())
    }

    fn problem(&mut self, refusal: Refusal) {
        if self.kept.wants(refusal.row_no) {
            self.kept.refuse(refusal);
        }
    }
}

/// Conditions in words that need no translation: `level = 5`.
fn in_words(conditions: &[Condition]) -> String {
    let one = |condition: &Condition| {
        let begins = condition.starts_with.iter().map(|word| format!("{word}…"));
        let empty = condition.empty.then(|| "–".to_owned());
        let wanted: Vec<String> = condition.is.iter().cloned().chain(begins).chain(empty).collect();
        format!("{} = {}", condition.column, wanted.join(" / "))
    };
    conditions.iter().map(one).collect::<Vec<_>>().join(" & ")
}

/// Refusals as stored. Row numbers are the key there: figures made of several rows have none of their
/// own and get 0, -1, …; so does a second refusal of one row.
fn numbered(refusals: Vec<Refusal>) -> Vec<RefusedRow> {
    let mut taken = HashSet::with_capacity(refusals.len());
    let mut free = 0;
    refusals
        .into_iter()
        .map(|refusal| {
            let own =
                i64::try_from(refusal.row_no).ok().filter(|number| *number > 0 && taken.insert(*number));
            let row_no = own.unwrap_or_else(|| {
                free -= 1;
                free + 1
            });
            RefusedRow {
                row_no,
                message: refusal.sentence(Lang::Id),
                column: refusal.column,
                reason_code: refusal.code.as_str().to_owned(),
                raw: refusal.raw,
            }
        })
        .collect()
}

/// How recorded answers of `connection` are labelled in the store.
pub(super) fn media_type(connection: &Connection) -> String {
    format!("application/x-pendopo-recording;kind={}", kind(connection))
}

fn kind(connection: &Connection) -> &'static str {
    match connection {
        Connection::Csv(_) => "csv",
        Connection::Spreadsheet(_) => "spreadsheet",
        Connection::Json(_) => "json",
        Connection::Sqlite(_) => "sqlite",
        Connection::Postgres(_) => "postgres",
        Connection::Mysql(_) => "mysql",
        Connection::Push(_) => "push",
    }
}

/// How a stored answer is read: as its source is, or by the defaults of its kind where an imported file
/// is of another kind. `None` when the label is not one of ours.
pub fn connection_of_answer(media_type: &str, source: Option<&SourceFile>) -> Option<Connection> {
    let recorded = media_type.strip_prefix("application/x-pendopo-recording;kind=")?;
    match source {
        Some(source) if kind(&source.connection) == recorded => Some(source.connection.clone()),
        _ => match recorded {
            "csv" => Some(Connection::Csv(CsvOptions::default())),
            "spreadsheet" => {
                Some(Connection::Spreadsheet(SpreadsheetOptions { header_rows: 1, ..Default::default() }))
            }
            "json" => Some(Connection::Json(JsonOptions::default())),
            "sqlite" => Some(Connection::Sqlite(Default::default())),
            "postgres" => Some(Connection::Postgres(Default::default())),
            "mysql" => Some(Connection::Mysql(Default::default())),
            _ => None,
        },
    }
}

/// How a file given by hand is read: as its source is, where the kind fits the name, else by the
/// defaults of its kind.
pub(super) fn connection_of_file(file: &Path, source: &SourceFile) -> Result<Connection, RunProblem> {
    let extension = file.extension().map(|text| text.to_string_lossy().to_lowercase()).unwrap_or_default();
    let wanted = match extension.as_str() {
        "csv" | "tsv" | "txt" => "csv",
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => "spreadsheet",
        "json" => "json",
        other => {
            let detail = format!(
                "cannot tell the kind of a file named .{other}; expected csv, tsv, xlsx, xls, ods or json"
            );
            return Err(RunProblem::Definition { detail });
        }
    };
    let label = format!("application/x-pendopo-recording;kind={wanted}");
    connection_of_answer(&label, Some(source)).ok_or(RunProblem::Definition { detail: label })
}
