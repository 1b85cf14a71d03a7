//! What small cells cost: a million figures in, with nothing to hide, with nothing small, and with some
//! small ones; and the board question with and without clearance.
//!
//! `cargo run --release -p pendopo-figures --example disclosure_bench`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not the program")]

#[path = "../tests/it/rows.rs"]
mod rows;

use pendopo_figures::{
    Db, DbUrl, IndicatorRow, MIGRATIONS, NewRun, RunCounters, RunKind, StagedRow, begin_run, commit_run,
    load_regions, put_agency, put_indicator, questions::Questions, set_rollup_root,
};
use pendopo_vocab::{Author, Counts, Period, RegionCode, RegionLevel, Scope, Sensitivity, TimeAggregation};
use std::time::Instant;

/// One province of 35 regencies with 16 districts of 15 villages.
fn villages() -> Vec<RegionCode> {
    let code = |text: String| text.parse::<RegionCode>().unwrap();
    (1..=35)
        .flat_map(|k| (1..=16).flat_map(move |c| (1..=15).map(move |d| (k, c, d))))
        .map(|(k, c, d)| code(format!("33.{k:02}.{c:02}.{}", 2000 + d)))
        .collect()
}

/// Seconds of processor time used so far: on a shared machine steadier than the clock on the wall.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks =
        |at: usize| stat.split(' ').nth(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) / 100.0
}

/// `small`: how many of a thousand figures are below five.
fn measure(name: &str, counts: Counts, small: u64) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&DbUrl::Sqlite(folder.path().join("pendopo.db"))).unwrap();
    db.migrate(MIGRATIONS).unwrap();
    let villages = villages();
    let mut regions: Vec<RegionCode> = villages.clone();
    for level in [RegionLevel::District, RegionLevel::Regency, RegionLevel::Province] {
        regions.extend(villages.iter().map(|village| village.ancestor(level)));
    }
    regions.sort_unstable();
    regions.dedup();
    let indicators: Vec<i64> = db
        .write(|tx| {
            load_regions(tx, regions.iter().copied().map(rows::region_row))?;
            set_rollup_root(tx, "33".parse().unwrap())?;
            let agency = put_agency(tx, &rows::agency_row("uji"))?;
            let indicator = |number: usize| IndicatorRow {
                time_aggregation: TimeAggregation::Sum,
                counts,
                ..rows::indicator(&format!("ukuran-{number}"), agency)
            };
            (0..10).map(|number| put_indicator(tx, &indicator(number))).collect()
        })
        .unwrap();
    let first: Period = "2026-01".parse().unwrap();
    let mut seed = 7_u64;
    let mut staged = Vec::new();
    for month in 0..12 {
        for village in &villages {
            for id in &indicators {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let dice = seed >> 33;
                let value = if dice % 1000 < small { 1 + dice / 1000 % 4 } else { 5 + dice / 1000 % 300 };
                staged.push(StagedRow {
                    indicator_id: *id,
                    region_id: village.id(),
                    breakdown_id: 0,
                    period: first.shift(month).id(),
                    value: value as f64,
                    row_no: 1,
                });
            }
        }
    }
    let rows = staged.len();
    let run = NewRun {
        source_id: None,
        kind: RunKind::Import,
        author: Author::named("uji"),
        reason: None,
        trigger: "manual".into(),
        started_at: 1,
        lease_ms: 1_000_000,
        retry_of: None,
    };
    let run = begin_run(&db, &run).unwrap();
    let (start, before) = (Instant::now(), processor_seconds());
    commit_run(&db, run, staged, &[], None, RunCounters::default(), 2).unwrap();
    let (took, used) = (start.elapsed(), processor_seconds() - before);
    let hidden: i64 =
        db.read(|r| r.query_one("select count(*) from suppressed", &[], |row| row.get(0))).unwrap();
    let cleared = Scope::everything();
    let public = Scope { sensitivity: Sensitivity::Public, ..Scope::everything() };
    let board = |scope: &Scope, region: &str, level| {
        let region: RegionCode = region.parse().unwrap();
        let ask = || db.read(|r| r.latest_in_subtree(scope, region, level, &[])).unwrap().len();
        ask();
        let start = Instant::now();
        (0..50).for_each(|_| assert!(ask() > 0));
        start.elapsed() / 50
    };
    println!(
        "{name}: {rows} rows in {:.2} s ({used:.2} s of processor time); {hidden} figures hidden; board of a regency {:?} cleared, {:?} public; \
         villages of a regency {:?} cleared, {:?} public",
        took.as_secs_f64(),
        board(&cleared, "33.16", Some(RegionLevel::Regency)),
        board(&public, "33.16", Some(RegionLevel::Regency)),
        board(&cleared, "33.16", Some(RegionLevel::Village)),
        board(&public, "33.16", Some(RegionLevel::Village)),
    );
}

fn main() {
    measure("counts nothing", Counts::Nothing, 0);
    measure("people, none small", Counts::People, 0);
    measure("people, 1 % small", Counts::People, 10);
    measure("people, 20 % small", Counts::People, 200);
}
