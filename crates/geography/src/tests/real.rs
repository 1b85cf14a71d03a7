//! Real boundaries, when the folder with them is there.

use super::{assert_sound, code};
use crate::{Drawing, Finding, Frame, ImportOptions, JoinedBy, Topology, import};
use flate2::{Compression, write::GzEncoder};
use pendopo_vocab::RegionLevel;
use std::{io::Write, path::PathBuf, time::Instant};

/// A file of the folder, or `None` where there is none.
fn file(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("PENDOPO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join("geo").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("did not run: {} is not there", path.display());
    }
    bytes
}

fn zipped(text: &str) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::new(6));
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap().len()
}

#[test]
fn the_villages_of_a_regency_come_in_whole() {
    for (name, clean) in [("blora_desa.geojson", true), ("blora_desa_original.geojson", false)] {
        let Some(bytes) = file(name) else { return };
        let started = Instant::now();
        let imported = import(&bytes, &ImportOptions::within(code("33.16"))).unwrap();
        let took = started.elapsed();
        let topology = &imported.topology;
        let packed = topology.encode().unwrap();
        println!(
            "{name}: {} bytes, {} points, {took:?}; {} arcs, {} points, {} bytes packed; {:?}",
            bytes.len(),
            imported.points_read,
            topology.arcs.len(),
            topology.points(),
            packed.len(),
            imported.findings
        );
        assert_eq!(imported.level, RegionLevel::Village);
        assert!(matches!(&imported.by, JoinedBy::Code(column) if column.property == "kode"));
        assert_eq!((topology.regions.len(), imported.unmatched.len(), imported.missing.len()), (295, 0, 0));
        assert_eq!(Topology::decode(&packed).unwrap(), *topology);
        let area: f64 = topology.areas().iter().sum::<f64>() / 1e6;
        assert!((area - 1957.3).abs() < 3.0, "{area} km²");
        let slivers = imported.findings.iter().any(|one| matches!(one, Finding::Gaps { .. }));
        assert_eq!(slivers, !clean);
        for rank in [0, 20, 26, 30, 34, 40, 60, 255] {
            let pieces = assert_sound(topology, rank);
            println!("  rank {rank}: {pieces} pieces of border");
        }
        let districts = topology.dissolve(RegionLevel::District);
        assert_eq!(districts.regions.len(), 16);
        assert_sound(&districts, 0);
        assert_sound(&districts, 34);
        assert_eq!(topology.dissolve(RegionLevel::Regency).rings(0)[0].len(), 1, "holes in the regency");
        for (longest, coarseness) in [(600, 2.0), (1000, 2.0), (1000, 4.0), (1600, 4.0)] {
            let frame = Frame::around(topology, longest).unwrap();
            let drawing = Drawing::new(topology, frame, coarseness);
            let text: String = drawing.outlines.iter().map(|one| one.path.as_str()).collect();
            println!(
                "  {longest} units, {coarseness}: {} bytes of paths, {} zipped",
                text.len(),
                zipped(&text)
            );
        }
    }
}

#[test]
fn every_level_and_format_is_recognised() {
    for (name, level, wanted, elsewhere) in [
        ("blora_kabupaten.geojson", None, RegionLevel::Regency, 0),
        ("blora_kecamatan.geojson", None, RegionLevel::District, 0),
        ("blora_tetangga_kabupaten.geojson", None, RegionLevel::Regency, 6),
        ("jateng_kabupaten.geojson", None, RegionLevel::Regency, 34),
        ("blora.topojson", Some(RegionLevel::Village), RegionLevel::Village, 0),
        ("blora.topojson", Some(RegionLevel::District), RegionLevel::District, 0),
        ("blora.topojson", Some(RegionLevel::Regency), RegionLevel::Regency, 0),
    ] {
        let Some(bytes) = file(name) else { return };
        let options = ImportOptions { level, ..ImportOptions::within(code("33.16")) };
        let imported = import(&bytes, &options).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let count = imported.topology.regions.len();
        println!("{name} {level:?}: {count} regions by {:?}, {:?}", imported.by, imported.findings);
        assert_eq!((imported.level, imported.elsewhere), (wanted, elsewhere), "{name}");
        assert_eq!(imported.missing, [], "{name}");
        assert_sound(&imported.topology, 0);
        assert_sound(&imported.topology, 40);
    }
}

#[test]
fn a_province_is_one_topology() {
    let Some(bytes) = file("jateng_kabupaten.geojson") else { return };
    let imported = import(&bytes, &ImportOptions::within(code("33"))).unwrap();
    assert_eq!(imported.topology.regions.len(), 35);
    for rank in [0, 30, 40, 50] {
        assert_sound(&imported.topology, rank);
    }
}
