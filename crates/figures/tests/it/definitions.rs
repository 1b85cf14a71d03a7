//! Definitions keep their ids, come back, and refuse what does not fit.

use crate::harness::{agency_row, at, code, id, indicator, on_both, row};
use pendopo_figures::{
    Db, DbError, Definition, MIGRATIONS, Migration, TargetRow, list_agencies, list_indicators, list_sources,
    list_targets, put_agency, put_breakdown, put_indicator, put_targets,
    questions::{Questions, SeriesOf},
    recompute, retire,
};
use pendopo_vocab::{RegionAggregation, Scope, TargetStatus};

on_both! {
    fn a_code_keeps_its_id_through_changes_and_retirement(store) {
        let first = store.indicator("stunting");
        store.db.write(|tx| retire(tx, Definition::Indicator, first, 9)).unwrap();
        let stored = store.db.read(list_indicators).unwrap();
        assert_eq!(stored[0].retired_at, Some(9));
        let mut row = indicator("stunting", store.agency);
        row.name = "Prevalensi stunting".into();
        row.scale = Some(100.0);
        assert_eq!(store.put(&row), first);
        let stored = store.db.read(list_indicators).unwrap();
        assert_eq!((stored[0].retired_at, &stored[0].row), (None, &row));
    }

    fn lists_follow_position(store) {
        let mut row = agency_row("bappeda");
        row.position = 0;
        store.db.write(|tx| put_agency(tx, &row)).unwrap();
        let codes: Vec<String> = store.db.read(list_agencies).unwrap().into_iter().map(|a| a.row.code).collect();
        assert_eq!(codes, ["bappeda", "dinkes"]);
        store.source("simpus");
        assert_eq!(store.db.read(list_sources).unwrap()[0].row.definition, "{}");
    }

    fn an_unknown_agency_is_a_named_violation(store) {
        let row = indicator("a", 999);
        let result = store.db.write(|tx| put_indicator(tx, &row));
        assert!(matches!(result, Err(DbError::Constraint { .. })), "{result:?}");
    }

    fn a_breakdown_is_registered_once(store) {
        let ids = store.db.write(|tx| Ok((put_breakdown(tx, "sex=f")?, put_breakdown(tx, "sex=f")?, put_breakdown(tx, "")?))).unwrap();
        assert_eq!(ids.0, ids.1);
        assert_eq!(ids.2, 0);
    }

    fn a_new_target_judges_the_figures_already_there(store) {
        let mut mean = indicator("gizi", store.agency);
        mean.region_aggregation = RegionAggregation::Mean;
        let gizi = store.put(&mean);
        for (month, value) in [("2026-01", 9.0), ("2026-02", 20.0), ("2026-03", 22.0)] {
            store.run(1, vec![row(gizi, "33.16.01.2001", month, value)]);
        }
        let of = SeriesOf { indicator_id: gizi, region: code("33.16.01.2001"), breakdown_id: 0 };
        let latest = |of| store.db.read(|r| r.latest_of_series(&Scope::everything(), of)).unwrap().unwrap();
        assert_eq!(latest(of).status, TargetStatus::NoTarget);
        let target = TargetRow {
            indicator_id: gizi, region: code("33.16"), period: "2026".parse().unwrap(), value: 14.0, high: None,
            basis: Some("RPJMD".into()),
        };
        store.db.write(|tx| { put_targets(tx, gizi, std::slice::from_ref(&target), 2)?; recompute(tx, &[gizi], 2) }).unwrap();
        assert_eq!(store.db.read(|r| list_targets(r, Some(gizi))).unwrap(), [target]);
        let judged = latest(of);
        assert_eq!((judged.status, judged.off_since, judged.off_periods), (TargetStatus::OffTrack, Some(at("2026-02")), 2));
        assert!((judged.miss - 8.0 / 14.0).abs() < 1e-12);
        assert_eq!(judged.previous, Some(20.0));
        // The regency's own roll-up is judged too.
        let rolled = latest(SeriesOf { region: code("33.16"), ..of });
        assert_eq!((rolled.status, rolled.rolled, rolled.reported, rolled.expected), (TargetStatus::OffTrack, true, Some(1), Some(8)));
        // Targets gone: nothing is off any more.
        store.db.write(|tx| { put_targets(tx, gizi, &[], 3)?; recompute(tx, &[gizi], 3) }).unwrap();
        assert_eq!(latest(of).status, TargetStatus::NoTarget);
    }

    fn a_total_is_not_the_target_of_each_part(store) {
        let births = store.indicator("births");
        let target = TargetRow {
            indicator_id: births, region: code("33.16"), period: "2026".parse().unwrap(), value: 5.0, high: None, basis: None,
        };
        store.db.write(|tx| put_targets(tx, births, &[target], 1)).unwrap();
        store.run(1, vec![row(births, "33.16.01.2001", "2026-01", 50.0)]);
        let status = |region: &str| store.db.read(|r| r.latest_of_series(&Scope::everything(),
            SeriesOf { indicator_id: births, region: code(region), breakdown_id: 0 })).unwrap().unwrap().status;
        assert_eq!(status("33.16.01.2001"), TargetStatus::NoTarget);
        assert_eq!(status("33.16"), TargetStatus::OffTrack);
    }

    fn a_changed_aggregation_is_recomputed(store) {
        let a = store.indicator("a");
        store.run(1, vec![row(a, "33.16.01.2001", "2026-01", 10.0), row(a, "33.16.02.2001", "2026-01", 20.0)]);
        let of = SeriesOf { indicator_id: a, region: code("33.16"), breakdown_id: 0 };
        let value = || store.db.read(|r| r.latest_of_series(&Scope::everything(), of)).unwrap().and_then(|found| found.value);
        assert_eq!(value(), Some(30.0));
        let mut row = indicator("a", store.agency);
        row.region_aggregation = RegionAggregation::Mean;
        store.put(&row);
        store.db.write(|tx| recompute(tx, &[a], 2)).unwrap();
        assert_eq!(value(), Some(15.0));
        row.region_aggregation = RegionAggregation::None;
        store.put(&row);
        store.db.write(|tx| recompute(tx, &[a], 3)).unwrap();
        assert_eq!(value(), None);
    }

    fn migrations_run_once_and_refuse_a_newer_database(store) {
        store.db.migrate(MIGRATIONS).unwrap();
        let later = Migration { set: "figures", number: 99, name: "later", sql: "create table later (x bigint)" };
        let all: Vec<Migration> = MIGRATIONS.iter().copied().chain([later]).collect();
        store.db.migrate(&all).unwrap();
        let reopened = Db::open(&store.url).unwrap();
        let refused = reopened.migrate(MIGRATIONS).unwrap_err();
        assert!(matches!(refused, DbError::Newer { found: 99, .. }), "{refused}");
        assert!(refused.to_string().contains("newer than this program"));
    }

    fn a_broken_migration_leaves_nothing(store) {
        let broken = Migration { set: "x", number: 1, name: "broken", sql: "create table half (x bigint); create tabel" };
        assert!(store.db.migrate(&[broken]).is_err());
        let there = store.db.read(|r| r.query("select * from half", &[], |_| Ok(())));
        assert!(there.is_err());
        assert_eq!(store.db.read(|r| r.query_one("select count(*) from region where region_id = $1", &[id("33.16").into()], |x| x.get::<i64>(0))).unwrap(), 1);
    }
}
