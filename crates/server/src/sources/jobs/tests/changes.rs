//! Asking only for what changed: the source's own clock, an overlap, and everything now and then.

use super::*;
use std::os::unix::fs::PermissionsExt;

const QUERY: &str = "select kode, waktu, jumlah from kunjungan where diubah >= :since";

fn source_of(server: &pendopo_testkit::MariaDb, more: &str) -> String {
    let connection = format!(
        "kind = \"mysql\"\nhost = \"127.0.0.1\"\nport = {}\ndatabase = \"{}\"\nuser = \"{}\"\nsecret = \"db\"\n\
         tls = false\ntime_zone = \"UTC\"\nquery = \"{QUERY}\"",
        server.port, server.database, server.user
    );
    source(&connection, "", more).replace("\"bulan\"", "\"waktu\"")
}

/// The villages of the figures, by period.
fn months(center: &Center) -> Vec<(i64, f64)> {
    let sql = "select period, value from observation order by period, commit_no";
    aside(|| center.app.db().read(|r| r.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))))).unwrap()
}

#[tokio::test]
async fn changes_are_asked_for_by_the_source_s_own_clock() {
    let server = tokio::task::spawn_blocking(pendopo_testkit::mariadb).await.unwrap();
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let center_code: pendopo_vocab::RegionCode = "33.16".parse().unwrap();
    let village = tree.descendants(center_code, pendopo_vocab::RegionLevel::Village).next().unwrap().code;
    let put = |moment: &str, changed: &str, count: u32| {
        let sql = format!("insert into kunjungan values ('{village}', '{moment}', {count}, '{changed}')");
        aside(|| server.execute_script(&sql));
    };
    aside(|| {
        server.execute_script(
            "create table kunjungan (kode varchar(20), waktu datetime, jumlah int, diubah datetime)",
        );
    });
    let mut center = Center::sqlite(&source_of(&server, ""));
    let secrets = center.app.config().secrets_file.clone();
    std::fs::write(&secrets, format!("db={}\n", server.password)).unwrap();
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600)).unwrap();
    let at = |text: &str| {
        let moment: Timestamp = text.parse().unwrap();
        center.clock.0.store(moment.as_second() - 1, Ordering::SeqCst);
    };

    // An evening in UTC is the next day, and here the next month, in the center.
    at("2026-09-30T18:00:00Z");
    put("2026-09-30 16:30:00", "2026-09-30 16:30:00", 1);
    put("2026-09-30 17:30:00", "2026-09-30 17:30:00", 2);
    let report = center.run().await;
    assert_eq!((report.verdict, report.outcome.added), (RunVerdict::Done, 2), "{report:?}");
    let september = i64::from("2026-09".parse::<pendopo_vocab::Period>().unwrap().id());
    let october = i64::from("2026-10".parse::<pendopo_vocab::Period>().unwrap().id());
    assert_eq!(months(&center), [(september, 1.0), (october, 2.0)]);

    // Changed five minutes after the first run began, by a clock seven hours behind the center's; and a row
    // stamped before that run that became visible after it.
    aside(|| server.execute_script("delete from kunjungan"));
    put("2026-10-31 20:00:00", "2026-09-30 18:05:00", 3);
    put("2026-08-15 00:00:00", "2026-09-30 17:55:00", 4);
    put("2026-07-15 00:00:00", "2026-09-30 17:45:00", 5);
    at("2026-09-30T18:06:00Z");
    let report = center.run().await;
    assert_eq!(
        (report.counters.accepted, report.outcome.added),
        (2, 2),
        "the third is too long ago: {report:?}"
    );
    let newest = center.health().facts.news.newest.unwrap().period.to_string();
    assert_eq!(newest, "2026-10", "a month that has not begun says nothing");

    // Everything is read again when that is due, whatever its date says.
    center.change_source(&source_of(&server, "full_every = \"1 day\"\nsince_overlap = \"1 second\""));
    let at = |text: &str| {
        let moment: Timestamp = text.parse().unwrap();
        center.clock.0.store(moment.as_second() - 1, Ordering::SeqCst);
    };
    at("2026-09-30T19:00:00Z");
    let report = center.run().await;
    assert_eq!((report.counters.accepted, report.outcome.added), (0, 0), "{report:?}");
    at("2026-10-01T18:30:00Z");
    let report = center.run().await;
    assert_eq!((report.counters.accepted, report.outcome.added), (3, 1), "{report:?}");
    at("2026-10-01T19:30:00Z");
    assert_eq!(center.run().await.counters.accepted, 0, "the day has begun anew");
}
