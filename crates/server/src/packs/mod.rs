//! Place packs: the folder that defines a center.

pub mod schema;
