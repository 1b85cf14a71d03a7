//! Pages of indicators: the list, one indicator in one region, and the lineage of one figure.

use super::outlook::OutlookWords;
use crate::{
    web::{Chrome, Figure},
    widgets::{Bars, Bullet, Empty, Mark, RegionMap, Sparkline, Trend},
};
use askama::Template;

/// All indicators, by sector.
#[derive(Template)]
#[template(path = "indicators/list.html")]
pub struct IndicatorListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Region whose figures are shown.
    pub region: String,
    /// Filters: address, words, chosen.
    pub filters: Vec<Choice>,
    /// Sectors with their indicators.
    pub sectors: Vec<(String, Vec<IndicatorItem>)>,
    /// Instead of the list.
    pub empty: Option<Empty>,
}

/// A link of a row of links, one of which is chosen.
pub struct Choice {
    /// Address.
    pub href: String,
    /// Words.
    pub label: String,
    /// It is the one shown.
    pub chosen: bool,
}

/// One indicator of the list.
pub struct IndicatorItem {
    /// Name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// The value in words.
    pub value: String,
    /// The target in words, or nothing.
    pub target: String,
    /// The period in words, or nothing.
    pub period: String,
    /// Abbreviation of its agency.
    pub agency: String,
    /// Lineage of the value.
    pub lineage: Option<String>,
    /// Its course.
    pub spark: Option<Sparkline>,
}

/// One indicator in one region.
#[derive(Template)]
#[template(path = "indicators/indicator.html")]
pub struct IndicatorPage {
    /// The frame.
    pub chrome: Chrome,
    /// The way down to this region: address and name.
    pub crumbs: Vec<(String, String)>,
    /// Name of the indicator.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// The value at the period.
    pub figure: Option<Figure>,
    /// Its state.
    pub mark: Mark,
    /// Value, target, change and completeness in a sentence.
    pub lead: String,
    /// Period, agency, known since.
    pub from: String,
    /// The value against its target.
    pub bullet: Option<Bullet>,
    /// Lineage of the value.
    pub lineage: Option<String>,
    /// What to beware of: incomplete, differing levels, an old state of knowledge, a stale source.
    pub notices: Vec<(&'static str, String)>,
    /// The pickers.
    pub pickers: Pickers,
    /// The course.
    pub trend: Option<Trend>,
    /// What is expected of it.
    pub outlook: Option<OutlookWords>,
    /// The regions below, coloured.
    pub map: Option<RegionMap>,
    /// Heading of the regions below, such as `Menurut kecamatan`.
    pub below: String,
    /// The regions below, in order of value.
    pub ranking: Option<Bars>,
    /// The parts of the total.
    pub split: Option<Bars>,
    /// Definition and upkeep: word and explanation.
    pub facts: Vec<(String, String)>,
    /// Instead of everything below the head.
    pub empty: Option<Empty>,
}

/// What the reader may choose on an indicator's page.
#[derive(Default)]
pub struct Pickers {
    /// Where the form leads.
    pub action: String,
    /// Kept as they are: name and value.
    pub hidden: Vec<(&'static str, String)>,
    /// Periods: value, words, chosen.
    pub periods: Vec<(String, String, bool)>,
    /// Parts of the total: value, words, chosen.
    pub breakdowns: Vec<(String, String, bool)>,
    /// "As known on" this date, `yyyy-mm-dd`, or nothing.
    pub known_on: String,
}

/// Where one figure comes from.
#[derive(Template)]
#[template(path = "indicators/lineage.html")]
pub struct LineagePage {
    /// The frame.
    pub chrome: Chrome,
    /// The way here.
    pub crumbs: Vec<(String, String)>,
    /// That an earlier state of knowledge is shown.
    pub known_on: Option<String>,
    /// Name of the indicator.
    pub name: String,
    /// Region and period.
    pub of: String,
    /// The value.
    pub figure: Option<Figure>,
    /// Its state.
    pub mark: Mark,
    /// What it is in a sentence.
    pub lead: String,
    /// How it was made, when it was made from others.
    pub made_from: Option<MadeFrom>,
    /// The source it was read from.
    pub source: Option<SourceStep>,
    /// The run that brought it.
    pub run: Option<RunStep>,
    /// The row it stood in.
    pub row: Option<RowStep>,
    /// Every value it ever had, newest first.
    pub revisions: Vec<RevisionItem>,
    /// Who answers for it: word and explanation.
    pub owner: Vec<(String, String)>,
}

/// A figure made from other figures.
pub struct MadeFrom {
    /// In a sentence.
    pub sentence: String,
    /// The figures: name, value in words, lineage, remark.
    pub parts: Vec<(String, String, Option<String>, String)>,
}

/// The source of a figure.
pub struct SourceStep {
    /// Name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Its state.
    pub mark: Mark,
    /// Agency and promise.
    pub words: String,
}

/// The run of a figure.
pub struct RunStep {
    /// Number.
    pub run_id: i64,
    /// When, by whom, how many rows.
    pub words: String,
    /// The hash of what the service answered.
    pub answer_hash: Option<String>,
}

/// The row of a figure.
pub struct RowStep {
    /// Row number, in words.
    pub words: String,
    /// Columns and cells as they came, where the answer is kept.
    pub cells: Vec<(String, String)>,
    /// Why the cells are not shown, if they are not.
    pub why_not: String,
}

/// One value a figure had.
pub struct RevisionItem {
    /// The value in words.
    pub value: String,
    /// The value before it, in words.
    pub before: Option<String>,
    /// Recorded when.
    pub when: String,
    /// By whom.
    pub who: String,
    /// The run.
    pub run_id: i64,
}
