//! Attacks in a real browser: run by `make attack`, a small pass by `cargo nextest run -p pendopo --test attack`.

mod map_texts;
mod pack_texts;
mod planted;
#[path = "../it/provider.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod provider;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "shared with the quicker tests, which use the rest")]
mod support;
mod xss;
