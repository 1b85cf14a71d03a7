//! What passes is waited for, whatever kind of source it is.

use super::*;
use pendopo_connectors::connection::{CsvOptions, DatabaseOptions, Location};
use std::{
    io::Write,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::{io::copy_bidirectional, net::TcpListener, net::TcpStream};

/// A door to `port` that slams in the face of the first `refusals` callers; gives its own port and counts
/// those who knocked.
async fn moody_door(port: u16, refusals: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = knocks.clone();
    tokio::spawn(async move {
        while let Ok((mut inside, _)) = listener.accept().await {
            if counted.fetch_add(1, Ordering::SeqCst) < refusals {
                continue;
            }
            tokio::spawn(async move {
                let mut outside = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                // Whoever hangs up first ends it; that is no failure of the test.
                let _ended = copy_bidirectional(&mut inside, &mut outside).await;
            });
        }
    });
    (own, knocks)
}

#[tokio::test]
async fn a_database_that_refuses_at_first_is_asked_again() {
    let server = tokio::task::spawn_blocking(pendopo_testkit::mariadb).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher { secrets: Secrets::of([("db", server.password)]), ..fetcher(folder.path()) };
    let through = |port: u16, secret: &str| {
        Connection::Mysql(DatabaseOptions {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            database: server.database.clone(),
            user: server.user.to_owned(),
            secret: Some(secret.to_owned()),
            tls: Some(false),
            query: "select 7 as tujuh".to_owned(),
            ..DatabaseOptions::default()
        })
    };
    let bounds = Bounds { timeout: Duration::from_secs(20), ..short() };
    let (port, knocks) = moody_door(server.port, 2).await;
    let asked = through(port, "db");
    let mut fetched = fetch_with(&fetcher, &asked, &bounds).await.unwrap();
    assert_eq!(rows_of(&asked, &mut fetched).0.rows, [["7"]]);
    assert_eq!(knocks.load(Ordering::SeqCst), 3);

    // No more often than the bounds say.
    let (port, knocks) = moody_door(server.port, usize::MAX).await;
    let failure = fetch_with(&fetcher, &through(port, "db"), &bounds).await.unwrap_err();
    assert!(matches!(failure, FetchFailure::Fetch(FetchProblem::NoConnection { .. })), "{failure:?}");
    assert_eq!(knocks.load(Ordering::SeqCst), bounds.attempts);

    // A wrong password does not become right by repeating it.
    let (port, knocks) = moody_door(server.port, 0).await;
    let fetcher = Fetcher { secrets: Secrets::of([("db", "keliru")]), ..fetcher };
    let failure = fetch_with(&fetcher, &through(port, "db"), &bounds).await.unwrap_err();
    assert!(matches!(failure, FetchFailure::Fetch(FetchProblem::Blocked { .. })), "{failure:?}");
    assert_eq!(knocks.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_file_that_is_being_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gizi.csv");
    std::fs::write(&path, "kode;jumlah\n").unwrap();
    let location = Location { path: Some("gizi.csv".to_owned()), ..Location::default() };
    let connection = Connection::Csv(CsvOptions { location, ..CsvOptions::default() });
    let fetcher = fetcher(folder.path());
    let done = Arc::new(AtomicBool::new(false));
    let (ended, file) = (done.clone(), path.clone());
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        let mut rows = 0;
        while !ended.load(Ordering::SeqCst) {
            file.write_all(b"33.16;1\n").unwrap();
            rows += 1;
            std::thread::yield_now();
        }
        rows
    });
    let once = Bounds { attempts: 1, file_pause: Duration::from_millis(100), max_bytes: 1 << 30, ..short() };
    let failure = fetch_with(&fetcher, &connection, &once).await.unwrap_err();
    assert!(matches!(failure, FetchFailure::Fetch(FetchProblem::FileInUse { .. })), "{failure:?}");
    let patient = Bounds { attempts: 8, timeout: Duration::from_secs(60), ..once };
    let reading = tokio::spawn(async move { fetch_with(&fetcher, &connection, &patient).await });
    done.store(true, Ordering::SeqCst);
    let rows: usize = writer.join().unwrap();
    let fetched = reading.await.unwrap().unwrap();
    assert!(fetched.bytes >= (rows * b"33.16;1\n".len()) as u64, "{rows} rows in {} bytes", fetched.bytes);
}
