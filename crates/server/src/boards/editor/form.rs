//! What a form of the editor asks for, as a change of the board. Pure.

use super::{
    fields::{Ask, Field, kind},
    text::{Change, Options, SectionHead, Spot},
};
use jiff::civil::Date;
use toml_edit::{Array, Value};

/// The fields of a form as they were sent, in order; a name may stand several times.
pub struct Sent(Vec<(String, String)>);

/// Longest text taken, in characters.
const MOST: usize = 2_000;

/// What is wrong with an option: the field, and the key of the sentence that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The field.
    pub field: &'static str,
    /// Key of the sentence.
    pub key: &'static str,
}

/// The sentence for what is wrong with a field.
pub fn flaw_of<'a>(flaws: &'a [Flaw], field: &str) -> Option<&'a str> {
    flaws.iter().find(|flaw| flaw.field == field).map(|flaw| flaw.key)
}

impl Sent {
    /// From the body of a request or a query.
    pub fn parse(bytes: &[u8]) -> Sent {
        Sent(url::form_urlencoded::parse(bytes).map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The first non-empty value of a name, without space around it.
    pub fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// All non-empty values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(sent, _)| sent == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A whole number from 0.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.chars().take(MOST).filter(|letter| *letter != '\r').collect())
    }

    /// Where a widget stands.
    pub fn spot(&self) -> Option<Spot> {
        Some(Spot { section: self.number("section")?, widget: self.number("widget")? })
    }

    /// What heads a group. Without a sector and a title it has no heading, which is allowed.
    fn head(&self) -> SectionHead {
        SectionHead {
            sector: self.owned("sector"),
            title: self.owned("title"),
            title_en: self.owned("title_en"),
        }
    }

    /// The change that the form asks for; nothing when it asks for none that there is.
    pub fn change(&self) -> Option<Change> {
        let section = || self.number("section");
        let step = |at: usize, by: isize| at.checked_add_signed(by);
        Some(match self.text("do")? {
            "head" => Change::Head {
                title: self.owned("title")?,
                title_en: self.owned("title_en"),
                map: self.owned("map"),
                exceptions: self.text("exceptions").is_some(),
            },
            "section-add" => Change::AddSection(self.head()),
            "section-set" => Change::SetSection(section()?, self.head()),
            "section-up" => Change::MoveSection(section()?, step(section()?, -1)?),
            "section-down" => Change::MoveSection(section()?, step(section()?, 1)?),
            "section-remove" => Change::RemoveSection(section()?),
            "tile-add" => Change::AddTile(section()?, self.owned("indicator")?),
            "tile-up" => Change::MoveTile(section()?, self.number("tile")?, step(self.number("tile")?, -1)?),
            "tile-down" => Change::MoveTile(section()?, self.number("tile")?, step(self.number("tile")?, 1)?),
            "tile-remove" => Change::RemoveTile(section()?, self.number("tile")?),
            "widget-up" => self.carried(-1)?,
            "widget-down" => self.carried(1)?,
            "widget-move" => {
                let to = Spot { section: self.number("to_section")?, widget: self.number("to")? };
                Change::MoveWidget(self.spot()?, to)
            }
            "widget-remove" => Change::RemoveWidget(self.spot()?),
            "span" => {
                let span = self.number("span").filter(|span| (2..=12).contains(span))?;
                Change::Span(self.spot()?, i64::try_from(span).ok()?)
            }
            _ => return None,
        })
    }

    fn carried(&self, by: isize) -> Option<Change> {
        let from = self.spot()?;
        let to = Spot { widget: from.widget.checked_add_signed(by)?, ..from };
        Some(Change::MoveWidget(from, to))
    }

    /// The options of a widget of this kind.
    ///
    /// # Errors
    /// Every flaw at once.
    pub fn options(&self, word: &str) -> Result<Options, Vec<Flaw>> {
        let Some((word, fields)) = kind(word) else {
            return Err(vec![Flaw { field: "kind", key: "editor-kind-unknown" }]);
        };
        let mut options: Options = vec![("kind", word.into())];
        let mut flaws = Vec::new();
        for name in ["title", "title_en"] {
            options.extend(self.owned(name).map(|text| (name, Value::from(text))));
        }
        for field in fields {
            match self.option(field) {
                Ok(Some(option)) => options.push((field.name, option)),
                Ok(None) if field.required => flaws.push(Flaw { field: field.name, key: "editor-needed" }),
                Ok(None) => {}
                Err(key) => flaws.push(Flaw { field: field.name, key }),
            }
        }
        let span = self.number("span").filter(|span| (2..=12).contains(span));
        options.extend(span.and_then(|span| i64::try_from(span).ok()).map(|span| ("span", span.into())));
        let surfaces: Array = self.all("surfaces").collect();
        match surfaces.len() {
            // Left out it would mean everywhere, the opposite of what the form says.
            0 => flaws.push(Flaw { field: "surfaces", key: "editor-surfaces-needed" }),
            1..4 => options.push(("surfaces", surfaces.into())),
            _ => {}
        }
        if flaws.is_empty() { Ok(options) } else { Err(flaws) }
    }

    fn option(&self, field: &Field) -> Result<Option<Value>, &'static str> {
        if field.ask == Ask::Indicators {
            let several: Array = self.all(field.name).collect();
            return Ok((!several.is_empty()).then(|| several.into()));
        }
        let Some(text) = self.owned(field.name) else { return Ok(None) };
        match field.ask {
            Ask::Number(least, most) => {
                let number = text.parse::<u32>().ok().filter(|number| (least..=most).contains(number));
                number.map(|number| Some(i64::from(number).into())).ok_or("editor-number-wrong")
            }
            Ask::Day => match text.parse::<Date>() {
                Ok(day) => Ok(Some(day.to_string().into())),
                Err(_) => Err("editor-day-wrong"),
            },
            Ask::Address if !text.starts_with("https://") => Err("editor-address-wrong"),
            _ => Ok(Some(text.into())),
        }
    }
}
