//! The drawing of a map of regions: areas in shades, borders and names of the regions above, marks of points.
//! Geometry comes ready in whole units; nothing here knows where it is from.

/// One region as drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapShape {
    /// `d` of its outline.
    pub path: String,
    /// A place well inside.
    pub label: (i32, i32),
    /// Units free for a name there.
    pub label_width: u32,
}

/// A name written into the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapName {
    /// The words.
    pub text: String,
    /// The middle of its base line.
    pub at: (i32, i32),
}

/// A layer of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapPoints {
    /// What they are.
    pub name: String,
    /// What each is called, and where it stands.
    pub points: Vec<(String, (i32, i32))>,
}

/// A tile of a base map, placed in whole hundredths of units so that neighbours meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseTile {
    /// Where it is.
    pub href: String,
    /// Western edge.
    pub left: i32,
    /// Northern edge.
    pub top: i32,
    /// To the eastern edge.
    pub width: i32,
    /// To the southern edge.
    pub height: i32,
}

impl BaseTile {
    /// Its place in units: left, top, width, height.
    pub fn place(&self) -> [f64; 4] {
        [self.left, self.top, self.width, self.height].map(|hundredths| f64::from(hundredths) / 100.0)
    }
}

/// What lies beneath the regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapBase {
    /// Its tiles.
    pub tiles: Vec<BaseTile>,
    /// They are pictures with a ground of their own, not drawings without one.
    pub pictures: bool,
    /// Whose data it is made of.
    pub attribution: Option<String>,
}

/// A drawing for the cells of a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MapDrawing {
    /// Width in units.
    pub width: u32,
    /// Height in units.
    pub height: u32,
    /// The region of each cell, in the order of the cells; `None` where its boundary is not known.
    pub shapes: Vec<Option<MapShape>>,
    /// `d` of the borders between regions of the level above, drawn over all; empty without.
    pub borders: String,
    /// Names of the regions above; empty when the cells' own names are written.
    pub names: Vec<MapName>,
    /// Points drawn on top.
    pub points: Vec<MapPoints>,
    /// Length of the scale bar in units, and what it is.
    pub bar: (u32, String),
    /// The base map beneath, if there is one.
    pub base: Option<MapBase>,
}

/// Units that a letter of a name takes, about.
const LETTER: u32 = 10;

/// The mark of each layer of points in turn: a shape each, so that colour is not needed.
const MARKS: [&str; 4] =
    ["M-7-7h14v14h-14z", "M0-9 9 7h-18z", "M0-10 10 0 0 10-10 0z", "M-3-9h6v6h6v6h-6v6h-6v-6h-6v-6h6z"];

impl MapDrawing {
    /// The names that fit: of the cells, unless those of the regions above are given.
    pub fn fitting<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Vec<MapName> {
        if !self.names.is_empty() {
            return self.names.clone();
        }
        let fits = |(name, shape): (&str, &Option<MapShape>)| {
            let shape = shape.as_ref()?;
            let letters = u32::try_from(name.chars().count()).unwrap_or(u32::MAX);
            let room = shape.label_width >= letters.saturating_mul(LETTER);
            room.then(|| MapName { text: name.to_owned(), at: (shape.label.0, shape.label.1 + 5) })
        };
        cells.zip(&self.shapes).filter_map(fits).collect()
    }

    /// Whether the boundary of this cell is known.
    pub fn draws(&self, cell: usize) -> bool {
        self.shapes.get(cell).is_some_and(Option::is_some)
    }

    /// The layers of points, each with `d` of its mark.
    pub fn layers(&self) -> impl Iterator<Item = (&MapPoints, &'static str)> {
        self.points.iter().zip(MARKS.iter().copied().cycle())
    }
}

impl MapDrawing {
    /// Made-up areas in rows, for the pattern page: the last one has no boundary.
    pub fn sample(count: usize) -> MapDrawing {
        const ACROSS: usize = 4;
        let shape = |nth: usize| {
            let at = |of: usize, size: i32| i32::try_from(of).unwrap_or(0) * size + 20;
            let (x, y) = (at(nth % ACROSS, 240), at(nth / ACROSS, 150));
            MapShape {
                path: format!("M{x} {y}l120-12 120 12-14 70 14 80-120 10-120-10 14-80z"),
                label: (x + 120, y + 75),
                label_width: 220,
            }
        };
        let rows = u32::try_from(count.div_ceil(ACROSS)).unwrap_or(1);
        MapDrawing {
            width: 1000,
            height: rows * 150 + 40,
            shapes: (0..count).map(|nth| (nth + 1 < count).then(|| shape(nth))).collect(),
            points: vec![
                MapPoints { name: "A".to_owned(), points: vec![("A1".to_owned(), (160, 130))] },
                MapPoints { name: "B".to_owned(), points: vec![("B1".to_owned(), (420, 280))] },
            ],
            bar: (150, "10 km".to_owned()),
            ..MapDrawing::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_fit_are_written() {
        let shape = |label_width| Some(MapShape { path: String::new(), label: (10, 20), label_width });
        let drawing = MapDrawing { shapes: vec![shape(100), shape(10), None], ..MapDrawing::default() };
        let names = drawing.fitting(["Cepu", "Randublatung", "Jati"].into_iter());
        assert_eq!(names, [MapName { text: "Cepu".to_owned(), at: (10, 25) }]);
    }
}
