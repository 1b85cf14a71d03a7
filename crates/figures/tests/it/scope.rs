//! What a scope hides is not there, whatever is asked.

use crate::harness::{Store, agency_row, at, code, indicator, on_both, row};
use pendopo_figures::{
    DbError, Reader, TargetRow, put_agency, put_targets,
    questions::{Order, Questions, SeriesOf, Span, TableOf},
};
use pendopo_figures::{QueryLimits, Value, query_views};
use pendopo_vocab::{AgencyScope, RegionAggregation, RegionCode, RegionLevel, Scope, Sensitivity};

/// How many figures each question shows of one indicator under `scope`, by the question's name.
fn shown(
    reader: &mut Reader<'_>,
    scope: &Scope,
    indicator_id: i64,
    region: RegionCode,
) -> Result<Vec<(&'static str, usize)>, DbError> {
    let of = SeriesOf { indicator_id, region, breakdown_id: 0 };
    let month = at("2026-01");
    let table =
        TableOf { indicator_id, breakdown_id: 0, parent: region, level: RegionLevel::Village, period: None };
    let dated = TableOf { period: Some(month), ..table };
    let ours = |figures: Vec<pendopo_figures::questions::LatestFigure>| {
        figures.iter().filter(|f| f.indicator_id == indicator_id).count()
    };
    Ok(vec![
        ("latest_of_region", ours(reader.latest_of_region(scope, region)?)),
        ("latest_in_subtree", ours(reader.latest_in_subtree(scope, region, None, &[])?)),
        (
            "values_in_subtree",
            reader.values_in_subtree(scope, region, Some(RegionLevel::Village), &[indicator_id])?.len(),
        ),
        (
            "latest_in_subtree of level",
            ours(reader.latest_in_subtree(scope, region, Some(RegionLevel::Village), &[indicator_id])?),
        ),
        ("latest_of_series", usize::from(reader.latest_of_series(scope, of)?.is_some())),
        ("exceptions", ours(reader.exceptions(scope, region, None, 50)?)),
        (
            "against_target",
            reader
                .against_target(scope, region, RegionLevel::Village)?
                .iter()
                .filter(|c| c.indicator_id == indicator_id)
                .count(),
        ),
        ("trend", reader.trend(scope, of, Span::ALWAYS, None)?.len()),
        ("trend as of", reader.trend(scope, of, Span::ALWAYS, Some(9))?.len()),
        ("over_time", reader.over_time(scope, of, pendopo_vocab::Cadence::Year, Span::ALWAYS, None)?.len()),
        ("region_table", reader.region_table(scope, table, None)?.len()),
        ("region_table of a month", reader.region_table(scope, dated, None)?.len()),
        ("region_table as of", reader.region_table(scope, dated, Some(9))?.len()),
        ("ranking", reader.ranking(scope, table, Order::Highest, 50, None)?.len()),
        ("ranking of a month", reader.ranking(scope, dated, Order::Lowest, 50, None)?.len()),
        ("completeness", reader.completeness(scope, of, month, None)?.reported as usize),
        ("differences", reader.differences(scope, of, month)?.len()),
        ("breakdown_split", reader.breakdown_split(scope, indicator_id, region, month, None)?.len()),
        ("lineage", reader.lineage(scope, of, month, None)?.revisions.len()),
    ])
}

/// An indicator with figures, a target it misses, a differing own figure and a part.
fn fill(store: &Store, code_: &str, agency: i64, sensitivity: Sensitivity) -> i64 {
    let mut definition = indicator(code_, agency);
    definition.sensitivity = sensitivity;
    definition.region_aggregation = RegionAggregation::Mean;
    let a = store.put(&definition);
    let target = TargetRow {
        indicator_id: a,
        region: code("33.16"),
        period: "2026".parse().unwrap(),
        value: 1.0,
        high: None,
        basis: None,
    };
    let part = store
        .db
        .write(|tx| {
            put_targets(tx, a, &[target], 0)?;
            pendopo_figures::put_breakdown(tx, "sex=f")
        })
        .unwrap();
    let mut rows = vec![
        row(a, "33.16.01.2001", "2026-01", 10.0),
        row(a, "33.16.02.2001", "2026-01", 20.0),
        row(a, "33.16.01", "2026-01", 99.0),
        row(a, "33.16", "2026-01", 98.0),
        row(a, "33.16", "2026-01", 7.0),
        row(a, "33.16.01", "2026-01", 7.0),
    ];
    rows[4].breakdown_id = part;
    rows[5].breakdown_id = part;
    store.run(5, rows);
    a
}

fn none(shown: &[(&'static str, usize)]) {
    for (question, count) in shown {
        assert_eq!(*count, 0, "{question} shows what the scope hides");
    }
}

fn all(shown: &[(&'static str, usize)]) {
    for (question, count) in shown {
        assert!(*count > 0, "{question} shows nothing");
    }
}

on_both! {
    fn sensitivity_hides(store) {
        let a = fill(store, "a", store.agency, Sensitivity::Internal);
        let scope = |sensitivity| Scope { sensitivity, ..Scope::everything() };
        store.db.read(|r| {
            all(&shown(r, &scope(Sensitivity::Restricted), a, code("33.16"))?);
            all(&shown(r, &scope(Sensitivity::Internal), a, code("33.16"))?);
            none(&shown(r, &scope(Sensitivity::Public), a, code("33.16"))?);
            Ok(())
        }).unwrap();
    }

    fn other_agencies_hide(store) {
        let other = store.db.write(|tx| put_agency(tx, &agency_row("dinsos"))).unwrap();
        let (ours, theirs) = (fill(store, "a", store.agency, Sensitivity::Internal), fill(store, "b", other, Sensitivity::Internal));
        let open = fill(store, "c", other, Sensitivity::Public);
        let scope = |agencies: Vec<i64>| Scope { agencies: AgencyScope::Only(agencies), ..Scope::everything() };
        store.db.read(|r| {
            all(&shown(r, &scope(vec![store.agency]), ours, code("33.16"))?);
            none(&shown(r, &scope(vec![store.agency]), theirs, code("33.16"))?);
            all(&shown(r, &scope(vec![store.agency, other]), theirs, code("33.16"))?);
            none(&shown(r, &scope(vec![]), ours, code("33.16"))?);
            all(&shown(r, &scope(vec![]), open, code("33.16"))?);
            Ok(())
        }).unwrap();
    }

    fn regions_outside_hide(store) {
        let a = fill(store, "a", store.agency, Sensitivity::Public);
        let scope = |region: &str| Scope { region: code(region), ..Scope::everything() };
        store.db.read(|r| {
            none(&shown(r, &scope("33.17"), a, code("33.16"))?);
            none(&shown(r, &scope("33.16.03"), a, code("33.16"))?);
            all(&shown(r, &scope("33.16.01"), a, code("33.16.01"))?);
            // Asked for the regency, a district's reader sees the district's part and not the whole.
            let part = r.latest_in_subtree(&scope("33.16.01"), code("33.16"), None, &[a])?;
            assert_eq!(part.iter().map(|f| f.region).collect::<Vec<_>>(), [code("33.16.01"), code("33.16.01.2001")]);
            let complete = r.completeness(&scope("33.16.01"), SeriesOf { indicator_id: a, region: code("33.16"), breakdown_id: 0 }, at("2026-01"), None)?;
            assert_eq!((complete.reported, complete.expected), (1, 3));
            assert_eq!(complete.missing.len(), 2);
            assert!(r.trend(&scope("33.16.01"), SeriesOf { indicator_id: a, region: code("33.16"), breakdown_id: 0 }, Span::ALWAYS, None)?.is_empty());
            Ok(())
        }).unwrap();
    }
}

on_both! {
    fn readers_of_sql_see_what_their_scope_shows(store) {
        let other = store.db.write(|tx| put_agency(tx, &agency_row("dinsos"))).unwrap();
        fill(store, "a", store.agency, Sensitivity::Internal);
        fill(store, "b", other, Sensitivity::Internal);
        fill(store, "c", other, Sensitivity::Public);
        let count = |scope: &Scope, sql: &str| {
            let result = query_views(&store.db, scope, sql, QueryLimits::default()).unwrap();
            match result.rows[0][0] {
                Value::Int(count) => count,
                ref other => panic!("{other:?}"),
            }
        };
        let everything = Scope::everything();
        let own = Scope { agencies: AgencyScope::Only(vec![store.agency]), ..Scope::everything() };
        let nobody = Scope { agencies: AgencyScope::Only(Vec::new()), ..Scope::everything() };
        let public = Scope { sensitivity: Sensitivity::Public, ..Scope::everything() };
        let district = Scope { region: code("33.16.01"), ..Scope::everything() };
        for (view, column) in
            [("indicator", "code"), ("observation", "indicator"), ("revision", "indicator"), ("latest", "indicator")]
        {
            let seen = |scope: &Scope| {
                ["a", "b", "c"]
                    .into_iter()
                    .filter(|code| count(scope, &format!("select count(*) from {view} where {column} = '{code}'")) > 0)
                    .collect::<String>()
            };
            assert_eq!(seen(&everything), "abc", "{view}");
            assert_eq!(seen(&own), "ac", "{view}");
            assert_eq!(seen(&nobody), "c", "{view}");
            assert_eq!(seen(&public), "c", "{view}");
            assert_eq!(seen(&district), "abc", "{view}");
        }
        let outside = "select count(*) from latest where region not like '33.16.01%'";
        assert!(count(&everything, outside) > 0);
        assert_eq!(count(&district, outside), 0);
        let through = "with x as (select region from observation) select count(*) from x where region not like '33.16.01%'";
        assert!(count(&everything, through) > 0);
        assert_eq!(count(&district, through), 0);
        let runs = count(&everything, "select count(*) from run");
        assert!(runs > 0 && count(&nobody, "select count(*) from run") == 0);
        assert_eq!(count(&public, "select count(*) from refused_row"), 0);
        for sql in ["select * from source_reach", "select * from api_source_reach", "select * from suppressed_figure",
            "select * from api_suppressed_figure", "select * from latest_hidden", "select * from main.api_indicator"]
        {
            assert!(query_views(&store.db, &public, sql, QueryLimits::default()).is_err(), "{sql}");
        }
    }
}
