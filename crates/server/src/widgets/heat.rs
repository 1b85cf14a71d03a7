//! Regions by periods, each cell coloured by class: where and when at once.

use crate::web::Tr;
use askama::Template;

/// One region's row.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatRow {
    /// Name shown.
    pub name: String,
    /// Where it leads.
    pub href: Option<String>,
    /// One value per column with its words; `None` where nothing was reported.
    pub cells: Vec<Option<(f64, String)>>,
}

/// A row as drawn: name, address, and per cell its class and words.
type Drawn = (String, Option<String>, Vec<Option<(usize, String)>>);

/// A heat table.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/heat.html")]
pub struct Heat {
    t: Tr,
    caption: String,
    head: String,
    columns: Vec<String>,
    rows: Vec<Drawn>,
}

impl Heat {
    /// `head` names the first column. Classes divide the range from lowest to highest evenly.
    pub fn new(t: Tr, caption: String, head: String, columns: Vec<String>, rows: Vec<HeatRow>) -> Heat {
        let all = rows.iter().flat_map(|row| row.cells.iter().flatten().map(|(value, _)| *value));
        let (low, high) =
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let class = |value: f64| {
            if high > low { (((value - low) / (high - low) * 5.0) as usize).min(4) } else { 2 }
        };
        let rows = rows
            .into_iter()
            .map(|row| {
                let cells = row
                    .cells
                    .into_iter()
                    .map(|cell| cell.map(|(value, text)| (class(value), text)))
                    .collect();
                (row.name, row.href, cells)
            })
            .collect();
        Heat { t, caption, head, columns, rows }
    }
}
