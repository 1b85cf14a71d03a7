//! From the definition of a widget to the widget: reads what it shows through the scoped questions and puts it
//! into its frame. What cannot be shown says so in its place and never fails the board.

mod events;
mod months;
mod parts;
mod regions;
mod series;
mod words;

use super::material::{Indicator, Material, sees_all};
use crate::{
    error::AppResult,
    indicators::{
        rules,
        store::{indicator_name, region_name},
    },
    packs::widget::WidgetDef,
    sources::store::SourceHealth,
    web::Asked,
    widgets::{Framed, Instead, Mark, Measure, Origin, Piece, Reason, Surface},
};
use pendopo_figures::{IndicatorRow, Reader, questions::LatestFigure};
use pendopo_vocab::{FreshnessState, RegionCode};

/// Puts one widget together.
///
/// # Errors
/// The database's.
pub fn place(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    surface: Surface,
    def: &WidgetDef,
) -> AppResult<Framed> {
    let site = Site { asked, material, surface, def, region: def.region().unwrap_or(material.region) };
    if !asked.scope.region.contains(site.region) {
        return Ok(site.unavailable(None));
    }
    match def {
        WidgetDef::Tile(it) => series::tile(reader, &site, &it.indicator),
        WidgetDef::Line(it) => series::line(reader, &site, &it.indicator),
        WidgetDef::Bullet(it) => series::bullets(reader, &site, &it.indicators),
        WidgetDef::Bars(it) => regions::bars(reader, &site, it),
        WidgetDef::Ranking(it) => regions::ranking(reader, &site, it),
        WidgetDef::Map(it) => regions::map(reader, &site, &it.indicator),
        WidgetDef::Absorption(it) => regions::absorption(reader, &site, it),
        WidgetDef::Heat(it) => months::heat(reader, &site, it),
        WidgetDef::Statuses(_) => Ok(parts::statuses(&site)),
        WidgetDef::Funnel(it) => parts::funnel(reader, &site, &it.indicators),
        WidgetDef::Pyramid(it) => parts::pyramid(reader, &site, it),
        WidgetDef::Feed(it) => events::feed(reader, &site, it),
        WidgetDef::Weather(it) => events::weather(reader, &site, it),
        WidgetDef::Earthquake(it) => events::earthquake(reader, &site, it),
        WidgetDef::Countdown(it) => Ok(words::countdown(&site, it)),
        WidgetDef::Text(it) => Ok(words::text(&site, it)),
        WidgetDef::Camera(it) => Ok(words::camera(&site, it)),
    }
}

/// Whether the reader may know of the indicator that a tile names, so that a tile of one that they may not see
/// is left out of a row of tiles rather than shown as a riddle.
pub fn is_known(asked: &Asked, material: &Material, code: &str) -> bool {
    sees_all(asked) || material.catalog.by_code(code).is_some()
}

/// Where a widget is put together.
struct Site<'a> {
    asked: &'a Asked,
    material: &'a Material,
    surface: Surface,
    def: &'a WidgetDef,
    region: RegionCode,
}

/// An indicator that the reader may see, with its latest figure in the widget's region.
struct Found<'a> {
    indicator: &'a Indicator,
    latest: LatestFigure,
}

/// In what an indicator is measured.
fn measure_of(row: &IndicatorRow) -> Measure {
    Measure { unit: row.unit.clone(), decimals: Some(row.decimals) }
}

/// What a widget shows, before it is framed.
struct Shown {
    title: String,
    href: Option<String>,
    summary: String,
    origin: Origin,
    freshness: Option<Mark>,
    actions: Vec<(String, String)>,
    measure: Measure,
    piece: Piece,
}

impl Shown {
    /// A piece under a heading, without an origin.
    fn bare(title: String, summary: String, piece: Piece) -> Shown {
        Shown {
            title,
            href: None,
            summary,
            origin: Origin::default(),
            freshness: None,
            actions: Vec::new(),
            measure: Measure::default(),
            piece,
        }
    }
}

impl<'a> Site<'a> {
    /// The frame around what is shown. The pack's own heading goes before the one made from the figures.
    fn framed(&self, shown: Shown) -> Framed {
        let place = self.def.place();
        let own = if self.asked.t.is_id() { place.title } else { place.title_en.or(place.title) };
        Framed {
            t: self.asked.t,
            kind: self.def.kind(),
            title: own.map_or(shown.title, str::to_owned),
            href: shown.href.filter(|_| !self.surface.is_still()),
            summary: shown.summary,
            origin: shown.origin,
            freshness: shown.freshness,
            actions: if self.surface.is_still() { Vec::new() } else { shown.actions },
            files: Vec::new(),
            measure: shown.measure,
            span: place.span,
            piece: shown.piece,
        }
    }

    /// In place of the widget, under `title`.
    fn instead(&self, title: String, instead: Instead) -> Framed {
        self.framed(Shown::bare(title, String::new(), Piece::Instead(instead)))
    }

    /// The word for this kind of widget.
    fn kind_word(&self) -> String {
        self.asked.t.tr(&format!("widget-{}", self.def.kind())).into_owned()
    }

    /// In place of what is gone or may not be seen. Readers who see everything are told that `code` is gone; all
    /// others learn neither its name nor which of the two it is, nor the heading that the pack gives it.
    fn unavailable(&self, code: Option<&str>) -> Framed {
        let t = self.asked.t;
        if let Some(code) = code.filter(|_| sees_all(self.asked)) {
            let advice = t.tr1("widget-gone-now", code);
            let instead = Instead::new(Reason::Unavailable, &t.tr("widget-gone"), advice, None);
            return self.instead(self.kind_word(), instead);
        }
        let advice = t.tr("widget-unavailable-now").into_owned();
        let instead = Instead::new(Reason::Unavailable, &t.tr("widget-unavailable"), advice, None);
        Framed { title: self.kind_word(), ..self.instead(String::new(), instead) }
    }

    /// The indicator, when the reader may see it.
    fn indicator(&self, code: &str) -> Option<&'a Indicator> {
        self.material.catalog.by_code(code)
    }

    /// The indicator with its latest figure here; otherwise what stands in the widget's place.
    fn find(&self, reader: &mut Reader<'_>, code: &str) -> AppResult<Result<Found<'a>, Box<Framed>>> {
        let Some(indicator) = self.indicator(code) else {
            return Ok(Err(Box::new(self.unavailable(Some(code)))));
        };
        let latest = self.material.latest_in(reader, self.asked, indicator.id, self.region)?;
        Ok(match latest {
            Some(latest) => Ok(Found { indicator, latest }),
            None => Err(Box::new(self.without(indicator))),
        })
    }

    /// In place of an indicator that has no figure here.
    fn without(&self, indicator: &Indicator) -> Framed {
        let framed = self.instead(self.title_of(indicator), self.nothing(indicator));
        let href = rules::indicator_href(&indicator.row.code, self.region);
        Framed {
            href: (!self.surface.is_still()).then_some(href),
            origin: Origin { source: self.agency(indicator), ..Origin::default() },
            freshness: self.material.freshness(self.asked, &indicator.row),
            ..framed
        }
    }

    /// Why an indicator has no figure: its rows were refused, its source is ill, or nobody reported yet.
    fn nothing(&self, indicator: &Indicator) -> Instead {
        let (asked, t) = (self.asked, self.asked.t);
        let feeding = self.material.feeding(&indicator.row);
        let refused = feeding.iter().find_map(|source| {
            let (run, count) = source.last_run.zip(source.refused.filter(|count| *count > 0))?;
            Some((source, run, count))
        });
        if let Some((source, run, count)) = refused {
            let action = asked
                .may_open("/penarikan/{id}/ditolak")
                .then(|| (format!("/penarikan/{run}/ditolak"), t.tr("refused-rows-see").into_owned()));
            let advice = t.tr2("widget-refused-now", count, source.name.as_str());
            return Instead::new(Reason::Refused, &t.tr("widget-refused"), advice, action);
        }
        let ill = |source: &&&SourceHealth| source.state < FreshnessState::Late;
        if let Some(source) = feeding.iter().find(ill) {
            let advice = source.sentence(t.lang(), asked.now, &asked.identity.time_zone);
            let action = asked
                .may_open("/sumber/{code}")
                .then(|| (format!("/sumber/{}", source.code), t.tr("source-link").into_owned()));
            return Instead::new(Reason::Refused, &t.tr("widget-source-ill"), advice, action);
        }
        let advice = t.tr1("empty-indicator-now", self.agency(indicator));
        Instead::new(Reason::Empty, &t.tr("widget-empty"), advice, asked.link_to("/sumber", "nav-sources"))
    }

    /// Name of the indicator, with the region when it is not the board's own.
    fn title_of(&self, indicator: &Indicator) -> String {
        let name = indicator_name(&indicator.row, self.asked.t);
        if self.region == self.material.region {
            name.to_owned()
        } else {
            format!("{name}, {}", region_name(self.region, self.asked.t))
        }
    }

    fn agency(&self, indicator: &Indicator) -> String {
        self.material.catalog.agency_short(&indicator.row).to_owned()
    }

    /// Where an indicator's figures come from. `unit` only where it does not stand at every figure.
    fn origin(&self, indicator: &Indicator, period: i32) -> Origin {
        Origin {
            unit: String::new(),
            period: rules::period_label(period, self.asked.t),
            source: self.agency(indicator),
            age: self.material.age(self.asked, &indicator.row),
        }
    }

    /// What an indicator's widget shows: heading, origin and the way to its lineage.
    fn shown(&self, found: &Found<'_>, summary: String, piece: Piece) -> Shown {
        let code = &found.indicator.row.code;
        let lineage = rules::lineage_href(code, self.region, found.latest.period, "");
        Shown {
            title: self.title_of(found.indicator),
            href: Some(rules::indicator_href(code, self.region)),
            summary,
            origin: self.origin(found.indicator, found.latest.period),
            freshness: self.material.freshness(self.asked, &found.indicator.row),
            actions: vec![(lineage, self.asked.t.tr("lineage-link").into_owned())],
            measure: measure_of(&found.indicator.row),
            piece,
        }
    }

    /// What is said below a widget that several indicators make up: their agencies, the oldest age, the worst state.
    fn origin_of_all(&self, indicators: &[&Indicator], period: &str) -> (Origin, Option<Mark>) {
        let mut agencies: Vec<String> = indicators.iter().map(|indicator| self.agency(indicator)).collect();
        agencies.sort();
        agencies.dedup();
        let sources = || indicators.iter().flat_map(|indicator| self.material.feeding(&indicator.row));
        let oldest = sources().filter_map(|source| source.last_good).min();
        let age = oldest.map_or_else(String::new, |at| {
            let secs = self.asked.now.as_second() - at.as_second();
            self.asked.t.tr1("age-ago", crate::web::how_long(secs, self.asked.t))
        });
        let worst =
            sources().map(|source| source.state).min().filter(|state| *state != FreshnessState::Fresh);
        let origin =
            Origin { unit: String::new(), period: period.to_owned(), source: agencies.join(", "), age };
        (origin, worst.map(|state| Mark::freshness(state, self.asked.t)))
    }
}
