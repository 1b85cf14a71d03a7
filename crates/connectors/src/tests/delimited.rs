//! Delimited text.

use super::*;

fn csv_with(options: CsvOptions) -> Connection {
    Connection::Csv(options)
}

#[test]
fn titles_blank_rows_and_footers_keep_their_line_numbers() {
    let connection = csv_with(CsvOptions { header_row: Some(4), ..CsvOptions::default() });
    let seen = rows_of(&connection, fixture("csv/titles_totals_footer.csv"));
    assert_eq!(seen.columns, ["Kode Desa", "Nama Desa", "Periode", "Jumlah Balita"]);
    let numbers: Vec<u64> = seen.rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [5, 6, 8, 9, 10, 11, 12, 13]);
    assert_eq!(seen.rows[1].1[1], "Desa \"Dua\"; lama");
    assert_eq!(seen.rows[1].1[3], "'56");
}

#[test]
fn encodings_and_separators_are_found() {
    let check = |name: &str, want: &[&str]| {
        let seen = rows_of(&csv(), fixture(name));
        assert_eq!(seen.rows.len(), 1, "{name}");
        assert_eq!(seen.rows[0].1, want, "{name}");
    };
    check("csv/sep_line.csv", &["33.16.01", "2026-09", "1,5"]);
    check("csv/windows1252.csv", &["33.16.01", "Café Rp€", "10"]);
    check("csv/utf16le_tab.txt", &["33.16.01", "Jatí", "7"]);
    check("csv/utf16be_tab.txt", &["33.16.01", "Jatí", "7"]);
    check("csv/utf8_bom_pipe.csv", &["33.16.01", "Jatí", "7"]);
    check("csv/sheets_displayed.csv", &["5 Mei 2026", "33.16", "Rp1.200.000", "12,5%"]);
    assert_eq!(rows_of(&csv(), fixture("csv/sep_line.csv")).rows[0].0, 3);
    let old = rows_of(&csv(), fixture("csv/old_mac.csv"));
    assert_eq!(old.rows.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn utf16_without_a_mark_is_recognised() {
    let text = "kode;nama;nilai\r\n33.16.01;Jati;7\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows_of(&csv(), bytes).rows[0].1, ["33.16.01", "Jati", "7"]);
}

#[test]
fn a_shifted_row_is_refused_and_the_rest_goes_on() {
    let seen = rows_of(&csv(), fixture("csv/quoted_newline.csv"));
    let numbers: Vec<u64> = seen.rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 4, 6]);
    assert_eq!(seen.rows[0].1[1], "dua\nbaris");
    assert_eq!(seen.problems.len(), 1);
    let problem = &seen.problems[0];
    assert_eq!((problem.row_no, problem.code), (5, crate::RefusalCode::TooManyCells));
    assert_eq!(
        problem.sentence(pendopo_vocab::Lang::Id),
        "Baris 5: ada 4 sel untuk 3 kolom; pemisah di dalam teks harus diapit tanda kutip."
    );
}

#[test]
fn a_text_that_breaks_off_says_so() {
    let seen = rows_of(&csv(), fixture("csv/cut_off.csv"));
    assert_eq!(seen.rows.len(), 1);
    assert_eq!(seen.problems[0].code, crate::RefusalCode::Unfinished);
    assert_eq!(seen.problems[0].row_no, 3);
}

#[test]
fn a_login_page_is_a_block_and_nothing_is_empty() {
    let login = try_parse(&csv(), &[fixture("csv/sheets_login.html")]).err();
    assert!(matches!(login, Some(AnswerProblem::Blocked { status: 200, .. })), "{login:?}");
    for body in ["", "\n\n", "kode;nilai\n", "kode;nilai\n;\n"] {
        let problem = try_parse(&csv(), &[body.into()]).err();
        assert_eq!(problem, Some(AnswerProblem::Empty), "{body:?}");
    }
    let binary = try_parse(&csv(), &[b"abc\0\0\x01;x\n".to_vec()]).err();
    assert!(matches!(binary, Some(AnswerProblem::WrongKind { .. })), "{binary:?}");
}

#[test]
fn long_lines_and_many_columns_are_bounded() {
    let long = format!("a;b\n\"{}", "x".repeat(3 << 20)).into_bytes();
    let problem = try_parse(&csv(), &[long]).err();
    assert!(matches!(problem, Some(AnswerProblem::TooLarge { kind: crate::LimitKind::LineBytes, .. })));
    let wide = format!("{}\n", ";".repeat(600)).into_bytes();
    let problem = try_parse(&csv(), &[wide]).err();
    assert!(matches!(problem, Some(AnswerProblem::TooLarge { kind: crate::LimitKind::Columns, .. })));
}

#[test]
fn header_rows_and_groups_of_a_sheet_saved_as_text_are_composed() {
    let body = fixture("csv/two_header_rows.csv");
    let options = CsvOptions {
        header_row: Some(4),
        header_rows: 2,
        fill_down: vec!["Kecamatan".to_owned()],
        ..CsvOptions::default()
    };
    let seen = rows_of(&csv_with(options.clone()), body.clone());
    assert_eq!(seen.columns, ["Kecamatan", "Kode Desa", "Penduduk L", "Penduduk P", "Keterangan"]);
    let found: Vec<(u64, &str, &str)> =
        seen.rows.iter().map(|(line, cells)| (*line, cells[0].as_str(), cells[1].as_str())).collect();
    assert_eq!(
        found,
        [
            (5, "Jati", "33.16.01.2001"),
            (6, "Jati", "33.16.01.2002"),
            (7, "Randublatung", "33.16.02.2001"),
            (9, "Randublatung", "33.16.02.2002"),
            (10, "JUMLAH", ""),
        ]
    );
    // Without a declared row the first ones are the header.
    let start = body.windows(9).position(|nine| nine == b"Kecamatan").unwrap();
    let bare = CsvOptions { header_row: None, ..options.clone() };
    let seen = rows_of(&csv_with(bare), body[start..].to_vec());
    assert_eq!((seen.columns[2].as_str(), seen.rows[1].1[0].as_str()), ("Penduduk L", "Jati"));
    let gone = CsvOptions { fill_down: vec!["Kapanewon".to_owned()], ..options };
    assert_eq!(try_parse(&csv_with(gone), &[body]).err().unwrap().code(), "changed");
}

#[test]
fn a_title_in_the_place_of_the_header_is_told_with_the_right_row() {
    use super::sheets::raw_xlsx;
    let check = |connection: &Connection, body: Vec<u8>, want: Option<u64>| {
        let problem = mapped(connection, body);
        let Some(AnswerProblem::Changed(drift)) = &problem else { panic!("{problem:?}") };
        assert_eq!(drift.header_row, want, "{problem:?}");
        let said = problem.unwrap().sentence(pendopo_vocab::Lang::Id);
        assert_eq!(said.contains("header_row ="), want.is_some(), "{said}");
        said
    };
    let rows = "33.16.01.2001;2026-09;7\n";
    let said = check(
        &csv(),
        format!("REKAP GIZI, TAHUN 2026\nDinas Kesehatan\nkode;bulan;jumlah\n{rows}{rows}").into(),
        Some(3),
    );
    assert!(said.contains("di baris 3: tulis `header_row = 3`"), "{said}");
    check(&csv(), format!("kode_lain;periode;total\n{rows}{rows}").into(), None);
    // Where lines end as on old Macs, records are counted.
    let old = format!("REKAP GIZI, TAHUN 2026\nDinas Kesehatan\nkode;bulan;jumlah\n{rows}{rows}");
    check(&csv(), old.replace('\n', "\r").into(), Some(3));
    let old = format!("sep=;\nREKAP GIZI, TAHUN 2026\nkode;bulan;jumlah\n{rows}{rows}");
    check(&csv(), old.replace('\n', "\r").into(), Some(3));
    let sheet_of = |lines: &[&[&str]]| {
        let mut rows = String::new();
        for (at, cells) in lines.iter().enumerate() {
            rows += &format!("<row r=\"{}\">", at + 1);
            for (column, text) in cells.iter().enumerate() {
                let place = format!("{}{}", ['A', 'B', 'C'][column], at + 1);
                rows += &format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
            }
            rows += "</row>";
        }
        raw_xlsx(rows.as_bytes(), "<sst/>", "")
    };
    let plain = sheet(SpreadsheetOptions { header_rows: 1, ..SpreadsheetOptions::default() });
    let data: &[&str] = &["33.16.01.2001", "2026-09", "7"];
    check(&plain, sheet_of(&[&["REKAP GIZI"], &[], &["Kode", "Bulan", "Jumlah"], data]), Some(3));
    check(&plain, sheet_of(&[&["REKAP GIZI"], data, data]), None);
    // The last row of the file.
    check(&plain, sheet_of(&[&["REKAP GIZI"], &["kode", "bulan", "jumlah"]]), Some(2));
}

/// The problem of reading `body` for a mapping of the columns kode, bulan and jumlah.
fn mapped(connection: &Connection, body: Vec<u8>) -> Option<AnswerProblem> {
    struct Strict;
    impl RowSink for Strict {
        fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
            let wanted = ["kode", "bulan", "jumlah"];
            let gone = |name: &&str| crate::mapping::column_position(columns, name).is_none();
            let missing: Vec<_> = wanted
                .into_iter()
                .filter(gone)
                .map(|name| crate::MissingColumn { column: name.to_owned(), likely: None })
                .collect();
            match missing.is_empty() {
                true => Ok(()),
                false => Err(AnswerProblem::Changed(crate::Drift { missing, ..Default::default() })),
            }
        }
        fn row(&mut self, _: &Row<'_>) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn problem(&mut self, _: Refusal) {}
    }
    let mut cursor = Cursor::new(body);
    let mut pages =
        [PageReader { url: "fixture".to_owned(), status: 200, content_type: None, body: &mut cursor }];
    crate::parse(connection, &mut pages, &Limits::default(), &mut Strict).err()
}
