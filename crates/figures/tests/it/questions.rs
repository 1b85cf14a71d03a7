//! Answers that tests of scope and the model do not look at closely.

use crate::harness::{at, code, indicator, on_both, row};
use pendopo_figures::{
    AskedFigure, CaseIndicator, GivenFigure, Stored, evaluate_case, list_indicators,
    questions::{Order, Questions, SeriesOf, Span, TableOf},
};
use pendopo_vocab::{Cadence, RegionAggregation, RegionLevel, Scope, TimeAggregation};

fn everything() -> Scope {
    Scope::everything()
}

on_both! {
    fn rankings_go_both_ways_and_end_at_the_limit(store) {
        let a = store.indicator("a");
        store.run(1, vec![
            row(a, "33.16.01.2001", "2026-01", 3.0),
            row(a, "33.16.01.2002", "2026-01", 1.0),
            row(a, "33.16.02.2001", "2026-01", 2.0),
            row(a, "33.16.02.2001", "2026-02", 9.0),
        ]);
        let table = TableOf { indicator_id: a, breakdown_id: 0, parent: code("33.16"), level: RegionLevel::Village, period: None };
        let values = |of, order, limit| -> Vec<f64> {
            store.db.read(|r| r.ranking(&everything(), of, order, limit, None)).unwrap().iter().filter_map(|f| f.value).collect()
        };
        assert_eq!(values(table, Order::Highest, 2), [9.0, 3.0]);
        assert_eq!(values(table, Order::Lowest, 9), [1.0, 3.0, 9.0]);
        let january = TableOf { period: Some(at("2026-01")), ..table };
        assert_eq!(values(january, Order::Highest, 9), [3.0, 2.0, 1.0]);
        let districts = TableOf { level: RegionLevel::District, ..january };
        assert_eq!(values(districts, Order::Highest, 9), [4.0, 2.0]);
        let names = store.db.read(|r| r.region_table(&everything(), districts, None)).unwrap();
        assert_eq!(names[0].name, "Wilayah 33.16.01");
    }

    fn own_figures_and_roll_ups_are_both_kept(store) {
        let a = store.indicator("a");
        store.run(1, vec![
            row(a, "33.16.01.2001", "2026-01", 3.0),
            row(a, "33.16.01.2002", "2026-01", 4.0),
            row(a, "33.16", "2026-01", 10.0),
        ]);
        let of = SeriesOf { indicator_id: a, region: code("33.16"), breakdown_id: 0 };
        let found = store.db.read(|r| r.differences(&everything(), of, at("2026-01"))).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].own, found[0].rolled, found[0].reported, found[0].expected), (10.0, 7.0, 2, 8));
        let latest = store.db.read(|r| r.latest_of_series(&everything(), of)).unwrap().unwrap();
        assert_eq!((latest.value, latest.rolled), (Some(10.0), false));
        let lineage = store.db.read(|r| r.lineage(&everything(), of, at("2026-01"), None)).unwrap();
        assert_eq!(lineage.revisions.len(), 1);
        assert_eq!(lineage.rolled.unwrap().value, Some(7.0));
    }

    fn nothing_is_rolled_up_beyond_the_root(store) {
        let a = store.indicator("a");
        store.run(1, vec![row(a, "33.16.01.2001", "2026-01", 3.0), row(a, "33.17.01.2001", "2026-01", 4.0)]);
        let regions: Vec<i64> = store.db.read(|r| r.query("select distinct region_id from rollup order by region_id", &[], |x| x.get(0))).unwrap();
        assert_eq!(regions, [code("33.16").id(), code("33.16.01").id()]);
    }

    fn lineage_names_run_source_row_and_author_newest_first(store) {
        let (a, source) = (store.indicator("a"), store.source("simpus"));
        for (now, value) in [(10, 1.0), (20, 2.0)] {
            let run = store.begin(Some(source), now);
            let mut staged = row(a, "33.16.01.2001", "2026-01", value);
            staged.row_no = now + 1;
            pendopo_figures::commit_run(&store.db, run, vec![staged], &[], None, Default::default(), now).unwrap();
        }
        let of = SeriesOf { indicator_id: a, region: code("33.16.01.2001"), breakdown_id: 0 };
        let lineage = store.db.read(|r| r.lineage(&everything(), of, at("2026-01"), None)).unwrap();
        let seen: Vec<_> = lineage.revisions.iter().map(|r| (r.value, r.row_no, r.recorded_at, r.source_code.as_deref())).collect();
        assert_eq!(seen, [(Some(2.0), 21, 20, Some("simpus")), (Some(1.0), 11, 10, Some("simpus"))]);
        assert_eq!(lineage.revisions[0].author, "uji");
        assert_eq!(lineage.agency_id, Some(store.agency));
    }

    fn time_adds_up_as_the_indicator_says(store) {
        for (name, how, expected) in [
            ("sum", TimeAggregation::Sum, 6.0), ("last", TimeAggregation::Last, 3.0), ("mean", TimeAggregation::Mean, 2.0),
        ] {
            let mut definition = indicator(name, store.agency);
            definition.time_aggregation = how;
            let a = store.put(&definition);
            store.run(1, (1..=4).map(|month| row(a, "33.16.01.2001", &format!("2026-0{month}"), f64::from(month))).collect());
            let of = SeriesOf { indicator_id: a, region: code("33.16.01.2001"), breakdown_id: 0 };
            let coarse = store.db.read(|r| r.over_time(&everything(), of, Cadence::Quarter, Span::ALWAYS, None)).unwrap();
            assert_eq!((coarse[0].period, coarse[0].value, coarse[0].periods), (at("2026-Q1"), Some(expected), 3), "{name}");
            assert_eq!((coarse[1].value, coarse[1].periods), (Some(4.0), 1), "{name}");
        }
    }

    fn parts_are_listed_by_key(store) {
        let a = store.indicator("a");
        let (f, m) = store.db.write(|tx| Ok((pendopo_figures::put_breakdown(tx, "sex=f")?, pendopo_figures::put_breakdown(tx, "sex=m")?))).unwrap();
        let mut rows = vec![row(a, "33.16.01.2001", "2026-01", 3.0), row(a, "33.16.01.2001", "2026-01", 4.0)];
        (rows[0].breakdown_id, rows[1].breakdown_id) = (m, f);
        store.run(1, rows);
        let parts = store.db.read(|r| r.breakdown_split(&everything(), a, code("33.16"), at("2026-01"), None)).unwrap();
        assert_eq!(parts, [(f, "sex=f".to_owned(), Some(4.0)), (m, "sex=m".to_owned(), Some(3.0))]);
        assert!(store.db.read(|r| r.latest_of_region(&everything(), code("33.16"))).unwrap().is_empty(), "a part is not the total");
    }

    fn computed_indicators_follow_their_inputs_in_the_same_commit(store) {
        let a = store.indicator("a");
        let mut double = indicator("double", store.agency);
        double.sql = Some("select region, period, value * 2 as value from observation where indicator = 'a'".into());
        let double = store.put(&double);
        store.run(1, vec![row(a, "33.16.01.2001", "2026-01", 3.0)]);
        let of = |region: &str| SeriesOf { indicator_id: double, region: code(region), breakdown_id: 0 };
        let value = |region: &str| store.db.read(|r| r.latest_of_series(&everything(), of(region))).unwrap().unwrap().value;
        assert_eq!((value("33.16.01.2001"), value("33.16")), (Some(6.0), Some(6.0)));
        store.run(2, vec![row(a, "33.16.01.2001", "2026-01", 5.0)]);
        assert_eq!(value("33.16"), Some(10.0));
        let lineage = store.db.read(|r| r.lineage(&everything(), of("33.16.01.2001"), at("2026-01"), None)).unwrap();
        assert_eq!(lineage.revisions.iter().map(|r| r.value).collect::<Vec<_>>(), [Some(10.0), Some(6.0)]);
    }

    fn computed_sql_that_writes_or_fails_undoes_the_run(store) {
        let a = store.indicator("a");
        for sql in ["delete from observation", "select 'x' as region, 'a' as period, value from observation where indicator = 'a'", "select nothing"] {
            let mut bad = indicator("bad", store.agency);
            bad.sql = Some(sql.into());
            store.put(&bad);
            let run = store.begin(None, 1);
            let result = pendopo_figures::commit_run(&store.db, run, vec![row(a, "33.16.01.2001", "2026-01", 3.0)], &[], None, Default::default(), 1);
            assert!(result.is_err(), "{sql}");
            let rows: i64 = store.db.read(|r| r.query_one("select count(*) from observation", &[], |x| x.get(0))).unwrap();
            assert_eq!(rows, 0, "{sql}");
        }
    }

    fn a_circle_of_indicators_is_refused_in_words(store) {
        let a = store.indicator("a");
        let mut definition = indicator("a", store.agency);
        definition.region_aggregation = RegionAggregation::WeightedMean;
        definition.weight_id = Some(a);
        store.put(&definition);
        let run = store.begin(None, 1);
        let result = pendopo_figures::commit_run(&store.db, run, vec![row(a, "33.16.01.2001", "2026-01", 3.0)], &[], None, Default::default(), 1);
        assert!(result.unwrap_err().to_string().contains("circle"));
    }
}

fn case(code: &str, aggregation: RegionAggregation) -> CaseIndicator {
    let mut row = indicator(code, 0);
    row.region_aggregation = aggregation;
    CaseIndicator { row, weight: None, numerator: None, denominator: None }
}

fn given(indicator: &str, region: &str, period: &str, value: f64) -> GivenFigure {
    GivenFigure { indicator: indicator.into(), region: code(region), period: period.parse().unwrap(), value }
}

fn asked(indicator: &str, region: &str, period: &str) -> AskedFigure {
    AskedFigure { indicator: indicator.into(), region: code(region), period: period.parse().unwrap() }
}

#[test]
fn a_case_runs_a_ratio_up_the_tree_and_over_time() {
    let mut ratio = case("prevalence", RegionAggregation::Ratio);
    ratio.row.scale = Some(100.0);
    ratio.row.time_aggregation = TimeAggregation::Mean;
    ratio.numerator = Some("stunted".into());
    ratio.denominator = Some("measured".into());
    let indicators =
        [ratio, case("stunted", RegionAggregation::Sum), case("measured", RegionAggregation::Sum)];
    let figures = [
        given("stunted", "33.16.01.2001", "2026-01", 1.0),
        given("measured", "33.16.01.2001", "2026-01", 10.0),
        given("stunted", "33.16.02.2001", "2026-01", 9.0),
        given("measured", "33.16.02.2001", "2026-01", 30.0),
        given("stunted", "33.16.02.2001", "2026-02", 2.0),
        given("measured", "33.16.02.2001", "2026-02", 10.0),
    ];
    let value =
        |region, period| evaluate_case(&indicators, &figures, &asked("prevalence", region, period)).unwrap();
    assert_eq!(value("33.16", "2026-01"), Some(25.0));
    assert_eq!(value("33.16.01.2001", "2026-01"), Some(10.0));
    assert_eq!(value("33.16.01.2001", "2026-02"), None);
    // Both inputs stand at the quarter's last month.
    assert_eq!(value("33.16", "2026-Q1"), Some(20.0));
}

#[test]
fn a_case_weighs_by_a_yearly_stock() {
    let mut mean = case("satisfaction", RegionAggregation::WeightedMean);
    mean.weight = Some("population".into());
    let mut population = case("population", RegionAggregation::Sum);
    population.row.cadence = Cadence::Year;
    let figures = [
        given("population", "33.16.01.2001", "2025", 100.0),
        given("population", "33.16.01.2002", "2025", 300.0),
        given("satisfaction", "33.16.01.2001", "2026-01", 80.0),
        given("satisfaction", "33.16.01.2002", "2026-01", 60.0),
    ];
    let value =
        evaluate_case(&[mean, population], &figures, &asked("satisfaction", "33.16.01", "2026-01")).unwrap();
    assert_eq!(value, Some(65.0));
}

#[test]
fn a_case_says_which_indicator_is_missing() {
    let error = evaluate_case(&[], &[], &asked("tidak_ada", "33.16", "2026")).unwrap_err();
    assert!(error.to_string().contains("tidak_ada"));
}

#[test]
fn stored_definitions_compare() {
    let store = crate::harness::sqlite();
    let id = store.indicator("a");
    let listed = store.db.read(list_indicators).unwrap();
    assert_eq!(listed, [Stored { id, row: indicator("a", store.agency), retired_at: None }]);
}
