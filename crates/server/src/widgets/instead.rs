//! In place of a widget that has nothing to show: why, in words, and what to do next.

use super::{Mark, Shape};
use askama::Template;

/// Why there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was reported yet.
    Empty,
    /// The pack defines no such thing (any more), or the reader may not see it. Which of the two is not said to
    /// those who may not know.
    Unavailable,
    /// Rows came and were refused.
    Refused,
}

impl Reason {
    fn shape(self) -> Shape {
        match self {
            Reason::Empty => Shape::Nothing,
            Reason::Unavailable => Shape::Plain,
            Reason::Refused => Shape::Off,
        }
    }
}

/// The state of a widget without content.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="instead {{ mark.shape.class() }}"><p class="instead-title">{{ mark }}</p><p>{{ advice }}</p>{% if let Some((href, label)) = action %}<p><a href="{{ href }}">{{ label }}</a></p>{% endif %}</div>"#,
    ext = "html"
)]
pub struct Instead {
    mark: Mark,
    advice: String,
    action: Option<(String, String)>,
}

impl Instead {
    /// `what` says the state in a few words, `advice` what to do, `action` where: address and words.
    pub fn new(reason: Reason, what: &str, advice: String, action: Option<(String, String)>) -> Instead {
        Instead { mark: Mark::new(reason.shape(), what), advice, action }
    }

    /// The state.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// What to do.
    pub fn advice(&self) -> &str {
        &self.advice
    }

    /// The state in a few words.
    pub fn words(&self) -> &str {
        &self.mark.word
    }
}
