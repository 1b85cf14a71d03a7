//! From a source's rows to figures.

mod schema;

pub use schema::{
    BreakdownMapping, CodeSystem, Condition, EmptyCell, Mapping, PeriodMapping, RegionMapping,
    RowAggregation, ValueMapping,
};
