//! Made-up maps of many shapes: after import and after any simplification there are no gaps, no overlaps, and no
//! region is lost.

use super::{assert_sound, code};
use crate::{
    Finding, Topology,
    faces::part,
    noding::node,
    point::{Point, doubled_area},
    simplify::rank,
};
use pendopo_vocab::RegionCode;
use proptest::prelude::*;

fn region(number: usize) -> RegionCode {
    RegionCode::from_id(code("33.16.01.2001").id() + i64::try_from(number).unwrap()).unwrap()
}

fn topology(rings: &[(u32, Vec<Point>)], regions: usize) -> (Topology, Vec<Finding>) {
    let noded = node(rings.iter().map(|(of, ring)| (*of, ring.as_slice()))).unwrap();
    let mut findings = Vec::new();
    let of: Vec<u32> = (0..u32::try_from(regions).unwrap()).collect();
    let mut topology = part(&noded.pieces, (0..regions).map(region).collect(), &of, &mut findings);
    rank(&mut topology);
    (topology, findings)
}

/// The outline of one cell of a grid of corners, with wobbly sides that neighbours share.
fn cell(
    column: i32,
    row: i32,
    corner: &impl Fn(i32, i32) -> Point,
    wobble: &impl Fn(Point, Point) -> Vec<Point>,
) -> Vec<Point> {
    let corners =
        [corner(column, row), corner(column + 1, row), corner(column + 1, row + 1), corner(column, row + 1)];
    let mut ring = Vec::new();
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        ring.push(*from);
        // The same points whichever way the side is run.
        let (low, high) = (*from.min(to), *from.max(to));
        let mut between = wobble(low, high);
        if *from == high {
            between.reverse();
        }
        ring.extend(between);
    }
    ring
}

/// A number that depends on two places alone.
fn mix(a: Point, b: Point, salt: u64) -> u64 {
    [a.x, a.y, b.x, b.y].into_iter().fold(salt, |mixed, part| {
        (mixed ^ u64::from(part.cast_unsigned())).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    })
}

/// A map of `size` × `size` regions; sides have up to `most` points that stray by up to `stray` units.
fn quilt(size: i32, most: u64, stray: i32, salt: u64) -> Vec<(u32, Vec<Point>)> {
    let base = Point::from_degrees(111.2, -7.2).unwrap();
    let off = |mixed: u64| i32::try_from(mixed % (2 * stray.unsigned_abs() as u64 + 1)).unwrap() - stray;
    let corner = |column: i32, row: i32| {
        let at = Point { x: base.x + column * 5000, y: base.y + row * 5000 };
        Point { x: at.x + off(mix(at, at, salt)) / 3, y: at.y + off(mix(at, at, salt ^ 1)) / 3 }
    };
    let wobble = |low: Point, high: Point| -> Vec<Point> {
        let count = mix(low, high, salt) % (most + 1);
        (1..=count)
            .map(|nth| {
                let along = |from: i32, to: i32| {
                    from + (to - from) / i32::try_from(count + 1).unwrap() * i32::try_from(nth).unwrap()
                };
                let mixed = mix(low, high, salt ^ nth << 8);
                Point { x: along(low.x, high.x) + off(mixed), y: along(low.y, high.y) + off(mixed >> 32) }
            })
            .collect()
    };
    let mut rings = Vec::new();
    for row in 0..size {
        for column in 0..size {
            rings.push((u32::try_from(row * size + column).unwrap(), cell(column, row, &corner, &wobble)));
        }
    }
    rings
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Borders that stray a little: every region keeps its area, and what is lost on one side is won on the other.
    #[test]
    fn a_quilt_stays_whole_at_every_rank(size in 1..6i32, most in 0..14u64, salt: u64) {
        let rings = quilt(size, most, 150, salt);
        let regions = rings.len();
        let (topology, findings) = topology(&rings, regions);
        let vanished = findings.iter().any(|one| matches!(one, Finding::Vanished { .. }));
        prop_assert!(!vanished, "{findings:?}");
        let whole: i128 = topology.rings(0).iter().flatten().map(|ring| doubled_area(ring)).sum();
        for rank in [0u8, 8, 16, 24, 30, 36, 42, 60, 255] {
            assert_sound(&topology, rank);
            // The outline of all together is that of the parts: nothing is covered twice or not at all.
            let rings = topology.rings(rank);
            let parts: i128 = rings.iter().flatten().map(|ring| doubled_area(ring)).sum();
            let together = topology.dissolve(pendopo_vocab::RegionLevel::District).rings(rank);
            let outer: i128 = together[0].iter().map(|ring| doubled_area(ring)).sum();
            prop_assert_eq!(parts, outer);
            if rank == 0 {
                prop_assert_eq!(parts, whole);
            }
        }
        prop_assert_eq!(&Topology::decode(&topology.encode().unwrap()).unwrap(), &topology);
    }

    /// Borders that stray so far that regions cross themselves and each other: still sound.
    #[test]
    fn tangled_maps_come_out_sound(size in 1..5i32, most in 0..8u64, stray in 500..4000i32, salt: u64) {
        let rings = quilt(size, most, stray, salt);
        let regions = rings.len();
        let (mut topology, findings) = topology(&rings, regions);
        // A region that others cover has no border; the rest is sound without it.
        let gone = findings.iter().filter(|one| matches!(one, Finding::Vanished { .. })).count();
        let drawn = topology.rings(0).iter().filter(|rings| !rings.is_empty()).count();
        prop_assert_eq!(drawn + gone, regions);
        if gone == 0 {
            for rank in [0u8, 20, 30, 40, 255] {
                assert_sound(&topology, rank);
            }
        }
        let before = topology.rings(0);
        rank(&mut topology);
        prop_assert_eq!(before, topology.rings(0));
    }

    /// Bytes that nobody packed are refused and never panic.
    #[test]
    fn stored_bytes_are_never_trusted(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..400usize, with: u8) {
        prop_assert!(Topology::decode(&bytes).is_err());
        let (topology, _) = topology(&quilt(2, 4, 150, 7), 4);
        let mut packed = topology.encode().unwrap();
        let at = at % packed.len();
        packed[at] ^= with;
        if let Ok(changed) = Topology::decode(&packed) {
            let _ = changed.rings(0);
        }
        let _ = Topology::decode(&packed[..at]).is_err();
    }
}

#[test]
fn simplification_leaves_out_most_points_of_a_straight_border() {
    let (topology, _) = topology(&quilt(3, 13, 40, 11), 9);
    let points = |rank| topology.rings(rank).iter().flatten().map(Vec::len).sum::<usize>();
    assert!(points(0) > points(20) && points(20) > points(30), "{} {} {}", points(0), points(20), points(30));
    assert!(points(255) >= 9 * 3 && points(255) <= 9 * 5, "{}", points(255));
}
