//! Weather by days: a table with a bar for the rain.

use super::scale::{Px, Scale};
use crate::web::Tr;
use askama::Template;

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct WeatherDay {
    /// The day in words.
    pub day: String,
    /// One value per column, in words; `None` where nothing was reported.
    pub values: Vec<Option<String>>,
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
}
