//! Real databases: read within bounds, and never written.

use super::*;
use pendopo_connectors::connection::{DatabaseOptions, SqliteOptions};

const COLUMNS: [&str; 4] = ["kode", "nilai", "rupiah", "tanggal"];

fn first_row(connection: &Connection, fetched: &mut Fetched) -> Vec<String> {
    let (rows, _) = rows_of(connection, fetched);
    assert_eq!(rows.columns, COLUMNS);
    rows.rows[0].clone()
}

fn detail(failure: FetchFailure) -> FetchProblem {
    match failure {
        FetchFailure::Fetch(problem) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sqlite_is_read_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("opd.db")).unwrap();
    database
        .execute_batch(
            "create table gizi (kode text, nilai real, rupiah integer, tanggal text, diubah text);
             insert into gizi values ('33.16.09.1010', 12.5, 1200000, '2026-09-30', '2026-10-01 07:00:00');
             insert into gizi values ('33.16.09.1011', 7, 0, '2026-09-30', '2026-08-01 07:00:00');",
        )
        .unwrap();
    let fetcher = fetcher(folder.path());
    let ask = |query: &str| {
        Connection::Sqlite(SqliteOptions { path: "opd.db".to_owned(), query: query.to_owned() })
    };
    let all = ask("select kode, nilai, rupiah, tanggal from gizi order by kode");
    let mut fetched = fetch_with(&fetcher, &all, &short()).await.unwrap();
    assert_eq!(first_row(&all, &mut fetched), ["33.16.09.1010", "12.5", "1200000", "2026-09-30"]);

    let changed = ask("select kode, nilai, rupiah, tanggal from gizi where diubah > :since");
    let (bounds, cancel) = (short(), CancellationToken::new());
    let order = Order {
        connection: &changed,
        since: Some("2026-09-01 00:00:00"),
        bounds: &bounds,
        time_zone: &TimeZone::UTC,
        cancel: &cancel,
        on_bytes: &|_| {},
    };
    let mut fetched = fetcher.fetch(&order).await.unwrap();
    assert_eq!(rows_of(&changed, &mut fetched).0.rows.len(), 1);

    let endless = ask("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n");
    let quick = Bounds { timeout: Duration::from_millis(300), ..short() };
    let problem = detail(fetch_with(&fetcher, &endless, &quick).await.unwrap_err());
    assert!(matches!(problem, FetchProblem::TimedOut { phase: Phase::Total, .. }), "{problem:?}");
    let wide = ask("select kode || hex(zeroblob(3000000)) as x from gizi");
    assert!(matches!(
        detail(fetch_with(&fetcher, &wide, &short()).await.unwrap_err()),
        FetchProblem::TooLarge { .. }
    ));
    let wrong = ask("select tidak_ada from gizi");
    let problem = detail(fetch_with(&fetcher, &wrong, &short()).await.unwrap_err());
    assert!(
        matches!(&problem, FetchProblem::Database { detail, .. } if detail.contains("tidak_ada")),
        "{problem:?}"
    );
    let outside =
        Connection::Sqlite(SqliteOptions { path: "../opd.db".to_owned(), query: "select 1 as a".to_owned() });
    assert!(matches!(
        detail(fetch_with(&fetcher, &outside, &short()).await.unwrap_err()),
        FetchProblem::ForbiddenFile { .. }
    ));
    // The connection itself cannot write, whatever the statement.
    let place = SqlPlace::File(folder.path().join("opd.db"));
    for write in [
        "delete from gizi returning kode",
        "create table x (a)",
        "attach 'x.db' as x",
        "pragma journal_mode = delete",
    ] {
        let query = SqlRequest {
            engine: SqlEngine::Sqlite,
            target: SqlTarget::File { path: "opd.db".to_owned() },
            query: write.to_owned(),
            since: None,
            since_count: 0,
            row_limit: 10,
        };
        let place = match &place {
            SqlPlace::File(path) => SqlPlace::File(path.clone()),
            SqlPlace::Server { .. } => unreachable!(),
        };
        let call = SqlCall {
            query,
            place,
            secrets: Secrets::default(),
            bounds: short(),
            deadline: Instant::now() + Duration::from_secs(5),
            started_at: Timestamp::UNIX_EPOCH,
            cancel: CancellationToken::new(),
            zones: Zones { source: TimeZone::UTC, center: TimeZone::UTC },
        };
        // Some of these are answered without an error, because there is nothing to do; none may write.
        let _ = tokio::task::spawn_blocking(move || run_sql(&call)).await.unwrap();
    }
    let count: i64 = database.query_row("select count(*) from gizi", [], |row| row.get(0)).unwrap();
    let tables: i64 = database.query_row("select count(*) from sqlite_master", [], |row| row.get(0)).unwrap();
    assert_eq!((count, tables), (2, 1));
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name() == "x.db")
            .count(),
        0
    );
}

#[tokio::test]
async fn mariadb_is_read_and_bounded() {
    let server = tokio::task::spawn_blocking(pendopo_testkit::mariadb).await.unwrap();
    server.execute_script(
        "create table gizi (kode varchar(20), nilai double, rupiah decimal(18,2), tanggal date, aktif tinyint(1), diubah datetime);
         insert into gizi values ('33.16.09.1010', 12.5, 1200000.00, '2026-09-30', 1, '2026-10-01 07:00:00');
         insert into gizi values ('33.16.09.1011', 7, 1234.56, '2026-09-30', 0, '2026-08-01 07:00:00');
         create table banyak (a int);
         insert into banyak values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20);",
    );
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher {
        secrets: Secrets::of([("db", server.password), ("wrong", "keliru-sekali")]),
        ..fetcher(folder.path())
    };
    let options = |query: &str| DatabaseOptions {
        host: server.host.to_owned(),
        port: Some(server.port),
        database: server.database.clone(),
        user: server.user.to_owned(),
        secret: Some("db".to_owned()),
        tls: Some(false),
        query: query.to_owned(),
        ..DatabaseOptions::default()
    };
    let ask = |query: &str| Connection::Mysql(options(query));
    let bounds = Bounds { timeout: Duration::from_secs(20), ..short() };
    let all = ask("select kode, nilai, rupiah, tanggal from gizi order by kode");
    let mut fetched = fetch_with(&fetcher, &all, &bounds).await.unwrap();
    assert_eq!(first_row(&all, &mut fetched), ["33.16.09.1010", "12.5", "1200000", "2026-09-30"]);

    let cancel = CancellationToken::new();
    let changed = ask("select kode from gizi where diubah > :since or diubah = :since");
    let order = Order {
        connection: &changed,
        since: Some("2026-09-01 00:00:00"),
        bounds: &bounds,
        time_zone: &TimeZone::UTC,
        cancel: &cancel,
        on_bytes: &|_| {},
    };
    let mut fetched = fetcher.fetch(&order).await.unwrap();
    assert_eq!(rows_of(&changed, &mut fetched).0.rows.len(), 1);

    let quick = Bounds { timeout: Duration::from_millis(1_500), ..short() };
    let problem = detail(fetch_with(&fetcher, &ask("select count(*) as a from banyak a, banyak b, banyak c, banyak d, banyak e, banyak f, banyak g, banyak h"), &quick).await.unwrap_err());
    assert!(matches!(problem, FetchProblem::TimedOut { phase: Phase::Total, .. }), "{problem:?}");
    let problem =
        detail(fetch_with(&fetcher, &ask("select tidak_ada from gizi"), &bounds).await.unwrap_err());
    assert!(
        matches!(&problem, FetchProblem::Database { detail, .. } if detail.contains("tidak_ada")),
        "{problem:?}"
    );
    let refused =
        Connection::Mysql(DatabaseOptions { secret: Some("wrong".to_owned()), ..options("select 1 as a") });
    let problem = detail(fetch_with(&fetcher, &refused, &bounds).await.unwrap_err());
    assert!(problem.is_block() && !format!("{problem:?}").contains("keliru"), "{problem:?}");
    let closed = Bounds { allowed: AllowedNetworks::default(), ..bounds.clone() };
    let problem = detail(fetch_with(&fetcher, &all, &closed).await.unwrap_err());
    assert!(matches!(problem, FetchProblem::ForbiddenAddress { .. }), "{problem:?}");
}

/// The test server's own client blocks, so the server is begun and ended outside the runtime.
#[test]
fn postgres_is_read_and_bounded() {
    let server = pendopo_testkit::postgres();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(read_postgres(&server));
}

async fn read_postgres(server: &pendopo_testkit::Postgres) {
    let config: postgres::Config = server.url.parse().unwrap();
    let url = server.url.clone();
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client
            .batch_execute(
                "create table gizi (kode text, nilai double precision, rupiah numeric(18,2), tanggal date, diubah timestamp);
                 insert into gizi values ('33.16.09.1010', 12.5, 1200000.00, '2026-09-30', '2026-10-01 07:00:00');
                 insert into gizi values ('33.16.09.1011', 7, 1234.56, '2026-09-30', '2026-08-01 07:00:00');
                 insert into gizi select 'x' || n, 1, 1, '2026-09-30', '2020-01-01' from generate_series(1, 5000) n;",
            )
            .unwrap();
    })
    .await
    .unwrap();
    let host = match config.get_hosts().first() {
        Some(postgres::config::Host::Unix(folder)) => folder.to_string_lossy().into_owned(),
        Some(postgres::config::Host::Tcp(host)) => host.clone(),
        None => panic!("the test server has no host"),
    };
    let options = |query: &str| DatabaseOptions {
        host: host.clone(),
        port: config.get_ports().first().copied(),
        database: config.get_dbname().unwrap_or_default().to_owned(),
        user: config.get_user().unwrap_or_default().to_owned(),
        secret: config.get_password().map(|_| "db".to_owned()),
        tls: Some(false),
        query: query.to_owned(),
        ..DatabaseOptions::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    let fetcher = Fetcher { secrets: Secrets::of([("db", password.as_str())]), ..fetcher(folder.path()) };
    let ask = |query: &str| Connection::Postgres(options(query));
    let bounds = Bounds { timeout: Duration::from_secs(20), ..short() };
    let all = ask("select kode, nilai, rupiah, tanggal from gizi order by kode");
    let mut fetched = fetch_with(&fetcher, &all, &bounds).await.unwrap();
    assert_eq!(first_row(&all, &mut fetched), ["33.16.09.1010", "12.5", "1200000", "2026-09-30"]);
    assert_eq!(rows_of(&all, &mut fetched).0.rows.len(), 5_002);

    let cancel = CancellationToken::new();
    let changed = ask("select kode from gizi where diubah > :since");
    let order = Order {
        connection: &changed,
        since: Some("2026-09-01 00:00:00"),
        bounds: &bounds,
        time_zone: &TimeZone::UTC,
        cancel: &cancel,
        on_bytes: &|_| {},
    };
    let mut fetched = fetcher.fetch(&order).await.unwrap();
    assert_eq!(rows_of(&changed, &mut fetched).0.rows.len(), 1);

    let quick = Bounds { timeout: Duration::from_millis(1_500), ..short() };
    let problem = detail(
        fetch_with(&fetcher, &ask("select count(*) as a from gizi a, gizi b, gizi c"), &quick)
            .await
            .unwrap_err(),
    );
    assert!(matches!(problem, FetchProblem::TimedOut { phase: Phase::Total, .. }), "{problem:?}");
    let problem =
        detail(fetch_with(&fetcher, &ask("select tidak_ada from gizi"), &bounds).await.unwrap_err());
    assert!(
        matches!(&problem, FetchProblem::Database { detail, .. } if detail.contains("tidak_ada")),
        "{problem:?}"
    );
    let closed =
        Connection::Postgres(DatabaseOptions { host: "127.0.0.1".to_owned(), ..options("select 1 as a") });
    let narrow = Bounds { allowed: AllowedNetworks::default(), ..bounds };
    let problem = detail(fetch_with(&fetcher, &closed, &narrow).await.unwrap_err());
    assert!(matches!(problem, FetchProblem::ForbiddenAddress { .. }), "{problem:?}");
}
