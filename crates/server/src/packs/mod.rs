//! Place packs: the folder of definitions that makes a center. The database is the truth at run time,
//! the folder the form in which a center is written, reviewed and handed on.

pub mod check;
pub mod effect;
pub mod folder;
pub mod located;
pub mod plan;
mod references;
pub mod rows;
pub mod schema;
pub mod spans;
pub mod store;
#[cfg(test)]
mod tests;
pub mod validate;
pub mod wall;
pub mod widget;
