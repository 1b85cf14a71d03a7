//! The words every other crate shares: regions, periods, numbers, freshness, scopes.
//!
//! Nothing here performs I/O, reads a clock or knows a database: values in, values out. What a word
//! means to the people who use the center is written down in `docs/glossary.md`.

mod clock;
mod freshness;
mod lang;
mod measure;
mod number;
mod period;
mod region_code;
pub mod region_tree;
mod role;
mod scope;
mod shape;

pub use clock::{Clock, DAY_MS, FixedClock, SystemClock};
pub use freshness::{FreshnessPromise, FreshnessState, SourceHistory};
pub use lang::Lang;
pub use measure::{Counts, Direction, RegionAggregation, TargetStatus, TimeAggregation};
pub use number::{NumberError, NumberFormat, compact_number, format_number, parse_number};
pub use period::{Cadence, DateFormat, Period, PeriodError};
pub use region_code::{RegionCode, RegionCodeError, RegionLevel};
pub use role::{Role, UnknownRole};
pub use scope::{AgencyScope, Author, Scope, Sensitivity};
pub use shape::Shape;
