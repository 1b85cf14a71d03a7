//! Rows of definitions, as plain as they can be; tests and measurements change what matters to them.

use pendopo_figures::{AgencyRow, IndicatorRow, RegionRow};
use pendopo_vocab::{
    Cadence, Counts, Direction, RegionAggregation, RegionCode, RegionLevel, Sensitivity, TimeAggregation,
};

pub fn region_row(code: RegionCode) -> RegionRow {
    RegionRow {
        code,
        name: format!("Wilayah {code}"),
        kind: "wilayah".into(),
        bps_code: None,
        valid_from: None,
        valid_to: None,
        legal_basis: None,
    }
}

pub fn agency_row(code: &str) -> AgencyRow {
    AgencyRow {
        code: code.into(),
        name: code.to_uppercase(),
        short_name: code.into(),
        contact: None,
        position: 1,
    }
}

/// A monthly village indicator that adds up.
pub fn indicator(code: &str, agency_id: i64) -> IndicatorRow {
    IndicatorRow {
        code: code.into(),
        name: code.to_uppercase(),
        name_en: None,
        definition: None,
        sector: "kesehatan".into(),
        agency_id,
        unit: "orang".into(),
        decimals: 0,
        direction: Direction::Lower,
        cadence: Cadence::Month,
        level: RegionLevel::Village,
        sensitivity: Sensitivity::Public,
        region_aggregation: RegionAggregation::Sum,
        time_aggregation: TimeAggregation::Last,
        weight_id: None,
        numerator_id: None,
        denominator_id: None,
        scale: None,
        sql: None,
        tolerance: 0.1,
        min: None,
        max: None,
        position: 1,
        counts: Counts::Nothing,
        least: None,
    }
}
