//! Questions along time: trend, coarser periods, lineage.

use super::{
    CoarsePoint, Lineage, Point, Revision, SeriesOf, Span,
    as_of::{AsOf, commit_at},
    scoped::{admits_indicator, hidden_from, hidden_periods, is_cleared},
};
use crate::{
    catalog::Catalog,
    db::{DbError, Reader},
    definitions::period,
    effective::{Series, Slot},
};
use pendopo_vocab::{Cadence, RegionAggregation, Scope, TimeAggregation};
use std::collections::BTreeMap;

impl SeriesOf {
    pub(super) fn series(self) -> Series {
        Series { indicator_id: self.indicator_id, breakdown_id: self.breakdown_id }
    }
}

fn point(period: i32, slot: Slot) -> Point {
    Point {
        period,
        value: Some(slot.value),
        rolled: slot.rolled,
        reported: slot.reported,
        expected: slot.expected,
        commit_no: slot.commit_no,
    }
}

fn admits(reader: &mut Reader<'_>, scope: &Scope, of: SeriesOf) -> Result<bool, DbError> {
    Ok(scope.region.contains(of.region) && admits_indicator(reader, scope, of.indicator_id)?)
}

pub(super) fn trend(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    span: Span,
    known_at: Option<i64>,
) -> Result<Vec<Point>, DbError> {
    if !admits(reader, scope, of)? {
        return Ok(Vec::new());
    }
    let mut points = match known_at {
        Some(known_at) => trend_then(reader, of, span, known_at)?,
        None => trend_now(reader, of, span)?,
    };
    hide(reader, scope, of, &mut points)?;
    Ok(points)
}

/// Takes the values out that are hidden from the scope.
fn hide(reader: &mut Reader<'_>, scope: &Scope, of: SeriesOf, points: &mut [Point]) -> Result<(), DbError> {
    if points.is_empty() {
        return Ok(());
    }
    let hidden = hidden_periods(reader, scope, of)?;
    for point in points.iter_mut().filter(|point| hidden.contains(&point.period)) {
        (point.value, point.reported, point.expected) = (None, None, None);
    }
    Ok(())
}

fn trend_then(
    reader: &mut Reader<'_>,
    of: SeriesOf,
    span: Span,
    known_at: i64,
) -> Result<Vec<Point>, DbError> {
    let catalog = &Catalog::load(reader)?;
    let as_of = AsOf { catalog, commit_no: commit_at(reader, known_at)? };
    let mut points = Vec::new();
    for at in as_of.periods(reader, of.series(), span.from, span.to)? {
        if let Some(slot) = as_of.one(reader, of.series(), at, of.region.id())? {
            points.push(point(at, slot));
        }
    }
    points.reverse();
    Ok(points)
}

/// One region of a table that is ordered by period: steps from period to period, looking the region up
/// in each, instead of reading all regions of all periods.
fn along_periods(table: &str, columns: &str) -> String {
    format!(
        "with recursive step (period) as ( \
         select min(f.period) from {table} f where f.indicator_id = $1 and f.breakdown_id = $3 and f.period >= $4 \
         union all \
         select (select min(n.period) from {table} n where n.indicator_id = $1 and n.breakdown_id = $3 \
         and n.period > step.period) from step where step.period < $5) \
         select o.period, o.value, {columns} from step cross join {table} o \
         where o.indicator_id = $1 and o.breakdown_id = $3 and o.period = step.period and o.region_id = $2 \
         and o.period <= $5 order by o.period, o.commit_no"
    )
}

fn trend_now(reader: &mut Reader<'_>, of: SeriesOf, span: Span) -> Result<Vec<Point>, DbError> {
    let params = [
        of.indicator_id.into(),
        of.region.id().into(),
        of.breakdown_id.into(),
        span.from.into(),
        span.to.into(),
    ];
    let mut points: BTreeMap<i32, Point> = BTreeMap::new();
    reader.for_each(&along_periods("rollup", "o.reported, o.expected, o.commit_no"), &params, |row| {
        let found = Point {
            period: row.get(0)?,
            value: Some(row.get(1)?),
            rolled: true,
            reported: row.get(2)?,
            expected: row.get(3)?,
            commit_no: row.get(4)?,
        };
        points.insert(found.period, found);
        Ok(())
    })?;
    reader.for_each(&along_periods("observation", "o.commit_no"), &params, |row| {
        // Later revisions replace earlier ones, own figures replace roll-ups.
        let at = row.get(0)?;
        let rolled = points.get(&at);
        let found = Point {
            period: at,
            value: Some(row.get(1)?),
            rolled: false,
            reported: rolled.and_then(|point| point.reported),
            expected: rolled.and_then(|point| point.expected),
            commit_no: row.get(2)?,
        };
        points.insert(at, found);
        Ok(())
    })?;
    Ok(points.into_values().collect())
}

pub(super) fn over_time(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    cadence: Cadence,
    span: Span,
    known_at: Option<i64>,
) -> Result<Vec<CoarsePoint>, DbError> {
    let points = trend(reader, scope, of, span, known_at)?;
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let catalog = Catalog::load(reader)?;
    let indicator = catalog.get(of.indicator_id)?;
    if indicator.region_aggregation == RegionAggregation::Ratio
        && indicator.time_aggregation != TimeAggregation::Last
    {
        return ratio_over_time(reader, scope, of, cadence, &points, &catalog, known_at);
    }
    coarsen(&points, cadence, indicator.time_aggregation)
}

/// Points (oldest first) in coarser periods. A coarser period is hidden when one that it is made from is:
/// what is shown of it then tells nothing that its parts do not.
pub(crate) fn coarsen(
    points: &[Point],
    cadence: Cadence,
    how: TimeAggregation,
) -> Result<Vec<CoarsePoint>, DbError> {
    let mut coarse: Vec<CoarsePoint> = Vec::new();
    for point in points {
        let at = period(point.period)?.coarsen(cadence).id();
        match coarse.last_mut() {
            Some(last) if last.period == at => {
                last.periods += 1;
                match how {
                    TimeAggregation::Last => last.value = point.value,
                    TimeAggregation::Sum | TimeAggregation::Mean => {
                        last.value = last.value.zip(point.value).map(|(sum, value)| sum + value);
                    }
                }
            }
            _ => coarse.push(CoarsePoint { period: at, value: point.value, periods: 1 }),
        }
    }
    if how == TimeAggregation::Mean {
        for point in &mut coarse {
            let periods = point.periods as f64;
            point.value = point.value.map(|sum| sum / periods);
        }
    }
    Ok(coarse)
}

/// A ratio of sums, not a sum of ratios: both inputs are made coarser, each in its own way.
fn ratio_over_time(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    cadence: Cadence,
    points: &[Point],
    catalog: &Catalog,
    known_at: Option<i64>,
) -> Result<Vec<CoarsePoint>, DbError> {
    let ratio = catalog.get(of.indicator_id)?;
    let own = coarsen(points, cadence, TimeAggregation::Mean)?;
    let (Some(numerator), Some(denominator)) = (ratio.numerator_id, ratio.denominator_id) else {
        return Ok(own);
    };
    // What made the ratio is part of it: whoever may see the ratio may have it made.
    let inner = Scope { region: scope.region, ..Scope::everything() };
    let mut input = |indicator_id| -> Result<BTreeMap<i32, Option<f64>>, DbError> {
        let how = catalog.get(indicator_id)?.time_aggregation;
        let of = SeriesOf { indicator_id, ..of };
        let mut points = trend(reader, &inner, of, Span::ALWAYS, known_at)?;
        // But not what of it is hidden.
        hide(reader, scope, of, &mut points)?;
        Ok(coarsen(&points, cadence, how)?.iter().map(|point| (point.period, point.value)).collect())
    };
    let (above, below) = (input(numerator)?, input(denominator)?);
    let scale = ratio.scale.unwrap_or(1.0);
    let value_at = |at: i32| -> Option<Option<f64>> {
        // Of a coarser or rarer denominator, the newest not after the period counts.
        let (_, below) = below.range(..=at).next_back()?;
        match above.get(&at)?.zip(*below) {
            None => Some(None),
            Some((above, below)) => (below != 0.0).then(|| Some(scale * above / below)),
        }
    };
    Ok(own
        .into_iter()
        .map(|point| {
            let value = point.value.and(value_at(point.period).unwrap_or(point.value));
            CoarsePoint { value, ..point }
        })
        .collect())
}

pub(super) fn lineage(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    at: i32,
    known_at: Option<i64>,
) -> Result<Lineage, DbError> {
    if !admits(reader, scope, of)? {
        return Ok(Lineage::default());
    }
    let catalog = Catalog::load(reader)?;
    let (revisions, rolled) = match known_at {
        None => (revisions(reader, scope, of, at, i64::MAX)?, rolled_now(reader, scope, of, at)?),
        Some(known_at) => {
            let as_of = AsOf { catalog: &catalog, commit_no: commit_at(reader, known_at)? };
            let revisions = revisions(reader, scope, of, at, as_of.commit_no)?;
            let made = as_of.made_one(reader, of.series(), at, of.region.id())?;
            let mut rolled: Vec<Point> = made.into_iter().map(|slot| point(at, slot)).collect();
            hide(reader, scope, of, &mut rolled)?;
            (revisions, rolled.pop())
        }
    };
    let indicator = catalog.get(of.indicator_id)?;
    let inputs = [indicator.numerator_id, indicator.denominator_id, indicator.weight_id];
    Ok(Lineage {
        revisions,
        rolled,
        inputs: inputs.into_iter().flatten().collect(),
        agency_id: Some(indicator.agency_id),
        cleared: is_cleared(reader, scope, of.indicator_id)?,
    })
}

/// Revisions up to a commit, newest first.
fn revisions(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    at: i32,
    commit_no: i64,
) -> Result<Vec<Revision>, DbError> {
    let hidden = hidden_from(scope, "i", "o");
    let sql = format!(
        "select case when {hidden} then null else o.value end, o.commit_no, n.run_id, o.row_no, n.finished_at, n.author, n.source_id, s.code, s.agency_id, \
         n.answer_id from observation o join indicator i on i.indicator_id = o.indicator_id \
         join run n on n.commit_no = o.commit_no \
         left join source s on s.source_id = n.source_id \
         where o.indicator_id = $1 and o.region_id = $2 and o.breakdown_id = $3 and o.period = $4 \
         and o.commit_no <= $5 order by o.commit_no desc"
    );
    let params =
        [of.indicator_id.into(), of.region.id().into(), of.breakdown_id.into(), at.into(), commit_no.into()];
    reader.query(&sql, &params, |row| {
        Ok(Revision {
            value: row.get(0)?,
            commit_no: row.get(1)?,
            run_id: row.get(2)?,
            row_no: row.get(3)?,
            recorded_at: row.get(4)?,
            author: row.get(5)?,
            source_id: row.get(6)?,
            source_code: row.get(7)?,
            source_agency_id: row.get(8)?,
            answer_id: row.get(9)?,
        })
    })
}

/// What the regions below come to now.
fn rolled_now(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
    at: i32,
) -> Result<Option<Point>, DbError> {
    let hidden = hidden_from(scope, "i", "u");
    let sql = format!(
        "select case when {hidden} then null else u.value end, case when {hidden} then null else u.reported end, \
         case when {hidden} then null else u.expected end, u.commit_no \
         from rollup u join indicator i on i.indicator_id = u.indicator_id \
         where u.indicator_id = $1 and u.breakdown_id = $2 and u.period = $3 and u.region_id = $4"
    );
    reader.query_opt(
        &sql,
        &[of.indicator_id.into(), of.breakdown_id.into(), at.into(), of.region.id().into()],
        |row| {
            Ok(Point {
                period: at,
                value: row.get(0)?,
                rolled: true,
                reported: row.get(1)?,
                expected: row.get(2)?,
                commit_no: row.get(3)?,
            })
        },
    )
}
