//! A full disk, two processes, damage.

use crate::harness::{on_both, row, sqlite};
use pendopo_figures::{Db, DbError, DbUrl, MIGRATIONS, RunCounters, StagedRow, commit_run};
use std::sync::{
    Barrier,
    atomic::{AtomicI64, Ordering},
};

fn observations(db: &Db) -> i64 {
    db.read(|r| r.query_one("select count(*) from observation", &[], |row| row.get(0))).unwrap()
}

/// More rows than a few pages hold.
fn many(indicator: i64, first: i64) -> Vec<StagedRow> {
    (0..20_000)
        .map(|n| {
            let mut staged = row(indicator, "33.16.01", "2026-01", n as f64);
            staged.region_id += 1 + n % 5_000;
            staged.period = crate::harness::at(&format!("20{:02}-01", first + n / 5_000));
            staged
        })
        .collect()
}

#[test]
fn a_full_disk_stops_writes_and_not_reads_and_passes() {
    let store = sqlite();
    let a = store.indicator("a");
    store.run(1, vec![row(a, "33.16.01.2001", "2026-01", 1.0)]);
    let cap = |pages: i64| {
        store.db.write(|tx| {
            let set = format!("pragma max_page_count = {pages}");
            tx.query_one(&set, &[], |row| row.get::<i64>(0))
        })
    };
    let used: i64 = store.db.read(|r| r.query_one("pragma page_count", &[], |row| row.get(0))).unwrap();
    cap(used + 4).unwrap();
    let run = store.begin(None, 2);
    let full = commit_run(&store.db, run, many(a, 10), &[], None, RunCounters::default(), 3);
    assert!(matches!(full, Err(DbError::Full(_))), "{full:?}");
    assert_eq!(observations(&store.db), 1, "reads go on and see the state before");
    // Room again: the same run goes through without a restart.
    cap(1_000_000).unwrap();
    let outcome = commit_run(&store.db, run, many(a, 10), &[], None, RunCounters::default(), 4).unwrap();
    assert_eq!(outcome.added, 20_000);
    assert_eq!(observations(&store.db), 20_001);
}

#[test]
fn a_file_that_is_no_database_is_named_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pendopo.db");
    std::fs::write(&path, "ini bukan basis data ".repeat(1000)).unwrap();
    let result = Db::open(&DbUrl::Sqlite(path)).and_then(|db| db.migrate(MIGRATIONS));
    assert!(matches!(result, Err(DbError::Corrupt(_))), "{result:?}");
}

#[test]
fn urls_hide_their_password() {
    let url: DbUrl = "postgres://pendopo:rahasia@db.example/center".parse().unwrap();
    assert_eq!(url.to_string(), "postgres://…@db.example/center");
    assert!(!format!("{url:?}").contains("rahasia"));
    assert!("mysql://x/y".parse::<DbUrl>().is_err());
    assert_eq!("sqlite:/a/b.db".parse::<DbUrl>().unwrap(), DbUrl::Sqlite("/a/b.db".into()));
}

on_both! {
    /// Two programs on the same data: writers queue, nobody is refused, nothing is lost or doubled.
    fn two_processes_write_in_turn_while_others_read(store) {
        let a = store.indicator("a");
        let (start, next) = (Barrier::new(4), AtomicI64::new(0));
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    let db = Db::open(&store.url).unwrap();
                    start.wait();
                    for _ in 0..20 {
                        let n = next.fetch_add(1, Ordering::SeqCst);
                        let run = pendopo_figures::begin_run(&db, &crate::harness::new_run(None, n)).unwrap();
                        let mut staged = row(a, "33.16.01.2001", "2026-01", n as f64);
                        staged.region_id += n;
                        commit_run(&db, run, vec![staged], &[], None, RunCounters::default(), n).unwrap();
                    }
                });
            }
            for _ in 0..2 {
                threads.spawn(|| {
                    let db = Db::open(&store.url).unwrap();
                    start.wait();
                    while observations(&db) < 40 {
                        // A snapshot never shows a figure without its current value.
                        let torn: i64 = db.read(|r| r.query_one(
                            "select (select count(*) from observation) - (select count(*) from current_value)", &[],
                            |row| row.get(0))).unwrap();
                        assert_eq!(torn, 0);
                    }
                });
            }
        });
        assert_eq!(observations(&store.db), 40);
        let numbers: Vec<i64> = store.db.read(|r| r.query("select commit_no from run order by commit_no", &[], |x| x.get(0))).unwrap();
        assert_eq!(numbers, (1..=40).collect::<Vec<i64>>());
    }
}
