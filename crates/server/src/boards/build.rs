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

/// Builds the home board, or the one called `code`, for a desk or for paper.
///
/// # Errors
/// [`AppError::NotFound`] without such a board; the database's.
pub fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    surface: Surface,
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
        Some(indicator) => {
            let code = board.filter(|_| surface == Surface::Desk).map(|board| board.code.as_str());
            map(reader, asked, &material, indicator, code)?
        }
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
            Some(board) => sections(reader, asked, &material, surface, board)?,
            None => Vec::new(),
        },
        map,
        paper: board
            .filter(|_| surface == Surface::Desk && asked.may_open(PAPER_ROUTE))
            .map(|board| PAPER_ROUTE.replace("{code}", &board.code)),
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

/// The board on paper.
const PAPER_ROUTE: &str = "/papan/{code}/papan.pdf";
/// The files that can be made of one widget, with their words.
const FILE_ROUTES: [(&str, &str); 3] = [
    ("/papan/{code}/widget/{widget}/tabel.xlsx", "XLSX"),
    ("/papan/{code}/widget/{widget}/tabel.csv", "CSV"),
    ("/papan/{code}/widget/{widget}/gambar.png", "PNG"),
];

/// What the map below the sections is called among the widgets of its board.
const MAP: &str = "peta";
/// Where the tiles of a section stand among its widgets, which count from 1.
const TILES: usize = 0;

/// The files of the widget at a place of a board, for readers who may have them.
fn files(asked: &Asked, board: &str, widget: &str) -> Vec<(String, String)> {
    let open = FILE_ROUTES.iter().filter(|(route, _)| asked.may_open(route));
    let filled = |route: &str| route.replace("{code}", board).replace("{widget}", widget);
    open.map(|(route, words)| (filled(route), (*words).to_owned())).collect()
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
    // Editions for a desk offer files; the code is empty while a board is being made.
    let offers = surface == Surface::Desk && !board.code.is_empty();
    let files = |section: usize, widget: usize| match offers {
        true => files(asked, &board.code, &format!("{section}-{widget}")),
        false => Vec::new(),
    };
    for (nth, section) in (1..).zip(&board.section) {
        let known = section.indicators.iter().filter(|code| is_known(asked, material, code));
        let tiles: Vec<WidgetDef> = known.map(|code| WidgetDef::tile(code)).collect();
        let shown = (1..).zip(&section.widget).filter(|(_, widget)| widget.place().is_on(surface));
        let mut put = |def: &WidgetDef| place(reader, asked, material, surface, def);
        let tiles = tiles.iter().map(&mut put).collect::<AppResult<Vec<Framed>>>()?;
        let mut widgets = Vec::new();
        for (at, def) in shown {
            let framed = put(def)?;
            let has_table = framed.piece.has_table();
            widgets.push(Framed { files: if has_table { files(nth, at) } else { Vec::new() }, ..framed });
        }
        if !tiles.is_empty() || !widgets.is_empty() {
            let files = if tiles.is_empty() { Vec::new() } else { files(nth, TILES) };
            sections.push(SectionItem { name: section_words(asked, section), tiles, widgets, files });
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
    board: Option<&str>,
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
        files: board.map_or_else(Vec::new, |board| files(asked, board, MAP)),
        title: format!("{}: {}", indicator_name(&indicator.row, asked.t), asked.t.tr(below_key(level))),
        href: rules::indicator_href(code, material.region),
        map,
    }))
}
