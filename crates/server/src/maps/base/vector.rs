//! A vector tile (MVT) as a small picture: one path for each ink. The file may come from anywhere, so whatever it
//! holds is counted before it is drawn, and its numbers are never trusted.

use super::style::{Ink, Kind, ink_of};
use fast_mvt::{MvtReaderRef, MvtValueRef, proto::GeomType};
use pendopo_geography::{write_line, write_ring};
use std::fmt::Write;

/// Units along the side of a drawn tile.
pub const SIDE: u16 = 1024;

/// Features of a tile at most.
const MOST_FEATURES: usize = 100_000;
/// Numbers that their geometry is written in at most, of those that are drawn.
const MOST_NUMBERS: usize = 1_000_000;
/// The largest picture, in bytes.
pub const MOST_SVG: usize = 2 * 1024 * 1024;
/// Farther out than this nothing is seen; keeps what is written short.
const FAR: f64 = 4096.0;

/// A tile without anything on it.
pub const EMPTY: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1024 1024\"/>";

/// Draws a tile.
///
/// # Errors
/// In words: why it is not drawn.
pub fn draw(data: &[u8], zoom: u8) -> Result<String, String> {
    let tile = MvtReaderRef::new(data).map_err(|error| error.to_string())?;
    let features: usize = tile.layers().map(|layer| layer.feature_count()).sum();
    if features > MOST_FEATURES {
        return Err(format!("{features} features, more than {MOST_FEATURES}"));
    }
    let mut sheet = Sheet::default();
    for layer in tile.layers() {
        let scale = f64::from(SIDE) / f64::from(layer.extent().max(1));
        for feature in layer.features() {
            let area = match feature.geom_type() {
                Some(GeomType::Polygon) => true,
                Some(GeomType::Linestring) => false,
                _ => continue,
            };
            let kind = kind_of(feature.properties().filter_map(Result::ok));
            if let Some(ink) = ink_of(layer.name(), kind, area, zoom) {
                sheet.trace(feature.geometry_commands(), area, scale, ink)?;
            }
        }
    }
    Ok(sheet.svg())
}

fn kind_of<'a>(properties: impl Iterator<Item = (&'a str, MvtValueRef<'a>)>) -> Kind<'a> {
    let mut kind = Kind::default();
    for (key, value) in properties {
        match (key, value) {
            ("kind" | "class" | "pmap:kind", MvtValueRef::String(word)) => kind.kind = word,
            ("kind_detail" | "subclass" | "pmap:kind_detail", MvtValueRef::String(word)) => {
                kind.detail = word
            }
            ("rail", MvtValueRef::Bool(is)) => kind.rail = is,
            _ => {}
        }
    }
    kind
}

/// What was drawn so far: `d` of the path of each ink.
#[derive(Default)]
struct Sheet {
    paths: [String; Ink::ALL.len()],
    numbers: usize,
    bytes: usize,
}

impl Sheet {
    /// Adds the lines or rings of a feature. Commands are read here and not by the library, which would sum up
    /// areas that may overflow.
    fn trace(&mut self, commands: &[u32], area: bool, scale: f64, ink: Ink) -> Result<(), String> {
        self.numbers += commands.len();
        if self.numbers > MOST_NUMBERS {
            return Err(format!("geometry of more than {MOST_NUMBERS} numbers"));
        }
        let path = &mut self.paths[ink as usize];
        let before = path.len();
        let mut pen = Pen { at: (0, 0), scale, line: Vec::new(), area };
        let mut rest = commands;
        while let Some((command, after)) = rest.split_first() {
            let (kind, count) = (command & 7, (command >> 3) as usize);
            let length = if kind == 7 { 0 } else { count.saturating_mul(2) };
            let Some((places, after)) = after.split_at_checked(length) else {
                return Err("geometry that ends too early".to_owned());
            };
            match kind {
                1 => places.chunks_exact(2).for_each(|step| pen.jump(step, path)),
                2 => places.chunks_exact(2).for_each(|step| pen.go(step)),
                7 => pen.put(path),
                _ => return Err(format!("geometry with the unknown command {kind}")),
            }
            rest = after;
        }
        pen.put(path);
        self.bytes += path.len() - before;
        if self.bytes > MOST_SVG { Err(format!("a picture of more than {MOST_SVG} bytes")) } else { Ok(()) }
    }

    fn svg(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\" preserveAspectRatio=\"none\" \
             stroke-linejoin=\"round\">"
        );
        // In the order of the inks: land, waters, the rest.
        for inks in Ink::ALL.chunk_by(|one, other| one.is_water() == other.is_water()) {
            let together = inks[0].is_water() && inks.iter().any(|ink| !self.path(*ink).is_empty());
            svg.push_str(if together { "<g opacity=\".45\">" } else { "" });
            for ink in inks.iter().filter(|ink| !self.path(**ink).is_empty()) {
                let _ = write!(svg, "<path {} d=\"{}\"/>", ink.attributes(), self.path(*ink));
            }
            svg.push_str(if together { "</g>" } else { "" });
        }
        svg.push_str("</svg>");
        svg
    }

    fn path(&self, ink: Ink) -> &str {
        &self.paths[ink as usize]
    }
}

/// Follows one feature.
struct Pen {
    /// In units of the tile.
    at: (i32, i32),
    scale: f64,
    /// In units of the picture.
    line: Vec<(i32, i32)>,
    area: bool,
}

impl Pen {
    fn go(&mut self, step: &[u32]) {
        let [east, south] = [0, 1].map(|nth| step.get(nth).map_or(0, |number| signed(*number)));
        self.at = (self.at.0.saturating_add(east), self.at.1.saturating_add(south));
        #[expect(clippy::cast_possible_truncation, reason = "clamped to some thousand units")]
        let place = |at: i32| (f64::from(at) * self.scale).clamp(-FAR, FAR).round() as i32;
        let place = (place(self.at.0), place(self.at.1));
        if self.line.last() != Some(&place) {
            self.line.push(place);
        }
    }

    fn jump(&mut self, step: &[u32], path: &mut String) {
        self.put(path);
        self.go(step);
    }

    /// Ends the line or ring and writes it, unless it is too small to be seen.
    fn put(&mut self, path: &mut String) {
        if self.area && self.line.len() > 1 && self.line.first() == self.line.last() {
            self.line.pop();
        }
        match (self.area, self.line.len()) {
            (true, 3..) => write_ring(&self.line, path),
            (false, 2..) => write_line(&self.line, path),
            _ => {}
        }
        self.line.clear();
    }
}

/// A number as MVT writes those that may be negative: zigzag.
fn signed(number: u32) -> i32 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fast_mvt::{MvtGeomType, MvtLayerBuilder};
    use proptest::prelude::*;

    fn place(x: i32, y: i32) -> fast_mvt::MvtCoord {
        fast_mvt::MvtCoord { x, y }
    }

    fn tile() -> Vec<u8> {
        let mut lake = MvtLayerBuilder::new("water").unwrap().feature_of(MvtGeomType::Polygon);
        lake.ring([place(0, 0), place(400, 0), place(400, 400), place(0, 400)], true).unwrap();
        lake.tag("kind", "lake").unwrap();
        let mut road = lake.end().layer("roads").unwrap().feature_of(MvtGeomType::LineString);
        road.line([place(-80, 2048), place(4176, 2048)]).unwrap();
        road.tag("kind", "highway").unwrap();
        let mut name = road.end().layer("places").unwrap().feature_of(MvtGeomType::Point);
        name.points([place(9, 9)]).unwrap();
        name.tag("name", "<script>").unwrap();
        name.end().encode()
    }

    #[test]
    fn a_tile_becomes_one_path_for_each_ink_and_nothing_else() {
        let svg = draw(&tile(), 10).unwrap();
        assert!(
            svg.contains(&format!("<path {} d=\"M0 0l100 0 0 100-100 0z\"/>", Ink::Water.attributes())),
            "{svg}"
        );
        assert!(svg.contains(&format!("<path {} d=\"M-20 512l1064 0\"/>", Ink::Major.attributes())), "{svg}");
        assert_eq!(svg.matches("<path").count(), 2, "{svg}");
        assert!(!svg.contains("script") && !svg.contains("style"), "{svg}");
        assert!(
            !draw(&tile(), 4).unwrap().contains(Ink::Major.attributes()),
            "roads at a zoom of continents"
        );
    }

    /// A layer `water` with one polygon of these commands, written by hand: the library would not write them.
    fn with_commands(commands: &[u32]) -> Vec<u8> {
        fn field(number: u8, content: &[u8]) -> Vec<u8> {
            [&[number << 3 | 2][..], &varint(content.len() as u64), content].concat()
        }
        let numbers: Vec<u8> = commands.iter().flat_map(|number| varint(u64::from(*number))).collect();
        let feature = [&[0x18, 3][..], &field(4, &numbers)].concat();
        let layer = [field(1, b"water"), field(2, &feature), vec![0x78, 2]].concat();
        field(3, &layer)
    }

    fn varint(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    #[test]
    fn hostile_geometry_is_refused_or_harmless() {
        let square = [9, 0, 0, 26, 200, 0, 0, 200, 199, 0, 15];
        assert!(draw(&with_commands(&square), 10).unwrap().contains("M0 0l25 0 0 25-25 0z"));
        let far = [9, u32::MAX, u32::MAX, 26, u32::MAX - 1, 0, 0, u32::MAX - 1, u32::MAX, u32::MAX, 15];
        assert!(draw(&with_commands(&far), 10).is_ok(), "the ends of the numbers");
        for (commands, why) in [
            (vec![(0x1fff_ffff << 3) | 1, 0, 0], "ends too early"),
            (vec![9, 0], "ends too early"),
            (vec![9, 0, 0, 4], "unknown command 4"),
            (vec![9; MOST_NUMBERS + 1], "more than 1000000 numbers"),
        ] {
            let said = draw(&with_commands(&commands), 10).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let zigzag: Vec<u32> = [9, 0, 0]
            .into_iter()
            .chain([(300_000 << 3) | 2])
            .chain((0..600_000).map(|nth| 4000 + nth % 5 * 999))
            .collect();
        let drawn = draw(&with_commands(&zigzag), 10);
        assert!(drawn.as_ref().is_err_and(|said| said.contains("bytes")) || drawn.unwrap().len() <= MOST_SVG);
        assert!(draw(b"not a tile", 10).is_err());
        let many: Vec<u8> = {
            let features = [0x12, 0].repeat(MOST_FEATURES + 1);
            let layer = [vec![0x0a, 1, b'x'], features, vec![0x78, 2]].concat();
            [&[0x1a][..], &varint(layer.len() as u64), &layer].concat()
        };
        assert!(draw(&many, 10).unwrap_err().contains("100001 features"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_drawn_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            at in 0usize..80,
            with in any::<u8>(),
        ) {
            let _ = draw(&bytes, 14);
            let mut damaged = tile();
            let at = at % damaged.len();
            damaged[at] = with;
            let _ = draw(&damaged, 14);
        }

        #[test]
        fn any_commands_are_drawn_or_refused(commands in proptest::collection::vec(any::<u32>(), 0..60)) {
            let _ = draw(&with_commands(&commands), 14);
        }
    }
}
