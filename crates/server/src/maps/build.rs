//! What the map shows, from what is asked.

use super::{
    base::Base,
    pages::{Choice, MapPage},
};
use crate::{
    boundaries::{self, DrawOptions},
    error::{AppError, AppResult},
    indicators::{
        MapWords, colour, rules,
        store::{
            Catalog, below_key, indicator_name, region_crumbs, region_in_reach, region_name, sector_name,
        },
    },
    web::{Asked, Chrome},
    widgets::{Empty, MapDrawing, Method, RegionMap},
};
use pendopo_figures::{
    IndicatorRow, Reader, Stored,
    questions::{Questions, SeriesOf, Span, TableOf},
};
use pendopo_vocab::{NumberFormat, Period, RegionCode, RegionLevel, parse_number, region_tree::RegionTree};
use serde::Deserialize;

/// What of a map is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct MapQuery {
    /// Code of the indicator; the first when left out.
    #[serde(default)]
    indikator: String,
    /// Region code; the reader's own when left out.
    #[serde(default)]
    wilayah: String,
    /// A period such as `2026-09`; the newest when left out.
    #[serde(default)]
    periode: String,
    /// Level drawn: the next one below when left out.
    #[serde(default)]
    tingkat: String,
    /// How classes are made: `kuantil`, `jenks`, `sama`, `tetap`.
    #[serde(default)]
    kelas: String,
    /// Limits for `tetap`, parted by semicolons.
    #[serde(default)]
    batas: String,
}

impl MapQuery {
    /// The indicator asked for; empty when none is.
    pub fn indicator(&self) -> &str {
        &self.indikator
    }

    fn method(&self) -> Method {
        match self.kelas.as_str() {
            "jenks" => Method::Jenks,
            "sama" => Method::Equal,
            "tetap" => Method::Fixed(
                self.batas
                    .split(';')
                    .take(8)
                    .filter_map(|word| parse_number(word.trim(), NumberFormat::Indonesian).ok())
                    .collect(),
            ),
            _ => Method::Quantile,
        }
    }

    /// The address of the same map of another region.
    fn href(&self, code: &str, region: RegionCode) -> String {
        let mut href = format!("/peta?indikator={code}&wilayah={region}");
        for (key, value) in [("periode", &self.periode), ("kelas", &self.kelas), ("batas", &self.batas)] {
            if !value.is_empty() {
                let safe: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                href.push_str(&format!("&{key}={safe}"));
            }
        }
        href
    }
}

/// Units of the drawing in the larger direction: by how many regions there are, so that many are drawn as finely
/// as few without more bytes than a weak connection carries.
const DRAWING: u32 = 1000;
/// Periods offered by the picker at most.
const PERIODS_OFFERED: usize = 60;

/// The words of the address for the levels.
const LEVELS: [(RegionLevel, &str); 4] = [
    (RegionLevel::Province, "provinsi"),
    (RegionLevel::Regency, "kabupaten"),
    (RegionLevel::District, "kecamatan"),
    (RegionLevel::Village, "desa"),
];

/// Builds the page.
///
/// # Errors
/// [`AppError::NotFound`] and [`AppError::Invalid`] for what the address names; the database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    (query, base): (&MapQuery, &Base),
) -> AppResult<MapPage> {
    let t = asked.t;
    let catalog = Catalog::read(reader, &asked.scope)?;
    let region = match query.wilayah.as_str() {
        "" => asked.scope.region,
        text => region_in_reach(text, asked)?,
    };
    let indicator = match query.indikator.as_str() {
        "" => catalog.indicators.iter().find(|one| one.row.level > region.level()),
        code => Some(catalog.expect_code(code)?),
    };
    let mut page = MapPage {
        crumbs: Vec::new(),
        name: t.tr("nav-map").into_owned(),
        region: region_name(region, t),
        region_code: region.to_string(),
        indicator_href: None,
        indicators: indicator_choices(asked, &catalog, indicator),
        periods: Vec::new(),
        levels: Vec::new(),
        methods: ["kuantil", "jenks", "sama", "tetap"]
            .into_iter()
            .map(|word| {
                let chosen = word == query.kelas || (query.kelas.is_empty() && word == "kuantil");
                (word.to_owned(), t.tr(&format!("map-method-{word}")).into_owned(), chosen)
            })
            .collect(),
        limits: query.batas.clone(),
        map: None,
        empty: None,
        chrome,
    };
    let Some(indicator) = indicator else {
        page.empty = Some(empty(asked, None));
        return Ok(page);
    };
    let code = indicator.row.code.clone();
    page.crumbs = region_crumbs(region, asked, |above| query.href(&code, above));
    page.name = indicator_name(&indicator.row, t).to_owned();
    page.indicator_href = Some(rules::indicator_href(&code, region));
    fill(reader, asked, (query, base), (region, indicator), &mut page)?;
    if page.map.is_none() {
        page.empty = Some(empty(asked, page.indicator_href.take()));
    }
    Ok(page)
}

fn empty(asked: &Asked, indicator: Option<String>) -> Empty {
    let t = asked.t;
    Empty {
        title: t.tr("empty-map").into_owned(),
        advice: t.tr("empty-map-now").into_owned(),
        action: indicator.map(|href| (href, t.tr("map-to-indicator").into_owned())),
    }
}

fn indicator_choices(
    asked: &Asked,
    catalog: &Catalog,
    chosen: Option<&Stored<IndicatorRow>>,
) -> Vec<(String, Vec<Choice>)> {
    let mut sectors: Vec<(String, Vec<Choice>)> = Vec::new();
    for one in &catalog.indicators {
        let choice = (
            one.row.code.clone(),
            indicator_name(&one.row, asked.t).to_owned(),
            chosen.is_some_and(|chosen| chosen.id == one.id),
        );
        let sector = sector_name(asked, &one.row.sector);
        match sectors.iter_mut().find(|(name, _)| *name == sector) {
            Some((_, choices)) => choices.push(choice),
            None => sectors.push((sector, vec![choice])),
        }
    }
    sectors
}

fn fill(
    reader: &mut Reader<'_>,
    asked: &Asked,
    (query, base): (&MapQuery, &Base),
    (region, indicator): (RegionCode, &Stored<IndicatorRow>),
    page: &mut MapPage,
) -> AppResult<()> {
    let t = asked.t;
    let of = SeriesOf { indicator_id: indicator.id, region, breakdown_id: 0 };
    let points = reader.trend(&asked.scope, of, Span::ALWAYS, None)?;
    let period = match query.periode.as_str() {
        "" => points.last().map(|point| point.period),
        text => Some(text.parse::<Period>().map_err(|error| AppError::Invalid(format!("{error}")))?.id()),
    };
    page.periods = points
        .iter()
        .rev()
        .take(PERIODS_OFFERED)
        .filter_map(|point| Period::from_id(point.period))
        .map(|one| (one.to_string(), one.label(t.lang()), Some(one.id()) == period))
        .collect();
    let levels: Vec<(RegionLevel, &str)> = LEVELS
        .into_iter()
        .filter(|(level, _)| *level > region.level() && *level <= indicator.row.level)
        .collect();
    let level =
        levels.iter().find(|(_, word)| *word == query.tingkat).or(levels.first()).map(|(level, _)| *level);
    page.levels = levels
        .iter()
        .map(|(one, word)| ((*word).to_owned(), t.tr(below_key(*one)).into_owned(), Some(*one) == level))
        .collect();
    let (Some(level), Some(period)) = (level, period) else { return Ok(()) };
    let of =
        TableOf { indicator_id: indicator.id, breakdown_id: 0, parent: region, level, period: Some(period) };
    let figures = reader.region_table(&asked.scope, of, None)?;
    if figures.is_empty() {
        return Ok(());
    }
    let regions: Vec<RegionCode> =
        RegionTree::embedded().descendants(region, level).map(|one| one.code).collect();
    let row = &indicator.row;
    // From a region whose parts have figures, too, one goes on to their map; else to its page.
    let (code, deeper) = (row.code.clone(), level < row.level);
    let onwards: Vec<(RegionCode, String)> = if deeper {
        regions.iter().map(|region| (*region, query.href(&code, *region))).collect()
    } else {
        Vec::new()
    };
    let href = move |region: RegionCode| {
        let found = onwards.iter().find(|(one, _)| *one == region);
        found.map_or_else(|| rules::indicator_href(&code, region), |(_, href)| href.clone())
    };
    let words = MapWords {
        caption: format!("{}, {}", page.name, rules::period_label(period, t)),
        method: query.method(),
        href: Box::new(href),
    };
    let map: RegionMap = colour(asked, row, &regions, &words, &figures);
    let drawing =
        boundaries::draw(reader, &regions, DrawOptions { parent: region, longest: DRAWING, points: true })?;
    let drawing = drawing.map(|(drawing, frame)| MapDrawing { base: base.beneath(&frame), ..drawing });
    page.map = Some(map.drawn(drawing).laid_out(asked.identity.tiles_of(&regions)));
    Ok(())
}
