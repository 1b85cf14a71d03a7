//! Puts a board together from its definition, the latest figures of the center's region and the sources.

use super::{
    exceptions::exceptions,
    material::Material,
    pages::{AgencyItem, BoardPage, MapItem, SectionItem},
    store,
    widgets::{is_known, place},
};
use crate::{
    error::{AppError, AppResult},
    indicators::{
        rules,
        store::{below_key, indicator_name, sector_name},
    },
    packs::{
        schema::{BoardFile, Section},
        widget::WidgetDef,
    },
    web::{Asked, Chrome},
    widgets::{Empty, Framed, Mark, Shape, Surface},
};
use pendopo_figures::{Reader, questions::TableOf};
use pendopo_vocab::{FreshnessState, TargetStatus};

/// Builds the home board, or the one called `code`.
///
/// # Errors
/// [`AppError::NotFound`] without such a board; the database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    code: Option<&str>,
) -> AppResult<BoardPage> {
    let boards = store::read_boards(reader)?;
    let wanted = code.or(asked.identity.home_board.as_deref());
    let board = match wanted {
        Some(wanted) => boards.iter().find(|board| board.code == wanted),
        None => boards.first(),
    };
    if let (None, Some(code)) = (board, code) {
        return Err(AppError::NotFound(code.to_owned()));
    }
    let material = Material::read(reader, asked)?;
    let leads = board.is_none_or(|board| board.exceptions);
    let (exceptions, more) = if leads { exceptions(reader, asked, &material)? } else { (Vec::new(), 0) };
    let map = match board.and_then(|board| board.map.as_deref()) {
        Some(indicator) => map(reader, asked, &material, indicator)?,
        None => None,
    };
    Ok(BoardPage {
        title: board
            .map_or_else(|| asked.t.tr("board-title-default").into_owned(), |board| title(board, asked)),
        summary: summary(asked, &material),
        exceptions,
        more,
        agencies: if leads { agencies(asked, &material) } else { Vec::new() },
        leads,
        sections: match board {
            Some(board) => sections(reader, asked, &material, Surface::Desk, board)?,
            None => Vec::new(),
        },
        map,
        edit: board
            .filter(|_| asked.may_open("/papan/{code}/sunting"))
            .map(|board| format!("/papan/{}/sunting", board.code)),
        others: boards
            .iter()
            .filter(|other| board.is_none_or(|board| board.code != other.code))
            .map(|other| (format!("/papan/{}", other.code), title(other, asked)))
            .collect(),
        empty: empty(asked, &material),
        chrome,
    })
}

fn title(board: &BoardFile, asked: &Asked) -> String {
    match &board.title_en {
        Some(title) if !asked.t.is_id() => title.clone(),
        _ => board.title.clone(),
    }
}

pub(super) fn empty(asked: &Asked, material: &Material) -> Option<Empty> {
    let t = asked.t;
    if material.catalog.indicators.is_empty() {
        return Some(Empty {
            title: t.tr("empty-pack").into_owned(),
            advice: t.tr("empty-pack-now").into_owned(),
            action: None,
        });
    }
    material.latest.is_empty().then(|| Empty {
        title: t.tr("empty-board").into_owned(),
        advice: t.tr("empty-board-now").into_owned(),
        action: asked.link_to("/sumber", "nav-sources"),
    })
}

/// The state of the government in one sentence.
pub fn summary(asked: &Asked, material: &Material) -> String {
    let t = asked.t;
    let count = |status| material.latest.values().filter(|figure| figure.status == status).count();
    let (off, risk, on) =
        (count(TargetStatus::OffTrack), count(TargetStatus::AtRisk), count(TargetStatus::OnTrack));
    if off + risk + on == 0 {
        return t.tr("board-summary-none").into_owned();
    }
    let numbers =
        [("off", off.into()), ("all", (off + risk + on).into()), ("risk", risk.into()), ("on", on.into())];
    let mut words = t.with("board-summary", numbers);
    let silent = material.sources.iter().filter(|source| source.state != FreshnessState::Fresh).count();
    if silent > 0 {
        words.push(' ');
        words.push_str(&t.tr1("board-summary-silent", silent));
    }
    words
}

fn agencies(asked: &Asked, material: &Material) -> Vec<AgencyItem> {
    let t = asked.t;
    let mut agencies: Vec<_> = material.catalog.agencies.iter().collect();
    agencies.sort_by_key(|(_, agency)| agency.position);
    let of_agency = |id: i64| material.catalog.indicators.iter().filter(move |i| i.row.agency_id == id);
    let mut items = Vec::new();
    for (id, agency) in agencies {
        let mut counts = Vec::new();
        for (status, key) in [
            (TargetStatus::OffTrack, "count-off"),
            (TargetStatus::AtRisk, "count-risk"),
            (TargetStatus::OnTrack, "count-on"),
            (TargetStatus::NoTarget, "count-no-target"),
            (TargetStatus::NoData, "count-no-data"),
        ] {
            let status_of =
                |id: &i64| material.latest.get(id).map_or(TargetStatus::NoData, |figure| figure.status);
            let count = of_agency(*id).filter(|indicator| status_of(&indicator.id) == status).count();
            if count > 0 {
                counts.push(Mark { shape: Shape::from(status), word: t.tr1(key, count), quiet: false });
            }
        }
        let sources: Vec<_> =
            material.sources.iter().filter(|source| source.agency_code == agency.code).collect();
        if counts.is_empty() && sources.is_empty() {
            continue;
        }
        let ill = sources
            .iter()
            .filter(|source| source.state != FreshnessState::Fresh)
            .map(|source| {
                (Mark::freshness(source.state, t), source.name.clone(), format!("/sumber/{}", source.code))
            })
            .collect();
        items.push(AgencyItem {
            short: agency.short_name.clone(),
            name: agency.name.clone(),
            href: format!("/indikator?opd={}", agency.code),
            counts,
            ill,
            sends: !sources.is_empty(),
        });
    }
    items
}

/// The groups of a board with their widgets, as far as they are shown on `surface`. A tile of an indicator that
/// the reader may not know of is left out; a group without anything left as well.
///
/// # Errors
/// The database's.
pub fn sections(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    surface: Surface,
    board: &BoardFile,
) -> AppResult<Vec<SectionItem>> {
    let mut sections = Vec::new();
    for section in &board.section {
        let known = section.indicators.iter().filter(|code| is_known(asked, material, code));
        let tiles: Vec<WidgetDef> = known.map(|code| WidgetDef::tile(code)).collect();
        let shown = section.widget.iter().filter(|widget| widget.place().is_on(surface));
        let mut put = |defs: Vec<&WidgetDef>| -> AppResult<Vec<Framed>> {
            defs.into_iter().map(|def| place(reader, asked, material, surface, def)).collect()
        };
        let (tiles, widgets) = (put(tiles.iter().collect())?, put(shown.collect())?);
        if !tiles.is_empty() || !widgets.is_empty() {
            sections.push(SectionItem { name: section_words(asked, section), tiles, widgets });
        }
    }
    Ok(sections)
}

fn section_words(asked: &Asked, section: &Section) -> String {
    let english = section.title_en.as_ref().filter(|_| !asked.t.is_id());
    let own = english.or(section.title.as_ref()).cloned();
    let sector = section.sector.as_deref().map(|code| sector_name(asked, code));
    own.or(sector).unwrap_or_default()
}

/// The heading of a section, or of its board where it has none.
pub fn section_name(asked: &Asked, board: &BoardFile, section: &Section) -> String {
    let own = section_words(asked, section);
    if own.is_empty() { title(board, asked) } else { own }
}

/// The board called `code`.
///
/// # Errors
/// The database's.
pub fn find_board(reader: &mut Reader<'_>, code: &str) -> AppResult<Option<BoardFile>> {
    Ok(store::read_boards(reader)?.into_iter().find(|board| board.code == code))
}

fn map(
    reader: &mut Reader<'_>,
    asked: &Asked,
    material: &Material,
    code: &str,
) -> AppResult<Option<MapItem>> {
    let Some(indicator) = material.catalog.by_code(code) else { return Ok(None) };
    let Some(latest) = material.latest.get(&indicator.id) else { return Ok(None) };
    let Some(level) = material.region.level().child() else { return Ok(None) };
    let of = TableOf {
        indicator_id: indicator.id,
        breakdown_id: 0,
        parent: material.region,
        level,
        period: Some(latest.period),
    };
    let figures = asked.kept.region_table(reader, &asked.scope, of)?;
    let map = crate::indicators::region_map(
        reader,
        asked,
        &indicator.row,
        material.region,
        latest.period,
        &figures,
        crate::indicators::Look::default(),
    )?;
    Ok(Some(MapItem {
        title: format!("{}: {}", indicator_name(&indicator.row, asked.t), asked.t.tr(below_key(level))),
        href: rules::indicator_href(code, material.region),
        map,
    }))
}
