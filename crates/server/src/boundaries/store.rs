//! Sets of boundaries in the database, newest in force.

use super::rules::{Ready, Slot, read_points};
use pendopo_figures::{DbError, Reader, Row, Tx};
use pendopo_geography::{NamedPoint, Topology};
use pendopo_vocab::Author;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// A stored set without its boundaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSet {
    /// Its number.
    pub id: i64,
    /// What it is of; `None` when another version stored it.
    pub slot: Option<Slot>,
    /// Name of the file it came from.
    pub file_name: String,
    /// SHA-256 of its boundaries.
    pub digest: String,
    /// Bytes of its boundaries, packed.
    pub bytes: i64,
    /// Regions or points.
    pub shapes: i64,
    /// Places of all borders.
    pub points: i64,
    /// What was found, as JSON.
    pub report: String,
    /// When, Unix milliseconds.
    pub imported_at: i64,
    /// Who.
    pub author: String,
    /// When it was taken back, and by whom.
    pub retired: Option<(i64, String)>,
    /// It is the one that maps are drawn from.
    pub in_force: bool,
}

const COLUMNS: &str = "boundary_set_id, kind, slot, file_name, digest, length(data), shapes, points, report, \
    imported_at, author, retired_at, retired_by";

fn stored_set(row: &Row<'_>) -> Result<StoredSet, DbError> {
    let (kind, slot): (String, String) = (row.get(1)?, row.get(2)?);
    let retired_at: Option<i64> = row.get(11)?;
    let retired_by: Option<String> = row.get(12)?;
    Ok(StoredSet {
        id: row.get(0)?,
        slot: Slot::from_columns(&kind, &slot),
        file_name: row.get(3)?,
        digest: row.get(4)?,
        bytes: row.get(5)?,
        shapes: row.get(6)?,
        points: row.get(7)?,
        report: row.get(8)?,
        imported_at: row.get(9)?,
        author: row.get(10)?,
        retired: retired_at.map(|at| (at, retired_by.unwrap_or_default())),
        in_force: false,
    })
}

/// All sets that were ever imported, newest first.
///
/// # Errors
/// The database's.
pub fn list_sets(reader: &mut Reader<'_>) -> Result<Vec<StoredSet>, DbError> {
    let sql = format!("select {COLUMNS} from boundary_set order by boundary_set_id desc");
    let mut sets = reader.query(&sql, &[], stored_set)?;
    let mut seen: Vec<Slot> = Vec::new();
    for set in &mut sets {
        let Some(slot) = set.slot.clone().filter(|slot| set.retired.is_none() && !seen.contains(slot)) else {
            continue;
        };
        set.in_force = true;
        seen.push(slot);
    }
    Ok(sets)
}

/// The set in force.
///
/// # Errors
/// The database's.
pub fn find_set(reader: &mut Reader<'_>, slot: &Slot) -> Result<Option<StoredSet>, DbError> {
    let (kind, name) = slot.columns();
    let sql = format!(
        "select {COLUMNS} from boundary_set where kind = $1 and slot = $2 and retired_at is null \
         order by boundary_set_id desc limit 1"
    );
    let found = reader.query_opt(&sql, &[kind.into(), name.into()], stored_set)?;
    Ok(found.map(|set| StoredSet { in_force: true, ..set }))
}

fn digest(data: &[u8]) -> String {
    Sha256::digest(data).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What storing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// A new set is in force.
    New(i64),
    /// The very same boundaries are in force already; nothing was stored.
    Same(i64),
}

/// Stores a set, which is then in force.
///
/// # Errors
/// The database's.
pub fn put_set(
    tx: &mut Tx<'_>,
    ready: &Ready,
    file_name: &str,
    author: &Author,
    at_ms: i64,
) -> Result<Stored, DbError> {
    let digest = digest(&ready.data);
    if let Some(same) = find_set(tx, &ready.slot)?.filter(|set| set.digest == digest) {
        return Ok(Stored::Same(same.id));
    }
    let (kind, slot) = ready.slot.columns();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let report = serde_json::to_string(&ready.report).unwrap_or_else(|_| "{}".to_owned());
    let id = tx.query_one(
        "insert into boundary_set (kind, slot, file_name, digest, data, shapes, points, report, imported_at, author) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning boundary_set_id",
        &[
            kind.into(),
            slot.into(),
            file_name.into(),
            digest.into(),
            ready.data.clone().into(),
            count(ready.shapes).into(),
            count(ready.points).into(),
            report.into(),
            at_ms.into(),
            author.as_str().into(),
        ],
        |row| row.get(0),
    )?;
    Ok(Stored::New(id))
}

/// Takes back the set in force; the one before is in force again. Gives what was taken back.
///
/// # Errors
/// The database's.
pub fn undo(tx: &mut Tx<'_>, slot: &Slot, author: &Author, at_ms: i64) -> Result<Option<StoredSet>, DbError> {
    let Some(set) = find_set(tx, slot)? else { return Ok(None) };
    tx.execute(
        "update boundary_set set retired_at = $2, retired_by = $3 where boundary_set_id = $1",
        &[set.id.into(), at_ms.into(), author.as_str().into()],
    )?;
    Ok(Some(set))
}

/// Takes back all sets of a slot; gives how many.
///
/// # Errors
/// The database's.
pub fn remove(tx: &mut Tx<'_>, slot: &Slot, author: &Author, at_ms: i64) -> Result<u64, DbError> {
    let (kind, name) = slot.columns();
    tx.execute(
        "update boundary_set set retired_at = $3, retired_by = $4 \
         where kind = $1 and slot = $2 and retired_at is null",
        &[kind.into(), name.into(), at_ms.into(), author.as_str().into()],
    )
}

fn read_data(reader: &mut Reader<'_>, id: i64) -> Result<Vec<u8>, DbError> {
    let sql = "select data from boundary_set where boundary_set_id = $1";
    reader.query_one(sql, &[id.into()], |row| row.get(0))
}

/// Sets by their digest, newest first.
type Unpacked = Vec<(String, Arc<Topology>)>;

/// Sets that were unpacked: unpacking takes longer than a page may.
static UNPACKED: LazyLock<Mutex<Unpacked>> = LazyLock::new(Mutex::default);
/// One set per level, and as many again while they change.
const MAX_UNPACKED: usize = 8;

/// The boundaries of a level; `None` when none are in force, or when another version stored them, which is logged.
///
/// # Errors
/// The database's.
pub fn read_topology(reader: &mut Reader<'_>, level: super::Level) -> Result<Option<Arc<Topology>>, DbError> {
    let Some(set) = find_set(reader, &Slot::Regions(level))? else { return Ok(None) };
    let unpacked = || UNPACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, topology)) = unpacked().iter().find(|(digest, _)| *digest == set.digest) {
        return Ok(Some(topology.clone()));
    }
    match Topology::decode(&read_data(reader, set.id)?) {
        Ok(topology) => {
            let topology = Arc::new(topology);
            let mut all = unpacked();
            all.truncate(MAX_UNPACKED - 1);
            all.insert(0, (set.digest, topology.clone()));
            Ok(Some(topology))
        }
        Err(error) => {
            tracing::warn!(set = set.id, %error, "boundaries are left out");
            Ok(None)
        }
    }
}

/// The layers of points in force, by name.
///
/// # Errors
/// The database's.
pub fn read_point_layers(reader: &mut Reader<'_>) -> Result<Vec<(String, Vec<NamedPoint>)>, DbError> {
    let mut layers = Vec::new();
    for set in list_sets(reader)?.into_iter().filter(|set| set.in_force) {
        let Some(Slot::Points(name)) = set.slot else { continue };
        match read_points(&read_data(reader, set.id)?) {
            Ok(points) => layers.push((name, points)),
            Err(error) => tracing::warn!(set = set.id, %error, "points are left out"),
        }
    }
    layers.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(layers)
}
