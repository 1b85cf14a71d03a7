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
