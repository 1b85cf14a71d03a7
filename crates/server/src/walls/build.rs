//! Puts a screen together: the item that is shown now, from the same widgets as boards.

use super::{
    pages::{Main, ScreenPage, Story},
    rules::{Shown, Steering},
    signals,
    store::Wall,
};
use crate::{
    boards::{build as boards, exceptions::exceptions, material::Material, widgets::place},
    error::{AppError, AppResult},
    indicators::{lineage_words, store::region_name},
    packs::{
        wall::{WallFile, WallItem},
        widget::WidgetDef,
    },
    web::{Asked, Chrome, TimeStyle},
    widgets::{Empty, Framed, Piece, Surface, Tile},
};
use pendopo_figures::Reader;

/// Things that need a look, at most: more are not read from afar.
const MOST_EXCEPTIONS: usize = 5;
/// The same below a band, where half the room is left.
const MOST_UNDER_BAND: usize = 3;
/// Figures of a section without a large widget.
const MOST_FIGURES: usize = 6;
/// Figures beside the large thing.
const MOST_BESIDE: usize = 4;

/// What a screen is made from.
pub struct Screen {
    /// The screen.
    pub wall: Wall,
    /// Its playlist; `None` when the pack has it no more.
    pub playlist: Option<WallFile>,
    /// What people have steered.
    pub steering: Steering,
}

/// Builds the page of a screen.
///
/// # Errors
/// The database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    screen: &Screen,
    shown: Option<&Shown<'_>>,
) -> AppResult<ScreenPage> {
    let t = asked.t;
    let (Some(playlist), Some(shown)) = (&screen.playlist, shown) else {
        return Ok(page(asked, chrome, "-".to_owned(), (None, false, (1, 1)), nothing(asked)));
    };
    let whole = Material::read(reader, asked)?;
    let band = signals::band(reader, asked, &whole, playlist, shown.message)?;
    let index = shown.item_of_part(screen.wall.part);
    let mut story = match shown.mode.item.get(index) {
        Some(item) => story(reader, asked, whole, shown, item)?,
        None => nothing(asked),
    };
    if band.is_some() {
        make_room(&mut story);
    }
    let usual = shown.mode.is_for_all_times();
    let mode = (!usual).then(|| shown.mode.title_in(!t.is_id()).to_owned());
    let key = shown.key(&screen.steering, screen.wall.part);
    let state = (mode, shown.held, (index + 1, shown.mode.item.len().max(1)));
    Ok(ScreenPage { band, ..page(asked, chrome, key, state, story) })
}

fn page(
    asked: &Asked,
    chrome: Chrome,
    key: String,
    (mode, held, place): (Option<String>, bool, (usize, usize)),
    story: Story,
) -> ScreenPage {
    let full = asked.time(asked.now, TimeStyle::Full);
    ScreenPage {
        chrome,
        key,
        zone: asked.identity.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        now_ms: asked.now.as_millisecond(),
        clock: asked.time(asked.now, TimeStyle::Clock),
        // Day and date stand before the clock.
        date: full.split_whitespace().take(4).collect::<Vec<_>>().join(" "),
        mode,
        held,
        place,
        band: None,
        story,
    }
}

fn nothing(asked: &Asked) -> Story {
    let t = asked.t;
    let empty = Empty {
        title: t.tr("wall-no-playlist").into_owned(),
        advice: t.tr("wall-no-playlist-now").into_owned(),
        action: None,
    };
    bare(t.tr("wall-no-playlist").into_owned(), Main::Nothing(empty))
}

fn bare(title: String, main: Main) -> Story {
    Story {
        title,
        region: None,
        mark: None,
        sentence: String::new(),
        from: String::new(),
        main,
        rail: Vec::new(),
        lineage: None,
    }
}

fn story(
    reader: &mut Reader<'_>,
    asked: &Asked,
    whole: Material,
    shown: &Shown<'_>,
    item: &WallItem,
) -> AppResult<Story> {
    // A region looked at is the same screen, asked for that region: widgets follow the scope.
    let mut asked = asked.clone();
    let zoom = shown.zoom.filter(|region| asked.scope.region.contains(*region));
    let material = match zoom {
        Some(region) => {
            asked.scope.region = region;
            Material::read(reader, &asked)?
        }
        None => whole,
    };
    let (mut story, rail) = large(reader, &asked, &material, item)?;
    let own = item.title_en.as_ref().filter(|_| !asked.t.is_id()).or(item.title.as_ref());
    if let Some(own) = own {
        story.title.clone_from(own);
    }
    story.region = zoom.map(|region| region_name(region, asked.t));
    let rail = if item.rail.is_empty() { rail } else { item.rail.clone() };
    story.rail = tiles(reader, &asked, &material, &rail, MOST_BESIDE)?;
    if shown.lineage {
        story.lineage = lineage(reader, &asked, &material, item, &rail)?;
    }
    Ok(story)
}

/// The large thing, and the indicators beside it where the item names none.
fn large(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    item: &WallItem,
) -> AppResult<(Story, Vec<String>)> {
    if let Some(def) = &item.widget {
        return Ok((framed(place(reader, asked, material, Surface::Wall, def)?), Vec::new()));
    }
    let Some(code) = &item.board else { return Ok((attention(reader, asked, material)?, Vec::new())) };
    let found = boards::find_board(reader, code)?;
    let nth = usize::from(item.section.unwrap_or(1)).saturating_sub(1);
    let Some((board, section)) = found.as_ref().and_then(|board| Some((board, board.section.get(nth)?)))
    else {
        return Ok((nothing(asked), Vec::new()));
    };
    if let Some(def) = section.widget.iter().find(|widget| widget.place().is_on(Surface::Wall)) {
        let beside = section.indicators.clone();
        return Ok((framed(place(reader, asked, material, Surface::Wall, def)?), beside));
    }
    let figures = tiles(reader, asked, material, &section.indicators, MOST_FIGURES)?;
    Ok((bare(boards::section_name(asked, board, section), Main::Figures(figures)), Vec::new()))
}

fn framed(framed: Framed) -> Story {
    let origin = &framed.origin;
    let from = [&origin.period, &origin.source, &origin.unit, &origin.age];
    let from = from.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ");
    Story {
        mark: framed.freshness.clone(),
        sentence: framed.summary.clone(),
        from,
        ..bare(framed.title.clone(), Main::Widget(Box::new(framed)))
    }
}

fn attention(reader: &mut Reader<'_>, asked: &Asked, material: &Material) -> AppResult<Story> {
    let (mut items, more) = exceptions(reader, asked, material)?;
    let cut = items.len().saturating_sub(MOST_EXCEPTIONS);
    items.truncate(MOST_EXCEPTIONS);
    let title = asked.t.tr("needs-attention").into_owned();
    let sentence = boards::summary(asked, material);
    Ok(Story { sentence, ..bare(title, Main::Attention(items, more + cut)) })
}

/// Below a band fewer exceptions can be read whole.
fn make_room(story: &mut Story) {
    if let Main::Attention(items, more) = &mut story.main {
        *more += items.len().saturating_sub(MOST_UNDER_BAND);
        items.truncate(MOST_UNDER_BAND);
    }
}

fn tiles(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    codes: &[String],
    most: usize,
) -> AppResult<Vec<Tile>> {
    let mut tiles = Vec::new();
    for code in codes.iter().filter(|code| material.catalog.by_code(code).is_some()).take(most) {
        let framed = place(reader, asked, material, Surface::Wall, &WidgetDef::tile(code))?;
        if let Piece::Tile(tile) = framed.piece {
            tiles.push(*tile);
        }
    }
    Ok(tiles)
}

/// Where the figure comes from that the item is about.
fn lineage(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    item: &WallItem,
    rail: &[String],
) -> AppResult<Option<Vec<(String, String)>>> {
    let about = item.widget.as_ref().and_then(WidgetDef::subject).or(rail.first().map(String::as_str));
    let Some(indicator) = about.and_then(|code| material.catalog.by_code(code)) else { return Ok(None) };
    let Some(latest) = material.latest.get(&indicator.id) else { return Ok(None) };
    match lineage_words(reader, asked, &indicator.row.code, material.region, latest.period) {
        Ok(mut words) => {
            // Of a figure that is worked out the sources are those of what it is made from.
            let sources = material.feeding(&indicator.row);
            let named = sources.iter().map(|source| format!("{} ({})", source.name, source.agency_short));
            let named = named.collect::<Vec<_>>().join(", ");
            let word = asked.t.tr("lineage-source").into_owned();
            if !named.is_empty() && !words.iter().any(|(other, _)| *other == word) {
                words.push((word, named));
            }
            Ok(Some(words))
        }
        Err(AppError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
