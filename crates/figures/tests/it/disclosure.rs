//! Small cells in the store: what is kept is what follows from the revisions, and no question gives a
//! hidden figure to a scope without clearance.

use crate::harness::{Store, agency_row, at, code, id, indicator, on_both, postgres, row, sqlite};
use pendopo_figures::{
    DbError, Reader, StagedRow, TargetRow, declare_counts, put_agency, put_breakdown, put_targets,
    questions::{
        Order, Questions, SeriesOf, Span, TableOf,
        listing::{FigureFilter, LatestFilter, RevisionFilter, list_figures, list_latest, list_revisions},
    },
    recompute,
};
use pendopo_vocab::{
    AgencyScope, Cadence, Counts, RegionAggregation, RegionLevel, Scope, Sensitivity, TargetStatus,
    TimeAggregation,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

const VILLAGES: [&str; 8] = [
    "33.16.01.2001",
    "33.16.01.2002",
    "33.16.01.2003",
    "33.16.02.2001",
    "33.16.02.2002",
    "33.16.02.2003",
    "33.16.03.1001",
    "33.16.03.1002",
];

type Kept = (Vec<(i64, i64, i64, i64)>, Vec<(i64, i64, i64, i64)>);

/// Both that is kept: the table and the marks in `latest`.
fn kept(store: &Store) -> Kept {
    store
        .db
        .read(|r| {
            let four = |row: &pendopo_figures::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            let table = r.query(
                "select indicator_id, cast(period as bigint), breakdown_id, region_id from suppressed order by 1, 2, 3, 4",
                &[],
                four,
            )?;
            let marks = r.query(
                "select indicator_id, breakdown_id, region_id, hidden from latest where hidden <> 0 order by 1, 2, 3",
                &[],
                four,
            )?;
            Ok((table, marks))
        })
        .unwrap()
}

/// Ill people, people in all (yearly), their rate, their mean distance weighted by people, those at home
/// (computed), and the parts of the ill.
struct World {
    ids: Vec<i64>,
    reported: Vec<i64>,
    parts: Vec<i64>,
}

fn world(store: &Store) -> World {
    let counting = |name: &str, counts| {
        let mut row = indicator(name, store.agency);
        (row.counts, row.time_aggregation) = (counts, TimeAggregation::Sum);
        row
    };
    let ill = store.put(&counting("ill", Counts::People));
    let mut all = counting("all", Counts::Health);
    all.cadence = Cadence::Year;
    let all = store.put(&all);
    let mut rate = indicator("rate", store.agency);
    rate.region_aggregation = RegionAggregation::Ratio;
    (rate.numerator_id, rate.denominator_id) = (Some(ill), Some(all));
    let rate = store.put(&rate);
    let mut distance = indicator("distance", store.agency);
    distance.region_aggregation = RegionAggregation::WeightedMean;
    distance.weight_id = Some(all);
    let distance = store.put(&distance);
    let mut home = counting("home", Counts::Children);
    home.sql = Some("select region, period, value - 1 as value from observation where indicator = 'ill' and breakdown = '' and value > 0 and region_level = 4".into());
    let home = store.put(&home);
    let parts =
        store.db.write(|tx| Ok(vec![0, put_breakdown(tx, "sex=f")?, put_breakdown(tx, "sex=m")?])).unwrap();
    World { ids: vec![ill, all, rate, distance, home], reported: vec![ill, all, distance], parts }
}

type Said = (usize, usize, usize, i32, i32);

fn staged(world: &World, said: &[Said]) -> Vec<StagedRow> {
    let mut rows: Vec<StagedRow> = Vec::new();
    // The eleventh region stands for all villages at once: most of them are large then.
    let each = said.iter().flat_map(|said| {
        let all = if said.2 == 10 { 0..VILLAGES.len() } else { said.2..said.2 + 1 };
        let far = if said.2 == 10 { 9 } else { 0 };
        all.map(move |region| (said.0, said.1, region, said.3, said.4 + far * region as i32))
    });
    for (indicator, part, region, month, value) in each {
        let period = if indicator == 1 {
            format!("{}", 2025 + month % 2)
        } else {
            format!("2026-{:02}", month % 3 + 1)
        };
        let region = VILLAGES.iter().chain(&["33.16.01", "33.16"]).nth(region).unwrap();
        let mut row = row(world.reported[indicator], region, &period, f64::from(value));
        row.breakdown_id = if indicator == 1 { 0 } else { world.parts[part] };
        let same = |other: &StagedRow| {
            (other.indicator_id, other.breakdown_id, other.period, other.region_id)
                == (row.indicator_id, row.breakdown_id, row.period, row.region_id)
        };
        if !rows.iter().any(same) {
            rows.push(row);
        }
    }
    rows
}

fn explore(cases: u32, store: fn() -> Store) -> usize {
    let counted = std::cell::Cell::new(0);
    let said = (0..3usize, 0..3usize, 0..11usize, 0..4i32, 0..24i32);
    let runs = proptest::collection::vec(proptest::collection::vec(said, 1..40), 1..5);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    let result = TestRunner::new(config).run(&runs, |runs| {
        let store = store();
        let world = world(&store);
        for (now, said) in runs.iter().enumerate() {
            store.run(now as i64 + 1, staged(&world, said));
        }
        let step_by_step = kept(&store);
        counted.set(counted.get() + step_by_step.0.len());
        store.db.write(|tx| recompute(tx, &world.ids, 100)).unwrap();
        prop_assert_eq!(&kept(&store), &step_by_step, "made anew");
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    counted.get()
}

/// What is kept step by step is what `recompute` makes of the same runs.
fn check_kept(runs: &[&[Said]]) {
    let store = sqlite();
    let world = world(&store);
    for (now, said) in runs.iter().enumerate() {
        store.run(now as i64 + 1, staged(&world, said));
    }
    let step_by_step = kept(&store);
    store.db.write(|tx| recompute(tx, &world.ids, 100)).unwrap();
    assert_eq!(kept(&store), step_by_step, "made anew, after {runs:?}");
}

#[test]
fn a_breakdown_that_comes_later_marks_nothing_in_periods_before_it() {
    // The weight is hidden, the mean is told by its total in one month and by a part in the next.
    check_kept(&[&[(2, 2, 0, 0, 0), (1, 0, 0, 0, 0)], &[(2, 0, 0, 1, 0)]]);
}

#[test]
fn a_breakdown_that_comes_later_hides_no_more_of_periods_before_it() {
    // One small village among large ones; the month after tells a part as well.
    let first = [(0, 0, 0, 0, 3), (0, 0, 1, 0, 20), (0, 0, 2, 0, 23), (0, 0, 3, 0, 22)];
    check_kept(&[&first, &[(0, 1, 0, 1, 9), (0, 0, 0, 1, 20)]]);
}

#[test]
fn sqlite_keeps_what_follows_from_the_revisions() {
    let hidden = explore(60, sqlite);
    println!("60 histories, {hidden} hidden figures, step by step as made anew");
    assert!(hidden > 1_000);
}

#[test]
fn postgres_keeps_what_follows_from_the_revisions() {
    assert!(explore(8, postgres) > 100);
}

/// Villages of which one is small; the regency misses a target. Gives the indicator.
fn fill(store: &Store, agency: i64) -> (i64, i64) {
    let mut ill = indicator("ill", agency);
    (ill.counts, ill.time_aggregation) = (Counts::People, TimeAggregation::Sum);
    let ill = store.put(&ill);
    let mut rate = indicator("rate", agency);
    rate.region_aggregation = RegionAggregation::Ratio;
    (rate.numerator_id, rate.denominator_id, rate.scale) = (Some(ill), Some(ill), Some(77.0));
    let rate = store.put(&rate);
    let target = |region: &str| TargetRow {
        indicator_id: ill,
        region: code(region),
        period: "2026".parse().unwrap(),
        value: 1.0,
        high: None,
        basis: None,
    };
    let parts = store
        .db
        .write(|tx| {
            put_targets(tx, ill, &VILLAGES.map(target), 0)?;
            Ok([put_breakdown(tx, "sex=f")?, put_breakdown(tx, "sex=m")?])
        })
        .unwrap();
    for (now, month) in [(1, "2026-01"), (2, "2026-02")] {
        let mut rows: Vec<StagedRow> = VILLAGES
            .iter()
            .zip([3.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0])
            .map(|(village, value)| row(ill, village, month, value))
            .collect();
        for (village, part, value) in [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 9.0), (1, 1, 11.0)] {
            rows.push(StagedRow { breakdown_id: parts[part], ..row(ill, VILLAGES[village], month, value) });
        }
        store.run(now, rows);
    }
    // A district that says something else than its villages; the small one is revised.
    store.run(3, vec![row(ill, "33.16.01", "2026-01", 54.0), row(ill, "33.16.01.2001", "2026-02", 2.0)]);
    (ill, rate)
}

/// Every value that the questions give of a village or of a coarser period of it.
fn values(
    r: &mut Reader<'_>,
    scope: &Scope,
    ids: (i64, i64),
    village: &str,
) -> Result<Vec<(String, Option<f64>)>, DbError> {
    let mut found: Vec<(String, Option<f64>)> = Vec::new();
    let region = code(village);
    let months = (at("2026-01"), at("2026-02"));
    for id in [ids.0, ids.1] {
        let mut add = |name: &str, value| found.push((format!("{name} of {id}"), value));
        let of = SeriesOf { indicator_id: id, region, breakdown_id: 0 };
        let table = TableOf {
            indicator_id: id,
            breakdown_id: 0,
            parent: code("33.16"),
            level: RegionLevel::Village,
            period: None,
        };
        let dated = TableOf { period: Some(months.0), ..table };
        let latest = r
            .latest_of_region(scope, region)?
            .into_iter()
            .chain(r.latest_in_subtree(scope, code("33.16"), None, &[id])?)
            .chain(r.latest_of_series(scope, of)?);
        for figure in latest.filter(|figure| figure.region == region && figure.indicator_id == id) {
            add("latest", figure.value);
            add("latest previous", figure.previous);
            add("latest reported", figure.reported.map(|reported| reported as f64));
            add("latest status", (figure.status != TargetStatus::NoData).then_some(0.0));
            add("latest miss", (figure.miss != 0.0 || figure.value.is_some()).then_some(figure.miss));
            add("latest periods", (figure.off_periods != 0 || figure.value.is_some()).then_some(0.0));
        }
        for value in r.values_in_subtree(scope, code("33.16"), None, &[id])? {
            if value.region == region {
                add("values", value.value);
            }
        }
        for known_at in [None, Some(1), Some(2), Some(9)] {
            r.trend(scope, of, Span::ALWAYS, known_at)?.iter().for_each(|point| add("trend", point.value));
            for cadence in [Cadence::Quarter, Cadence::Year] {
                let coarse = r.over_time(scope, of, cadence, Span::ALWAYS, known_at)?;
                coarse.iter().for_each(|point| add("over time", point.value));
            }
            for table in [table, dated] {
                let figures = r.region_table(scope, table, known_at)?;
                figures.iter().filter(|f| f.region == region).for_each(|f| add("table", f.value));
                let ranked = r.ranking(scope, table, Order::Lowest, 50, known_at)?;
                add("ranking", ranked.iter().find(|f| f.region == region).and_then(|f| f.value));
            }
        }
        let lineage = r.lineage(scope, of, months.1, None)?;
        lineage.revisions.iter().for_each(|revision| add("lineage", revision.value));
        if let Some(rolled) = lineage.rolled {
            add("lineage rolled", rolled.value);
        }
        let exceptions = r.exceptions(scope, code("33.16"), None, 100)?;
        if id == ids.0 {
            add("exceptions", exceptions.iter().find(|f| f.region == region).and_then(|f| f.value));
            // Of the small one's complement a part may well be shown.
            if village == VILLAGES[0] {
                r.breakdown_split(scope, id, region, months.0, None)?
                    .into_iter()
                    .for_each(|part| add("split", part.2));
            }
        }
        let periods = (0, i32::MAX);
        for (rolled_up, known_at) in
            [false, true].into_iter().flat_map(|up| [None, Some(1), Some(2), Some(9)].map(|at| (up, at)))
        {
            let filter = FigureFilter { periods, rolled_up, known_at, ..FigureFilter::of(id, region) };
            list_figures(r, scope, &filter, None, 100)?
                .iter()
                .filter(|f| f.breakdown_id == 0)
                .for_each(|f| add("figures", f.value));
        }
        let filter = RevisionFilter { indicator_id: id, region, periods, breakdown_id: Some(0) };
        list_revisions(r, scope, &filter, None, 100)?.iter().for_each(|f| add("revisions", f.value));
        let filter = LatestFilter { within: region, level: RegionLevel::Village, indicator_id: Some(id) };
        for figure in list_latest(r, scope, &filter, None, 100)? {
            add("list latest", figure.value);
            add("list latest previous", figure.previous);
        }
    }
    Ok(found)
}

on_both! {
    fn no_question_gives_a_hidden_figure(store) {
        let ids = fill(store, store.agency);
        let other = store.db.write(|tx| put_agency(tx, &agency_row("dinsos"))).unwrap();
        let only = |agencies: Vec<i64>, sensitivity| Scope {
            agencies: AgencyScope::Only(agencies),
            sensitivity,
            ..Scope::everything()
        };
        let public = Scope { sensitivity: Sensitivity::Public, ..Scope::everything() };
        assert!(!public.clears(store.agency) && Scope::everything().clears(store.agency));
        assert!(!only(vec![other], Sensitivity::Internal).clears(store.agency));
        store.db.read(|r| {
            // The small one and its complement are hidden, in all periods and revisions.
            for village in [VILLAGES[0], VILLAGES[1]] {
                let shown = values(r, &public, ids, village)?;
                assert!(shown.len() > 40, "{shown:?}");
                for (question, value) in shown {
                    assert_eq!(value, None, "{question} of {village} gives a hidden figure away");
                }
                for scope in [Scope::everything(), only(vec![store.agency], Sensitivity::Internal)] {
                    let known = values(r, &scope, ids, village)?;
                    let hidden: Vec<_> = known.iter().filter(|found| found.1.is_none() && !found.0.contains("reported")).collect();
                    assert!(hidden.is_empty(), "cleared for {village}, and yet: {hidden:?}");
                }
            }
            // The rest is there for everybody, the sums too.
            for place in [VILLAGES[2], VILLAGES[7]] {
                assert!(values(r, &public, ids, place)?.iter().all(|found| found.1.is_some() || found.0.contains("reported")));
            }
            let of = |region: &str| SeriesOf { indicator_id: ids.0, region: code(region), breakdown_id: 0 };
            let sums: Vec<_> = r.trend(&public, of("33.16"), Span::ALWAYS, None)?.iter().map(|p| p.value).collect();
            // February's was moved by the one small figure that was revised, and by nothing else.
            assert_eq!(sums, [Some(353.0), None]);
            let counted = |counts: Vec<pendopo_figures::questions::TargetCount>| counts.iter().map(|c| c.off_track).sum::<i64>();
            let level = RegionLevel::Village;
            assert_eq!(counted(r.against_target(&Scope::everything(), code("33.16"), level)?), 8);
            assert_eq!(counted(r.against_target(&public, code("33.16"), level)?), 6, "hidden ones are not counted");
            assert_eq!(r.differences(&public, of("33.16"), at("2026-01"))?.len(), 1, "of figures that are shown");
            Ok(())
        }).unwrap();
    }

    fn a_ratio_that_is_gone_stays_hidden_in_what_was_known(store) {
        let mut ill = indicator("ill", store.agency);
        ill.counts = Counts::People;
        let (ill, all) = (store.put(&ill), store.indicator("all"));
        let mut rate = indicator("rate", store.agency);
        rate.region_aggregation = RegionAggregation::Ratio;
        (rate.numerator_id, rate.denominator_id) = (Some(ill), Some(all));
        let rate = store.put(&rate);
        let month = "2026-01";
        store.run(1, vec![row(ill, VILLAGES[0], month, 3.0), row(all, VILLAGES[0], month, 100.0)]);
        store.run(2, vec![row(all, VILLAGES[0], month, 0.0)]);
        let public = Scope { sensitivity: Sensitivity::Public, ..Scope::everything() };
        let of = SeriesOf { indicator_id: rate, region: code(VILLAGES[0]), breakdown_id: 0 };
        let then = |scope: &Scope| {
            let points = store.db.read(|r| r.trend(scope, of, Span::ALWAYS, Some(1))).unwrap();
            points.iter().map(|point| point.value).collect::<Vec<_>>()
        };
        assert_eq!(then(&Scope::everything()), [Some(0.03)]);
        assert_eq!(then(&public), [None], "three of a hundred that everybody may see");
    }

    fn a_change_of_the_rule_decides_anew(store) {
        let (ill, _) = fill(store, store.agency);
        assert!(!kept(store).0.is_empty());
        let mut row = indicator("ill", store.agency);
        for (counts, least, hidden) in [
            (Counts::Nothing, None, false),
            (Counts::People, Some(3), true),
            (Counts::People, Some(1), true),
            (Counts::Children, None, true),
        ] {
            (row.counts, row.least) = (counts, least);
            assert_eq!(store.put(&row), ill);
            store.db.write(|tx| recompute(tx, &[ill], 9)).unwrap();
            let (table, marks) = kept(store);
            assert_eq!((!table.is_empty(), !marks.is_empty()), (hidden, hidden), "{counts:?} {least:?}");
        }
        // 33.16.01.2001 said 2 in February: below 3, the lowest threshold there is.
        assert_eq!(id(VILLAGES[0]), 3_316_012_001);
    }

    fn an_older_database_is_protected_by_its_units(store) {
        fill(store, store.agency);
        let before = kept(store);
        store.db.write(|tx| {
            tx.execute("delete from suppressed", &[])?;
            tx.execute("update latest set hidden = 0", &[])?;
            tx.execute("update indicator set counts = null", &[])
        }).unwrap();
        declare_counts(&store.db, 9).unwrap();
        assert!(!before.0.is_empty());
        // `rate` has the unit of people here, too: it is a ratio, and ratios follow what they are made from.
        assert_eq!(kept(store), before);
        declare_counts(&store.db, 9).unwrap();
    }

    fn late_reports_do_not_give_themselves_away(store) {
        let mut row_ = indicator("ill", store.agency);
        row_.counts = Counts::People;
        let ill = store.put(&row_);
        let public = Scope { sensitivity: Sensitivity::Public, ..Scope::everything() };
        store.run(1, vec![row(ill, VILLAGES[1], "2026-01", 20.0), row(ill, VILLAGES[2], "2026-01", 30.0)]);
        let total = |r: &mut Reader<'_>| {
            let of = |region: &str| SeriesOf { indicator_id: ill, region: code(region), breakdown_id: 0 };
            Ok((r.latest_of_series(&public, of("33.16.01"))?.unwrap().value, r.latest_of_series(&public, of("33.16"))?.unwrap().value))
        };
        assert_eq!(store.db.read(total).unwrap(), (Some(50.0), Some(50.0)));
        // One small figure alone arrives: the sums that it moves are withheld.
        store.run(2, vec![row(ill, VILLAGES[0], "2026-01", 3.0)]);
        assert_eq!(store.db.read(total).unwrap(), (None, None));
    }
}
