//! Reads what files are made of, by the same way as the page: the same scope, the same rules for small figures.

use super::{document, rules::Place};
use crate::{
    boards::{build as boards, material::Material, today, widgets::place},
    error::{AppError, AppResult},
    packs::{schema::BoardFile, widget::WidgetDef},
    sources::store::read_vitals,
    web::{Asked, Chrome, NavItem, TimeStyle},
    widgets::{Framed, Measure, Piece, Surface, Tile},
};
use document::Source;
use pendopo_figures::Reader;
use pendopo_paper::{About, Document, Table};

/// A table and what is to be said of it.
pub struct Sheet {
    /// The table.
    pub table: Table,
    /// What it is.
    pub about: About,
}

fn chrome(reader: &mut Reader<'_>, asked: &Asked) -> AppResult<Chrome> {
    let vitals = read_vitals(reader, asked.now)?;
    let mut chrome = asked.chrome(NavItem::None, vitals);
    // Paper is read in another year as well.
    chrome.data_as_of = vitals.data_as_of.map(|at| asked.time(at, TimeStyle::DateTime));
    Ok(chrome)
}

/// The morning brief.
///
/// # Errors
/// The database's.
pub fn brief(reader: &mut Reader<'_>, asked: &Asked) -> AppResult<Document> {
    let chrome = chrome(reader, asked)?;
    let page = today::build(reader, asked, chrome)?;
    Ok(document::brief(asked, &page))
}

/// A board; with `appendix`, and the tables of its charts.
///
/// # Errors
/// [`AppError::NotFound`] without such a board; the database's.
pub fn board(reader: &mut Reader<'_>, asked: &Asked, code: &str, appendix: bool) -> AppResult<Document> {
    let chrome = chrome(reader, asked)?;
    let page = boards::build(reader, asked, chrome, Surface::Paper, Some(code))?;
    Ok(document::board(asked, &page, appendix))
}

/// The table of one widget.
///
/// # Errors
/// [`AppError::NotFound`] without such a board or widget, or when the reader may not see what it shows; the
/// database's.
pub fn sheet(reader: &mut Reader<'_>, asked: &Asked, code: &str, at: Place) -> AppResult<Sheet> {
    let found = find(reader, asked, code, at)?;
    let table = match &found.widgets[..] {
        [one] => one.table(),
        many => tiles(asked, &found.heading, many),
    };
    let table = table.ok_or_else(|| AppError::NotFound(code.to_owned()))?;
    let source = Source::of(&found.widgets, found.chrome.data_as_of.as_deref());
    let about = document::about(asked, &table.caption, &source);
    Ok(Sheet { table, about })
}

/// One widget as a picture.
///
/// # Errors
/// As [`sheet`].
pub fn picture(reader: &mut Reader<'_>, asked: &Asked, code: &str, at: Place) -> AppResult<Document> {
    let found = find(reader, asked, code, at)?;
    if found.widgets.iter().all(|widget| !widget.piece.has_table()) {
        return Err(AppError::NotFound(code.to_owned()));
    }
    Ok(document::picture(asked, &found.chrome, &found.heading, &found.widgets))
}

/// Widgets at a place of a board: one, or all tiles of a section.
struct Found {
    chrome: Chrome,
    heading: String,
    widgets: Vec<Framed>,
}

fn find(reader: &mut Reader<'_>, asked: &Asked, code: &str, at: Place) -> AppResult<Found> {
    let missing = || AppError::NotFound(code.to_owned());
    let board = boards::find_board(reader, code)?.ok_or_else(missing)?;
    let chrome = chrome(reader, asked)?;
    let (heading, defs) = match at {
        Place::Map => (String::new(), vec![board.map.as_deref().map(WidgetDef::map).ok_or_else(missing)?]),
        Place::Section(section, widget) => defs(asked, &board, section, widget).ok_or_else(missing)?,
    };
    let material = Material::read(reader, asked)?;
    let mut widgets = Vec::new();
    for def in &defs {
        let placed = place(reader, asked, &material, Surface::Paper, def)?;
        let unseen = matches!(&placed.piece, Piece::Instead(_));
        if !unseen {
            widgets.push(placed);
        }
    }
    if widgets.is_empty() { Err(missing()) } else { Ok(Found { chrome, heading, widgets }) }
}

/// What stands at a place of a board, and the heading of its section.
fn defs(asked: &Asked, board: &BoardFile, section: usize, widget: usize) -> Option<(String, Vec<WidgetDef>)> {
    let found = board.section.get(section.checked_sub(1)?)?;
    let heading = boards::section_name(asked, board, found);
    let defs = match widget {
        0 => found.indicators.iter().map(|code| WidgetDef::tile(code)).collect(),
        nth => vec![found.widget.get(nth - 1)?.clone()],
    };
    Some((heading, defs))
}

/// All tiles as one table.
fn tiles(asked: &Asked, heading: &str, widgets: &[Framed]) -> Option<Table> {
    let tiles = || {
        widgets.iter().filter_map(|widget| match &widget.piece {
            Piece::Tile(tile) => Some(tile.as_ref()),
            _ => None,
        })
    };
    tiles().next()?;
    Some(Tile::table(asked.t, heading.to_owned(), tiles()))
}

/// The table of a widget, as far as it is drawn and not already one.
pub fn twin(widget: &Framed) -> Option<Table> {
    let drawn = matches!(widget.piece, Piece::Trend(_) | Piece::Map(_));
    drawn.then(|| widget.table()).flatten()
}

/// The table of the map that stands below a board's sections.
pub fn map_twin(map: &crate::boards::pages::MapItem) -> Table {
    Table { caption: map.title.clone(), ..map.map.table(&Measure::default()) }
}
