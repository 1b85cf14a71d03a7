//! Retention, erasure and the three days after a failure.

use super::{
    jobs::{Forgotten, forget, retain},
    rules::{self, Countdown, NoticeFacts},
    store::{self, Erased},
};
use crate::{
    app::{App, Identity},
    audit::Actor,
    config::Config,
    vault::Vault,
};
use jiff::{SignedDuration, Timestamp};
use pendopo_connectors::personal::pseudonym;
use pendopo_figures::{
    AnswerBody, Db, NewRun, RefusedRow, RunCounters, RunEnd, RunKind, begin_run, refuse_run,
};
use pendopo_vocab::{Author, Clock};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

const DAY: i64 = 86_400;

struct Center {
    app: App,
    clock: Arc<HandClock>,
    folder: tempfile::TempDir,
    _server: Option<pendopo_testkit::Postgres>,
}

impl Center {
    fn new(server: Option<pendopo_testkit::Postgres>) -> Center {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_testing(folder.path()).unwrap();
        if let Some(server) = &server {
            config.database = pendopo_figures::DbUrl::Postgres(server.url.clone());
        }
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(1_795_500_000)));
        let vault = Vault::for_testing().unwrap();
        let app = App::new(config, db, clock.clone(), Identity::unnamed(), vault);
        Center { app, clock, folder, _server: server }
    }

    fn pass(&self, days: i64) {
        self.clock.0.fetch_add(days * DAY, Ordering::SeqCst);
    }

    /// A refused run with this answer and these raw rows.
    fn run(&self, body: &str, refused: &[&str]) -> i64 {
        let now = self.clock.now().as_millisecond();
        let run = NewRun {
            source_id: None,
            kind: RunKind::Import,
            author: Author::named("uji"),
            reason: None,
            trigger: "manual".to_owned(),
            started_at: now,
            lease_ms: 1_000,
            retry_of: None,
        };
        let run_id = begin_run(self.app.db(), &run).unwrap();
        let mut recorder = pendopo_connectors::recording::Recorder::new(Vec::new()).unwrap();
        recorder.page("berkas.csv", 200, None, body.len() as u64, &mut body.as_bytes()).unwrap();
        let answer = AnswerBody {
            media_type: "application/x-pendopo-recording;kind=csv".to_owned(),
            bytes: recorder.finish().unwrap(),
        };
        let rows: Vec<RefusedRow> = refused
            .iter()
            .zip(1..)
            .map(|(raw, row_no)| RefusedRow {
                row_no,
                column: None,
                reason_code: "region_unknown".to_owned(),
                message: "uji".to_owned(),
                raw: (*raw).to_owned(),
            })
            .collect();
        let end = RunEnd {
            problem_code: "too_many_refused".to_owned(),
            message: String::new(),
            counters: RunCounters { refused: refused.len() as i64, ..RunCounters::default() },
            finished_at: now,
        };
        refuse_run(self.app.db(), run_id, &end, &rows, Some(&answer)).unwrap();
        run_id
    }

    fn count(&self, sql: &str) -> i64 {
        self.app.db().read(|reader| reader.query_one(sql, &[], |row| row.get(0))).unwrap()
    }

    fn kept(&self) -> (i64, i64, i64) {
        (
            self.count("select count(*) from answer"),
            self.count("select count(*) from refused_row"),
            self.count("select count(*) from run"),
        )
    }

    /// The text of all kept answers.
    fn answers(&self) -> String {
        let ids: Vec<i64> = self
            .app
            .db()
            .read(|reader| {
                reader.query("select answer_id from answer order by answer_id", &[], |row| row.get(0))
            })
            .unwrap();
        let all = ids.into_iter().map(|id| {
            let found =
                self.app.db().read(|reader| pendopo_figures::find_answer(reader, id)).unwrap().unwrap();
            String::from_utf8_lossy(&found.bytes).into_owned()
        });
        all.collect()
    }
}

fn what_is_past_its_time_goes(center: &Center) {
    center.run("nama;jumlah\nSukiman lama;1\n", &["nama: Sukiman lama"]);
    center.pass(200);
    // The same answer again: it stays as long as its newest run.
    center.run("nama;jumlah\nSukiman lama;1\n", &["nama: Sukiman baru"]);
    let many: Vec<String> = (0..1_203).map(|row| format!("baris {row}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    center.run("nama;jumlah\nWati;2\n", &many);
    assert_eq!(center.kept(), (2, 1_205, 3));
    let author = Actor::center();
    // 180 days for refused rows, 365 for answers.
    assert_eq!(retain(&center.app, &author).unwrap(), Erased { answers: 0, raw_rows: 0, refused_rows: 1 });
    assert_eq!(retain(&center.app, &author).unwrap(), Erased::default());
    center.pass(170);
    assert_eq!(retain(&center.app, &author).unwrap(), Erased { answers: 1, raw_rows: 0, refused_rows: 0 });
    assert_eq!(center.kept(), (2, 1_204, 3), "the answer has another run");
    center.pass(200);
    assert_eq!(
        retain(&center.app, &author).unwrap(),
        Erased { answers: 2, raw_rows: 0, refused_rows: 1_204 }
    );
    assert_eq!(center.kept(), (0, 0, 3));
    assert_eq!(retain(&center.app, &author).unwrap(), Erased::default());
    let erasures = center.app.db().read(|reader| store::read_erasures(reader, 10)).unwrap();
    let kinds: Vec<(&str, i64, i64)> =
        erasures.iter().map(|one| (one.kind.as_str(), one.answers, one.refused_rows)).collect();
    assert_eq!(kinds, [("retention", 2, 1_204), ("retention", 1, 0), ("retention", 0, 1)]);
}

#[test]
fn what_is_past_its_time_goes_on_sqlite() {
    let center = Center::new(None);
    what_is_past_its_time_goes(&center);
    // Not even the file's free pages hold it.
    for name in ["pendopo.db", "pendopo.db-wal"] {
        let bytes = std::fs::read(center.folder.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|window| window == b"Sukiman"), "{name}");
    }
}

#[test]
fn what_is_past_its_time_goes_on_postgres() {
    what_is_past_its_time_goes(&Center::new(Some(pendopo_testkit::postgres())));
}

fn somebody_is_forgotten(center: &Center) {
    let vault = center.app.vault();
    let mac = |data: &[u8]| vault.mac(crate::sources::jobs::PSEUDONYM, data);
    let name = pseudonym("3316091505900001", &mac);
    let body = format!("nik;jumlah\n{name};1\np-aaaaaaaaaaaaaaaa;2\n");
    center.run(&body, &[&format!("nik: {name}"), "nik: p-aaaaaaaaaaaaaaaa"]);
    center.run(
        "nama;hp\nSiti Aminah;08-12\nWati;0857 1234 5678\n",
        &["nama: SITI AMINAH", "hp: 0857-1234-5678"],
    );
    center.run("nama;hp\nBudi;x\n", &["nama: Budi"]);
    let author = Actor::command(&Author::named("admin"));
    let ask = |text: &str, dry: bool| forget(&center.app, text, &author, "permintaan 12/2026", dry).unwrap();
    let erased = |raw_rows, refused_rows| Forgotten {
        erased: Erased { answers: 0, raw_rows, refused_rows },
        ..Forgotten::default()
    };
    assert_eq!(ask("3316091505900001", true), erased(1, 1));
    assert!(center.answers().contains(&name));
    // By the value, however it is written: its pseudonym is found.
    assert_eq!(ask("3316-0915-0590-0001", false), erased(1, 1));
    assert!(!center.answers().contains(&name) && center.answers().contains("p-aaaaaaaaaaaaaaaa"));
    assert_eq!(ask(&name, false), erased(0, 0));
    // By a name, without regard to case, and by a number, without regard to its groups.
    assert_eq!(ask("siti aminah", false), erased(1, 1));
    assert_eq!(ask("085712345678", false), erased(1, 1));
    assert!(!center.answers().contains("Siti") && !center.answers().contains("0857"));
    assert!(center.answers().contains("Budi"));
    assert_eq!(center.kept(), (3, 2, 3));
    let erasures = center.app.db().read(|reader| store::read_erasures(reader, 10)).unwrap();
    assert_eq!(erasures.len(), 3);
    assert!(erasures.iter().all(|one| !format!("{one:?}").to_lowercase().contains("siti")));
}

#[test]
fn somebody_is_forgotten_on_sqlite() {
    let center = Center::new(None);
    somebody_is_forgotten(&center);
    for name in ["pendopo.db", "pendopo.db-wal"] {
        let bytes = std::fs::read(center.folder.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(11).any(|window| window.eq_ignore_ascii_case(b"siti aminah")), "{name}");
    }
}

#[test]
fn somebody_is_forgotten_on_postgres() {
    somebody_is_forgotten(&Center::new(Some(pendopo_testkit::postgres())));
}

#[test]
fn three_days_are_counted_from_the_notice() {
    let noticed: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
    let check = |later: i64, want: Countdown| {
        let now = noticed.checked_add(SignedDuration::from_secs(later)).unwrap();
        assert_eq!(rules::countdown(noticed, now), want);
    };
    check(0, Countdown::Left(SignedDuration::from_hours(72)));
    check(3 * DAY, Countdown::Left(SignedDuration::ZERO));
    check(3 * DAY + 60, Countdown::Passed(SignedDuration::from_secs(60)));
    assert_eq!(rules::deadline(noticed).to_string(), "2026-11-27T03:00:00Z");
}

#[test]
fn the_drafts_hold_what_the_law_asks_for() {
    let facts = NoticeFacts {
        place: "Pemerintah Kabupaten Uji",
        what: "berkas terbuka",
        data: "",
        noticed: "24 Nov 2026 10.00 WIB",
        cause: "salah unggah",
        measures: "berkas ditutup",
        subjects: "120",
        sources: "Rekap bantuan sosial",
    };
    for text in [rules::notice_to_subjects(&facts), rules::notice_to_authority(&facts)] {
        for part in [
            "Pemerintah Kabupaten Uji",
            "berkas terbuka",
            "[lengkapi]",
            "salah unggah",
            "berkas ditutup",
            "Pasal 46",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
