//! Spreadsheets, made in the test so that their content can be read here.

use super::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::Write;
use zip::{ZipWriter, write::SimpleFileOptions};

/// A packed file of these parts.
pub(super) fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, body) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(body).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The smallest workbook around `sheet`'s rows; style 1 is a date.
pub(super) fn raw_xlsx(sheet: &[u8], strings: &str, workbook_properties: &str) -> Vec<u8> {
    const NS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let workbook = format!(
        r#"<workbook xmlns="{NS}" xmlns:r="{REL}">{workbook_properties}<sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let relations = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let root = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let styles = format!(
        r#"<styleSheet xmlns="{NS}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#
    );
    let mut body = format!(r#"<worksheet xmlns="{NS}"><sheetData>"#).into_bytes();
    body.extend_from_slice(sheet);
    body.extend_from_slice(b"</sheetData></worksheet>");
    packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", &body),
    ])
}

#[test]
fn population_register_with_titles_and_merged_headers() {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_name("Referensi").unwrap().set_hidden(true);
    hidden.write(0, 0, "bukan ini").unwrap();
    let sheet = book.add_worksheet().set_active(true);
    let bold = Format::new();
    sheet.write(0, 0, "REKAPITULASI PENDUDUK").unwrap();
    sheet.merge_range(2, 0, 3, 0, "Kecamatan", &bold).unwrap();
    sheet.merge_range(2, 1, 3, 1, "Kode\nDesa", &bold).unwrap();
    sheet.merge_range(2, 2, 2, 3, "Penduduk", &bold).unwrap();
    sheet.write(3, 2, "L").unwrap().write(3, 3, "P").unwrap();
    sheet.write(3, 4, "Persen").unwrap().write(3, 5, "Per").unwrap();
    sheet.write(4, 0, "Cepu").unwrap().write(4, 1, "33.16.05.2001").unwrap();
    sheet.write(4, 2, 10).unwrap().write(4, 3, 11.5).unwrap();
    let percent = Format::new().set_num_format("0%");
    sheet.write_with_format(4, 4, 0.12, &percent).unwrap();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let day = ExcelDateTime::from_ymd(2026, 9, 30).unwrap();
    sheet.write_with_format(4, 5, &day, &date).unwrap();
    sheet.write(6, 1, 3_316_052_002_f64).unwrap();
    sheet.write(6, 2, Formula::new("=A1/0").set_result("#DIV/0!")).unwrap();
    sheet.write(6, 9, "catatan di samping").unwrap();
    sheet.write(7, 0, "Blora").unwrap().write(7, 1, "'3316092001").unwrap();
    let body = book.save_to_buffer().unwrap();
    let connection = sheet_options(4, 2, &["Kecamatan"]);
    let (seen, summary) = try_parse(&connection, &[body]).unwrap();
    assert_eq!(seen.columns, ["Kecamatan", "Kode Desa", "Penduduk L", "Penduduk P", "Persen", "Per"]);
    assert_eq!(seen.rows[0], (5, list(&["Cepu", "33.16.05.2001", "10", "11.5", "0.12", "2026-09-30"])));
    assert_eq!(seen.rows[1].0, 7);
    assert_eq!(seen.rows[1].1[..3], ["Cepu", "3316052002", "#DIV/0!"]);
    assert_eq!(seen.rows[2].1[..2], ["Blora", "'3316092001"]);
    assert_eq!(summary.notes, ["cells_beside_the_table"]);
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn sheet_options(header_row: u32, header_rows: u32, fill_down: &[&str]) -> Connection {
    sheet(SpreadsheetOptions {
        header_row: Some(header_row),
        header_rows,
        fill_down: list(fill_down),
        ..SpreadsheetOptions::default()
    })
}

fn plain() -> Connection {
    sheet(SpreadsheetOptions { header_rows: 1, ..SpreadsheetOptions::default() })
}

#[test]
fn dates_follow_the_epoch_of_the_file() {
    let rows = br#"<row r="1"><c r="A1" t="inlineStr"><is><t>tgl</t></is></c></row><row r="2"><c r="A2" s="1"><v>45000</v></c></row>"#;
    let day = |properties: &str| rows_of(&plain(), raw_xlsx(rows, "<sst/>", properties)).rows[0].1[0].clone();
    assert_eq!(day(""), "2023-03-15");
    assert_eq!(day(r#"<workbookPr date1904="1"/>"#), "2027-03-16");
}

#[test]
fn xls_of_the_nineties_is_read_and_measured() {
    let seen = rows_of(&sheet_options(3, 2, &[]), fixture("spreadsheet/merged_header.xls"));
    assert_eq!(seen.columns, ["Kode", "Tanggal", "Penduduk L", "Penduduk P"]);
    assert_eq!(seen.rows, [(4, list(&["331601", "2026-09-30", "10", "11.5"]))]);
    let far = try_parse(&plain(), &[fixture("spreadsheet/far_cell.xls")]).err().unwrap();
    assert_eq!(far.code(), "too_large");
}

fn ods(content: &str) -> Vec<u8> {
    packed(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
fn ods_is_streamed_with_its_repeats_and_spans() {
    let content = r##"<office:document-content><office:automatic-styles>
<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="Ref" table:style-name="ta1"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>
<table:table table:name="Data" table:style-name="ta2">
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Kode</text:p></table:table-cell><table:table-cell table:number-columns-spanned="2"><text:p>Nilai &amp; tanggal</text:p></table:table-cell><table:covered-table-cell/></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="331601"><text:p>331.601</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.125"><office:annotation><text:p>rahasia</text:p></office:annotation><text:p>12,5%</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2026-09-30"><text:p>30/09/26</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>dua<text:s text:c="2"/>kata</text:p></table:table-cell><table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"##;
    let seen = rows_of(&sheet_options(2, 2, &[]), ods(content));
    assert_eq!(seen.columns, ["Kode", "Nilai & tanggal a", "Nilai & tanggal b"]);
    assert_eq!(seen.rows[0], (6, list(&["331601", "0.125", "2026-09-30"])));
    assert_eq!(seen.rows[1].0, 7);
    assert_eq!(seen.rows[2].1[..2], ["dua  kata", "#ERR!"]);
}

#[test]
fn passwords_missing_sheets_and_other_files_are_told() {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/EncryptedPackage").unwrap().write_all(b"x").unwrap();
    let locked = file.into_inner().into_inner();
    assert_eq!(try_parse(&plain(), &[locked]).err(), Some(AnswerProblem::Encrypted));
    let manifest = b"<manifest:encryption-data/>";
    let locked = packed(&[("content.xml", b"x"), ("META-INF/manifest.xml", manifest)]);
    assert_eq!(try_parse(&plain(), &[locked]).err(), Some(AnswerProblem::Encrypted));
    let zip = packed(&[("laporan.docx", b"x")]);
    assert_eq!(try_parse(&plain(), &[zip]).err().unwrap().code(), "wrong_kind");
    assert_eq!(try_parse(&plain(), &[b"kode;nilai\n1;2\n".to_vec()]).err().unwrap().code(), "wrong_kind");
    assert_eq!(try_parse(&plain(), &[fixture("json/waf.html")]).err().unwrap().code(), "wrong_kind");
    let named =
        sheet(SpreadsheetOptions { sheet: Some("September".to_owned()), ..SpreadsheetOptions::default() });
    let book = raw_xlsx(b"<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", "<sst/>", "");
    match try_parse(&named, std::slice::from_ref(&book)).err() {
        Some(AnswerProblem::NoSheet { sheets, .. }) => assert_eq!(sheets, ["Data"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(try_parse(&plain(), &[book[..book.len() - 30].to_vec()]).err().unwrap().code(), "truncated");
    assert_eq!(try_parse(&plain(), &[raw_xlsx(b"", "<sst/>", "")]).err().unwrap().code(), "empty");
}

#[test]
fn identifiers_that_lost_their_last_digits_are_told() {
    // What Excel makes of 3316050101900001 and 3316050101900002 in a cell that is not text.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in ["nik", "kode", "bulan", "jumlah"].into_iter().enumerate() {
        sheet.write(0, column as u16, name).unwrap();
    }
    for row in 1..=2 {
        sheet.write(row, 0, 3_316_050_101_900_000_f64).unwrap();
        sheet.write(row, 1, "33.16.01.2001").unwrap();
        sheet.write(row, 2, "2026-09").unwrap();
        sheet.write(row, 3, 1).unwrap();
    }
    sheet.write(3, 0, 331_605_010_190_000_f64).unwrap().write(3, 1, "33.16.01.2001").unwrap();
    sheet.write(3, 2, "2026-10").unwrap().write(3, 3, 1).unwrap();
    let body = book.save_to_buffer().unwrap();
    let (seen, summary) = try_parse(&plain(), std::slice::from_ref(&body)).unwrap();
    assert_eq!(summary.notes, ["digits_lost"]);
    assert_eq!(seen.rows[0].1[0], "3316050101900000");

    // As the key of a row it would make two people one.
    let refused = mapping::refusals_by_key(&plain(), &body, "nik");
    let found: Vec<_> = refused.iter().map(|refusal| (refusal.row_no, refusal.code.as_str())).collect();
    assert_eq!(found, [(2, "key_digits"), (3, "key_digits")]);
    let said = refused[0].sentence(pendopo_vocab::Lang::Id);
    assert!(said.contains("15 digit") && said.contains("“nik”"), "{said}");
}

#[test]
fn an_old_workbook_is_bounded_whatever_an_import_may_hold() {
    // The far cell of the fixture, in a column that a bulk import would have room for.
    let mut body = fixture("spreadsheet/far_cell.xls");
    let number_there = [0x7e, 0x02, 0x0a, 0x00, 0xff, 0xff, 0xff, 0x00];
    let at = body.windows(8).position(|eight| eight == number_there).unwrap();
    body[at + 6] = 99;
    let mut cursor = Cursor::new(body);
    let mut pages =
        [PageReader { url: "fixture".to_owned(), status: 200, content_type: None, body: &mut cursor }];
    let bulk = Limits::bulk();
    assert!(bulk.cells / 2 > 65_536 * 100, "the bound of the format itself is what holds here");
    let problem = crate::parse(&plain(), &mut pages, &bulk, &mut Seen::default()).err();
    assert_eq!(problem, Some(AnswerProblem::TooLarge { kind: crate::LimitKind::Cells, limit: 65_536 * 30 }));
}
