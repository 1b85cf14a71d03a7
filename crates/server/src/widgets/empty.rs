//! Where there is nothing: what would be here and how to fill it.

use askama::Template;

/// An empty state.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="empty"><p class="empty-title">{{ title }}</p><p>{{ advice }}</p>{% if let Some((href, label)) = action %}<p><a class="button" href="{{ href }}">{{ label }}</a></p>{% endif %}</div>"#,
    ext = "html"
)]
pub struct Empty {
    /// What would be here.
    pub title: String,
    /// How to fill it.
    pub advice: String,
    /// Where to go: address and words.
    pub action: Option<(String, String)>,
}
