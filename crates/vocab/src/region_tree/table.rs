//! Reads the embedded table.
//!
//! Text, one region a line, sorted by code, fields separated by tabs: code, name, BPS code (`+` stands
//! for the parent's BPS code), number of the first edition, number of the last. The last three may be
//! left out: no BPS code, the first edition of the table, still in force. Lines with `@` are editions:
//! number, first day, last day, legal basis. Lines with `#` are for the reader.

use super::{BpsCode, Edition, IN_FORCE, RegionKind, RegionTree, Row};
use crate::{RegionCode, RegionLevel};
use std::{io::Read, sync::OnceLock};

/// Why a table of regions cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table of regions, line {line}: {what}")]
pub struct RegionTableError {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

#[expect(clippy::expect_used, reason = "the table is part of the program and a test reads it")]
pub(super) fn read_embedded() -> RegionTree {
    let packed: &[u8] = include_bytes!("../../data/regions.txt.gz");
    let mut text = String::with_capacity(3 << 20);
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut text)
        .expect("the embedded table of regions is whole");
    RegionTree::parse(&text).expect("the embedded table of regions is well-formed")
}

impl RegionTree {
    /// Reads a table of regions in the format of the embedded one.
    pub fn parse(text: &str) -> Result<RegionTree, RegionTableError> {
        let lines = text.len() / 28;
        let mut tree = RegionTree {
            names: String::with_capacity(text.len() / 2),
            rows: Vec::with_capacity(lines),
            by_name: OnceLock::new(),
            by_bps: OnceLock::new(),
            editions: Vec::new(),
            in_force: 0,
        };
        // The rows above the one being read, one for each level: the parent's BPS code is there.
        let mut above: [Option<Row>; 5] = [None; 5];
        for (index, line) in text.lines().enumerate() {
            let read = match line.as_bytes().first() {
                None | Some(b'#') => Ok(()),
                Some(b'@') => tree.read_edition(&line[1..]),
                Some(_) => tree.read_row(line, &mut above),
            };
            read.map_err(|what| RegionTableError { line: index + 1, what })?;
        }
        tree.names.shrink_to_fit();
        tree.rows.shrink_to_fit();
        Ok(tree)
    }

    fn read_edition(&mut self, line: &str) -> Result<(), String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [number, from, to, basis] = fields[..] else {
            return Err("an edition has four fields".to_owned());
        };
        let day = |text: &str| match text {
            "" => Ok(None),
            _ => text.parse().map(Some).map_err(|error| format!("{text}: {error}")),
        };
        self.editions.push(Edition {
            number: number.parse().map_err(|_| format!("`{number}` is not an edition number"))?,
            valid_from: day(from)?,
            valid_to: day(to)?,
            legal_basis: basis.to_owned(),
        });
        Ok(())
    }

    fn edition_at(&self, number: &str) -> Result<u8, String> {
        let at = self.editions.iter().position(|edition| edition.number.to_string() == number);
        at.and_then(|at| u8::try_from(at).ok())
            .filter(|at| *at != IN_FORCE)
            .ok_or_else(|| format!("edition `{number}` is not in the table"))
    }

    fn read_row(&mut self, line: &str, above: &mut [Option<Row>; 5]) -> Result<(), String> {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or("");
        let (code, name, bps, first, last) = (next(), next(), next(), next(), next());
        let code: RegionCode = code.parse().map_err(|error| format!("{error}"))?;
        if self.rows.last().is_some_and(|row| row.code >= code) {
            return Err(format!("{code} is not sorted"));
        }
        let level = code.level();
        let depth = level as usize;
        let parent = above[depth.saturating_sub(1)].filter(|row| code.parent() == Some(row.code));
        if level > RegionLevel::Province && parent.is_none() {
            return Err(format!("{code} stands without its parent"));
        }
        let row = Row {
            code,
            bps: read_bps(bps, parent.map_or(0, |row| row.bps))?,
            name_at: u32::try_from(self.names.len()).map_err(|_| "too long".to_owned())?,
            name_len: u8::try_from(name.len()).map_err(|_| format!("the name of {code} is too long"))?,
            kind: kind_of(code, name).ok_or_else(|| format!("{code} {name} is of no known kind"))?,
            first: if first.is_empty() { 0 } else { self.edition_at(first)? },
            last: if last.is_empty() { IN_FORCE } else { self.edition_at(last)? },
        };
        if usize::from(row.first) >= self.editions.len() {
            return Err("a region stands before the first edition".to_owned());
        }
        self.names.push_str(name);
        self.in_force += usize::from(row.last == IN_FORCE);
        above[depth] = Some(row);
        self.rows.push(row);
        Ok(())
    }
}

/// The BPS code of a row; 0 for none.
fn read_bps(text: &str, parent: u64) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a BPS code");
    let number = match text.strip_prefix('+') {
        _ if text.is_empty() => return Ok(0),
        None => text.parse().map_err(|_| wrong())?,
        Some(digits) if digits.len() <= 3 && parent != 0 => {
            parent * 10u64.pow(digits.len() as u32) + digits.parse::<u64>().map_err(|_| wrong())?
        }
        Some(_) => return Err(wrong()),
    };
    BpsCode::from_number(number).map(BpsCode::number).ok_or_else(wrong)
}

/// The kind, from the code and, for a regency, from its name.
fn kind_of(code: RegionCode, name: &str) -> Option<RegionKind> {
    Some(match code.level() {
        RegionLevel::Country => return None,
        RegionLevel::Province => RegionKind::Provinsi,
        RegionLevel::Regency if name.starts_with("Kabupaten ") => RegionKind::Kabupaten,
        RegionLevel::Regency if name.starts_with("Kota ") => RegionKind::Kota,
        RegionLevel::Regency => return None,
        RegionLevel::District => RegionKind::Kecamatan,
        RegionLevel::Village => match code.id() % 10_000 / 1000 {
            1 => RegionKind::Kelurahan,
            2 | 3 => RegionKind::Desa,
            _ => return None,
        },
    })
}
