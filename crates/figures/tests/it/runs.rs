//! The ledger, revisions and what keeps a run all or nothing.

use crate::harness::{at, id, new_run, on_both, row};
use pendopo_figures::{
    AnswerBody, Db, DbError, NewRun, Overtaken, RefusedRow, RunCounters, RunEnd, RunKind, RunOutcome,
    RunStatus, RunsOf, StagedRow, begin_run, close_interrupted_runs, commit_retry, commit_run,
    drop_unused_answers, fail_run, find_answer, find_run, list_runs, preview_run,
    questions::{Questions, SeriesOf, Span},
    refuse_run, release_answers, set_progress, settle_overtaken_row, settle_refused_row,
};
use pendopo_vocab::{RegionCode, Scope};

fn count(db: &Db, table: &str) -> i64 {
    db.read(|r| r.query_one(&format!("select count(*) from {table}"), &[], |row| row.get(0))).unwrap()
}

fn refused(row_no: i64) -> RefusedRow {
    RefusedRow {
        row_no,
        column: Some("desa".into()),
        reason_code: "region_unknown".into(),
        message: "desa tidak dikenal".into(),
        raw: "Entah\0;12".into(),
    }
}

on_both! {
    fn the_same_rows_again_add_nothing(store) {
        let a = store.indicator("a");
        let rows = || vec![row(a, "33.16.01.2001", "2026-01", 3.0), row(a, "33.16.01.2002", "2026-01", 4.0)];
        assert_eq!(store.run(1, rows()), RunOutcome { added: 2, revised: 0, same: 0 });
        assert_eq!(store.run(2, rows()), RunOutcome { added: 0, revised: 0, same: 2 });
        let mut changed = rows();
        changed[1].value = 5.0;
        assert_eq!(store.run(3, changed), RunOutcome { added: 0, revised: 1, same: 1 });
        assert_eq!(count(&store.db, "observation"), 3);
    }

    fn many_rows_of_one_period_are_compared_as_a_range(store) {
        let a = store.indicator("a");
        let rows = |first: i64, value: f64| -> Vec<_> {
            (first..first + 200).map(|n| {
                let mut staged = row(a, "33.16.01", "2026-01", value);
                staged.region_id += n;
                staged
            }).collect()
        };
        assert_eq!(store.run(1, rows(1, 1.0)).added, 200);
        let outcome = store.run(2, rows(101, 1.0));
        assert_eq!(outcome, RunOutcome { added: 100, revised: 0, same: 100 });
        let outcome = store.run(3, rows(1, 2.0));
        assert_eq!(outcome, RunOutcome { added: 0, revised: 200, same: 0 });
    }

    fn of_two_rows_for_one_figure_the_last_wins(store) {
        let a = store.indicator("a");
        let mut rows = vec![row(a, "33.16.01.2001", "2026-01", 3.0), row(a, "33.16.01.2001", "2026-01", 9.0)];
        rows[1].row_no = 2;
        assert_eq!(store.run(1, rows).added, 1);
        let value: f64 = store.db.read(|r| r.query_one("select value from observation", &[], |x| x.get(0))).unwrap();
        assert_eq!(value, 9.0);
    }

    fn a_value_that_is_no_number_is_refused(store) {
        let a = store.indicator("a");
        let run = store.begin(None, 1);
        let staged = vec![row(a, "33.16.01.2001", "2026-01", f64::NAN)];
        let result = commit_run(&store.db, run, staged, &[], None, RunCounters::default(), 2);
        assert!(matches!(result, Err(DbError::Conflict(_))), "{result:?}");
        assert_eq!(count(&store.db, "observation"), 0);
    }

    fn one_run_per_source_at_a_time(store) {
        let source = store.source("simpus");
        let first = store.begin(Some(source), 1_000);
        assert!(matches!(begin_run(&store.db, &new_run(Some(source), 2_000)), Err(DbError::Conflict(_))));
        // Another source is free, and so is this one when the first run's lease is over.
        let other = store.source("sipd");
        store.begin(Some(other), 2_000);
        let second = store.begin(Some(source), 70_000);
        let status = |run| store.db.read(|r| find_run(r, run)).unwrap().unwrap().status;
        assert_eq!(status(first), RunStatus::Interrupted);
        assert_eq!(status(second), RunStatus::Running);
        // The dead run's process was only slow: it is told, and nothing of it is applied.
        let a = store.indicator("a");
        let late = commit_run(&store.db, first, vec![row(a, "33.16.01.2001", "2026-01", 3.0)], &[refused(1)], None,
            RunCounters::default(), 70_001);
        assert!(matches!(late, Err(DbError::Conflict(_))), "{late:?}");
        for table in ["observation", "current_value", "rollup", "latest", "refused_row"] {
            assert_eq!(count(&store.db, table), 0, "{table}");
        }
        assert!(set_progress(&store.db, first, 1, None, 80_000).is_err());
    }

    fn progress_renews_the_lease(store) {
        let source = store.source("simpus");
        let run = store.begin(Some(source), 0);
        set_progress(&store.db, run, 10, Some(20), 200_000).unwrap();
        assert_eq!(close_interrupted_runs(&store.db, 100_000).unwrap(), 0);
        assert_eq!(close_interrupted_runs(&store.db, 200_001).unwrap(), 1);
        let found = store.db.read(|r| find_run(r, run)).unwrap().unwrap();
        assert_eq!((found.progress_done, found.progress_total), (10, Some(20)));
    }

    fn refused_and_failed_runs_keep_their_reasons(store) {
        let source = store.source("simpus");
        let end = |code: &str| RunEnd {
            problem_code: code.into(),
            message: "terlalu banyak baris ditolak".into(),
            counters: RunCounters { accepted: 1, refused: 2, repeated: 0, bytes: 9 },
            finished_at: 5,
        };
        let answer = AnswerBody { media_type: "text/csv".into(), bytes: b"a;b\n1;2\n".repeat(100) };
        let run = store.begin(Some(source), 1);
        refuse_run(&store.db, run, &end("too_many_refused"), &[refused(3), refused(1)], Some(&answer)).unwrap();
        let found = store.db.read(|r| find_run(r, run)).unwrap().unwrap();
        assert_eq!((found.status, found.commit_no, found.counters.refused), (RunStatus::Refused, None, 2));
        let kept = store.db.read(|r| find_answer(r, found.answer_id.unwrap())).unwrap().unwrap();
        assert_eq!(kept.bytes, answer.bytes);
        assert!(store.db.write(|tx| settle_refused_row(tx, run, 3, true)).unwrap());
        assert!(!store.db.write(|tx| settle_refused_row(tx, run, 3, true)).unwrap(), "settled once");

        let run = store.begin(Some(source), 6);
        fail_run(&store.db, run, &end("timeout"), Some(&answer)).unwrap();
        let again = store.db.read(|r| find_run(r, run)).unwrap().unwrap();
        assert_eq!(again.answer_id, found.answer_id, "the same answer is kept once");
        assert!(matches!(fail_run(&store.db, run, &end("timeout"), None), Err(DbError::Conflict(_))));
        let listed = store.db.read(|r| list_runs(r, Some(source), None, 10)).unwrap();
        assert_eq!(listed.iter().map(|run| run.run_id).collect::<Vec<_>>(), [again.run_id, found.run_id]);
        let page = store.db.read(|r| list_runs(r, None, Some(again.run_id), 10)).unwrap();
        assert_eq!(page.len(), 1);
    }

    fn a_retry_leaves_what_a_later_answer_brought(store) {
        let (source, a) = (store.source("simpus"), store.indicator("a"));
        let (x, y, z) = ("33.16.01.2001", "33.16.01.2002", "33.16.01.2003");
        let numbered = |region, value, row_no| StagedRow { row_no, ..row(a, region, "2026-01", value) };
        let answer = AnswerBody { media_type: "text/csv".into(), bytes: b"a;b".to_vec() };
        let commit = |run, staged, at| {
            commit_run(&store.db, run, staged, &[refused(4), refused(5), refused(6)], Some(&answer), RunCounters::default(), at).unwrap()
        };
        let retry = |of, now| {
            let run = NewRun { retry_of: Some(of), kind: RunKind::Retry, ..new_run(Some(source), now) };
            begin_run(&store.db, &run).unwrap()
        };
        let value = |region: &str| -> Option<f64> {
            let of = SeriesOf { indicator_id: a, region: RegionCode::from_id(id(region)).unwrap(), breakdown_id: 0 };
            store.db.read(|r| r.trend(&Scope::everything(), of, Span::ALWAYS, None)).unwrap().first().and_then(|p| p.value)
        };
        let first = store.begin(Some(source), 10);
        commit(first, vec![numbered("33.16.02.2001", 1.0, 1)], 10);
        let second = store.begin(Some(source), 20);
        commit(second, vec![numbered(x, 20.0, 1)], 20);
        // Row 4 says x, row 5 says y, row 6 says z: what the second run brought stays.
        let again = retry(first, 30);
        let staged = vec![numbered(x, 4.0, 4), numbered(y, 5.0, 5), numbered(z, 6.0, 6)];
        let done = commit_retry(&store.db, again, staged, RunCounters::default(), 30).unwrap();
        assert_eq!(done.outcome, RunOutcome { added: 2, revised: 0, same: 0 });
        assert_eq!(done.overtaken, [Overtaken { row_no: 4, by_run: second, whole: true }]);
        assert_eq!((value(x), value(y), value(z)), (Some(20.0), Some(5.0), Some(6.0)));
        let kept = store.db.read(|r| find_run(r, again)).unwrap().unwrap();
        let original = store.db.read(|r| find_run(r, first)).unwrap().unwrap();
        assert_eq!((kept.retry_of, kept.answer_id), (Some(first), original.answer_id));
        assert!(kept.answer_id.is_some());
        assert!(store.db.write(|tx| settle_overtaken_row(tx, first, &done.overtaken[0])).unwrap());
        let said: (String, i64) = store.db.read(|r| r.query_one("select state, overtaken_by from refused_row where run_id = $1 and row_no = 4",
            &[first.into()], |x| Ok((x.get(0)?, x.get(1)?)))).unwrap();
        assert_eq!(said, ("dismissed".to_owned(), second));
        // What a retry of an older answer brought is not newer than what the second run's own rows say.
        let again = retry(second, 40);
        let done = commit_retry(&store.db, again, vec![numbered(y, 50.0, 5)], RunCounters::default(), 40).unwrap();
        assert_eq!((done.outcome.revised, done.overtaken.len(), value(y)), (1, 0, Some(50.0)));
        // But what the second answer brought is newer than the first one's, also by way of its retry.
        let once_more = retry(first, 50);
        let rows = vec![numbered(y, 5.0, 5), numbered(z, 7.0, 5)];
        let done = commit_retry(&store.db, once_more, rows, RunCounters::default(), 50).unwrap();
        assert_eq!(done.overtaken, [Overtaken { row_no: 5, by_run: again, whole: false }]);
        assert_eq!((value(y), value(z)), (Some(50.0), Some(7.0)));
        // A run that reads no other again cannot be recorded as one that does.
        let plain = store.begin(Some(source), 60);
        assert!(matches!(commit_retry(&store.db, plain, vec![], RunCounters::default(), 60), Err(DbError::Conflict(_))));
    }

    fn a_retry_keeps_the_answer_no_longer_than_its_run_does(store) {
        let (source, a) = (store.source("simpus"), store.indicator("a"));
        let answer = AnswerBody { media_type: "text/csv".into(), bytes: b"a;b".to_vec() };
        let first = store.begin(Some(source), 10);
        commit_run(&store.db, first, vec![row(a, "33.16.01.2001", "2026-01", 1.0)], &[refused(4)], Some(&answer), RunCounters::default(), 10).unwrap();
        let run = NewRun { retry_of: Some(first), kind: RunKind::Retry, ..new_run(Some(source), 90) };
        let again = begin_run(&store.db, &run).unwrap();
        commit_retry(&store.db, again, vec![row(a, "33.16.01.2002", "2026-01", 2.0)], RunCounters::default(), 90).unwrap();
        assert_eq!(store.db.write(|tx| release_answers(tx, RunsOf::Source(source), 10, 9)).unwrap(), 0);
        assert_eq!(store.db.write(|tx| release_answers(tx, RunsOf::Source(source), 11, 9)).unwrap(), 2);
        assert_eq!(store.db.write(|tx| drop_unused_answers(tx, 9)).unwrap(), 1);
        // An answer that is gone is not missed by a later retry.
        let run = NewRun { retry_of: Some(first), kind: RunKind::Retry, ..new_run(Some(source), 95) };
        let again = begin_run(&store.db, &run).unwrap();
        commit_retry(&store.db, again, vec![], RunCounters::default(), 95).unwrap();
        assert_eq!(store.db.read(|r| find_run(r, again)).unwrap().unwrap().answer_id, None);
    }

    fn a_preview_changes_nothing_and_names_the_largest_changes(store) {
        let a = store.indicator("a");
        store.run(1, vec![row(a, "33.16.01.2001", "2026-01", 10.0), row(a, "33.16.01.2002", "2026-01", 10.0)]);
        let staged = vec![
            row(a, "33.16.01.2001", "2026-01", 11.0),
            row(a, "33.16.01.2002", "2026-01", 40.0),
            row(a, "33.16.01.2003", "2026-01", 1.0),
        ];
        let preview = preview_run(&store.db, staged).unwrap();
        assert_eq!(preview.outcome, RunOutcome { added: 1, revised: 2, same: 0 });
        assert_eq!(preview.largest[0].row.region_id, id("33.16.01.2002"));
        assert_eq!(preview.largest[0].before, 10.0);
        assert_eq!(count(&store.db, "observation"), 2);
    }

    fn the_time_of_record_never_runs_backwards(store) {
        let a = store.indicator("a");
        store.run(1_000, vec![row(a, "33.16.01.2001", "2026-01", 1.0)]);
        store.run(500, vec![row(a, "33.16.01.2001", "2026-01", 2.0)]);
        let of = SeriesOf { indicator_id: a, region: RegionCode::from_id(id("33.16.01.2001")).unwrap(), breakdown_id: 0 };
        let value = |known_at| store.db.read(|r| r.trend(&Scope::everything(), of, Span::ALWAYS, known_at)).unwrap();
        assert!(value(Some(999)).is_empty());
        assert_eq!(value(Some(1_000))[0].value, Some(2.0));
        assert_eq!(value(None)[0].period, at("2026-01"));
    }

    fn an_error_in_a_transaction_rolls_all_of_it_back(store) {
        let result: Result<(), DbError> = store.db.write(|tx| {
            tx.execute("insert into breakdown (key) values ('sex=f')", &[])?;
            Err(DbError::Conflict("berhenti".into()))
        });
        assert!(result.is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.db.write(|tx| -> Result<(), DbError> {
                tx.execute("insert into breakdown (key) values ('sex=m')", &[])?;
                panic!("di tengah jalan")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(count(&store.db, "breakdown"), 1);
    }
}
