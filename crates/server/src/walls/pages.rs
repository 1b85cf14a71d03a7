//! The pages of walls: the screen itself, the one that waits to be paired, and those on a phone.

use super::signals::Band;
use crate::{
    boards::pages::ExceptionItem,
    web::{Chrome, asset_url, integrity},
    widgets::{Empty, Framed, Mark, Tile},
};
use askama::Template;

/// The script of screens.
pub const SCREEN_SCRIPT: &str = "screen.js";

/// A screen.
#[derive(Template)]
#[template(path = "walls/screen.html")]
pub struct ScreenPage {
    /// The frame; the screen shows little of it.
    pub chrome: Chrome,
    /// Differs whenever something else is shown.
    pub key: String,
    /// IANA name of the center's time zone.
    pub zone: String,
    /// The present, Unix milliseconds.
    pub now_ms: i64,
    /// The present as a clock shows it.
    pub clock: String,
    /// Day and date.
    pub date: String,
    /// Name of the mode, when it is not the usual one.
    pub mode: Option<String>,
    /// Somebody holds the items.
    pub held: bool,
    /// Place of the item in the mode from 1, and how many there are.
    pub place: (usize, usize),
    /// What stands across the screen.
    pub band: Option<Band>,
    /// The story.
    pub story: Story,
}

/// One story: a large thing with its sentence, and figures beside it.
pub struct Story {
    /// Heading.
    pub title: String,
    /// The region looked at, when it is not the center's.
    pub region: Option<String>,
    /// State of the source, when it is not fresh.
    pub mark: Option<Mark>,
    /// What it shows, in a sentence.
    pub sentence: String,
    /// Period, agency, age.
    pub from: String,
    /// The large thing.
    pub main: Main,
    /// The figures beside it.
    pub rail: Vec<Tile>,
    /// Where the figure comes from, in place of the rail: word and explanation.
    pub lineage: Option<Vec<(String, String)>>,
}

/// The large thing of a story.
pub enum Main {
    /// A widget.
    Widget(Box<Framed>),
    /// Figures, up to six.
    Figures(Vec<Tile>),
    /// What needs a look, and how many more there are.
    Attention(Vec<ExceptionItem>, usize),
    /// Why there is nothing.
    Nothing(Empty),
}

impl ScreenPage {
    fn script(&self) -> (String, String) {
        (asset_url(SCREEN_SCRIPT), integrity(SCREEN_SCRIPT).unwrap_or_default())
    }
}

/// A screen that waits to be paired.
#[derive(Template)]
#[template(path = "walls/pairing.html")]
pub struct PairingPage {
    /// The frame.
    pub chrome: Chrome,
    /// The code; `None` when too many screens wait.
    pub code: Option<String>,
    /// The address to enter it at, for eyes.
    pub address: String,
    /// The same with the code, as a drawing for a phone's camera.
    pub drawing: Option<String>,
    /// Until when the code works.
    pub until: String,
}

/// On a phone: which screen is this to be.
#[derive(Template)]
#[template(path = "walls/pair.html")]
pub struct PairPage {
    /// The frame.
    pub chrome: Chrome,
    /// The code as typed.
    pub code: String,
    /// Where the screen is and since when it waits, once the code is known.
    pub found: Option<String>,
    /// The playlists: code and title.
    pub playlists: Vec<(String, String)>,
    /// What went wrong: key of the words.
    pub problem: Option<&'static str>,
}

/// The screens that can be steered.
#[derive(Template)]
#[template(path = "walls/list.html")]
pub struct WallListPage {
    /// The frame.
    pub chrome: Chrome,
    /// The screens by playlist: its title and what it shows, then address, name, and when each last asked.
    pub playlists: Vec<PlaylistItem>,
}

/// A playlist with its screens.
pub struct PlaylistItem {
    /// Title.
    pub title: String,
    /// What it shows now.
    pub now: String,
    /// Address, name and state of each screen.
    pub walls: Vec<(String, String, String)>,
}

/// Steering.
#[derive(Template)]
#[template(path = "walls/control.html")]
pub struct ControlPage {
    /// The frame.
    pub chrome: Chrome,
    /// Address of this page.
    pub action: String,
    /// Name of the screen.
    pub name: String,
    /// Playlist and how many screens follow it.
    pub of: String,
    /// Title of the story shown.
    pub story: String,
    /// Place in the mode, mode, until when held: in words.
    pub state: String,
    /// Held.
    pub held: bool,
    /// The origin is shown.
    pub lineage: bool,
    /// The modes: code, title, whether it is the present one.
    pub modes: Vec<(String, String, bool)>,
    /// A person chose the mode.
    pub chosen: bool,
    /// The regions: code, name, whether it is looked at.
    pub regions: Vec<(String, String, bool)>,
    /// What is being said, and until when.
    pub message: Option<(String, String)>,
    /// The indicators: code and name.
    pub indicators: Vec<(String, String)>,
    /// What went wrong: key of the words.
    pub problem: Option<&'static str>,
}
