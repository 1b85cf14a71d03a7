//! One value against its target as a bar from zero, the target a thin stroke across it.

use super::scale::{Px, Scale};
use askama::Template;
use pendopo_paper::{Strokes, Tone};

/// A bullet.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/bullet.html")]
pub struct Bullet {
    summary: String,
    class: &'static str,
    zero: Px,
    width: Px,
    target: Option<Px>,
    band: Option<(Px, Px)>,
}

impl Bullet {
    /// `summary` says the same in words. `class` is the state's (`on`, `risk`, `off`, ...).
    pub fn new(
        value: f64,
        target: Option<f64>,
        target_high: Option<f64>,
        class: &'static str,
        summary: String,
    ) -> Bullet {
        let all = [Some(value), target, target_high].into_iter().flatten();
        let x = Scale::nice(all, true, 4, 0.0, 100.0);
        let (from, to) = (x.at(value.min(0.0)), x.at(value.max(0.0)));
        Bullet {
            summary,
            class,
            zero: Px(from),
            width: Px(to - from),
            target: target.map(|target| Px(x.at(target))),
            band: target
                .zip(target_high)
                .map(|(low, high)| (Px(x.at(low)), Px((x.at(high) - x.at(low)).max(0.0)))),
        }
    }

    /// The same in the strokes of paper.
    pub fn strokes(&self, tone: Tone) -> Strokes {
        Strokes {
            bars: vec![(self.zero.0, self.zero.0 + self.width.0, tone)],
            band: self.band.map(|(low, width)| (low.0, low.0 + width.0)),
            target: self.target.map(|target| target.0),
            ..Strokes::default()
        }
    }
}
