//! Words as their author wrote them: paragraphs, never markup.

use askama::Template;

/// Words.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="words">{% for paragraph in paragraphs %}<p>{{ paragraph }}</p>{% endfor %}</div>"#,
    ext = "html"
)]
pub struct Text {
    paragraphs: Vec<String>,
}

impl Text {
    /// An empty line begins a new paragraph.
    pub fn new(text: &str) -> Text {
        let mut paragraphs = vec![String::new()];
        for line in text.lines().map(str::trim) {
            match paragraphs.last_mut() {
                Some(last) if line.is_empty() && !last.is_empty() => paragraphs.push(String::new()),
                Some(last) => {
                    if !last.is_empty() && !line.is_empty() {
                        last.push(' ');
                    }
                    last.push_str(line);
                }
                None => {}
            }
        }
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        Text { paragraphs }
    }

    /// The paragraphs.
    pub fn paragraphs(&self) -> &[String] {
        &self.paragraphs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_begins_a_paragraph_and_markup_is_words() {
        let html = Text::new("\n satu\n dua\n\n\n tiga <b>\n").to_string();
        assert!(html.contains("<p>satu dua</p><p>tiga &#60;b&#62;</p>"), "{html}");
        assert!(!Text::new(" \n\n ").to_string().contains("<p>"));
    }
}
