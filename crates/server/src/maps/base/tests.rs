//! The base map from real files, made here: a vector one, one of pictures, damaged ones, hostile ones.

use super::{Base, SVG, file::TileFile, plain, vector};
use crate::config::MapsConfig;
use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder};
use pendopo_geography::{Frame, ImportOptions, import};
use pmtiles::{Compression, PmTilesWriter, TileCoord, TileType};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nonly its beginning";

fn at(z: u8, x: u32, y: u32) -> TileCoord {
    TileCoord::new(z, x, y).unwrap()
}

/// A road across the tile.
fn road() -> Vec<u8> {
    let mut road = MvtLayerBuilder::new("roads").unwrap().feature_of(MvtGeomType::LineString);
    road.line([MvtCoord { x: 0, y: 2048 }, MvtCoord { x: 4096, y: 2048 }]).unwrap();
    road.tag("kind", "highway").unwrap();
    road.end().encode()
}

/// Writes a file with these tiles around 111.2 E, 7.2 S.
fn write(
    folder: &TempDir,
    kind: TileType,
    tiles: &[(TileCoord, &[u8])],
    change: impl FnOnce(PmTilesWriter) -> PmTilesWriter,
) -> PathBuf {
    let path = folder.path().join("dasar.pmtiles");
    let writer = PmTilesWriter::new(kind)
        .min_zoom(0)
        .max_zoom(14)
        .bounds(111.0, -7.5, 111.7, -6.8)
        .metadata(r#"{"attribution":"<a href=\"https://x.example\">&copy; Peta &amp; Warga</a>"}"#);
    let mut file = change(writer).create(std::fs::File::create(&path).unwrap()).unwrap();
    for (at, data) in tiles {
        file.add_tile(*at, data).unwrap();
    }
    file.finalize().unwrap();
    path
}

fn open(path: &Path) -> anyhow::Result<Base> {
    Base::open(&MapsConfig { base: Some(path.to_owned()), attribution: None })
}

fn refusal(path: &Path) -> String {
    format!("{:#}", open(path).err().unwrap())
}

/// A square of a tenth of a degree from 111.2 E, 7.2 S.
fn frame() -> Frame {
    let ring = "[[111.2,-7.2],[111.3,-7.2],[111.3,-7.1],[111.2,-7.1],[111.2,-7.2]]";
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":\
         {{\"kode\":\"33.16.01.2001\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{ring}]}}}}]}}"
    );
    let read = import(text.as_bytes(), &ImportOptions::within("33.16".parse().unwrap())).unwrap();
    Frame::around(&read.topology, 1000).unwrap()
}

#[test]
fn vector_tiles_are_drawn_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, TileType::Mvt, &[(at(10, 828, 532), &road())], |writer| writer);
    let base = open(&path).unwrap();
    let map = base.0.as_ref().unwrap();
    for _ in 0..2 {
        let (svg, kind) = map.tile(at(10, 828, 532));
        assert_eq!(kind, SVG);
        assert!(std::str::from_utf8(&svg).unwrap().contains("M0 512l1024 0"), "{svg:?}");
    }
    assert_eq!(map.tile(at(10, 0, 0)).0, vector::EMPTY, "none there");
    let beneath = base.beneath(&frame()).unwrap();
    assert!((4..=16).contains(&beneath.tiles.len()) && !beneath.pictures);
    assert_eq!(beneath.attribution.as_deref(), Some("© Peta & Warga"));
    let version = &map.file.info().version;
    assert!(beneath.tiles.iter().all(|tile| tile.href.ends_with(&format!("?v={version}"))), "{beneath:?}");
    let (line, named) = base.describe().unwrap();
    assert!(named && line.contains("Mvt") && line.contains("0–14"), "{line}");
}

#[test]
fn pictures_are_given_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, media) in [
        (TileType::Png, "image/png"),
        (TileType::Jpeg, "image/jpeg"),
        (TileType::Webp, "image/webp"),
        (TileType::Avif, "image/avif"),
    ] {
        let path = write(&folder, kind, &[(at(10, 828, 532), PNG)], |writer| writer);
        let base = open(&path).unwrap();
        let map = base.0.as_ref().unwrap();
        assert_eq!(map.tile(at(10, 828, 532)), (PNG.into(), media));
        assert_eq!(map.tile(at(10, 1, 1)).1, SVG, "nothing is an empty drawing");
        assert!(base.beneath(&frame()).unwrap().pictures);
    }
}

#[test]
fn a_map_elsewhere_has_no_base() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, TileType::Mvt, &[(at(10, 828, 532), &road())], |writer| {
        writer.bounds(95.0, 1.0, 96.0, 2.0)
    });
    assert_eq!(open(&path).unwrap().beneath(&frame()), None);
    assert_eq!(Base::open(&MapsConfig { base: None, attribution: None }).unwrap().beneath(&frame()), None);
}

#[test]
fn what_cannot_be_used_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("tidak-ada.pmtiles");
    let said = refusal(&missing);
    assert!(said.contains("maps.base = ") && said.contains("cannot be opened"), "{said}");
    assert!(refusal(folder.path()).contains("it is no file"));
    let path = folder.path().join("lain.pmtiles");
    std::fs::write(&path, b"SQLite format 3\0").unwrap();
    assert!(refusal(&path).contains("no PMTiles file"));
    std::fs::write(&path, b"").unwrap();
    assert!(refusal(&path).contains("damaged"));

    let good = std::fs::read(write(&folder, TileType::Mvt, &[(at(10, 828, 532), &road())], |writer| writer))
        .unwrap();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        refusal(&path)
    };
    let length = good.len();
    let said = with(&|bytes| bytes.truncate(length - 1));
    assert!(said.contains("cut short"), "{said}");
    assert!(with(&|bytes| bytes.truncate(100)).contains("damaged"));
    assert!(with(&|bytes| bytes[7] = 9).contains("another version"));
    for (byte, value, words) in [
        (97, 4, "packed by Zstd"),
        (98, 3, "packed by Brotli"),
        (98, 0, "packed by Unknown"),
        (98, 77, "packed by"),
        (99, 0, "of a kind that is not read"),
        (99, 6, "of a kind that is not read"),
        (99, 88, "of a kind that is not read"),
        (100, 20, "its least zoom is 20"),
    ] {
        let said = with(&|bytes| bytes[byte] = value);
        assert!(said.contains(words), "byte {byte} = {value}: {said}");
    }
    let open_text = write(&folder, TileType::Mvt, &[(at(10, 828, 532), &road())], |writer| {
        writer.internal_compression(Compression::None)
    });
    let mut bytes = std::fs::read(&open_text).unwrap();
    let description = bytes.windows(5).position(|part| part == b"{\"att").unwrap();
    bytes[description] = b'[';
    std::fs::write(&open_text, bytes).unwrap();
    let said = refusal(&open_text);
    assert!(said.contains("its description is no JSON"), "{said}");
}

#[test]
fn hostile_tiles_are_empty() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = vec![0; usize::try_from(super::file::MOST_UNPACKED).unwrap() + 1];
    let path = write(
        &folder,
        TileType::Mvt,
        &[
            (at(10, 1, 1), &bomb),
            (at(10, 2, 1), b"no tile"),
            (at(10, 3, 1), &road()),
            (at(10, 4, 1), &road()),
        ],
        |writer| writer,
    );
    let base = open(&path).unwrap();
    let map = base.0.as_ref().unwrap();
    assert!(TileFile::open(&path).unwrap().read(at(10, 1, 1)).is_err(), "more than is read");
    assert_eq!(map.tile(at(10, 1, 1)).0, vector::EMPTY);
    assert_eq!(map.tile(at(10, 2, 1)).0, vector::EMPTY);
    assert_ne!(map.tile(at(10, 3, 1)).0, vector::EMPTY);
    // Cut short in place while it is open.
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert_eq!(map.tile(at(10, 4, 1)).0, vector::EMPTY);
    assert_ne!(map.tile(at(10, 3, 1)).0, vector::EMPTY, "drawn before");
}

#[test]
fn an_attribution_is_text() {
    for (html, wanted) in [
        ("<a href='https://o.example'>&copy; OpenStreetMap</a> contributors", "© OpenStreetMap contributors"),
        ("  Peta \n dasar\u{7} ", "Peta dasar"),
        ("<script>alert(1)", "alert(1)"),
        ("a &amp;lt;b&gt; c", "a &lt;b&gt; c"),
        ("<never ends", ""),
    ] {
        assert_eq!(plain(html), wanted);
    }
    assert_eq!(plain(&"x".repeat(1000)).len(), 300);
}
