//! People by sex and age group: one row per group, a bar to each side, its numbers beside it.

use super::scale::Px;
use crate::web::Tr;
use askama::Template;

/// One side of an age group.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// How many; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// The same in words, or the words in its place.
    pub text: String,
}

/// One age group.
#[derive(Debug, Clone, PartialEq)]
pub struct AgeGroup {
    /// Its name, such as `0–4`.
    pub name: String,
    /// Men and boys.
    pub male: Cell,
    /// Women and girls.
    pub female: Cell,
}

/// A group as drawn: the widths of its bars.
type Drawn = (AgeGroup, Option<Px>, Option<Px>);

/// The pyramid.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/pyramid.html")]
pub struct Pyramid {
    t: Tr,
    caption: String,
    rows: Vec<Drawn>,
}

impl Pyramid {
    /// The oldest group first, as pyramids are drawn. Both sides have one scale.
    pub fn new(t: Tr, caption: String, groups: Vec<AgeGroup>) -> Pyramid {
        let values = groups.iter().flat_map(|group| [group.male.value, group.female.value]).flatten();
        let widest = values.filter(|value| value.is_finite()).fold(0.0_f64, f64::max);
        let width = |cell: &Cell| {
            cell.value.filter(|_| widest > 0.0).map(|value| Px((value / widest * 100.0).clamp(0.0, 100.0)))
        };
        let rows = groups
            .into_iter()
            .map(|group| {
                let (male, female) = (width(&group.male), width(&group.female));
                (group, male, female)
            })
            .collect();
        Pyramid { t, caption, rows }
    }
}
