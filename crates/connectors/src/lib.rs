//! Reading what outside services send, as it is. Plans requests and parses answers; performs no I/O.

pub mod connection;
pub mod mapping;
