//! Market prices, shaped like the public table of strategic food prices: columns named by dates,
//! English thousands, `-` for a day without a price. The mark is in the name of a category.

use super::{Shared, json};
use crate::{
    mishaps::Service,
    model::{MARK, Model, prices::COMMODITIES},
};
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Span, Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::{Map, Value, json as object};

/// Days given when the caller names none.
const DAYS: i64 = 730;
/// How old the table is while the service is late.
const LATE_DAYS: i64 = 9;

/// Parameters of the table; the original takes more, which change nothing here.
#[derive(Debug, Deserialize)]
pub struct Asked {
    start_date: Option<Date>,
    end_date: Option<Date>,
}

/// Sends the table.
pub async fn get_grid(State(world): Shared, Query(asked): Query<Asked>) -> Response {
    let mut now = world.now();
    if world.mishaps.late(now) == Some(Service::Prices) {
        // Nobody has entered anything for days: an answer as good as any, with old dates.
        now -= SignedDuration::from_hours(LATE_DAYS * 24);
    }
    let today = world.model.local(now).date();
    let end = asked.end_date.unwrap_or(today).min(today);
    let earliest = today.saturating_sub(Span::new().days(DAYS));
    let start = asked.start_date.unwrap_or(earliest).max(earliest);
    json(StatusCode::OK, &grid(&world.model, start, end, now))
}

/// The table from `start` to `end`, both included.
pub fn grid(model: &Model, start: Date, end: Date, now: Timestamp) -> Value {
    let days: Vec<Date> = start.series(Span::new().days(1)).take_while(|day| *day <= end).collect();
    let mut rows = vec![object!({"no": "", "name": MARK, "level": 0})];
    for commodity in &COMMODITIES {
        let number = match commodity.number.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(commodity.number),
        };
        let mut row = Map::new();
        row.insert("no".to_owned(), number);
        row.insert("name".to_owned(), commodity.name.into());
        row.insert("level".to_owned(), commodity.level.into());
        for day in &days {
            let price = model.price(commodity, *day, now);
            let column = format!("{:02}/{:02}/{}", day.day(), day.month(), day.year());
            row.insert(column, price.map_or_else(|| "-".to_owned(), thousands).into());
        }
        rows.push(Value::Object(row));
    }
    object!({"data": rows})
}

/// `16,800`.
fn thousands(price: i64) -> String {
    pendopo_vocab::format_number(price as f64, 0, pendopo_vocab::Lang::En)
}
