//! A writing process is killed with -9 at odd moments: what it acknowledged is there, once, and the rest
//! is not there at all.

use crate::harness::{Store, new_run, on_both, row};
use pendopo_figures::{Db, RunCounters, StagedRow, begin_run, commit_run};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const KILLS: u64 = 12;
/// Figures per run.
const ROWS: i64 = 300;
/// Tells the child, a copy of this test binary, what to write to.
const CHILD: &str = "PENDOPO_KILL_TEST_CHILD";

/// The child: whole runs until it is killed, each acknowledged by a line. Without the variable, as in a
/// run of all tests, there is nothing to write to.
#[test]
fn child_writes_until_killed() {
    let Ok(task) = std::env::var(CHILD) else {
        return;
    };
    let [url, indicator, first] = task.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    let (indicator, first): (i64, i64) = (indicator.parse().unwrap(), first.parse().unwrap());
    let db = Db::open(&url.parse().unwrap()).unwrap();
    let mut out = std::io::stdout();
    for number in first.. {
        let run = begin_run(&db, &new_run(None, number)).unwrap();
        commit_run(&db, run, staged(indicator, number), &[], None, RunCounters::default(), number).unwrap();
        writeln!(out, "\nacknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

fn staged(indicator: i64, number: i64) -> Vec<StagedRow> {
    (0..ROWS)
        .map(|n| {
            let mut staged = row(indicator, "33.16.01", "2026-01", number as f64);
            staged.region_id += 1 + n;
            staged
        })
        .collect()
}

fn address(store: &Store) -> String {
    match &store.url {
        pendopo_figures::DbUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        pendopo_figures::DbUrl::Postgres(url) => url.clone(),
    }
}

/// Starts the child, lets it live for `life` after its first acknowledgement, kills it; gives the last
/// run it acknowledged.
fn one_life(store: &Store, indicator: i64, first: i64, life: Duration) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::child_writes_until_killed", "--nocapture"])
        .env(CHILD, format!("{} {indicator} {first}", address(store)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: &str| line.strip_prefix("acknowledged ").map(|text| text.parse::<i64>().unwrap());
    let mut last = lines.by_ref().map_while(Result::ok).find_map(|line| number(&line)).unwrap();
    let end = Instant::now() + life;
    while Instant::now() < end {
        last = lines.by_ref().map_while(Result::ok).find_map(|line| number(&line)).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died counts as acknowledged too.
    lines.map_while(Result::ok).filter_map(|line| number(&line)).max().unwrap_or(last).max(last)
}

on_both! {
    fn nothing_acknowledged_is_lost_and_nothing_is_half(store) {
        let a = store.indicator("a");
        let mut next = 1;
        for kill in 0..KILLS {
            let acknowledged = one_life(store, a, next, Duration::from_millis(7 * kill));
            let one = |sql: &str| -> i64 { store.db.read(|r| r.query_one(sql, &[], |row| row.get(0))).unwrap() };
            let done = one("select count(*) from run where status = 'done'");
            // PostgreSQL may have committed what it had no time to acknowledge: one run at most.
            assert!(done == acknowledged || done == acknowledged + 1, "{done} done, {acknowledged} acknowledged");
            assert_eq!(one("select count(*) from observation"), done * ROWS);
            assert_eq!(one("select count(*) from current_value"), ROWS);
            assert_eq!(one("select count(distinct commit_no) from current_value"), 1);
            assert_eq!(one("select cast(min(value) as bigint) from latest where level = 4"), done);
            assert_eq!(one("select cast(max(value) as bigint) from rollup"), done * ROWS);
            next = done + 1;
        }
    }
}
