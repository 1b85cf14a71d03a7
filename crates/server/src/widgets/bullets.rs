//! Several figures, each a bar against its target: a list that is its own table. Every bar has a scale of
//! its own, since the figures have different units.

use super::{Bullet, Mark};
use crate::web::Tr;
use askama::Template;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct BulletRow {
    /// Name of the indicator.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// The value in words, or the words in its place.
    pub text: String,
    /// Where the value leads: its lineage.
    pub value_href: Option<String>,
    /// Its state.
    pub mark: Mark,
    /// The target in words.
    pub target: String,
    /// The bar; none without a value.
    pub bullet: Option<Bullet>,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/bullets.html")]
pub struct Bullets {
    t: Tr,
    caption: String,
    rows: Vec<BulletRow>,
}

impl Bullets {
    /// The rows in the order given.
    pub fn new(t: Tr, caption: String, rows: Vec<BulletRow>) -> Bullets {
        Bullets { t, caption, rows }
    }
}
