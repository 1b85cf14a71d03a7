//! How new the data of a source are, whenever they were read. A service that answers every time and
//! repeats old dates keeps no promise.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use pendopo_figures::{DbError, Reader, StagedRow, Tx};
use pendopo_vocab::{Lang, Period};

/// The newest period for which a source has delivered anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// The period.
    pub period: Period,
    /// When it ends, in the center's time zone.
    pub until: Timestamp,
}

/// What is known of a source's data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The newest period.
    pub newest: Option<Newest>,
    /// When a run last brought a new or revised figure.
    pub brought_at: Option<Timestamp>,
    /// When a run that read everything began.
    pub full_at: Option<Timestamp>,
}

impl News {
    /// What is known after another run. A run that read everything says which period is the newest now;
    /// one that read only what changed can but add.
    #[must_use]
    pub fn after(self, run: News) -> News {
        let newest = match (self.newest, run.newest) {
            (Some(old), Some(new)) if run.full_at.is_none() && old.until > new.until => Some(old),
            (old, new) => new.or(old),
        };
        News { newest, brought_at: run.brought_at.or(self.brought_at), full_at: run.full_at.or(self.full_at) }
    }
}

/// The newest period among figures. Periods that have not begun are plans, and say nothing of how new
/// the data are.
pub fn newest_of(staged: &[StagedRow], today: Date, zone: &TimeZone) -> Option<Newest> {
    let mut newest: Option<(Date, Period)> = None;
    let mut seen = None;
    for row in staged {
        if seen == Some(row.period) {
            continue;
        }
        seen = Some(row.period);
        let Some(period) = Period::from_id(row.period).filter(|period| period.first_day() <= today) else {
            continue;
        };
        let last_day = period.last_day();
        if newest.is_none_or(|(known, _)| last_day > known) {
            newest = Some((last_day, period));
        }
    }
    let (last_day, period) = newest?;
    let until = last_day.tomorrow().ok()?.to_zoned_datetime(zone.clone()).ok()?.timestamp();
    Some(Newest { period, until })
}

/// How old the newest data are against what was promised; `promised` in words, such as `3 hari`.
pub fn say_age(newest: Newest, promised: &str, lang: Lang, now: Timestamp, zone: &TimeZone) -> String {
    let today = zone.to_datetime(now).date();
    let days = newest.period.last_day().until(today).map_or(0, |span| span.get_days().max(0));
    let label = newest.period.label(lang);
    match lang {
        Lang::Id => format!("data terbaru {label}, {days} hari lalu; janjinya {promised}."),
        Lang::En => {
            let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            format!("newest data {label}, {days} ago; promised within {promised}.")
        }
    }
}

/// What is known of a source's data.
///
/// # Errors
/// The database's.
pub fn read_news(reader: &mut Reader<'_>, source_id: i64) -> Result<News, DbError> {
    let moment = |at: i64| Timestamp::from_millisecond(at).ok();
    let found: Option<[Option<i64>; 4]> = reader.query_opt(
        "select newest_period, newest_until, brought_at, full_at from source_news where source_id = $1",
        &[source_id.into()],
        |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
    )?;
    let Some([period, until, brought_at, full_at]) = found else { return Ok(News::default()) };
    let period = period.and_then(|id| Period::from_id(i32::try_from(id).ok()?));
    let newest = period.zip(until.and_then(moment)).map(|(period, until)| Newest { period, until });
    Ok(News { newest, brought_at: brought_at.and_then(moment), full_at: full_at.and_then(moment) })
}

/// Remembers what is known of a source's data.
///
/// # Errors
/// The database's.
pub fn put_news(tx: &mut Tx<'_>, source_id: i64, news: News) -> Result<(), DbError> {
    tx.execute(
        "insert into source_news (source_id, newest_period, newest_until, brought_at, full_at) \
         values ($1, $2, $3, $4, $5) on conflict (source_id) do update set \
         newest_period = excluded.newest_period, newest_until = excluded.newest_until, \
         brought_at = excluded.brought_at, full_at = excluded.full_at",
        &[
            source_id.into(),
            news.newest.map(|newest| i64::from(newest.period.id())).into(),
            news.newest.map(|newest| newest.until.as_millisecond()).into(),
            news.brought_at.map(Timestamp::as_millisecond).into(),
            news.full_at.map(Timestamp::as_millisecond).into(),
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_period_is_one_that_has_begun() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let row = |text: &str| StagedRow {
            indicator_id: 1,
            region_id: 3_316_000_000,
            breakdown_id: 0,
            period: text.parse::<Period>().unwrap().id(),
            value: 1.0,
            row_no: 1,
        };
        let today = jiff::civil::date(2026, 11, 27);
        let check = |periods: &[&str], want: Option<(&str, &str)>| {
            let rows: Vec<StagedRow> = periods.iter().map(|text| row(text)).collect();
            let found = newest_of(&rows, today, &zone);
            let found = found.map(|newest| (newest.period.to_string(), newest.until.to_string()));
            let want = want.map(|(period, until)| (period.to_owned(), until.to_owned()));
            assert_eq!(found, want, "{periods:?}");
        };
        check(&[], None);
        check(&["2026-11-18", "2026-11-17"], Some(("2026-11-18", "2026-11-18T17:00:00Z")));
        check(&["2026-10", "2026-11-18"], Some(("2026-11-18", "2026-11-18T17:00:00Z")));
        check(&["2026", "2026-11-18", "2027"], Some(("2026", "2026-12-31T17:00:00Z")));
        check(&["2027-01"], None);
    }

    #[test]
    fn only_a_whole_reading_makes_the_newest_older() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let newest = |secs| Some(Newest { period: "2026-01".parse().unwrap(), until: at(secs) });
        let old = News { newest: newest(200), brought_at: Some(at(5)), full_at: Some(at(5)) };
        let full = News { newest: newest(100), full_at: Some(at(9)), ..News::default() };
        assert_eq!(old.after(full), News { newest: newest(100), full_at: Some(at(9)), ..old });
        let changes = News { newest: newest(100), ..News::default() };
        assert_eq!(old.after(changes), old);
        assert_eq!(old.after(News::default()), old, "an answer without figures says nothing");
    }
}
