//! The regions below one region, coloured by class: drawn where their boundaries are known, else as tiles laid out
//! as the place pack says, else as a field of cells in the order of their codes, and the caption says so: a grid
//! must not pretend to be geography. Missing is hatched, hidden dotted, neither white. Each region is a link, and
//! the map comes with its table.

use super::{
    Measure,
    choropleth::{MapDrawing, MapName, MapShape},
    classes::{Class, Method, class_of, classes},
    on_paper::standalone,
};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Block, Cell, Column, Ground, LegendKey, MapTile, Row, Swatch, Table};

/// One region.
#[derive(Debug, Clone, PartialEq)]
pub struct MapCell {
    /// Name shown.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// The value; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// There is a value that the reader may not see.
    pub hidden: bool,
    /// The value in words, or the words for missing.
    pub text: String,
}

/// A field of regions.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/region_map.html", blocks = ["drawing"])]
pub struct RegionMap {
    t: Tr,
    caption: String,
    summary: String,
    cells: Vec<(MapCell, Option<usize>)>,
    legend: Vec<(usize, String, usize)>,
    missing: usize,
    hidden: usize,
    dense: bool,
    drawing: Option<MapDrawing>,
    /// Row and column of each cell, from 1; empty when nothing says where they lie.
    tiles: Vec<Option<(u8, u8)>>,
}

/// Classes of the palette.
pub const CLASSES: usize = 5;
/// Cells side by side on paper, where nothing says where they lie.
const CELLS_ACROSS: usize = 6;
/// More cells than this are drawn small.
const DENSE_FROM: usize = 40;

impl RegionMap {
    /// `write` turns a bound of a class into words. `summary` says in a sentence what the map shows. Classes
    /// are quantiles.
    pub fn new(
        t: Tr,
        caption: String,
        summary: String,
        cells: Vec<MapCell>,
        write: impl Fn(f64) -> String,
    ) -> RegionMap {
        RegionMap::classed(t, (caption, summary), cells, &Method::Quantile, write)
    }

    /// The same with classes by a method; `words` are caption and summary.
    pub fn classed(
        t: Tr,
        (caption, summary): (String, String),
        cells: Vec<MapCell>,
        method: &Method,
        write: impl Fn(f64) -> String,
    ) -> RegionMap {
        let values: Vec<f64> = cells.iter().filter_map(|cell| cell.value).collect();
        let found = classes(&values, method, CLASSES);
        // With few classes the ends of the palette are used, so that differences stay visible.
        let shade = |class: usize| match found.len() {
            0 | 1 => CLASSES / 2,
            count => class * (CLASSES - 1) / (count - 1),
        };
        let words = |class: &Class| match (write(class.low), write(class.high)) {
            (low, high) if low == high => low,
            (low, high) => format!("{}–{high}", without_unit(&low, &high)),
        };
        RegionMap {
            t,
            caption,
            summary,
            missing: cells.iter().filter(|cell| cell.value.is_none() && !cell.hidden).count(),
            hidden: cells.iter().filter(|cell| cell.hidden).count(),
            dense: cells.len() > DENSE_FROM,
            legend: found
                .iter()
                .enumerate()
                .map(|(nth, class)| (shade(nth), words(class), class.count))
                .collect(),
            cells: cells
                .into_iter()
                .map(|cell| {
                    let class = cell.value.map(|value| shade(class_of(value, &found)));
                    (cell, class)
                })
                .collect(),
            drawing: None,
            tiles: Vec::new(),
        }
    }

    /// The same as a table.
    pub fn table(&self, measure: &Measure) -> Table {
        let t = self.t;
        let row = |(cell, _): &(MapCell, Option<usize>)| Row {
            cells: vec![Cell::words(&cell.name), Cell::number(cell.value, measure.decimals, &cell.text)],
        };
        Table {
            caption: self.caption.clone(),
            columns: vec![Column::short(t.tr("region")), Column::number(t.tr("value"), measure.unit.clone())],
            rows: self.cells.iter().map(row).collect(),
            notes: vec![self.summary.clone()],
        }
    }

    /// The same on paper: drawn where boundaries are known, the rest as cells, and the key.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let drawing = self.drawing.as_ref().map(|_| standalone(&self.as_drawing().to_string()));
        if let Some(svg) = drawing {
            blocks.push(Block::Drawing {
                svg,
                alt: format!("{}. {}", self.caption, self.summary),
                width: 1.0,
            });
        }
        let cells = self.paper_cells();
        if !cells.is_empty() {
            let across = cells.iter().filter_map(|cell| cell.at).map(|(_, column)| column + 1).max();
            blocks.push(Block::Cells { columns: across.unwrap_or(CELLS_ACROSS), cells });
        }
        blocks.push(Block::Legend { keys: self.paper_key() });
        blocks
    }

    fn paper_cells(&self) -> Vec<MapTile> {
        let drawn = |nth: usize| self.drawing.as_ref().is_some_and(|drawing| drawing.draws(nth));
        let place = |nth: usize| {
            let (row, column) = self.tiles.get(nth).copied().flatten()?;
            Some((usize::from(row.saturating_sub(1)), usize::from(column.saturating_sub(1))))
        };
        let cells = self.cells.iter().enumerate().filter(|(nth, _)| !drawn(*nth));
        cells
            .map(|(nth, (cell, shade))| MapTile {
                at: place(nth),
                name: cell.name.clone(),
                value: cell.text.clone(),
                ground: Self::ground(cell, *shade),
            })
            .collect()
    }

    fn paper_key(&self) -> Vec<LegendKey> {
        let t = self.t;
        let key = |ground, words| LegendKey { swatch: Swatch::Ground { ground }, words };
        let shades = self.legend.iter();
        let mut keys: Vec<LegendKey> = shades
            .map(|(shade, words, count)| key(Ground::shade(*shade), format!("{words} ({count})")))
            .collect();
        if self.missing > 0 {
            keys.push(key(Ground::Hatched, t.tr1("map-missing", self.missing)));
        }
        if self.hidden > 0 {
            keys.push(key(Ground::Dotted, t.tr1("map-hidden", self.hidden)));
        }
        for (layer, mark) in self.drawing.iter().flat_map(MapDrawing::layers) {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-11 -11 22 22\"><path d=\"{mark}\"/></svg>"
            );
            let words = format!("{} ({})", layer.name, layer.points.len());
            keys.push(LegendKey { swatch: Swatch::Svg { svg }, words });
        }
        if self.drawing.is_none() {
            let words = t.tr(if self.tiles.is_empty() { "map-order" } else { "map-tiles" }).into_owned();
            keys.push(LegendKey { swatch: Swatch::None, words });
        }
        keys
    }

    fn ground(cell: &MapCell, shade: Option<usize>) -> Ground {
        match shade {
            Some(shade) => Ground::shade(shade),
            None if cell.hidden => Ground::Dotted,
            None => Ground::Hatched,
        }
    }

    /// What it shows, in a sentence.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// With the regions as they lie. Without a drawing nothing changes.
    #[must_use]
    pub fn drawn(self, drawing: Option<MapDrawing>) -> RegionMap {
        RegionMap { drawing: drawing.or(self.drawing), ..self }
    }

    /// With tiles laid out: row and column of each cell, from 1. Without any nothing changes.
    #[must_use]
    pub fn laid_out(self, tiles: Vec<Option<(u8, u8)>>) -> RegionMap {
        let known = tiles.len() == self.cells.len() && tiles.iter().any(Option::is_some);
        if known { RegionMap { tiles, ..self } } else { self }
    }

    /// The regions that are drawn, with their shades.
    fn areas(&self) -> Vec<(&MapCell, Option<usize>, &MapShape)> {
        let Some(drawing) = &self.drawing else { return Vec::new() };
        let cells = self.cells.iter().zip(&drawing.shapes);
        cells.filter_map(|((cell, shade), shape)| Some((cell, *shade, shape.as_ref()?))).collect()
    }

    /// The regions that stand as cells: those whose boundary is not known.
    fn loose(&self) -> Vec<(&MapCell, Option<usize>, String)> {
        let drawn = |nth: usize| self.drawing.as_ref().and_then(|drawing| drawing.shapes.get(nth)?.as_ref());
        let place = |nth: usize| match self.tiles.get(nth).copied().flatten() {
            Some((row, column)) => format!(" r{row} k{column}"),
            None => String::new(),
        };
        let cells = self.cells.iter().enumerate().filter(|(nth, _)| drawn(*nth).is_none());
        cells.map(|(nth, (cell, shade))| (cell, *shade, place(nth))).collect()
    }

    fn names(&self) -> Vec<MapName> {
        let names = self.cells.iter().map(|(cell, _)| cell.name.as_str());
        self.drawing.as_ref().map_or_else(Vec::new, |drawing| drawing.fitting(names))
    }

    /// The class of an area or cell in the style sheet.
    fn class(cell: &MapCell, shade: Option<usize>) -> String {
        match shade {
            Some(shade) => format!("q{shade}"),
            None if cell.hidden => "dotted".to_owned(),
            None => "hatched".to_owned(),
        }
    }
}

/// The lower end of a range whose upper end says the unit: `26` of `26 izin` before `37 izin`. Amounts of money keep
/// theirs, since it says how large they are.
fn without_unit<'a>(low: &'a str, high: &str) -> &'a str {
    let end = |words: &'a str| words.rsplit_once('\u{a0}');
    match (end(low), high.rsplit_once('\u{a0}')) {
        (Some((number, unit)), Some((_, same)))
            if unit == same && number.starts_with(|sign: char| sign.is_ascii_digit() || sign == '−') =>
        {
            number
        }
        _ => low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::Lang;

    fn cell(name: &str, value: Option<f64>, hidden: bool) -> MapCell {
        MapCell {
            name: name.to_owned(),
            href: format!("/w/{name}"),
            value,
            hidden,
            text: value.map_or_else(|| "tanpa angka".to_owned(), |value| format!("{value} %")),
        }
    }

    fn map() -> RegionMap {
        let cells = vec![
            cell("A<i>", Some(1.0), false),
            cell("B", None, false),
            cell("C", None, true),
            cell("D", Some(9.0), false),
        ];
        RegionMap::new(Tr(Lang::Id), "Peta".to_owned(), "Ringkas.".to_owned(), cells, |value| {
            format!("{value} %")
        })
    }

    fn shape(path: &str) -> Option<MapShape> {
        Some(MapShape { path: path.to_owned(), label: (50, 50), label_width: 100 })
    }

    #[test]
    fn a_drawn_map_has_links_titles_states_and_its_table() {
        let drawing = MapDrawing {
            width: 100,
            height: 80,
            shapes: vec![shape("M0 0h9v9z"), shape("M9 0h9v9z"), shape("M0 9h9v9z"), None],
            ..MapDrawing::default()
        };
        let text = map().drawn(Some(drawing)).to_string();
        assert!(!text.contains("<i>"), "a name is not escaped: {text}");
        for wanted in [
            "class=\"q0\"><title>A&#60;i&#62;: 1 %</title><path d=\"M0 0h9v9z\"/></a>",
            "fill=\"url(#arsir)\"><title>B: tanpa angka</title>",
            "fill=\"url(#titik)\"><title>C: tanpa angka</title>",
            // Without a boundary it stands as a cell beside the drawing.
            "class=\"cell q4\" href=\"/w/D\"",
            "<td class=\"num\">9 %</td>",
        ] {
            assert!(text.contains(wanted), "no {wanted} in {text}");
        }
        assert_eq!(text.matches("<tr><th scope=\"row\">").count(), 4, "the table has every region");
        assert_eq!(text.matches("class=\"cell ").count(), 1);
        assert!(text.contains("1 % <span class=\"quiet\">(1)</span>"), "the legend counts: {text}");
    }

    #[test]
    fn a_range_says_its_unit_once() {
        for (low, high, range) in [
            ("26\u{a0}izin", "37\u{a0}izin", "26–37\u{a0}izin"),
            ("−1,5\u{a0}%", "12,4\u{a0}%", "−1,5–12,4\u{a0}%"),
            ("900\u{a0}rb", "1,2\u{a0}jt", "900\u{a0}rb–1,2\u{a0}jt"),
            ("Rp10,1\u{a0}M", "Rp11\u{a0}M", "Rp10,1\u{a0}M–Rp11\u{a0}M"),
            ("3", "7", "3–7"),
        ] {
            assert_eq!(format!("{}–{high}", without_unit(low, high)), range);
        }
    }

    #[test]
    fn tiles_stand_where_the_pack_puts_them() {
        let places = vec![Some((1, 2)), Some((2, 1)), None, Some((3, 12))];
        let text = map().laid_out(places).to_string();
        assert!(text.contains("<li class=\"r1 k2\">") && text.contains("<li class=\"r3 k12\">"), "{text}");
        assert!(text.contains("cells tiled"), "{text}");
        // Nothing known, or of another number of regions: the order of codes.
        for places in [vec![], vec![None; 4], vec![Some((1, 1))]] {
            let text = map().laid_out(places).to_string();
            assert!(!text.contains("tiled") && text.contains("Urut kode"), "{text}");
        }
    }
}
