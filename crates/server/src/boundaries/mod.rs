//! Slice: boundaries of regions and layers of named points: imported from a file, kept with their earlier
//! versions, given to whoever draws a map.

mod draw;
mod rules;
pub mod store;

pub use draw::{DrawOptions, draw};
pub use rules::{Level, Ready, Report, Slot, hint_for, prepare, prepare_points};
