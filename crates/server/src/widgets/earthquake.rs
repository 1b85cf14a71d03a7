//! The latest earthquakes, the newest large.

use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table};

/// The strongest earthquake of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Quake {
    /// The day in words.
    pub day: String,
    /// Magnitude; `None` when it is hidden.
    pub value: Option<f64>,
    /// Magnitude in words, such as `5,9`.
    pub magnitude: String,
    /// Depth in words.
    pub depth: Option<String>,
    /// How strongly it was felt: a Roman numeral.
    pub felt: Option<String>,
    /// Lineage of the magnitude.
    pub href: Option<String>,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/earthquake.html")]
pub struct Earthquake {
    t: Tr,
    caption: String,
    quakes: Vec<Quake>,
    credit: String,
}

/// Intensity from 1 to 12 as the scale writes it.
pub fn roman(intensity: f64) -> Option<&'static str> {
    const NUMERALS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    NUMERALS
        .iter()
        .enumerate()
        .find(|(index, _)| intensity.round() == *index as f64 + 1.0)
        .map(|(_, word)| *word)
}

impl Earthquake {
    /// The newest first; `credit` names who measured them.
    pub fn new(t: Tr, caption: String, quakes: Vec<Quake>, credit: String) -> Earthquake {
        Earthquake { t, caption, quakes, credit }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let (depth, felt) = (self.has_depth(), self.has_felt());
        let mut columns = vec![Column::short(t.tr("day")), Column::number(t.tr("quake-magnitude"), "")];
        columns.extend(depth.then(|| Column::short(t.tr("quake-depth"))));
        columns.extend(felt.then(|| Column::short(t.tr("quake-felt"))));
        let words = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::words);
        let row = |quake: &Quake| {
            let mut cells = vec![Cell::words(&quake.day), Cell::number(quake.value, None, &quake.magnitude)];
            cells.extend(depth.then(|| words(&quake.depth)));
            cells.extend(felt.then(|| words(&quake.felt)));
            Row { cells }
        };
        Table {
            caption: self.caption.clone(),
            columns,
            rows: self.quakes.iter().map(row).collect(),
            notes: vec![t.tr1("credit", self.credit.as_str())],
        }
    }

    fn has_depth(&self) -> bool {
        self.quakes.iter().any(|quake| quake.depth.is_some())
    }

    fn has_felt(&self) -> bool {
        self.quakes.iter().any(|quake| quake.felt.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_are_roman() {
        assert_eq!(roman(3.0), Some("III"));
        assert_eq!(roman(12.0), Some("XII"));
        for odd in [0.0, 13.0, -2.0, f64::NAN] {
            assert_eq!(roman(odd), None);
        }
    }
}
