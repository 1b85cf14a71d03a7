//! Each kind of bad file: refused with words that say what to do, or repaired with a word on what was wrong.

use super::{DESA, assert_sound, code, collection, feature, read, square};
use crate::{Finding, ImportOptions, JoinedBy, Limits, Refusal, import, import_points};
use pendopo_vocab::RegionLevel;

/// The refusal of a file, in words.
#[track_caller]
fn refused(text: &str, wanted: &str) {
    let refusal = read(text).expect_err("the file was accepted").to_string();
    assert!(refusal.contains(wanted), "`{refusal}` does not say `{wanted}`");
}

/// The areas in hundredths of a degree squared, by region, after an import.
fn areas(text: &str) -> (Vec<f64>, Vec<Finding>) {
    let imported = read(text).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_sound(&imported.topology, 0);
    let whole = 0.01 * 111_320.0 * 0.01 * 110_600.0 * 7.2f64.to_radians().cos();
    (
        imported.topology.areas().iter().map(|area| (area / whole * 100.0).round() / 100.0).collect(),
        imported.findings,
    )
}

#[test]
fn what_is_no_boundary_file_is_refused() {
    refused("", "not JSON");
    refused("PK\u{3}\u{4}", "not JSON");
    refused("[1,2,3]", "not JSON");
    refused("{\"a\":1}", "neither GeoJSON nor TopoJSON");
    refused("{\"type\":\"FeatureCollection\",\"features\":[]}", "no feature of the file has an area");
    refused("{\"type\":\"FeatureCollection\"", "not JSON");
    let cut = collection(&[feature(DESA[0], &square(0, 0))]);
    for end in (1..cut.len()).step_by(7) {
        assert!(read(&cut[..end]).is_err());
    }
    let deep =
        format!("{{\"type\":\"Polygon\",\"coordinates\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(&deep).is_err());
}

#[test]
fn empty_geometries_are_kept_aside_and_the_rest_comes_in() {
    let empties = [
        "null",
        "{\"type\":\"Polygon\",\"coordinates\":[]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[]]}",
        "{\"type\":\"MultiPolygon\",\"coordinates\":[]}",
        "{\"type\":\"Polygon\",\"coordinates\":[[[111.2,-7.2],[111.2,-7.2],[111.2,-7.2],[111.2,-7.2]]]}",
        "{\"type\":\"GeometryCollection\",\"geometries\":[]}",
    ];
    for empty in empties {
        let bad = format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{}\",\"nama\":\"Kosong\"}},\"geometry\":{empty}}}",
            DESA[1]
        );
        let (areas, findings) = areas(&collection(&[feature(DESA[0], &square(0, 0)), bad.clone()]));
        assert_eq!(areas, [1.0], "{empty}");
        assert!(
            matches!(&findings[..], [Finding::Empty { feature }] if feature.number == 2 && feature.name == "Kosong"),
            "{findings:?}"
        );
        refused(&collection(&[bad]), "no feature of the file has an area");
    }
}

#[test]
fn unreadable_geometries_are_kept_aside() {
    for (geometry, why) in [
        ("{\"type\":\"Polygon\",\"coordinates\":[[[\"a\",2],[1,2],[1,1]]]}", "invalid type"),
        ("{\"type\":\"Polygon\",\"coordinates\":[[[1]]]}", "two numbers"),
        ("{\"type\":\"Circle\",\"coordinates\":[1,2]}", "`Circle`"),
    ] {
        let bad = format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{}\"}},\"geometry\":{geometry}}}",
            DESA[1]
        );
        let (areas, findings) = areas(&collection(&[feature(DESA[0], &square(0, 0)), bad]));
        assert_eq!(areas, [1.0]);
        assert!(
            matches!(&findings[..], [Finding::Unreadable { why: found, .. }] if found.contains(why)),
            "{findings:?}"
        );
    }
    let point = format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{}\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[111.2,-7.2]}}}}",
        DESA[1]
    );
    let (_, findings) = areas(&collection(&[feature(DESA[0], &square(0, 0)), point]));
    assert!(matches!(&findings[..], [Finding::NotAnArea { .. }]), "{findings:?}");
}

#[test]
fn clockwise_rings_are_turned_and_holes_stay_holes() {
    let clockwise = "[[111.2,-7.2],[111.2,-7.19],[111.21,-7.19],[111.21,-7.2],[111.2,-7.2]]";
    let (found, findings) = areas(&collection(&[feature(DESA[0], clockwise)]));
    assert_eq!((found, findings), (vec![1.0], vec![Finding::Winding { features: 1 }]));
    // A hole that runs either way.
    for hole in [
        "[[111.202,-7.198],[111.208,-7.198],[111.208,-7.193],[111.202,-7.193],[111.202,-7.198]]",
        "[[111.202,-7.198],[111.202,-7.193],[111.208,-7.193],[111.208,-7.198],[111.202,-7.198]]",
    ] {
        let ring = format!("{},{hole}", square(0, 0));
        let (found, findings) = areas(&collection(&[feature(DESA[0], &ring)]));
        assert_eq!(found, [0.7]);
        assert!(matches!(&findings[..], [Finding::Hole { .. }]), "{findings:?}");
        // Another region in the hole is an enclave.
        let (found, findings) = areas(&collection(&[feature(DESA[0], &ring), feature(DESA[1], hole)]));
        assert_eq!(found, [0.7, 0.3]);
        assert!(!findings.iter().any(|one| matches!(one, Finding::Hole { .. })), "{findings:?}");
    }
}

#[test]
fn a_border_that_crosses_itself_is_repaired_and_its_place_told() {
    let bow_tie = "[[111.2,-7.2],[111.21,-7.19],[111.21,-7.2],[111.2,-7.19],[111.2,-7.2]]";
    let (found, findings) = areas(&collection(&[feature(DESA[0], bow_tie)]));
    assert_eq!(found, [0.5]);
    let crossing = findings.iter().find_map(|one| match one {
        Finding::SelfIntersection { feature, at, times } => Some((feature.number, *at, *times)),
        _ => None,
    });
    let at = crate::Point::from_degrees(111.205, -7.195).unwrap();
    assert_eq!(crossing, Some((1, at, 1)), "{findings:?}");
    // A spike is no area.
    let spike = "[[111.2,-7.2],[111.21,-7.2],[111.21,-7.195],[111.3,-7.195],[111.21,-7.195],[111.21,-7.19],[111.2,-7.19],[111.2,-7.2]]";
    assert_eq!(areas(&collection(&[feature(DESA[0], spike)])).0, [1.0]);
}

#[test]
fn swapped_axes_are_put_right() {
    let swapped = "[[-7.2,111.2],[-7.19,111.2],[-7.19,111.21],[-7.2,111.21],[-7.2,111.2]]";
    let (found, findings) = areas(&collection(&[feature(DESA[0], swapped)]));
    assert_eq!(found, [1.0]);
    assert!(findings.contains(&Finding::AxesSwapped { features: 1 }), "{findings:?}");
    // Next to one that is right, too: both end where they belong.
    let (found, _) = areas(&collection(&[feature(DESA[0], swapped), feature(DESA[1], &square(1, 0))]));
    assert_eq!(found, [1.0, 1.0]);
}

#[test]
fn projected_coordinates_are_refused_with_what_to_do() {
    let utm = "[[523000.0,9204000.0],[524000.0,9204000.0],[524000.0,9205000.0],[523000.0,9204000.0]]";
    refused(&collection(&[feature(DESA[0], utm)]), "EPSG:4326");
    let mercator =
        "[[12378000.0,-804000.0],[12379000.0,-804000.0],[12379000.0,-803000.0],[12378000.0,-804000.0]]";
    let with_crs = format!(
        "{{\"type\":\"FeatureCollection\",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::3857\"}}}},\"features\":[{}]}}",
        feature(DESA[0], mercator)
    );
    refused(&with_crs, "urn:ogc:def:crs:EPSG::3857");
    // Unknown names besides do not hide it.
    refused(&collection(&[feature("x", utm)]), "EPSG:4326");
}

#[test]
fn what_lies_elsewhere_is_kept_aside() {
    let paris = "[[2.3,48.8],[2.4,48.8],[2.4,48.9],[2.3,48.8]]";
    refused(&collection(&[feature(DESA[0], paris)]), "outside Indonesia");
    let (found, findings) = areas(&collection(&[feature(DESA[0], &square(0, 0)), feature(DESA[1], paris)]));
    assert_eq!(found, [1.0]);
    assert!(
        matches!(&findings[..], [Finding::Elsewhere { feature, .. }] if feature.number == 2),
        "{findings:?}"
    );
    let other_regency = collection(&[feature("33.17.01.2001", &square(0, 0))]);
    refused(&other_regency, "none of them lies in 33.16");
}

#[test]
fn huge_files_are_refused() {
    let limits = Limits { max_bytes: 2000, max_features: 3, max_points: 12 };
    let options = ImportOptions { limits, ..ImportOptions::within(code("33.16")) };
    let features: Vec<String> =
        DESA.iter().zip(0..).map(|(desa, nth)| feature(desa, &square(nth, 0))).collect();
    let check = |text: &str, wanted: &str| {
        let refusal = import(text.as_bytes(), &options).expect_err("accepted").to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    };
    check(&"x".repeat(2001), "the file has 1 MiB");
    check(&collection(&features), "4 features; at most 3");
    check(&collection(&features[..3]), "more than 12 points");
    assert!(import(collection(&features[..2]).as_bytes(), &options).is_ok());
}

#[test]
fn overlaps_and_slivers_are_settled_and_told() {
    // The second begins 33 m too far west; between it and the two above, which meet, lie 5 m, closed in by the
    // first, which reaches up on the left, and by a tooth of the third on the right.
    let overlapping = "[[111.2097,-7.2],[111.22,-7.2],[111.22,-7.19],[111.2097,-7.19],[111.2097,-7.2]]";
    let above = "[[111.21,-7.18995],[111.2198,-7.18995],[111.22,-7.19],[111.22,-7.18],[111.21,-7.18],[111.21,-7.18995]]";
    let left = "[[111.2,-7.2],[111.21,-7.2],[111.21,-7.18],[111.2,-7.18],[111.2,-7.2]]";
    let (found, findings) =
        areas(&collection(&[feature(DESA[0], left), feature(DESA[1], overlapping), feature(DESA[2], above)]));
    let sum: f64 = found.iter().sum();
    assert!((sum - 4.0).abs() < 0.001, "{found:?}");
    assert!(findings.iter().any(|one| matches!(one, Finding::Overlaps { pieces: 1, .. })), "{findings:?}");
    assert!(findings.iter().any(|one| matches!(one, Finding::Gaps { pieces: 1, .. })), "{findings:?}");
    // The same region twice over is one.
    let (found, findings) =
        areas(&collection(&[feature(DESA[0], &square(0, 0)), feature(DESA[0], &square(1, 0))]));
    assert_eq!(found, [2.0]);
    assert_eq!(findings, [Finding::Repeated { regions: 1, features: 2 }]);
    // A region under another has nothing left, or all: never both.
    let (found, findings) =
        areas_with_nothing(&collection(&[feature(DESA[0], &square(0, 0)), feature(DESA[1], &square(0, 0))]));
    assert_eq!(found, 1.0, "{findings:?}");
    assert!(findings.iter().any(|one| matches!(one, Finding::Vanished { .. })), "{findings:?}");
}

fn areas_with_nothing(text: &str) -> (f64, Vec<Finding>) {
    let imported = read(text).unwrap();
    let whole = 0.01 * 111_320.0 * 0.01 * 110_600.0 * 7.2f64.to_radians().cos();
    ((imported.topology.areas().iter().sum::<f64>() / whole * 100.0).round() / 100.0, imported.findings)
}

fn with_properties(properties: &str, nth: i32) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{}]}}}}",
        square(nth, 0)
    )
}

#[test]
fn codes_of_any_spelling_and_system_are_found() {
    let check = |properties: [&str; 2], level, wanted: [&str; 2]| {
        let text = collection(&[with_properties(properties[0], 0), with_properties(properties[1], 1)]);
        let imported = read(&text).unwrap_or_else(|refusal| panic!("{properties:?}: {refusal}"));
        assert_eq!(imported.level, level, "{properties:?}");
        assert_eq!(imported.topology.regions, wanted.map(code), "{properties:?}");
        imported.by
    };
    let village = RegionLevel::Village;
    let two = ["33.16.01.2001", "33.16.01.2002"];
    check(["\"KODE_DESA\":\"33.16.01.2001\"", "\"KODE_DESA\":\"33.16.01.2002\""], village, two);
    check(["\"KDEPUM\":\"3316012001\"", "\"KDEPUM\":\"3316012002\""], village, two);
    check(["\"kode\":3316012001", "\"kode\":3316012002"], village, two);
    check(["\"kode\":3316012001.0", "\"kode\":3316012002.0"], village, two);
    check(["\"kec\":\"331601\"", "\"kec\":\"331602\""], RegionLevel::District, ["33.16.01", "33.16.02"]);
    // Kecamatan 15 of the ministry is 080 of the statistics office.
    let by =
        check(["\"KDCBPS\":3316080", "\"KDCBPS\":3316010"], RegionLevel::District, ["33.16.01", "33.16.15"]);
    assert!(
        matches!(by, JoinedBy::Code(column) if column.system == pendopo_vocab::region_tree::CodeSystem::Bps)
    );
    check(
        ["\"ADM3_PCODE\":\"ID3316080\"", "\"ADM3_PCODE\":\"ID3316010\""],
        RegionLevel::District,
        ["33.16.01", "33.16.15"],
    );
    // The finer of two codes is the feature's own.
    check(
        [
            "\"kab\":\"33.16\",\"kec\":\"33.16.01\",\"des\":\"33.16.01.2001\"",
            "\"kab\":\"33.16\",\"kec\":\"33.16.01\",\"des\":\"33.16.01.2002\"",
        ],
        village,
        two,
    );
}

#[test]
fn names_are_matched_within_their_parent_and_the_rest_is_listed() {
    let named = |desa: &str, kec: &str, nth| {
        with_properties(&format!("\"WADMKD\":\"{desa}\",\"WADMKC\":\"{kec}\""), nth)
    };
    let imported = read(&collection(&[
        named("DOPLANG", "JATI", 0),
        named("Kel. Cepu", "Cepu", 1),
        named("Karangjati", "Blora", 2),
        named("Atlantis", "Jati", 3),
    ]))
    .unwrap();
    let JoinedBy::Name { property, parent } = &imported.by else { panic!("{:?}", imported.by) };
    assert_eq!((property.as_str(), parent.as_deref()), ("WADMKD", Some("WADMKC")));
    assert_eq!(imported.topology.regions.len(), 3);
    assert_eq!(imported.missing.len(), 292);
    let [unmatched] = &imported.unmatched[..] else { panic!("{:?}", imported.unmatched) };
    assert_eq!((unmatched.feature.number, unmatched.feature.name.as_str()), (4, "Atlantis"));
    assert!(unmatched.why.contains("Jati"), "{}", unmatched.why);
    let nothing = collection(&[with_properties("\"luas\":12", 0)]);
    refused(&nothing, "the properties are luas");
}

#[test]
fn points_come_in_by_name_and_bad_ones_are_kept_aside() {
    let point = |name: &str, place: &str| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"nama\":\"{name}\",\"nik\":\"3316\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":{place}}}}}"
        )
    };
    let text = collection(&[
        point("Puskesmas Jepon", "[111.46,-6.98]"),
        point("RSUD", "[-6.97,111.42]"),
        point("Jauh", "[0,51]"),
    ]);
    let layer = import_points(text.as_bytes(), None, None).unwrap();
    let names: Vec<&str> = layer.points.iter().map(|point| point.name.as_str()).collect();
    assert_eq!(names, ["Puskesmas Jepon", "RSUD"]);
    assert_eq!(layer.points[1].at, crate::Point::from_degrees(111.42, -6.97).unwrap());
    assert_eq!(layer.findings.len(), 2, "{:?}", layer.findings);
    let metres = collection(&[point("x", "[523000,9204000]")]);
    assert!(matches!(import_points(metres.as_bytes(), None, None), Err(Refusal::Projected { .. })));
    let none = collection(&[feature(DESA[0], &square(0, 0))]);
    assert_eq!(import_points(none.as_bytes(), None, None), Err(Refusal::NoPoints));
}
