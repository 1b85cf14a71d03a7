//! Every analytic question, behind one small trait. Each takes the asker's [`Scope`]: what it hides is
//! left out by the SQL, as if it were not there.
//!
//! `known_at` (Unix milliseconds) asks what was known then; `None` is now. It holds for reported and
//! rolled-up figures alike.
//!
//! Small figures, and those from which they could be worked out, are hidden from a scope without internal
//! clearance for the indicator's agency: the figure is there, its value is `None`, and nothing else that
//! is given tells it.

mod as_of;
mod boards;
mod history;
mod latest_then;
pub mod listing;
mod regions;
mod scoped;

pub use scoped::{Mark, hidden_from, latest_hidden_from};

use crate::db::{DbError, Reader};
use pendopo_vocab::{Cadence, RegionCode, RegionLevel, Scope, TargetStatus};

/// The newest figure of an indicator in a region, judged: what a tile shows.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestFigure {
    /// The indicator.
    pub indicator_id: i64,
    /// The region.
    pub region: RegionCode,
    /// Its newest period.
    pub period: i32,
    /// The value in force; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// Rolled up from the regions below rather than reported.
    pub rolled: bool,
    /// How many regions below reported; `None` where nothing is rolled up.
    pub reported: Option<i64>,
    /// How many should have.
    pub expected: Option<i64>,
    /// Commit of the revision; see [`Revision::run_id`] for the run.
    pub commit_no: i64,
    /// The value one period earlier.
    pub previous: Option<f64>,
    /// The value a year earlier.
    pub last_year: Option<f64>,
    /// The bound in force.
    pub target: Option<f64>,
    /// The upper bound.
    pub target_high: Option<f64>,
    /// The value against it.
    pub status: TargetStatus,
    /// Miss relative to the bound; 0 when met.
    pub miss: f64,
    /// First of the unbroken row of periods off target.
    pub off_since: Option<i32>,
    /// How many periods that row is long.
    pub off_periods: i64,
}

/// The newest figure of an indicator in a region, bare: what a map or a download of many regions needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatestValue {
    /// The indicator.
    pub indicator_id: i64,
    /// The region.
    pub region: RegionCode,
    /// Its newest period.
    pub period: i32,
    /// The value in force; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// The value against its target.
    pub status: TargetStatus,
}

/// One period of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// [`Period::id`](pendopo_vocab::Period::id).
    pub period: i32,
    /// The value in force; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// Rolled up rather than reported.
    pub rolled: bool,
    /// How many regions below reported.
    pub reported: Option<i64>,
    /// How many should have.
    pub expected: Option<i64>,
    /// Commit of the revision.
    pub commit_no: i64,
}

/// A series to look at: one indicator in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesOf {
    /// The indicator.
    pub indicator_id: i64,
    /// The region.
    pub region: RegionCode,
    /// The breakdown; 0 is the total.
    pub breakdown_id: i64,
}

/// A stretch of time, ends included, in period integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// First period.
    pub from: i32,
    /// Last period.
    pub to: i32,
}

impl Span {
    /// All there is.
    pub const ALWAYS: Span = Span { from: 0, to: i32::MAX - 1 };
}

/// A coarser period made from finer ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoarsePoint {
    /// The coarser period.
    pub period: i32,
    /// The value; `None` when one of its periods is hidden from the scope.
    pub value: Option<f64>,
    /// How many finer periods it is made from.
    pub periods: i64,
}

/// One region of a table, a map or a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionFigure {
    /// The region.
    pub region: RegionCode,
    /// Its name.
    pub name: String,
    /// The period.
    pub period: i32,
    /// The value in force; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// Rolled up rather than reported.
    pub rolled: bool,
    /// How many regions below reported.
    pub reported: Option<i64>,
    /// How many should have.
    pub expected: Option<i64>,
}

/// One indicator over the regions of one level in a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableOf {
    /// The indicator.
    pub indicator_id: i64,
    /// The breakdown; 0 is the total.
    pub breakdown_id: i64,
    /// The region looked into.
    pub parent: RegionCode,
    /// The level listed.
    pub level: RegionLevel,
    /// The period; `None` for each region's newest.
    pub period: Option<i32>,
}

/// Which end of a ranking comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Largest value first.
    Highest,
    /// Smallest value first.
    Lowest,
}

/// How many figures of one indicator stand where against their targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetCount {
    /// The indicator.
    pub indicator_id: i64,
    /// Miss the target.
    pub off_track: i64,
    /// Miss it within the tolerance.
    pub at_risk: i64,
    /// Meet it.
    pub on_track: i64,
    /// Have none.
    pub no_target: i64,
}

/// How much of what should be there is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Regions at the reporting level that have a figure.
    pub reported: i64,
    /// Regions at the reporting level.
    pub expected: i64,
    /// Those without, code and name, in order.
    pub missing: Vec<(RegionCode, String)>,
}

/// A region whose own figure and roll-up differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The indicator.
    pub indicator_id: i64,
    /// The region.
    pub region: RegionCode,
    /// The period.
    pub period: i32,
    /// What it says itself.
    pub own: f64,
    /// What the regions below come to.
    pub rolled: f64,
    /// How many of them reported.
    pub reported: i64,
    /// How many should have.
    pub expected: i64,
}

/// One revision of a reported figure, with where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// The value; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// Its place in the order of commits.
    pub commit_no: i64,
    /// The run that brought it.
    pub run_id: i64,
    /// Row number in the answer.
    pub row_no: i64,
    /// Time of record, Unix milliseconds.
    pub recorded_at: i64,
    /// Who began the run.
    pub author: String,
    /// The source, when there was one.
    pub source_id: Option<i64>,
    /// Its code.
    pub source_code: Option<String>,
    /// The agency that runs the source.
    pub source_agency_id: Option<i64>,
    /// The stored answer.
    pub answer_id: Option<i64>,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage {
    /// What was reported for the very region, newest revision first.
    pub revisions: Vec<Revision>,
    /// What the regions below come to.
    pub rolled: Option<Point>,
    /// The indicators it is made from: numerator, denominator, weight.
    pub inputs: Vec<i64>,
    /// Agency that answers for the indicator.
    pub agency_id: Option<i64>,
    /// The scope has internal clearance for that agency: what it sees includes small figures.
    pub cleared: bool,
}

/// The questions a center asks of its figures.
pub trait Questions {
    /// All indicators of one region: a board.
    fn latest_of_region(&mut self, scope: &Scope, region: RegionCode) -> Result<Vec<LatestFigure>, DbError>;

    /// All indicators of a region and everything in it, by indicator and region; `level` and
    /// `indicators` (empty: all) narrow it down.
    fn latest_in_subtree(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        indicators: &[i64],
    ) -> Result<Vec<LatestFigure>, DbError>;

    /// The same, bare: several times as fast over thousands of figures.
    fn values_in_subtree(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        indicators: &[i64],
    ) -> Result<Vec<LatestValue>, DbError>;

    /// One figure.
    fn latest_of_series(&mut self, scope: &Scope, of: SeriesOf) -> Result<Option<LatestFigure>, DbError>;

    /// What is off target in a region (`level`: at that level only), worst miss first; without what is
    /// hidden from the scope.
    fn exceptions(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        limit: i64,
    ) -> Result<Vec<LatestFigure>, DbError>;

    /// Per indicator, how many regions of a level stand where against their targets; hidden ones are not
    /// counted.
    fn against_target(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: RegionLevel,
    ) -> Result<Vec<TargetCount>, DbError>;

    /// The newest figure of a series as it was known and judged at `known_at` (Unix milliseconds); `None` when
    /// nothing was known then.
    fn latest_then(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        known_at: i64,
    ) -> Result<Option<LatestFigure>, DbError>;

    /// The last commit that was visible at `known_at` (Unix milliseconds), 0 when none was.
    fn newest_commit_at(&mut self, known_at: i64) -> Result<i64, DbError>;

    /// A series over time, oldest first.
    fn trend(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        span: Span,
        known_at: Option<i64>,
    ) -> Result<Vec<Point>, DbError>;

    /// A series in coarser periods, by the indicator's aggregation over time, oldest first.
    fn over_time(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        cadence: Cadence,
        span: Span,
        known_at: Option<i64>,
    ) -> Result<Vec<CoarsePoint>, DbError>;

    /// The regions of one level in a parent, in order of code: a table, a map.
    fn region_table(
        &mut self,
        scope: &Scope,
        of: TableOf,
        known_at: Option<i64>,
    ) -> Result<Vec<RegionFigure>, DbError>;

    /// The same in order of value, the first `limit`; hidden ones have no place in it.
    fn ranking(
        &mut self,
        scope: &Scope,
        of: TableOf,
        order: Order,
        limit: i64,
        known_at: Option<i64>,
    ) -> Result<Vec<RegionFigure>, DbError>;

    /// Which of the regions that should have reported have.
    fn completeness(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Completeness, DbError>;

    /// Regions in `region` whose own figure and roll-up differ in a period, of one indicator.
    fn differences(&mut self, scope: &Scope, of: SeriesOf, period: i32) -> Result<Vec<Difference>, DbError>;

    /// The parts of a figure: breakdown id, key and value (`None` when hidden from the scope).
    fn breakdown_split(
        &mut self,
        scope: &Scope,
        indicator_id: i64,
        region: RegionCode,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Vec<(i64, String, Option<f64>)>, DbError>;

    /// Where a figure comes from.
    fn lineage(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Lineage, DbError>;
}

impl Questions for Reader<'_> {
    fn latest_of_region(&mut self, scope: &Scope, region: RegionCode) -> Result<Vec<LatestFigure>, DbError> {
        boards::latest_of_region(self, scope, region)
    }

    fn latest_in_subtree(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        indicators: &[i64],
    ) -> Result<Vec<LatestFigure>, DbError> {
        boards::latest_in_subtree(self, scope, region, level, indicators)
    }

    fn values_in_subtree(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        indicators: &[i64],
    ) -> Result<Vec<LatestValue>, DbError> {
        boards::values_in_subtree(self, scope, region, level, indicators)
    }

    fn latest_of_series(&mut self, scope: &Scope, of: SeriesOf) -> Result<Option<LatestFigure>, DbError> {
        boards::latest_of_series(self, scope, of)
    }

    fn exceptions(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: Option<RegionLevel>,
        limit: i64,
    ) -> Result<Vec<LatestFigure>, DbError> {
        boards::exceptions(self, scope, region, level, limit)
    }

    fn against_target(
        &mut self,
        scope: &Scope,
        region: RegionCode,
        level: RegionLevel,
    ) -> Result<Vec<TargetCount>, DbError> {
        boards::against_target(self, scope, region, level)
    }

    fn latest_then(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        known_at: i64,
    ) -> Result<Option<LatestFigure>, DbError> {
        latest_then::latest_then(self, scope, of, known_at)
    }

    fn newest_commit_at(&mut self, known_at: i64) -> Result<i64, DbError> {
        as_of::commit_at(self, known_at)
    }

    fn trend(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        span: Span,
        known_at: Option<i64>,
    ) -> Result<Vec<Point>, DbError> {
        history::trend(self, scope, of, span, known_at)
    }

    fn over_time(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        cadence: Cadence,
        span: Span,
        known_at: Option<i64>,
    ) -> Result<Vec<CoarsePoint>, DbError> {
        history::over_time(self, scope, of, cadence, span, known_at)
    }

    fn region_table(
        &mut self,
        scope: &Scope,
        of: TableOf,
        known_at: Option<i64>,
    ) -> Result<Vec<RegionFigure>, DbError> {
        regions::region_table(self, scope, of, known_at)
    }

    fn ranking(
        &mut self,
        scope: &Scope,
        of: TableOf,
        order: Order,
        limit: i64,
        known_at: Option<i64>,
    ) -> Result<Vec<RegionFigure>, DbError> {
        regions::ranking(self, scope, of, order, limit, known_at)
    }

    fn completeness(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Completeness, DbError> {
        regions::completeness(self, scope, of, period, known_at)
    }

    fn differences(&mut self, scope: &Scope, of: SeriesOf, period: i32) -> Result<Vec<Difference>, DbError> {
        regions::differences(self, scope, of, period)
    }

    fn breakdown_split(
        &mut self,
        scope: &Scope,
        indicator_id: i64,
        region: RegionCode,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Vec<(i64, String, Option<f64>)>, DbError> {
        regions::breakdown_split(self, scope, indicator_id, region, period, known_at)
    }

    fn lineage(
        &mut self,
        scope: &Scope,
        of: SeriesOf,
        period: i32,
        known_at: Option<i64>,
    ) -> Result<Lineage, DbError> {
        history::lineage(self, scope, of, period, known_at)
    }
}
