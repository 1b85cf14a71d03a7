//! Worked examples of indicators.

use super::ReferenceCheck;
use crate::packs::{check::Placed, rows::case_indicator};
use pendopo_figures::{AskedFigure, CaseIndicator, GivenFigure, evaluate_case};

impl ReferenceCheck<'_> {
    /// Runs every worked example.
    pub(super) fn cases(&mut self) {
        let pack = self.pack;
        let definitions: Vec<CaseIndicator> =
            pack.indicators.iter().map(|placed| case_indicator(&placed.item)).collect();
        for Placed { item, file, pointer } in &pack.indicators {
            for (index, case) in item.case.iter().enumerate() {
                let given: Vec<GivenFigure> = case
                    .given
                    .iter()
                    .map(|figure| GivenFigure {
                        indicator: figure.indicator.clone().unwrap_or_else(|| item.code.clone()),
                        region: figure.region,
                        period: figure.period,
                        value: figure.value,
                    })
                    .collect();
                let asked = AskedFigure {
                    indicator: item.code.clone(),
                    region: case.expect.region,
                    period: case.expect.period,
                };
                let at = format!("{pointer}/case/{index}");
                match evaluate_case(&definitions, &given, &asked) {
                    Ok(value) if same_value(value, case.expect.value) => {}
                    Ok(value) => {
                        let word = |value: Option<f64>| {
                            value.map_or_else(|| "no value".to_owned(), |value| value.to_string())
                        };
                        self.report(
                            file,
                            &at,
                            format!(
                                "case \"{}\" of `{}` comes to {}, expected {}",
                                case.name,
                                item.code,
                                word(value),
                                word(case.expect.value)
                            ),
                            "mend the definition or the case",
                        );
                    }
                    Err(error) => self.report(
                        file,
                        &at,
                        format!("case \"{}\" of `{}` cannot be computed: {error}", case.name, item.code),
                        "mend the definition or the case",
                    ),
                }
            }
        }
    }
}

/// Equal to six digits, as people write a worked example down.
fn same_value(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}
