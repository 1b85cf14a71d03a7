//! From a source's rows to figures.

mod columns;
mod schema;

pub use columns::{ColumnChanges, compare_columns, likely_name};
pub use schema::{
    BreakdownMapping, CodeSystem, Condition, EmptyCell, Mapping, PeriodMapping, RegionMapping,
    RowAggregation, ValueMapping,
};
