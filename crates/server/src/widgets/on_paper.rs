//! Widgets on paper, in pictures and in spreadsheets: the same values, tables and drawings as on the page, handed
//! over as plain descriptions. Every kind has a table or words here, so that a new widget cannot be left off paper.

use super::{Framed, Mark, Measure, Piece, Shape};
use pendopo_paper::{self as paper, Block, Cell, Ground, LegendKey, Swatch, Table, Tone};

/// A state on paper.
pub fn paper_mark(mark: &Mark) -> paper::Mark {
    paper::Mark { shape: mark.shape, word: mark.word.clone() }
}

/// The cell of a state; empty without one.
pub(super) fn state_cell(mark: Option<&Mark>) -> Cell {
    mark.map_or(Cell::Empty, |mark| Cell::state(paper_mark(mark)))
}

/// The tone of a bar whose value is in a state.
pub(super) fn tone(mark: Option<&Mark>) -> Tone {
    match mark.map(|mark| mark.shape) {
        Some(Shape::Off) => Tone::Off,
        Some(Shape::Risk) => Tone::Risk,
        Some(Shape::On) => Tone::On,
        _ => Tone::Plain,
    }
}

/// What drawings look like away from the page and its style sheet: ink on white.
const STYLE: &str = include_str!("on_paper.css");

/// A drawing of a page as a file of its own: it says what it is and brings its style.
pub(super) fn standalone(svg: &str) -> String {
    let Some((before, after)) = svg.trim().split_once('>') else { return String::new() };
    let before = before.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1);
    format!("{before}><style>{STYLE}</style>{after}")
}

impl Piece {
    /// The same as a table; none for what is no more than words.
    pub fn table(&self, measure: &Measure) -> Option<Table> {
        Some(match self {
            Piece::Tile(tile) => {
                super::Tile::table(tile.t, tile.name.clone(), std::iter::once(tile.as_ref()))
            }
            Piece::Trend(trend) => trend.table(measure),
            Piece::Bullets(bullets) => bullets.table(),
            Piece::Bars(bars) => bars.table(measure),
            Piece::Ranking(ranking) => ranking.table(measure),
            Piece::Heat(heat) => heat.table(measure),
            Piece::Map(map) => map.table(measure),
            Piece::Statuses(statuses) => statuses.table(),
            Piece::Feed(feed) => feed.table(),
            Piece::Weather(weather) => weather.table(),
            Piece::Earthquake(quakes) => quakes.table(),
            Piece::Absorption(absorption) => absorption.table(),
            Piece::Funnel(funnel) => funnel.table(),
            Piece::Pyramid(pyramid) => pyramid.table(measure),
            Piece::Countdown(_) | Piece::Text(_) | Piece::Camera(_) | Piece::Instead(_) => return None,
        })
    }

    /// Whether there is a table to it.
    pub fn has_table(&self) -> bool {
        !matches!(self, Piece::Countdown(_) | Piece::Text(_) | Piece::Camera(_) | Piece::Instead(_))
    }

    fn blocks(&self, measure: &Measure, half: bool) -> Vec<Block> {
        let mut blocks = match self {
            Piece::Tile(tile) => vec![Block::Figures { items: vec![tile.card()] }],
            Piece::Trend(trend) => {
                let alt = trend.summary().to_owned();
                vec![Block::Drawing { svg: trend.drawing(half), alt, width: 1.0 }]
            }
            Piece::Map(map) => map.blocks(),
            Piece::Countdown(countdown) => {
                let (value, unit) = countdown.large();
                let large = Block::Large { value: value.to_owned(), unit: unit.to_owned() };
                std::iter::once(large).chain(countdown.said().map(plain)).collect()
            }
            Piece::Text(text) => text.paragraphs().iter().map(|text| plain(text)).collect(),
            Piece::Camera(camera) => {
                let where_from = camera.t.tr2("camera-words", camera.agency.as_str(), camera.host());
                vec![plain(&camera.place), plain(&where_from)]
            }
            Piece::Instead(instead) => {
                let table = Table {
                    columns: vec![paper::Column::short(""), paper::Column::words("")],
                    rows: vec![paper::Row {
                        cells: vec![state_cell(Some(instead.mark())), Cell::quiet(instead.advice())],
                    }],
                    ..Table::default()
                };
                vec![Block::Table { table }]
            }
            other => {
                let table = other.table(measure);
                table.into_iter().map(|table| Block::Table { table }).collect()
            }
        };
        blocks.extend(self.key().map(|keys| Block::Legend { keys }));
        blocks
    }

    /// What grounds, tones and shapes stand for, where the table does not say it in words.
    fn key(&self) -> Option<Vec<LegendKey>> {
        let keys = match self {
            Piece::Heat(heat) => heat.key().into_iter().flat_map(shades).collect(),
            Piece::Statuses(statuses) => statuses
                .key()
                .iter()
                .map(|mark| {
                    let swatch = Swatch::State { shape: mark.shape };
                    LegendKey { swatch, words: mark.word.clone() }
                })
                .collect(),
            Piece::Absorption(absorption) => absorption
                .key()
                .into_iter()
                .map(|(tone, words)| LegendKey { swatch: Swatch::Bar { tone }, words })
                .collect(),
            _ => return None,
        };
        Some(keys)
    }

    /// Small enough for half of a page's width.
    fn fits_half(&self) -> bool {
        matches!(
            self,
            Piece::Tile(_) | Piece::Trend(_) | Piece::Countdown(_) | Piece::Text(_) | Piece::Camera(_)
        )
    }
}

/// Several grounds before the words that hold for all of them.
fn shades((grounds, words): (Vec<Ground>, String)) -> Vec<LegendKey> {
    let last = grounds.len().saturating_sub(1);
    let key = |(nth, ground)| LegendKey {
        swatch: Swatch::Ground { ground },
        words: if nth == last { words.clone() } else { String::new() },
    };
    grounds.into_iter().enumerate().map(key).collect()
}

fn plain(text: &str) -> Block {
    Block::Words { text: text.to_owned(), quiet: false }
}

/// Columns of twelve from which on a widget gets the whole width of a page.
const WHOLE_FROM: u8 = 7;

impl Framed {
    /// The same as a table, under the heading of its frame.
    pub fn table(&self) -> Option<Table> {
        let table = self.piece.table(&self.measure)?;
        let caption = if self.title.is_empty() { table.caption.clone() } else { self.title.clone() };
        Some(Table { caption, ..table })
    }

    /// Small enough for half of a page's width, and meant to be no wider.
    pub fn fits_half(&self) -> bool {
        self.span < WHOLE_FROM && self.piece.fits_half()
    }

    /// The same on paper, across the page or across half of it.
    pub fn block(&self, half: bool) -> Block {
        Block::Part {
            title: self.title.clone(),
            summary: self.summary.clone(),
            from: self.origin_on_paper(),
            freshness: self.freshness.as_ref().map(paper_mark),
            half,
            blocks: self.piece.blocks(&self.measure, half),
        }
    }
}
