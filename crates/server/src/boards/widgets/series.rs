//! Widgets of one region: tile, line, bullets.

use super::{Found, Shown, Site};
use crate::{
    error::AppResult,
    indicators::{course, rules, store::indicator_name, trend_of},
    widgets::{Bullet, BulletRow, Bullets, Framed, Instead, Piece, Reason, Surface},
};
use pendopo_figures::Reader;

/// One figure. Without a figure the tile itself says why.
pub fn tile(reader: &mut Reader<'_>, site: &Site<'_>, code: &str) -> AppResult<Framed> {
    let (asked, material) = (site.asked, site.material);
    let Some(indicator) = site.indicator(code) else { return Ok(site.unavailable(Some(code))) };
    let latest = material.latest_in(reader, asked, indicator.id, site.region)?;
    let values = match &latest {
        Some(latest) => course(reader, asked, indicator.id, site.region, latest.period)?,
        None => Vec::new(),
    };
    let agency = material.catalog.agency_short(&indicator.row);
    let mut tile = rules::tile(&indicator.row, agency, site.region, latest.as_ref(), &values, asked.t);
    let own = site.framed(Shown::bare(
        site.title_of(indicator),
        String::new(),
        Piece::Tile(Box::new(tile.clone())),
    ));
    tile.name = own.title.clone();
    tile.freshness = material.freshness(asked, &indicator.row);
    if latest.is_some() {
        tile.age = material.age(asked, &indicator.row);
    } else {
        tile.instead = site.nothing(indicator).words().to_owned();
    }
    Ok(Framed { piece: Piece::Tile(Box::new(tile)), ..own })
}

/// The course of an indicator.
pub fn line(reader: &mut Reader<'_>, site: &Site<'_>, code: &str) -> AppResult<Framed> {
    let found = match site.find(reader, code)? {
        Ok(found) => found,
        Err(instead) => return Ok(*instead),
    };
    let Some(trend) = trend_of(reader, site.asked, found.indicator, site.region)? else {
        return Ok(site.without(found.indicator));
    };
    let trend = if site.surface == Surface::Wall { trend.for_wall() } else { trend };
    let summary = format!("{} {}", now_words(site, &found), trend.summary());
    Ok(site.framed(site.shown(&found, summary.trim().to_owned(), Piece::Trend(Box::new(trend)))))
}

/// The latest value against its target, in a sentence.
pub fn now_words(site: &Site<'_>, found: &Found<'_>) -> String {
    let (row, t) = (&found.indicator.row, site.asked.t);
    let Some(value) = found.latest.value else { return rules::hidden_reason(row, t) };
    let value = rules::words(row, value, t);
    match rules::bounds(&found.latest) {
        Some((low, high)) => {
            let target = rules::target_words(row, low, high, t);
            t.with("lead-value-target", [("value", value.into()), ("target", target.into())])
        }
        None => t.with("lead-value", [("value", value.into())]),
    }
}

/// Several indicators against their targets. What the reader may not see is left out.
pub fn bullets(reader: &mut Reader<'_>, site: &Site<'_>, codes: &[String]) -> AppResult<Framed> {
    let (asked, t) = (site.asked, site.asked.t);
    let seen: Vec<_> = codes.iter().filter_map(|code| site.indicator(code)).collect();
    if seen.is_empty() {
        return Ok(site.unavailable(Some(&codes.join(", "))));
    }
    let mut rows = Vec::with_capacity(seen.len());
    let (mut missed, mut judged) = (0_usize, 0_usize);
    let mut newest = 0;
    for indicator in &seen {
        let row = &indicator.row;
        let latest = site.material.latest_in(reader, asked, indicator.id, site.region)?;
        let mark = rules::latest_mark(latest.as_ref(), t);
        let bounds = latest.as_ref().and_then(rules::bounds);
        let value = latest.as_ref().and_then(|latest| latest.value);
        if let (Some(latest), Some(_)) = (&latest, bounds) {
            judged += usize::from(value.is_some());
            missed += usize::from(latest.miss > 0.0 && value.is_some());
        }
        newest = newest.max(latest.as_ref().map_or(0, |latest| latest.period));
        let target = bounds.map_or_else(String::new, |(low, high)| rules::target_words(row, low, high, t));
        rows.push(BulletRow {
            name: indicator_name(row, t).to_owned(),
            href: rules::indicator_href(&row.code, site.region),
            value,
            unit: row.unit.clone(),
            decimals: row.decimals,
            text: latest.as_ref().map_or_else(
                || t.tr("no-value").into_owned(),
                |latest| rules::words_or_hidden(row, latest.value, t),
            ),
            value_href: latest
                .as_ref()
                .map(|latest| rules::lineage_href(&row.code, site.region, latest.period, "")),
            bullet: value.map(|value| {
                let words = rules::words(row, value, t);
                Bullet::new(value, bounds.map(|b| b.0), bounds.and_then(|b| b.1), mark.shape.class(), words)
            }),
            mark,
            target,
        });
    }
    let title = t.tr("widget-bullet").into_owned();
    if newest == 0 {
        let advice = t.tr("empty-board-now").into_owned();
        let action = asked.link_to("/sumber", "nav-sources");
        return Ok(site.instead(title, Instead::new(Reason::Empty, &t.tr("widget-empty"), advice, action)));
    }
    let summary = match judged {
        0 => t.tr("bullet-none").into_owned(),
        _ if missed == 0 => t.tr1("bullet-all-met", judged),
        _ => t.tr2("bullet-missed", missed, judged),
    };
    let (origin, freshness) = site.origin_of_all(&seen, &rules::period_label(newest, t));
    let piece = Piece::Bullets(Bullets::new(t, title.clone(), rows));
    Ok(site.framed(Shown { origin, freshness, ..Shown::bare(title, summary, piece) }))
}
