//! Computed indicators: a `select` over the public views, evaluated inside the transaction that changed
//! its inputs.

use crate::{
    db::{DbError, Tx, Value},
    definitions::IndicatorRow,
    write::StagedRow,
};
use pendopo_vocab::{Period, RegionCode};

/// Runs an indicator's SQL; gives what it comes to.
pub(crate) fn evaluate(
    tx: &mut Tx<'_>,
    id: i64,
    indicator: &IndicatorRow,
) -> Result<Vec<StagedRow>, DbError> {
    let Some(sql) = &indicator.sql else {
        return Ok(Vec::new());
    };
    let wrong = |message: String| DbError::Query(format!("indicator `{}`: {message}", indicator.code));
    let answer = tx.query_public(sql).map_err(|e| wrong(e.to_string()))?;
    let column = |name: &str| {
        let position = answer.columns.iter().position(|column| column == name);
        position.ok_or_else(|| wrong(format!("its sql must give a column `{name}`")))
    };
    let (region_at, period_at, value_at) = (column("region")?, column("period")?, column("value")?);
    let mut staged = Vec::with_capacity(answer.rows.len());
    for (row, row_no) in answer.rows.iter().zip(1..) {
        let value = match &row[value_at] {
            Value::Null => continue,
            Value::Real(value) if value.is_finite() => *value,
            Value::Int(value) => *value as f64,
            other => return Err(wrong(format!("row {row_no}: {other:?} is not a value"))),
        };
        let region = match &row[region_at] {
            Value::Int(id) => RegionCode::from_id(*id),
            Value::Text(code) => code.parse().ok(),
            _ => None,
        };
        let period = match &row[period_at] {
            Value::Int(id) => i32::try_from(*id).ok().and_then(Period::from_id),
            Value::Text(text) => text.parse::<Period>().ok(),
            _ => None,
        };
        let (Some(region), Some(period)) = (region, period) else {
            return Err(wrong(format!("row {row_no}: no region and period in {row:?}")));
        };
        staged.push(StagedRow {
            indicator_id: id,
            region_id: region.id(),
            breakdown_id: 0,
            period: period.coarsen(indicator.cadence).id(),
            value,
            row_no,
        });
    }
    Ok(staged)
}
