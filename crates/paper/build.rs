//! Refuses to build without the fonts of paper, in words that say what to do.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=fonts");
    for font in ["plus-jakarta-sans-400.ttf", "plus-jakarta-sans-600.ttf", "dejavu-sans.ttf"] {
        if !Path::new("fonts").join(font).exists() {
            println!(
                "cargo::error=a font for paper is missing (crates/paper/fonts/{font}). Run `make assets` once: it fetches it by npm."
            );
        }
    }
}
