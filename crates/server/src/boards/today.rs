//! The leader's page on a phone: what needs you today, what changed since yesterday, who has not moved. At most
//! nine cards; each is a sentence, a small line and one tap to the figure's origin.

use super::{
    build::{empty, summary},
    exceptions::exceptions,
    material::Material,
    pages::ExceptionItem,
};
use crate::{
    error::AppResult,
    indicators::{rules, store::indicator_name},
    web::{Asked, Chrome, TimeStyle},
    widgets::{Empty, Mark, Shape, Sparkline},
};
use askama::Template;
use jiff::{SignedDuration, Timestamp};
use pendopo_figures::{
    IndicatorRow, Reader,
    questions::{LatestFigure, Questions, SeriesOf, Span},
};
use pendopo_vocab::{FreshnessState, TargetStatus};

/// Things that need the leader, at most. More are a link: a list of fifty is read by nobody.
const MOST_CARDS: usize = 9;
/// Changes told one by one.
const MOST_CHANGES: usize = 5;
/// "Yesterday": a day before now.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// The brief on paper.
const PAPER_ROUTE: &str = "/hari-ini/laporan.pdf";

/// The page.
#[derive(Template)]
#[template(path = "boards/today.html")]
pub struct TodayPage {
    /// The frame.
    pub chrome: Chrome,
    /// What needs the leader, worst first.
    pub cards: Vec<Card>,
    /// The state of the government in one sentence.
    pub summary: String,
    /// Things that are not listed.
    pub more: usize,
    /// What changed since yesterday.
    pub changes: Vec<ChangeItem>,
    /// Figures that changed and are not told one by one.
    pub changed_besides: usize,
    /// Whether there was anything yesterday to compare with.
    pub had_yesterday: bool,
    /// Agencies whose data stand still, the longest first.
    pub silent: Vec<SilentItem>,
    /// It is the edition that browsers keep, and restricted figures are left out.
    pub without_restricted: bool,
    /// The brief on paper, for those who may have it.
    pub paper: Option<String>,
    /// Instead of everything, when there is nothing yet.
    pub empty: Option<Empty>,
}

/// One thing that needs the leader.
pub struct Card {
    /// What it is.
    pub item: ExceptionItem,
    /// Its course.
    pub spark: Option<Sparkline>,
}

/// A figure that changed.
pub struct ChangeItem {
    /// Its state now.
    pub mark: Mark,
    /// Name of the indicator.
    pub name: String,
    /// The figure's origin.
    pub href: String,
    /// From what to what, in words.
    pub what: String,
    /// Period and agency.
    pub from: String,
}

/// An agency that sends nothing.
pub struct SilentItem {
    /// The worst of its states.
    pub mark: Mark,
    /// Abbreviation.
    pub agency: String,
    /// Which of its sources, and since when.
    pub what: String,
    /// The source.
    pub href: String,
}

/// Builds the page of the region that the reader looks after.
///
/// # Errors
/// The database's.
pub fn build(reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome) -> AppResult<TodayPage> {
    let material = Material::read(reader, asked)?;
    let (items, unlisted) = exceptions(reader, asked, &material)?;
    let more = unlisted + items.len().saturating_sub(MOST_CARDS);
    let mut cards = Vec::new();
    for item in items.into_iter().take(MOST_CARDS) {
        let spark = course(reader, asked, &material, &item)?;
        cards.push(Card { item, spark });
    }
    let since = asked.now.checked_sub(A_DAY).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut moved = changes(reader, asked, &material, since)?;
    let had_yesterday = moved.had_yesterday;
    let changed_besides = moved.items.len().saturating_sub(MOST_CHANGES);
    moved.items.truncate(MOST_CHANGES);
    Ok(TodayPage {
        cards,
        summary: summary(asked, &material),
        more,
        changes: moved.items,
        changed_besides,
        had_yesterday,
        silent: silent(asked, &material),
        without_restricted: asked.scope.sensitivity < asked.who.scope.sensitivity,
        paper: asked.may_open(PAPER_ROUTE).then(|| PAPER_ROUTE.to_owned()),
        empty: empty(asked, &material),
        chrome,
    })
}

fn course(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    item: &ExceptionItem,
) -> AppResult<Option<Sparkline>> {
    let Some(latest) = item.indicator_id.and_then(|id| material.latest.get(&id)) else { return Ok(None) };
    let course =
        crate::indicators::course(reader, asked, latest.indicator_id, material.region, latest.period)?;
    Ok((course.len() > 1).then(|| Sparkline::new(&course, latest.target)))
}

struct Moved {
    had_yesterday: bool,
    items: Vec<ChangeItem>,
}

/// Figures whose newest value was recorded since, against what was known then; those whose state turned come
/// first, for the worse before the better, then by the size of the step.
fn changes(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    since: Timestamp,
) -> AppResult<Moved> {
    let t = asked.t;
    let known_at = since.as_millisecond();
    let commit = reader.newest_commit_at(known_at)?;
    let mut found = Vec::new();
    let fresh = material.latest.values().filter(|figure| figure.commit_no > commit && figure.value.is_some());
    for figure in fresh {
        let Some(row) = material.catalog.by_id(figure.indicator_id).map(|indicator| &indicator.row) else {
            continue;
        };
        let of = SeriesOf { indicator_id: figure.indicator_id, region: material.region, breakdown_id: 0 };
        let then = match commit {
            0 => None,
            _ => reader.trend(&asked.scope, of, Span::ALWAYS, Some(known_at))?.pop(),
        };
        let before = then.and_then(|point| point.value);
        if before == figure.value {
            continue;
        }
        found.push((turn(row, before, figure), figure, row, before));
    }
    found.sort_by(|(a, one, ..), (b, other, ..)| {
        b.total_cmp(a).then(one.indicator_id.cmp(&other.indicator_id))
    });
    let item = |(_, figure, row, before): (f64, &LatestFigure, &IndicatorRow, Option<f64>)| {
        let now = figure.value.map_or_else(String::new, |value| rules::words(row, value, t));
        ChangeItem {
            mark: rules::latest_mark(Some(figure), t),
            name: indicator_name(row, t).to_owned(),
            href: rules::lineage_href(&row.code, material.region, figure.period, ""),
            what: match before {
                Some(before) => t.tr2("today-from-to", rules::words(row, before, t), now),
                None => t.tr1("today-first", now),
            },
            from: format!(
                "{} · {}",
                rules::period_label(figure.period, t),
                material.catalog.agency_short(row)
            ),
        }
    };
    Ok(Moved { had_yesterday: commit > 0, items: found.into_iter().map(item).collect() })
}

/// How much a change matters: a state that turned for the worse, then for the better, then the step relative
/// to where it came from.
fn turn(row: &IndicatorRow, before: Option<f64>, figure: &LatestFigure) -> f64 {
    let bounds = rules::bounds(figure);
    let (Some(before), Some(value)) = (before, figure.value) else { return 0.0 };
    let step = ((value - before) / before.abs().max(f64::MIN_POSITIVE)).abs().min(1.0);
    let judge = |value: f64| match bounds {
        Some((target, high)) => {
            TargetStatus::judge(row.direction, Some(value), Some(target), high, row.tolerance)
        }
        None => TargetStatus::NoTarget,
    };
    match (judge(before) == judge(value), rules::is_better(row, before, value, bounds)) {
        (false, Some(false)) => 3.0 + step,
        (false, _) => 2.0 + step,
        (true, _) => step,
    }
}

fn silent(asked: &Asked, material: &Material) -> Vec<SilentItem> {
    let mut ill: Vec<_> = material
        .sources
        .iter()
        .filter(|source| !matches!(source.state, FreshnessState::Fresh | FreshnessState::Waiting))
        .collect();
    ill.sort_by_key(|source| source.ill_since);
    ill.into_iter()
        .map(|source| SilentItem {
            mark: Mark::freshness(source.state, asked.t),
            agency: source.agency_short.clone(),
            what: match source.last_good {
                Some(at) => asked.t.tr2("today-silent", &source.name, asked.time(at, TimeStyle::Short)),
                None => source.name.clone(),
            },
            href: format!("/sumber/{}", source.code),
        })
        .collect()
}

impl TodayPage {
    /// The shape of the worst card.
    fn worst(&self) -> Shape {
        self.cards.first().map_or(Shape::On, |card| card.item.mark.shape)
    }
}
