//! The regions below one region as a field of labelled cells, coloured by class. Without boundaries in
//! the pack the cells stand in the order of their codes, and the caption says so: a grid must not
//! pretend to be geography. Missing is hatched, never white.

use crate::web::Tr;
use askama::Template;

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
#[template(path = "widgets/region_map.html")]
pub struct RegionMap {
    t: Tr,
    caption: String,
    summary: String,
    cells: Vec<(MapCell, Option<usize>)>,
    legend: Vec<(usize, String)>,
    missing: usize,
    hidden: usize,
    dense: bool,
}

/// Classes of the palette.
pub const CLASSES: usize = 5;
/// More cells than this are drawn small.
const DENSE_FROM: usize = 40;

impl RegionMap {
    /// `write` turns a bound of a class into words. `summary` says in a sentence what the map shows.
    pub fn new(
        t: Tr,
        caption: String,
        summary: String,
        cells: Vec<MapCell>,
        write: impl Fn(f64) -> String,
    ) -> RegionMap {
        let bounds = class_bounds(cells.iter().filter_map(|cell| cell.value).collect());
        let class = |value: f64| bounds.iter().position(|(_, high)| value <= *high).unwrap_or(0);
        // With few classes the ends of the palette are used, so that differences stay visible.
        let shade = |class: usize| match bounds.len() {
            0 | 1 => CLASSES / 2,
            count => class * (CLASSES - 1) / (count - 1),
        };
        let legend = bounds
            .iter()
            .enumerate()
            .map(|(index, (low, high))| {
                let words =
                    if low == high { write(*low) } else { format!("{}–{}", write(*low), write(*high)) };
                (shade(index), words)
            })
            .collect();
        RegionMap {
            t,
            caption,
            summary,
            missing: cells.iter().filter(|cell| cell.value.is_none() && !cell.hidden).count(),
            hidden: cells.iter().filter(|cell| cell.hidden).count(),
            dense: cells.len() > DENSE_FROM,
            legend,
            cells: cells
                .into_iter()
                .map(|cell| (cell.clone(), cell.value.map(|v| shade(class(v)))))
                .collect(),
        }
    }

    /// What it shows, in a sentence.
    pub fn summary(&self) -> &str {
        &self.summary
    }
}

/// Up to five classes of about equally many regions: the lowest and highest value in each.
fn class_bounds(mut values: Vec<f64>) -> Vec<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let mut bounds: Vec<(f64, f64)> = Vec::new();
    let mut start = 0;
    for class in 1..=CLASSES {
        let mut end = values.len() * class / CLASSES;
        // Equal values belong to one class.
        while end > 0 && end < values.len() && values[end] == values[end - 1] {
            end += 1;
        }
        if end > start {
            bounds.push((values[start], values[end - 1]));
            start = end;
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_about_equally_many_and_never_split_equal_values() {
        assert_eq!(class_bounds(vec![]), []);
        assert_eq!(class_bounds(vec![3.0, 3.0, 3.0]), [(3.0, 3.0)]);
        let bounds = class_bounds((0..10).map(f64::from).collect());
        assert_eq!(bounds, [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0), (6.0, 7.0), (8.0, 9.0)]);
        let tied = class_bounds(vec![1.0, 2.0, 2.0, 2.0, 9.0]);
        assert_eq!(tied, [(1.0, 1.0), (2.0, 2.0), (9.0, 9.0)]);
    }
}
