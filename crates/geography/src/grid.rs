//! Which of many segments come near each other: cells of a grid, each with the segments that pass through.

use crate::point::Point;

/// A grid over the plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    size: i64,
}

impl Grid {
    /// Cells of about the usual length of the segments.
    pub fn for_segments(segments: impl Iterator<Item = (Point, Point)>) -> Grid {
        let (mut sum, mut count) = (0i64, 0i64);
        for (a, b) in segments {
            sum += (i64::from(a.x) - i64::from(b.x)).abs() + (i64::from(a.y) - i64::from(b.y)).abs();
            count += 1;
        }
        Grid { size: (sum / count.max(1)).clamp(64, 1 << 20) }
    }

    fn index(self, at: i64) -> i64 {
        at.div_euclid(self.size)
    }

    /// The cell of a place.
    pub fn cell(self, at: Point) -> (i64, i64) {
        (self.index(at.x.into()), self.index(at.y.into()))
    }

    /// Calls `each` with every cell that a segment passes through or comes within a unit of.
    pub fn along(self, a: Point, b: Point, mut each: impl FnMut((i64, i64))) {
        let (a, b) = if a.y <= b.y { (a, b) } else { (b, a) };
        let (ax, ay, bx, by) = (i64::from(a.x), i64::from(a.y), i64::from(b.x), i64::from(b.y));
        for row in self.index(ay - 1)..=self.index(by + 1) {
            // The part of the segment within this row, a unit more on either side.
            let (low, high) = ((row * self.size - 1).max(ay), ((row + 1) * self.size + 1).min(by));
            let at =
                |y: i64| if by == ay { ax } else { ax + (bx - ax) * (y - ay).clamp(0, by - ay) / (by - ay) };
            let (from, to) = if by == ay { (ax, bx) } else { (at(low), at(high)) };
            for column in self.index(from.min(to) - 2)..=self.index(from.max(to) + 2) {
                each((column, row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_segment_passes_through_cells_along_it_alone() {
        let grid = Grid { size: 100 };
        let mut cells = Vec::new();
        grid.along(Point { x: 0, y: 0 }, Point { x: 10_000, y: 5_000 }, |cell| cells.push(cell));
        assert!(cells.len() < 400, "{}", cells.len());
        for step in 0..=1000 {
            let at = Point { x: step * 10, y: step * 5 };
            assert!(cells.contains(&grid.cell(at)), "{at:?}");
        }
    }
}
