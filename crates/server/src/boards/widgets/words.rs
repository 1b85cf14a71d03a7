//! Widgets without figures: a day to come, words, a camera elsewhere.

use super::{Shown, Site};
use crate::{
    packs::widget,
    web::TimeStyle,
    widgets::{Camera, Countdown, Framed, Instead, Piece, Reason, Text},
};
use jiff::civil::Date;

/// The days left until a day, in the center's time zone.
pub fn countdown(site: &Site<'_>, it: &widget::Countdown) -> Framed {
    let (asked, t) = (site.asked, site.asked.t);
    let zone = &asked.identity.time_zone;
    let today = asked.now.to_zoned_datetime(zone.clone()).date();
    let title = site.kind_word();
    // `pendopo check` lets no other dates pass.
    let at = it
        .date
        .parse::<Date>()
        .ok()
        .and_then(|date| Some((date, zone.to_timestamp(date.at(0, 0, 0, 0)).ok()?)));
    let Some((date, midnight)) = at else {
        let instead = Instead::new(Reason::Empty, &t.tr("widget-empty"), it.date.clone(), None);
        return site.instead(title, instead);
    };
    let days = i64::from(today.until(date).map_or(0, |span| span.get_days()));
    let event = if t.is_id() { &it.text } else { it.text_en.as_ref().unwrap_or(&it.text) };
    let abbreviation = midnight.to_zoned_datetime(zone.clone()).strftime("%Z").to_string();
    let day = format!("{} {abbreviation}", asked.time(midnight, TimeStyle::Date));
    let countdown = Countdown::new(t, days, day, event.clone());
    let summary = String::new();
    site.framed(Shown::bare(title, summary, Piece::Countdown(countdown)))
}

/// Words.
pub fn text(site: &Site<'_>, it: &widget::Text) -> Framed {
    let words = if site.asked.t.is_id() { &it.text } else { it.text_en.as_ref().unwrap_or(&it.text) };
    site.framed(Shown::bare(String::new(), String::new(), Piece::Text(Text::new(words))))
}

/// A camera of an agency.
pub fn camera(site: &Site<'_>, it: &widget::Camera) -> Framed {
    if !is_web(&it.address) {
        // `pendopo check` lets no other addresses pass.
        return site.unavailable(None);
    }
    let agency = site.material.catalog.agencies.values().find(|agency| agency.code == it.agency);
    let agency = agency.map_or_else(|| it.agency.clone(), |agency| agency.short_name.clone());
    let camera = Camera { t: site.asked.t, place: it.place.clone(), address: it.address.clone(), agency };
    site.framed(Shown::bare(site.kind_word(), String::new(), Piece::Camera(camera)))
}

/// An address that a browser fetches; nothing that it would run.
fn is_web(address: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
}
