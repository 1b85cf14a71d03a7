//! Values that name a person: what is recognised, and what is not taken for one. All numbers are invented.

use crate::personal::{Expect, PersonalKind, Sound, find, mask, mask_all, sounds_personal};
use pendopo_vocab::{RegionCode, region_tree::RegionTree};

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
