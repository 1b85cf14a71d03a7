//! Reports that are made by themselves, with a real mail server on loopback (`e2e/mail.mjs`), real folders and a
//! clock that the tests move.

use super::{
    jobs::look,
    store::{Delivery, read_newest},
};
use crate::{
    app::App,
    audit::Action,
    config::{Config, MailConfig, MailSecurity, PaperConfig, Scheduled, Shows, What},
    packs::{check::check_pack, folder::PackTexts, store as packs},
    vault::Vault,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use pendopo_figures::Db;
use pendopo_vocab::{Author, Clock, Lang};
use std::{
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

/// A clock whose hands the test moves.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

const PASSWORD: &str = "rahasia-surat";

/// A mail server in a process of its own.
struct MailServer {
    child: Child,
    port: u16,
    letters: mpsc::Receiver<serde_json::Value>,
}

impl MailServer {
    /// With the certificate and key in `folder`, or without TLS and passwords.
    fn start(folder: Option<&Path>) -> MailServer {
        let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
        assert!(
            e2e.join("node_modules/smtp-server").exists(),
            "the mail server is not installed: run `npm ci` in e2e/ (`make test` does)"
        );
        let files = folder.into_iter().flat_map(|folder| [folder.join("mail.pem"), folder.join("mail.key")]);
        let mut child = Command::new("node")
            .arg("mail.mjs")
            .args(files)
            .current_dir(e2e)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("node cannot be started ({error}): install Node.js 20 or later"));
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = printed.next().unwrap().unwrap().parse().unwrap();
        let (tell, letters) = mpsc::channel();
        std::thread::spawn(move || {
            for line in printed.map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(serde_json::Value::String(line));
                let _ = tell.send(value);
            }
        });
        MailServer { child, port, letters }
    }

    /// From now on every letter is refused, or none.
    fn refuse(&mut self, refuse: bool) {
        let come = self.tell(if refuse { "refuse" } else { "accept" });
        assert!(come.is_empty(), "{come:?}");
    }

    /// All letters that have come and were not looked at yet.
    fn letters(&mut self) -> Vec<serde_json::Value> {
        self.tell("sync")
    }

    /// Tells it something; what it has said until it answers.
    fn tell(&mut self, word: &str) -> Vec<serde_json::Value> {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
        let mut come = Vec::new();
        loop {
            match self.letters.recv_timeout(Duration::from_secs(20)).unwrap() {
                said if said == "synced" => return come,
                letter => come.push(letter),
            }
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A center that sends a brief each morning.
struct Center {
    app: App,
    hands: Arc<Hands>,
    reports: PathBuf,
    _folder: tempfile::TempDir,
}

fn scheduled(mail_to: &[&str]) -> Scheduled {
    Scheduled {
        name: "laporan-pagi".to_owned(),
        what: What::Brief,
        when: "0 7 * * *".to_owned(),
        shows: Shows::Public,
        lang: Lang::Id,
        to_folder: true,
        mail_to: mail_to.iter().map(|to| (*to).to_owned()).collect(),
    }
}

fn texts() -> PackTexts {
    let files = [
        (
            "pack.toml",
            "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\n\
             [paper]\nresponsible = \"Dinas Uji\"\noffice = \"Kepala Dinas Uji\"\ncity = \"Uji\"\nname = \"Orang Uji\"\n\n\
             [[sector]]\ncode = \"uji\"\nname = \"Uji\"\n",
        ),
        ("agencies.toml", "[[agency]]\ncode = \"dinas\"\nname = \"Dinas Uji\"\nshort = \"Dinuji\"\n"),
        (
            "boards/satu.toml",
            "code = \"satu\"\ntitle = \"Papan satu\"\n\n[[section]]\nsector = \"uji\"\n\n[[section.widget]]\nkind = \"text\"\ntext = \"Catatan.\"\n",
        ),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

impl Center {
    /// Opened at half past six in the morning of 24 November.
    fn open(mail_to: &[&str], mail: impl FnOnce(&Path) -> Option<MailConfig>) -> Center {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_testing(&folder.path().join("data")).unwrap();
        std::fs::create_dir_all(&config.files_folder).unwrap();
        let reports = folder.path().join("laporan");
        std::fs::create_dir(&reports).unwrap();
        config.mail = mail(folder.path());
        config.paper = PaperConfig { folder: Some(reports.clone()), schedule: vec![scheduled(mail_to)] };
        std::fs::write(&config.secrets_file, format!("MAIL={PASSWORD}\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&config.secrets_file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        packs::load_regions(&db).unwrap();
        let texts = texts();
        let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let hands = Arc::new(Hands(Mutex::new("2026-11-23T23:30:00Z".parse().unwrap())));
        let app =
            App::new(config, db, hands.clone(), packs::identity_of(&pack), Vault::for_testing().unwrap());
        let by = packs::Application { author: Author::named("uji"), reason: String::new(), at_ms: 0 };
        packs::apply(app.db(), app.audit(), &pack, &texts, &by).unwrap();
        Center { app, hands, reports, _folder: folder }
    }

    fn go_on(&self, minutes: i64) {
        *self.hands.0.lock().unwrap() += SignedDuration::from_mins(minutes);
    }

    async fn look(&self) {
        look(&self.app).await.unwrap();
    }

    /// Begins, and goes on to just after seven.
    async fn until_morning(&self) {
        self.look().await;
        self.go_on(33);
        self.look().await;
    }

    fn deliveries(&self) -> Vec<Delivery> {
        self.app.db().read(|reader| read_newest(reader, "laporan-pagi", 100)).unwrap()
    }

    fn delivery(&self, target: &str) -> Delivery {
        self.deliveries().into_iter().find(|one| one.target == target).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.reports).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn plain(port: u16) -> MailConfig {
    MailConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: MailSecurity::None,
        authority: None,
        user: String::new(),
        from: "Pusat Uji <pusat@uji.go.id>".to_owned(),
    }
}

/// A certificate for loopback that is its own authority, in `folder`.
fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("mail.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("mail.key"), made.signing_key.serialize_pem()).unwrap();
}

/// The file that a letter brings.
fn attachment(letter: &serde_json::Value) -> Vec<u8> {
    let data = letter["data"].as_str().unwrap();
    let (_, rest) = data.split_once("Content-Type: application/pdf").unwrap();
    let (_, body) = rest.split_once("\r\n\r\n").unwrap();
    let body: String = body.split("\r\n--").next().unwrap().split_whitespace().collect();
    STANDARD.decode(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_to_the_folder_and_by_mail_over_tls_once_a_day() {
    let keys = tempfile::tempdir().unwrap();
    certificate(keys.path());
    let mut server = MailServer::start(Some(keys.path()));
    let center = Center::open(&["sekda@uji.go.id", "bupati@uji.go.id"], |_| {
        Some(MailConfig {
            security: MailSecurity::Starttls,
            authority: Some(keys.path().join("mail.pem")),
            user: "pusat".to_owned(),
            ..plain(server.port)
        })
    });
    center.look().await;
    assert!(center.deliveries().is_empty() && center.files().is_empty(), "a new report waits for its moment");
    center.until_morning().await;
    assert_eq!(center.files(), ["laporan-pagi-2026-11-24.pdf"], "{:?}", center.deliveries());
    let written = std::fs::read(center.reports.join("laporan-pagi-2026-11-24.pdf")).unwrap();
    assert!(written.starts_with(b"%PDF"));
    let letters = server.letters();
    let mut to: Vec<&str> = letters.iter().map(|letter| letter["to"][0].as_str().unwrap()).collect();
    to.sort_unstable();
    assert_eq!(to, ["bupati@uji.go.id", "sekda@uji.go.id"]);
    for letter in &letters {
        assert_eq!((letter["secure"].as_bool(), letter["user"].as_str()), (Some(true), Some("pusat")));
        assert_eq!(letter["from"], "pusat@uji.go.id");
        assert_eq!(letter["to"].as_array().unwrap().len(), 1, "nobody sees who else is written to");
        assert!(attachment(letter) == written, "the letter and the folder hold the same");
    }
    // The same morning again, whatever happens: a look, a restart of the clock, a second process.
    for minutes in [0, 1, -20, 30, 600] {
        center.go_on(minutes);
        center.look().await;
    }
    assert!(server.letters().is_empty() && center.files().len() == 1);
    center.go_on(14 * 60);
    center.look().await;
    assert_eq!(server.letters().len(), 2);
    assert_eq!(center.files(), ["laporan-pagi-2026-11-24.pdf", "laporan-pagi-2026-11-25.pdf"]);
    let exported: i64 = center
        .app
        .db()
        .read(|reader| {
            reader.query_one(
                "select count(*) from audit_entry where action = $1",
                &[Action::Exported.as_str().into()],
                |row| row.get(0),
            )
        })
        .unwrap();
    assert_eq!(exported, 6, "each delivery is recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_and_tried_again_and_arrives_once() {
    let mut server = MailServer::start(None);
    let center = Center::open(&["sekda@uji.go.id"], |_| Some(plain(server.port)));
    server.refuse(true);
    center.until_morning().await;
    let failed = center.delivery("sekda@uji.go.id");
    assert_eq!((failed.problem.as_deref(), failed.tries), (Some("mail-refused"), 1));
    assert!(failed.detail.as_deref().unwrap().contains("mailbox unavailable"), "{failed:?}");
    assert!(center.delivery("folder").done_at.is_some(), "one place does not wait for another");
    center.look().await;
    assert_eq!(center.delivery("sekda@uji.go.id").tries, 1, "not before its time");
    center.go_on(2);
    center.look().await;
    assert_eq!(center.delivery("sekda@uji.go.id").tries, 2);
    server.refuse(false);
    center.go_on(6);
    center.look().await;
    let arrived = center.delivery("sekda@uji.go.id");
    assert!(arrived.done_at.is_some() && arrived.problem.is_none(), "{arrived:?}");
    center.go_on(60);
    center.look().await;
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_fail_has_its_words_and_an_end() {
    let keys = tempfile::tempdir().unwrap();
    certificate(keys.path());
    let mut server = MailServer::start(Some(keys.path()));
    let secured = |user: &str, authority: bool| MailConfig {
        security: MailSecurity::Starttls,
        authority: authority.then(|| keys.path().join("mail.pem")),
        user: user.to_owned(),
        ..plain(server.port)
    };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (mail, problem) in [
        (plain(closed), "mail-unreachable"),
        (secured("pusat", false), "mail-unreachable"),
        (secured("orang-lain", true), "mail-refused"),
        (
            MailConfig { authority: Some(keys.path().join("tidak-ada.pem")), ..secured("pusat", true) },
            "mail-settings",
        ),
    ] {
        let center = Center::open(&["sekda@uji.go.id"], |_| Some(mail));
        center.until_morning().await;
        let failed = center.delivery("sekda@uji.go.id");
        assert_eq!(failed.problem.as_deref(), Some(problem), "{failed:?}");
        assert!(!failed.detail.as_deref().unwrap_or_default().contains(PASSWORD));
        for _ in 0..40 {
            center.go_on(60);
            center.look().await;
        }
        let given_up: Vec<Delivery> = center
            .deliveries()
            .into_iter()
            .filter(|one| one.next_try_at.is_none() && one.done_at.is_none())
            .collect();
        assert!(given_up.iter().any(|one| one.slot_at == failed.slot_at && one.tries > 20), "{given_up:?}");
    }
    assert!(server.letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_missing_is_not_made_and_is_used_when_it_is_back() {
    let center = Center::open(&[], |_| None);
    std::fs::remove_dir(&center.reports).unwrap();
    center.until_morning().await;
    assert_eq!(center.delivery("folder").problem.as_deref(), Some("no-folder"));
    assert!(!center.reports.exists());
    std::fs::create_dir(&center.reports).unwrap();
    center.go_on(2);
    center.look().await;
    assert_eq!(center.files(), ["laporan-pagi-2026-11-24.pdf"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_a_report_once() {
    let mut server = MailServer::start(None);
    let center = Center::open(&["sekda@uji.go.id"], |_| Some(plain(server.port)));
    center.look().await;
    center.go_on(33);
    let other = App::new(
        center.app.config().clone(),
        center.app.db().clone(),
        center.hands.clone(),
        (*center.app.identity()).clone(),
        Vault::for_testing().unwrap(),
    );
    let (one, two) = tokio::join!(look(&center.app), look(&other));
    one.unwrap();
    two.unwrap();
    center.look().await;
    assert_eq!(server.letters().len(), 1);
    assert_eq!(center.files(), ["laporan-pagi-2026-11-24.pdf"]);
}

#[test]
fn nothing_is_sent_until_somebody_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::for_testing(folder.path()).unwrap();
    assert!(config.mail.is_none() && config.paper.folder.is_none() && config.paper.schedule.is_empty());
}

/// Names come from packs and services: none of them is a formula in whatever file it ends up.
#[test]
fn no_exported_cell_is_a_formula() {
    use crate::spreadsheet::harmless;
    use calamine::{Data, Reader as _, Xlsx};
    use pendopo_paper::{About, Cell, Column, CsvStyle, Made, Row, Table, csv, xlsx};
    let triggers = ["=1+1", "+1+1", "-1+1", "@SUM(1;1)", "\t=1+1", "\r=1+1", "＝1+1", "x;=1+1;y", "\"=1+1\""];
    let table = Table {
        caption: "=1+1".to_owned(),
        columns: vec![Column::words("=1+1"), Column::number("=1+1", "@SUM(1)")],
        rows: triggers
            .map(|text| Row { cells: vec![Cell::words(text), Cell::number(Some(-1.5), Some(1), text)] })
            .to_vec(),
        notes: vec!["=1+1".to_owned()],
    };
    let risky =
        |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']) && cell.parse::<f64>().is_err();
    for separator in [',', ';', '\t'] {
        let text = csv(&table, CsvStyle { separator, decimal: '.' }, harmless);
        for read_with in [b',', b';', b'\t'] {
            let mut reader = ::csv::ReaderBuilder::new()
                .delimiter(read_with)
                .flexible(true)
                .has_headers(false)
                .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            for record in reader.records() {
                for cell in &record.unwrap() {
                    assert!(!risky(cell), "{separator:?} read with {read_with}: {cell:?}");
                }
            }
        }
    }
    let about = About {
        table_sheet: "Tabel".to_owned(),
        about_sheet: "Keterangan".to_owned(),
        facts: vec![("=1+1".to_owned(), "=1+1".to_owned())],
        made: Made { year: 2026, month: 11, day: 24, hour: 8, minute: 15 },
    };
    let bytes = xlsx(&table, &about, harmless).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    for sheet in book.sheet_names() {
        assert!(book.worksheet_formula(&sheet).unwrap().used_cells().next().is_none());
        for (_, _, cell) in book.worksheet_range(&sheet).unwrap().used_cells() {
            if let Data::String(text) = cell {
                assert!(!risky(text), "{sheet}: {text}");
            }
        }
    }
}
