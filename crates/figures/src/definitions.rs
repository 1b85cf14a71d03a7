//! Definitions at rest: regions, agencies, sources, indicators, targets. Written by `apply`, in one
//! transaction with everything else a pack changes.

use crate::db::{DbError, Reader, Row, Tx, Value};
use pendopo_vocab::{
    Cadence, Counts, Direction, Period, RegionAggregation, RegionCode, RegionLevel, Sensitivity,
    TimeAggregation,
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// A region of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionRow {
    /// Kemendagri code.
    pub code: RegionCode,
    /// Name.
    pub name: String,
    /// `provinsi`, `kabupaten`, `kota`, `kecamatan`, `desa`, `kelurahan`.
    pub kind: String,
    /// BPS code where known.
    pub bps_code: Option<String>,
    /// First day it exists, `yyyy-mm-dd`; `None` when it always did.
    pub valid_from: Option<String>,
    /// Last day it exists.
    pub valid_to: Option<String>,
    /// The regulation that says so.
    pub legal_basis: Option<String>,
}

/// An agency (OPD).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyRow {
    /// Short name in lower case; the key.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Abbreviation shown on boards.
    pub short_name: String,
    /// Whom to call.
    pub contact: Option<String>,
    /// Order in lists.
    pub position: i64,
}

/// A connection to a running service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Short name in lower case; the key.
    pub code: String,
    /// Agency that runs it.
    pub agency_id: i64,
    /// Name as its users know it.
    pub name: String,
    /// How far what it sends may travel.
    pub sensitivity: Sensitivity,
    /// The whole definition as JSON; read by the server only.
    pub definition: String,
    /// A good run is promised at least this often.
    pub fresh_every_secs: i64,
    /// Delay forgiven.
    pub grace_secs: i64,
    /// Order in lists.
    pub position: i64,
}

/// A defined measure.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorRow {
    /// Short name in lower case; the key.
    pub code: String,
    /// Name in Indonesian.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// What is measured and how.
    pub definition: Option<String>,
    /// Code of its sector.
    pub sector: String,
    /// Agency that answers for it.
    pub agency_id: i64,
    /// Unit as shown.
    pub unit: String,
    /// Decimal places shown.
    pub decimals: u8,
    /// Which way is better.
    pub direction: Direction,
    /// How often it is reported.
    pub cadence: Cadence,
    /// The finest level that reports it: what roll-ups are made from.
    pub level: RegionLevel,
    /// How far it may travel.
    pub sensitivity: Sensitivity,
    /// How regions add up.
    pub region_aggregation: RegionAggregation,
    /// How finer periods add up.
    pub time_aggregation: TimeAggregation,
    /// For `WeightedMean`.
    pub weight_id: Option<i64>,
    /// For `Ratio`.
    pub numerator_id: Option<i64>,
    /// For `Ratio`.
    pub denominator_id: Option<i64>,
    /// For `Ratio`: factor on the quotient. `None` is 1.
    pub scale: Option<f64>,
    /// For computed indicators: a `select` giving `region`, `period`, `value` over the views.
    pub sql: Option<String>,
    /// Fraction of the target that a miss may have and still be "at risk".
    pub tolerance: f64,
    /// Smaller values are refused by the mapping.
    pub min: Option<f64>,
    /// Larger values are refused by the mapping.
    pub max: Option<f64>,
    /// Order on boards.
    pub position: i64,
    /// What it counts.
    pub counts: Counts,
    /// The smallest value shown to readers without internal clearance; `None`: the usual one of `counts`.
    pub least: Option<i64>,
}

/// No threshold is lower than this.
const LOWEST_LEAST: i64 = 3;

impl IndicatorRow {
    /// The smallest value that everybody may see; `None` where nobody is counted.
    pub fn least_shown(&self) -> Option<i64> {
        self.counts.least().map(|usual| self.least.unwrap_or(usual).max(LOWEST_LEAST))
    }
}

/// An aimed-for value.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRow {
    /// The indicator.
    pub indicator_id: i64,
    /// The region it is laid down for.
    pub region: RegionCode,
    /// The period; a coarser one than the indicator's holds for all periods in it.
    pub period: Period,
    /// The bound to reach.
    pub value: f64,
    /// The upper bound, for ranges.
    pub high: Option<f64>,
    /// Where it is laid down.
    pub basis: Option<String>,
}

/// A definition with its database id. `retired_at`: Unix milliseconds; a retired definition keeps its
/// figures and gets no new ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// Database id; stays the same for the same code for ever.
    pub id: i64,
    /// The definition.
    pub row: T,
    /// When it was retired.
    pub retired_at: Option<i64>,
}

/// Fills or refreshes the region table; gives the number of regions. Regions not given stay.
pub fn load_regions(tx: &mut Tx<'_>, regions: impl IntoIterator<Item = RegionRow>) -> Result<u64, DbError> {
    let columns = [
        "region_id",
        "code",
        "name",
        "kind",
        "level",
        "parent_id",
        "bps_code",
        "valid_from",
        "valid_to",
        "legal_basis",
    ];
    let mut regions: Vec<RegionRow> = regions.into_iter().collect();
    regions.sort_by_key(|region| region.code);
    let count = regions.len() as u64;
    let values = |region: RegionRow| -> [Value; 10] {
        [
            region.code.id().into(),
            region.code.to_string().into(),
            region.name.into(),
            region.kind.into(),
            region.code.level().depth().into(),
            region.code.parent().map(RegionCode::id).into(),
            region.bps_code.into(),
            region.valid_from.into(),
            region.valid_to.into(),
            region.legal_basis.into(),
        ]
    };
    let filled: i64 = tx.query_one("select count(*) from region", &[], |row| row.get(0))?;
    if filled == 0 {
        return tx.bulk_insert("region", columns, regions.into_iter().map(values));
    }
    for region in regions {
        tx.execute(
            "insert into region (region_id, code, name, kind, level, parent_id, bps_code, valid_from, valid_to, \
             legal_basis) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             on conflict (region_id) do update set name = excluded.name, kind = excluded.kind, \
             bps_code = excluded.bps_code, valid_from = excluded.valid_from, valid_to = excluded.valid_to, \
             legal_basis = excluded.legal_basis",
            &values(region),
        )?;
    }
    Ok(count)
}

/// Sets the region above which nothing is rolled up: the center's own. Call [`crate::recompute`] after
/// a change.
pub fn set_rollup_root(tx: &mut Tx<'_>, region: RegionCode) -> Result<(), DbError> {
    tx.execute("update rollup_root set region_id = $1", &[region.id().into()])?;
    Ok(())
}

/// The region above which nothing is rolled up.
pub fn rollup_root(reader: &mut Reader<'_>) -> Result<RegionCode, DbError> {
    let id = reader.query_one("select region_id from rollup_root", &[], |row| row.get(0))?;
    region_code(id)
}

/// Adds or changes an agency; gives its id. Brings a retired one back.
pub fn put_agency(tx: &mut Tx<'_>, row: &AgencyRow) -> Result<i64, DbError> {
    tx.query_one(
        "insert into agency (code, name, short_name, contact, position) values ($1, $2, $3, $4, $5) \
         on conflict (code) do update set name = excluded.name, short_name = excluded.short_name, \
         contact = excluded.contact, position = excluded.position, retired_at = null \
         returning agency_id",
        &[
            row.code.as_str().into(),
            row.name.as_str().into(),
            row.short_name.as_str().into(),
            row.contact.as_deref().into(),
            row.position.into(),
        ],
        |row| row.get(0),
    )
}

/// Adds or changes a source; gives its id. Brings a retired one back.
pub fn put_source(tx: &mut Tx<'_>, row: &SourceRow) -> Result<i64, DbError> {
    tx.query_one(
        "insert into source (code, agency_id, name, sensitivity, definition, fresh_every_secs, grace_secs, position) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (code) do update set agency_id = excluded.agency_id, name = excluded.name, \
         sensitivity = excluded.sensitivity, definition = excluded.definition, \
         fresh_every_secs = excluded.fresh_every_secs, grace_secs = excluded.grace_secs, \
         position = excluded.position, retired_at = null \
         returning source_id",
        &[
            row.code.as_str().into(),
            row.agency_id.into(),
            row.name.as_str().into(),
            row.sensitivity.rank().into(),
            row.definition.as_str().into(),
            row.fresh_every_secs.into(),
            row.grace_secs.into(),
            row.position.into(),
        ],
        |row| row.get(0),
    )
}

/// Adds or changes an indicator; gives its id. Brings a retired one back. Indicators that it refers to
/// must be there already. Call [`crate::recompute`] for what changed.
pub fn put_indicator(tx: &mut Tx<'_>, row: &IndicatorRow) -> Result<i64, DbError> {
    tx.query_one(
        "insert into indicator (code, name, name_en, definition, sector, agency_id, unit, decimals, direction, \
         cadence, level, sensitivity, region_aggregation, time_aggregation, weight_id, numerator_id, \
         denominator_id, scale, sql, tolerance, min_value, max_value, position, counts, least) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25) \
         on conflict (code) do update set name = excluded.name, name_en = excluded.name_en, \
         definition = excluded.definition, sector = excluded.sector, agency_id = excluded.agency_id, \
         unit = excluded.unit, decimals = excluded.decimals, direction = excluded.direction, \
         cadence = excluded.cadence, level = excluded.level, sensitivity = excluded.sensitivity, \
         region_aggregation = excluded.region_aggregation, time_aggregation = excluded.time_aggregation, \
         weight_id = excluded.weight_id, numerator_id = excluded.numerator_id, \
         denominator_id = excluded.denominator_id, scale = excluded.scale, sql = excluded.sql, \
         tolerance = excluded.tolerance, min_value = excluded.min_value, max_value = excluded.max_value, \
         position = excluded.position, counts = excluded.counts, least = excluded.least, retired_at = null \
         returning indicator_id",
        &[
            row.code.as_str().into(),
            row.name.as_str().into(),
            row.name_en.as_deref().into(),
            row.definition.as_deref().into(),
            row.sector.as_str().into(),
            row.agency_id.into(),
            row.unit.as_str().into(),
            row.decimals.into(),
            word(&row.direction)?,
            word(&row.cadence)?,
            row.level.depth().into(),
            row.sensitivity.rank().into(),
            word(&row.region_aggregation)?,
            word(&row.time_aggregation)?,
            row.weight_id.into(),
            row.numerator_id.into(),
            row.denominator_id.into(),
            row.scale.into(),
            row.sql.as_deref().into(),
            row.tolerance.into(),
            row.min.into(),
            row.max.into(),
            row.position.into(),
            word(&row.counts)?,
            row.least.into(),
        ],
        |row| row.get(0),
    )
}

/// Says what an indicator counts.
pub(crate) fn put_counts(tx: &mut Tx<'_>, indicator_id: i64, counts: Counts) -> Result<(), DbError> {
    let params = [indicator_id.into(), word(&counts)?];
    tx.execute("update indicator set counts = $2 where indicator_id = $1", &params)?;
    Ok(())
}

/// What can be retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definition {
    /// An agency.
    Agency,
    /// A source.
    Source,
    /// An indicator.
    Indicator,
}

/// Retires a definition at `at` (Unix milliseconds): it keeps its history and gets nothing new.
pub fn retire(tx: &mut Tx<'_>, what: Definition, id: i64, at: i64) -> Result<(), DbError> {
    let sql = match what {
        Definition::Agency => "update agency set retired_at = $2 where agency_id = $1",
        Definition::Source => "update source set retired_at = $2 where source_id = $1",
        Definition::Indicator => "update indicator set retired_at = $2 where indicator_id = $1",
    };
    tx.execute(sql, &[id.into(), at.into()])?;
    Ok(())
}

/// All agencies, retired ones too, in order.
pub fn list_agencies(reader: &mut Reader<'_>) -> Result<Vec<Stored<AgencyRow>>, DbError> {
    reader.query(
        "select agency_id, retired_at, code, name, short_name, contact, position from agency order by position, code",
        &[],
        |row| {
            Ok(Stored {
                id: row.get(0)?,
                retired_at: row.get(1)?,
                row: AgencyRow {
                    code: row.get(2)?,
                    name: row.get(3)?,
                    short_name: row.get(4)?,
                    contact: row.get(5)?,
                    position: row.get(6)?,
                },
            })
        },
    )
}

/// All sources, retired ones too, in order.
pub fn list_sources(reader: &mut Reader<'_>) -> Result<Vec<Stored<SourceRow>>, DbError> {
    reader.query(
        "select source_id, retired_at, code, agency_id, name, sensitivity, definition, fresh_every_secs, grace_secs, \
         position from source order by position, code",
        &[],
        |row| {
            Ok(Stored {
                id: row.get(0)?,
                retired_at: row.get(1)?,
                row: SourceRow {
                    code: row.get(2)?,
                    agency_id: row.get(3)?,
                    name: row.get(4)?,
                    sensitivity: Sensitivity::from_rank(row.get(5)?),
                    definition: row.get(6)?,
                    fresh_every_secs: row.get(7)?,
                    grace_secs: row.get(8)?,
                    position: row.get(9)?,
                },
            })
        },
    )
}

/// All indicators, retired ones too, in order.
pub fn list_indicators(reader: &mut Reader<'_>) -> Result<Vec<Stored<IndicatorRow>>, DbError> {
    reader.query(
        "select indicator_id, retired_at, code, name, name_en, definition, sector, agency_id, unit, decimals, \
         direction, cadence, level, sensitivity, region_aggregation, time_aggregation, weight_id, numerator_id, \
         denominator_id, scale, sql, tolerance, min_value, max_value, position, counts, least \
         from indicator order by position, code",
        &[],
        read_indicator,
    )
}

fn read_indicator(row: &Row<'_>) -> Result<Stored<IndicatorRow>, DbError> {
    Ok(Stored {
        id: row.get(0)?,
        retired_at: row.get(1)?,
        row: IndicatorRow {
            code: row.get(2)?,
            name: row.get(3)?,
            name_en: row.get(4)?,
            definition: row.get(5)?,
            sector: row.get(6)?,
            agency_id: row.get(7)?,
            unit: row.get(8)?,
            decimals: u8::try_from(row.get::<i64>(9)?).unwrap_or(0),
            direction: from_word(row, 10)?,
            cadence: from_word(row, 11)?,
            level: level(row.get(12)?)?,
            sensitivity: Sensitivity::from_rank(row.get(13)?),
            region_aggregation: from_word(row, 14)?,
            time_aggregation: from_word(row, 15)?,
            weight_id: row.get(16)?,
            numerator_id: row.get(17)?,
            denominator_id: row.get(18)?,
            scale: row.get(19)?,
            sql: row.get(20)?,
            tolerance: row.get(21)?,
            min: row.get(22)?,
            max: row.get(23)?,
            position: row.get(24)?,
            counts: match row.get::<Option<String>>(25)? {
                Some(_) => from_word(row, 25)?,
                None => Counts::guess(&row.get::<String>(8)?),
            },
            least: row.get(26)?,
        },
    })
}

/// The targets of one indicator, or of all, ordered by indicator, region, period.
pub fn list_targets(reader: &mut Reader<'_>, indicator_id: Option<i64>) -> Result<Vec<TargetRow>, DbError> {
    let (low, high) = indicator_id.map_or((i64::MIN, i64::MAX), |id| (id, id));
    reader.query(
        "select indicator_id, region_id, period, value, high, basis from target \
         where indicator_id between $1 and $2 order by indicator_id, region_id, period",
        &[low.into(), high.into()],
        |row| {
            Ok(TargetRow {
                indicator_id: row.get(0)?,
                region: region_code(row.get(1)?)?,
                period: period(row.get(2)?)?,
                value: row.get(3)?,
                high: row.get(4)?,
                basis: row.get(5)?,
            })
        },
    )
}

/// The id of a breakdown such as `sex=f`, registering it when it is new. `''` is the total, 0.
pub fn put_breakdown(tx: &mut Tx<'_>, key: &str) -> Result<i64, DbError> {
    let known =
        tx.query_opt("select breakdown_id from breakdown where key = $1", &[key.into()], |row| row.get(0))?;
    match known {
        Some(id) => Ok(id),
        None => tx.query_one(
            "insert into breakdown (key) values ($1) returning breakdown_id",
            &[key.into()],
            |row| row.get(0),
        ),
    }
}

/// All breakdowns, id and key.
pub fn list_breakdowns(reader: &mut Reader<'_>) -> Result<Vec<(i64, String)>, DbError> {
    reader.query("select breakdown_id, key from breakdown order by breakdown_id", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The word serde writes for a unit variant, such as `weighted_mean`.
fn word<T: Serialize>(value: &T) -> Result<Value, DbError> {
    use std::fmt::Write;
    let mut text = String::new();
    write!(text, "{}", Word(value)).map_err(|e| DbError::Other(e.to_string()))?;
    Ok(Value::Text(text))
}

struct Word<'a, T>(&'a T);

impl<T: Serialize> fmt::Display for Word<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

fn from_word<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T, DbError> {
    use serde::de::{IntoDeserializer, value::Error};
    let text: String = row.get(index)?;
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(text))
        .map_err(|e| DbError::Corrupt(e.to_string()))
}

#[inline]
pub(crate) fn region_code(id: i64) -> Result<RegionCode, DbError> {
    RegionCode::from_id(id).ok_or_else(|| DbError::Corrupt(format!("{id} is not a region")))
}

pub(crate) fn period(id: i32) -> Result<Period, DbError> {
    Period::from_id(id).ok_or_else(|| DbError::Corrupt(format!("{id} is not a period")))
}

pub(crate) fn level(depth: i64) -> Result<RegionLevel, DbError> {
    RegionLevel::from_depth(depth).ok_or_else(|| DbError::Corrupt(format!("{depth} is not a level")))
}
