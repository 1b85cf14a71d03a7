//! Reading what outside services send, as it is. Plans requests and parses answers; performs no I/O
//! of its own: bytes come in through readers that the caller opened, rows go out through a sink.
//!
//! The way of a run: [`plan`] says what to ask, [`judge_page`] and [`next_page`] look at each answer,
//! [`parse`] turns the answers into rows, and [`mapping::Mapper`] turns rows into figures.

pub mod answer;
pub mod cell;
pub mod connection;
mod csv;
mod header;
mod json;
pub mod kept_rows;
pub mod limits;
pub mod mapping;
mod paging;
pub mod personal;
pub mod problem;
pub mod recording;
pub mod refusal;
pub mod request;
mod spreadsheet;
mod sql_check;
mod sql_rows;

pub use answer::{Page, PageReader, ReadSeek, judge_page, parse};
pub use cell::{Cell, ParseSummary, Row, RowSink};
pub use limits::Limits;
pub use paging::next_page;
pub use problem::{AnswerProblem, Drift, LimitKind, MissingColumn};
pub use recording::{RawRow, raw_row};
pub use refusal::{Refusal, RefusalCode};
pub use request::{
    HttpRequest, PlanProblem, Request, SqlEngine, SqlRequest, SqlTarget, plan, reads_changes_only,
};

#[cfg(test)]
mod tests;
