//! Regions in order, as fairly as their figures allow. Where chance could exchange two regions they share a
//! range of places, and a region too small to judge has no place. The drawing stands inside its table.

use super::{
    Mark, Measure,
    on_paper::{state_cell, tone},
    scale::{Px, Scale},
};
use crate::web::{Tr, thousands};
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Strokes, Table};

/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// Where a share may truly lie, given by how many were seen: both ends between 0 and 1.
///
/// Wilson's score interval, which unlike the textbook one stays inside 0 to 1 and holds for few. `None` when
/// `of` is no whole positive number or `hits` none between 0 and `of`.
pub fn wilson(hits: f64, of: f64) -> Option<(f64, f64)> {
    let whole = |value: f64| value.is_finite() && value.fract() == 0.0 && value >= 0.0;
    if !whole(hits) || !whole(of) || of == 0.0 || hits > of {
        return None;
    }
    let (share, squared) = (hits / of, Z * Z);
    let middle = share + squared / (2.0 * of);
    let half = Z * (share * (1.0 - share) / of + squared / (4.0 * of * of)).sqrt();
    let over = 1.0 + squared / of;
    Some((((middle - half) / over).max(0.0), ((middle + half) / over).min(1.0)))
}

/// One region.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Name shown.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// The value; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// The value in words, or the words in its place.
    pub text: String,
    /// Where the value leads: its lineage.
    pub value_href: Option<String>,
    /// Where the value may truly lie, in its unit.
    pub interval: Option<(f64, f64)>,
    /// The denominator, where it is known.
    pub sample: Option<f64>,
    /// Its state.
    pub mark: Option<Mark>,
}

/// A region with a place, as drawn.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    place: String,
    row: Ranked,
    interval: String,
    dot: Px,
    whisker: Option<(Px, Px)>,
}

/// How a ranking is made.
#[derive(Debug, Clone, PartialEq)]
pub struct RankingOptions {
    /// What is ordered and when.
    pub caption: String,
    /// The largest value has the first place.
    pub highest_first: bool,
    /// Regions with a smaller denominator have no place.
    pub min_sample: u32,
    /// How many places are listed.
    pub limit: usize,
    /// One target for all: its value and its words.
    pub target: Option<(f64, String)>,
}

/// A ranking.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/ranking.html")]
pub struct Ranking {
    t: Tr,
    caption: String,
    rows: Vec<Drawn>,
    more: usize,
    /// Too small to judge.
    small: Vec<(Ranked, String)>,
    /// Without a value that is shown.
    without: Vec<Ranked>,
    min_sample: String,
    target: Option<Px>,
    target_text: String,
    fair: bool,
}

impl Ranking {
    /// `write` turns a value into words.
    pub fn new(t: Tr, options: RankingOptions, rows: Vec<Ranked>, write: impl Fn(f64) -> String) -> Ranking {
        let least = f64::from(options.min_sample);
        let number = |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "samples are counts of people or things")]
            let whole = value as i64;
            thousands(whole, t.lang())
        };
        let (known, without): (Vec<Ranked>, Vec<Ranked>) =
            rows.into_iter().partition(|row| row.value.is_some());
        let (small, mut judged): (Vec<Ranked>, Vec<Ranked>) =
            known.into_iter().partition(|row| row.sample.is_some_and(|sample| sample < least));
        judged.sort_by(|a, b| {
            let (a_value, b_value) = (a.value.unwrap_or(f64::NAN), b.value.unwrap_or(f64::NAN));
            let order =
                if options.highest_first { b_value.total_cmp(&a_value) } else { a_value.total_cmp(&b_value) };
            order.then_with(|| a.name.cmp(&b.name))
        });
        let fair = !judged.is_empty() && judged.iter().all(|row| row.interval.is_some());
        let ends =
            judged.iter().flat_map(|row| row.interval.map_or([row.value; 2], |(a, b)| [Some(a), Some(b)]));
        let x = Scale::nice(
            ends.flatten().chain(options.target.as_ref().map(|target| target.0)),
            false,
            4,
            0.0,
            100.0,
        );
        let places: Vec<(usize, usize)> = (0..judged.len()).map(|at| place(&judged, at, fair)).collect();
        let more = judged.len().saturating_sub(options.limit);
        let drawn = judged.into_iter().zip(places).take(options.limit).map(|(row, (from, to))| Drawn {
            place: if from == to { from.to_string() } else { format!("{from}–{to}") },
            interval: row
                .interval
                .map_or_else(String::new, |(low, high)| format!("{} – {}", write(low), write(high))),
            dot: Px(x.at(row.value.unwrap_or(0.0))),
            whisker: row.interval.map(|(low, high)| (Px(x.at(low)), Px(x.at(high)))),
            row,
        });
        let rows = drawn.collect();
        let (target, target_text) = match options.target {
            Some((value, text)) => (Some(Px(x.at(value))), text),
            None => (None, String::new()),
        };
        Ranking {
            t,
            caption: options.caption,
            rows,
            more,
            small: small
                .into_iter()
                .map(|row| {
                    let sample = row.sample.map(number).unwrap_or_default();
                    (row, sample)
                })
                .collect(),
            without,
            min_sample: thousands(i64::from(options.min_sample), t.lang()),
            target,
            target_text,
            fair,
        }
    }

    /// The same as a table.
    pub fn table(&self, measure: &Measure) -> Table {
        let t = self.t;
        let marked = self.rows.iter().any(|drawn| drawn.row.mark.is_some());
        let samples = self.has_samples();
        let mut columns = vec![Column::short(t.tr("rank-place")), Column::short(t.tr("region"))];
        columns.extend(marked.then(|| Column::short(t.tr("state"))));
        columns.push(Column::number(t.tr("value"), measure.unit.clone()));
        columns.push(Column::drawn());
        columns.extend(self.fair.then(|| Column::number(t.tr("rank-interval"), "")));
        columns.extend(samples.then(|| Column::number(t.tr("rank-sample"), "")));
        let row = |drawn: &Drawn| {
            let mark = drawn.row.mark.as_ref();
            let mut cells = vec![Cell::words(&drawn.place), Cell::words(&drawn.row.name)];
            cells.extend(marked.then(|| state_cell(mark)));
            cells.push(Cell::number(drawn.row.value, measure.decimals, &drawn.row.text));
            let whisker = drawn.whisker.map(|(low, high)| (low.0, high.0));
            let (dot, target) = (Some((drawn.dot.0, tone(mark))), self.target.map(|target| target.0));
            cells.push(Cell::Drawn { drawn: Strokes { dot, whisker, target, ..Strokes::default() } });
            cells.extend(self.fair.then(|| Cell::quiet(&drawn.interval)));
            cells.extend(samples.then(|| Cell::number(drawn.row.sample, Some(0), self.sample(&drawn.row))));
            Row { cells }
        };
        Table {
            caption: self.caption.clone(),
            columns,
            rows: self.rows.iter().map(row).collect(),
            notes: self.notes(),
        }
    }

    /// What is said below the table.
    fn notes(&self) -> Vec<String> {
        let t = self.t;
        let mut notes = vec![self.target_text.clone()];
        if self.more > 0 {
            notes.push(t.tr1("rank-more", self.more));
        }
        if !self.small.is_empty() {
            let each = self.small.iter().map(|(row, sample)| format!("{} {} ({sample})", row.name, row.text));
            let each = each.collect::<Vec<_>>().join(", ");
            notes.push(format!("{} {each}.", t.tr1("rank-small", self.min_sample.as_str())));
        }
        if !self.without.is_empty() {
            let each = self.without.iter().map(|row| format!("{} ({})", row.name, row.text));
            notes.push(format!("{} {}.", t.tr("rank-without"), each.collect::<Vec<_>>().join(", ")));
        }
        notes.push(t.tr(if self.fair { "rank-fair" } else { "rank-no-interval" }).into_owned());
        notes.retain(|note| !note.is_empty());
        notes
    }

    fn sample(&self, row: &Ranked) -> String {
        #[expect(clippy::cast_possible_truncation, reason = "samples are counts of people or things")]
        row.sample.map_or_else(|| "–".to_owned(), |sample| thousands(sample as i64, self.t.lang()))
    }

    fn has_samples(&self) -> bool {
        self.rows.iter().any(|drawn| drawn.row.sample.is_some())
    }

    /// The first region and its value in words, when there is one.
    pub fn first(&self) -> Option<(&str, &str)> {
        self.rows.first().map(|drawn| (drawn.row.name.as_str(), drawn.row.text.as_str()))
    }

    /// How many are too small to judge.
    pub fn too_small(&self) -> usize {
        self.small.len()
    }

    /// Every place is known with its uncertainty.
    pub fn is_fair(&self) -> bool {
        self.fair
    }

    /// How many regions could as well stand first.
    pub fn could_be_first(&self) -> usize {
        self.rows.iter().filter(|drawn| drawn.place == "1" || drawn.place.starts_with("1–")).count()
    }
}

/// The places that a region may truly have: behind all that are surely before it, and before all that are
/// surely behind. Without intervals, the place in the order; equal values share it.
fn place(rows: &[Ranked], at: usize, fair: bool) -> (usize, usize) {
    let here = &rows[at];
    if !fair {
        let first = rows.iter().position(|row| row.value == here.value).unwrap_or(at);
        let last = rows.iter().rposition(|row| row.value == here.value).unwrap_or(at);
        return (first + 1, last + 1);
    }
    let apart = |a: &Ranked, b: &Ranked| match (a.interval, b.interval) {
        (Some(a), Some(b)) => a.1 < b.0 || b.1 < a.0,
        _ => true,
    };
    let before = rows[..at].iter().filter(|row| apart(row, here)).count();
    let behind = rows[at + 1..].iter().filter(|row| apart(row, here)).count();
    (before + 1, rows.len() - behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_holds_for_few_and_stays_inside() {
        let close = |(low, high): (f64, f64), want: (f64, f64)| {
            assert!(
                (low - want.0).abs() < 5e-4 && (high - want.1).abs() < 5e-4,
                "{low} {high} is not {want:?}"
            );
        };
        // Newcombe 1998, table I.
        close(wilson(81.0, 263.0).unwrap(), (0.2553, 0.3662));
        close(wilson(15.0, 148.0).unwrap(), (0.0624, 0.1605));
        close(wilson(0.0, 20.0).unwrap(), (0.0, 0.1611));
        close(wilson(1.0, 29.0).unwrap(), (0.0061, 0.1718));
        for (hits, of) in
            [(1.0, 0.0), (3.0, 2.0), (-1.0, 5.0), (0.5, 5.0), (f64::NAN, 5.0), (1.0, f64::INFINITY)]
        {
            assert_eq!(wilson(hits, of), None, "{hits} of {of}");
        }
        let (low, high) = wilson(5.0, 5.0).unwrap();
        assert!(low > 0.5 && high <= 1.0);
    }
}
