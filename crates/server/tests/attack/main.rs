//! Attacks in a real browser: a small pass with all other tests, the whole by `make attack`.

mod map_texts;
#[path = "../it/provider.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod provider;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod support;
mod xss;
