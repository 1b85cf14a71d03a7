//! What old databases really hold, read from a real one.

use super::*;
use pendopo_connectors::connection::DatabaseOptions;
use pendopo_vocab::{Cadence, DateFormat, Lang, Period, PeriodError};

const TABLES: &str = "
    set sql_mode = '';
    create table kotor (id int, tanggal date, waktu datetime, status enum('Aktif','Tidak'), isi json,
        catatan longtext, aktif tinyint(1), besar bigint unsigned, tahun year, bit1 bit(1));
    insert into kotor values
        (1, '0000-00-00', '0000-00-00 00:00:00', 'Aktif', '{\"a\": 1}', 'panjang', 1, 18446744073709551615, 2026, b'1'),
        (2, '2026-02-30', null, 'bukan', null, '', 0, 7, 0, b'0');
    create table ganda (nama varchar(50) character set latin1);
    insert into ganda values (x'436166C3A9'), ('Jati');
    set time_zone = '+00:00';
    create table kunjungan (waktu datetime, dicatat timestamp null, tanggal date);
    insert into kunjungan values ('2026-09-30 18:30:00', '2026-09-30 18:30:00', '2026-09-30');
    create user if not exists lama@127.0.0.1 identified via mysql_old_password using '6fd9e9f91b9c4b1a';
";

#[tokio::test]
async fn what_old_databases_hold_is_read_as_it_is_meant() {
    let server = tokio::task::spawn_blocking(pendopo_testkit::mariadb).await.unwrap();
    server.execute_script(TABLES);
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher { secrets: Secrets::of([("db", server.password)]), ..fetcher(folder.path()) };
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
    let bounds = Bounds { timeout: Duration::from_secs(20), ..short() };
    let zone = TimeZone::get("Asia/Jakarta").unwrap();
    let read = async |connection: Connection| {
        let cancel = CancellationToken::new();
        let order = Order {
            connection: &connection,
            since: None,
            bounds: &bounds,
            time_zone: &zone,
            cancel: &cancel,
            on_bytes: &|_| {},
        };
        let mut fetched = fetcher.fetch(&order).await?;
        Ok::<_, FetchFailure>(rows_of(&connection, &mut fetched).0.rows)
    };

    let rows = read(Connection::Mysql(options("select * from kotor order by id"))).await.unwrap();
    let nothing = "0000-00-00";
    assert_eq!(rows[0][..4], ["1", nothing, "0000-00-00 00:00:00", "Aktif"]);
    assert_eq!(rows[0][4..], ["{\"a\": 1}", "panjang", "1", "18446744073709552000", "2026", "1"]);
    // Not a day of the calendar, and not a word of the list: the server kept nothing of either.
    assert_eq!(rows[1], ["2", nothing, "", "", "", "", "0", "7", "0", "0"]);
    for text in [nothing, "0000-00-00 00:00:00"] {
        assert_eq!(Period::read(text, DateFormat::Iso, Cadence::Day), Err(PeriodError::Empty), "{text}");
    }

    // UTF-8 that somebody put into a Latin-1 column.
    let names = "select nama from ganda order by nama";
    let plain = read(Connection::Mysql(options(names))).await.unwrap();
    assert_eq!(plain, [["CafÃ©"], ["Jati"]]);
    let repaired = DatabaseOptions { repair_double_encoding: true, ..options(names) };
    assert_eq!(read(Connection::Mysql(repaired)).await.unwrap(), [["Café"], ["Jati"]]);

    // An evening in UTC is the next day in the center; a date without a time belongs to no zone.
    let visits = "select waktu, dicatat, tanggal from kunjungan";
    let utc = DatabaseOptions { time_zone: Some("UTC".to_owned()), ..options(visits) };
    let morning = "2026-10-01 01:30:00";
    assert_eq!(read(Connection::Mysql(utc)).await.unwrap(), [[morning, morning, "2026-09-30"]]);
    let own = read(Connection::Mysql(options(visits))).await.unwrap();
    assert_eq!(own, [["2026-09-30 18:30:00", morning, "2026-09-30"]], "the center's own zone is assumed");
    let unknown = DatabaseOptions { time_zone: Some("Asia/Blora".to_owned()), ..options(visits) };
    let failure = read(Connection::Mysql(unknown)).await.unwrap_err();
    assert!(matches!(failure, FetchFailure::Plan(PlanProblem::BadTimeZone(_))), "{failure:?}");

    // A password of before 4.1 is refused by the server; the sentence says what its keeper must do.
    let old = DatabaseOptions { user: "lama".to_owned(), ..options("select 1 as satu") };
    let Err(FetchFailure::Fetch(problem)) = read(Connection::Mysql(old)).await else {
        panic!("the old password was accepted")
    };
    assert_eq!((problem.code(), problem.is_block(), problem.is_passing()), ("old_password", true, false));
    assert!(problem.sentence(Lang::Id).contains("old_passwords"), "{}", problem.sentence(Lang::Id));
}
