//! Both servers start, serve a database per caller and forget it.

use mysql::prelude::Queryable;

#[test]
fn postgres_serves_separate_databases() {
    let (one, other) = (pendopo_testkit::postgres(), pendopo_testkit::postgres());
    let mut client = postgres::Client::connect(&one.url, postgres::NoTls).unwrap();
    client.batch_execute("create table note (text text)").unwrap();
    let mut elsewhere = postgres::Client::connect(&other.url, postgres::NoTls).unwrap();
    assert!(elsewhere.batch_execute("select * from note").is_err());
    let version: String = client.query_one("show server_version_num", &[]).unwrap().get(0);
    assert!(version.parse::<u32>().unwrap() >= 150_000, "{version}");
}

#[test]
fn mariadb_asks_for_the_password() {
    let server = pendopo_testkit::mariadb();
    server.execute_script("create table note (text varchar(20)); insert into note values ('satu'), ('dua')");
    let mut conn = mysql::Conn::new(server.url().as_str()).unwrap();
    let count: Option<u32> = conn.query_first("select count(*) from note").unwrap();
    assert_eq!(count, Some(2));
    let wrong = server.url().replace(server.password, "salah");
    assert!(mysql::Conn::new(wrong.as_str()).is_err());
}
