//! The boundaries of some regions as a drawing for a map.

use super::{
    Level,
    store::{read_point_layers, read_topology},
};
use crate::widgets::{MapDrawing, MapName, MapPoints, MapShape};
use pendopo_figures::{DbError, Reader};
use pendopo_geography::{Drawing, Frame, Topology, draw_borders};
use pendopo_vocab::{RegionCode, RegionLevel, region_tree::RegionTree};

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct DrawOptions {
    /// The region that fills the drawing.
    pub parent: RegionCode,
    /// Units in the larger direction.
    pub longest: u32,
    /// Layers of points are drawn, too.
    pub points: bool,
}

/// A point of a border is drawn when it changes at least so many square units.
const COARSENESS: f64 = 4.0;

/// Draws `regions`, which lie in the parent and are of one level, and says what part of the plane the drawing shows;
/// `None` when no boundary of them is known.
///
/// # Errors
/// The database's.
pub fn draw(
    reader: &mut Reader<'_>,
    regions: &[RegionCode],
    options: DrawOptions,
) -> Result<Option<(MapDrawing, Frame)>, DbError> {
    let Some(level) = regions.first().map(|region| region.level()) else { return Ok(None) };
    let Some(topology) = find_topology(reader, options.parent, level)? else { return Ok(None) };
    let Some(frame) = Frame::around(&topology, options.longest) else { return Ok(None) };
    let drawing = Drawing::new(&topology, frame, COARSENESS);
    let shape = |region: &RegionCode| {
        let at = topology.regions.binary_search(region).ok()?;
        let outline = &drawing.outlines[at];
        Some(MapShape { path: outline.path.clone(), label: outline.label, label_width: outline.label_width })
    };
    let shapes: Vec<Option<MapShape>> = regions.iter().map(shape).collect();
    if shapes.iter().all(Option::is_none) {
        return Ok(None);
    }
    let (borders, names) = above(&topology, level, options.parent, frame);
    let points = if options.points { points(reader, frame)? } else { Vec::new() };
    let drawing = MapDrawing {
        width: frame.width,
        height: frame.height,
        shapes,
        borders,
        names,
        points,
        bar: scale_bar(frame),
        base: None,
    };
    Ok(Some((drawing, frame)))
}

/// The boundaries of a level within a region: as imported, or made from those of a finer level when all of its
/// regions are there.
fn find_topology(
    reader: &mut Reader<'_>,
    parent: RegionCode,
    level: RegionLevel,
) -> Result<Option<Topology>, DbError> {
    let mut at = Some(level);
    while let Some(finer) = at {
        let stored = match Level::of(finer) {
            Some(level) => read_topology(reader, level)?,
            None => None,
        };
        if let Some(stored) = stored {
            let within = stored.within(&parent.subtree());
            let whole = || {
                let mut all = RegionTree::embedded().descendants(parent, finer);
                all.all(|region| within.regions.binary_search(&region.code).is_ok())
            };
            if !within.regions.is_empty() && (finer == level || whole()) {
                return Ok(Some(if finer == level { within } else { within.dissolve(level) }));
            }
        }
        at = finer.child();
    }
    Ok(None)
}

/// Borders and names of the level above, when it lies between the regions drawn and their parent.
fn above(
    topology: &Topology,
    level: RegionLevel,
    parent: RegionCode,
    frame: Frame,
) -> (String, Vec<MapName>) {
    let between = RegionLevel::from_depth(level.depth() - 1).filter(|between| *between > parent.level());
    let Some(between) = between else { return (String::new(), Vec::new()) };
    let dissolved = topology.dissolve(between);
    let drawing = Drawing::new(&dissolved, frame, COARSENESS);
    let tree = RegionTree::embedded();
    let name = |outline: &pendopo_geography::Outline| {
        Some(MapName {
            text: tree.get(outline.region)?.name.to_owned(),
            at: (outline.label.0, outline.label.1 + 5),
        })
    };
    let names = drawing.outlines.iter().filter_map(name).collect();
    (draw_borders(&dissolved, frame, COARSENESS), names)
}

fn points(reader: &mut Reader<'_>, frame: Frame) -> Result<Vec<MapPoints>, DbError> {
    let layers = read_point_layers(reader)?.into_iter().map(|(name, points)| MapPoints {
        name,
        points: points
            .into_iter()
            .filter(|point| frame.shows(point.at))
            .map(|point| (point.name, frame.place(point.at)))
            .collect(),
    });
    Ok(layers.filter(|layer| !layer.points.is_empty()).collect())
}

/// A round length of about a sixth of the width.
fn scale_bar(frame: Frame) -> (u32, String) {
    let about = f64::from(frame.width) / 6.0 * frame.metres();
    let power = 10f64.powf(about.max(1.0).log10().floor());
    let step = [5.0, 2.0, 1.0].into_iter().find(|step| step * power <= about).unwrap_or(1.0);
    let metres = step * power;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred units")]
    let units = (metres / frame.metres()).round() as u32;
    let words =
        if metres >= 1000.0 { format!("{:.0} km", metres / 1000.0) } else { format!("{metres:.0} m") };
    (units, words)
}
