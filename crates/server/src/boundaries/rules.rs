//! What becomes of a file: the part that is stored and the report that is kept with it.

use pendopo_geography::{
    DecodeError, Finding, ImportOptions, Imported, JoinedBy, NamedPoint, PointLayer, Refusal, Unmatched,
};
use pendopo_vocab::{RegionCode, RegionLevel};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A level that boundaries can have, by the words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Level {
    /// Provinces
    Provinsi,
    /// Kabupaten and kota
    Kabupaten,
    /// Kecamatan
    Kecamatan,
    /// Desa and kelurahan
    Desa,
}

impl Level {
    /// As the region tree has it.
    pub fn region_level(self) -> RegionLevel {
        match self {
            Level::Provinsi => RegionLevel::Province,
            Level::Kabupaten => RegionLevel::Regency,
            Level::Kecamatan => RegionLevel::District,
            Level::Desa => RegionLevel::Village,
        }
    }

    /// The other way; `None` for the country.
    pub fn of(level: RegionLevel) -> Option<Level> {
        Some(match level {
            RegionLevel::Country => return None,
            RegionLevel::Province => Level::Provinsi,
            RegionLevel::Regency => Level::Kabupaten,
            RegionLevel::District => Level::Kecamatan,
            RegionLevel::Village => Level::Desa,
        })
    }

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Level::Provinsi => "provinsi",
            Level::Kabupaten => "kabupaten",
            Level::Kecamatan => "kecamatan",
            Level::Desa => "desa",
        }
    }

    fn stored(self) -> &'static str {
        match self {
            Level::Provinsi => "province",
            Level::Kabupaten => "regency",
            Level::Kecamatan => "district",
            Level::Desa => "village",
        }
    }
}

/// A place for one set: what is imported into it replaces what was there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The regions of a level.
    Regions(Level),
    /// A layer of points by this name.
    Points(String),
}

impl Slot {
    /// As stored: kind and slot.
    pub fn columns(&self) -> (&'static str, &str) {
        match self {
            Slot::Regions(level) => ("regions", level.stored()),
            Slot::Points(name) => ("points", name),
        }
    }

    /// From what is stored; `None` for a level of another version.
    pub fn from_columns(kind: &str, slot: &str) -> Option<Slot> {
        let levels = [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa];
        match kind {
            "points" => Some(Slot::Points(slot.to_owned())),
            _ => levels.into_iter().find(|level| level.stored() == slot).map(Slot::Regions),
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Regions(level) => f.write_str(level.word()),
            Slot::Points(name) => write!(f, "titik {name}"),
        }
    }
}

/// Lists longer than this are cut when they are kept.
const KEPT: usize = 500;

/// What is kept about an import besides the boundaries.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// How features were matched; `None` for points.
    pub by: Option<JoinedBy>,
    /// Features in the file.
    pub features: usize,
    /// Features that name regions elsewhere.
    pub elsewhere: usize,
    /// Features that name no region; at most 500 of them.
    pub unmatched: Vec<Unmatched>,
    /// How many there are in all.
    pub unmatched_count: usize,
    /// Regions of the center without a boundary; at most 500 of them.
    pub missing: Vec<RegionCode>,
    /// How many there are in all.
    pub missing_count: usize,
    /// What was repaired or kept aside; at most 500 of it.
    pub findings: Vec<Finding>,
}

/// A set ready to be stored.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Where it goes.
    pub slot: Slot,
    /// Packed.
    pub data: Vec<u8>,
    /// Regions or points in it.
    pub shapes: usize,
    /// Places of all borders, each border once.
    pub points: usize,
    /// What was found.
    pub report: Report,
}

fn cut<T>(mut list: Vec<T>) -> (Vec<T>, usize) {
    let count = list.len();
    list.truncate(KEPT);
    (list, count)
}

/// Reads a file of regions.
///
/// # Errors
/// The refusal of the file.
pub fn prepare(bytes: &[u8], options: &ImportOptions<'_>) -> anyhow::Result<Ready> {
    let imported: Imported = pendopo_geography::import(bytes, options)?;
    let level = Level::of(imported.level)
        .ok_or_else(|| anyhow::anyhow!("the country as a whole has no boundaries of its own"))?;
    let (unmatched, unmatched_count) = cut(imported.unmatched);
    let (missing, missing_count) = cut(imported.missing);
    Ok(Ready {
        slot: Slot::Regions(level),
        data: imported.topology.encode()?,
        shapes: imported.topology.regions.len(),
        points: imported.topology.points(),
        report: Report {
            by: Some(imported.by),
            features: imported.features,
            elsewhere: imported.elsewhere,
            unmatched,
            unmatched_count,
            missing,
            missing_count,
            findings: cut(imported.findings).0,
        },
    })
}

/// Reads a file of points.
///
/// # Errors
/// The refusal of the file.
pub fn prepare_points(
    bytes: &[u8],
    layer_name: &str,
    layer: Option<&str>,
    name: Option<&str>,
) -> anyhow::Result<Ready> {
    let PointLayer { points, findings } = pendopo_geography::import_points(bytes, layer, name)?;
    Ok(Ready {
        slot: Slot::Points(layer_name.to_owned()),
        data: serde_json::to_vec(&points)?,
        shapes: points.len(),
        points: points.len(),
        report: Report { features: points.len(), findings: cut(findings).0, ..Report::default() },
    })
}

/// Reads a stored layer of points.
///
/// # Errors
/// When it is of another version.
pub fn read_points(data: &[u8]) -> Result<Vec<NamedPoint>, serde_json::Error> {
    serde_json::from_slice(data)
}

/// A word more on a refusal, where there is something to try.
pub fn hint_for(error: &anyhow::Error) -> Option<&'static str> {
    match error.downcast_ref::<Refusal>() {
        Some(Refusal::NoAreas) => Some("if it holds points, name their layer with --points NAME"),
        _ if error.downcast_ref::<DecodeError>().is_some() => Some("import the boundaries again"),
        _ => None,
    }
}
