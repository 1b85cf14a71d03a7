//! From the bytes of a file to regions with shared borders, and to what was wrong with it.

use crate::{
    check::outlines,
    faces::part,
    file::{self, Layer},
    finding::{Finding, Refusal},
    join::{self, Joined, JoinedBy, Unmatched, properties},
    noding::node,
    simplify::rank,
    topology::Topology,
};
use pendopo_vocab::{
    RegionCode, RegionLevel,
    region_tree::{CodeSystem, RegionTree},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// How much is read.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Features of a layer.
    pub max_features: usize,
    /// Points of a layer.
    pub max_points: usize,
}

impl Default for Limits {
    /// All desa of a province in full: 64 MiB, 20,000 features, two million points.
    fn default() -> Limits {
        Limits { max_bytes: 64 << 20, max_features: 20_000, max_points: 2_000_000 }
    }
}

/// What a file is taken for.
#[derive(Debug, Clone)]
pub struct ImportOptions<'a> {
    /// The level of its regions; found out when left out.
    pub level: Option<RegionLevel>,
    /// The center's region: what lies elsewhere is left out.
    pub within: RegionCode,
    /// Layer of a TopoJSON file with several.
    pub layer: Option<&'a str>,
    /// Property with codes; found out when left out.
    pub code: Option<&'a str>,
    /// Whose codes; found out when left out.
    pub system: Option<CodeSystem>,
    /// Property with names, when there are no codes.
    pub name: Option<&'a str>,
    /// Property that says in what a named region lies.
    pub parent: Option<&'a str>,
    /// How much is read.
    pub limits: Limits,
}

impl ImportOptions<'_> {
    /// Everything is found out from the file.
    pub fn within(within: RegionCode) -> ImportOptions<'static> {
        ImportOptions {
            level: None,
            within,
            layer: None,
            code: None,
            system: None,
            name: None,
            parent: None,
            limits: Limits::default(),
        }
    }
}

/// What a file gave.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The regions and their borders.
    pub topology: Topology,
    /// Their level.
    pub level: RegionLevel,
    /// How they were matched.
    pub by: JoinedBy,
    /// Features in the file.
    pub features: usize,
    /// Points in the file, borders between two counted twice.
    pub points_read: usize,
    /// Features that name no region.
    pub unmatched: Vec<Unmatched>,
    /// Features that name a region elsewhere.
    pub elsewhere: usize,
    /// Regions of the center without a feature.
    pub missing: Vec<RegionCode>,
    /// What was repaired or kept aside.
    pub findings: Vec<Finding>,
}

/// Reads boundaries of regions.
///
/// # Errors
/// [`Refusal`], when nothing of the file can be used or it would have to be guessed what it means.
pub fn import(bytes: &[u8], options: &ImportOptions<'_>) -> Result<Imported, Refusal> {
    let file = file::read(bytes, &options.limits)?;
    let (layer, joined) = choose(file.layers, options)?;
    let mut findings = Vec::new();
    // Projections first: a file in metres with unknown names is above all in metres.
    let outlines = outlines(&layer.features, &file.crs, &mut findings)?;
    let joined = joined
        .ok_or_else(|| Refusal::NoKey { level: options.level, properties: properties(&layer.features) })?;
    let mut by_region: BTreeMap<RegionCode, Vec<usize>> = BTreeMap::new();
    let (mut unmatched, mut elsewhere) = (Vec::new(), 0);
    for (index, region) in joined.regions.into_iter().enumerate() {
        match region {
            Ok(region) if options.within.contains(region) => by_region.entry(region).or_default().push(index),
            Ok(_) => elsewhere += 1,
            Err(one) => unmatched.push(one),
        }
    }
    by_region.retain(|_, features| {
        features.retain(|index| outlines.binary_search_by_key(index, |outline| outline.index).is_ok());
        !features.is_empty()
    });
    if by_region.is_empty() {
        return Err(Refusal::NotHere { matched: elsewhere, center: options.within });
    }
    let regions: Vec<RegionCode> = by_region.keys().copied().collect();
    // By feature: the region, if it is one of ours.
    let mut region_of: Vec<Option<u32>> = vec![None; layer.features.len()];
    let repeated: Vec<usize> = by_region.values().map(Vec::len).filter(|count| *count > 1).collect();
    if !repeated.is_empty() {
        findings.push(Finding::Repeated { regions: repeated.len(), features: repeated.iter().sum() });
    }
    for (number, features) in (0u32..).zip(by_region.values()) {
        for index in features {
            region_of[*index] = Some(number);
        }
    }
    let used: Vec<_> = outlines.iter().filter(|outline| region_of[outline.index].is_some()).collect();
    let rings = (0u32..)
        .zip(&used)
        .flat_map(|(number, outline)| outline.rings.iter().map(move |ring| (number, ring.as_slice())));
    let noded = node(rings)?;
    for chunk in noded.crossings.chunk_by(|one, other| one.of == other.of) {
        let feature = &layer.features[used[chunk[0].of as usize].index];
        let feature = crate::check::name_of(feature);
        findings.push(Finding::SelfIntersection { feature, at: chunk[0].at, times: chunk.len() });
    }
    let points_read = used.iter().flat_map(|outline| &outline.rings).map(Vec::len).sum();
    let regions_of_outlines: Vec<u32> = used.iter().filter_map(|outline| region_of[outline.index]).collect();
    let mut topology = part(&noded.pieces, regions.clone(), &regions_of_outlines, &mut findings);
    rank(&mut topology);
    // Faces come in no order of their own.
    findings.sort_by_key(|finding| format!("{finding:?}"));
    let expected = RegionTree::embedded().descendants(options.within, joined.level).map(|region| region.code);
    let missing = expected.filter(|code| regions.binary_search(code).is_err()).collect();
    Ok(Imported {
        topology,
        level: joined.level,
        by: joined.by,
        features: layer.features.len(),
        points_read,
        unmatched,
        elsewhere,
        missing,
        findings,
    })
}

/// The layer that is meant, and its features' regions.
fn choose(layers: Vec<Layer>, options: &ImportOptions<'_>) -> Result<(Layer, Option<Joined>), Refusal> {
    let names: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    let mut layers: Vec<Layer> = match options.layer {
        Some(wanted) => layers.into_iter().filter(|layer| layer.name == wanted).collect(),
        None => layers,
    };
    if let (true, Some(wanted)) = (layers.is_empty(), options.layer) {
        return Err(Refusal::NoLayer { wanted: wanted.to_owned(), names });
    }
    if layers.len() > 1 && options.level.is_none() {
        return Err(Refusal::WhichLayer { names });
    }
    let joined = layers.drain(..).map(|layer| {
        let joined = join::join(&layer.features, options);
        let found: BTreeSet<_> = joined.iter().flat_map(|joined| joined.regions.iter().flatten()).collect();
        // Most regions, and of layers with as many the one that is of this level itself.
        ((found.len(), Reverse(layer.features.len())), layer, joined)
    });
    let best = joined.max_by_key(|(found, ..)| *found);
    best.map(|(_, layer, joined)| (layer, joined)).ok_or(Refusal::NoAreas)
}
