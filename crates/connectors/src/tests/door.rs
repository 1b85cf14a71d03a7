//! What a row looks like behind the door. All numbers are invented.

use super::*;
use crate::{
    Cell, RefusalCode, Row,
    kept_rows::RowsRecorder,
    mapping::{Collector, IndicatorShape, Mapper, Mapping, MappingContext},
    personal::{
        ColumnRule, Door, Guarded, Outcome, PersonalKind, check_rules, pseudonym, undeclared_columns,
    },
    recording::{Recorder, holds_more_than_rows, parse_recording, rows_recording},
};
use pendopo_vocab::{Cadence, RegionLevel, region_tree::RegionTree};
use std::{collections::BTreeMap, time::Instant};

#[test]
fn a_pseudonym_is_short_stable_and_keyed() {
    let key = |key: u64| move |data: &[u8]| mixed(key, data);
    let one = pseudonym("3316091505900001", &key(1));
    assert_eq!((one.len(), &one[..2]), (18, "p-"));
    for same in [" 3316091505900001 ", "3316-0915-0590-0001", "3316 0915 0590 0001"] {
        assert_eq!(pseudonym(same, &key(1)), one, "{same}");
    }
    assert_ne!(pseudonym("3316091505900001", &key(2)), one);
    assert_ne!(pseudonym("3316091505900002", &key(1)), one);
    assert_eq!(pseudonym("+62 812-3456-7890", &key(1)), pseudonym("0812 3456 7890", &key(1)));
    assert_eq!(pseudonym("Siti  Aminah", &key(1)), pseudonym("siti aminah", &key(1)));
}

const MAPPING: &str = r#"
number_format = "indonesian"
key = ["nomor"]
[region]
column = "kode"
[period]
column = "bulan"
[[breakdown]]
column = "jenis"
dimension = "jenis"
[[value]]
indicator = "kpm"
column = "jumlah"
[[skip]]
column = "kode"
starts_with = ["jumlah"]
"#;

/// A keyed hash that is good enough to tell values apart here; the program uses HMAC.
fn mixed(key: u64, data: &[u8]) -> [u8; 32] {
    let mut state = key ^ 0xcbf2_9ce4_8422_2325;
    for byte in data {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
    }
    let mut code = [0u8; 32];
    for byte in &mut code {
        state = (state ^ state >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *byte = (state >> 40) as u8;
    }
    code
}

fn mac(data: &[u8]) -> [u8; 32] {
    mixed(7, data)
}

fn rules(text: &str) -> BTreeMap<String, ColumnRule> {
    toml::from_str(text).unwrap()
}

struct Passed {
    collector: Collector<'static>,
    findings: Vec<(String, Option<PersonalKind>, Outcome, u64)>,
    kept: Vec<u8>,
    changed: bool,
}

fn collector(mapping: &Mapping) -> Collector<'static> {
    let shapes = [IndicatorShape {
        code: "kpm".to_owned(),
        cadence: Cadence::Month,
        level: RegionLevel::Village,
        min: Some(0.0),
        max: None,
    }];
    let context = MappingContext {
        tree: RegionTree::embedded(),
        center: "33.16".parse().unwrap(),
        indicators: &shapes,
        today: jiff::civil::date(2026, 9, 30),
    };
    Collector::new(Mapper::new(mapping, &context).unwrap())
}

fn recorded(body: &str) -> Vec<u8> {
    let mut recorder = Recorder::new(Vec::new()).unwrap();
    recorder.page("http://x/rekap.csv", 200, None, body.len() as u64, &mut body.as_bytes()).unwrap();
    recorder.finish().unwrap()
}

fn pass(recording: &[u8], mapping: &Mapping, rules: &BTreeMap<String, ColumnRule>) -> Passed {
    let door = Door::new(rules, mapping, &mac);
    let mut guarded = Guarded::new(door, Some(RowsRecorder::new(Vec::new())), collector(mapping));
    parse_recording(&csv(), &mut Cursor::new(recording), &Limits::default(), &mut guarded).unwrap();
    let (collector, door, rows) = guarded.into_parts().unwrap();
    let rows = rows.unwrap();
    let kept = rows_recording(&mut Cursor::new(recording), rows.len() as u64, &mut rows.as_slice()).unwrap();
    let findings = door
        .findings()
        .into_iter()
        .map(|found| (found.column, found.kind, found.outcome, found.cells))
        .collect();
    Passed { collector, findings, kept, changed: door.changed() }
}

const HEAD: &str = "nomor;kode;bulan;jenis;jumlah;nik;nama;catatan\n";
const GOOD: &str = "1;3316092005;2026-08;pkh;12;3316091505900001;Siti Aminah;hub. 0812-3456-7890\n";

#[test]
fn undeclared_values_are_masked_and_the_figures_accepted() {
    let mapping: Mapping = toml::from_str(MAPPING).unwrap();
    let passed = pass(recorded(&format!("{HEAD}{GOOD}")).as_slice(), &mapping, &BTreeMap::new());
    assert_eq!((passed.collector.facts.len(), passed.collector.refusals.len()), (1, 0));
    assert!(passed.changed);
    assert_eq!(
        passed.findings,
        [
            ("catatan".to_owned(), Some(PersonalKind::Phone), Outcome::Masked, 1),
            ("nik".to_owned(), Some(PersonalKind::Nik), Outcome::Masked, 1),
        ]
    );
    let kept = String::from_utf8(passed.kept.clone()).unwrap();
    assert!(
        kept.contains("\"[NIK]\",\"Siti Aminah\",\"hub. [TELEPON]\"") && !kept.contains("3316091505900001"),
        "{kept}"
    );
    // What was kept reads as the answer itself did.
    let again = pass(&passed.kept, &mapping, &BTreeMap::new());
    assert_eq!(again.collector.facts, passed.collector.facts);
    assert_eq!(again.kept, passed.kept);
}

#[test]
fn a_value_in_a_column_that_is_read_refuses_the_row() {
    let mapping: Mapping = toml::from_str(MAPPING).unwrap();
    for (at, column) in ["nomor", "kode", "bulan", "jenis", "jumlah"].into_iter().enumerate() {
        let mut cells: Vec<&str> = GOOD.trim().split(';').collect();
        cells[at] = "3316095505900002";
        let body = recorded(&format!("{HEAD}{GOOD}{}\n", cells.join(";")));
        let passed = pass(&body, &mapping, &BTreeMap::new());
        assert_eq!(passed.collector.facts.len(), 1, "{column}");
        let [refusal] = passed.collector.refusals.as_slice() else { panic!("{column}") };
        assert_eq!((refusal.code, refusal.column.as_deref()), (RefusalCode::PersonalValue, Some(column)));
        assert_eq!((refusal.row_no, refusal.found.as_str()), (3, "[NIK]"));
        let shown = format!("{refusal:?} {}", refusal.sentence(pendopo_vocab::Lang::Id));
        assert!(shown.contains(column) && !shown.contains("3316095505900002"), "{shown}");
        assert!(!String::from_utf8_lossy(&passed.kept).contains("3316095505900002"));
    }
}

#[test]
fn declared_columns_are_dropped_pseudonymised_or_kept() {
    let mapping: Mapping = toml::from_str(&MAPPING.replace("\"nomor\"", "\"nik\"")).unwrap();
    let rules = rules(
        r#"
        nama = { class = "personal" }
        NIK = { class = "personal", handling = "pseudonym", reason = "satu baris per orang" }
        catatan = { class = "special", handling = "keep", reason = "uji", basis = "uji" }
        "#,
    );
    assert_eq!(check_rules(&rules, &mapping), []);
    let twice = GOOD.replace("3316091505900001", "3316-0915-0590-0001");
    let broken = "2;3316092005;2026-08;pkh;12;3316091505900001;Siti Aminah;;;;lebih\n";
    let passed = pass(&recorded(&format!("{HEAD}{GOOD}{twice}{broken}")), &mapping, &rules);
    let kept = String::from_utf8(passed.kept.clone()).unwrap();
    assert!(!kept.contains("3316") || !kept.contains("150590"), "{kept}");
    assert!(
        !kept.contains("Siti") && kept.contains("[DIHAPUS]") && kept.contains("0812-3456-7890"),
        "{kept}"
    );
    assert_eq!((passed.collector.facts.len(), passed.collector.refusals.len()), (1, 1));
    // The same person written in two ways is one row; and so it is when it is read again.
    assert_eq!(passed.collector.repeated, 1);
    let again = pass(&passed.kept, &mapping, &rules);
    assert_eq!(
        (again.collector.facts.len(), again.collector.repeated, again.kept == passed.kept),
        (1, 1, true)
    );
    assert_eq!(
        passed.findings,
        [
            ("catatan".to_owned(), None, Outcome::Kept, 2),
            ("nama".to_owned(), None, Outcome::Dropped, 2),
            ("nik".to_owned(), None, Outcome::Pseudonym, 2),
        ]
    );
}

#[test]
fn mistakes_in_declarations_are_named() {
    let mapping: Mapping = toml::from_str(MAPPING).unwrap();
    let check = |text: &str, part: &str| {
        let problems = check_rules(&rules(text), &mapping);
        assert!(problems.iter().any(|problem| problem.what.contains(part)), "{text}: {problems:?}");
    };
    check("nama = { class = \"personal\", handling = \"keep\" }", "without a reason");
    check("nama = { class = \"personal\", handling = \"keep\", reason = \"x\" }", "without a legal basis");
    check("nama = { class = \"plain\" }", "without a reason");
    check("nama = { class = \"plain\", handling = \"drop\" }", "nothing to hide");
    check("nomor = { class = \"personal\" }", "read as key");
    check("kode = { class = \"personal\" }", "read as region");
    check("jenis = { class = \"personal\", handling = \"pseudonym\" }", "read as breakdown");
    assert!(toml::from_str::<BTreeMap<String, ColumnRule>>("x = { class = \"secret\" }").is_err());
}

#[test]
fn columns_that_sound_personal_are_named_when_they_are_known() {
    let mapping: Mapping = toml::from_str(&MAPPING.replace("\"nomor\"", "\"no_kk\"")).unwrap();
    let mut options = crate::connection::SqliteOptions {
        path: "x.db".to_owned(),
        query: "select p.nik, kode, upper(p.nm) as nama_lengkap, jumlah, nama_desa from penerima p"
            .to_owned(),
    };
    let found = |options: &crate::connection::SqliteOptions, rules: &BTreeMap<String, ColumnRule>| {
        undeclared_columns(&Connection::Sqlite(options.clone()), &mapping, rules)
    };
    assert_eq!(found(&options, &BTreeMap::new()), ["nama_lengkap", "nik", "no_kk"]);
    let declared =
        rules("NIK = { class = \"personal\" }\nno_kk = { class = \"personal\", handling = \"pseudonym\" }");
    assert_eq!(found(&options, &declared), ["nama_lengkap"]);
    options.query = "select * from penerima".to_owned();
    assert_eq!(found(&options, &declared), [] as [String; 0]);
    assert_eq!(undeclared_columns(&csv(), &mapping, &BTreeMap::new()), ["no_kk"]);
}

#[test]
fn kept_rows_hold_every_kind_of_cell() {
    struct Rows(Vec<(u64, Vec<Cell<'static>>)>);
    impl RowSink for Rows {
        fn columns(&mut self, _: &[String]) -> Result<(), AnswerProblem> {
            Ok(())
        }
        fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
            let own = |cell: &Cell<'_>| match cell {
                Cell::Text(text) => Cell::Text(text.to_string().into()),
                Cell::Empty => Cell::Empty,
                Cell::Int(value) => Cell::Int(*value),
                Cell::Number(value) => Cell::Number(*value),
                Cell::Bool(value) => Cell::Bool(*value),
                Cell::DateTime(at) => Cell::DateTime(*at),
                Cell::Error(error) => Cell::Error(error),
            };
            self.0.push((row.number, row.cells.iter().map(own).collect()));
            ControlFlow::Continue(())
        }
        fn problem(&mut self, _: Refusal) {}
    }
    let cells = vec![
        Cell::Empty,
        Cell::Text("a\"b\n".into()),
        Cell::Int(-5),
        Cell::Number(0.1 + 0.2),
        Cell::Number(5.0),
        Cell::Bool(true),
        Cell::DateTime(jiff::civil::date(2026, 8, 1).at(10, 20, 30, 0)),
        Cell::Error("#REF!"),
    ];
    let mut recorder = RowsRecorder::new(Vec::new());
    recorder.columns(&vec!["x".to_owned(); 8]).unwrap();
    recorder.row(&Row { number: 17, cells: &cells }).unwrap();
    let rows = recorder.finish().unwrap();
    let kept =
        rows_recording(&mut Cursor::new(recorded("x")), rows.len() as u64, &mut rows.as_slice()).unwrap();
    let mut sink = Rows(Vec::new());
    // A kept answer reads the same whatever the source's connection is.
    parse_recording(&csv(), &mut Cursor::new(kept), &Limits::default(), &mut sink).unwrap();
    assert_eq!(sink.0, [(17, cells)]);
}

#[test]
fn values_beside_the_rows_are_noticed() {
    let check = |connection: &Connection, body: &str, want: bool| {
        let found = holds_more_than_rows(connection, &mut Cursor::new(recorded(body))).unwrap();
        assert_eq!(found, want, "{body}");
    };
    let json = Connection::Json(JsonOptions::default());
    check(&json, "{\"petugas\":\"0812-3456-7890\",\"data\":[{\"a\":1}]}", true);
    check(&json, "{\"petugas\":\"x\",\"data\":[{\"kode\":\"3316092005\"}]}", false);
    let below = Connection::Csv(CsvOptions { header_row: Some(3), ..Default::default() });
    check(&below, "petugas 0812-3456-7890\n\na;b\n1;2\n", true);
    check(&csv(), "a;b\n1;2\n", false);
}

/// The cost of the door on rows as they usually are: run with `--nocapture` for the figures.
#[test]
fn the_door_is_cheap() {
    const ROWS: usize = 200_000;
    let mapping: Mapping = toml::from_str(&MAPPING.replace("key = [\"nomor\"]\n", "")).unwrap();
    let mut body = HEAD.replace(";nik;nama;catatan", ";petugas;keterangan").into_bytes();
    let codes: Vec<String> = RegionTree::embedded()
        .descendants("33.16".parse().unwrap(), RegionLevel::Village)
        .map(|region| region.code.to_string().replace('.', ""))
        .collect();
    for row in 0..ROWS {
        let (code, month) = (&codes[row % codes.len()], row / codes.len());
        let line = format!(
            "{row};{code};{}-{:02};j{};{};Dinas {};rekap desa 2026-08-15\n",
            2000 + month / 12 % 25,
            month % 12 + 1,
            month / 300,
            row % 9_999,
            row % 7
        );
        body.extend_from_slice(line.as_bytes());
    }
    let recording = recorded(&String::from_utf8(body).unwrap());
    let empty = BTreeMap::new();
    let mut best = [f64::MAX; 3];
    for round in 0..9 {
        let started = Instant::now();
        let facts = if round % 3 == 0 {
            let mut plain = collector(&mapping);
            parse_recording(&csv(), &mut Cursor::new(&recording), &Limits::bulk(), &mut plain).unwrap();
            plain.facts.len()
        } else {
            let door = Door::new(&empty, &mapping, &mac);
            let rows = (round % 3 == 2).then(|| RowsRecorder::new(std::io::sink()));
            let mut guarded = Guarded::new(door, rows, collector(&mapping));
            parse_recording(&csv(), &mut Cursor::new(&recording), &Limits::bulk(), &mut guarded).unwrap();
            let (inner, door, _) = guarded.into_parts().unwrap();
            assert!(!door.changed(), "{:?}", door.findings());
            inner.facts.len()
        };
        assert_eq!(facts, ROWS);
        best[round % 3] = best[round % 3].min(started.elapsed().as_secs_f64());
    }
    let [without, with, recording] = best;
    println!(
        "{ROWS} rows parsed and mapped: {without:.3} s without the door, {with:.3} s behind it, {recording:.3} s when the \
         rows are written down, too: {:.2} and {:.2} µs a row more",
        (with - without) * 1e6 / ROWS as f64,
        (recording - without) * 1e6 / ROWS as f64,
    );
}
