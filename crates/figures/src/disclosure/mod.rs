//! Small cells: which figures are kept from readers without internal clearance, so that nobody can be
//! recognised in them. `grid` and `protect` are pure; `maintain` keeps the table `suppressed` up to date
//! in the transaction that changes the figures.

mod grid;
mod maintain;
mod protect;
mod replay;

pub use grid::Grid;
pub(crate) use maintain::{Touched, show_unguarded};
pub use protect::{Pattern, Rule};
