//! Every test of the store, on both engines.
#![expect(clippy::unwrap_used, reason = "this whole crate is tests; clippy exempts only their bodies")]

mod definitions;
mod faults;
mod harness;
mod kills;
mod model;
mod questions;
mod runs;
mod scope;
mod sql;
