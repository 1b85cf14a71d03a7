//! Access for all, looked at in a real browser: run by `make access`.

mod axe;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod support;
