//! Files made to do harm. Each is refused with a message, within bounded memory, and nothing panics.

use super::{
    sheets::{packed, raw_xlsx},
    *,
};
use crate::LimitKind;
use proptest::prelude::*;

fn plain() -> Connection {
    sheet(SpreadsheetOptions { header_rows: 1, ..SpreadsheetOptions::default() })
}

fn refused(body: Vec<u8>) -> AnswerProblem {
    match try_parse(&plain(), &[body]) {
        Err(problem) => problem,
        Ok((seen, _)) => panic!("accepted {} rows", seen.rows.len()),
    }
}

/// Peak memory of this process in KiB; nextest gives every test its own process.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Runs `work` and checks that the peak rose by at most 64 MiB.
fn within_64_mib(work: impl FnOnce()) {
    let before = peak_kib();
    work();
    // The kernel counts pages per thread and adds them up late: a peak may be told a few pages lower afterwards.
    let rise = peak_kib().saturating_sub(before);
    assert!(rise <= 64 << 10, "the peak rose by {rise} KiB");
}

const HEAD: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>kode</t></is></c></row>"#;

#[test]
fn a_far_cell_costs_nothing() {
    let rows = format!(
        r#"{HEAD}<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#
    );
    let body = raw_xlsx(rows.as_bytes(), "<sst/>", "");
    within_64_mib(|| {
        let (seen, summary) = try_parse(&plain(), &[body]).unwrap();
        assert_eq!(seen.rows.len(), 1);
        assert_eq!(summary.notes, ["cells_beside_the_table"]);
    });
}

#[test]
fn xml_resolves_nothing_of_its_own_or_from_outside() {
    let outside = format!("<!ENTITY e SYSTEM \"file://{}/Cargo.toml\">", env!("CARGO_MANIFEST_DIR"));
    let mut laughs = "<!ENTITY e0 \"tertawa\">".to_owned();
    for n in 1..10 {
        laughs.push_str(&format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)));
    }
    laughs.push_str("<!ENTITY e \"&e9;\">");
    let mut tried = 0;
    for declared in [outside.as_str(), "<!ENTITY e SYSTEM \"http://192.0.2.1/e\">", &laughs] {
        let strings = format!("<!DOCTYPE sst [{declared}]><sst><si><t>&e;</t></si></sst>");
        let shared = raw_xlsx(
            format!(r#"{HEAD}<row r="2"><c r="A2" t="s"><v>0</v></c></row>"#).as_bytes(),
            &strings,
            "",
        );
        let content = format!(
            "<!DOCTYPE x [{declared}]><office:document-content><office:body><office:spreadsheet>\
             <table:table table:name=\"Data\"><table:table-row><table:table-cell><text:p>kode</text:p></table:table-cell>\
             </table:table-row><table:table-row><table:table-cell><text:p>&e;</text:p></table:table-cell></table:table-row>\
             </table:table></office:spreadsheet></office:body></office:document-content>"
        );
        let ods = packed(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", content.as_bytes()),
        ]);
        for body in [shared, ods] {
            within_64_mib(|| {
                // Refused, or read with nothing in the place of the entity.
                if let Ok((seen, _)) = try_parse(&plain(), &[body]) {
                    let text = format!("{:?}", seen.rows);
                    assert!(!text.contains("pendopo-connectors") && !text.contains("tertawa"), "{text}");
                }
            });
            tried += 1;
        }
    }
    println!("{tried} workbooks with entities gave nothing");
}

#[test]
fn a_small_file_of_a_hundred_million_bytes_is_refused() {
    // 511 KB of this kind took 530 MiB elsewhere.
    let mut rows = HEAD.as_bytes().to_vec();
    for _ in 0..8_000_000 {
        rows.extend_from_slice(br#"<c r="A1"/>"#);
    }
    let body = raw_xlsx(&rows, "<sst/>", "");
    assert!(body.len() < 1 << 20, "{}", body.len());
    drop(rows);
    let before = peak_kib();
    let problem = refused(body);
    assert!(matches!(problem, AnswerProblem::TooLarge { .. }), "{problem:?}");
    assert!(peak_kib() - before <= 64 << 10);
}

#[test]
fn cells_within_the_size_are_counted() {
    let mut rows = HEAD.as_bytes().to_vec();
    // Varied enough not to be caught by its ratio.
    for row in 2..60_000_u64 {
        rows.extend_from_slice(format!(r#"<row r="{row}">"#).as_bytes());
        for _ in 0..40 {
            rows.extend_from_slice(format!("<c><v>{}</v></c>", row * 7919 % 10_007).as_bytes());
        }
        rows.extend_from_slice(b"</row>");
    }
    let body = raw_xlsx(&rows, "<sst/>", "");
    drop(rows);
    let before = peak_kib();
    let problem = refused(body);
    let cells = matches!(problem, AnswerProblem::TooLarge { kind: LimitKind::Cells, .. });
    assert!(cells, "{problem:?}");
    assert!(peak_kib() - before <= 64 << 10);
}

#[test]
fn shared_texts_and_their_claims_are_bounded() {
    let claim = r#"<sst uniqueCount="99999999999"><si><t>a</t></si></sst>"#;
    assert_eq!(refused(raw_xlsx(HEAD.as_bytes(), claim, "")).code(), "malformed");
    let late = format!("<?xml version=\"1.0\"?>{}<sst/>", " ".repeat(70_000));
    assert_eq!(refused(raw_xlsx(HEAD.as_bytes(), &late, "")).code(), "malformed");
    let mut many = String::from("<sst>");
    for text in 0..900_000_u64 {
        many.push_str(&format!("<si><t>{}</t></si>", text * 7919 % 100_003));
    }
    many.push_str("</sst>");
    let body = raw_xlsx(HEAD.as_bytes(), &many, "");
    drop(many);
    within_64_mib(|| {
        let problem = refused(body);
        assert!(matches!(problem, AnswerProblem::TooLarge { .. }), "{problem:?}");
    });
}

#[test]
fn one_endless_text_is_refused() {
    let rows = format!(
        r#"{HEAD}<row r="2"><c r="A2" t="inlineStr"><is><t>{}</t></is></c></row>"#,
        "panjang sekali ".repeat(200_000)
    );
    let problem = refused(raw_xlsx(rows.as_bytes(), "<sst/>", ""));
    assert!(matches!(problem, AnswerProblem::TooLarge { .. }), "{problem:?}");
}

#[test]
fn thousands_of_files_inside_are_refused_unread() {
    let names: Vec<String> = (0..3_000).map(|index| format!("xl/{index}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let problem = refused(packed(&parts));
    let entries = matches!(problem, AnswerProblem::TooLarge { kind: LimitKind::Entries, .. });
    assert!(entries, "{problem:?}");
}

#[test]
fn repeated_rows_of_ods_end_at_the_limit() {
    let content = r#"<d><table:table table:name="a"><table:table-row><table:table-cell><text:p>kode</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="4000000000"><table:table-cell table:number-columns-repeated="4000000000" office:value-type="float" office:value="1"/></table:table-row></table:table></d>"#;
    let body = packed(&[("content.xml", content.as_bytes())]);
    struct Count(u64);
    impl RowSink for Count {
        fn columns(&mut self, _: &[String]) -> Result<(), AnswerProblem> {
            Ok(())
        }
        fn row(&mut self, _: &Row<'_>) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
        fn problem(&mut self, _: Refusal) {}
    }
    within_64_mib(|| {
        let mut cursor = Cursor::new(body);
        let mut pages =
            [PageReader { url: String::new(), status: 200, content_type: None, body: &mut cursor }];
        let problem = crate::parse(&plain(), &mut pages, &Limits::default(), &mut Count(0));
        let cells = matches!(problem, Err(AnswerProblem::TooLarge { kind: LimitKind::Cells, .. }));
        assert!(cells, "{problem:?}");
    });
}

#[test]
fn nested_json_stays_small() {
    let body = format!("{{\"data\":[{{\"a\":[{}1]}}]}}", "[],".repeat(5_000_000)).into_bytes();
    let before = peak_kib();
    let (seen, _) = try_parse(&json(), &[body]).unwrap();
    assert_eq!(seen.rows.len(), 1);
    // The body of 15 MB, its text, and the row's one cell: a tree of values would take 160 MB.
    assert!(peak_kib() - before <= 64 << 10);
}

fn connections() -> Vec<Connection> {
    vec![csv(), json(), plain(), Connection::Sqlite(crate::connection::SqliteOptions::default())]
}

/// Damages a well-formed file at a few places.
fn damage(mut body: Vec<u8>, hits: &[(usize, u8)], cut: Option<usize>) -> Vec<u8> {
    for (at, byte) in hits {
        let length = body.len();
        if length > 0 {
            body[at % length] = *byte;
        }
    }
    if let Some(cut) = cut {
        body.truncate(cut % (body.len() + 1));
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for connection in connections() {
            let _ = try_parse(&connection, std::slice::from_ref(&body));
            let _ = crate::judge_page(&connection, &page(200, body.clone()));
        }
    }

    #[test]
    fn random_text_never_panics(body in "[\\[\\]{}\",:;0-9a-z\n\r\t |=<>&\u{e9}]{0,300}") {
        for connection in connections() {
            let _ = try_parse(&connection, &[body.clone().into_bytes()]);
            let _ = crate::judge_page(&connection, &page(200, body.clone().into_bytes()));
        }
        let _ = crate::sql_check::check(crate::SqlEngine::Postgres, &body, 10);
    }

    #[test]
    fn damaged_workbooks_never_panic(
        hits in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cut in proptest::option::weighted(0.2, any::<usize>()),
    ) {
        let book = raw_xlsx(HEAD.as_bytes(), "<sst uniqueCount=\"1\"><si><t>a</t></si></sst>", "");
        let _ = try_parse(&plain(), &[damage(book, &hits, cut)]);
        let old = fixture("spreadsheet/merged_header.xls");
        let _ = try_parse(&plain(), &[damage(old, &hits, cut)]);
        for name in ["json/laravel_page1.json", "json/php_notice.json", "json/nested.json"] {
            let _ = try_parse(&json(), &[damage(fixture(name), &hits, cut)]);
        }
        for name in ["csv/quoted_newline.csv", "csv/utf16le_tab.txt"] {
            let _ = try_parse(&csv(), &[damage(fixture(name), &hits, cut)]);
        }
    }

    #[test]
    fn damaged_sheets_never_panic(sheet in "(<row r=\"[0-9]{1,8}\">|</row>|<c r=\"[A-Z]{1,4}[0-9]{1,8}\" ?(s=\"[0-9]\")? ?(t=\"[a-z]{1,3}\")?>|<v>[0-9.e#-]{0,6}</v>|</c>){0,30}") {
        let book = raw_xlsx(format!("{HEAD}{sheet}").as_bytes(), "<sst/>", "");
        let _ = try_parse(&plain(), &[book]);
    }
}
