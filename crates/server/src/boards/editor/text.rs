//! Changes of a board's definition on its text: what is not touched stays as it was written, comments too. Pure.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

/// One change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Title, title in English, indicator of the map, and whether exceptions stand on top.
    Head {
        /// Title in Indonesian.
        title: String,
        /// Title in English.
        title_en: Option<String>,
        /// Indicator of the map.
        map: Option<String>,
        /// Exceptions and agencies stand on top.
        exceptions: bool,
    },
    /// A new group at the end.
    AddSection(SectionHead),
    /// Another heading of a group.
    SetSection(usize, SectionHead),
    /// A group to another place.
    MoveSection(usize, usize),
    /// A group away, with all in it.
    RemoveSection(usize),
    /// A tile of an indicator at the end of a group's tiles.
    AddTile(usize, String),
    /// A tile of a group to another place among the group's tiles.
    MoveTile(usize, usize, usize),
    /// A tile away.
    RemoveTile(usize, usize),
    /// A new widget at the end of a group: its options in order, the kind first.
    AddWidget(usize, Options),
    /// Other options of a widget.
    SetWidget(Spot, Options),
    /// A widget to another place, perhaps of another group.
    MoveWidget(Spot, Spot),
    /// A widget away.
    RemoveWidget(Spot),
    /// Another width of a widget, in columns of twelve.
    Span(Spot, i64),
}

/// What heads a group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SectionHead {
    /// Sector whose name heads it.
    pub sector: Option<String>,
    /// Heading of its own.
    pub title: Option<String>,
    /// The same in English.
    pub title_en: Option<String>,
}

/// Options of a widget as TOML, in the order in which they are written.
pub type Options = Vec<(&'static str, Value)>;

/// Where a widget stands: group and place in it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The group.
    pub section: usize,
    /// The place among the widgets of the group.
    pub widget: usize,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The text is no TOML.
    Text,
    /// There is no such group, tile or widget.
    Place,
}

/// The text after a change.
///
/// # Errors
/// [`Wrong`]; the text given is not changed then.
pub fn change(text: &str, change: &Change) -> Result<String, Wrong> {
    let mut document: DocumentMut = text.parse().map_err(|_| Wrong::Text)?;
    let root = document.as_table_mut();
    match change {
        Change::Head { title, title_en, map, exceptions } => {
            root["title"] = kept_decor(root.get("title"), title);
            set(root, "title_en", title_en.as_deref());
            set(root, "map", map.as_deref());
            if *exceptions {
                root.remove("exceptions");
            } else {
                root["exceptions"] = value(false);
            }
        }
        Change::AddSection(head) => {
            let mut table = Table::new();
            put_head(&mut table, head);
            tables(root, "section")?.push(table);
        }
        Change::SetSection(section, head) => put_head(table(root, *section)?, head),
        Change::MoveSection(from, to) => carry(tables(root, "section")?, *from, *to)?,
        Change::RemoveSection(section) => {
            table(root, *section)?;
            tables(root, "section")?.remove(*section);
        }
        Change::AddTile(section, code) => tiles(table(root, *section)?)?.push(code.as_str()),
        Change::MoveTile(section, from, to) => {
            let tiles = tiles(table(root, *section)?)?;
            if *from >= tiles.len() || *to >= tiles.len() {
                return Err(Wrong::Place);
            }
            let tile = tiles.remove(*from);
            tiles.insert_formatted(*to, tile);
            tiles.fmt();
        }
        Change::RemoveTile(section, tile) => {
            let table = table(root, *section)?;
            let tiles = tiles(table)?;
            if *tile >= tiles.len() {
                return Err(Wrong::Place);
            }
            tiles.remove(*tile);
            if tiles.is_empty() {
                table.remove("indicators");
            }
        }
        Change::AddWidget(section, options) => {
            let mut widget = Table::new();
            put_options(&mut widget, options);
            tables(table(root, *section)?, "widget")?.push(widget);
        }
        Change::SetWidget(spot, options) => put_options(widget(root, *spot)?, options),
        Change::MoveWidget(from, to) => move_widget(root, *from, *to)?,
        Change::RemoveWidget(spot) => {
            take_widget(root, *spot)?;
        }
        Change::Span(spot, span) => widget(root, *spot)?["span"] = value(*span),
    }
    forget_positions(root);
    Ok(document.to_string())
}

/// A new value with the comments of the old one.
fn kept_decor(old: Option<&Item>, text: &str) -> Item {
    let mut new = Value::from(text);
    if let Some(old) = old.and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    Item::Value(new)
}

fn set(table: &mut Table, key: &str, text: Option<&str>) {
    match text {
        Some(text) => table[key] = kept_decor(table.get(key), text),
        None => {
            table.remove(key);
        }
    }
}

fn put_head(table: &mut Table, head: &SectionHead) {
    set(table, "sector", head.sector.as_deref());
    set(table, "title", head.title.as_deref());
    set(table, "title_en", head.title_en.as_deref());
}

/// Options that are no longer there go; the others are written in order.
fn put_options(widget: &mut Table, options: &Options) {
    let gone: Vec<String> = widget
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| !options.iter().any(|(name, _)| name == key))
        .collect();
    for key in gone {
        widget.remove(&key);
    }
    for (key, option) in options {
        let mut option = option.clone();
        if let Some(old) = widget.get(key).and_then(Item::as_value) {
            *option.decor_mut() = old.decor().clone();
        }
        widget.insert(key, Item::Value(option));
    }
}

/// The tables under `key`, however they were written.
fn tables<'a>(table: &'a mut Table, key: &str) -> Result<&'a mut ArrayOfTables, Wrong> {
    let slot = table.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let written = std::mem::take(slot);
    *slot = Item::ArrayOfTables(written.into_array_of_tables().unwrap_or_default());
    slot.as_array_of_tables_mut().ok_or(Wrong::Place)
}

fn table(root: &mut Table, section: usize) -> Result<&mut Table, Wrong> {
    tables(root, "section")?.get_mut(section).ok_or(Wrong::Place)
}

fn widget(root: &mut Table, spot: Spot) -> Result<&mut Table, Wrong> {
    tables(table(root, spot.section)?, "widget")?.get_mut(spot.widget).ok_or(Wrong::Place)
}

fn tiles(section: &mut Table) -> Result<&mut Array, Wrong> {
    let slot = section.entry("indicators").or_insert_with(|| value(Array::new()));
    if !slot.is_array() {
        *slot = value(Array::new());
    }
    slot.as_array_mut().ok_or(Wrong::Place)
}

fn take_widget(root: &mut Table, spot: Spot) -> Result<Table, Wrong> {
    widget(root, spot)?;
    let section = table(root, spot.section)?;
    let widgets = tables(section, "widget")?;
    let taken = widgets.remove(spot.widget);
    if widgets.is_empty() {
        section.remove("widget");
    }
    Ok(taken)
}

fn move_widget(root: &mut Table, from: Spot, to: Spot) -> Result<(), Wrong> {
    table(root, to.section)?;
    let taken = take_widget(root, from)?;
    let widgets = tables(table(root, to.section)?, "widget")?;
    widgets.insert(to.widget.min(widgets.len()), taken);
    Ok(())
}

fn carry(tables: &mut ArrayOfTables, from: usize, to: usize) -> Result<(), Wrong> {
    if from >= tables.len() || to >= tables.len() {
        return Err(Wrong::Place);
    }
    let taken = tables.remove(from);
    tables.insert(to, taken);
    Ok(())
}

/// Tables remember where they stood in the file; after a move they stand where they are.
fn forget_positions(table: &mut Table) {
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => {
                inner.set_position(None);
                forget_positions(inner);
            }
            Item::ArrayOfTables(tables) => {
                for inner in tables.iter_mut() {
                    inner.set_position(None);
                    forget_positions(inner);
                }
            }
            _ => {}
        }
    }
}
