//! A table as plain values: set on paper, written to a spreadsheet, or both. Numbers stay numbers, with the words
//! that readers see beside them.

use pendopo_vocab::Shape;
use serde::Serialize;

/// A table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has a cell per column.
    pub rows: Vec<Row>,
    /// What must be known of it, a paragraph each.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading; empty for a drawing.
    pub head: String,
    /// Unit of its numbers, where all have one; spreadsheets write it into the heading.
    pub unit: String,
    /// How it is set.
    pub kind: ColumnKind,
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Words that may be long.
    Words,
    /// Few words, never broken: names, states, days.
    Short,
    /// Numbers, on the right.
    Number,
    /// A drawing, for paper alone.
    Drawn,
    /// What only spreadsheets show, such as a unit that stands at every figure on paper.
    Aside,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Words {
        /// The words.
        text: String,
        /// Said beside what matters.
        quiet: bool,
    },
    /// A number.
    Number {
        /// Its value.
        value: f64,
        /// Decimal places that count; unknown where nobody says.
        decimals: Option<u8>,
        /// As readers see it, with its unit.
        words: String,
    },
    /// A state.
    State {
        /// The state.
        mark: Mark,
        /// Words behind it; may be empty.
        words: String,
    },
    /// How many are in which state.
    Counts {
        /// Each state and how many.
        counts: Vec<(Mark, usize)>,
    },
    /// A value on a ground.
    Shaded {
        /// The ground.
        ground: Ground,
        /// The value, when there is one and it may be seen.
        value: Option<f64>,
        /// Decimal places that count; unknown where nobody says.
        decimals: Option<u8>,
        /// As readers see it.
        words: String,
    },
    /// A drawing.
    Drawn {
        /// What is drawn.
        drawn: Strokes,
    },
}

/// A state: shape and word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Its shape.
    pub shape: Shape,
    /// Its word.
    pub word: String,
}

/// The grounds of cells and areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Five shades, the lightest first.
    Q0,
    /// The second.
    Q1,
    /// The middle.
    Q2,
    /// The fourth.
    Q3,
    /// The darkest.
    Q4,
    /// Nothing was reported.
    Hatched,
    /// There is a value that the reader may not see.
    Dotted,
}

impl Ground {
    /// The shade of a class from 0 to 4; what is beyond is the darkest.
    pub fn shade(class: usize) -> Ground {
        [Ground::Q0, Ground::Q1, Ground::Q2, Ground::Q3].get(class).copied().unwrap_or(Ground::Q4)
    }
}

/// Tones of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Ink, for what has no state.
    Plain,
    /// As it should be.
    On,
    /// At risk.
    Risk,
    /// Off target.
    Off,
    /// The first of two.
    One,
    /// The second of two.
    Other,
    /// Behind everything.
    Ground,
}

/// A small drawing inside a cell. Places are per cent of its width.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Strokes {
    /// Bars, one under the other: from, to, tone.
    pub bars: Vec<(f64, f64, Tone)>,
    /// A ground behind the bars: from, to.
    pub band: Option<(f64, f64)>,
    /// A thin line across: the target.
    pub target: Option<f64>,
    /// A dot, its tone, and the line of its uncertainty.
    pub dot: Option<(f64, Tone)>,
    /// Where the value may truly lie.
    pub whisker: Option<(f64, f64)>,
}

impl Column {
    /// A column of words.
    pub fn words(head: impl Into<String>) -> Column {
        Column { head: head.into(), unit: String::new(), kind: ColumnKind::Words }
    }

    /// A column of few words.
    pub fn short(head: impl Into<String>) -> Column {
        Column { kind: ColumnKind::Short, ..Column::words(head) }
    }

    /// A column of numbers in a unit; empty where the cells have units of their own.
    pub fn number(head: impl Into<String>, unit: impl Into<String>) -> Column {
        Column { unit: unit.into(), kind: ColumnKind::Number, ..Column::words(head) }
    }

    /// A column for spreadsheets alone.
    pub fn aside(head: impl Into<String>) -> Column {
        Column { kind: ColumnKind::Aside, ..Column::words(head) }
    }

    /// A column of drawings.
    pub fn drawn() -> Column {
        Column { kind: ColumnKind::Drawn, ..Column::words("") }
    }

    /// The heading with its unit, for spreadsheets.
    pub fn full_head(&self) -> String {
        if self.unit.is_empty() { self.head.clone() } else { format!("{} ({})", self.head, self.unit) }
    }
}

impl Cell {
    /// Words.
    pub fn words(text: impl Into<String>) -> Cell {
        Cell::Words { text: text.into(), quiet: false }
    }

    /// Words beside what matters.
    pub fn quiet(text: impl Into<String>) -> Cell {
        Cell::Words { text: text.into(), quiet: true }
    }

    /// A number, or the words in its place.
    pub fn number(value: Option<f64>, decimals: Option<u8>, words: impl Into<String>) -> Cell {
        match value.filter(|value| value.is_finite()) {
            Some(value) => Cell::Number { value, decimals, words: words.into() },
            None => Cell::quiet(words),
        }
    }

    /// A state.
    pub fn state(mark: Mark) -> Cell {
        Cell::State { mark, words: String::new() }
    }

    /// One bar.
    pub fn bar(from: f64, to: f64, tone: Tone) -> Cell {
        Cell::Drawn { drawn: Strokes { bars: vec![(from, to, tone)], ..Strokes::default() } }
    }

    /// The number in it, with the places that count.
    pub fn value(&self) -> Option<(f64, Option<u8>)> {
        match self {
            Cell::Number { value, decimals, .. } => Some((*value, *decimals)),
            Cell::Shaded { value, decimals, .. } => value.map(|value| (value, *decimals)),
            _ => None,
        }
    }

    /// What it says, in words.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty | Cell::Drawn { .. } => String::new(),
            Cell::Words { text, .. } => text.clone(),
            Cell::Number { words, .. } | Cell::Shaded { words, .. } => words.clone(),
            Cell::State { mark, words } if words.is_empty() => mark.word.clone(),
            Cell::State { mark, words } => format!("{}, {words}", mark.word),
            Cell::Counts { counts } => {
                let each = counts.iter().map(|(mark, count)| format!("{count} {}", mark.word));
                each.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Table {
    /// The columns that hold data, by their index: all but the drawings.
    pub fn data_columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.kind != ColumnKind::Drawn)
    }
}
