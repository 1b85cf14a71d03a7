//! From rows to figures: every mistake that operators make, with its sentence.

use super::*;
use crate::{
    Cell, RefusalCode,
    mapping::{Collector, Fact, IndicatorShape, Mapper, Mapping, MappingContext},
};
use pendopo_vocab::{Cadence, Lang, RegionLevel, region_tree::RegionTree};
use std::time::Instant;

fn shapes() -> Vec<IndicatorShape> {
    let shape = |code: &str, cadence, level, min, max| IndicatorShape {
        code: code.to_owned(),
        cadence,
        level,
        min,
        max,
    };
    vec![
        shape("balita", Cadence::Month, RegionLevel::Village, Some(0.0), None),
        shape("persen", Cadence::Month, RegionLevel::District, Some(0.0), Some(100.0)),
        shape("harga", Cadence::Day, RegionLevel::Regency, Some(0.0), None),
        shape("anggaran", Cadence::Year, RegionLevel::District, None, Some(1e13)),
    ]
}

fn mapper(toml: &str, shapes: &[IndicatorShape]) -> Mapper<'static> {
    let mapping: Mapping = toml::from_str(toml).unwrap();
    let context = MappingContext {
        tree: RegionTree::embedded(),
        center: "33.16".parse().unwrap(),
        indicators: shapes,
        today: jiff::civil::date(2026, 9, 30),
    };
    Mapper::new(&mapping, &context).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn map(toml: &str, connection: &Connection, body: &[u8]) -> Result<Collector<'static>, AnswerProblem> {
    let mut collector = Collector::new(mapper(toml, &shapes()));
    let mut cursor = Cursor::new(body);
    let mut pages = [PageReader { url: "x".to_owned(), status: 200, content_type: None, body: &mut cursor }];
    crate::parse(connection, &mut pages, &Limits::default(), &mut collector)?;
    Ok(collector)
}

/// What is refused of rows that `key` names.
pub(super) fn refusals_by_key(connection: &Connection, body: &[u8], key: &str) -> Vec<Refusal> {
    let toml = format!(
        "key = [\"{key}\"]\n[region]\ncolumn = \"kode\"\n[period]\ncolumn = \"bulan\"\n\
         [[value]]\nindicator = \"balita\"\ncolumn = \"jumlah\"\naggregate = \"sum\"\n"
    );
    map(&toml, connection, body).unwrap().refusals
}

fn shown(facts: &[Fact]) -> Vec<String> {
    facts
        .iter()
        .map(|fact| {
            let Fact { region, period, breakdown, value, row_no, indicator } = fact;
            format!("{indicator} {region} {period} [{breakdown}] {value} @{row_no}")
        })
        .collect()
}

const VILLAGES: &str = r#"
number_format = "indonesian"
[region]
column = "kode"
[period]
column = "periode"
[[value]]
indicator = "balita"
column = "balita"
[[skip]]
column = "kode"
starts_with = ["jumlah", "sumber"]
"#;

#[test]
fn each_mistake_has_its_sentence() {
    let check = |row: &str, code: RefusalCode, id: &str| {
        let body = format!("kode;periode;balita\n{row}\n");
        let collector = map(VILLAGES, &csv(), body.as_bytes()).unwrap();
        assert_eq!(collector.refusals.len(), 1, "{row}: {:?}", collector.facts);
        let refusal = &collector.refusals[0];
        assert_eq!(refusal.code, code, "{row}");
        let sentence = refusal.sentence(Lang::Id);
        assert!(sentence.contains(id), "{sentence}");
        assert!(refusal.sentence(Lang::En).starts_with("Row "));
        assert!(refusal.raw.starts_with("kode: "), "{}", refusal.raw);
    };
    check(";2026-09;1", RefusalCode::RegionEmpty, "Baris 2, kolom “kode”: kode atau nama wilayah kosong.");
    check("abc;2026-09;1", RefusalCode::RegionMalformed, "“abc” bukan kode wilayah");
    check("33.16.99;2026-09;1", RefusalCode::RegionUnknown, "“33.16.99” tidak dikenal");
    check("33.17.01;2026-09;1", RefusalCode::RegionOutside, "di luar Kabupaten");
    check("3316010;2026-09;1", RefusalCode::RegionMalformed, "BPS");
    check("33.16.01;;1", RefusalCode::PeriodEmpty, "tanggal atau periode kosong");
    check("33.16.01;0000-00-00;1", RefusalCode::PeriodEmpty, "kosong");
    check("33.16.01;30/09/2026;1", RefusalCode::PeriodMalformed, "Mungkin maksudnya: 2026-09.");
    check("33.16.01;2026-02-30;1", RefusalCode::PeriodImpossible, "tidak ada di kalender");
    check("33.16.01;2026;1", RefusalCode::PeriodTooCoarse, "terlalu kasar");
    check("33.16.01;2062-09;1", RefusalCode::PeriodFuture, "lebih dari setahun di depan");
    check("33.16.01;2026-09;1.23", RefusalCode::ValueMalformed, "number_format = \"plain\"");
    check("33.16.01;2026-09;abc", RefusalCode::ValueMalformed, "1.234.567,89");
    check("33.16.01;2026-09;NaN", RefusalCode::ValueNotFinite, "bukan bilangan");
    check("33.16.01;2026-09;-3", RefusalCode::ValueTooSmall, "lebih kecil dari batas 0");
    check("33.16.01;2026-09;1\n33.16.01;2026-09;2", RefusalCode::Duplicate, "baris 2");
}

#[test]
fn good_rows_survive_bad_ones_and_repeats_count_once() {
    let connection = Connection::Csv(CsvOptions { header_row: Some(4), ..CsvOptions::default() });
    let toml = VILLAGES
        .replace("\"kode\"", "\"Kode Desa\"")
        .replace("column = \"balita\"", "column = \"jumlah balita\"");
    let body = fixture("csv/titles_totals_footer.csv");
    let collector = map(&toml, &connection, &body).unwrap();
    assert_eq!((collector.mapped, collector.skipped, collector.refused), (6, 2, 0));
    assert_eq!(collector.mapper().unused_columns(), ["Nama Desa"]);
    let (facts, _) = collector.finish().unwrap();
    assert_eq!(
        shown(&facts),
        [
            "0 33.16.05.2001 2026-09 [] 1234 @5",
            "0 33.16.05.2002 2026-09 [] 56 @6",
            "0 33.16.05.2005 2026-09 [] 0 @10",
            "0 33.16.05.2006 2026-09 [] 78 @11",
        ]
    );
    let twice = b"kode;periode;balita\n33.16.01;2026-09;1\n33.16.01;2026-09;1\n";
    let collector = map(VILLAGES, &csv(), twice).unwrap();
    assert_eq!((collector.mapped, collector.repeated, collector.facts.len()), (1, 1, 1));
}

#[test]
fn a_row_is_refused_as_a_whole() {
    let toml = format!("{VILLAGES}\n[[value]]\nindicator = \"persen\"\ncolumn = \"persen\"\n");
    let body = b"kode;periode;balita;persen\n33.16.01;2026-09;5;101\n33.16.01;2026-09;6;12,5\n33.16.01;2026-09;6;13\n33.16.02;2026-09;1;1\n";
    let collector = map(&toml, &csv(), body).unwrap();
    let codes: Vec<_> = collector.refusals.iter().map(|refusal| refusal.code).collect();
    assert_eq!(codes, [RefusalCode::ValueTooLarge, RefusalCode::Duplicate]);
    assert_eq!(
        shown(&collector.facts),
        [
            "0 33.16.01 2026-09 [] 6 @3",
            "1 33.16.01 2026-09 [] 12.5 @3",
            "0 33.16.02 2026-09 [] 1 @5",
            "1 33.16.02 2026-09 [] 1 @5",
        ]
    );
}

#[test]
fn a_lost_column_is_named_with_its_likely_successor() {
    let problem = map(VILLAGES, &csv(), b"kd_desa;periode;jml_balita\n1;2;3\n").err().unwrap();
    let AnswerProblem::Changed(drift) = &problem else { panic!("{problem:?}") };
    let pairs: Vec<_> =
        drift.missing.iter().map(|missing| (missing.column.as_str(), missing.likely.as_deref())).collect();
    assert_eq!(pairs, [("kode", Some("kd_desa")), ("balita", Some("jml_balita"))]);
    let sentence = problem.sentence(Lang::Id);
    assert!(sentence.contains("kolom “kode” tidak ada lagi, mungkin kini bernama “kd_desa”"), "{sentence}");
}

#[test]
fn a_changed_type_stops_the_run() {
    let body: String = (1..=6).map(|n| format!("33.16.0{n};2026-09;sedang\n")).collect();
    let collector = map(VILLAGES, &csv(), format!("kode;periode;balita\n{body}").as_bytes()).unwrap();
    let problem = collector.finish().unwrap_err();
    let AnswerProblem::Changed(drift) = problem else { panic!("{problem:?}") };
    assert_eq!(drift.unreadable, ["balita"]);
}

#[test]
fn dated_columns_are_values_with_english_thousands() {
    let toml = r#"
number_format = "english"
[region]
fixed = "33.16"
[period]
header = true
format = "day_first"
[[breakdown]]
column = "name"
dimension = "komoditas"
[[value]]
indicator = "harga"
zero_is_missing = true
[[value.when]]
column = "level"
is = ["2"]
"#;
    let collector = map(toml, &json(), &fixture("json/prices_dated_columns.json")).unwrap();
    assert_eq!(collector.refused, 0);
    assert_eq!(shown(&collector.facts), ["2 33.16 2026-01-02 [komoditas=Beras Kualitas Bawah I] 15000 @2"]);
    assert_eq!(collector.mapper().unused_columns(), ["no"]);
}

#[test]
fn rows_are_gathered_up_to_the_level_and_cadence() {
    let toml = |aggregate: &str| {
        format!(
            "key = [\"id\"]\n[region]\ncolumn = \"kode\"\n[period]\nyear_column = \"tahun\"\n[[value]]\nindicator = \"anggaran\"\n{}aggregate = \"{aggregate}\"\n",
            if aggregate == "count" { "" } else { "column = \"pagu\"\n" }
        )
    };
    let body = b"id,kode,tahun,pagu\n1,33.16.05.2001,2026,100\n2,33.16.05.2002,2026,50\n2,33.16.05.2002,2026,50\n3,33.16.01,2026,7\n";
    let check = |aggregate: &str, want: [&str; 2]| {
        let collector = map(&toml(aggregate), &csv(), body).unwrap();
        assert_eq!(collector.repeated, 1);
        assert_eq!(shown(&collector.finish().unwrap().0), want, "{aggregate}");
    };
    check("sum", ["3 33.16.05 2026 [] 150 @3", "3 33.16.01 2026 [] 7 @5"]);
    check("mean", ["3 33.16.05 2026 [] 75 @3", "3 33.16.01 2026 [] 7 @5"]);
    check("last", ["3 33.16.05 2026 [] 50 @3", "3 33.16.01 2026 [] 7 @5"]);
    check("count", ["3 33.16.05 2026 [] 2 @3", "3 33.16.01 2026 [] 1 @5"]);
    let huge = b"id,kode,tahun,pagu\n1,33.16.01,2026,9000000000000\n2,33.16.01,2026,9000000000000\n";
    let (facts, refusals) = map(&toml("sum"), &csv(), huge).unwrap().finish().unwrap();
    assert!(facts.is_empty());
    assert_eq!(refusals[0].code, RefusalCode::ValueTooLarge);
    let fine = map(&toml("sum").replace("aggregate = \"sum\"", ""), &csv(), body).unwrap();
    assert_eq!(fine.refusals[0].code, RefusalCode::RegionTooFine);
}

#[test]
fn names_need_their_parent() {
    let toml = r#"
[region]
column = "desa"
parent_column = "kecamatan"
code_system = "name"
level = "village"
[region.alias]
"Desa Anu" = "33.16.05.2001"
[period]
year_column = "tahun"
month_column = "bulan"
[[value]]
indicator = "balita"
column = "n"
"#;
    let body = "desa,kecamatan,tahun,bulan,n\nkarangjati,Blora,2026,September,3\nDESA ANU,x,2026,9,4\nKarangjoti,Blora,2026,9,5\n";
    let collector = map(toml, &csv(), body.as_bytes()).unwrap();
    assert_eq!(collector.facts.len(), 2, "{:?}", collector.refusals);
    assert_eq!(collector.facts[0].region.ancestor(RegionLevel::District).to_string(), "33.16.09");
    assert_eq!(collector.facts[0].period.to_string(), "2026-09");
    let refusal = &collector.refusals[0];
    assert_eq!(refusal.code, RefusalCode::RegionUnknown);
    assert!(refusal.suggestions[0].contains("Karangjati"), "{:?}", refusal.suggestions);
    let alone = toml.replace("parent_column = \"kecamatan\"\n", "");
    let many = "desa,tahun,bulan,n\nNgawen,2026,9,3\nKarangtengah,2026,9,1\n";
    for refusal in map(&alone, &csv(), many.as_bytes()).unwrap().refusals {
        assert_eq!(refusal.code, RefusalCode::RegionAmbiguous, "{refusal:?}");
    }
}

#[test]
fn cells_of_spreadsheets_and_breakdowns_are_read_by_type() {
    let shapes = shapes();
    let toml = r#"
[region]
column = "a"
[period]
column = "b"
[[breakdown]]
column = "c"
dimension = "jenis"
[[value]]
indicator = "persen"
column = "d"
scale = 100.0
"#;
    let mut mapper = mapper(toml, &shapes);
    mapper.columns(&["a", "b", "c", "d"].map(str::to_owned)).unwrap();
    let mut facts = Vec::new();
    let date = Cell::DateTime(jiff::civil::date(2026, 9, 30).at(0, 0, 0, 0));
    let mut row = |number, cells: [Cell<'_>; 4]| {
        mapper.map(&Row { number, cells: &cells }, &mut facts).map_err(|refusal| refusal.code)
    };
    let text = |text: &'static str| Cell::Text(text.into());
    assert!(row(1, [Cell::Int(331_610), date.clone(), text(" a;b=c  d% "), Cell::Number(0.125)]).is_ok());
    assert!(row(2, [Cell::Number(33.1), Cell::Int(2026), text("x"), Cell::Int(1)]).is_err());
    let bad = row(3, [Cell::Int(331_610), date.clone(), Cell::Empty, Cell::Int(0)]);
    assert_eq!(bad, Err(RefusalCode::BreakdownEmpty));
    let bad = row(4, [Cell::Int(331_610), date.clone(), text("y"), Cell::Error("#REF!")]);
    assert_eq!(bad, Err(RefusalCode::CellError));
    let bad = row(5, [Cell::Int(331_610), date.clone(), text("y"), date]);
    assert_eq!(bad, Err(RefusalCode::ValueMalformed));
    assert_eq!(shown(&facts), ["1 33.16.10 2026-09 [jenis=a%3Bb%3Dc d%25] 12.5 @1"]);
}

#[test]
fn all_mistakes_of_a_mapping_are_told_at_once() {
    let mapping: Mapping = toml::from_str(
        "[region]\n[period]\ntoday = true\nheader = true\n[[value]]\nindicator = \"balitaa\"\nscale = 0\n[[skip]]\ncolumn = \"x\"\n",
    )
    .unwrap();
    let shapes = shapes();
    let context = MappingContext {
        tree: RegionTree::embedded(),
        center: "33.16".parse().unwrap(),
        indicators: &shapes,
        today: jiff::civil::date(2026, 9, 30),
    };
    let problems = Mapper::new(&mapping, &context).err().unwrap();
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["region", "period", "value[0].indicator", "value[0].scale", "skip[0]"]);
    assert_eq!(problems[2].suggestion.as_deref(), Some("balita"));
}

/// A million rows in memory: how long they take and what the duplicate guard costs. Prints its figures;
/// bounds are loose because machines are shared.
#[test]
fn a_million_rows_stay_small() {
    let villages: Vec<String> = RegionTree::embedded()
        .descendants("33.16".parse().unwrap(), RegionLevel::Village)
        .map(|region| region.code.to_string())
        .collect();
    let rows: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };
    let mut body = String::from("kode;periode;jenis;balita\n");
    for row in 0..rows {
        let village = &villages[row % villages.len()];
        let rest = row / villages.len();
        let (month, year, kind) = (rest % 12 + 1, 2000 + rest / 12 % 25, rest / 300);
        body.push_str(&format!("{village};{year}-{month:02};jenis {kind};{}\n", row % 977));
    }
    let toml = format!("{VILLAGES}\n[[breakdown]]\ncolumn = \"jenis\"\ndimension = \"jenis\"\n");
    let mut collector = Collector::new(mapper(&toml, &shapes()));
    collector.facts.reserve_exact(rows);
    let bytes = body.len();
    let mut cursor = Cursor::new(body.into_bytes());
    let mut pages = [PageReader { url: String::new(), status: 200, content_type: None, body: &mut cursor }];
    let started = Instant::now();
    crate::parse(&csv(), &mut pages, &Limits::default(), &mut collector).unwrap();
    let took = started.elapsed();
    println!("{rows} rows, {bytes} bytes: {took:?}; a fact takes {} bytes", size_of::<Fact>());
    assert_eq!((collector.mapped as usize, collector.facts.len()), (rows, rows));
    assert!(took.as_secs() < 20, "{took:?}");
    assert!(size_of::<Fact>() <= 56);
}
