//! Tests of the embedded tree: its numbers, its names, its codes.

use super::*;
use std::{collections::BTreeMap, time::Instant};

fn tree() -> &'static RegionTree {
    RegionTree::embedded()
}

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

/// `33.16`, one code, several separated by spaces, or `-` for none.
fn shown(found: &NameMatch) -> String {
    match found {
        NameMatch::One(code) => code.to_string(),
        NameMatch::Many(codes) => codes.iter().map(RegionCode::to_string).collect::<Vec<_>>().join(" "),
        NameMatch::None { .. } => "-".to_owned(),
    }
}

#[track_caller]
fn finds(name: &str, level: Option<RegionLevel>, within: &str, expected: &str) {
    assert_eq!(shown(&tree().find(name, level, code(within))), expected, "{name} in {within}");
}

#[track_caller]
fn finds_below(name: &str, parent: &str, level: Option<RegionLevel>, within: &str, expected: &str) {
    let found =
        tree().find_below(name, parent, level, code(within)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.to_string(), expected, "{name} in {parent}");
}

const REGENCY: Option<RegionLevel> = Some(RegionLevel::Regency);
const DISTRICT: Option<RegionLevel> = Some(RegionLevel::District);
const VILLAGE: Option<RegionLevel> = Some(RegionLevel::Village);

#[test]
fn the_tree_has_the_numbers_of_the_decree() {
    let tree = tree();
    let mut kinds = BTreeMap::new();
    tree.iter().for_each(|region| *kinds.entry(region.kind).or_insert(0) += 1);
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            (RegionKind::Provinsi, 38),
            (RegionKind::Kabupaten, 416),
            (RegionKind::Kota, 98),
            (RegionKind::Kecamatan, 7_285),
            (RegionKind::Desa, 75_266),
            (RegionKind::Kelurahan, 8_496),
        ]
    );
    assert_eq!(tree.len(), 91_599);
    assert_eq!(tree.count_children(RegionCode::COUNTRY), 38);
    assert_eq!(tree.count_children(code("33")), 35);
    assert_eq!(tree.count_children(code("33.16")), 16);
    assert_eq!(tree.descendants(code("33.16"), RegionLevel::Village).count(), 295);
    assert_eq!(tree.descendants(code("33.16"), RegionLevel::Regency).count(), 1);
    assert_eq!(tree.count_children(code("33.16.09.1010")), 0);
    assert!(tree.iter().all(|region| region.parent.is_none_or(|parent| tree.contains(parent))));
}

#[test]
fn a_region_says_what_it_is_and_on_what_it_stands() {
    let region = tree().get(code("33.16.09")).unwrap();
    assert_eq!(
        (region.name, region.kind, region.level),
        ("Blora", RegionKind::Kecamatan, RegionLevel::District)
    );
    assert_eq!(region.parent, Some(code("33.16")));
    assert_eq!(region.bps_code.unwrap().to_string(), "3316100");
    assert_eq!(region.valid_from, Some(jiff::civil::date(2025, 4, 25)));
    assert_eq!(region.valid_to, None);
    assert!(region.legal_basis.contains("300.2.2-2430 Tahun 2025"));
    assert_eq!(region.full_name(), "Kecamatan Blora");
    assert_eq!(tree().get(code("33.16")).unwrap().full_name(), "Kabupaten Blora");
    assert_eq!(tree().get(code("33")).unwrap().parent, None);
    assert_eq!(
        tree().label(code("33.16.05.1014")).to_string(),
        "Kelurahan Cepu, Kecamatan Cepu (33.16.05.1014)"
    );
    assert_eq!(tree().get(code("99")), None);
    assert_eq!(tree().get(RegionCode::COUNTRY), None);
}

#[test]
fn kabupaten_kota_and_kecamatan_of_one_name_are_told_apart() {
    finds("Blora", None, "33.16", "33.16 33.16.09");
    finds("Blora", REGENCY, "33", "33.16");
    finds("Blora", DISTRICT, "33.16", "33.16.09");
    finds("Kab. Blora", None, "33", "33.16");
    finds("KABUPATEN BLORA", None, "00", "33.16");
    finds("kec. blora", None, "33.16", "33.16.09");
    finds("Kota Blora", None, "33.16", "-");
    finds("KOTA BLORA", DISTRICT, "33.16", "33.16.09");
    finds("Kabupaten Blora", DISTRICT, "33.16", "-");
    finds("Magelang", REGENCY, "33", "33.08 33.71");
    finds("Kota Magelang", REGENCY, "33", "33.71");
    finds("Kab Magelang", REGENCY, "33", "33.08");
    finds("Magelang (Kota)", REGENCY, "33", "33.71");
    finds("Magelang, Kab.", None, "33", "33.08");
    finds("DKI Jakarta", None, "00", "31");
    finds("D.I. Yogyakarta", Some(RegionLevel::Province), "00", "-");
    finds("DI Yogyakarta", Some(RegionLevel::Province), "00", "34");
    finds("Yogyakarta", REGENCY, "00", "34.71");
    finds("Kabupaten Kepulauan Seribu", None, "00", "31.01");
}

#[test]
fn spelling_does_not_matter_and_place_does() {
    finds("Kedung Tuban", DISTRICT, "33.16", "33.16.04");
    finds("KEDUNGTUBAN", DISTRICT, "33.16", "33.16.04");
    finds("Kec.Kedung-Tuban", None, "33.16", "33.16.04");
    finds("Cabeyan", VILLAGE, "33.16", "33.16.05.2003");
    finds("Cepu", DISTRICT, "33.16", "33.16.05");
    finds("Cepu", DISTRICT, "33.15", "-");
    finds("Kelurahan Cepu", None, "33.16", "33.16.05.1014");
    finds("Desa Cepu", None, "33.16", "33.16.05.1014");
    finds("", None, "33.16", "-");
    finds("Desa", None, "33.16", "-");
    finds("Desa Adat Yoboi", None, "91.03", "91.03.01.3007");
}

#[test]
fn a_parent_settles_what_a_name_leaves_open() {
    finds("Tempurejo", VILLAGE, "33.16", "33.16.09.2020 33.16.15.2009");
    finds_below("Tempurejo", "Blora", VILLAGE, "33.16", "33.16.09.2020");
    finds_below("Tempurejo", "Kec. Blora", None, "33.16", "33.16.09.2020");
    finds_below("Tempurejo", "33.16.15", VILLAGE, "33.16", "33.16.15.2009");
    finds_below("Tempurejo", "331615", None, "33.16", "33.16.15.2009");
    finds("Karangjati", None, "33.16", "33.16.09.1018");
    finds_below("Karangjati", "Blora", None, "33.16", "33.16.09.1018");
    finds("Ngawen", None, "33.16", "33.16.12 33.16.12.1018");
    finds_below("Ngawen", "Ngawen", None, "33.16", "33.16.12.1018");
    finds_below("Ngawen", "Blora", DISTRICT, "33.16", "33.16.12");
    finds_below("Cepu", "Kabupaten Blora", DISTRICT, "33", "33.16.05");
    finds_below("Cepu", "Jawa Tengah", DISTRICT, "33.16", "33.16.05");
    finds_below("Blora", "33", REGENCY, "33.16", "33.16");
}

/// The names that occur more than once in a regency, each checked alone and with its parent.
#[test]
fn villages_that_share_a_name_are_found_by_parent_only() {
    let mut by_name: BTreeMap<String, Vec<Region>> = BTreeMap::new();
    for village in tree().descendants(code("33.16"), RegionLevel::Village) {
        by_name.entry(village.name.to_lowercase().replace(' ', "")).or_default().push(village);
    }
    let mut shared = 0;
    for (name, villages) in by_name {
        shared += if villages.len() > 1 { villages.len() } else { 0 };
        match tree().find(&name, VILLAGE, code("33.16")) {
            NameMatch::One(found) => assert_eq!((villages.len(), villages[0].code), (1, found), "{name}"),
            NameMatch::Many(found) => {
                assert!(villages.len() > 1, "{name}");
                assert_eq!(found, villages.iter().map(|village| village.code).collect::<Vec<_>>());
            }
            NameMatch::None { .. } => panic!("{name} is not found"),
        }
        for village in villages {
            let parent = tree().get(village.parent.unwrap()).unwrap();
            finds_below(&name, parent.name, VILLAGE, "33.16", &village.code.to_string());
        }
    }
    assert_eq!(shared, 37);
}

#[test]
fn every_district_and_village_is_found_below_its_parent() {
    let tree = tree();
    let mut twins = 0;
    for region in tree.iter().filter(|region| region.level >= RegionLevel::District) {
        let within = region.parent.unwrap();
        match tree.find(region.name, Some(region.level), within) {
            NameMatch::One(found) => assert_eq!(found, region.code),
            NameMatch::Many(found) => {
                assert!(found.contains(&region.code));
                twins += 1;
                // Mostly a desa beside a kelurahan of its name: the word in front settles it.
                assert!(found.len() == 2, "{} {found:?}", region.full_name());
            }
            NameMatch::None { .. } => panic!("{} is not found", region.full_name()),
        }
    }
    assert_eq!(twins, 32);
}

#[test]
fn mistakes_come_with_suggestions() {
    let cases: [(RegionError, &[&str]); 5] = [
        (
            tree().resolve_name("Randublatong", DISTRICT, code("33.16")).unwrap_err(),
            &["Kecamatan Randublatung"],
        ),
        (
            tree().resolve_name("Tempurejo", VILLAGE, code("33.16")).unwrap_err(),
            &["2 regions", "Kecamatan Blora"],
        ),
        (
            tree().resolve_name("Kota Blora", None, code("33.16")).unwrap_err(),
            &["Kabupaten Blora", "Kecamatan Blora"],
        ),
        (
            tree().find_below("Jipang", "Blora", VILLAGE, code("33.16.09")).unwrap_err(),
            &["no region called `Jipang`"],
        ),
        (
            tree().find_below("Jipang", "Cepur", VILLAGE, code("33.16")).unwrap_err(),
            &["`Cepur`, which is not a region", "Kecamatan Cepu, Kabupaten Blora (33.16.05)"],
        ),
    ];
    for (error, parts) in cases {
        for part in parts {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    }
    // The right name under the wrong parent: the village under its own parent is suggested.
    let error = tree().find_below("Jipang", "Kecamatan Blora", VILLAGE, code("33.16")).unwrap_err();
    assert!(error.to_string().contains("Desa Jipang, Kecamatan Cepu"), "{error}");
}

#[test]
fn codes_are_read_in_the_declared_system_only() {
    use CodeSystem::{Bps, Kemendagri};
    for (text, system, expected) in [
        ("33.16", Kemendagri, "33.16"),
        (" 3316091011 ", Kemendagri, "33.16.09.1011"),
        ("3316", Bps, "33.16"),
        ("3316100", Bps, "33.16.09"),
        ("3316140", Bps, "33.16.12"),
        ("3316010001", Bps, "33.16.01.2001"),
        ("1103", Bps, "11.01"),
    ] {
        assert_eq!(tree().resolve_code(text, system).unwrap().to_string(), expected, "{text} {system}");
    }
    for (text, system, part) in [
        ("3316100", Kemendagri, "looks like one of BPS, where it is Kecamatan Blora"),
        ("331609", Bps, "looks like one of Kemendagri, where it is Kecamatan Blora"),
        ("3316010001", Kemendagri, "looks like one of BPS, where it is Desa Bangkleyan"),
        ("3316012001", Bps, "looks like one of Kemendagri, where it is Desa Bangkleyan"),
        ("9999999", Kemendagri, "looks like one of BPS"),
        ("33.16.99", Kemendagri, "the nearest above it is Kabupaten Blora"),
        ("3316999", Bps, "the nearest above it is Kabupaten Blora"),
        ("Blora", Kemendagri, "not a Kemendagri region code"),
        ("33.1", Kemendagri, "not a Kemendagri region code"),
        ("", Bps, "not a BPS region code"),
    ] {
        let error = tree().resolve_code(text, system).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert_eq!(tree().readings_of_code("1103"), [(Kemendagri, code("11.03")), (Bps, code("11.01"))]);
}

#[test]
fn the_kecamatan_of_blora_have_their_bps_codes() {
    let expected = [
        3_316_010, 3_316_020, 3_316_030, 3_316_040, 3_316_050, 3_316_060, 3_316_070, 3_316_090, 3_316_100,
        3_316_120, 3_316_110, 3_316_140, 3_316_150, 3_316_160, 3_316_080, 3_316_130,
    ];
    let found: Vec<u64> =
        tree().children(code("33.16")).map(|region| region.bps_code.unwrap().number()).collect();
    assert_eq!(found, expected);
    for region in tree().iter().filter(|region| region.bps_code.is_some()) {
        let bps = region.bps_code.unwrap().to_string();
        assert_eq!(tree().by_bps(&bps).unwrap().code, region.code);
        let digits = [2, 2, 4, 7, 10][region.level as usize];
        assert_eq!(bps.len(), digits, "{}", region.full_name());
    }
}

#[test]
fn an_edition_may_end_regions_and_bring_others() {
    let text = "@1\t2022-01-01\t2025-04-24\tLama\n@2\t2025-04-25\t\tBaru\n\
        91\tPapua\t94\n91.01\tKabupaten Lama\t+01\t1\t1\n91.02\tKabupaten Tetap\t+02\n93\tPapua Selatan\t\t2\n";
    let tree = RegionTree::parse(text).unwrap();
    assert_eq!((tree.len(), tree.editions().len()), (3, 2));
    let old = tree.get(code("91.01")).unwrap();
    assert_eq!(old.valid_to, Some(jiff::civil::date(2025, 4, 24)));
    assert!(!tree.contains(code("91.01")) && tree.by_bps("9401").is_none());
    assert_eq!(tree.get(code("93")).unwrap().legal_basis, "Baru");
    assert_eq!(tree.children(code("91")).map(|region| region.name).collect::<Vec<_>>(), ["Kabupaten Tetap"]);
    assert!(matches!(tree.find("Kab. Lama", None, RegionCode::COUNTRY), NameMatch::None { .. }));
    for (text, part) in [
        ("@1\t\t\tX\n33.16\tKabupaten Blora", "without its parent"),
        ("@1\t\t\tX\n34\tB\n33\tA", "not sorted"),
        ("@1\t\t\tX\n33\tA\n33.16\tBlora", "no known kind"),
        ("@1\t\t\tX\n33\tA\t\t7", "edition `7`"),
        ("33\tA", "before the first edition"),
        ("@1\t\t\tX\n33\tA\t333", "not a BPS code"),
        ("@1\t31-12-2025\t\tX", "31-12-2025"),
    ] {
        let error = RegionTree::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// The bounds are wide, so that a busy machine passes; the figures are printed for the one who reads.
#[test]
fn the_tree_is_small_and_quickly_read() {
    let start = Instant::now();
    let tree = table::read_embedded();
    let took = start.elapsed();
    let start = Instant::now();
    tree.name_index();
    tree.bps_index();
    println!("read in {took:?}, indexes in {:?}, {} KiB", start.elapsed(), tree.memory_bytes() / 1024);
    assert!(tree.memory_bytes() < 8 << 20, "{} bytes", tree.memory_bytes());
    assert!(took.as_millis() < 2_000, "{took:?}");
}

/// Compares with the list and the BPS crosswalk in the shared data, where that folder is.
#[test]
fn the_tree_equals_the_shared_list() {
    let root = std::env::var_os("PENDOPO_SHARED_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let path = root.join("admin/indonesia_wilayah.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("did not run: {} is not there", path.display());
        return;
    };
    let list = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let mut rows = 0;
    for (line, region) in list.lines().skip(1).zip(tree().iter()) {
        let (number, rest) = line.split_once(',').unwrap();
        let name = rest.rsplit_once(',').unwrap().0.trim_matches('"');
        assert_eq!((number, name), (region.code.to_string().as_str(), region.name));
        rows += 1;
    }
    assert_eq!((rows, list.lines().count()), (91_599, 91_600));

    let crosswalk = std::fs::read_to_string(root.join("admin/blora_kemendagri_bps_crosswalk.csv")).unwrap();
    let mut known = 0;
    for line in crosswalk.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if let Some(bps) = tree().get(code(fields[0])).unwrap().bps_code {
            assert_eq!(bps.to_string(), fields[3], "{line}");
            known += 1;
        }
    }
    println!("BPS codes of {known} of 295 villages are known, all as in the crosswalk");
    assert!(known >= 267, "{known}");
}
