//! Personal data planted in every kind of source and in every place of a row: nothing of it may be found
//! afterwards, neither in the database's bytes nor in anything that the program says. All values are
//! invented.

use crate::support::{Center, PACK, text};
use pendopo_figures::find_answer;
use std::{fs, path::Path, process::Output};

/// Columns of the table that is planted; the last two are read by nothing.
const COLUMNS: [&str; 8] = ["kode", "bulan", "nilai", "jenis", "nomor", "status", "penerima", "catatan"];
/// Connections, and the files they read.
const KINDS: [(&str, &str); 4] = [
    ("csv", "kind = \"csv\"\ndelimiter = \";\"\nlocation = { path = \"csv.csv\" }"),
    ("xlsx", "kind = \"spreadsheet\"\nlocation = { path = \"xlsx.xlsx\" }"),
    ("json", "kind = \"json\"\nrows = \"data\"\nlocation = { path = \"json.json\" }"),
    ("sqlite", "kind = \"sqlite\"\npath = \"sqlite.db\"\nquery = \"select * from penerima\""),
];

fn source(kind: &str, connection: &str) -> String {
    format!(
        r#"code = "{kind}"
name = "Berkas {kind}"
agency = "uji"
fresh_every = "1 day"
max_refused_percent = 100

[connection]
{connection}

[mapping]
number_format = "indonesian"
key = ["nomor"]
region = {{ column = "kode" }}
period = {{ column = "bulan" }}

[[mapping.breakdown]]
column = "jenis"
dimension = "jenis"

[[mapping.value]]
indicator = "angka"
column = "nilai"

[[mapping.skip]]
column = "status"
is = ["batal"]
"#
    )
}

/// What is planted in one source: the rows, and every value in them that names a person.
struct Planted {
    rows: Vec<[String; 8]>,
    values: Vec<String>,
}

/// Good rows, and in each place of a row one value of each form. `nth` keeps sources apart.
fn plant(nth: usize) -> Planted {
    let mut planted = Planted { rows: Vec::new(), values: Vec::new() };
    let good = |number: usize| {
        [
            format!("33.16.01.{}", 2001 + number % 15),
            format!("2026-{:02}", 1 + number / 15 % 9),
            format!("{}", 10 + number),
            format!("j{nth}-{}", number / 135),
            format!("{nth}-{number}"),
            "aktif".to_owned(),
            "Sukiman".to_owned(),
            "rekap desa".to_owned(),
        ]
    };
    planted.rows.extend((0..60).map(good));
    for column in 0..COLUMNS.len() {
        for form in 0..7 {
            let number = planted.rows.len();
            // Four digits that are this value's own.
            let own = 1000 + nth * 1000 + column * 10 + form;
            let value = match form {
                0 => format!("331601150590{own}"),
                1 => format!("3316-0155-0590-{own}"),
                2 => format!("08123456{own}"),
                3 => format!("+62 857-1234-{own}"),
                4 => format!("orang.ke-{own}@contoh.co.id"),
                5 => format!("01.312.166.0-091.{:03}", own % 1000),
                _ => format!("Bu Wati, KK 331601010112{own}"),
            };
            let mut row = good(number);
            row[column] = value.clone();
            planted.values.push(value.strip_prefix("Bu Wati, KK ").map_or(value.clone(), str::to_owned));
            planted.rows.push(row);
        }
    }
    planted
}

fn write_csv(path: &Path, planted: &Planted) {
    let mut body = COLUMNS.join(";") + "\n";
    for row in &planted.rows {
        body += &(row.join(";") + "\n");
    }
    // Two lines that cannot be split into columns.
    body += &format!("{};lebih;kolom {}\n", planted.rows[0].join(";"), planted.values[0]);
    body += &format!("33.16.01.2001;2026-08;{}", planted.values[2]);
    fs::write(path, body).unwrap();
}

fn write_xlsx(path: &Path, planted: &Planted) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in COLUMNS.iter().enumerate() {
        sheet.write(0, column as u16, *name).unwrap();
    }
    for (at, row) in planted.rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            // Long numbers arrive as numbers, as people type them.
            match cell.parse::<f64>() {
                Ok(number) if cell.len() == 16 => sheet.write(at as u32 + 1, column as u16, number).unwrap(),
                _ => sheet.write(at as u32 + 1, column as u16, cell).unwrap(),
            };
        }
    }
    // Another sheet that nothing reads, and a property with a telephone number.
    book.add_worksheet().write(0, 0, &planted.values[0]).unwrap();
    book.set_properties(&rust_xlsxwriter::DocProperties::new().set_author(&planted.values[2]));
    book.save(path).unwrap();
}

fn write_json(path: &Path, planted: &Planted) {
    let rows: Vec<serde_json::Value> = planted
        .rows
        .iter()
        .map(|row| {
            let cells = COLUMNS.iter().zip(row).map(|(name, cell)| {
                let value = match cell.parse::<i64>() {
                    Ok(number) if cell.len() == 16 => number.into(),
                    _ => cell.as_str().into(),
                };
                ((*name).to_owned(), value)
            });
            serde_json::Value::Object(cells.collect())
        })
        .collect();
    let mut rows = rows;
    rows.push(planted.values[4].as_str().into());
    let body = serde_json::json!({ "petugas": { "hp": planted.values[3] }, "data": rows });
    fs::write(path, body.to_string()).unwrap();
}

fn write_sqlite(path: &Path, planted: &Planted) {
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(&format!("create table penerima ({})", COLUMNS.join(", "))).unwrap();
    for row in &planted.rows {
        let cells: Vec<rusqlite::types::Value> = row
            .iter()
            .map(|cell| match cell.parse::<i64>() {
                Ok(number) if cell.len() == 16 => number.into(),
                _ => cell.clone().into(),
            })
            .collect();
        let marks = vec!["?"; cells.len()].join(", ");
        let sql = format!("insert into penerima values ({marks})");
        database.execute(&sql, rusqlite::params_from_iter(cells)).unwrap();
    }
}

/// Everything the program said and keeps, by name.
#[derive(Default)]
struct Traces(Vec<(String, String)>);

impl Traces {
    fn bytes(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.0.push((name.into(), text(bytes)));
    }

    fn output(&mut self, name: &str, output: &Output) {
        self.bytes(format!("{name}: output"), &output.stdout);
        self.bytes(format!("{name}: log"), &output.stderr);
    }

    fn folder(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            // The agencies' own files are not the center's.
            if entry.file_type().unwrap().is_dir() {
                if entry.file_name() != "files" {
                    self.folder(&entry.path());
                }
                continue;
            }
            self.bytes(entry.path().display().to_string(), &fs::read(entry.path()).unwrap());
        }
    }

    /// Values that are found, as they were written or by their digits alone, and where.
    fn leaks(&self, values: &[&String]) -> Vec<String> {
        let digits = |value: &str| value.chars().filter(char::is_ascii_digit).collect::<String>();
        let mut found = Vec::new();
        for (name, kept) in &self.0 {
            // Most places hold not even the beginning of a value.
            if !BEGINNINGS.iter().any(|beginning| kept.contains(beginning)) {
                continue;
            }
            for value in values {
                assert!(BEGINNINGS.iter().any(|beginning| value.starts_with(beginning)), "{value}");
                let number = digits(value);
                if kept.contains(*value) || (number.len() >= 10 && kept.contains(&number)) {
                    found.push(format!("{value} in {name}"));
                }
            }
        }
        found
    }
}

/// What every planted value begins with, as it was written or by its digits alone.
const BEGINNINGS: [&str; 9] = [
    "331601150590",
    "3316-0155-0590",
    "331601550590",
    "08123456",
    "+62 857-1234",
    "628571234",
    "orang.ke-",
    "01.312.166.0",
    "331601010112",
];

#[test]
fn planted_values_are_found_nowhere() {
    let center = Center::new();
    let files = center.files();
    let mut pack: Vec<(String, String)> = PACK
        .iter()
        .filter(|(path, _)| !path.starts_with("sources"))
        .map(|(p, t)| ((*p).to_owned(), (*t).to_owned()))
        .collect();
    pack.extend(KINDS.map(|(kind, connection)| (format!("sources/{kind}.toml"), source(kind, connection))));
    let borrowed: Vec<(&str, &str)> =
        pack.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = center.write_pack(&borrowed);
    center.ok(&["apply", &folder.display().to_string(), "--yes", "--reason", "uji"]);

    let planted: Vec<Planted> = (0..KINDS.len()).map(plant).collect();
    write_csv(&files.join("csv.csv"), &planted[0]);
    write_xlsx(&files.join("xlsx.xlsx"), &planted[1]);
    write_json(&files.join("json.json"), &planted[2]);
    write_sqlite(&files.join("sqlite.db"), &planted[3]);

    let mut traces = Traces::default();
    for (kind, _) in KINDS {
        for more in [&["--dry-run"][..], &["--reason", "diminta Wati 0812-3456-7890"][..]] {
            let output = center.run(&[&["run", kind][..], more].concat());
            assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
            traces.output(kind, &output);
        }
    }
    let said = &traces.0[0].1;
    assert!(said.contains("[NIK]") && said.contains("penerima"), "{said}");
    // Answers that come to nothing: a service's own words, broken JSON, columns that are gone.
    for (kind, name, body) in [
        ("json", "json.json", "{\"status\":false,\"message\":\"NIK 3316011505901000 tidak ditemukan\"}"),
        ("json", "json.json", "{\"data\":[{\"kode\":\"3316011505901000\",}]}"),
        ("json", "json.json", "NIK 3316011505901000 hp 081234561002"),
        ("csv", "csv.csv", "kode;081234561002;3316011505901000\n1;2;3\n"),
    ] {
        fs::write(files.join(name), body).unwrap();
        let output = center.run(&["run", kind]);
        assert!(!output.status.success());
        traces.output(name, &output);
    }
    let refused = traces.0.len();

    // The pages, the API and the exports.
    let server = center.serve().signed_in(&center);
    let mut paths = vec![
        "/".to_owned(),
        "/sumber".to_owned(),
        "/penarikan".to_owned(),
        "/indikator/angka".to_owned(),
        "/api/v1/latest".to_owned(),
        "/api/v1/sources".to_owned(),
        "/api/v1/runs".to_owned(),
        "/api/v1/observations?indicator=angka&limit=1000".to_owned(),
        "/metrics".to_owned(),
    ];
    for run in 1..=8 {
        paths.push(format!("/penarikan/{run}"));
        paths.push(format!("/penarikan/{run}/ditolak"));
        paths.push(format!("/penarikan/{run}/ditolak.csv"));
        paths.push(format!("/api/v1/runs/{run}"));
        paths.push(format!("/api/v1/runs/{run}/refused-rows?limit=1000"));
    }
    paths.extend(KINDS.map(|(kind, _)| format!("/sumber/{kind}")));
    paths.extend((1..=9).map(|month| format!("/angka/angka/33.16.01.2001/2026-{month:02}")));
    let mut shown = 0;
    for path in &paths {
        let (status, body) = server.get(path).unwrap();
        assert!(status < 500, "{path}: {status}");
        shown += usize::from(status == 200);
        traces.0.push((path.clone(), body));
    }
    // Most of what was asked for was shown, so there was something to look through.
    assert!(shown * 4 >= paths.len() * 3, "{shown} of {}", paths.len());
    drop(server);
    for sql in ["select * from refused_row", "select * from run", "select * from latest"] {
        let output = center.run(&["query", sql, "--format", "csv"]);
        assert!(output.status.success());
        traces.output(sql, &output);
    }

    // The bytes on disk, and the kept answers unpacked.
    traces.folder(files.parent().unwrap());
    let answers = center.db().read(|reader| {
        let ids: Vec<i64> = reader.query("select answer_id from answer", &[], |row| row.get(0))?;
        ids.into_iter().map(|id| find_answer(reader, id)).collect::<Result<Vec<_>, _>>()
    });
    let answers: Vec<Vec<u8>> = answers.unwrap().into_iter().flatten().map(|answer| answer.bytes).collect();
    for (nth, bytes) in answers.iter().enumerate() {
        traces.bytes(format!("kept answer {nth}"), bytes);
    }
    assert!(answers.len() >= 4, "{}", answers.len());

    let values: Vec<&String> = planted.iter().flat_map(|planted| &planted.values).collect();
    let mut leaks = traces.leaks(&values);
    let reason = traces.0.iter().filter(|(_, kept)| kept.contains("0812-3456-7890"));
    leaks.extend(reason.map(|(place, _)| format!("the reason in {place}")));
    let bytes: usize = traces.0.iter().map(|(_, kept)| kept.len()).sum();
    eprintln!(
        "counted: personal data: {} values planted in {} kinds of sources and {} places of a row; {} places looked through ({} outputs, \
         {shown} pages, {} kept answers, {bytes} bytes): {} found",
        values.len(),
        KINDS.len(),
        COLUMNS.len(),
        traces.0.len(),
        refused,
        answers.len(),
        leaks.len(),
    );
    assert_eq!(leaks, [] as [String; 0]);

    // The figures are there, and the rows that had to be refused say so.
    let counted =
        |sql: &str| center.db().read(|reader| reader.query_one(sql, &[], |row| row.get::<i64>(0))).unwrap();
    // Per source: good rows, and those whose value stands in a column that nothing reads: status,
    // penerima, catatan.
    let figures = counted("select count(*) from observation where row_no > 0");
    assert!(figures >= 4 * 60, "{figures}");
    let refused = counted("select count(*) from refused_row where reason_code = 'personal_value'");
    assert_eq!(refused, 4 * 5 * 7, "five places are read, each with seven values");
    let found = counted("select count(*) from personal_found where outcome = 'masked'");
    eprintln!("{figures} figures kept, {refused} rows refused, {found} findings by column and kind");
    assert!(found >= 4 * 8 * 3, "{found}");
}
