//! Every test of the store, on both engines.

mod definitions;
mod faults;
mod harness;
mod model;
mod questions;
mod runs;
mod scope;
mod sql;
