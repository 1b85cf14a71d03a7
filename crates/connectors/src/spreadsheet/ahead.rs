//! Reads a sheet on a thread of its own, a few batches of rows ahead of what takes them: unpacking and reading
//! its XML costs about as much as everything that is done with the rows.

use crate::{AnswerProblem, Cell, ParseSummary, Refusal, Row, RowSink, cell::recycle};
use jiff::civil::DateTime;
use std::{
    ops::ControlFlow,
    panic::resume_unwind,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

/// A batch is handed over once it has so many rows …
const BATCH_ROWS: usize = 1_024;
/// … or so many cells: sheets may be wide …
const BATCH_CELLS: usize = 16_384;
/// … or so many bytes of text.
const BATCH_BYTES: usize = 256 << 10;
/// Batches that wait to be taken; reading pauses meanwhile.
const WAITING: usize = 2;

/// Runs `parse` on another thread and gives what it finds to `sink`, in order, on this one. A `Break` of `sink`
/// ends the reading within a few batches; no row after it is given.
pub(super) fn parse_ahead(
    sink: &mut dyn RowSink,
    parse: impl FnOnce(&mut dyn RowSink) -> Result<ParseSummary, AnswerProblem> + Send,
) -> Result<ParseSummary, AnswerProblem> {
    let (out, found) = sync_channel(WAITING);
    let (answer, answered) = sync_channel(1);
    let (used, empty) = channel();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut ahead = Ahead { out, answered, empty, batch: Batch::default() };
            let parsed = parse(&mut ahead);
            // The rows before a mistake are given like any others.
            let _ = ahead.hand_over();
            parsed
        });
        // All ends of the channels go along: should the sink panic, the reader does not wait for it.
        let taken = take(sink, found, answer, used);
        let parsed = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
        match taken {
            Taken::All => parsed,
            // What the reader met after the last row that was wanted is of no concern.
            Taken::Until(rows) => {
                let mut summary = ParseSummary { rows, ..parsed.unwrap_or_default() };
                summary.note("stopped_early");
                Ok(summary)
            }
        }
    })
}

/// How much of the sheet the sink took.
enum Taken {
    All,
    Until(u64),
}

/// Gives `sink` what comes; `found` closes when it wants no more, and the reader notices.
fn take(
    sink: &mut dyn RowSink,
    found: Receiver<Found>,
    answer: SyncSender<Result<(), AnswerProblem>>,
    used: Sender<Batch>,
) -> Taken {
    let mut rows = 0;
    let mut spare: Vec<Cell<'static>> = Vec::new();
    for found in found {
        let mut batch = match found {
            Found::Columns(columns) => {
                // A reader that does not wait for the answer has ended.
                let _ = answer.send(sink.columns(&columns));
                continue;
            }
            Found::Problem(refusal) => {
                sink.problem(*refusal);
                continue;
            }
            Found::Rows(batch) => batch,
        };
        let mut cells = recycle(spare);
        let mut start = 0;
        for (number, end) in &batch.rows {
            cells.clear();
            cells.extend(batch.cells[start..*end].iter().map(|held| held.cell(&batch.text)));
            start = *end;
            rows += 1;
            if sink.row(&Row { number: *number, cells: &cells }).is_break() {
                return Taken::Until(rows);
            }
        }
        spare = recycle(cells);
        batch.clear();
        // Not wanted back when the reader has ended.
        let _ = used.send(batch);
    }
    Taken::All
}

/// What the reader hands over.
enum Found {
    Columns(Vec<String>),
    Rows(Batch),
    Problem(Box<Refusal>),
}

/// Rows whose cells are held without one allocation each.
#[derive(Default)]
struct Batch {
    /// Number of each row and where its cells end.
    rows: Vec<(u64, usize)>,
    cells: Vec<Held>,
    text: String,
}

impl Batch {
    fn push(&mut self, row: &Row<'_>) {
        for cell in row.cells {
            let held = match cell {
                Cell::Empty => Held::Empty,
                Cell::Text(text) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    Held::Text { start, end: self.text.len() }
                }
                Cell::Int(value) => Held::Int(*value),
                Cell::Number(value) => Held::Number(*value),
                Cell::Bool(value) => Held::Bool(*value),
                Cell::DateTime(at) => Held::DateTime(*at),
                Cell::Error(error) => Held::Error(error),
            };
            self.cells.push(held);
        }
        self.rows.push((row.number, self.cells.len()));
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.cells.len() >= BATCH_CELLS || self.text.len() >= BATCH_BYTES
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.cells.clear();
        self.text.clear();
    }
}

/// A cell whose text stands in the batch.
enum Held {
    Empty,
    Text { start: usize, end: usize },
    Int(i64),
    Number(f64),
    Bool(bool),
    DateTime(DateTime),
    Error(&'static str),
}

impl Held {
    fn cell<'b>(&self, text: &'b str) -> Cell<'b> {
        match self {
            Held::Empty => Cell::Empty,
            Held::Text { start, end } => Cell::Text(text[*start..*end].into()),
            Held::Int(value) => Cell::Int(*value),
            Held::Number(value) => Cell::Number(*value),
            Held::Bool(value) => Cell::Bool(*value),
            Held::DateTime(at) => Cell::DateTime(*at),
            Held::Error(error) => Cell::Error(error),
        }
    }
}

/// The sink of the reading thread.
struct Ahead {
    out: SyncSender<Found>,
    answered: Receiver<Result<(), AnswerProblem>>,
    empty: Receiver<Batch>,
    batch: Batch,
}

impl Ahead {
    /// Hands the rows at hand over; `Break` when nobody takes them any more.
    fn hand_over(&mut self) -> ControlFlow<()> {
        if self.batch.rows.is_empty() {
            return ControlFlow::Continue(());
        }
        let next = self.empty.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        self.send(Found::Rows(batch))
    }

    fn send(&self, found: Found) -> ControlFlow<()> {
        match self.out.send(found) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl RowSink for Ahead {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        let gone = || AnswerProblem::Unreadable { detail: "nobody takes the rows".to_owned() };
        if self.send(Found::Columns(columns.to_vec())).is_break() {
            return Err(gone());
        }
        self.answered.recv().unwrap_or_else(|_| Err(gone()))
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        self.batch.push(row);
        if self.batch.is_full() { self.hand_over() } else { ControlFlow::Continue(()) }
    }

    fn problem(&mut self, refusal: Refusal) {
        // Who takes no rows any more takes no refusals either.
        let _ = self.hand_over();
        let _ = self.send(Found::Problem(Box::new(refusal)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Takes so many rows, or panics at the columns.
    struct Takes {
        most: usize,
        panics: bool,
        numbers: Vec<u64>,
    }

    impl RowSink for Takes {
        fn columns(&mut self, _: &[String]) -> Result<(), AnswerProblem> {
            assert!(!self.panics, "as the test wants it");
            Ok(())
        }

        fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
            self.numbers.push(row.number);
            if self.numbers.len() < self.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }

        fn problem(&mut self, _: Refusal) {}
    }

    /// A sheet of so many rows of one cell; it ends with a mistake.
    fn sheet(sink: &mut dyn RowSink, rows: u64) -> Result<ParseSummary, AnswerProblem> {
        sink.columns(&["kode".to_owned()])?;
        for number in 1..=rows {
            if sink.row(&Row { number, cells: &[Cell::Int(1)] }).is_break() {
                break;
            }
        }
        Err(AnswerProblem::Truncated { at: "the end".to_owned() })
    }

    #[test]
    fn no_row_is_given_after_the_last_one_that_was_wanted() {
        let mut sink = Takes { most: 3, panics: false, numbers: Vec::new() };
        let summary = parse_ahead(&mut sink, |sink| sheet(sink, 100_000)).unwrap();
        assert_eq!((sink.numbers, summary.rows, summary.notes), (vec![1, 2, 3], 3, vec!["stopped_early"]));
    }

    #[test]
    fn rows_before_a_mistake_are_given_and_the_mistake_is_told() {
        let mut sink = Takes { most: usize::MAX, panics: false, numbers: Vec::new() };
        let parsed = parse_ahead(&mut sink, |sink| sheet(sink, 5_000));
        assert!(matches!(parsed, Err(AnswerProblem::Truncated { .. })), "{parsed:?}");
        assert!(sink.numbers.iter().copied().eq(1..=5_000));
    }

    #[test]
    fn a_sink_that_panics_does_not_leave_the_reader_waiting() {
        let mut sink = Takes { most: 1, panics: true, numbers: Vec::new() };
        let ended = catch_unwind(AssertUnwindSafe(|| parse_ahead(&mut sink, |sink| sheet(sink, 10))));
        assert!(ended.is_err());
    }
}
