//! No name of a place in the program: a government is data. The names are those of all provinces,
//! kabupaten and kota; comments and tests may give examples.

use crate::{
    Problem,
    source::{RustFile, TokenKind},
};
use pendopo_vocab::{RegionLevel, region_tree::RegionTree};
use std::collections::BTreeSet;

/// Crates whose code is searched.
const CRATES: &[&str] = &["vocab", "figures", "connectors", "geography", "server"];

/// Names that are words of another kind as well, and would be found where no place is meant.
const ALSO_WORDS: &[&str] =
    &["batu", "buru", "metro", "bone", "bima", "alor", "banda", "ende", "sigi", "siak"];

/// Texts that hold a place's name without meaning the place, each with its reason.
const NOT_PLACES: &[(&str, &str)] =
    &[("jakarta-sans", "the name of a font"), ("Jakarta Sans", "the name of a font")];

/// The names to look for.
#[derive(Debug)]
pub struct Places {
    names: BTreeSet<Vec<String>>,
}

impl Places {
    /// All provinces, kabupaten and kota.
    pub fn known() -> Places {
        let names = RegionTree::embedded()
            .iter()
            .filter(|region| region.level <= RegionLevel::Regency)
            .map(|region| {
                let bare =
                    ["Kabupaten ", "Kota ", "Daerah Istimewa ", "Daerah Khusus Ibukota ", "Administrasi "]
                        .iter()
                        .fold(region.name, |name, word| name.strip_prefix(word).unwrap_or(name));
                words(bare)
            })
            .filter(|name| !matches!(name.as_slice(), [one] if ALSO_WORDS.contains(&one.as_str())))
            .collect();
        Places { names }
    }

    /// Checks what a file says in code.
    pub fn check(&self, file: &RustFile) -> Vec<Problem> {
        if !CRATES.contains(&file.package()) || !file.path.contains("/src/") {
            return Vec::new();
        }
        let said = file.tokens.iter().filter(|token| {
            !token.test && matches!(token.kind, TokenKind::Ident | TokenKind::Text | TokenKind::Literal)
        });
        said.filter_map(|token| {
            // A time zone is called after a city and means a third of the country.
            let text = token.text.split_whitespace().filter(|word| !word.starts_with("Asia/"));
            let text = text.collect::<Vec<_>>().join(" ");
            let text = NOT_PLACES.iter().fold(text, |text, (not, _)| text.replace(not, ""));
            let place = self.place_in(&text)?;
            let what = format!("`{place}` is a place: it belongs in a place pack, not in the program");
            Some(Problem { file: file.path.clone(), line: token.line, what })
        })
        .collect()
    }

    /// The first place that a text names.
    pub fn place_in(&self, text: &str) -> Option<String> {
        let words = words(text);
        (0..words.len()).find_map(|start| {
            (1..=4.min(words.len() - start))
                .map(|length| &words[start..start + length])
                .find(|part| self.names.contains(*part))
                .map(|part| part.join(" "))
        })
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|ch: char| !ch.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
