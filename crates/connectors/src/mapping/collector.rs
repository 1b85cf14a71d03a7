//! A sink that maps rows as they come, for runs whose figures fit in memory.

use super::{Fact, Mapper, RowVerdict};
use crate::{AnswerProblem, Refusal, Row, RowSink};
use std::ops::ControlFlow;

/// Refused rows that are kept; more only count.
pub const MAX_KEPT: usize = 100_000;

/// Maps rows and collects what comes of them.
pub struct Collector<'t> {
    mapper: Mapper<'t>,
    /// Figures so far.
    pub facts: Vec<Fact>,
    /// Refused rows, at most 100,000.
    pub refusals: Vec<Refusal>,
    /// Rows accepted.
    pub mapped: u64,
    /// Rows left out by a `skip` condition.
    pub skipped: u64,
    /// Rows that repeat an earlier one.
    pub repeated: u64,
    /// Rows refused, also those not kept.
    pub refused: u64,
    /// The answer's columns.
    pub columns: Vec<String>,
}

impl<'t> Collector<'t> {
    /// Begins a run.
    pub fn new(mapper: Mapper<'t>) -> Collector<'t> {
        Collector {
            mapper,
            facts: Vec::new(),
            refusals: Vec::new(),
            mapped: 0,
            skipped: 0,
            repeated: 0,
            refused: 0,
            columns: Vec::new(),
        }
    }

    /// The mapper at work.
    pub fn mapper(&self) -> &Mapper<'t> {
        &self.mapper
    }

    /// Ends the run: the figures of one row first, then those gathered from several. A column whose type
    /// has changed refuses the run as a whole.
    pub fn finish(self) -> Result<(Vec<Fact>, Vec<Refusal>), AnswerProblem> {
        if let Some(drift) = self.mapper.type_drift() {
            return Err(AnswerProblem::Changed(drift));
        }
        let (mut facts, mut refusals) = (self.facts, self.refusals);
        let (more, refused) = self.mapper.finish();
        facts.extend(more);
        refusals.extend(refused);
        Ok((facts, refusals))
    }
}

impl RowSink for Collector<'_> {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.columns = columns.to_vec();
        self.mapper.columns(columns)
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        self.masked_row(row, &[])
    }

    fn masked_row(&mut self, row: &Row<'_>, masked: &[usize]) -> ControlFlow<()> {
        match self.mapper.map_masked(row, masked, &mut self.facts) {
            Ok(RowVerdict::Mapped) => self.mapped += 1,
            Ok(RowVerdict::Skipped) => self.skipped += 1,
            Ok(RowVerdict::Repeated) => self.repeated += 1,
            Err(refusal) => self.problem(*refusal),
        }
        ControlFlow::Continue(())
    }

    fn problem(&mut self, refusal: Refusal) {
        self.refused += 1;
        if self.refusals.len() < MAX_KEPT {
            self.refusals.push(refusal);
        }
    }
}
