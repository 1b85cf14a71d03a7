//! SQL of readers: the views and what keeps readers inside them.

use crate::harness::{on_both, row};
use pendopo_figures::{DbError, QueryLimits, Value, query_views};
use pendopo_vocab::Scope;
use std::time::Duration;

on_both! {
    fn the_views_speak_in_codes_and_names(store) {
        let a = store.indicator("a");
        store.run(1_767_225_600_000, vec![row(a, "33.16.01.2001", "2026-01", 3.0)]);
        let rows = |sql: &str| query_views(&store.db, &Scope::everything(), sql, QueryLimits::default()).unwrap().rows;
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(rows("select count(*) from region"), [[Value::Int(18)]]);
        assert_eq!(
            rows("select indicator, region, period, value, recorded_at from observation"),
            [[text("a"), text("33.16.01.2001"), text("2026-01"), Value::Real(3.0), text("2026-01-01T00:00:00Z")]]
        );
        assert_eq!(rows("select region, status from latest where region = '33.16'"), [[text("33.16"), text("no_target")]]);
        assert_eq!(rows("select status, added from run"), [[text("done"), Value::Int(1)]]);
        assert_eq!(rows("select count(*) from refused_row"), [[Value::Int(0)]]);
        assert_eq!(rows("select unit, agency from indicator where code like 'a%'"), [[text("orang"), text("dinkes")]]);
        assert_eq!(rows("with x as (select value from revision) select sum(value) from x;"), [[Value::Real(3.0)]]);
    }

    fn limits_hold(store) {
        let few = QueryLimits { max_rows: 3, ..QueryLimits::default() };
        let cut = query_views(&store.db, &Scope::everything(), "select code from region order by code", few).unwrap();
        assert_eq!((cut.rows.len(), cut.truncated), (3, true));
        let whole = query_views(&store.db, &Scope::everything(), "select code from region order by code limit 3", few).unwrap();
        assert!(!whole.truncated);
        let short = QueryLimits { timeout: Duration::from_millis(200), ..QueryLimits::default() };
        let bomb = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n";
        assert!(matches!(query_views(&store.db, &Scope::everything(), bomb, short), Err(DbError::Query(_))));
    }

    fn nothing_but_a_select_runs(store) {
        for sql in [
            "delete from region", "update region set name = 'x'", "insert into region (code) values ('x')",
            "drop view latest", "create table x (y bigint)", "select 1; delete from region", "vacuum", "",
            "begin", "commit", "with x as (delete from region returning 1) select * from x",
        ] {
            let result = query_views(&store.db, &Scope::everything(), sql, QueryLimits::default());
            assert!(matches!(result, Err(DbError::Query(_))), "{sql}: {result:?}");
        }
        let regions: i64 = store.db.read(|r| r.query_one("select count(*) from region", &[], |x| x.get(0))).unwrap();
        assert_eq!(regions, 18);
    }
}

#[test]
fn on_sqlite_tables_pragmas_files_and_odd_functions_are_closed() {
    let store = crate::harness::sqlite();
    for sql in [
        "select * from main.region",
        "select * from answer",
        "select body from main.answer",
        "select * from source",
        "select * from sqlite_master",
        "select * from main.sqlite_schema",
        "pragma table_info(run)",
        "select * from pragma_table_info('run')",
        "attach database '/tmp/x.db' as x",
        "select load_extension('x')",
        "select randomblob(10)",
        "select zeroblob(1000000000)",
        "select * from api_run, main.run",
        "select replace(hex(upper(char(65))), 'x', sqlite_version())",
    ] {
        let result = query_views(&store.db, &Scope::everything(), sql, QueryLimits::default());
        assert!(matches!(result, Err(DbError::Query(_))), "{sql}: {result:?}");
    }
}
