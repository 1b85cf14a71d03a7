//! Work in the background: when it is due, how far it is, and how the outside is reached. Names no
//! feature: what is fetched and what becomes of it is the business of the slice that asks.

pub mod breaker;
pub mod fetcher;
pub mod progress;
pub mod schedule;
