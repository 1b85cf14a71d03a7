//! Where one figure comes from: value, source, run, row, revisions, owner.

use super::{
    look::Look,
    one::known_on,
    pages::{LineagePage, MadeFrom, RevisionItem, RowStep, RunStep, SourceStep},
    rules,
    store::{Catalog, indicator_name, region_in_reach, region_name},
};
use crate::{
    error::{AppError, AppResult},
    runs::store::raw_row,
    sources::store::find_source,
    web::{Asked, Chrome, TimeStyle, how_long},
    widgets::Mark,
};
use pendopo_figures::{
    IndicatorRow, Reader, Stored, list_breakdowns,
    questions::{Lineage, Point, Questions, Revision, SeriesOf, Span, TableOf},
    targets_in_force,
};
use pendopo_vocab::{AgencyScope, Period, RegionAggregation, RegionCode, TargetStatus};
use serde::Deserialize;

/// Which part of a figure is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct LineageQuery {
    /// Key of a part of the total; the total when left out.
    #[serde(default)]
    rincian: String,
    /// "As known on" this day, `yyyy-mm-dd`; now when left out.
    #[serde(default)]
    per: String,
}

/// The figure an address names.
pub struct Address {
    /// Code of the indicator.
    pub indicator: String,
    /// Code of the region.
    pub region: String,
    /// The period, such as `2026-09`.
    pub period: String,
    /// The part.
    pub query: LineageQuery,
}

/// The figure, resolved.
struct Asking<'a> {
    asked: &'a Asked,
    catalog: &'a Catalog,
    indicator: &'a Stored<IndicatorRow>,
    of: SeriesOf,
    part: &'a str,
    period: Period,
    known_at: Option<i64>,
    /// What the links on the page carry along.
    look: Look,
}

impl Asking<'_> {
    fn row(&self) -> &IndicatorRow {
        &self.indicator.row
    }

    fn exact(&self, value: Option<f64>) -> String {
        rules::exact_or_hidden(self.row(), value, self.asked.t)
    }

    /// The figure of `indicator` at this region and period.
    fn figure_of(&self, reader: &mut Reader<'_>, indicator_id: i64) -> AppResult<Option<Option<f64>>> {
        let of = SeriesOf { indicator_id, ..self.of };
        let span = Span { from: self.period.id(), to: self.period.id() };
        Ok(reader.trend(&self.asked.scope, of, span, self.known_at)?.first().map(|point| point.value))
    }
}

/// Builds the page.
///
/// # Errors
/// [`AppError::NotFound`] and [`AppError::Invalid`] for what the address names; the database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    address: &Address,
) -> AppResult<LineagePage> {
    let catalog = Catalog::read(reader, &asked.scope)?;
    let indicator = catalog.expect_code(&address.indicator)?;
    let region = region_in_reach(&address.region, asked)?;
    let period: Period = address.period.parse().map_err(|error| AppError::Invalid(format!("{error}")))?;
    let breakdowns = list_breakdowns(reader)?;
    let part = breakdowns.iter().find(|(_, key)| *key == address.query.rincian);
    let (breakdown_id, part) = part
        .map(|(id, key)| (*id, key.as_str()))
        .ok_or_else(|| AppError::NotFound(address.query.rincian.clone()))?;
    let of = SeriesOf { indicator_id: indicator.id, region, breakdown_id };
    let (known_on, known_at) = known_on(&address.query.per, asked)?;
    let look = Look { period: Some(period), breakdown: part.to_owned(), known_on };
    let asking = Asking { asked, catalog: &catalog, indicator, of, part, period, known_at, look };
    let mut lineage = reader.lineage(&asked.scope, of, period.id(), known_at)?;
    // The story is told from the beginning.
    lineage.revisions.reverse();
    let value =
        lineage.revisions.last().map(|revision| revision.value).or(lineage.rolled.as_ref().map(|p| p.value));
    let Some(value) = value else {
        return Err(AppError::NotFound(format!(
            "{}, {}, {}",
            address.indicator, address.region, address.period
        )));
    };
    let newest = lineage.revisions.last();
    Ok(LineagePage {
        crumbs: crumbs(&asking),
        known_on: known_at.map(|at| asked.t.tr1("notice-known-on", asked.time_ms(at, TimeStyle::Date))),
        name: indicator_name(&indicator.row, asked.t).to_owned(),
        of: of_words(&asking),
        figure: value.map(|value| rules::head(&indicator.row, value, asked.t)),
        mark: mark(reader, &asking, value)?,
        lead: match value {
            Some(_) => lead(&asking, &lineage),
            None => format!("{} {}", lead(&asking, &lineage), rules::hidden_reason(&indicator.row, asked.t)),
        },
        made_from: made_from(reader, &asking, &lineage)?,
        source: match newest {
            Some(revision) => source_step(reader, &asking, revision)?,
            None => None,
        },
        run: match newest {
            Some(revision) => Some(run_step(reader, &asking, revision)?),
            None => None,
        },
        row: match newest {
            Some(revision) if revision.source_id.is_some() => {
                Some(row_step(reader, &asking, revision, lineage.cleared)?)
            }
            _ => None,
        },
        revisions: revisions(&asking, &lineage.revisions),
        owner: owner(&asking),
        chrome,
    })
}

/// The same in a few words, for where there is room for no more: word and explanation.
///
/// # Errors
/// As of [`build`].
pub fn lineage_words(
    reader: &mut Reader<'_>,
    asked: &Asked,
    indicator: &str,
    region: RegionCode,
    period: i32,
) -> AppResult<Vec<(String, String)>> {
    let catalog = Catalog::read(reader, &asked.scope)?;
    let indicator = catalog.expect_code(indicator)?;
    let period = Period::from_id(period)
        .ok_or_else(|| AppError::Internal(anyhow::anyhow!("{period} is stored as a period")))?;
    let of = SeriesOf { indicator_id: indicator.id, region, breakdown_id: 0 };
    let (part, known_at, look) = ("", None, Look::default());
    let asking = Asking { asked, catalog: &catalog, indicator, of, part, period, known_at, look };
    let mut lineage = reader.lineage(&asked.scope, of, period.id(), known_at)?;
    lineage.revisions.reverse();
    let t = asked.t;
    let name = format!("{}, {}", indicator_name(&indicator.row, t), of_words(&asking));
    let mut words = vec![(name, lead(&asking, &lineage))];
    if let Some(made) = made_from(reader, &asking, &lineage)? {
        words.push((t.tr("lineage-made-from").into_owned(), made.sentence));
    }
    if let Some(revision) = lineage.revisions.last() {
        if let Some(source) = source_step(reader, &asking, revision)? {
            words.push((t.tr("lineage-source").into_owned(), format!("{} · {}", source.name, source.words)));
        }
        words.push((t.tr("lineage-run").into_owned(), run_step(reader, &asking, revision)?.words));
    }
    words.extend(owner(&asking).into_iter().take(1));
    Ok(words)
}

fn crumbs(asking: &Asking<'_>) -> Vec<(String, String)> {
    let t = asking.asked.t;
    let href = asking.look.indicator_href(&asking.row().code, asking.of.region);
    vec![
        ("/indikator".to_owned(), t.tr("nav-indicators").into_owned()),
        (href, format!("{}, {}", indicator_name(asking.row(), t), region_name(asking.of.region, t))),
    ]
}

fn of_words(asking: &Asking<'_>) -> String {
    let t = asking.asked.t;
    let words = t.tr2("lineage-of", region_name(asking.of.region, t), asking.period.label(t.lang()));
    if asking.part.is_empty() { words } else { format!("{words} ({})", asking.part) }
}

fn mark(reader: &mut Reader<'_>, asking: &Asking<'_>, value: Option<f64>) -> AppResult<Mark> {
    let Some(value) = value else { return Ok(Mark::hidden(asking.asked.t)) };
    let row = asking.row();
    let (id, region, period) = (asking.indicator.id, asking.of.region, asking.period.id());
    let found = targets_in_force(reader, id, row, region, &[period], asking.known_at)?;
    let bounds = if asking.part.is_empty() { found[0] } else { None };
    let (low, high) = (bounds.map(|b| b.0), bounds.and_then(|b| b.1));
    Ok(Mark::status(
        TargetStatus::judge(row.direction, Some(value), low, high, row.tolerance),
        asking.asked.t,
    ))
}

fn lead(asking: &Asking<'_>, lineage: &Lineage) -> String {
    let t = asking.asked.t;
    let agency = asking.catalog.agencies.get(&asking.row().agency_id).map_or("–", |agency| &agency.name);
    match (lineage.revisions.last(), &lineage.rolled) {
        (Some(revision), _) if revision.source_id.is_none() && asking.row().sql.is_some() => {
            t.tr("lineage-computed").into_owned()
        }
        (Some(_), _) => t.tr1("lineage-reported", agency),
        (None, Some(point)) => rolled_words(point, asking),
        (None, None) => String::new(),
    }
}

fn rolled_words(point: &Point, asking: &Asking<'_>) -> String {
    let t = asking.asked.t;
    match point.reported.zip(point.expected) {
        Some((reported, expected)) => t.tr2("lineage-rolled", reported, expected),
        None => t.tr("lineage-computed").into_owned(),
    }
}

/// The figures a figure was made from: numerator and denominator of a ratio, else the regions below.
fn made_from(reader: &mut Reader<'_>, asking: &Asking<'_>, lineage: &Lineage) -> AppResult<Option<MadeFrom>> {
    let (row, t) = (asking.row(), asking.asked.t);
    let Some(rolled) = &lineage.rolled else { return Ok(None) };
    let mut sentence = rolled_words(rolled, asking);
    if let Some(revision) = lineage.revisions.last()
        && asking.exact(revision.value) != asking.exact(rolled.value)
    {
        let words = t.tr2("notice-mismatch", asking.exact(revision.value), asking.exact(rolled.value));
        sentence = format!("{sentence} {words}");
    }
    if row.region_aggregation == RegionAggregation::Ratio {
        let scale = rules::number(row.scale.unwrap_or(1.0), t);
        let mut parts = Vec::new();
        for input in [row.numerator_id, row.denominator_id].into_iter().flatten() {
            let Some(of) = asking.catalog.by_id(input) else { continue };
            let value = asking.figure_of(reader, input)?;
            parts.push((
                indicator_name(&of.row, t).to_owned(),
                value.map_or_else(
                    || t.tr("no-value").into_owned(),
                    |value| rules::exact_or_hidden(&of.row, value, t),
                ),
                value.map(|_| {
                    let period = asking.period.id();
                    asking.look.lineage_href(&of.row.code, asking.of.region, period, asking.part)
                }),
                String::new(),
            ));
        }
        return Ok(Some(MadeFrom {
            sentence: format!("{sentence} {}", t.tr1("lineage-ratio", scale)),
            parts,
        }));
    }
    let parts = parts_below(reader, asking)?;
    Ok(Some(MadeFrom { sentence, parts }))
}

type Part = (String, String, Option<String>, String);

fn parts_below(reader: &mut Reader<'_>, asking: &Asking<'_>) -> AppResult<Vec<Part>> {
    let t = asking.asked.t;
    let Some(level) = asking.of.region.level().child() else { return Ok(Vec::new()) };
    let of = TableOf {
        indicator_id: asking.indicator.id,
        breakdown_id: asking.of.breakdown_id,
        parent: asking.of.region,
        level,
        period: Some(asking.period.id()),
    };
    let figures = reader.region_table(&asking.asked.scope, of, asking.known_at)?;
    let part = |region: RegionCode, name: String, value: Option<f64>, counts: Option<(i64, i64)>| -> Part {
        let note =
            counts.map_or_else(String::new, |(reported, expected)| t.tr2("reported-of", reported, expected));
        let href = asking.look.lineage_href(&asking.row().code, region, asking.period.id(), asking.part);
        (name, asking.exact(value), Some(href), note)
    };
    Ok(figures.into_iter().map(|f| part(f.region, f.name, f.value, f.reported.zip(f.expected))).collect())
}

fn source_step(
    reader: &mut Reader<'_>,
    asking: &Asking<'_>,
    revision: &Revision,
) -> AppResult<Option<SourceStep>> {
    let (asked, t) = (asking.asked, asking.asked.t);
    let Some(code) = &revision.source_code else { return Ok(None) };
    let Some(source) = find_source(reader, &asked.scope, code, asked.now)? else { return Ok(None) };
    Ok(Some(SourceStep {
        href: format!("/sumber/{code}"),
        mark: Mark::freshness(source.state, t),
        words: format!(
            "{} · {}",
            source.facts.agency,
            t.tr1("promise-every", how_long(source.fresh_every_secs, t))
        ),
        name: source.name,
    }))
}

fn run_step(reader: &mut Reader<'_>, asking: &Asking<'_>, revision: &Revision) -> AppResult<RunStep> {
    let asked = asking.asked;
    let answer_hash = match revision.answer_id {
        Some(id) => {
            reader
                .query_opt("select sha256 from answer where answer_id = $1", &[id.into()], |row| row.get(0))?
        }
        None => None,
    };
    let when = asked.time_ms(revision.recorded_at, TimeStyle::DateTime);
    let words = asked.t.tr2("lineage-run-words", when, author_words(asked, &revision.author));
    Ok(RunStep { run_id: revision.run_id, words, answer_hash })
}

/// Rows as they came may hold more than the figure: they are for those who work with the source.
fn may_read_rows(reader: &mut Reader<'_>, asking: &Asking<'_>, revision: &Revision) -> AppResult<bool> {
    let asked = asking.asked;
    if !asked.may_open(crate::web::ROWS_ROUTE) {
        return Ok(false);
    }
    Ok(match &revision.source_code {
        Some(code) => find_source(reader, &asked.scope, code, asked.now)?.is_some(),
        None => asked.scope.agencies == AgencyScope::All,
    })
}

/// Who recorded a figure: the public learn that it was staff, not who.
fn author_words(asked: &Asked, author: &str) -> String {
    match asked.who.is_known() {
        true => author.to_owned(),
        false => asked.t.tr("by-staff").into_owned(),
    }
}

fn row_step(
    reader: &mut Reader<'_>,
    asking: &Asking<'_>,
    revision: &Revision,
    cleared: bool,
) -> AppResult<RowStep> {
    let t = asking.asked.t;
    let mut step = RowStep {
        words: t.tr1("lineage-row-number", revision.row_no),
        cells: Vec::new(),
        why_not: String::new(),
    };
    if revision.row_no <= 0 {
        step.words = t.tr("lineage-row-gathered").into_owned();
        return Ok(step);
    }
    if !cleared || !may_read_rows(reader, asking, revision)? {
        // A row may say more than this figure: other columns, names, small numbers.
        step.why_not = t.tr("lineage-row-internal").into_owned();
        return Ok(step);
    }
    match raw_row(reader, revision.run_id, revision.row_no) {
        Ok(Some(row)) => step.cells = row.columns.into_iter().zip(row.cells).collect(),
        Ok(None) => step.why_not = t.tr("lineage-row-not-kept").into_owned(),
        Err(error) => {
            // The rest of the story still stands; the reader is told what cannot be shown.
            tracing::warn!(run_id = revision.run_id, %error, "a kept answer cannot be read again");
            step.why_not = t.tr("lineage-row-unreadable").into_owned();
        }
    }
    Ok(step)
}

fn revisions(asking: &Asking<'_>, revisions: &[Revision]) -> Vec<RevisionItem> {
    let asked = asking.asked;
    let mut items: Vec<RevisionItem> = revisions
        .iter()
        .enumerate()
        .map(|(index, revision)| RevisionItem {
            value: asking.exact(revision.value),
            before: index.checked_sub(1).map(|before| asking.exact(revisions[before].value)),
            when: asked.time_ms(revision.recorded_at, TimeStyle::DateTime),
            who: author_words(asked, &revision.author),
            run_id: revision.run_id,
        })
        .collect();
    items.reverse();
    items
}

fn owner(asking: &Asking<'_>) -> Vec<(String, String)> {
    let t = asking.asked.t;
    let Some(agency) = asking.catalog.agencies.get(&asking.row().agency_id) else { return Vec::new() };
    let mut facts = vec![(t.tr("owner").into_owned(), agency.name.clone())];
    if let Some(contact) = &agency.contact {
        facts.push((t.tr("source-contact").into_owned(), contact.clone()));
    }
    if let Some(definition) = &asking.row().definition {
        facts.push((t.tr("definition").into_owned(), definition.clone()));
    }
    facts
}
