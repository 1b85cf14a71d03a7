//! Where a widget is seen: the same pieces for all, some of them denser on one than on another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a board is seen.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// A desk's screen: everything, twelve columns.
    #[default]
    Desk,
    /// A phone: one column, the least of everything.
    Phone,
    /// The wall of the command room: few, large, read from afar.
    Wall,
    /// Paper: nothing to open, all in black.
    Paper,
}

impl Surface {
    /// How many rows of a list are shown where nobody asked for another number.
    pub fn rows(self) -> usize {
        match self {
            Surface::Desk | Surface::Paper => 30,
            Surface::Phone => 8,
            Surface::Wall => 10,
        }
    }

    /// How many columns of a table over time are shown.
    pub fn columns(self) -> usize {
        match self {
            Surface::Desk | Surface::Paper => 12,
            Surface::Wall => 8,
            Surface::Phone => 4,
        }
    }

    /// Nothing can be opened or pressed here.
    pub fn is_still(self) -> bool {
        matches!(self, Surface::Wall | Surface::Paper)
    }
}
