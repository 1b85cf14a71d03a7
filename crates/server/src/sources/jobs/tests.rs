//! Runs from end to end, on both engines: real files, real sockets, real databases.

mod ages;
mod breaker;
mod changes;
mod pushes;
mod retries;

use super::*;
use crate::{
    app::App,
    config::Config,
    jobs::fetcher::tests::service::{self, Service},
    packs::{check::check_pack, folder::PackTexts, store as packs},
    runs::store as ledger,
    sources::{problem::RunProblem, store},
};
use jiff::Timestamp;
use pendopo_figures::{Db, DbUrl, NewRun, RunStatus, begin_run};
use pendopo_vocab::{Author, Clock, FreshnessState, Lang, Scope};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::watch;

/// A clock that moves when told.
#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A center in a temporary folder.
struct Center {
    app: App,
    clock: Arc<HandClock>,
    folder: tempfile::TempDir,
    texts: PackTexts,
    _server: Option<pendopo_testkit::Postgres>,
}

const PACK: &str = r#"format = 1
code = "uji"
name = "Pemerintah Kabupaten Uji"
region = "33.16"
time_zone = "Asia/Jakarta"

[[sector]]
code = "kesehatan"
name = "Kesehatan"
"#;

const AGENCIES: &str = r#"[[agency]]
code = "dinkes"
name = "Dinas Kesehatan"
short = "Dinkes"
contact = "Subbag Data"
"#;

const INDICATORS: &str = r#"[[indicator]]
code = "gizi-buruk"
name = "Balita gizi buruk"
sector = "kesehatan"
agency = "dinkes"
unit = "anak"
direction = "lower"
cadence = "month"
level = "village"
region_aggregation = "sum"
time_aggregation = "sum"
min = 0
"#;

const BOARD: &str = r#"code = "utama"
title = "Utama"

[[section]]
sector = "kesehatan"
indicators = ["gizi-buruk"]
"#;

/// A source with this connection and these lines after its mapping.
fn source(connection: &str, region_lines: &str, more: &str) -> String {
    format!(
        r#"code = "gizi"
name = "Aplikasi gizi"
agency = "dinkes"
fresh_every = "1 hour"
allow_networks = ["127.0.0.1/32"]
timeout = "5 seconds"
{more}
[connection]
{connection}

[mapping]
number_format = "indonesian"

[mapping.region]
column = "kode"
{region_lines}

[mapping.period]
column = "bulan"

[[mapping.value]]
indicator = "gizi-buruk"
column = "jumlah"
"#
    )
}

const FILE: &str = "kind = \"csv\"\n[connection.location]\npath = \"gizi.csv\"";

impl Center {
    fn sqlite(source: &str) -> Center {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::for_testing(&folder.path().join("data")).unwrap();
        std::fs::create_dir_all(&config.files_folder).unwrap();
        Center::open(folder, config, source, None)
    }

    fn postgres(source: &str) -> Center {
        let server = pendopo_testkit::postgres();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_testing(&folder.path().join("data")).unwrap();
        config.database = DbUrl::Postgres(server.url.clone());
        std::fs::create_dir_all(&config.files_folder).unwrap();
        Center::open(folder, config, source, Some(server))
    }

    fn open(
        folder: tempfile::TempDir,
        config: Config,
        source: &str,
        server: Option<pendopo_testkit::Postgres>,
    ) -> Center {
        let clock = Arc::new(HandClock(AtomicI64::new(1_795_500_000)));
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        packs::load_regions(&db).unwrap();
        let texts: PackTexts = [
            ("pack.toml", PACK),
            ("agencies.toml", AGENCIES),
            ("indicators/kesehatan.toml", INDICATORS),
            ("sources/gizi.toml", source),
            ("boards/utama.toml", BOARD),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
        let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let vault = crate::vault::Vault::for_testing().unwrap();
        let app = App::new(config, db, clock.clone(), packs::identity_of(&pack), vault);
        let center = Center { app, clock, folder, texts, _server: server };
        center.apply();
        center
    }

    fn apply(&self) {
        let pack = check_pack(&self.texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let by = packs::Application {
            author: Author::named("uji"),
            reason: "uji".to_owned(),
            at_ms: self.clock.now().as_millisecond(),
        };
        packs::apply(self.app.db(), self.app.audit(), &pack, &self.texts, &by).unwrap();
    }

    fn change_source(&mut self, text: &str) {
        self.texts.insert("sources/gizi.toml".to_owned(), text.to_owned());
        self.apply();
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.app.config().files_folder.join(name);
        std::fs::write(&path, text).unwrap();
        // Settled long ago.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let then = file.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(60);
        file.set_modified(then).unwrap();
    }

    async fn run(&self) -> RunReport {
        self.clock.0.fetch_add(1, Ordering::SeqCst);
        run_source(&self.app, "gizi", &RunOptions::default()).await.unwrap()
    }

    fn figures(&self) -> Vec<(i64, i64, f64)> {
        let sql = "select region_id, commit_no, value from observation order by region_id, commit_no";
        let read =
            || self.app.db().read(|r| r.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))));
        aside(read).unwrap()
    }

    fn health(&self) -> store::SourceHealth {
        let read = || store::list_sources(self.app.db(), &Scope::everything(), self.clock.now());
        let sources = aside(read).unwrap();
        sources.into_iter().next().unwrap()
    }

    fn said(&self, lang: Lang) -> String {
        self.health().sentence(lang, self.clock.now(), &self.app.identity().time_zone)
    }

    fn runs(&self) -> Vec<ledger::ListedRun> {
        aside(|| ledger::list_runs(self.app.db(), &Scope::everything(), None, None, 100)).unwrap()
    }

    fn refused(&self, run_id: i64) -> Vec<ledger::ListedRow> {
        ledger::list_refused_rows(self.app.db(), run_id, None, 100).unwrap()
    }
}

/// Database clients block, which async threads refuse.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// Twelve good rows, so that one bad one is below the threshold.
fn good_rows(first: u32) -> String {
    let villages =
        ["1001", "2001", "2002", "2003", "2004", "2005", "2006", "2007", "2008", "2009", "2010", "2011"];
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let center: pendopo_vocab::RegionCode = "33.16".parse().unwrap();
    let all: Vec<_> =
        tree.descendants(center, pendopo_vocab::RegionLevel::Village).take(villages.len()).collect();
    assert_eq!(all.len(), villages.len());
    all.iter().zip(first..).map(|(region, value)| format!("{};2026-09;{value}\n", region.code)).collect()
}

fn csv_text(rows: &str) -> String {
    format!("kode;bulan;jumlah\n{rows}")
}

async fn file_from_end_to_end(center: &Center) {
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    assert_eq!(center.health().state, FreshnessState::Waiting);
    let dry = run_source(&center.app, "gizi", &RunOptions { dry_run: true, ..RunOptions::default() })
        .await
        .unwrap();
    assert_eq!((dry.verdict, dry.outcome.added, dry.run_id), (RunVerdict::DryRun, 12, None));
    assert!(center.figures().is_empty() && center.runs().is_empty());

    let first = center.run().await;
    assert_eq!(
        (first.verdict, first.counters.accepted, first.outcome.added),
        (RunVerdict::Done, 12, 12),
        "{first:?}"
    );
    assert_eq!(center.health().state, FreshnessState::Fresh);
    let stored = center.figures();
    // The same file has one effect, and renews the promise.
    center.clock.0.fetch_add(3_000, Ordering::SeqCst);
    let again = center.run().await;
    assert_eq!((again.verdict, again.outcome.same), (RunVerdict::Unchanged, 12));
    assert_eq!(center.figures(), stored);
    center.clock.0.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(center.health().state, FreshnessState::Fresh);
    // A revision is added, never written over.
    center.write("gizi.csv", &csv_text(&good_rows(2)));
    let dry = run_source(&center.app, "gizi", &RunOptions { dry_run: true, ..RunOptions::default() })
        .await
        .unwrap();
    assert_eq!((dry.outcome.revised, dry.changes.len()), (12, 12));
    assert!(
        dry.text(Lang::Id).contains("12 direvisi") && dry.changes[0].indicator == "gizi-buruk",
        "{}",
        dry.text(Lang::Id)
    );
    let third = center.run().await;
    assert_eq!((third.outcome.revised, center.figures().len()), (12, 24));
    // Lineage: the raw row of a figure.
    let raw =
        aside(|| center.app.db().read(|r| ledger::raw_row(r, first.run_id.unwrap(), 2))).unwrap().unwrap();
    assert_eq!((raw.columns.join(","), raw.cells[2].as_str()), ("kode,bulan,jumlah".to_owned(), "1"));
    let runs = center.runs();
    assert_eq!(
        (runs.len(), runs[0].source_code.as_deref(), runs[0].run.status),
        (3, Some("gizi"), RunStatus::Done)
    );
    center.clock.0.fetch_add(3_700, Ordering::SeqCst);
    assert_eq!(center.health().state, FreshnessState::Late);
    assert!(center.said(Lang::Id).contains("Dinkes (Subbag Data)"), "{}", center.said(Lang::Id));
}

#[tokio::test]
async fn a_file_from_end_to_end_on_sqlite() {
    file_from_end_to_end(&Center::sqlite(&source(FILE, "", ""))).await;
}

/// The database's client blocks, so it is opened and closed outside the runtime.
#[test]
fn a_file_from_end_to_end_on_postgres() {
    let center = Center::postgres(&source(FILE, "", ""));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(file_from_end_to_end(&center));
    drop(runtime);
}

#[tokio::test]
async fn refused_rows_are_kept_retried_and_dismissed() {
    let mut center = Center::sqlite(&source(FILE, "", ""));
    let rows = format!("{}33.16.99.9999;2026-09;5\n", good_rows(1));
    center.write("gizi.csv", &csv_text(&rows));
    let report = center.run().await;
    let run_id = report.run_id.unwrap();
    assert_eq!(
        (report.verdict, report.counters.accepted, report.counters.refused),
        (RunVerdict::Done, 12, 1)
    );
    let refused = center.refused(run_id);
    assert_eq!(
        (refused[0].row_no, refused[0].state.as_str(), refused[0].column.as_deref()),
        (14, "open", Some("kode"))
    );
    assert!(refused[0].raw.contains("33.16.99.9999"), "{refused:?}");
    let mut exported = Vec::new();
    center
        .app
        .db()
        .read(|r| ledger::export_refused_rows(r, run_id, &Default::default(), &mut exported))
        .unwrap();
    assert!(String::from_utf8(exported).unwrap().contains("33.16.99.9999"));
    // As things are, nothing passes.
    let report = retry_run(&center.app, run_id, &RunOptions::default()).await.unwrap();
    assert_eq!(
        (report.verdict, report.counters.refused, center.refused(run_id)[0].state.as_str()),
        (RunVerdict::Unchanged, 1, "open")
    );
    // The pack learns the spelling; the row alone is read again.
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let center_code: pendopo_vocab::RegionCode = "33.16".parse().unwrap();
    let spare = tree.descendants(center_code, pendopo_vocab::RegionLevel::Village).nth(50).unwrap().code;
    center.change_source(&source(FILE, &format!("alias = {{ \"33.16.99.9999\" = \"{spare}\" }}"), ""));
    let report = retry_run(&center.app, run_id, &RunOptions::default()).await.unwrap();
    assert_eq!((report.counters.accepted, report.outcome.added), (1, 1), "{report:?}");
    assert_eq!(center.refused(run_id)[0].state, "retried");
    assert!(matches!(
        retry_run(&center.app, run_id, &RunOptions::default()).await,
        Err(AppError::Conflict(_))
    ));
    assert!(matches!(retry_run(&center.app, 999, &RunOptions::default()).await, Err(AppError::NotFound(_))));
    // Another bad row is dismissed.
    center.write("gizi.csv", &csv_text(&format!("{}x;2026-09;5\n", good_rows(1))));
    let run_id = center.run().await.run_id.unwrap();
    assert_eq!(dismiss_rows(&center.app, run_id, Actor::visitor("uji")).await.unwrap(), 1);
    assert_eq!(center.refused(run_id)[0].state, "dismissed");
}

#[tokio::test]
async fn too_many_refused_rows_refuse_the_run() {
    let center = Center::sqlite(&source(FILE, "", ""));
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    center.run().await;
    let stored = center.figures();
    center.write("gizi.csv", &csv_text(&format!("{}x;2026-09;5\ny;2026-09;6\n", good_rows(3))));
    let report = center.run().await;
    assert_eq!(report.verdict, RunVerdict::Refused);
    assert!(
        matches!(report.problem, Some(RunProblem::TooManyRefused { refused: 2, total: 14, .. })),
        "{report:?}"
    );
    assert_eq!(center.figures(), stored);
    let run_id = report.run_id.unwrap();
    assert_eq!(center.refused(run_id).len(), 2);
    let run = ledger::find_run(center.app.db(), &Scope::everything(), run_id).unwrap().unwrap();
    assert_eq!(run.run.status, RunStatus::Refused);
    assert!(run.problem_sentence(Lang::En).unwrap().contains("2 of 14 rows"));
    // The same rows are welcome where the source says so.
    let mut center = center;
    center.change_source(&source(FILE, "", "max_refused_percent = 50"));
    assert_eq!(center.run().await.verdict, RunVerdict::Done);
}

#[tokio::test]
async fn changed_columns_hold_the_figures_back() {
    let center = Center::sqlite(&source(FILE, "", ""));
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    center.run().await;
    let stored = center.figures();
    center.write("gizi.csv", &format!("kode;bulan;jumlah_balita\n{}", good_rows(9)));
    let report = center.run().await;
    assert_eq!((report.verdict, center.health().state), (RunVerdict::Refused, FreshnessState::Changed));
    assert_eq!(center.figures(), stored);
    let said = center.said(Lang::Id);
    assert!(said.contains("jumlah_balita") && said.contains("“jumlah”"), "{said}");
    // A type that has changed, not one number among them.
    let words = good_rows(1)
        .lines()
        .map(|line| format!("{}banyak\n", line.trim_end_matches(char::is_numeric)))
        .collect::<String>();
    center.write("gizi.csv", &csv_text(&words));
    let report = center.run().await;
    assert!(report.problem.as_ref().is_some_and(|problem| problem.is_judgement()), "{report:?}");
    assert_eq!(center.figures(), stored);
    // A new column hinders nothing and is told.
    let wider = good_rows(1).lines().map(|line| format!("{line};x\n")).collect::<String>();
    center.write("gizi.csv", &format!("kode;bulan;jumlah;petugas\n{wider}"));
    let report = center.run().await;
    assert_eq!(
        (report.verdict, report.added_columns.as_slice()),
        (RunVerdict::Unchanged, &["petugas".to_owned()][..])
    );
    assert_eq!(
        (center.health().state, center.health().new_columns),
        (FreshnessState::Fresh, vec!["petugas".to_owned()])
    );
}

/// A service that answers by what `mode` says.
async fn moody(mode: Arc<AtomicI64>) -> Service {
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let center: pendopo_vocab::RegionCode = "33.16".parse().unwrap();
    let village = tree.descendants(center, pendopo_vocab::RegionLevel::Village).next().unwrap().code;
    Service::start(move |_| match mode.load(Ordering::SeqCst) {
        200 => service::json(&format!(r#"{{"data":[{{"kode":"{village}","bulan":"2026-09","jumlah":7}}]}}"#)),
        403 => service::whole("403 Forbidden", &[], b""),
        404 => service::whole("404 Not Found", &[], b""),
        503 => service::whole("503 Service Unavailable", &[], b""),
        _ => service::whole("200 OK", &["content-type: text/html"], b"<html>Pemeliharaan</html>"),
    })
    .await
}

fn json_source(port: u16) -> String {
    source(&format!("kind = \"json\"\n[connection.location]\nurl = \"http://127.0.0.1:{port}/gizi\""), "", "")
}

#[tokio::test]
async fn a_service_s_moods_become_its_states() {
    let mode = Arc::new(AtomicI64::new(200));
    let service = moody(mode.clone()).await;
    let center = Center::sqlite(&json_source(service.port));
    assert_eq!(center.run().await.verdict, RunVerdict::Done);
    let stored = center.figures();
    for (status, times, want) in
        [(403, 1, FreshnessState::Blocked), (404, 3, FreshnessState::Down), (0, 1, FreshnessState::Changed)]
    {
        mode.store(status, Ordering::SeqCst);
        for _ in 0..times {
            let report = center.run().await;
            assert!(matches!(report.verdict, RunVerdict::Failed | RunVerdict::Refused), "{report:?}");
        }
        assert_eq!(center.health().state, want, "{}", center.said(Lang::Id));
        assert_eq!(center.figures(), stored);
    }
    mode.store(200, Ordering::SeqCst);
    assert_eq!(
        (center.run().await.verdict, center.health().state),
        (RunVerdict::Unchanged, FreshnessState::Fresh)
    );
    let health = center.health();
    assert_eq!((health.facts.failures, health.facts.problem), (0, None));
}

#[tokio::test]
async fn one_run_per_source_at_a_time() {
    let silent = Service::start(|_| service::Reply::Hang(Vec::new())).await;
    let center = Center::sqlite(&json_source(silent.port));
    let run_id = start_run(&center.app, "gizi", Actor::visitor("uji"), String::new()).await.unwrap();
    assert!(matches!(
        start_run(&center.app, "gizi", Actor::visitor("uji"), String::new()).await,
        Err(AppError::Conflict(_))
    ));
    assert!(matches!(
        start_run(&center.app, "tiada", Actor::visitor("uji"), String::new()).await,
        Err(AppError::NotFound(_))
    ));
    assert_eq!(center.health().running, Some(run_id));
    let mut step = center.app.progress().watch(run_id).unwrap();
    assert!(center.app.progress().cancel(run_id));
    while step.changed().await.is_ok() {}
    let run = ledger::find_run(center.app.db(), &Scope::everything(), run_id).unwrap().unwrap();
    assert_eq!((run.run.status, run.run.problem_code.as_deref()), (RunStatus::Failed, Some("cancelled")));
    // Being stopped by hand says nothing against the service.
    assert_eq!(center.health().state, FreshnessState::Waiting);
}

#[tokio::test]
async fn what_a_killed_process_left_is_closed() {
    let center = Center::sqlite(&source(FILE, "", ""));
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    let sources = center.app.db().read(pendopo_figures::list_sources).unwrap();
    let left = NewRun {
        source_id: sources.first().map(|source| source.id),
        kind: RunKind::Source,
        author: Author::scheduler(),
        reason: None,
        trigger: "schedule".to_owned(),
        started_at: center.clock.now().as_millisecond(),
        lease_ms: 90_000,
        retry_of: None,
    };
    let orphan = begin_run(center.app.db(), &left).unwrap();
    assert_eq!(center.run().await.verdict, RunVerdict::Done);
    let run = ledger::find_run(center.app.db(), &Scope::everything(), orphan).unwrap().unwrap();
    assert_eq!(run.run.status, RunStatus::Interrupted);
}

#[tokio::test]
async fn files_are_imported_by_hand() {
    let center = Center::sqlite(&source(FILE, "", ""));
    let path = center.folder.path().join("kiriman.csv");
    std::fs::write(&path, csv_text(&good_rows(1))).unwrap();
    let report = import_file(&center.app, "gizi", &path, &RunOptions::default()).await.unwrap();
    assert_eq!((report.verdict, report.outcome.added), (RunVerdict::Done, 12));
    let json = center.folder.path().join("kiriman.json");
    std::fs::write(&json, r#"[{"kode":"x","bulan":"2026-09","jumlah":7}]"#).unwrap();
    let report = import_file(&center.app, "gizi", &json, &RunOptions::default()).await.unwrap();
    assert_eq!(report.verdict, RunVerdict::Refused);
    for (name, code) in [("kiriman.pdf", "definition"), ("tiada.csv", "unreadable_file")] {
        let path = center.folder.path().join(name);
        let report = import_file(&center.app, "gizi", &path, &RunOptions::default()).await.unwrap();
        assert_eq!(report.problem.map(|problem| problem.code()), Some(code));
    }
}

#[tokio::test]
async fn the_schedule_reads_what_is_due_and_stops_when_told() {
    let center = Center::sqlite(&source(FILE, "", "schedule = \"*/15 * * * *\""));
    center.write("gizi.csv", &csv_text(&good_rows(1)));
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(run_schedule(center.app.clone(), stopping));
    let wait_for = |count: usize| {
        let center = &center;
        async move {
            for _ in 0..400 {
                if center.runs().iter().filter(|run| run.run.status == RunStatus::Done).count() >= count {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            panic!("run {count} was not made: {:?}", center.runs());
        }
    };
    wait_for(1).await;
    assert_eq!(center.runs()[0].run.trigger, "schedule");
    stop.send(true).unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(5), task).await.unwrap().unwrap();
    // Another start of the program knows that the slot has run.
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(run_schedule(center.app.clone(), stopping));
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(center.runs().len(), 1);
    // The next slot comes.
    center.clock.0.fetch_add(1_100, Ordering::SeqCst);
    wait_for(2).await;
    stop.send(true).unwrap();
    task.await.unwrap();
}
