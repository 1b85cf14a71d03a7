//! Ten sample services.

fn main() {}
