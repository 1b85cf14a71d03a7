//! From what is known of personal data to its pages.

use super::{
    pages::{
        ColumnItem, ErasureItem, IncidentItem, IncidentListPage, IncidentPage, MetItem, RecordItem,
        RecordPage, StepItem,
    },
    record::Record,
    rules::{self, Countdown, NoticeFacts},
    store::{self, Entry, Incident, ListedSource, Met},
};
use crate::{
    config::PrivacyConfig,
    error::{AppError, AppResult},
    packs::schema::SourceFile,
    web::{Asked, Chrome, TimeStyle, how_long, thousands},
    widgets::{Empty, Mark, Shape},
};
use jiff::{SignedDuration, Timestamp};
use pendopo_connectors::personal::{ColumnClass, ColumnRule, Handling, PersonalKind};
use pendopo_figures::Reader;
use pendopo_vocab::Sensitivity;
use std::collections::BTreeMap;

/// Erasures shown.
const ERASURES_SHOWN: i64 = 10;

/// The page of the record.
pub fn record(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    config: &PrivacyConfig,
) -> AppResult<RecordPage> {
    let t = asked.t;
    let mut sources = visible(reader, asked)?;
    let met = store::read_met(reader)?;
    // What holds personal data comes first; the pack's order holds otherwise.
    sources.sort_by_key(|source| !holds_personal(source, &met));
    let undeclared = undeclared(&sources, &met, asked);
    let personal = sources.iter().filter(|source| holds_personal(source, &met)).count();
    let open = store::read_incidents(reader)?.iter().filter(|incident| incident.closed_at.is_none()).count();
    let items: Vec<RecordItem> = sources.iter().map(|source| item(source, &met, asked, config)).collect();
    let erasures = store::read_erasures(reader, ERASURES_SHOWN)?;
    let summary = match (personal, undeclared.len()) {
        (0, _) => t.tr1("privacy-none", sources.len()),
        (some, 0) => t.tr2("privacy-declared", some, sources.len()),
        (some, columns) => t.tr3("privacy-undeclared", some, sources.len(), columns),
    };
    Ok(RecordPage {
        summary,
        incidents: (open > 0).then(|| t.tr1("incidents-open", open)),
        undeclared,
        empty: items.is_empty().then(|| Empty {
            title: t.tr("empty-sources").into_owned(),
            advice: t.tr("empty-sources-now").into_owned(),
            action: None,
        }),
        sources: items,
        erasures: erasures.iter().map(|erasure| erased(erasure, &sources, asked)).collect(),
        chrome,
    })
}

fn visible(reader: &mut Reader<'_>, asked: &Asked) -> AppResult<Vec<ListedSource>> {
    let mut sources = store::read_sources(reader)?;
    sources.retain(|source| !source.retired && asked.scope.sees(source.agency_id, source.sensitivity));
    Ok(sources)
}

fn holds_personal(source: &ListedSource, met: &BTreeMap<i64, Vec<Met>>) -> bool {
    let declared =
        source.definition.as_ref().is_some_and(|definition| personal_columns(definition).next().is_some());
    declared || met.contains_key(&source.source_id)
}

fn personal_columns(definition: &SourceFile) -> impl Iterator<Item = (&String, &ColumnRule)> {
    definition.columns.iter().filter(|(_, rule)| rule.class != ColumnClass::Plain)
}

fn undeclared(sources: &[ListedSource], met: &BTreeMap<i64, Vec<Met>>, asked: &Asked) -> Vec<MetItem> {
    let t = asked.t;
    let mut items = Vec::new();
    for source in sources {
        let found = met.get(&source.source_id).into_iter().flatten();
        // What was declared since is no news any more.
        let declared = |column: &str| {
            source.definition.as_ref().is_some_and(|definition| {
                definition.columns.keys().any(|name| name.to_lowercase() == column.to_lowercase())
            })
        };
        for one in found.filter(|one| one.outcome == "masked" && !declared(&one.column)) {
            items.push(MetItem {
                code: source.code.clone(),
                source: source.name.clone(),
                column: match one.column.as_str() {
                    "" => t.tr("unsplit-rows").into_owned(),
                    name => name.to_owned(),
                },
                kind: kind_word(&one.kind, asked),
                cells: thousands(one.cells, t.lang()),
                run_id: one.run_id,
                at: asked.time_ms(one.last_at, TimeStyle::DateTime),
            });
        }
    }
    items
}

fn kind_word(kind: &str, asked: &Asked) -> String {
    match PersonalKind::ALL.into_iter().find(|one| one.as_str() == kind) {
        Some(known) => asked.t.tr(kind_key(known)).into_owned(),
        None => kind.to_owned(),
    }
}

fn kind_key(kind: PersonalKind) -> &'static str {
    match kind {
        PersonalKind::Nik => "personal-nik",
        PersonalKind::Npwp => "personal-npwp",
        PersonalKind::Phone => "personal-phone",
        PersonalKind::Email => "personal-email",
        PersonalKind::Card => "personal-card",
        PersonalKind::Bpjs => "personal-bpjs",
    }
}

fn class_key(class: ColumnClass) -> &'static str {
    match class {
        ColumnClass::Plain => "class-plain",
        ColumnClass::Personal => "class-personal",
        ColumnClass::Special => "class-special",
    }
}

fn handling_key(handling: Handling) -> &'static str {
    match handling {
        Handling::Drop => "handling-drop",
        Handling::Pseudonym => "handling-pseudonym",
        Handling::Keep => "handling-keep",
    }
}

fn recipients_key(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Public => "recipients-public",
        Sensitivity::Internal => "recipients-internal",
        Sensitivity::Restricted => "recipients-restricted",
    }
}

fn days(span: SignedDuration, asked: &Asked) -> String {
    how_long(span.as_secs(), asked.t)
}

fn item(
    source: &ListedSource,
    met: &BTreeMap<i64, Vec<Met>>,
    asked: &Asked,
    config: &PrivacyConfig,
) -> RecordItem {
    let t = asked.t;
    let definition = source.definition.as_ref();
    let keeping = rules::keeping(definition, config);
    let text = |text: Option<&String>| text.map_or_else(|| "–".to_owned(), String::clone);
    let columns: Vec<ColumnItem> = definition
        .into_iter()
        .flat_map(personal_columns)
        .map(|(name, rule)| ColumnItem {
            name: name.clone(),
            words: t.tr2(
                "class-and-handling",
                t.tr(class_key(rule.class)).into_owned(),
                t.tr(handling_key(rule.handling())).into_owned(),
            ),
            reason: [&rule.reason, &rule.basis]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join("; "),
        })
        .collect();
    let mut marks = Vec::new();
    if definition.is_some_and(rules::needs_assessment) {
        marks.push(Mark::new(Shape::Risk, &t.tr("needs-assessment")));
    }
    let unexplained = definition.is_none_or(|one| one.purpose.is_none() || one.basis.is_none());
    if holds_personal(source, met) && unexplained {
        marks.push(Mark::new(Shape::Off, &t.tr("needs-purpose")));
    }
    RecordItem {
        code: source.code.clone(),
        name: source.name.clone(),
        agency: source.agency.clone(),
        columns,
        purpose: text(definition.and_then(|one| one.purpose.as_ref())),
        basis: text(definition.and_then(|one| one.basis.as_ref())),
        keeping: t.tr2("keeping-words", days(keeping.answers, asked), days(keeping.refused, asked)),
        recipients: t.tr(recipients_key(source.sensitivity)).into_owned(),
        marks,
    }
}

fn erased(erasure: &store::Erasure, sources: &[ListedSource], asked: &Asked) -> ErasureItem {
    let t = asked.t;
    let number = |count: i64| thousands(count, t.lang());
    // The name of a source that the reader does not see stays out.
    let named = sources.iter().find(|source| Some(source.source_id) == erasure.source_id);
    let what = match erasure.kind.as_str() {
        "forget" => t.tr3(
            "erased-forget",
            number(erasure.raw_rows),
            number(erasure.answers),
            number(erasure.refused_rows),
        ),
        _ => t.tr2("erased-retention", number(erasure.answers), number(erasure.refused_rows)),
    };
    ErasureItem {
        at: asked.time_ms(erasure.erased_at, TimeStyle::DateTime),
        what: if erasure.reason.is_empty() { what } else { format!("{what} ({})", erasure.reason) },
        source: named.map(|source| source.name.clone()).unwrap_or_default(),
        author: erasure.author.clone(),
    }
}

/// The record as a table.
pub fn read_record(reader: &mut Reader<'_>, asked: &Asked, config: &PrivacyConfig) -> AppResult<Record> {
    let t = asked.t;
    let sources = visible(reader, asked)?;
    let met = store::read_met(reader)?;
    let heads = [
        "source",
        "agency",
        "personal-columns",
        "record-purpose",
        "record-basis",
        "record-keeping",
        "record-recipients",
        "met-undeclared",
        "record-assessment",
    ];
    let lines = sources
        .iter()
        .map(|source| {
            let item = item(source, &met, asked, config);
            let columns = item.columns.iter().map(|column| {
                let reason =
                    if column.reason.is_empty() { String::new() } else { format!(" ({})", column.reason) };
                format!("{}: {}{reason}", column.name, column.words)
            });
            let found = undeclared(std::slice::from_ref(source), &met, asked);
            let found = found.iter().map(|met| format!("{}: {} {}", met.column, met.cells, met.kind));
            let marks = item.marks.iter().map(|mark| mark.word.clone());
            vec![
                item.name,
                item.agency,
                columns.collect::<Vec<_>>().join("; "),
                item.purpose,
                item.basis,
                item.keeping,
                item.recipients,
                found.collect::<Vec<_>>().join("; "),
                marks.collect::<Vec<_>>().join("; "),
            ]
        })
        .collect();
    Ok(Record {
        title: t.tr2(
            "record-title",
            asked.identity.name.as_str(),
            asked.time(asked.now, TimeStyle::DateTime),
        ),
        heads: heads.iter().map(|key| t.tr(key).into_owned()).collect(),
        lines,
    })
}

/// The list of incidents.
pub fn incidents(reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome) -> AppResult<IncidentListPage> {
    let t = asked.t;
    let incidents = store::read_incidents(reader)?;
    let mut items = Vec::with_capacity(incidents.len());
    for incident in &incidents {
        let entries = store::read_entries(reader, incident.incident_id)?;
        items.push(incident_item(incident, &entries, asked));
    }
    Ok(IncidentListPage {
        empty: items.is_empty().then(|| Empty {
            title: t.tr("empty-incidents").into_owned(),
            advice: t.tr("empty-incidents-now").into_owned(),
            action: None,
        }),
        incidents: items,
        now: asked.identity.time_zone.to_datetime(asked.now).strftime("%Y-%m-%dT%H:%M").to_string(),
        chrome,
    })
}

fn moment(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How a step stands: its last entry.
fn step_entry<'e>(entries: &'e [Entry], step: &str) -> Option<&'e Entry> {
    entries.iter().rev().find(|entry| entry.step.as_deref() == Some(step)).filter(|entry| entry.done)
}

fn incident_item(incident: &Incident, entries: &[Entry], asked: &Asked) -> IncidentItem {
    let t = asked.t;
    let noticed = moment(incident.noticed_at);
    let told = step_entry(entries, "authority").is_some() && step_entry(entries, "subjects").is_some();
    let end = asked.time(rules::deadline(noticed), TimeStyle::DateTime);
    let (shape, word, deadline) = match (incident.closed_at, rules::countdown(noticed, asked.now)) {
        (Some(at), _) => {
            (Shape::On, "incident-closed", t.tr1("closed-at", asked.time_ms(at, TimeStyle::DateTime)))
        }
        (None, Countdown::Left(_)) if told => (Shape::On, "incident-told", end),
        (None, Countdown::Left(left)) => {
            (Shape::Risk, "incident-open", t.tr2("deadline-left", end, hours(left, asked)))
        }
        (None, Countdown::Passed(_)) if told => (Shape::On, "incident-told", end),
        (None, Countdown::Passed(late)) => {
            (Shape::Off, "incident-late", t.tr2("deadline-passed", end, hours(late, asked)))
        }
    };
    let done = rules::STEPS.iter().filter(|step| step_entry(entries, step).is_some()).count();
    IncidentItem {
        incident_id: incident.incident_id,
        title: incident.title.clone(),
        mark: Mark::new(shape, &t.tr(word)),
        noticed: asked.time(noticed, TimeStyle::DateTime),
        deadline,
        steps: t.tr2("steps-done", done, rules::STEPS.len()),
    }
}

/// `71 jam 20 menit`: with a deadline the minutes count.
fn hours(span: SignedDuration, asked: &Asked) -> String {
    let minutes = span.as_secs() / 60;
    asked.t.tr2("hours-minutes", minutes / 60, minutes % 60)
}

/// One incident.
pub fn incident(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    incident_id: i64,
) -> AppResult<IncidentPage> {
    let t = asked.t;
    let found = store::find_incident(reader, incident_id)?;
    let incident = found.ok_or_else(|| AppError::NotFound(format!("{incident_id}")))?;
    let entries = store::read_entries(reader, incident_id)?;
    let item = incident_item(&incident, &entries, asked);
    let subjects = incident.subjects.map(|count| thousands(count, t.lang())).unwrap_or_default();
    let facts = NoticeFacts {
        place: &asked.identity.name,
        what: &incident.what,
        data: &incident.data,
        noticed: &item.noticed,
        cause: &incident.cause,
        measures: &incident.measures,
        subjects: &subjects,
        sources: &incident.sources,
    };
    let notices = vec![
        (t.tr("notice-subjects").into_owned(), rules::notice_to_subjects(&facts)),
        (t.tr("notice-authority").into_owned(), rules::notice_to_authority(&facts)),
    ];
    let steps = rules::STEPS
        .into_iter()
        .map(|step| StepItem {
            step,
            title: t.tr(step_keys(step).0).into_owned(),
            advice: t.tr(step_keys(step).1).into_owned(),
            done: step_entry(&entries, step).map(|entry| {
                let at = asked.time_ms(entry.at, TimeStyle::DateTime);
                let words = t.tr2("done-by", entry.author.as_str(), at);
                if entry.note.is_empty() { words } else { format!("{words}: {}", entry.note) }
            }),
        })
        .collect();
    let log = entries.iter().rev().map(|entry| {
        (asked.time_ms(entry.at, TimeStyle::DateTime), entry.author.clone(), log_words(entry, asked))
    });
    let closed = incident.closed_at.is_some();
    Ok(IncidentPage {
        may_change: chrome.may_send("/data-pribadi/insiden/{id}"),
        item,
        subjects: subjects.clone(),
        closed,
        steps,
        notices,
        log: log.collect(),
        incident,
        chrome,
    })
}

fn step_keys(step: &str) -> (&'static str, &'static str) {
    match step {
        "contain" => ("step-contain", "step-contain-how"),
        "preserve" => ("step-preserve", "step-preserve-how"),
        "assess" => ("step-assess", "step-assess-how"),
        "lead" => ("step-lead", "step-lead-how"),
        "authority" => ("step-authority", "step-authority-how"),
        "subjects" => ("step-subjects", "step-subjects-how"),
        "public" => ("step-public", "step-public-how"),
        _ => ("step-prevent", "step-prevent-how"),
    }
}

fn log_words(entry: &Entry, asked: &Asked) -> String {
    let t = asked.t;
    let Some(step) = &entry.step else {
        return match entry.note.as_str() {
            "opened" => t.tr("log-opened").into_owned(),
            "closed" => t.tr("log-closed").into_owned(),
            "reopened" => t.tr("log-reopened").into_owned(),
            fields => t.tr1("log-changed", fields.replace(',', ", ")),
        };
    };
    let title = t.tr(step_keys(step).0).into_owned();
    let words = if entry.done { t.tr1("log-done", title) } else { t.tr1("log-undone", title) };
    if entry.note.is_empty() { words } else { format!("{words}: {}", entry.note) }
}
