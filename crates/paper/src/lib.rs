//! Paper and files: documents set as A4 pages of PDF or as one picture, tables written for spreadsheets.
//!
//! Values in, bytes out: no folder, no network, no clock. Whoever asks hands over plain values ([`Document`],
//! [`Table`]); what they say is words and never markup. The heavy libraries stay in this crate, so that the server
//! is compiled quickly.

mod document;
mod press;
mod sheaf;
mod sheet;
mod table;
#[cfg(test)]
mod tests;

pub use document::{
    Block, Document, FigureCard, Item, LegendKey, Made, MapTile, PageWords, Signature, Swatch,
};
pub use press::{Limits, PaperError, pdf, png};
pub use sheet::{About, CsvStyle, Harmless, csv, xlsx};
pub use table::{Cell, Column, ColumnKind, Ground, Mark, Row, Strokes, Table, Tone};
