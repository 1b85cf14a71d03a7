//! The `pendopo` program.

mod packs;

fn main() {}
