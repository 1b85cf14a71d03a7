//! Topologies in few bytes: differences between points as variable-length numbers, then deflate.

use crate::{
    point::Point,
    topology::{ALWAYS, Arc, Topology, check_shape},
};
use flate2::{Compression, bufread::ZlibDecoder, write::ZlibEncoder};
use pendopo_vocab::RegionCode;
use std::io::{Read, Write};

/// First bytes of the packed form; the last one is its version.
const MAGIC: [u8; 4] = [b'p', b'b', b't', 1];

/// Unpacked bytes at most: what is larger was not packed by this program.
const MAX_UNPACKED: u64 = 256 << 20;

/// The bytes are no topology.
#[derive(Debug, thiserror::Error)]
#[error("stored boundaries cannot be read: {0}")]
pub struct DecodeError(String);

fn wrong(why: impl ToString) -> DecodeError {
    DecodeError(why.to_string())
}

impl Topology {
    /// Packs it; the same topology gives the same bytes.
    ///
    /// # Errors
    /// Never in practice: writing to memory.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut out = Vec::new();
        put(&mut out, self.regions.len() as u64);
        let mut last = 0;
        for region in &self.regions {
            put_signed(&mut out, region.id() - last);
            last = region.id();
        }
        put(&mut out, self.arcs.len() as u64);
        for arc in &self.arcs {
            put(&mut out, arc.left.map_or(0, |side| u64::from(side) + 1));
            put(&mut out, arc.right.map_or(0, |side| u64::from(side) + 1));
            put(&mut out, arc.points.len() as u64);
        }
        // Alike next to alike packs better: all ranks, then all points.
        for arc in &self.arcs {
            out.extend_from_slice(&arc.ranks[1..arc.ranks.len() - 1]);
        }
        let mut last = Point { x: 0, y: 0 };
        for point in self.arcs.iter().flat_map(|arc| &arc.points) {
            put_signed(&mut out, i64::from(point.x) - i64::from(last.x));
            put_signed(&mut out, i64::from(point.y) - i64::from(last.y));
            last = *point;
        }
        let mut packer = ZlibEncoder::new(MAGIC.to_vec(), Compression::best());
        packer.write_all(&out).map_err(wrong)?;
        packer.finish().map_err(wrong)
    }

    /// Unpacks what [`Topology::encode`] packed.
    ///
    /// # Errors
    /// When the bytes are cut off, changed, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Topology, DecodeError> {
        let packed = bytes.strip_prefix(&MAGIC).ok_or_else(|| wrong("of another version"))?;
        let mut unpacked = Vec::new();
        ZlibDecoder::new(packed).take(MAX_UNPACKED).read_to_end(&mut unpacked).map_err(wrong)?;
        let mut from = unpacked.as_slice();
        let topology = read(&mut from).ok_or_else(|| wrong("cut off"))?;
        if !from.is_empty() {
            return Err(wrong("more than was expected"));
        }
        check_shape(&topology).map_err(wrong)?;
        Ok(topology)
    }
}

fn read(from: &mut &[u8]) -> Option<Topology> {
    let count = count(from, 1)?;
    let mut regions = Vec::with_capacity(count);
    let mut last = 0i64;
    for _ in 0..count {
        last = last.checked_add(take_signed(from)?)?;
        regions.push(RegionCode::from_id(last)?);
    }
    let arcs = self::count(from, 3)?;
    let mut heads = Vec::with_capacity(arcs);
    for _ in 0..arcs {
        let side = |from: &mut &[u8]| Some(take(from)?.checked_sub(1).map(u32::try_from));
        let (left, right) = (side(from)?.transpose().ok()?, side(from)?.transpose().ok()?);
        let points =
            usize::try_from(take(from)?).ok().filter(|points| (2..=from.len() + 2).contains(points))?;
        heads.push((left, right, points));
    }
    let mut arcs = Vec::with_capacity(heads.len());
    for (left, right, points) in heads {
        let (inner, rest) = from.split_at_checked(points - 2)?;
        *from = rest;
        let mut ranks = Vec::with_capacity(points);
        ranks.push(ALWAYS);
        ranks.extend_from_slice(inner);
        ranks.push(ALWAYS);
        arcs.push(Arc { left, right, points: Vec::new(), ranks });
    }
    let (mut x, mut y) = (0i64, 0i64);
    for arc in &mut arcs {
        for _ in 0..arc.ranks.len() {
            x = x.checked_add(take_signed(from)?)?;
            y = y.checked_add(take_signed(from)?)?;
            arc.points.push(Point { x: i32::try_from(x).ok()?, y: i32::try_from(y).ok()? });
        }
    }
    Some(Topology { regions, arcs })
}

/// A number of things that take at least so many bytes each.
fn count(from: &mut &[u8], bytes_each: usize) -> Option<usize> {
    let count = usize::try_from(take(from)?).ok()?;
    (count.checked_mul(bytes_each)? <= from.len()).then_some(count)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// Small numbers of either sign in few bytes: the sign goes last.
fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, (number << 1 ^ number >> 63).cast_unsigned());
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_signed(from: &mut &[u8]) -> Option<i64> {
    let number = take(from)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}
