//! What needs the leader's look: figures off target, figures that get worse whatever their target says, sources
//! that are ill.

use super::{material::Material, pages::ExceptionItem};
use crate::{
    error::AppResult,
    indicators::{
        decline::{Decline, decline},
        outlook, rules,
        store::indicator_name,
    },
    sources::store::SourceHealth,
    web::Asked,
    widgets::Mark,
};
use pendopo_figures::{
    IndicatorRow, Reader,
    questions::{LatestFigure, Order, SeriesOf, Span, TableOf},
};
use pendopo_vocab::{Direction, FreshnessState, Period, TargetStatus};

/// Exceptions listed of each kind; the rest is a link.
const LISTED_OFF: usize = 5;
const LISTED_DECLINES: usize = 3;
const LISTED_SOURCES: usize = 3;
const LISTED_RISK: usize = 2;
/// How far back a decline is followed, in periods.
const DECLINE_FOLLOWED: i32 = 12;
/// Regions named as the worst in an exception.
const WORST_REGIONS: i64 = 2;

/// A figure that may be listed.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    row: &'a IndicatorRow,
    figure: &'a LatestFigure,
    decline: Option<Decline>,
}

/// What needs a look: figures off target by the size of their miss, figures that got worse several periods in a
/// row though they are not off target, sources that are ill, figures at risk that got worse. And how many more
/// there are.
///
/// # Errors
/// The database's.
pub fn exceptions(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
) -> AppResult<(Vec<ExceptionItem>, usize)> {
    let mut found = candidates(reader, asked, material)?;
    found.sort_by(|a, b| {
        b.figure.miss.total_cmp(&a.figure.miss).then(a.figure.indicator_id.cmp(&b.figure.indicator_id))
    });
    let (off, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.figure.status == TargetStatus::OffTrack);
    let (mut declining, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|one| one.decline.is_some());
    declining.sort_by_key(|one| std::cmp::Reverse(one.decline.map(|decline| decline.steps)));
    let risk: Vec<_> = others.into_iter().filter(got_worse_at_risk).collect();
    let mut ill: Vec<&SourceHealth> =
        material.sources.iter().filter(|source| source.state < FreshnessState::Late).collect();
    ill.sort_by_key(|source| source.state);

    let mut items = Vec::new();
    let mut more = 0;
    for (figures, listed) in [(off, LISTED_OFF), (declining, LISTED_DECLINES)] {
        more += figures.len().saturating_sub(listed);
        for one in figures.iter().take(listed) {
            items.push(figure_exception(reader, asked, material, one)?);
        }
    }
    more += ill.len().saturating_sub(LISTED_SOURCES) + risk.len().saturating_sub(LISTED_RISK);
    items.extend(ill.into_iter().take(LISTED_SOURCES).map(|source| source_exception(asked, source)));
    for one in risk.iter().take(LISTED_RISK) {
        items.push(figure_exception(reader, asked, material, one)?);
    }
    Ok((items, more))
}

/// The latest figures, each with its decline where that is worth a word.
fn candidates<'a>(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &'a Material,
) -> AppResult<Vec<Candidate<'a>>> {
    let mut found = Vec::new();
    for figure in material.latest.values() {
        if let Some(indicator) = material.catalog.by_id(figure.indicator_id) {
            let row = &indicator.row;
            let decline = decline_of(reader, asked, material, row, figure)?;
            found.push(Candidate { row, figure, decline });
        }
    }
    Ok(found)
}

fn decline_of(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    row: &IndicatorRow,
    figure: &LatestFigure,
) -> AppResult<Option<Decline>> {
    let Some(newest) = Period::from_id(figure.period) else { return Ok(None) };
    let of = SeriesOf { indicator_id: figure.indicator_id, region: material.region, breakdown_id: 0 };
    let span = Span { from: newest.shift(-DECLINE_FOLLOWED).id(), to: newest.id() };
    let points = asked.kept.trend(reader, &asked.scope, of, span)?;
    let history = outlook::usable(row, &points, outlook::today(asked));
    Ok(decline(row, &history, rules::bounds(figure)).filter(Decline::is_worrying))
}

fn got_worse_at_risk(one: &Candidate<'_>) -> bool {
    let Candidate { row, figure, .. } = one;
    let steps = figure.previous.zip(figure.value).filter(|_| rules::missing_reports(row, figure).is_none());
    let better = steps.and_then(|(before, now)| rules::is_better(row, before, now, rules::bounds(figure)));
    figure.status == TargetStatus::AtRisk && better == Some(false)
}

fn figure_exception(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    one: &Candidate<'_>,
) -> AppResult<ExceptionItem> {
    let Candidate { row, figure, decline } = *one;
    let t = asked.t;
    let mut what = rules::exception_words(row, figure, decline.as_ref(), t);
    let worst = worst_regions(reader, asked, material, row, figure)?;
    if !worst.is_empty() {
        what.push(' ');
        what.push_str(&t.tr1("exception-worst", worst.join(", ")));
    }
    let of = SeriesOf { indicator_id: figure.indicator_id, region: material.region, breakdown_id: 0 };
    let ahead = outlook::look_ahead_of(reader, &asked.kept, &asked.scope, outlook::today(asked), row, of)?;
    if let Some(words) = outlook::short_words(&ahead, t) {
        what.push(' ');
        what.push_str(&words);
    }
    Ok(ExceptionItem {
        indicator_id: Some(figure.indicator_id),
        mark: rules::latest_mark(Some(figure), t),
        name: indicator_name(row, t).to_owned(),
        href: rules::indicator_href(&row.code, material.region),
        figure: figure.value.map(|value| rules::head(row, value, t)),
        what,
        from: format!("{} · {}", rules::period_label(figure.period, t), material.catalog.agency_short(row)),
        link: (
            rules::lineage_href(&row.code, material.region, figure.period, ""),
            t.tr("lineage-link").into_owned(),
        ),
    })
}

/// The regions one level down with the worst values, where "worst" means something across regions of
/// different size: not for sums.
fn worst_regions(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    row: &IndicatorRow,
    figure: &LatestFigure,
) -> AppResult<Vec<String>> {
    let order = match row.direction {
        Direction::Lower => Order::Highest,
        Direction::Higher => Order::Lowest,
        Direction::Range => return Ok(Vec::new()),
    };
    let Some(level) = material.region.level().child() else { return Ok(Vec::new()) };
    if row.region_aggregation == pendopo_vocab::RegionAggregation::Sum || row.level < level {
        return Ok(Vec::new());
    }
    let of = TableOf {
        indicator_id: figure.indicator_id,
        breakdown_id: 0,
        parent: material.region,
        level,
        period: Some(figure.period),
    };
    let ranked = asked.kept.ranking(reader, &asked.scope, of, order, WORST_REGIONS)?;
    Ok(ranked
        .iter()
        .map(|region| format!("{} {}", region.name, rules::words_or_hidden(row, region.value, asked.t)))
        .collect())
}

fn source_exception(asked: &Asked, source: &SourceHealth) -> ExceptionItem {
    let href = format!("/sumber/{}", source.code);
    ExceptionItem {
        indicator_id: None,
        mark: Mark::freshness(source.state, asked.t),
        name: source.name.clone(),
        href: href.clone(),
        figure: None,
        what: source.sentence(asked.t.lang(), asked.now, &asked.identity.time_zone),
        from: source.agency_short.clone(),
        link: (href, asked.t.tr("source-link").into_owned()),
    }
}
