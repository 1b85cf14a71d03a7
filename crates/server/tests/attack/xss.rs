//! Scripts in every text that the center keeps or says again, in a real browser: none may run, with the
//! policy that the center sends and without any. The browser's part is `e2e/xss.mjs`.

use crate::{
    map_texts::{check_that_a_map_is_drawn, import_maps, plant_maps},
    provider::Provider,
    support::{Center, PASSWORD, Server, free_address},
};
use pendopo_figures::{Db, Value as Cell};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much is attacked.
#[derive(Clone, Copy)]
struct Extent {
    /// Of so many payloads one.
    every: usize,
    /// Pages of one kind for each reader.
    of_a_kind: usize,
}

impl Extent {
    /// The whole when the environment says how many pages of a kind (`OF_A_KIND=4`, as `make attack` does), else a
    /// small pass that every test run has time for.
    fn wanted() -> Extent {
        match std::env::var("OF_A_KIND") {
            Ok(count) => Extent { every: 1, of_a_kind: count.parse().unwrap() },
            Err(_) => Extent { every: 5, of_a_kind: 1 },
        }
    }
}

/// Texts that run a script where they are not escaped; `N` is each one's number.
fn payloads(extent: Extent) -> Vec<String> {
    let all: Vec<String> = serde_json::from_str(include_str!("../../../../e2e/payloads.json")).unwrap();
    let some = all.iter().skip(extent.every / 2).step_by(extent.every);
    some.enumerate().map(|(nth, text)| text.replace('N', &nth.to_string())).collect()
}

/// The first payload that begins so.
fn beginning<'a>(payloads: &'a [String], with: &str) -> &'a str {
    payloads.iter().find(|text| text.starts_with(with)).unwrap()
}

fn e2e() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e")
}

/// A string of TOML, which has the escapes of JSON but for the solidus.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A pack whose every text is a payload. Null bytes are left out where TOML has none.
fn pack(payloads: &[String]) -> Vec<(String, String)> {
    let texts: Vec<String> = payloads.iter().map(|text| quoted(text)).collect();
    let mut targets = String::new();
    let mut head =
        "format = 1\ncode = \"uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\nsample_data = true\n"
            .to_owned();
    // On every page, in the title: one that ends the title.
    writeln!(head, "name = {}", quoted(beginning(payloads, "</title>"))).unwrap();
    let (mut agencies, mut indicators) = (String::new(), String::new());
    let mut files = Vec::new();
    let mut angka = "code = \"angka\"\nname = \"Angka\"\nagency = \"a0\"\nfresh_every = \"1 day\"\nmax_refused_percent = 100\n\n\
         [connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\n\
         period = { column = \"bulan\" }\n"
        .to_owned();
    let rincian = angka.replace("angka", "rincian")
        + "\n[[mapping.breakdown]]\ncolumn = \"jenis\"\ndimension = \"jenis\"\n\n[[mapping.value]]\nindicator = \"i0\"\ncolumn = \"nilai\"\n";
    for (nth, text) in texts.iter().enumerate() {
        writeln!(head, "\n[[sector]]\ncode = \"k{nth}\"\nname = {text}\nname_en = {text}").unwrap();
        writeln!(
            agencies,
            "[[agency]]\ncode = \"a{nth}\"\nname = {text}\nshort = {text}\ncontact = {text}\n"
        )
        .unwrap();
        // What was built against what was paid is in per cent.
        let unit = if nth + 3 == texts.len() || nth + 2 == texts.len() { "\"%\"" } else { text };
        writeln!(
            indicators,
            "[[indicator]]\ncode = \"i{nth}\"\nname = {text}\nname_en = {text}\ndefinition = {text}\nsector = \"k{nth}\"\n\
             agency = \"a{nth}\"\nunit = {unit}\ndecimals = 0\ndirection = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\n\
             region_aggregation = \"sum\"\ntime_aggregation = \"sum\"\ncounts = \"nothing\"\nsensitivity = \"public\"\n"
        )
        .unwrap();
        writeln!(
            targets,
            "[[target]]\nindicator = \"i{nth}\"\nperiod = \"2026\"\nvalue = 9\nbasis = {text}\n"
        )
        .unwrap();
        if nth > 0 {
            writeln!(angka, "\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"").unwrap();
        }
        // A file that is not there: its name is in what the run says.
        let file = quoted(&format!("{}.csv", payloads[nth].replace(['/', '\0'], " ")));
        let source = format!(
            "code = \"s{nth}\"\nname = {text}\nagency = \"a{nth}\"\nfresh_every = \"1 day\"\npurpose = {text}\nbasis = {text}\n\n\
             [connection]\nkind = \"csv\"\nlocation = {{ path = {file} }}\n\n[mapping]\nregion = {{ column = {text} }}\n\
             period = {{ column = \"bulan\" }}\n\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"\n"
        );
        files.push((format!("sources/s{nth}.toml"), source));
    }
    for (nth, text) in texts.iter().enumerate().filter(|(nth, _)| nth % 5 == 0) {
        let mut board = format!("code = \"p{nth}\"\ntitle = {text}\ntitle_en = {text}\nmap = \"i{nth}\"\n");
        for near in 0..texts.len() {
            // The first holds everything, the others one section.
            if nth == 0 || near == nth {
                write!(board, "\n[[section]]\nsector = \"k{near}\"\nindicators = [\"i{near}\"]\n").unwrap();
            }
        }
        board.push_str(&widgets(nth, text, texts.len()));
        files.push((format!("boards/p{nth}.toml"), board));
    }
    head.insert_str(0, "home_board = \"p0\"\n");
    files.extend([
        ("pack.toml".to_owned(), head),
        ("walls/ruang.toml".to_owned(), playlist(&texts)),
        ("agencies.toml".to_owned(), agencies),
        ("targets.toml".to_owned(), targets),
        ("indicators/uji.toml".to_owned(), indicators),
        ("sources/angka.toml".to_owned(), angka),
        ("sources/rincian.toml".to_owned(), rincian),
    ]);
    files
}

/// A playlist whose every text is a payload.
fn playlist(texts: &[String]) -> String {
    let at = |nth: usize| nth % texts.len();
    let mut list = format!("code = \"ruang\"\ntitle = {0}\ntitle_en = {0}\n", texts[at(62)]);
    write!(list, "\n[[mode]]\ncode = \"a\"\ntitle = {0}\ntitle_en = {0}\n", texts[at(65)]).unwrap();
    for nth in [at(66), at(97)] {
        let title = &texts[nth];
        write!(
            list,
            "\n[[mode.item]]\ntitle = {title}\ntitle_en = {title}\nrail = [\"i{nth}\", \"i1\"]\n[mode.item.widget]\nkind = \"ranking\"\nindicator = \"i{nth}\"\n"
        )
        .unwrap();
    }
    list
}

/// A section with a widget of every kind, whose every text is a payload.
fn widgets(nth: usize, text: &str, count: usize) -> String {
    let (near, built, paid) = (41 % count, count - 3, count - 2);
    let mut section = format!("\n[[section]]\ntitle = {text}\ntitle_en = {text}\n");
    for (kind, options) in [
        ("tile", format!("indicator = \"i{nth}\"")),
        ("line", format!("indicator = \"i{nth}\"")),
        ("bullet", format!("indicators = [\"i{nth}\", \"i{near}\"]")),
        ("bars", format!("indicator = \"i{nth}\"")),
        ("bars", "indicator = \"i0\"\nby = \"part\"".to_owned()),
        ("ranking", format!("indicator = \"i{nth}\"")),
        ("heat", format!("indicator = \"i{nth}\"")),
        ("heat", "by = \"agency\"".to_owned()),
        ("statuses", String::new()),
        ("map", format!("indicator = \"i{nth}\"")),
        ("feed", String::new()),
        ("countdown", format!("date = \"2027-01-01\"\ntext = {text}\ntext_en = {text}")),
        ("text", format!("text = {text}\ntext_en = {text}")),
        ("camera", format!("place = {text}\naddress = \"https://kamera.test/\"\nagency = \"a{nth}\"")),
        ("weather", format!("temperature = \"i{nth}\"\ncredit = {text}")),
        ("earthquake", format!("magnitude = \"i{nth}\"\ncredit = {text}")),
        ("absorption", format!("physical = \"i{built}\"\nfinancial = \"i{paid}\"")),
        ("funnel", format!("indicators = [\"i{near}\", \"i{near}\"]")),
        ("pyramid", "indicator = \"i0\"".to_owned()),
    ] {
        writeln!(
            section,
            "\n[[section.widget]]\nkind = \"{kind}\"\ntitle = {text}\ntitle_en = {text}\n{options}"
        )
        .unwrap();
    }
    section
}

/// Rows with a payload in each place: the code, the period, the value, the kind, a column that nothing reads;
/// and columns named by payloads. A file with null bytes is refused as a whole.
fn rows(payloads: &[String], broken: bool) -> Vec<u8> {
    let payloads: Vec<String> = payloads.iter().map(|text| text.replace('\0', "")).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<&str> = vec!["kode", "bulan", "nilai", "jenis", "catatan"];
    head.extend(payloads.iter().map(String::as_str));
    writer.write_record(&head).unwrap();
    for (nth, text) in payloads.iter().enumerate() {
        let village = format!("33.16.01.{}", 2001 + nth % 12);
        let month = format!("2026-{:02}", 1 + nth / 12);
        let good = [village.as_str(), month.as_str(), "7", text, text];
        let mut cells = vec![good];
        if broken {
            cells.extend((0..3).map(|place| {
                let mut cells = good;
                cells[place] = text;
                cells
            }));
        }
        for row in cells {
            writer.write_record(row.iter().copied().chain(payloads.iter().map(String::as_str))).unwrap();
        }
    }
    writer.into_inner().unwrap()
}

/// The routes that are read, from the table that every route must stand in: a new page cannot be forgotten.
fn routes() -> Vec<String> {
    let table: toml::Table = include_str!("../../access.toml").parse().unwrap();
    let rows = table["route"].as_array().unwrap().iter();
    rows.filter(|row| row.get("get").is_some()).map(|row| row["path"].as_str().unwrap().to_owned()).collect()
}

/// Puts payloads into what only devices, browsers and finished work leave behind. Makes an account whose
/// second factor is awaited, and gives the cookies of whoever has typed its password alone.
fn plant_at_the_door(center: &Center, server: &Server, payloads: &[String]) -> String {
    let token = server.ask("GET", "/pengguna/baru", "").unwrap().form_token().to_owned();
    let form = format!("_token={token}&login=setengah&nama=Setengah&peran=auditor");
    let made = server.ask("POST", "/pengguna", &form).unwrap().body;
    let path = &made[made.find("/undangan/").unwrap()..];
    let path = path.split(['<', '"']).next().unwrap();
    let page = server.ask_as("", "GET", path, "").unwrap();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("_token={}&sandi={password}&ulang={password}", page.form_token());
    assert_eq!(server.ask_as(&page.cookie_line(), "POST", path, &form).unwrap().status, 303);
    center
        .db()
        .write(|tx| {
            for (nth, text) in payloads.iter().enumerate() {
                let (nth, text) = (Cell::Int(nth as i64), Cell::from(text.replace('\0', "")));
                for sql in [
                    "insert into erasure (erased_at, author, kind, answers, raw_rows, refused_rows, reason)
                     values ($1, $2, 'forget', 1, 1, 1, $2)",
                    "insert into personal_found
                     (source_id, column_name, kind, outcome, cells, run_id, first_at, last_at, runs)
                     values (1 + $1, $2, 'nik', 'masked', 1, 1, 0, 0, 1)",
                    "insert into account_identity (account_id, issuer, subject, created_at) values (1, $2, $2, $1)",
                    "insert into sealed_secret (name, sealed, set_at, set_by) values ($2, cast('x' as blob), $1, $2)",
                    "update refused_row set column_name = $2 where row_no % 100 = $1",
                    "update source_shape set added = $2 where source_id = $1",
                    "update audit_check set first = $2 where $1 = 11",
                    "update indicator set sql = $2 where code = 'i' || $1 and $1 % 10 = 9",
                ] {
                    tx.execute(sql, &[nth.clone(), text.clone()])?;
                }
                tx.execute(
                    "insert into passkey (account_id, credential_id, public_key, sign_count, backup, name, created_at)
                     select account_id, cast($1 || login as blob), cast('x' as blob), 0, 'none', $2, 0 from account
                     where login in ('pengelola', 'setengah')",
                    &[nth.clone(), text.clone()],
                )?;
                tx.execute(
                    "insert into token (kind, secret_hash, name, account_id, sensitivity, may_write, created_at, created_by)
                     select 'api', 'x' || $1, $2, account_id, 0, 0, 0, login from account where login = 'pengelola'",
                    &[nth.clone(), text.clone()],
                )?;
                tx.execute(
                    "insert into session (secret_hash, account_id, stage, method, created_at, seen_at, expires_at, address, agent)
                     select 'x' || $1, account_id, stage, method, created_at, seen_at, expires_at, $2, $2 from session
                     where session_id = 1",
                    &[nth, text],
                )?;
            }
            tx.execute("update account set totp_sealed = cast('x' as blob) where login = 'setengah'", &[])?;
            let notes = payloads.iter().map(|text| serde_json::json!({ "form": text.replace('\0', "") }));
            let notes = Value::Array(notes.collect()).to_string();
            tx.execute(
                "insert into run_note (run_id, notes) values (1, $1)
                 on conflict (run_id) do update set notes = excluded.notes",
                &[Cell::from(notes)],
            )?;
            Ok(())
        })
        .unwrap();
    let page = server.ask_as("", "GET", "/masuk", "").unwrap();
    let form = format!("_token={}&nama=setengah&sandi={password}", page.form_token());
    let asked = server.ask_as(&page.cookie_line(), "POST", "/masuk", &form).unwrap();
    assert_eq!(asked.status, 303, "{}", asked.body);
    asked.cookie_line()
}

/// Columns of the database with texts or bytes that hold nothing that anybody writes: codes, words of the program,
/// hashes, sealed and compressed values, official names.
const NOT_WRITTEN: &[&str] = &[
    "account.login",
    "account.password_hash",
    "account.role",
    "agency.code",
    "answer.body",
    "answer.media_type",
    "answer.sha256",
    "audit_entry.action",
    "audit_entry.actor_kind",
    "audit_entry.actor_role",
    "audit_entry.address",
    "audit_entry.object_kind",
    "audit_entry.outcome",
    "audit_entry.hash",
    "audit_sent.hash",
    "audit_sent.kind",
    "audit_sent.problem",
    "boundary_set.digest",
    "boundary_set.kind",
    "erasure.kind",
    "incident_entry.step",
    "indicator.cadence",
    "indicator.code",
    "indicator.counts",
    "indicator.direction",
    "indicator.region_aggregation",
    "indicator.sector",
    "indicator.time_aggregation",
    "invitation.secret_hash",
    "known_browser.secret_hash",
    "pack_change.plan",
    "pack_file.path",
    "passkey.backup",
    "personal_found.kind",
    "personal_found.outcome",
    "push_receipt.digest",
    "push_receipt.key_hash",
    "recovery_code.code_hash",
    "refused_row.reason_code",
    "refused_row.state",
    "region.bps_code",
    "region.code",
    "region.kind",
    "region.legal_basis",
    "region.name",
    "region.valid_from",
    "region.valid_to",
    "run.kind",
    "run.problem_code",
    "run.status",
    "run.trigger_kind",
    "schema_migration.migration_set",
    "schema_migration.name",
    "session.method",
    "session.secret_hash",
    "session.stage",
    "source.code",
    "source_schedule.ran",
    "token.board",
    "token.kind",
    "token.secret_hash",
    "token.source",
    "vault_root.root_id",
    "wall.playlist",
    "wall_pairing.address",
    "wall_pairing.code",
    "wall_pairing.secret_hash",
    "wall_steering.anchor_mode",
    "wall_steering.author",
    "wall_steering.message_indicator",
    "wall_steering.mode",
    "wall_steering.playlist",
];

/// Routes that have no page of their own: to the provider of identities and back.
const SENDS_ON: [&str; 3] = ["/masuk/sso", "/masuk/sso/kembali", "/undangan/{secret}/sso"];

/// Looks into every column of texts and bytes for payloads: they are in all but those named above. Gives how many
/// columns and values.
fn planted(db: &Db) -> (usize, i64) {
    let columns = "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite%'
        and (lower(c.type) like '%text%' or lower(c.type) like '%blob%') order by 1";
    let columns: Vec<String> = db.read(|reader| reader.query(columns, &[], |row| row.get(0))).unwrap();
    let (mut texts, mut kinds, mut without) = (0, 0, Vec::new());
    for name in &columns {
        let (table, column) = name.split_once('.').unwrap();
        let sql =
            format!("select count(*) from {table} where instr(cast({column} as blob), x'5f787373') > 0");
        let found: i64 = db.read(|reader| reader.query_one(&sql, &[], |row| row.get(0))).unwrap();
        match found {
            0 => without.push(name.as_str()),
            _ => kinds += 1,
        }
        texts += found;
    }
    let forgotten: Vec<_> = without.iter().filter(|name| !NOT_WRITTEN.contains(name)).collect();
    assert!(
        forgotten.is_empty(),
        "no payload is in {forgotten:#?}. Can a person, a file or a service write it? Then put one there: by the \
         way it comes in e2e/xss.mjs (`seed`) or `pack` here, or by SQL in `plant_at_the_door`. If only the program \
         does, add its name to NOT_WRITTEN in {}",
        file!()
    );
    let idle: Vec<_> = NOT_WRITTEN.iter().filter(|name| !without.contains(name)).collect();
    assert!(
        idle.is_empty(),
        "NOT_WRITTEN in {} names {idle:?}, which hold payloads or are no columns any more: take them out",
        file!()
    );
    (kinds, texts)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn length(value: &Value) -> usize {
    value.as_array().unwrap_or_else(|| panic!("{value}")).len()
}

/// A center whose every text is a payload, with figures and refused rows.
fn center(payloads: &[String]) -> Center {
    let center = Center::new();
    let text = |nth: usize| payloads[nth % payloads.len()].as_str();
    let files = pack(payloads);
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = center.write_pack(&borrowed);
    center.ok(&["--author", text(1), "apply", &folder.display().to_string(), "--yes", "--reason", text(18)]);
    fs::write(center.files().join("angka.csv"), rows(payloads, true)).unwrap();
    fs::write(center.files().join("rincian.csv"), rows(payloads, false)).unwrap();
    import_maps(&center, payloads);
    for (source, nth) in [("angka", 2), ("rincian", 57)] {
        // Null bytes cannot be in an argument.
        center.ok(&["--author", text(nth), "run", source, "--reason", text(nth + 1)]);
    }
    for nth in [12, 41] {
        let sql = format!("select 1 as x /* {} */", text(nth).replace("*/", ""));
        center.ok(&["--author", text(nth), "query", &sql]);
    }
    center
}

/// Opens everything in a browser; gives what it noticed.
fn browse(center: &Center, server: &Server, half: &str, extent: Extent, subject: &str) -> Value {
    let output = Command::new("node")
        .arg("xss.mjs")
        .current_dir(e2e())
        .env("BASE", format!("http://localhost:{}", server.port()))
        .env("COOKIE", server.cookies())
        .env("HALF", half)
        .env("ROUTES", serde_json::to_string(&routes()).unwrap())
        .env("PASSWORD", PASSWORD)
        .env("OF_A_KIND", extent.of_a_kind.to_string())
        .env("EVERY", extent.every.to_string())
        .env("FIGURES", center.files().join("angka.csv"))
        .env("SUBJECT", subject)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("node cannot be started ({error}): scripts/setup.sh test"));
    assert!(output.status.success(), "the browser's part failed; what it said stands above");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is not escaped is noticed: each payload alone, and the center's own pages with their escaping undone.
fn check_that_the_browser_notices(report: &Value, pages: &BTreeSet<&str>) {
    let (control, canaries) = (&report["control"], &report["canaries"]);
    let (ran, held) = (canaries["ran"].as_object().unwrap(), &canaries["held"]);
    let silent: Vec<_> = pages.iter().filter(|route| !ran.contains_key(**route)).collect();
    eprintln!(
        "{} of {} payloads ran when each was put unescaped into a page ({} pages with foreign elements); with the \
         escaping of the center's pages undone {} scripts ran, on {} of {} routes; under its policy {} ran on {} such \
         pages and {} were reported",
        control["ran"],
        report["payloads"],
        control["noticed"],
        ran.values().map(number).sum::<u64>(),
        pages.len() - silent.len(),
        pages.len(),
        held["ran"],
        held["pages"],
        held["violations"]
    );
    // In the small pass each stands in fewer places.
    assert!(number(&control["ran"]) * 5 >= number(&report["payloads"]) * 2, "{control}");
    assert!(number(&control["noticed"]) >= number(&control["ran"]), "{control}");
    assert!(silent.is_empty(), "nothing would be noticed on {silent:?}: {canaries}");
    assert!(number(&held["ran"]) == 0 && number(&held["violations"]) > 0, "{held}");
}

/// What open pages put in place of what changed is as harmless as the pages, and would be noticed if it were not.
fn check_what_follows(live: &Value) {
    for policy in ["as sent", "off"] {
        let (escaped, raw) = (&live[policy]["escaped"], &live[policy]["unescaped"]);
        let swapped = escaped["swapped"].as_object().unwrap();
        let noticed = raw["noticed"].as_object().unwrap();
        eprintln!(
            "policy {policy}: {} open pages followed a change, {} of them put {} parts in place with {} occurrences: \
             {} ran, {} violations; with the escaping of those parts undone {} noticed it on {} pages",
            escaped["routes"].as_object().unwrap().len(),
            swapped.values().filter(|count| number(count) > 0).count(),
            swapped.values().map(number).sum::<u64>(),
            escaped["occurrences"],
            length(&escaped["ran"]),
            length(&escaped["violations"]),
            noticed.values().map(number).sum::<u64>(),
            noticed.len(),
        );
        for what in ["ran", "violations", "strangers"] {
            assert_eq!(length(&escaped[what]), 0, "policy {policy}, {what}: {}", escaped[what]);
        }
        assert!(swapped.values().filter(|count| number(count) > 0).count() >= 4, "{swapped:?}");
        assert!(noticed.len() >= 4 && length(&raw["silent"]) == 0, "{noticed:?}, silent: {}", raw["silent"]);
        assert!(policy == "off" || length(&raw["ran"]) == 0, "{}", raw["ran"]);
    }
}

#[test]
fn scripts_in_any_text_never_run() {
    let extent = Extent::wanted();
    let payloads = payloads(extent);
    let center = center(&payloads);
    let address = free_address();
    // A provider sends back to a name, never to a number.
    let home = address.replace("127.0.0.1", "http://localhost");
    let provider = Provider::start(&format!("{home}/masuk/sso/kembali"));
    let subject = beginning(&payloads, "<");
    let many = "1000000";
    let settings = [
        ("PENDOPO__LIMITS__REQUESTS_PER_MINUTE", many),
        ("PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE", many),
        ("PENDOPO__LIMITS__SIGN_INS_PER_MINUTE", many),
        ("PENDOPO__SERVER__SECURITY_CONTACT", "mailto:keamanan@kabupaten.test"),
        ("PENDOPO__SERVER__PUBLIC_URL", home.as_str()),
        ("PENDOPO__SSO__ISSUER", provider.issuer.as_str()),
        ("PENDOPO__SSO__CLIENT_ID", "pendopo"),
        ("PENDOPO__SSO__NAME", subject),
        ("PENDOPO__SSO__ALLOW_NETWORKS", "127.0.0.1/32"),
        ("PENDOPO_SECRET_SSO", "rahasia-pendopo"),
    ];
    let server = center.serve_at(address, &settings, Stdio::null()).signed_in(&center);
    // Whoever does something stands in its record by name; the provider knows them by a payload too.
    let values = [Cell::from(payloads[61 % payloads.len()].as_str())];
    let linked = [Cell::from(provider.issuer.as_str()), Cell::from(subject)];
    center
        .db()
        .write(|tx| {
            tx.execute("update account set name = $1", &values)?;
            tx.execute(
                "insert into account_identity (account_id, issuer, subject, created_at) values (1, $1, $2, 1)",
                &linked,
            )
        })
        .unwrap();
    let half = plant_at_the_door(&center, &server, &payloads);
    plant_maps(&center, &payloads);
    check_that_a_map_is_drawn(&server, &payloads);
    let report = browse(&center, &server, &half, extent, subject);

    for (place, counts) in report["places"].as_object().unwrap() {
        eprintln!("{place}: {} kept, {} refused", counts["made"], counts["refused"]);
        assert!(number(&counts["made"]) > 0 || place.starts_with("login"), "{place}: {counts}");
    }
    let (mut views, mut occurrences, mut shown) = (0, 0, BTreeSet::new());
    let mut opened: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    let (mut data, mut asked) = (BTreeSet::new(), BTreeSet::new());
    for crawl in report["crawls"].as_array().unwrap() {
        let who = format!("{} {}, policy {}", crawl["who"], crawl["language"], crawl["policy"]);
        eprintln!(
            "{who}: {} views of {} routes with {} occurrences of {} payloads; {} ran, {} violations, {} foreign elements",
            crawl["views"],
            crawl["routes"].as_object().unwrap().len(),
            crawl["occurrences"],
            length(&crawl["payloads"]),
            length(&crawl["ran"]),
            length(&crawl["violations"]),
            length(&crawl["strangers"]),
        );
        for what in ["ran", "violations", "strangers"] {
            assert_eq!(length(&crawl[what]), 0, "{who}: {what}: {}", crawl[what]);
        }
        views += number(&crawl["views"]);
        occurrences += number(&crawl["occurrences"]);
        shown.extend(crawl["payloads"].as_array().unwrap().iter().map(number));
        for (route, count) in crawl["routes"].as_object().unwrap() {
            opened.entry(route).or_default()[usize::from(crawl["policy"] == "off")] += number(count);
        }
        asked.extend(crawl["asked"].as_array().unwrap().iter().filter_map(Value::as_str));
        data.extend(crawl["data"].as_object().unwrap().keys().map(String::as_str));
    }
    assert_eq!(shown.len(), payloads.len(), "not every payload was to be seen");
    assert_eq!(length(&report["files"]["wrong"]), 0, "{}", report["files"]["wrong"]);

    data.extend(report["files"]["opened"].as_object().unwrap().keys().map(String::as_str));
    let routes = routes();
    let routes: BTreeSet<&str> = routes.iter().map(String::as_str).collect();
    let closed: Vec<_> =
        routes.iter().filter(|route| !opened.contains_key(**route) && !data.contains(**route)).collect();
    assert!(
        closed.is_empty(),
        "nobody opened {closed:?}. A page is found by links from those without blanks in their path; for one that \
         nothing links to add an address that answers 200 to SAMPLES in e2e/xss.mjs (files and streams: NO_PAGE)"
    );
    let ran = &report["canaries"]["ran"];
    assert!(SENDS_ON.iter().all(|route| asked.contains(route)), "{asked:?}");
    let sent_on: Vec<_> =
        opened.iter().filter(|(_, views)| **views == [0, 0]).map(|(route, _)| *route).collect();
    assert_eq!(
        sent_on, SENDS_ON,
        "routes that showed nothing and sent their readers on: make e2e/xss.mjs open them so that they show a page, \
         or add them to SENDS_ON"
    );
    for (place, count) in report["spots"].as_object().unwrap() {
        eprintln!("{place}: {count} texts with payloads");
        assert!(number(count) > 0, "no payload is to be seen at {place}");
    }
    let pages: BTreeSet<&str> =
        routes.iter().copied().filter(|route| opened.get(route).is_some_and(|views| views[1] > 0)).collect();
    for route in &pages {
        let views = opened[route];
        eprintln!(
            "{route}: {} and {} views; {} scripts run when it is unescaped",
            views[0], views[1], ran[*route]
        );
        assert!(views[0] > 0, "{route}: only without the policy");
    }
    check_that_the_browser_notices(&report, &pages);
    check_what_follows(&report["live"]);
    let (columns, texts) = planted(&center.db());
    eprintln!(
        "counted: scripts: {} payloads, in {texts} texts of {columns} columns; {} routes of pages, {views} views, {occurrences} occurrences: \
         0 ran, 0 violations; {} routes of data and files; {} s",
        payloads.len(),
        pages.len(),
        data.len(),
        report["secs"]
    );
    let count = payloads.len();
    assert!(occurrences >= 100 * count as u64 && texts >= 15 * count as i64, "{occurrences} {texts}");
}
