//! The administrative tree of Indonesia: every region by its Kemendagri code, with its name, its kind,
//! its BPS code where known, and the decree it stands on.
//!
//! The table is embedded, compressed; `scripts/make-regions.py` makes it and `data/README.md` says from
//! what. Rows are sorted by code, so that a region's subtree is one slice. Looking up names is in
//! `find`, reading codes in `codes`.

mod codes;
mod error;
mod find;
mod names;
mod table;
#[cfg(test)]
mod tests;

pub use codes::{BpsCode, CodeSystem};
pub use error::{RegionError, RegionLabel};
pub use find::NameMatch;
pub use table::RegionTableError;

use crate::{RegionCode, RegionLevel};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range, sync::OnceLock};

/// What a region is in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionKind {
    /// A province.
    Provinsi,
    /// A regency.
    Kabupaten,
    /// A city, on the level of a regency.
    Kota,
    /// A district (in Papua: distrik).
    Kecamatan,
    /// A village that governs itself; the last part of its code begins with 2, or 3 for a desa adat.
    Desa,
    /// A village that the government administers; the last part of its code begins with 1.
    Kelurahan,
}

impl RegionKind {
    /// The Indonesian word, such as `Kecamatan`.
    pub fn word(self) -> &'static str {
        match self {
            RegionKind::Provinsi => "Provinsi",
            RegionKind::Kabupaten => "Kabupaten",
            RegionKind::Kota => "Kota",
            RegionKind::Kecamatan => "Kecamatan",
            RegionKind::Desa => "Desa",
            RegionKind::Kelurahan => "Kelurahan",
        }
    }

    /// The level such a region stands on.
    pub fn level(self) -> RegionLevel {
        match self {
            RegionKind::Provinsi => RegionLevel::Province,
            RegionKind::Kabupaten | RegionKind::Kota => RegionLevel::Regency,
            RegionKind::Kecamatan => RegionLevel::District,
            RegionKind::Desa | RegionKind::Kelurahan => RegionLevel::Village,
        }
    }
}

/// One region, as the tree knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region<'t> {
    /// Kemendagri code.
    pub code: RegionCode,
    /// Name as the decree writes it; for a kabupaten or kota with that word in front.
    pub name: &'t str,
    /// What it is in law.
    pub kind: RegionKind,
    /// Its level.
    pub level: RegionLevel,
    /// The region one level up; `None` for a province.
    pub parent: Option<RegionCode>,
    /// Code in the BPS system, where certain.
    pub bps_code: Option<BpsCode>,
    /// First day of the edition that brought it, where known.
    pub valid_from: Option<Date>,
    /// Last day of the edition after which it was gone; `None` while it exists.
    pub valid_to: Option<Date>,
    /// The decree of the edition that brought it.
    pub legal_basis: &'t str,
}

impl Region<'_> {
    /// The name with the word for its kind in front, such as `Kecamatan Cepu`.
    pub fn full_name(&self) -> String {
        let word = self.kind.word();
        match self.name.strip_prefix(word) {
            Some(rest) if rest.starts_with(' ') && self.kind != RegionKind::Kecamatan => self.name.to_owned(),
            _ => format!("{word} {}", self.name),
        }
    }
}

/// An edition of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its number in the table.
    pub number: u8,
    /// First day, where known.
    pub valid_from: Option<Date>,
    /// Last day; `None` for the edition in force.
    pub valid_to: Option<Date>,
    /// The decree.
    pub legal_basis: String,
}

/// One row; 24 bytes, of which there are 91,599.
#[derive(Debug, Clone, Copy)]
struct Row {
    code: RegionCode,
    /// BPS code, 0 for none.
    bps: u64,
    name_at: u32,
    name_len: u8,
    kind: RegionKind,
    /// Positions in `editions`; `last` is `IN_FORCE` for a region that exists.
    first: u8,
    last: u8,
}

const IN_FORCE: u8 = u8::MAX;

/// The tree. Regions that an edition ended are found by [`RegionTree::get`] only, so that old figures
/// keep their names; everything else speaks of regions in force.
pub struct RegionTree {
    /// All names, one after the other.
    names: String,
    /// Sorted by code.
    rows: Vec<Row>,
    /// Hash of the loose name and position in `rows`, sorted; made when a name is first looked up.
    by_name: OnceLock<Vec<(u32, u32)>>,
    /// Positions in `rows` of rows with a BPS code, sorted by it; made when one is first looked up.
    by_bps: OnceLock<Vec<u32>>,
    editions: Vec<Edition>,
    in_force: usize,
}

impl fmt::Debug for RegionTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionTree").field("len", &self.in_force).field("editions", &self.editions).finish()
    }
}

impl RegionTree {
    /// The tree that comes with the program; read on first use, about 20 ms; the first lookup of a
    /// name takes as long again.
    pub fn embedded() -> &'static RegionTree {
        static TREE: OnceLock<RegionTree> = OnceLock::new();
        TREE.get_or_init(table::read_embedded)
    }

    /// The region with this code, also when it is no longer in force. The country is not in the list.
    pub fn get(&self, code: RegionCode) -> Option<Region<'_>> {
        let at = self.rows.binary_search_by_key(&code, |row| row.code).ok()?;
        Some(self.region(&self.rows[at]))
    }

    /// Whether a region with this code is in force.
    pub fn contains(&self, code: RegionCode) -> bool {
        self.get(code).is_some_and(|region| region.valid_to.is_none())
    }

    /// The regions directly below, by code; for [`RegionCode::COUNTRY`] the provinces.
    pub fn children(&self, code: RegionCode) -> impl Iterator<Item = Region<'_>> {
        let level = code.level().child();
        self.rows_below(code).filter(move |row| Some(row.kind.level()) == level).map(|row| self.region(row))
    }

    /// How many regions lie directly below.
    pub fn count_children(&self, code: RegionCode) -> usize {
        self.children(code).count()
    }

    /// All regions of one level that lie in a region, by code; with its own level the region itself.
    pub fn descendants(&self, code: RegionCode, level: RegionLevel) -> impl Iterator<Item = Region<'_>> {
        self.rows_below(code).filter(move |row| row.kind.level() == level).map(|row| self.region(row))
    }

    /// All regions in force, by code: every region after its parent.
    pub fn iter(&self) -> impl Iterator<Item = Region<'_>> {
        self.rows_below(RegionCode::COUNTRY).map(|row| self.region(row))
    }

    /// How many regions are in force.
    pub fn len(&self) -> usize {
        self.in_force
    }

    /// Whether the tree holds nothing.
    pub fn is_empty(&self) -> bool {
        self.in_force == 0
    }

    /// The editions of the list, oldest first.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The region with this BPS code (2, 4, 7 or 10 digits, no dots).
    pub fn by_bps(&self, text: &str) -> Option<Region<'_>> {
        let wanted = text.parse::<BpsCode>().ok()?.number();
        let bps = |at: &u32| self.rows[*at as usize].bps;
        let index = self.bps_index();
        let found = index.binary_search_by_key(&wanted, bps).ok()?;
        Some(self.region(&self.rows[index[found] as usize]))
    }

    /// What to call a region in a message; an unknown code stands for itself.
    pub fn label(&self, code: RegionCode) -> RegionLabel {
        let region = self.get(code);
        RegionLabel {
            code,
            name: region.map_or_else(|| code.to_string(), |region| region.full_name()).into(),
            parent: region
                .and_then(|region| region.parent)
                .and_then(|parent| self.get(parent))
                .map(|parent| parent.full_name().into()),
        }
    }

    /// Bytes of memory the tree holds.
    pub fn memory_bytes(&self) -> usize {
        self.names.capacity()
            + self.rows.capacity() * size_of::<Row>()
            + self.by_name.get().map_or(0, |index| index.capacity() * size_of::<(u32, u32)>())
            + self.by_bps.get().map_or(0, |index| index.capacity() * size_of::<u32>())
    }

    /// Regions in force with their positions in `rows`.
    fn numbered(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0u32..).zip(&self.rows).filter(|(_, row)| row.last == IN_FORCE)
    }

    fn name_index(&self) -> &[(u32, u32)] {
        self.by_name.get_or_init(|| {
            let mut index = Vec::with_capacity(self.in_force);
            let mut key = String::new();
            for (at, row) in self.numbered() {
                names::loose_key_of(self.name(row), row.kind, &mut key);
                index.push((names::hash(&key), at));
            }
            index.sort_unstable();
            index
        })
    }

    fn bps_index(&self) -> &[u32] {
        self.by_bps.get_or_init(|| {
            let known = self.numbered().filter(|(_, row)| row.bps != 0);
            let mut index: Vec<u32> = known.map(|(at, _)| at).collect();
            index.sort_unstable_by_key(|at| self.rows[*at as usize].bps);
            index.shrink_to_fit();
            index
        })
    }

    /// Positions of a region and all that lies in it.
    fn span(&self, code: RegionCode) -> Range<usize> {
        let codes = code.subtree();
        let start = self.rows.partition_point(|row| row.code.id() < *codes.start());
        let end = self.rows.partition_point(|row| row.code.id() <= *codes.end());
        start..end
    }

    /// Rows in force of a region and all that lies in it.
    fn rows_below(&self, code: RegionCode) -> impl Iterator<Item = &Row> {
        self.rows[self.span(code)].iter().filter(|row| row.last == IN_FORCE)
    }

    fn name(&self, row: &Row) -> &str {
        let start = row.name_at as usize;
        &self.names[start..start + usize::from(row.name_len)]
    }

    fn region(&self, row: &Row) -> Region<'_> {
        let first = &self.editions[usize::from(row.first)];
        let level = row.kind.level();
        Region {
            code: row.code,
            name: self.name(row),
            kind: row.kind,
            level,
            parent: (level > RegionLevel::Province).then(|| row.code.parent()).flatten(),
            bps_code: BpsCode::from_number(row.bps),
            valid_from: first.valid_from,
            valid_to: self.editions.get(usize::from(row.last)).and_then(|edition| edition.valid_to),
            legal_basis: &first.legal_basis,
        }
    }
}
