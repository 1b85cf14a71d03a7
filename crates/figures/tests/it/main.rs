//! Every test of the store, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "this whole crate is tests, which say what they counted; clippy exempts only their bodies"
)]

mod attacks;
mod definitions;
mod disclosure;
mod disclosure_attack;
mod effects;
mod faults;
mod harness;
mod kills;
mod known_at;
mod model;
mod questions;
mod rows;
mod runs;
mod scope;
mod sql;
mod tls;
