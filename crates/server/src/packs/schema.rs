//! The files of a place pack, as types. The JSON Schema for editors and for `pendopo check` is made
//! from these types, so the doc comments are the reference manual.

use super::widget::WidgetDef;
use pendopo_connectors::{connection::Connection, mapping::Mapping, personal::ColumnRule};
use pendopo_vocab::{
    Cadence, Counts, Direction, Period, RegionAggregation, RegionCode, RegionLevel, Sensitivity,
    TimeAggregation,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `pack.toml`: who the center is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// Version of this format; 1.
    pub format: u32,
    /// Short name in lower case, such as `blora`.
    pub code: String,
    /// Name of the government, such as `Pemerintah Kabupaten Blora`.
    pub name: String,
    /// The region it governs.
    pub region: RegionCode,
    /// IANA time zone of schedules and of every time shown.
    pub time_zone: String,
    /// The data are made up: every page says so.
    #[serde(default)]
    pub sample_data: bool,
    /// Board shown on the first page. Default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_board: Option<String>,
    /// Where the regions below lie, roughly, for maps without boundaries: a row of text for each row of tiles,
    /// with the last two digits of each region's code, and `--` where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tile_map: Vec<String>,
    /// Who answers for what is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<PaperDef>,
    /// Names of the sectors, in the order of the board.
    #[serde(default)]
    pub sector: Vec<Sector>,
}

/// What stands on every printed report: who answers for it and who signs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperDef {
    /// The agency that answers for the report, in full. Default: the agencies whose figures it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// The office that signs, such as `Kepala Dinas Komunikasi dan Informatika`. Default: no place to sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// The place written before the day, such as `Blora`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Who holds the office. Default: a line to write on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of the official with its word, such as `NIP 1970…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// A group of indicators on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sector {
    /// Short name in lower case.
    pub code: String,
    /// Name in Indonesian.
    pub name: String,
    /// Name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
}

/// `agencies.toml`: the agencies (OPD).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgenciesFile {
    /// The agencies.
    pub agency: Vec<Agency>,
}

/// An agency (OPD).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Short name in lower case, such as `dinkes`.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Abbreviation used on boards, such as `Dinkes`.
    pub short: String,
    /// Whom to call when a source is ill: an office, not a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// `sources/<code>.toml`: one connection to one running service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Short name in lower case; also the file's name.
    pub code: String,
    /// Name of the service as its users know it.
    pub name: String,
    /// Agency that runs it.
    pub agency: String,
    /// How far what it sends may travel.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// When it is read: a cron expression of five fields in the center's time zone. Left out: by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// A good run is promised at least this often: `90 seconds`, `15 minutes`, `6 hours`, `1 day`.
    pub fresh_every: String,
    /// Delay forgiven before late becomes stale. Default: half of `fresh_every`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<String>,
    /// The newest period that it delivers ended at most this long ago, such as `3 days` for daily figures or
    /// `35 days` for monthly ones: beyond it the source is late, beyond twice as long stale, however often it
    /// answers. Left out: only `fresh_every` is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_within: Option<String>,
    /// For queries with `:since`: how far before the start of the last good run is read again, since rows
    /// are stamped before they are visible and clocks differ. Default: `10 minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_overlap: Option<String>,
    /// For queries with `:since`: everything is read again this often, such as `7 days`, since rows get
    /// edited without a new date and some disappear. Left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_every: Option<String>,
    /// A run is given up after this long. Default: `2 minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Largest answer accepted, in MiB. Default: 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_mib: Option<u32>,
    /// A run with more refused rows than this, in per cent, is refused as a whole. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_refused_percent: Option<f64>,
    /// Networks beyond public addresses that this source may be reached at, such as `10.20.0.0/16` or
    /// `127.0.0.1/32`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_networks: Vec<String>,
    /// What the data are used for, in a sentence: for the record of processing (UU 27/2022 Pasal 31).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Legal basis of the processing, such as `UU 27/2022 Pasal 20 ayat (2) huruf e`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Answers are kept this long, such as `90 days`. Default: the center's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_answers: Option<String>,
    /// Refused rows are kept this long. Default: the center's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_refused: Option<String>,
    /// Columns that hold personal data, or look like it, by their names in the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ColumnRule>,
    /// How it is reached.
    pub connection: Connection,
    /// How its columns become figures.
    pub mapping: Mapping,
}

/// `indicators/*.toml`: definitions of measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorsFile {
    /// The indicators.
    pub indicator: Vec<Indicator>,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Short name in lower case.
    pub code: String,
    /// Name in Indonesian.
    pub name: String,
    /// Name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// What is measured and how, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Sector it belongs to.
    pub sector: String,
    /// Agency that answers for it.
    pub agency: String,
    /// Unit as shown, such as `%`, `orang`, `Rp`.
    pub unit: String,
    /// Decimal places shown.
    #[serde(default)]
    pub decimals: u8,
    /// Which way is better.
    pub direction: Direction,
    /// How often it is reported.
    pub cadence: Cadence,
    /// The finest level that reports it.
    pub level: RegionLevel,
    /// How far it may travel.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// How regions below add up.
    pub region_aggregation: RegionAggregation,
    /// How finer periods add up.
    pub time_aggregation: TimeAggregation,
    /// For `weighted_mean`: code of the indicator that weighs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// For `ratio`: code of the numerator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerator: Option<String>,
    /// For `ratio`: code of the denominator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// For `ratio`: the quotient is multiplied by this; 100 for per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// For computed indicators: a `select` that gives `region`, `period` and `value` from the views
    /// `observation`, `latest`, `indicator` and `region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// A miss of up to this fraction of the target counts as "at risk". Default: 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// What it counts, so that nobody can be recognised in small figures: `people` (below 5 not shown),
    /// `health` or `children` (below 10 not shown, zero neither), `nothing`. Default: after the unit;
    /// `orang`, `keluarga` and the like count people. Rates and means follow what they are made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Another threshold than the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_cells: Option<SmallCells>,
    /// Smaller values are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Larger values are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Worked examples, run by `pendopo check`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub case: Vec<Case>,
}

/// When a figure is too small to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmallCells {
    /// The smallest value shown to readers without internal clearance; 3 or more.
    #[schemars(range(min = 3))]
    pub least: u32,
}

impl Indicator {
    /// What it counts, declared or guessed from its unit.
    pub fn counted(&self) -> Counts {
        self.counts.unwrap_or_else(|| Counts::guess(&self.unit))
    }
}

/// A worked example: given these figures, that value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The figures at hand.
    pub given: Vec<CaseFigure>,
    /// The value that must follow.
    pub expect: CaseExpectation,
}

/// A figure at hand in a worked example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFigure {
    /// Code of the indicator; the indicator itself when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
    /// The region.
    pub region: RegionCode,
    /// The period.
    pub period: Period,
    /// The value.
    pub value: f64,
}

/// What a worked example must come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseExpectation {
    /// The region.
    pub region: RegionCode,
    /// The period; a coarser one than the indicator's cadence asks for the aggregation over time.
    pub period: Period,
    /// The value, or nothing when none may follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// `targets.toml` or `targets/*.toml`: aimed-for values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetsFile {
    /// The targets.
    pub target: Vec<Target>,
}

/// An aimed-for value. It holds for the region and, unless they have their own, for all regions below;
/// a yearly target holds for every period of the year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Code of the indicator.
    pub indicator: String,
    /// The region. Default: the center's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    /// The period.
    pub period: Period,
    /// The bound to reach (the lower one for `direction = "range"`).
    pub value: f64,
    /// The upper bound for `direction = "range"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Where it is laid down, such as `RPJMD 2025–2029`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

/// `boards/<code>.toml`: an arrangement for a reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    /// Short name in lower case; also the file's name.
    pub code: String,
    /// Title in Indonesian.
    pub title: String,
    /// Title in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// Indicator of the map below the groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// Whether what needs a look and the agencies stand above the groups. Default: true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub exceptions: bool,
    /// The groups, in order.
    pub section: Vec<Section>,
}

/// A group of figures and widgets. `indicators` is short for a tile each; `[[section.widget]]` says more.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Sector whose name heads the group, unless it has a title of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// Heading in Indonesian.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Heading in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// Codes of indicators that are shown as tiles, in order, before the widgets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<String>,
    /// The widgets, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub widget: Vec<WidgetDef>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}
