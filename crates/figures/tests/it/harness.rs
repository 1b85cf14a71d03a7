//! A store on either engine, and short ways to fill it.

use crate::rows::region_row;
pub use crate::rows::{agency_row, indicator};
use pendopo_figures::{
    Db, DbUrl, IndicatorRow, MIGRATIONS, NewRun, RunCounters, RunKind, RunOutcome, SourceRow, StagedRow,
    begin_run, commit_run, load_regions, put_agency, put_indicator, put_source, set_rollup_root,
};
use pendopo_vocab::{Author, Period, RegionCode, Sensitivity};

/// A migrated store; gone with this value.
pub struct Store {
    pub db: Db,
    pub url: DbUrl,
    pub agency: i64,
    _folder: Option<tempfile::TempDir>,
    _server: Option<pendopo_testkit::Postgres>,
}

/// Makes one test per engine.
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident($store:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "bodies differ in what they use")]
            use super::*;
            fn body($store: &crate::harness::Store) $body
            #[test]
            fn sqlite() { body(&crate::harness::sqlite()); }
            #[test]
            fn postgres() { body(&crate::harness::postgres()); }
        }
    )*};
}
pub(crate) use on_both;

pub fn sqlite() -> Store {
    let folder = tempfile::tempdir().unwrap();
    let url = DbUrl::Sqlite(folder.path().join("pendopo.db"));
    store(url, Some(folder), None)
}

pub fn postgres() -> Store {
    let server = pendopo_testkit::postgres();
    store(server.url.parse().unwrap(), None, Some(server))
}

fn store(url: DbUrl, folder: Option<tempfile::TempDir>, server: Option<pendopo_testkit::Postgres>) -> Store {
    let db = Db::open(&url).unwrap();
    db.migrate(MIGRATIONS).unwrap();
    let agency = db
        .write(|tx| {
            load_regions(tx, TREE.iter().map(|text| region_row(code(text))))?;
            set_rollup_root(tx, code("33.16"))?;
            put_agency(tx, &agency_row("dinkes"))
        })
        .unwrap();
    Store { db, url, agency, _folder: folder, _server: server }
}

/// One regency with three districts, another with one.
pub const TREE: [&str; 18] = [
    "00",
    "33",
    "33.16",
    "33.16.01",
    "33.16.01.2001",
    "33.16.01.2002",
    "33.16.01.2003",
    "33.16.02",
    "33.16.02.2001",
    "33.16.02.2002",
    "33.16.02.2003",
    "33.16.03",
    "33.16.03.1001",
    "33.16.03.1002",
    "33.17",
    "33.17.01",
    "33.17.01.2001",
    "33.17.01.2002",
];

pub fn code(text: &str) -> RegionCode {
    if text == "00" { RegionCode::COUNTRY } else { text.parse().unwrap() }
}

pub fn id(text: &str) -> i64 {
    code(text).id()
}

pub fn at(text: &str) -> i32 {
    text.parse::<Period>().unwrap().id()
}

impl Store {
    pub fn put(&self, row: &IndicatorRow) -> i64 {
        self.db.write(|tx| put_indicator(tx, row)).unwrap()
    }

    pub fn indicator(&self, code: &str) -> i64 {
        self.put(&indicator(code, self.agency))
    }

    pub fn source(&self, code: &str) -> i64 {
        let row = SourceRow {
            code: code.into(),
            agency_id: self.agency,
            name: code.to_uppercase(),
            sensitivity: Sensitivity::Internal,
            definition: "{}".into(),
            fresh_every_secs: 86_400,
            grace_secs: 3_600,
            position: 1,
        };
        self.db.write(|tx| put_source(tx, &row)).unwrap()
    }

    pub fn begin(&self, source_id: Option<i64>, now: i64) -> i64 {
        begin_run(&self.db, &new_run(source_id, now)).unwrap()
    }

    /// A whole run: begun and committed at `now`.
    pub fn run(&self, now: i64, staged: Vec<StagedRow>) -> RunOutcome {
        let run = self.begin(None, now);
        commit_run(&self.db, run, staged, &[], None, RunCounters::default(), now).unwrap()
    }
}

pub fn new_run(source_id: Option<i64>, now: i64) -> NewRun {
    NewRun {
        source_id,
        kind: RunKind::Source,
        author: Author::named("uji"),
        reason: None,
        trigger: "manual".into(),
        started_at: now,
        lease_ms: 60_000,
        retry_of: None,
    }
}

pub fn row(indicator_id: i64, region: &str, period: &str, value: f64) -> StagedRow {
    StagedRow { indicator_id, region_id: id(region), breakdown_id: 0, period: at(period), value, row_no: 1 }
}
