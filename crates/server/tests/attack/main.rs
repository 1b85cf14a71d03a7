//! Attacks that take minutes: `make attack` runs them, `make test` does not.

#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod support;
mod xss;
