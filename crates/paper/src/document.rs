//! A document as plain values: what stands on paper, in which order. Nothing here knows how it is set; texts are
//! words and never markup.

use crate::table::{Mark, Table};
use pendopo_vocab::{Lang, Shape};
use serde::Serialize;

/// A document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// Language of its words, for hyphens and for those who have it read to them.
    #[serde(serialize_with = "lang_code")]
    pub lang: Lang,
    /// The government, such as `Pemerintah Kabupaten Contoh`.
    pub place: String,
    /// Title.
    pub title: String,
    /// What it says, in a sentence; empty without.
    pub summary: String,
    /// What must be known before reading on: that data are made up, that it is not for everyone.
    pub notices: Vec<String>,
    /// Label and value, such as the date of the data and the responsible agency. They stand under the title.
    pub facts: Vec<(String, String)>,
    /// What stands at the foot of every page.
    pub foot: String,
    /// The words of the page number.
    pub page_words: PageWords,
    /// The contents, in order. They and the appendix are set in sheaves and handed over with each.
    #[serde(skip)]
    pub blocks: Vec<Block>,
    /// Who answers for it.
    pub signature: Option<Signature>,
    /// What follows behind the signature, from a page of its own on.
    #[serde(skip)]
    pub appendix: Vec<Block>,
    /// When it was made, in the center's time: year, month, day, hour, minute.
    pub made: Made,
}

/// A moment on the calendar and clock of the center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Year.
    pub year: i16,
    /// Month from 1.
    pub month: u8,
    /// Day from 1.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
}

/// `Halaman 2 dari 5` as its two words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageWords {
    /// Before the number.
    pub page: String,
    /// Between the number and how many there are.
    pub of: String,
}

/// The block at the end where somebody signs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Signature {
    /// Place and day, such as `Contoh, 24 November 2026`.
    pub place_and_day: String,
    /// The office that signs.
    pub office: String,
    /// Name of who holds it; empty: a line to write on.
    pub name: String,
    /// Number of the official, with its word; empty without.
    pub number: String,
}

/// One piece of the contents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading, with a few words behind it.
    Heading {
        /// The heading.
        text: String,
        /// Words beside it, such as a count; may be empty.
        note: String,
    },
    /// A paragraph.
    Words {
        /// The paragraph.
        text: String,
        /// Said beside what matters.
        quiet: bool,
    },
    /// Figures side by side.
    Figures {
        /// The figures.
        items: Vec<FigureCard>,
    },
    /// Things that need a look, one under the other.
    Items {
        /// The things.
        items: Vec<Item>,
    },
    /// A piece with its own heading, sentence and origin.
    Part {
        /// Heading; may be empty.
        title: String,
        /// What it shows, in a sentence.
        summary: String,
        /// Where it comes from, in one line.
        from: String,
        /// The state of its source, when it is not fresh.
        freshness: Option<Mark>,
        /// Two of these stand side by side.
        half: bool,
        /// What it holds.
        blocks: Vec<Block>,
    },
    /// A table.
    Table {
        /// The table.
        table: Table,
    },
    /// A drawing.
    Drawing {
        /// SVG that stands alone.
        svg: String,
        /// The same in words.
        alt: String,
        /// Width, as a share of the column.
        width: f64,
    },
    /// One large figure or a few large words.
    Large {
        /// Large.
        value: String,
        /// Beside it, small.
        unit: String,
    },
    /// A row of keys: a swatch or a state, and what it stands for.
    Legend {
        /// The keys.
        keys: Vec<LegendKey>,
    },
    /// Regions as cells: in rows and columns, or in the order given.
    Cells {
        /// How many columns.
        columns: usize,
        /// The cells.
        cells: Vec<MapTile>,
    },
}

/// One key of a legend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LegendKey {
    /// What is drawn.
    pub swatch: Swatch,
    /// What it stands for.
    pub words: String,
}

/// What a key of a legend looks like.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Swatch {
    /// A ground of the palette.
    Ground {
        /// Which.
        ground: crate::table::Ground,
    },
    /// A state.
    State {
        /// Its shape.
        shape: Shape,
    },
    /// A thin bar in a tone.
    Bar {
        /// Its tone.
        tone: crate::table::Tone,
    },
    /// A drawing of its own.
    Svg {
        /// SVG that stands alone.
        svg: String,
    },
    /// Nothing: words alone.
    None,
}

/// A region as a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapTile {
    /// Row and column from 0; without, the next free place.
    pub at: Option<(usize, usize)>,
    /// Name.
    pub name: String,
    /// Value in words.
    pub value: String,
    /// Its ground.
    pub ground: crate::table::Ground,
}

/// A figure with all that is said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureCard {
    /// What it is.
    pub name: String,
    /// The number with what stands before it; empty when there is none.
    pub number: String,
    /// Its unit.
    pub unit: String,
    /// Words in place of the number.
    pub instead: String,
    /// Its state.
    pub mark: Mark,
    /// Its target in words.
    pub target: String,
    /// How it moved.
    pub change: String,
    /// It moved for the worse.
    pub worse: bool,
    /// Period, agency, age.
    pub from: String,
    /// The state of its source, when it is not fresh.
    pub freshness: Option<Mark>,
    /// Its course as SVG; empty without.
    pub spark: String,
}

/// A thing that needs a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Its state.
    pub mark: Mark,
    /// What it is.
    pub name: String,
    /// The number, where it is a figure.
    pub number: String,
    /// Its unit.
    pub unit: String,
    /// What is to be said, in a sentence.
    pub what: String,
    /// Period and agency.
    pub from: String,
    /// Its course as SVG; empty without.
    pub spark: String,
}

impl Document {
    /// How much there is to set: cells of tables, figures, paragraphs. What takes time and memory follows it.
    pub fn weight(&self) -> usize {
        self.blocks.iter().chain(&self.appendix).map(Block::weight).sum()
    }
}

impl Block {
    /// See [`Document::weight`].
    pub(crate) fn weight(&self) -> usize {
        match self {
            Block::Figures { items } => items.len() * 8,
            Block::Items { items } => items.len() * 6,
            Block::Part { blocks, .. } => 4 + blocks.iter().map(Block::weight).sum::<usize>(),
            Block::Table { table } => table.rows.len() * table.columns.len(),
            // Paths are quick; what counts is how much there is to read.
            Block::Drawing { svg, .. } => 4 + svg.len() / 1024,
            Block::Cells { cells, .. } => cells.len() * 2,
            Block::Legend { keys } => keys.len(),
            Block::Heading { .. } | Block::Words { .. } | Block::Large { .. } => 1,
        }
    }
}

fn lang_code<S: serde::Serializer>(lang: &Lang, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match lang {
        Lang::Id => "id",
        Lang::En => "en",
    })
}
