//! Makes a province of made-up figures, records them as monthly runs, times the questions of boards and
//! writes what it measured as JSON. `benches/engine_bench.py` runs it and asks DuckDB the same.
//!
//! `engine_bench FOLDER INDICATORS MONTHS[,MONTHS…] [MONTHS_PER_RUN]`: 8,563 villages × indicators × months figures.
//! After each number of months the questions are timed (`pendopo-MONTHS.json`); what is recorded until then stays
//! beside (`pendopo-MONTHS.db`) when more months follow.

#[path = "../tests/it/rows.rs"]
mod rows;

use pendopo_figures::{
    Db, DbError, DbUrl, IndicatorRow, MIGRATIONS, NewRun, Reader, RunCounters, RunKind, StagedRow, TargetRow,
    begin_run, commit_run, load_regions, put_agency, put_indicator, put_targets,
    questions::{Order, Questions, SeriesOf, Span, TableOf},
    set_rollup_root,
};
use pendopo_vocab::{Author, Period, RegionAggregation, RegionCode, RegionLevel, Scope, TimeAggregation};
use std::{error::Error, fmt::Write as _, fs, io::Write as _, ops::Range, path::Path, time::Instant};

const REGENCIES: i64 = 35;
const DISTRICTS: i64 = 576;
const VILLAGES: i64 = 8_563;
/// Every indicator's target; lower is better.
const TARGET: f64 = 500.0;
/// Timed runs of each question, after a few that warm up.
const RUNS: usize = 101;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, indicators, months, per_run @ ..] = arguments.as_slice() else {
        return Err("usage: engine_bench FOLDER INDICATORS MONTHS [MONTHS_PER_RUN]".into());
    };
    let per_run: usize = per_run.first().map_or(Ok(1), |text| text.parse())?;
    let (folder, indicators) = (Path::new(folder), indicators.parse()?);
    let stages = months.split(',').map(str::parse).collect::<Result<Vec<i32>, _>>()?;
    fs::create_dir_all(folder)?;
    let file = folder.join("pendopo.db");
    for suffix in ["", "-wal", "-shm"] {
        let _absent = fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let db = Db::open(&DbUrl::Sqlite(file))?;
    db.migrate(MIGRATIONS)?;
    let regions = regions()?;
    write_regions(&folder.join("villages.csv"), &regions)?;
    let ids = define(&db, &regions, indicators)?;
    let villages: Vec<i64> =
        regions.iter().filter(|r| r.level() == RegionLevel::Village).map(|r| r.id()).collect();
    let (mut first, mut load, mut done) = (None, 0.0, 0);
    for (position, months) in stages.iter().copied().enumerate() {
        let (first_run, secs) = fill(&db, &ids, &villages, done..months, per_run)?;
        first.get_or_insert(first_run);
        (load, done) = (load + secs, months);
        db.checkpoint()?;
        if position + 1 < stages.len() {
            fs::copy(folder.join("pendopo.db"), folder.join(format!("pendopo-{months}.db")))?;
        }
        let mut out = String::from("{");
        write!(
            out,
            "\"rows\": {}, \"load_secs\": {load:.3}, \"first_run_secs\": {:.3}, \"bytes\": {}, \
             \"peak_rss_kib\": {}, \"questions\": {{",
            villages.len() as i64 * indicators * i64::from(months),
            first.unwrap_or(0.0),
            db.size_bytes()?,
            peak_rss_kib()?
        )?;
        time_questions(&db, &ids, &villages, months, &mut out)?;
        out += "}}";
        fs::write(folder.join(format!("pendopo-{months}.json")), &out)?;
        writeln!(std::io::stdout(), "{out}")?;
    }
    Ok(())
}

/// A province in the tree's own shape, evenly filled.
fn regions() -> Result<Vec<RegionCode>, Box<dyn Error>> {
    let mut codes = vec!["33".parse()?];
    for regency in 1..=REGENCIES {
        codes.push(format!("33.{regency:02}").parse()?);
    }
    for district in 0..DISTRICTS {
        let (regency, number) = (district % REGENCIES + 1, district / REGENCIES + 1);
        codes.push(format!("33.{regency:02}.{number:02}").parse()?);
    }
    for village in 0..VILLAGES {
        let (district, number) = (village % DISTRICTS, village / DISTRICTS + 2001);
        let (regency, district) = (district % REGENCIES + 1, district / REGENCIES + 1);
        codes.push(format!("33.{regency:02}.{district:02}.{number}").parse()?);
    }
    codes.sort_unstable();
    Ok(codes)
}

fn write_regions(file: &Path, regions: &[RegionCode]) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("region,number\n");
    let villages = regions.iter().filter(|region| region.level() == RegionLevel::Village);
    for (region, number) in villages.zip(0..) {
        let number: i64 = number;
        writeln!(text, "{},{number}", region.id())?;
    }
    Ok(fs::write(file, text)?)
}

fn define(db: &Db, regions: &[RegionCode], indicators: i64) -> Result<Vec<i64>, DbError> {
    db.write(|tx| {
        load_regions(tx, regions.iter().copied().map(rows::region_row))?;
        set_rollup_root(tx, regions[0])?;
        let agency_id = put_agency(tx, &rows::agency_row("opd"))?;
        let mut ids = Vec::new();
        for number in 1..=indicators {
            let id = put_indicator(tx, &indicator(number, agency_id))?;
            let target = |year: i32| -> Option<TargetRow> {
                let period = format!("{year}").parse().ok()?;
                Some(TargetRow {
                    indicator_id: id,
                    region: regions[0],
                    period,
                    value: TARGET,
                    high: None,
                    basis: None,
                })
            };
            put_targets(tx, id, &(2020..2035).filter_map(target).collect::<Vec<_>>(), 0)?;
            ids.push(id);
        }
        Ok(ids)
    })
}

fn indicator(number: i64, agency_id: i64) -> IndicatorRow {
    IndicatorRow {
        decimals: 1,
        region_aggregation: RegionAggregation::Mean,
        time_aggregation: TimeAggregation::Mean,
        ..rows::indicator(&format!("i{number}"), agency_id)
    }
}

/// The same formula as in `benches/engine_bench.py`.
fn value(village: i64, indicator: i64, month: i64) -> f64 {
    ((village * 7_919 + indicator * 104_729 + month * 1_299_709 + village * indicator * (month + 1)) % 10_007)
        as f64
        / 10.0
}

fn month(number: i32) -> Result<i32, Box<dyn Error>> {
    Ok("2020-01".parse::<Period>()?.shift(number).id())
}

/// One run per `per_run` months, all villages and indicators; gives the seconds of the first and of all.
fn fill(
    db: &Db,
    ids: &[i64],
    villages: &[i64],
    months: Range<i32>,
    per_run: usize,
) -> Result<(f64, f64), Box<dyn Error>> {
    let (mut first, mut all) = (None, 0.0);
    for numbers in months.collect::<Vec<_>>().chunks(per_run) {
        let mut staged = Vec::with_capacity(ids.len() * villages.len() * numbers.len());
        for number in numbers {
            let period = month(*number)?;
            for (region, village) in villages.iter().zip(0..) {
                for (indicator_id, indicator) in ids.iter().zip(0..) {
                    let value = value(village, indicator, (*number).into());
                    staged.push(StagedRow {
                        indicator_id: *indicator_id,
                        region_id: *region,
                        breakdown_id: 0,
                        period,
                        value,
                        row_no: village + 1,
                    });
                }
            }
        }
        let before = peak_rss_kib()?;
        let start = Instant::now();
        record(db, staged, numbers[0].into())?;
        let secs = start.elapsed().as_secs_f64();
        if first.is_none() {
            writeln!(
                std::io::stderr(),
                "first run: {secs:.2} s, peak memory {} KiB over {before}",
                peak_rss_kib()?
            )?;
        }
        first.get_or_insert(secs);
        all += secs;
    }
    Ok((first.unwrap_or(0.0), all))
}

fn record(db: &Db, staged: Vec<StagedRow>, now: i64) -> Result<(), DbError> {
    let run = NewRun {
        source_id: None,
        kind: RunKind::Import,
        author: Author::named("bench"),
        reason: None,
        trigger: "bench".into(),
        started_at: now,
        lease_ms: 1_000_000,
        retry_of: None,
    };
    let run_id = begin_run(db, &run)?;
    commit_run(db, run_id, staged, &[], None, RunCounters::default(), now)?;
    Ok(())
}

/// Rows of an answer and their values' sum, to compare with the other engine's.
type Answer = (usize, f64);

fn time_questions(
    db: &Db,
    ids: &[i64],
    villages: &[i64],
    months: i32,
    out: &mut String,
) -> Result<(), Box<dyn Error>> {
    let scope = Scope::everything();
    let (province, regency): (RegionCode, RegionCode) = ("33".parse()?, "33.16".parse()?);
    let newest = month(months - 1)?;
    let indicator_id = ids[ids.len() / 2];
    let village = RegionCode::from_id(villages[villages.len() / 2]).ok_or("no village")?;
    let table = TableOf {
        indicator_id,
        breakdown_id: 0,
        parent: province,
        level: RegionLevel::Village,
        period: None,
    };
    let trend = SeriesOf { indicator_id, region: village, breakdown_id: 0 };
    let sum = |values: &mut dyn Iterator<Item = f64>| -> Answer {
        values.fold((0, 0.0), |(n, s), v| (n + 1, s + v))
    };
    type Ask<'a> = Box<dyn Fn(&mut Reader<'_>) -> Result<Answer, DbError> + 'a>;
    let questions: Vec<(&str, Ask<'_>)> = vec![
        (
            "latest of a regency",
            Box::new(|r| {
                let found = r.values_in_subtree(&scope, regency, Some(RegionLevel::Village), &[])?;
                Ok(sum(&mut found.iter().filter_map(|f| f.value)))
            }),
        ),
        (
            "latest of a regency, with comparisons",
            Box::new(|r| {
                let found = r.latest_in_subtree(&scope, regency, Some(RegionLevel::Village), &[])?;
                let compared = found.iter().map(|f| Some(f.value? + 2.0 * f.previous? + 3.0 * f.last_year?));
                Ok(sum(&mut compared.flatten()))
            }),
        ),
        (
            "trend of a village",
            Box::new(|r| {
                Ok(sum(&mut r.trend(&scope, trend, Span::ALWAYS, None)?.iter().filter_map(|p| p.value)))
            }),
        ),
        (
            "trend of a regency",
            Box::new(|r| {
                let of = SeriesOf { region: regency, ..trend };
                Ok(sum(&mut r.trend(&scope, of, Span::ALWAYS, None)?.iter().filter_map(|p| p.value)))
            }),
        ),
        (
            "roll-up to regencies",
            Box::new(|r| {
                let of = TableOf { level: RegionLevel::Regency, period: Some(newest), ..table };
                Ok(sum(&mut r.region_table(&scope, of, None)?.iter().filter_map(|f| f.value)))
            }),
        ),
        (
            "top 20 villages",
            Box::new(|r| {
                Ok(sum(&mut r
                    .ranking(&scope, table, Order::Highest, 20, None)?
                    .iter()
                    .filter_map(|f| f.value)))
            }),
        ),
        (
            "top 20 villages of a past month",
            Box::new(|r| {
                let of = TableOf {
                    period: Some(month(months / 2).map_err(|e| DbError::Other(e.to_string()))?),
                    ..table
                };
                Ok(sum(&mut r.ranking(&scope, of, Order::Highest, 20, None)?.iter().filter_map(|f| f.value)))
            }),
        ),
        (
            "against target: 50 worst of the province",
            Box::new(|r| {
                Ok(sum(&mut r
                    .exceptions(&scope, province, Some(RegionLevel::Village), 50)?
                    .iter()
                    .filter_map(|f| f.value)))
            }),
        ),
        (
            "against target: counts in a regency",
            Box::new(|r| {
                let found = r.against_target(&scope, regency, RegionLevel::Village)?;
                Ok(sum(&mut found.iter().map(|c| (c.off_track + 2 * c.at_risk + 3 * c.on_track) as f64)))
            }),
        ),
    ];
    for (position, (name, ask)) in questions.iter().enumerate() {
        let mut times = Vec::with_capacity(RUNS);
        let mut answer = (0, 0.0);
        for run in 0..RUNS + 5 {
            let start = Instant::now();
            answer = db.read(|reader| ask(reader))?;
            if run >= 5 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        times.sort_by(f64::total_cmp);
        let comma = if position == 0 { "" } else { ", " };
        write!(
            out,
            "{comma}\"{name}\": {{\"p50_ms\": {:.4}, \"p99_ms\": {:.4}, \"rows\": {}, \"sum\": {:.6}}}",
            times[RUNS / 2],
            times[RUNS * 99 / 100],
            answer.0,
            answer.1
        )?;
    }
    Ok(())
}

fn peak_rss_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse()?)
}
