//! The regions below one, coloured by their figures.

use super::{look::Look, rules, store::indicator_name};
use crate::{
    boundaries,
    web::Asked,
    widgets::{MapCell, Method, RegionMap},
};
use pendopo_figures::{DbError, IndicatorRow, Reader, questions::RegionFigure};
use pendopo_vocab::{RegionCode, region_tree::RegionTree};
use std::collections::HashMap;

/// Units of a drawing on a page among others, in the larger direction.
const DRAWING: u32 = 1000;

/// The regions below `parent` with their figures, coloured: drawn where boundaries are known. Regions lead to the
/// indicator there, looked at alike.
///
/// # Errors
/// The database's.
pub fn region_map(
    reader: &mut Reader<'_>,
    asked: &Asked,
    row: &IndicatorRow,
    parent: RegionCode,
    period: i32,
    figures: &[RegionFigure],
    look: Look,
) -> Result<RegionMap, DbError> {
    let words = MapWords::of(asked, row, period, look);
    let Some(level) = parent.level().child() else {
        return Ok(colour(asked, row, &[], &words, figures));
    };
    let regions: Vec<RegionCode> =
        RegionTree::embedded().descendants(parent, level).map(|region| region.code).collect();
    let map = colour(asked, row, &regions, &words, figures);
    let drawing = boundaries::draw(
        reader,
        &regions,
        boundaries::DrawOptions { parent, longest: DRAWING, points: false },
    )?;
    Ok(map.drawn(drawing.map(|(drawing, _)| drawing)).laid_out(asked.identity.tiles_of(&regions)))
}

/// How a map is coloured and where its regions lead.
pub struct MapWords {
    /// Caption.
    pub caption: String,
    /// How its classes are made.
    pub method: Method,
    /// Address of a region.
    pub href: Box<dyn Fn(RegionCode) -> String>,
}

impl MapWords {
    /// Quantiles; regions lead to the indicator there.
    fn of(asked: &Asked, row: &IndicatorRow, period: i32, look: Look) -> MapWords {
        let code = row.code.clone();
        MapWords {
            caption: format!("{}, {}", indicator_name(row, asked.t), rules::period_label(period, asked.t)),
            method: Method::Quantile,
            href: Box::new(move |region| look.indicator_href(&code, region)),
        }
    }
}

/// Regions with their figures, coloured; not yet drawn.
pub fn colour(
    asked: &Asked,
    row: &IndicatorRow,
    regions: &[RegionCode],
    words: &MapWords,
    figures: &[RegionFigure],
) -> RegionMap {
    let t = asked.t;
    let known: HashMap<RegionCode, Option<f64>> =
        figures.iter().map(|figure| (figure.region, figure.value)).collect();
    let tree = RegionTree::embedded();
    let cells: Vec<MapCell> = regions
        .iter()
        .filter_map(|region| tree.get(*region))
        .map(|region| {
            let found = known.get(&region.code).copied();
            MapCell {
                name: region.name.to_owned(),
                href: (words.href)(region.code),
                value: found.flatten(),
                hidden: found.is_some_and(|value| value.is_none()),
                text: found.map_or_else(
                    || t.tr("not-reported").into_owned(),
                    |value| rules::words_or_hidden(row, value, t),
                ),
            }
        })
        .collect();
    let reported = || cells.iter().filter_map(|cell| Some((cell.value?, cell)));
    let name = |cell: &MapCell| format!("{} ({})", cell.name, cell.text);
    let highest = reported().max_by(|a, b| a.0.total_cmp(&b.0));
    let summary = match (highest, reported().min_by(|a, b| a.0.total_cmp(&b.0))) {
        (Some((_, high)), Some((_, low))) => t.tr2("map-summary", name(high), name(low)),
        _ => t.tr("map-summary-none").into_owned(),
    };
    let written = (words.caption.clone(), summary);
    RegionMap::classed(t, written, cells, &words.method, |value| rules::words(row, value, t))
}
