//! Databases: which queries are accepted, and what their rows become.

use super::*;
use crate::{
    PlanProblem, Request, SqlRequest, SqlTarget,
    connection::{DatabaseOptions, SqliteOptions},
    plan, raw_row,
    recording::{Recorder, SqlRecorder, SqlValue},
};

fn mysql(query: &str) -> Connection {
    Connection::Mysql(DatabaseOptions {
        host: "10.1.2.3".to_owned(),
        database: "simpus".to_owned(),
        user: "baca".to_owned(),
        query: query.to_owned(),
        repair_double_encoding: true,
        ..DatabaseOptions::default()
    })
}

fn engines(query: &str) -> [Connection; 3] {
    let Connection::Mysql(options) = mysql(query) else { unreachable!() };
    [
        Connection::Mysql(options.clone()),
        Connection::Postgres(options),
        Connection::Sqlite(SqliteOptions { path: "a.db".to_owned(), query: query.to_owned() }),
    ]
}

fn planned(connection: &Connection) -> SqlRequest {
    match plan(connection, Some("2026-09-01 00:00:00")) {
        Ok(Request::Sql(request)) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_select_is_limited_and_since_is_bound() {
    let query = "select a, ':since' as s from t -- :since\nwhere updated_at > :since order by a;";
    let [mysql, postgres, sqlite] = engines(query).map(|connection| planned(&connection));
    for (request, parameter) in [(&mysql, "?"), (&postgres, "$1"), (&sqlite, ":since")] {
        let want = format!(
            "select a, ':since' as s from t -- :since\nwhere updated_at > {parameter} order by a\nlimit 5000001"
        );
        assert_eq!(request.query, want);
        assert_eq!((request.since_count, request.since.as_deref()), (1, Some("2026-09-01 00:00:00")));
    }
    assert!(matches!(&mysql.target, SqlTarget::Server { port: 3306, tls: true, .. }));
    assert!(matches!(&postgres.target, SqlTarget::Server { port: 5432, .. }));
    let wrapped = planned(&engines("with x as (select 1 as a) select a from x limit 10 -- ten")[0]);
    assert!(wrapped.query.starts_with("select * from (\nwith x"), "{}", wrapped.query);
    assert!(wrapped.query.ends_with(") t limit 5000001"), "{}", wrapped.query);
    assert_eq!(wrapped.since, None);
}

#[test]
fn a_certificate_is_named_only_where_there_is_one() {
    let pin = || Some("00".repeat(32));
    let web = |url: &str| Location { url: Some(url.to_owned()), ..Location::default() };
    let csv = |location: Location| Connection::Csv(CsvOptions { location, ..CsvOptions::default() });
    let database = |tls: Option<bool>| {
        let Connection::Mysql(options) = mysql("select 1 as a") else { unreachable!() };
        Connection::Postgres(DatabaseOptions { tls, certificate_sha256: pin(), ..options })
    };
    let file = Location { path: Some("a.csv".to_owned()), ca_file: Some("a.pem".to_owned()), ..web("") };
    for (connection, fine) in [
        (csv(Location { certificate_sha256: pin(), ..web("https://a.example/b.csv") }), true),
        (csv(Location { certificate_sha256: pin(), ..web("http://a.example/b.csv") }), false),
        (csv(web("http://a.example/b.csv")), true),
        (csv(Location { url: None, ..file }), false),
        (database(None), true),
        (database(Some(false)), false),
    ] {
        match plan(&connection, None) {
            Err(PlanProblem::Trust(problem)) => {
                assert!(
                    !fine && problem.to_string().contains("this one is not"),
                    "{connection:?}: {problem}"
                );
            }
            planned => assert!(fine && planned.is_ok(), "{connection:?}: {planned:?}"),
        }
    }
}

#[test]
fn whatever_is_not_reading_is_refused() {
    let attacks = [
        "",
        "select 1; select 2",
        "select 1; drop table t",
        "delete from t",
        "update t set a = 1",
        "insert into t values (1)",
        "drop table t",
        "with x as (delete from t returning *) select * from x",
        "with x as (insert into t values (1) returning *) select * from x",
        "select * into outfile '/tmp/x' from t",
        "select * into t2 from t",
        "select * from t for update",
        "select load_extension('x')",
        "select load_file('/etc/passwd')",
        "select a from t where sleep(100)",
        "select pg_sleep(100)",
        "select * from pg_read_file('/etc/passwd')",
        "select (select pg_catalog.pg_read_file('/etc/passwd'))",
        "pragma query_only = 0",
        "attach database 'x' as y",
        "explain select 1",
        "set transaction read write",
        "call p()",
        "lock table t",
        "begin",
        "copy t to '/tmp/x'",
        "values (1)) t; drop table x; --",
        "select 1) t; drop table x; --",
    ];
    for attack in attacks {
        for connection in engines(attack) {
            let problem = plan(&connection, None);
            assert!(matches!(problem, Err(PlanProblem::Query(_))), "{attack}: {problem:?}");
        }
    }
}

#[test]
fn deep_nesting_is_refused_not_overflown() {
    let deep = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    for connection in engines(&deep) {
        assert!(plan(&connection, None).is_err());
    }
}

#[test]
fn rows_of_an_old_database_are_repaired() {
    let seen = rows_of(&mysql("select 1"), fixture("sql/mysql_legacy.jsonl"));
    assert_eq!(seen.rows[0].1, ["33.16.01", "Café", "0000-00-00", "1200.50", "1"]);
    assert_eq!(seen.rows[1].1, ["33.16.02", "Jati", "", "0.00", "false"]);
    // A text that is right stays right.
    assert_eq!(seen.rows[2].1[1], "Seléh");
    let none = try_parse(&mysql("select 1"), &[b"[\"a\"]\n".to_vec()]);
    assert_eq!(none.unwrap().1.rows, 0, "no news is no mistake");
    let cut = try_parse(&mysql("select 1"), &[b"[\"a\"]\n[1]\n[2".to_vec()]);
    assert_eq!(cut.err().unwrap().code(), "truncated");
}

#[test]
fn a_recording_gives_the_raw_row_back() {
    let columns = ["kode".to_owned(), "nilai".to_owned()];
    let mut sql = SqlRecorder::new(Vec::new(), &columns).unwrap();
    for value in 1..=3 {
        let row = [SqlValue::Text("33.16".into()), SqlValue::Int(value)];
        sql.row(&row).unwrap();
    }
    let body = sql.finish().unwrap();
    let record = |pages: &[&[u8]]| {
        let mut recorder = Recorder::new(Vec::new()).unwrap();
        for body in pages {
            let mut reader = *body;
            let length = body.len() as u64;
            let url = "https://x/y?token=rahasia";
            recorder.page(url, 200, None, length, &mut reader).unwrap();
        }
        recorder.finish().unwrap()
    };
    let recording = record(&[&body]);
    assert!(!String::from_utf8_lossy(&recording).contains("rahasia"));
    let limits = Limits::default();
    let row = |recording: &[u8], connection: &Connection, number: u64| {
        raw_row(connection, &mut Cursor::new(recording), &limits, number).unwrap().map(|row| row.to_string())
    };
    let query = mysql("select 1");
    assert_eq!(row(&recording, &query, 2).as_deref(), Some("kode: 33.16 | nilai: 2"));
    assert_eq!(row(&recording, &query, 9), None);
    let one = fixture("json/laravel_page1.json");
    let two = fixture("json/laravel_page2.json");
    let recording = record(&[&one, &two]);
    assert_eq!(row(&recording, &json(), 3).as_deref(), Some("id: 3"));
    let mut cut = Cursor::new(&recording[..recording.len() - 5]);
    let problem = raw_row(&json(), &mut cut, &limits, 1).unwrap_err();
    assert_eq!(problem.code(), "truncated");
}
