//! What comes before the playlist, as a calm band across the screen: a person's message first, then what the pack
//! names – a figure that has just gone off target, a source that has just fallen silent. Further kinds of signals
//! are further sources of [`Band`]s here; neither the rules nor the screen need to know of them.

use super::{rules::Message, store};
use crate::{
    boards::material::Material,
    error::AppResult,
    indicators::{rules as figures, store::indicator_name},
    packs::{
        spans::parse_span,
        wall::{WallFile, WallTakeover},
    },
    web::{Asked, Figure, TimeStyle},
    widgets::{Mark, Shape},
};
use jiff::Timestamp;
use pendopo_figures::Reader;
use pendopo_vocab::{FreshnessState, TargetStatus};

/// A band across the screen.
pub struct Band {
    /// Its state.
    pub mark: Mark,
    /// What it is, in a few words.
    pub title: String,
    /// The whole of it, in a sentence; may be empty.
    pub what: String,
    /// A figure beside it.
    pub figure: Option<(String, Figure)>,
    /// Since when, in words.
    pub since: String,
}

/// What stands across the screen now, if anything.
///
/// # Errors
/// The database's.
pub fn band(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    wall: &WallFile,
    message: Option<&Message>,
) -> AppResult<Option<Band>> {
    if let Some(message) = message {
        return Ok(Some(said(asked, material, message)));
    }
    for takeover in &wall.takeover {
        let found = match (&takeover.indicator, &takeover.source) {
            (Some(code), _) => off_target(reader, asked, material, takeover, code)?,
            (None, Some(code)) => silent(asked, material, takeover, code),
            (None, None) => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn said(asked: &Asked, material: &Material, message: &Message) -> Band {
    let t = asked.t;
    let figure = message.indicator.as_deref().and_then(|code| {
        let indicator = material.catalog.by_code(code)?;
        let value = material.latest.get(&indicator.id)?.value?;
        Some((indicator_name(&indicator.row, t).to_owned(), figures::head(&indicator.row, value, t)))
    });
    Band {
        mark: Mark::new(Shape::Risk, &t.tr("wall-message")),
        title: message.text.clone(),
        what: String::new(),
        figure,
        since: t.tr1("wall-since", asked.time(message.at, TimeStyle::Clock)),
    }
}

/// It happened so recently that the pack wants it shown.
fn is_recent(asked: &Asked, takeover: &WallTakeover, at: Timestamp) -> bool {
    parse_span(&takeover.within).is_ok_and(|within| asked.now.duration_since(at) < within)
}

fn off_target(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    takeover: &WallTakeover,
    code: &str,
) -> AppResult<Option<Band>> {
    let t = asked.t;
    let Some(indicator) = material.catalog.by_code(code) else { return Ok(None) };
    let latest = material.latest.get(&indicator.id);
    // Only where it was not off before: an old miss is no news.
    let turned = |figure: &&_| -> bool {
        let figure: &pendopo_figures::questions::LatestFigure = figure;
        figure.status == TargetStatus::OffTrack && figure.off_periods <= 1
    };
    let Some(figure) = latest.filter(turned) else { return Ok(None) };
    let at = store::recorded_at(reader, figure.commit_no)?;
    let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let Some(at) = at.filter(|at| is_recent(asked, takeover, *at)) else { return Ok(None) };
    let row = &indicator.row;
    Ok(Some(Band {
        mark: figures::latest_mark(Some(figure), t),
        title: indicator_name(row, t).to_owned(),
        what: figures::exception_words(row, figure, None, t),
        figure: figure
            .value
            .map(|value| (figures::period_label(figure.period, t), figures::head(row, value, t))),
        since: t.tr1("wall-since", asked.time(at, TimeStyle::Clock)),
    }))
}

fn silent(asked: &Asked, material: &Material, takeover: &WallTakeover, code: &str) -> Option<Band> {
    let source = material.sources.iter().find(|source| source.code == code)?;
    let since = source.ill_since.filter(|_| source.state < FreshnessState::Late)?;
    is_recent(asked, takeover, since).then(|| Band {
        mark: Mark::freshness(source.state, asked.t),
        title: source.name.clone(),
        what: source.sentence(asked.t.lang(), asked.now, &asked.identity.time_zone),
        figure: None,
        since: asked.t.tr1("wall-since", asked.time(since, TimeStyle::Clock)),
    })
}
