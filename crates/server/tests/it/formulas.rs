//! Texts that spreadsheets take for formulas, in every CSV file of the center. `make attack` opens the same
//! files in LibreOffice.

use crate::support::{Center, PACK};
use std::fs;

/// What a formula begins with, alone, behind another separator and behind a quotation mark.
const TRIGGERS: [&str; 12] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "-inf",
    "x;=1+1;y",
    "\"=1+1\"",
    "=cmd|' /C calc'!A0",
];

/// Cells of a file that a spreadsheet would take for formulas; plain numbers are none.
fn formulas(file: &str, separator: u8) -> (usize, Vec<String>) {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let cells: Vec<String> = reader
        .records()
        .flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let risky = |cell: &&String| {
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
            && !(cell.starts_with('-') && cell[1..].chars().all(|c| c.is_ascii_digit()))
    };
    (cells.len(), cells.iter().filter(risky).cloned().collect())
}

#[test]
fn no_file_of_the_center_holds_a_formula() {
    assert_eq!(formulas("a,=1+1\n", b',').1, ["=1+1"], "the check sees what it looks for");
    let center = Center::new();
    let pack: Vec<(&str, String)> = PACK
        .iter()
        .map(|(path, text)| (*path, text.replace("fresh_every", "max_refused_percent = 100\nfresh_every")))
        .collect();
    let pack: Vec<(&str, &str)> = pack.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let folder = center.write_pack(&pack);
    center.ok(&["apply", &folder.display().to_string(), "--yes", "--reason", "uji"]);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["kode", "bulan", "nilai", "=1+1"]).unwrap();
    for month in 1..=9 {
        for village in 2001..2013 {
            let (region, period) = (format!("33.16.01.{village}"), format!("2026-{month:02}"));
            writer.write_record([&region, &period, "7", ""]).unwrap();
        }
    }
    for text in TRIGGERS {
        writer.write_record([text, "2026-01", "1", text]).unwrap();
        writer.write_record(["33.16.01.2001", text, "1", text]).unwrap();
        writer.write_record(["33.16.01.2001", "2026-01", text, text]).unwrap();
    }
    fs::write(center.files().join("angka.csv"), writer.into_inner().unwrap()).unwrap();
    center.ok(&["--author==1+1", "run", "angka", "--reason=@SUM(1;1)"]);
    for text in TRIGGERS {
        center.ok(&[&format!("--author={text}"), "query", &format!("select 1 as x /* {text} */")]);
    }
    let columns: Vec<String> = TRIGGERS
        .iter()
        .map(|text| format!("'{0}' as \"{1}\"", text.replace('\'', "''"), text.replace('"', "")))
        .collect();
    let asked = center.ok(&[
        "query",
        &format!("select 1 as nomor, -5 as angka, {}", columns.join(", ")),
        "--format",
        "csv",
    ]);
    assert!(asked.lines().any(|line| line.starts_with("1,-5,")), "a number stays a number: {asked}");

    let server = center.serve().signed_in(&center);
    let get = |path: &str| {
        let (status, body) = server.get(path).unwrap();
        assert_eq!(status, 200, "{path}");
        body
    };
    let files = [
        ("query", asked),
        ("refused rows", get("/penarikan/1/ditolak.csv")),
        ("audit", get("/audit.csv")),
        ("record of processing", get("/data-pribadi/catatan.csv")),
    ];
    let mut cells = 0;
    for (name, file) in &files {
        assert!(file.contains("1+1") || *name == "record of processing", "{name}: {file}");
        for separator in [b',', b';'] {
            let (count, found) = formulas(file, separator);
            assert_eq!(found, [] as [String; 0], "{name}, separated by `{}`", char::from(separator));
            cells += count;
        }
    }
    eprintln!(
        "counted: formulas in CSV: {} triggers, {} files, each read with commas and semicolons, {cells} cells: 0 formulas",
        TRIGGERS.len(),
        files.len()
    );
}
