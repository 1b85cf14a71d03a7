//! The pages of the editor: what their templates may ask for.

use super::super::pages::SectionItem;
use crate::{web::Chrome, widgets::Framed};
use askama::Template;

/// The form of a board that is not there yet.
#[derive(Template)]
#[template(path = "boards/editor/new.html")]
pub struct NewBoardPage {
    /// The frame.
    pub chrome: Chrome,
    /// The code as it was sent.
    pub code: String,
    /// The title as it was sent.
    pub title: String,
    /// What was wrong.
    pub flaw: Option<String>,
    /// Boards that were begun and not published.
    pub drafts: Vec<String>,
}

/// The editor.
#[derive(Template)]
#[template(path = "boards/editor/editor.html")]
pub struct EditorPage {
    /// The frame.
    pub chrome: Chrome,
    /// Code of the board.
    pub code: String,
    /// Its title in the reader's language.
    pub name: String,
    /// Its title in Indonesian.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// Exceptions and agencies stand on top.
    pub exceptions: bool,
    /// Indicators for the map below the groups.
    pub map: Vec<Group>,
    /// How far the draft is.
    pub state: State,
    /// The step that forms on this page are about.
    pub step: i64,
    /// Sectors for a new group.
    pub sectors: Vec<Group>,
    /// Indicators for a new tile.
    pub tiles: Vec<Group>,
    /// Kinds of widgets: word in packs, word.
    pub kinds: Vec<(&'static str, String)>,
    /// Widths: columns, word.
    pub widths: Vec<(u8, String)>,
    /// What keeps the draft from being published.
    pub problems: Vec<ProblemItem>,
    /// The definition as it stands in packs.
    pub text: String,
    /// The groups.
    pub sections: Vec<EditedSection>,
}

/// How far a draft is.
pub struct State {
    /// In words.
    pub words: String,
    /// There is a draft.
    pub has_draft: bool,
    /// The board is published in some state.
    pub is_published: bool,
    /// There is a step to undo.
    pub can_undo: bool,
    /// There is a step to do again.
    pub can_redo: bool,
    /// The draft differs from what is published.
    pub can_publish: bool,
    /// The board was published by others since the draft began.
    pub is_overtaken: bool,
}

/// A mistake that `check` found.
pub struct ProblemItem {
    /// File and line.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// The language of both, where it is not the reader's.
    pub foreign: Option<&'static str>,
}

/// A group as it is edited.
pub struct EditedSection {
    /// Its place, from 0.
    pub index: usize,
    /// Its heading.
    pub name: String,
    /// Sectors, its own chosen.
    pub sectors: Vec<Group>,
    /// Its own heading in Indonesian.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// Its tiles: name and drawing.
    pub tiles: Vec<(String, Framed)>,
    /// Its widgets.
    pub widgets: Vec<EditedWidget>,
}

/// A widget as it is edited.
pub struct EditedWidget {
    /// Word of its kind.
    pub kind: String,
    /// Width, in columns of twelve.
    pub span: u8,
    /// Where it is shown; empty: everywhere.
    pub surfaces: String,
    /// As readers see it.
    pub framed: Framed,
}

/// Options of a choice under one heading.
pub struct Group {
    /// Heading; empty for none.
    pub label: String,
    /// The options.
    pub options: Vec<Choice>,
}

/// One option of a choice.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// It is chosen.
    pub chosen: bool,
}

impl Choice {
    /// An option.
    pub fn new(value: &str, label: &str, chosen: bool) -> Choice {
        Choice { value: value.to_owned(), label: label.to_owned(), chosen }
    }
}

/// The form of a widget.
#[derive(Template)]
#[template(path = "boards/editor/widget.html")]
pub struct WidgetPage {
    /// The frame.
    pub chrome: Chrome,
    /// Code of the board.
    pub code: String,
    /// Title of the board.
    pub board: String,
    /// Word of the kind in packs.
    pub kind: &'static str,
    /// Word of the kind.
    pub kind_word: String,
    /// What the kind shows, in a sentence.
    pub about: String,
    /// The group.
    pub section: usize,
    /// The widget that is changed; nothing for a new one.
    pub widget: Option<usize>,
    /// The step that the form is about.
    pub step: i64,
    /// Heading in Indonesian.
    pub title: String,
    /// Heading in English.
    pub title_en: String,
    /// Widths.
    pub widths: Vec<Choice>,
    /// Surfaces: word in packs, word, whether it is shown there.
    pub surfaces: Vec<(&'static str, String, bool)>,
    /// What is wrong with them.
    pub surfaces_flaw: Option<String>,
    /// The options of its kind.
    pub fields: Vec<FieldView>,
}

/// One option of a widget as a field.
pub struct FieldView {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// It must be filled in.
    pub required: bool,
    /// What is wrong with it.
    pub flaw: Option<String>,
    /// How it is filled in.
    pub control: Control,
}

/// How a field is filled in, with its present value.
pub enum Control {
    /// One of a list.
    Select(Vec<Group>),
    /// Several of a list, in order.
    Several(Vec<Vec<Group>>),
    /// A whole number from … to.
    Number(u32, u32, String),
    /// A day.
    Day(String),
    /// A short text.
    Line(String),
    /// An address.
    Address(String),
    /// A long text.
    Words(String),
}

/// The draft as a surface shows it.
#[derive(Template)]
#[template(path = "boards/editor/preview.html")]
pub struct PreviewPage {
    /// The frame.
    pub chrome: Chrome,
    /// Code of the board.
    pub code: String,
    /// Title of the board.
    pub title: String,
    /// The surface, as packs write it.
    pub surface: &'static str,
    /// All surfaces: word in packs, word.
    pub surfaces: Vec<(&'static str, String)>,
    /// The groups.
    pub sections: Vec<SectionItem>,
}

/// The published states of a board.
#[derive(Template)]
#[template(path = "boards/editor/versions.html")]
pub struct VersionsPage {
    /// The frame.
    pub chrome: Chrome,
    /// Code of the board.
    pub code: String,
    /// Title of the board.
    pub title: String,
    /// The step that forms on this page are about.
    pub step: i64,
    /// The newest first.
    pub versions: Vec<VersionItem>,
}

/// One published state.
pub struct VersionItem {
    /// Its id.
    pub id: i64,
    /// Its number, from 1.
    pub number: usize,
    /// It is in force.
    pub is_current: bool,
    /// When.
    pub at: String,
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The definition; nothing when the board was taken away.
    pub text: Option<String>,
}
