//! The days that are left until a day, or that have passed since.

use crate::web::{Tr, thousands};
use askama::Template;

/// A countdown.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "widgets/countdown.html")]
pub struct Countdown {
    number: String,
    words: String,
    day: String,
    event: String,
    class: &'static str,
}

/// From so few days on the day is near.
const NEAR: i64 = 7;

impl Countdown {
    /// `days` from today to the day, negative when it is past; `day` is the day in words, `event` what happens.
    pub fn new(t: Tr, days: i64, day: String, event: String) -> Countdown {
        let (number, words, class) = match days {
            0 => (String::new(), t.tr("countdown-today").into_owned(), "near"),
            1.. => {
                let class = if days <= NEAR { "near" } else { "ahead" };
                (thousands(days, t.lang()), t.tr1("countdown-left", days), class)
            }
            _ => (thousands(-days, t.lang()), t.tr1("countdown-past", -days), "past"),
        };
        Countdown { number, words, day, event, class }
    }

    /// The number, or the words where there is none; the words beside it.
    pub fn large(&self) -> (&str, &str) {
        if self.number.is_empty() { (&self.words, "") } else { (&self.number, &self.words) }
    }

    /// What happens, and when.
    pub fn said(&self) -> [&str; 2] {
        [&self.event, &self.day]
    }
}
