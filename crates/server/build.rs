//! Refuses to build a program without its font, in words that say what to do.

use std::{env, path::Path};

fn main() {
    let font = Path::new("assets/vendor/plus-jakarta-sans.woff2");
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=messages");
    if env::var_os("DOCS_RS").is_none() && !font.exists() {
        println!(
            "cargo::error=the interface's font is missing ({}). Run `make assets` once: it fetches it by npm.",
            font.display()
        );
    }
}
