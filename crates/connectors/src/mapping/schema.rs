//! How a source's columns become figures, as written in a pack. This is the file format: every field
//! here is documented in the generated JSON Schema, so the doc comments are the reference manual.

use pendopo_vocab::{DateFormat, NumberFormat, Period, RegionCode, RegionLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From columns to figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where the region of a row is found.
    pub region: RegionMapping,
    /// Where the period of a row is found.
    pub period: PeriodMapping,
    /// How numbers are written in this source, unless a value says otherwise. `1.234` is ambiguous,
    /// so there is no guessing.
    #[serde(default)]
    pub number_format: NumberFormat,
    /// Columns that together name one row of the source, such as an identifier. A second row with the
    /// same key in one run counts once. Without it a row is named by region, period and breakdown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// Columns that split a figure, such as sex or commodity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<BreakdownMapping>,
    /// The figures read from each row.
    pub value: Vec<ValueMapping>,
    /// Rows to leave out silently, such as the total at the foot of a sheet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<Condition>,
}

impl Mapping {
    /// Every column that the mapping names.
    pub fn named_columns(&self) -> impl Iterator<Item = &str> {
        let conditions = self.skip.iter().chain(self.value.iter().flat_map(|value| &value.when));
        let optional = [
            &self.region.column,
            &self.region.parent_column,
            &self.period.column,
            &self.period.year_column,
            &self.period.month_column,
        ];
        let values = self.value.iter().filter_map(|value| value.column.as_ref());
        optional
            .into_iter()
            .flatten()
            .chain(&self.key)
            .chain(self.breakdown.iter().map(|breakdown| &breakdown.column))
            .chain(values)
            .chain(conditions.map(|condition| &condition.column))
            .map(String::as_str)
    }
}

/// Where the region of a row is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionMapping {
    /// The column that holds the region's code or name. Leave out when `fixed` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What the column holds.
    #[serde(default)]
    pub code_system: CodeSystem,
    /// For names: the column that holds the parent's name or code. 37 villages of one regency may
    /// share a name with another, so a name alone is accepted only when it is unique below `within`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_column: Option<String>,
    /// For names: the level the names belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<RegionLevel>,
    /// Regions outside this one are refused. Default: the center's own region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<RegionCode>,
    /// Every row belongs to this one region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<RegionCode>,
    /// Spellings of this source that are not in the official list: as written there -> region code.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub alias: std::collections::BTreeMap<String, RegionCode>,
}

/// What a region column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeSystem {
    /// Kemendagri codes, dotted or not.
    #[default]
    Kemendagri,
    /// BPS codes (MFD): 4 digits for a regency, 7 for a kecamatan, 10 for a desa.
    Bps,
    /// Names.
    Name,
}

/// Where the period of a row is found. Exactly one of `column`, `year_column`, `fixed`, `header` and
/// `today` is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodMapping {
    /// The column that holds a date or period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How it is written.
    #[serde(default)]
    pub format: DateFormat,
    /// Column with the year, when year and month stand apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_column: Option<String>,
    /// Column with the month (a number or an Indonesian name), beside `year_column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month_column: Option<String>,
    /// Every row belongs to this one period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Period>,
    /// The columns' own names are dates written in `format`: each such column is one value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub header: bool,
    /// The period in which the run takes place, for services that only say what is true now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub today: bool,
}

/// A column that splits a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakdownMapping {
    /// The column.
    pub column: String,
    /// The name of the split, such as `komoditas`.
    pub dimension: String,
}

/// One figure read from each row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueMapping {
    /// Code of the indicator that the figure belongs to.
    pub indicator: String,
    /// The column with the number. Left out with `aggregate = "count"` and with `period.header`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How the number is written, where it differs from the mapping's `number_format`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_format: Option<NumberFormat>,
    /// The number is multiplied by this, such as 1000 for "ribu rupiah" or 100 for a fraction shown
    /// as per cent.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
    /// Smaller values are refused. Default: the indicator's own bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Larger values are refused. Default: the indicator's own bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// What an empty cell means.
    #[serde(default)]
    pub empty: EmptyCell,
    /// `0` stands for "not reported" in this source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub zero_is_missing: bool,
    /// What several rows for one region, period and breakdown mean.
    #[serde(default)]
    pub aggregate: RowAggregation,
    /// Only rows that meet all these conditions carry this figure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
    /// Said in the run's notes when no row carries this figure, such as `Tingkat 1–5 tidak ada dalam berkas;
    /// jumlah antar tingkat tidak dapat dicocokkan.`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// Whether the source's breakdown applies to this figure.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub broken_down: bool,
}

/// What an empty cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmptyCell {
    /// Not reported: no figure, no complaint.
    #[default]
    Skip,
    /// A mistake: the row is refused.
    Refuse,
}

/// What several rows for one region, period and breakdown mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowAggregation {
    /// A mistake: the second row is refused.
    #[default]
    None,
    /// Rows are added up.
    Sum,
    /// Rows are counted; no column is needed.
    Count,
    /// The last row in the source's order stands.
    Last,
    /// Rows are averaged.
    Mean,
}

/// A condition on one column of a row; text is compared without regard to case and outer spaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// Holds when the cell equals one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// Holds when the cell begins with one of these, such as `Jumlah`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Holds when the cell is empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
}

fn one() -> f64 {
    1.0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::float_cmp,
    reason = "serde's signature; exactly the default"
)]
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_yes(value: &bool) -> bool {
    *value
}
