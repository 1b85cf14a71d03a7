//! A small line without axes: only the course of things, and the target as a thin line.

use super::{
    on_paper::standalone,
    scale::{Px, Scale, path},
};
use askama::Template;

/// A sparkline. It repeats what the words beside it say, so screen readers skip it.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/sparkline.html")]
pub struct Sparkline {
    line: String,
    end: Option<(Px, Px)>,
    target: Option<Px>,
}

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 36.0;
const MARGIN: f64 = 4.0;

impl Sparkline {
    /// A line through `values`, oldest first; `None` where nothing was reported.
    pub fn new(values: &[Option<f64>], target: Option<f64>) -> Sparkline {
        let known = values.iter().flatten().copied().chain(target);
        let y = Scale::nice(known, false, 2, HEIGHT - MARGIN, MARGIN);
        let step = (WIDTH - 2.0 * MARGIN) / values.len().saturating_sub(1).max(1) as f64;
        let at = |(index, value): (usize, &Option<f64>)| {
            value.map(|value| (MARGIN + index as f64 * step, y.at(value)))
        };
        Sparkline {
            line: path(values.iter().enumerate().map(at)),
            end: values.iter().enumerate().filter_map(at).next_back().map(|(x, y)| (Px(x), Px(y))),
            target: target.map(|target| Px(y.at(target))),
        }
    }

    /// The same as a file of its own.
    pub fn drawing(&self) -> String {
        standalone(&self.to_string())
    }
}
