//! From a source's rows to figures.

mod check;
mod collector;
mod columns;
mod condition;
mod keys;
mod mapper;
mod period;
mod region;
mod schema;
mod value;

pub use check::{MappingContext, MappingProblem, check_mapping};
pub use collector::{Collector, MAX_KEPT};
pub(crate) use columns::find as column_position;
pub use columns::{ColumnChanges, compare_columns, likely_name};
pub use mapper::{Fact, IndicatorShape, Mapper, RowVerdict, SilentValue};
pub use schema::{
    BreakdownMapping, CodeSystem, Condition, EmptyCell, Mapping, PeriodMapping, RegionMapping,
    RowAggregation, ValueMapping,
};
