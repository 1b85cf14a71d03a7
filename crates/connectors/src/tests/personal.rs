//! Values that name a person: what is recognised, what is not taken for one, and what a row looks like
//! behind the door. All numbers are invented.

use super::*;
use crate::{
    Cell, RefusalCode, Row,
    kept_rows::RowsRecorder,
    mapping::{Collector, IndicatorShape, Mapper, Mapping, MappingContext},
    personal::{
        ColumnRule, Door, Expect, Guarded, Outcome, PersonalKind, Sound, check_rules, find, mask, mask_all,
        pseudonym, sounds_personal, undeclared_columns,
    },
    recording::{Recorder, holds_more_than_rows, parse_recording, rows_recording},
};
use pendopo_vocab::{Cadence, RegionCode, RegionLevel, region_tree::RegionTree};
use std::{collections::BTreeMap, time::Instant};

fn kinds(text: &str, expect: Expect) -> Vec<PersonalKind> {
    find(text, expect).into_iter().map(|found| found.kind).collect()
}

const FIGURES: Expect = Expect { figures: true, hint: None, number: false };

#[test]
fn values_that_name_a_person_are_recognised() {
    use PersonalKind::{Bpjs, Card, Email, Nik, Npwp, Phone};
    let check = |text: &str, want: &[PersonalKind], masked: &str| {
        assert_eq!(kinds(text, Expect::default()), want, "{text}");
        assert_eq!(mask_all(text), masked, "{text}");
    };
    // A man born on 15 May 1990 and a woman born the same day.
    check("3316091505900001", &[Nik], "[NIK]");
    check("3316095505900002", &[Nik], "[NIK]");
    check("3374015902960004", &[Nik], "[NIK]");
    check("9471017112880003", &[Nik], "[NIK]");
    check("3316 0915 0590 0001", &[Nik], "[NIK]");
    check("331609-150590-0001", &[Nik], "[NIK]");
    check("33.16.09.150590.0001", &[Nik], "[NIK]");
    check("3316091505900001.0", &[Nik], "[NIK].0");
    check("NIK3316091505900001", &[Nik], "NIK[NIK]");
    check("NIK: 3316091505900001, KK 3316090101120007", &[Nik, Nik], "NIK: [NIK], KK [NIK]");
    check("'3316091505900001", &[Nik], "'[NIK]");
    check("081234567890", &[Phone], "[TELEPON]");
    check("0812-3456-7890", &[Phone], "[TELEPON]");
    check("0812 3456 789", &[Phone], "[TELEPON]");
    check("0857.1234.5678", &[Phone], "[TELEPON]");
    check("(0812) 3456-7890", &[Phone], "([TELEPON]");
    check("+62 812-3456-7890", &[Phone], "[TELEPON]");
    check("+6281234567890", &[Phone], "[TELEPON]");
    check("(+62) 812 3456 7890", &[Phone], "([TELEPON]");
    check("6281234567890", &[Phone], "[TELEPON]");
    check("62 812 3456 7890", &[Phone], "[TELEPON]");
    check("+62296531024", &[Phone], "[TELEPON]");
    check("hub. Sdri. Wati, hp081234567890 (WA)", &[Phone], "hub. Sdri. Wati, hp[TELEPON] (WA)");
    check("sukiman.90@contoh.co.id", &[Email], "[EMAIL]");
    check("<siti_2@mail.contoh.id>;", &[Email], "<[EMAIL]>;");
    check("081234567890@contoh.id", &[Email], "[EMAIL]");
    check("01.312.166.0-091.000", &[Npwp], "[NPWP]");
    check("013121660091000", &[Npwp], "[NPWP]");
    check("0013121660091000", &[Npwp], "[NPWP]");
    check("4111111111111111", &[Card], "[KARTU]");
    check("5555 5555 5555 4444", &[Card], "[KARTU]");
    check("378282246310005", &[Card], "[KARTU]");
    check("0001234567891", &[Bpjs], "[BPJS]");
    // What was masked before is known again.
    check("a [NIK] b [TELEPON]", &[Nik, Phone], "a [NIK] b [TELEPON]");
    check(
        "{\"nama\":\"Wati\",\"hp\":\"0812-3456-7890\",\"nik\":3316095505900002}",
        &[Phone, Nik],
        "{\"nama\":\"Wati\",\"hp\":\"[TELEPON]\",\"nik\":[NIK]}",
    );
}

#[test]
fn figures_codes_and_dates_are_left_alone() {
    let check = |text: &str| assert_eq!(kinds(text, Expect::default()), [], "{text}");
    for text in [
        // Regions, Kemendagri and BPS, down to the smallest survey area.
        "33",
        "3316",
        "331609",
        "3316092005",
        "33.16.09.2005",
        "3316090005",
        "33160900050001",
        "62.01.02.2003",
        // Counts, budgets and rupiah in all spellings.
        "928456",
        "928.456",
        "1.234.567,89",
        "2345678901234",
        "2.345.678.901.234",
        "Rp2.345.678.901.234,00",
        "3325000000000000",
        "125000000000000",
        "1,234,567,890,123",
        "15 000 000 000",
        "-62812345678",
        // Percentages and coordinates with all their digits.
        "62.81234567890123",
        "-6.96881234567890",
        "111.41234567890123",
        "0.1234567890123456",
        "0,8123456789012",
        "-6.9688, 111.4123",
        "33.16091505900001",
        // Days and times.
        "2026-08-15",
        "15/08/2026",
        "08-12-2026",
        "08.12.2026",
        "2026-08-15 10:20:30",
        "08-12-2026 10:30",
        "20260815102030",
        "2026-08-15T10:20:30.123456+07:00",
        "1795500000",
        "1795500000000",
        "2019 2020 2021 2022",
        // Numbers of the office: staff (NIP), postal code, account code, school, letter, KBLI.
        "198001012005011001",
        "19800101 200501 1 001",
        "58219",
        "5.1.02.01.01.0024",
        "20316092",
        "045.2/1234/2026",
        "01111",
        "800/0812/2026",
        "027.2/0123/XII/2026",
        // Not quite a population number: day 32, month 13, no such province, letters around.
        "3316093205900001",
        "3316091513900001",
        "0816091505900001",
        "a3316091505900001f",
        "id_3316091505900001",
        "331609150590000",
        "33160915059000012",
        "3316093002900001",
        // Not quite an address.
        "harga @ 5.000",
        "@dinkes_blora",
        "a@b",
        "10@5.000",
        "x@1.2",
        "@",
        "1795500000@",
        // Identifiers.
        "550e8400-e29b-41d4-a716-446655440000",
        "9f86d081884c7d659a2feaa0c55ad015",
        "REG-2026-000123456",
        "0000000000123",
        "4111111111111112",
        "",
        "-",
        "…",
        "[",
        "[NIK",
        "[nik]",
    ] {
        check(text);
    }
    // In a column of figures only what can be no figure is personal.
    for text in ["62812345678", "628123456789", "4111111111111111", "0001234567891", "013121660091000"] {
        assert_eq!(kinds(text, FIGURES), [], "{text}");
    }
    assert_eq!(kinds("3316091505900001", FIGURES), [PersonalKind::Nik]);
    assert_eq!(kinds("081234567890", FIGURES), [PersonalKind::Phone]);
}

#[test]
fn the_name_of_a_column_says_what_to_expect() {
    let check = |name: &str, want: Option<Sound>| assert_eq!(sounds_personal(name), want, "{name}");
    let kind = |kind| Some(Sound::Kind(kind));
    check("NIK", kind(PersonalKind::Nik));
    check("no_kk", kind(PersonalKind::Nik));
    check("Nomor KTP", kind(PersonalKind::Nik));
    check("penerima.nik", kind(PersonalKind::Nik));
    check("NO. HP", kind(PersonalKind::Phone));
    check("telp", kind(PersonalKind::Phone));
    check("e-mail", kind(PersonalKind::Email));
    check("email", kind(PersonalKind::Email));
    check("npwp", kind(PersonalKind::Npwp));
    check("No BPJS", kind(PersonalKind::Bpjs));
    check("no_rekening", Some(Sound::Account));
    check("nama", Some(Sound::Name));
    check("Nama Penerima", Some(Sound::Name));
    check("NAMA KEPALA KELUARGA", Some(Sound::Name));
    check("ALAMAT", Some(Sound::Address));
    check("tgl_lahir", Some(Sound::Birth));
    check("Tempat/Tanggal Lahir", Some(Sound::Birth));
    for name in [
        "nama_desa",
        "Nama Kecamatan",
        "NAMA OPD",
        "KTP-el Wajib",
        "Kartu Keluarga",
        "KK",
        "jumlah_kk",
        "JUMLAH KPM",
        "kode_rekening",
        "kelahiran",
        "Akta Kelahiran Punya Akta",
        "name",
        "tanggal",
        "alamat_kantor",
        "jumlah anak",
        "peserta_bpjs_jumlah",
        "no",
        "kode",
        "telur",
        "hasil",
    ] {
        check(name, None);
    }
    // What spreadsheets and databases make of telephone numbers.
    let phone = Expect { hint: Some(PersonalKind::Phone), number: true, figures: false };
    assert_eq!(kinds("81234567890", phone), [PersonalKind::Phone]);
    assert_eq!(kinds("0296-531024", Expect { number: false, ..phone }), [PersonalKind::Phone]);
    assert_eq!(kinds("81234567890", Expect { hint: None, ..phone }), []);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len() as u64) as usize]
    }
}

fn check_digit(digits: &str) -> char {
    (0..10u8)
        .map(|digit| char::from(b'0' + digit))
        .find(|last| {
            let whole = format!("{digits}{last}");
            let sum: u32 = whole
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, byte)| {
                    let digit = u32::from(byte - b'0');
                    if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .unwrap()
}

fn regencies() -> Vec<String> {
    let tree = RegionTree::embedded();
    let all = (11..=97).flat_map(|province| (1..=79).map(move |regency| format!("{province}.{regency:02}")));
    all.filter(|code| code.parse::<RegionCode>().is_ok_and(|code| tree.get(code).is_some()))
        .map(|code| code.replace('.', ""))
        .collect()
}

#[test]
fn recall_and_false_alarms_on_a_million_invented_values() {
    const EACH: usize = 100_000;
    let mut dice = Dice(0x5eed);
    let regencies = regencies();
    let mut report = String::new();
    let nik = |dice: &mut Dice| {
        let day = 1 + dice.below(28) + if dice.below(2) == 0 { 40 } else { 0 };
        let (place, kecamatan) =
            (&regencies[dice.below(regencies.len() as u64) as usize], 1 + dice.below(40));
        let (month, year, serial) = (1 + dice.below(12), dice.below(100), 1 + dice.below(9_999));
        format!("{place}{kecamatan:02}{day:02}{month:02}{year:02}{serial:04}")
    };
    let mobile = |dice: &mut Dice| {
        let rest = 7 + dice.below(3) as usize;
        format!("8{}{}{}", 1 + dice.below(9), dice.digits(1), dice.digits(rest - 1))
    };
    let mut recall = |name: &str, kind: PersonalKind, make: &mut dyn FnMut(&mut Dice) -> String| {
        let mut found = 0;
        for _ in 0..EACH {
            let text = make(&mut dice);
            let (clean, kinds) = mask(&text, Expect::default()).unwrap_or_default();
            // A card whose number is also a possible population number is masked as the latter.
            let other = kind == PersonalKind::Card && kinds == [PersonalKind::Nik];
            let hidden = !clean.bytes().any(|byte| byte.is_ascii_digit());
            found += usize::from((kinds == [kind] || other) && hidden);
        }
        report += &format!("recall {name}: {found} of {EACH}\n");
        assert!(found * 1000 >= EACH * 995, "{name}: {found}");
    };
    recall("NIK", PersonalKind::Nik, &mut |dice| {
        let number = nik(dice);
        match dice.below(5) {
            0 => format!("{} {} {} {}", &number[..4], &number[4..8], &number[8..12], &number[12..]),
            1 => format!("Sdr. Sukiman ({number})"),
            2 => format!("NIK:{number}"),
            _ => number,
        }
    });
    recall("telephone", PersonalKind::Phone, &mut |dice| {
        let number = mobile(dice);
        let (a, b, c) = (&number[..3], &number[3..7], &number[7..]);
        match dice.below(7) {
            0 => format!("+62{number}"),
            1 => format!("62{number}"),
            2 if c.len() > 1 => format!("+62 {a}-{b}-{c}"),
            3 if c.len() > 1 => format!("0{a}-{b}-{c}"),
            4 if c.len() > 1 => format!("0{a} {b} {c}"),
            5 => format!("hub. 0{number} (WA)"),
            _ => format!("0{number}"),
        }
    });
    recall("e-mail", PersonalKind::Email, &mut |dice| {
        let (name, host) = (
            dice.of(&["siti", "budi.s", "wati_88", "a-b+c"]),
            dice.of(&["mail.id", "contoh.co.id", "x-y.com"]),
        );
        format!(
            "{}{name}{}@{host}{}",
            dice.of(&["", "<", "surel: "]),
            dice.below(1000),
            dice.of(&["", ">", "."])
        )
    });
    recall("NPWP", PersonalKind::Npwp, &mut |dice| {
        let first = format!("{}{}", 1 + dice.below(9), dice.digits(7));
        let number = format!("{first}{}{:03}{}", check_digit(&first), 1 + dice.below(999), dice.digits(3));
        match dice.below(3) {
            0 => format!(
                "{}.{}.{}.{}-{}.{}",
                &number[..2],
                &number[2..5],
                &number[5..8],
                &number[8..9],
                &number[9..12],
                &number[12..]
            ),
            1 => format!("0{number}"),
            _ => number,
        }
    });
    recall("card", PersonalKind::Card, &mut |dice| {
        let first = format!("{}{}", dice.of(&["4", "51", "55", "2221", "3528"]), dice.digits(14));
        let first = &first[..15];
        let number = format!("{first}{}", check_digit(first));
        match dice.below(2) {
            0 => format!("{}-{}-{}-{}", &number[..4], &number[4..8], &number[8..12], &number[12..]),
            _ => number,
        }
    });
    recall("BPJS", PersonalKind::Bpjs, &mut |dice| format!("000{}{}", 1 + dice.below(4), dice.digits(9)));

    let mut alarms = |name: &str, expect: Expect, most: usize, make: &mut dyn FnMut(&mut Dice) -> String| {
        let false_alarms = (0..EACH).filter(|_| !find(&make(&mut dice), expect).is_empty()).count();
        report += &format!("false alarms, {name}: {false_alarms} of {EACH}\n");
        assert!(false_alarms <= most, "{name}: {false_alarms}");
    };
    let plain = Expect::default();
    alarms("region codes", plain, 0, &mut |dice| {
        let place = &regencies[dice.below(regencies.len() as u64) as usize];
        let (kecamatan, desa) = (1 + dice.below(40), dice.of(&["1", "2"]));
        let desa = format!("{desa}{:03}", 1 + dice.below(60));
        match dice.below(4) {
            0 => format!("{place}{kecamatan:02}{desa}"),
            1 => format!("{}.{}.{kecamatan:02}.{desa}", &place[..2], &place[2..]),
            2 => format!("{place}{kecamatan:02}0{:03}", dice.below(999)),
            _ => format!("{place}{kecamatan:02}0{:03}{}", dice.below(999), dice.digits(4)),
        }
    });
    alarms("counts and rupiah as figures", FIGURES, 0, &mut |dice| {
        let length = 1 + dice.below(15) as usize;
        let number = format!("{}{}", 1 + dice.below(9), dice.digits(length - 1));
        match dice.below(3) {
            0 => format!("Rp{number}"),
            1 => format!("{number},{}", dice.digits(2)),
            _ => number,
        }
    });
    alarms("rupiah with dots in a column nobody reads", plain, 100, &mut |dice| {
        let groups: Vec<String> = (0..1 + dice.below(4)).map(|_| dice.digits(3)).collect();
        format!("{}.{}", 1 + dice.below(999), groups.join("."))
    });
    alarms("rupiah without dots in a column nobody reads", plain, 2_500, &mut |dice| {
        let length = 6 + dice.below(10) as usize;
        format!("{}{}", 1 + dice.below(9), dice.digits(length - 1))
    });
    alarms("coordinates and shares", plain, 0, &mut |dice| {
        let digits = 4 + dice.below(13) as usize;
        format!("{}{}.{}", dice.of(&["", "-"]), dice.below(142), dice.digits(digits))
    });
    alarms("days and times", plain, 0, &mut |dice| {
        let (y, m, d) = (1990 + dice.below(45), 1 + dice.below(12), 1 + dice.below(28));
        let (h, min, s) = (dice.below(24), dice.below(60), dice.below(60));
        match dice.below(5) {
            0 => format!("{d:02}-{m:02}-{y} {h:02}.{min:02}"),
            1 => format!("{d:02}/{m:02}/{y} {h:02}:{min:02}:{s:02}"),
            2 => format!("{y}{m:02}{d:02}{h:02}{min:02}{s:02}"),
            3 => format!("{d:02}.{m:02}.{y}"),
            _ => format!("{y}-{m:02}-{d:02} {h:02}:{min:02}:{s:02}"),
        }
    });
    alarms("staff numbers (NIP)", plain, 0, &mut |dice| {
        let (y, m, d) = (1960 + dice.below(45), 1 + dice.below(12), 1 + dice.below(28));
        let (serial, sex) = (dice.below(200), 1 + dice.below(2));
        match dice.below(2) {
            0 => format!("{y}{m:02}{d:02}{}{m:02}{sex}{serial:03}", y + 22),
            _ => format!("{y}{m:02}{d:02} {}{m:02} {sex} {serial:03}", y + 22),
        }
    });
    alarms("account codes and letters", plain, 0, &mut |dice| match dice.below(3) {
        0 => format!(
            "5.{}.{:02}.{:02}.{:02}.{:04}",
            dice.below(3),
            dice.below(9),
            dice.below(9),
            dice.below(20),
            dice.below(99)
        ),
        1 => format!(
            "{:03}.{}/{:04}/{}",
            dice.below(999),
            dice.below(9),
            dice.below(9999),
            2000 + dice.below(30)
        ),
        _ => format!("{}{}", 1 + dice.below(9), dice.digits(4)),
    });
    alarms("random 16 digits as figures", FIGURES, 3_000, &mut |dice| {
        format!("{}{}", 1 + dice.below(9), dice.digits(15))
    });
    println!("{report}");
}

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
