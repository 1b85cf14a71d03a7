//! Weather by days: a table with a bar for the rain.

use super::{
    Cell,
    scale::{Px, Scale},
};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell as PaperCell, Column, Row, Table, Tone};

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct WeatherDay {
    /// The day in words.
    pub day: String,
    /// One value per column; `None` where nothing was reported.
    pub values: Vec<Option<Cell>>,
    /// The rain as a number, for its bar.
    pub rain: Option<f64>,
}

/// A day as drawn.
type Drawn = (WeatherDay, Option<Px>);

/// The table.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/weather.html")]
pub struct Weather {
    t: Tr,
    caption: String,
    columns: Vec<String>,
    rows: Vec<Drawn>,
    credit: String,
    has_rain: bool,
}

impl Weather {
    /// `columns` names the measures; `credit` who measured them.
    pub fn new(
        t: Tr,
        caption: String,
        columns: Vec<String>,
        days: Vec<WeatherDay>,
        credit: String,
    ) -> Weather {
        let x = Scale::nice(days.iter().filter_map(|day| day.rain), true, 4, 0.0, 100.0);
        let has_rain = days.iter().any(|day| day.rain.is_some());
        let rows = days
            .into_iter()
            .map(|day| {
                let width = day.rain.map(|rain| Px(x.at(rain).max(0.0)));
                (day, width)
            })
            .collect();
        Weather { t, caption, columns, rows, credit, has_rain }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let mut columns = vec![Column::short(t.tr("day"))];
        columns.extend(self.columns.iter().map(|head| Column::number(head.clone(), "")));
        columns.extend(self.has_rain.then(Column::drawn));
        let cell = |value: &Option<Cell>| match value {
            Some(cell) => PaperCell::number(cell.value, None, &cell.text),
            None => PaperCell::quiet("–"),
        };
        let row = |(day, rain): &Drawn| {
            let mut cells = vec![PaperCell::words(&day.day)];
            cells.extend(day.values.iter().map(cell));
            let bar = || rain.map_or(PaperCell::Empty, |width| PaperCell::bar(0.0, width.0, Tone::Plain));
            cells.extend(self.has_rain.then(bar));
            Row { cells }
        };
        Table {
            caption: self.caption.clone(),
            columns,
            rows: self.rows.iter().map(row).collect(),
            notes: vec![t.tr1("credit", self.credit.as_str())],
        }
    }
}
