//! Is a mapping possible at all? All mistakes at once, before any row is read.

use super::{IndicatorShape, Mapping, PeriodMapping, RowAggregation};
use jiff::civil::Date;
use pendopo_vocab::{RegionCode, region_tree::RegionTree};
use std::fmt;

/// What a mapping is seen against.
#[derive(Debug, Clone, Copy)]
pub struct MappingContext<'t, 'i> {
    /// The regions.
    pub tree: &'t RegionTree,
    /// The center's own region.
    pub center: RegionCode,
    /// The indicators that sources may feed. A [`super::Fact`] names its indicator by position here.
    pub indicators: &'i [IndicatorShape],
    /// The day of the run in the center's time zone.
    pub today: Date,
}

/// A mistake in a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingProblem {
    /// The field at fault, such as `value[1].indicator`.
    pub field: String,
    /// What is wrong, in English.
    pub what: String,
    /// A likely right value.
    pub suggestion: Option<String>,
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

/// Every mistake of a mapping.
pub fn check_mapping(mapping: &Mapping, context: &MappingContext<'_, '_>) -> Vec<MappingProblem> {
    let mut problems = Vec::new();
    check_region(mapping, context, &mut problems);
    check_period(&mapping.period, &mut problems);
    check_values(mapping, context, &mut problems);
    for (index, condition) in mapping.skip.iter().enumerate() {
        check_condition(condition, &format!("skip[{index}]"), &mut problems);
    }
    for (index, breakdown) in mapping.breakdown.iter().enumerate() {
        let twice = mapping.breakdown[..index].iter().any(|other| other.dimension == breakdown.dimension);
        if twice || breakdown.dimension.trim().is_empty() {
            let field = format!("breakdown[{index}].dimension");
            problem(&mut problems, &field, "needs a name of its own");
        }
    }
    problems
}

fn problem(problems: &mut Vec<MappingProblem>, field: &str, what: &str) {
    problems.push(MappingProblem { field: field.to_owned(), what: what.to_owned(), suggestion: None });
}

fn check_region(mapping: &Mapping, context: &MappingContext<'_, '_>, problems: &mut Vec<MappingProblem>) {
    let region = &mapping.region;
    if region.column.is_some() == region.fixed.is_some() {
        problem(problems, "region", "give exactly one of `column` and `fixed`");
    }
    let known = |code: RegionCode| code == RegionCode::COUNTRY || context.tree.get(code).is_some();
    let named = [("region.within", region.within), ("region.fixed", region.fixed)];
    let aliases = region.alias.iter();
    let all = named
        .into_iter()
        .filter_map(|(field, code)| code.map(|code| (field.to_owned(), code)))
        .chain(aliases.map(|(name, code)| (format!("region.alias.{name}"), *code)));
    for (field, code) in all {
        if !known(code) {
            problem(problems, &field, &format!("no region has the code {code}"));
        }
    }
    if region.parent_column.is_some() && region.code_system != super::CodeSystem::Name {
        let what = "belongs to `code_system = \"name\"`; a code needs no parent";
        problem(problems, "region.parent_column", what);
    }
}

fn check_period(period: &PeriodMapping, problems: &mut Vec<MappingProblem>) {
    let given = [
        period.column.is_some(),
        period.year_column.is_some(),
        period.fixed.is_some(),
        period.header,
        period.today,
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        let what = "give exactly one of `column`, `year_column`, `fixed`, `header` and `today`";
        problem(problems, "period", what);
    }
    if period.month_column.is_some() && period.year_column.is_none() {
        problem(problems, "period.month_column", "needs `year_column` beside it");
    }
}

fn check_values(mapping: &Mapping, context: &MappingContext<'_, '_>, problems: &mut Vec<MappingProblem>) {
    if mapping.value.is_empty() {
        problem(problems, "value", "a source without a figure is of no use");
    }
    for (index, value) in mapping.value.iter().enumerate() {
        let at = |field: &str| format!("value[{index}].{field}");
        let shape = context.indicators.iter().find(|shape| shape.code == value.indicator);
        if shape.is_none() {
            let codes: Vec<String> = context.indicators.iter().map(|s| s.code.clone()).collect();
            problems.push(MappingProblem {
                field: at("indicator"),
                what: format!("there is no indicator `{}`", value.indicator),
                suggestion: super::likely_name(&value.indicator, &codes),
            });
        }
        let count = value.aggregate == RowAggregation::Count;
        if mapping.period.header {
            if value.column.is_some() {
                let what = "the dated columns hold the values; leave `column` out";
                problem(problems, &at("column"), what);
            }
        } else if value.column.is_none() && !count {
            problem(problems, &at("column"), "name the column with the number");
        }
        if !value.scale.is_finite() || value.scale == 0.0 {
            problem(problems, &at("scale"), "must be a number other than 0");
        }
        if matches!((value.min, value.max), (Some(min), Some(max)) if min > max) {
            problem(problems, &at("min"), "is larger than `max`");
        }
        if let (Some(shape), Some(fixed)) = (shape, mapping.period.fixed)
            && fixed.cadence() > shape.cadence
        {
            let what = format!(
                "{fixed} is coarser than the cadence of `{}`, which is {}",
                shape.code,
                shape.cadence.as_str()
            );
            problem(problems, "period.fixed", &what);
        }
        for (nth, condition) in value.when.iter().enumerate() {
            check_condition(condition, &at(&format!("when[{nth}]")), problems);
        }
        let mixed = mapping.value[..index]
            .iter()
            .any(|other| other.indicator == value.indicator && other.aggregate != value.aggregate);
        if mixed {
            let what = "the same indicator is gathered in another way above";
            problem(problems, &at("aggregate"), what);
        }
        let twice = mapping.value[..index].iter().any(|other| {
            other.indicator == value.indicator
                && other.when == value.when
                && other.broken_down == value.broken_down
        });
        if twice {
            let what = "this indicator is read twice under the same conditions";
            problem(problems, &at("indicator"), what);
        }
    }
    if mapping.value.len() > super::keys::MAX_SLOTS {
        let what = format!("more than {} figures per row", super::keys::MAX_SLOTS);
        problem(problems, "value", &what);
    }
}

fn check_condition(condition: &super::Condition, field: &str, problems: &mut Vec<MappingProblem>) {
    if condition.is.is_empty() && condition.starts_with.is_empty() && !condition.empty {
        problem(problems, field, "give `is`, `starts_with` or `empty`");
    }
}
