//! `walls/<code>.toml`: what the screens of a room show in turn, and when. The doc comments are the reference
//! manual, as in the rest of the schema.

use super::widget::WidgetDef;
use jiff::civil::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `walls/<code>.toml`: a playlist for the screens of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallFile {
    /// Short name in lower case; also the file's name.
    pub code: String,
    /// Name of the playlist in Indonesian, such as `Ruang kendali`.
    pub title: String,
    /// Name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// The modes. The first whose time it is, is shown; one of them is for all other times and says none.
    pub mode: Vec<WallMode>,
    /// What comes before the playlist by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takeover: Vec<WallTakeover>,
}

/// A mode: what is shown in the morning, in a meeting, in an emergency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallMode {
    /// Short name in lower case, such as `pagi`.
    pub code: String,
    /// Name in Indonesian.
    pub title: String,
    /// Name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// Its days. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// It begins at this time of day in the center's time zone, such as `07:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// It ends at this time; of the next day, when it is earlier than `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Shown only when a person chooses it: a meeting, an emergency.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// What is shown, in turn.
    pub item: Vec<WallItem>,
}

/// One story on the screen: one large widget with its sentence and up to four figures beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallItem {
    /// How long it is shown. 20 to 40 seconds are enough to read it and not so long that nobody looks. Default: 30.
    #[serde(default = "usual_seconds", skip_serializing_if = "is_usual")]
    #[schemars(range(min = 1, max = 600))]
    pub seconds: u16,
    /// Heading in Indonesian. Default: after what is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Heading in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// Shows what needs a look: figures off target and sources that are silent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attention: bool,
    /// Shows this widget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widget: Option<WidgetDef>,
    /// Shows a section of this board: its first widget that is meant for walls, or up to six of its figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Which section of the board, from 1. Default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub section: Option<u8>,
    /// Codes of the indicators beside it, at most four. Default: of the section.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub rail: Vec<String>,
}

/// What comes before the playlist by itself, as a calm band across the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallTakeover {
    /// When this indicator has just gone off target in the center's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
    /// When this source has just fallen silent or broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The band stays this long after it happened, such as `30 minutes`.
    pub within: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Senin.
    Mon,
    /// Selasa.
    Tue,
    /// Rabu.
    Wed,
    /// Kamis.
    Thu,
    /// Jumat.
    Fri,
    /// Sabtu.
    Sat,
    /// Minggu.
    Sun,
}

impl Weekday {
    /// Its number from Monday, 0 to 6.
    pub fn offset(self) -> i8 {
        self as i8
    }
}

/// Seconds of an item that says none.
fn usual_seconds() -> u16 {
    30
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_usual(seconds: &u16) -> bool {
    *seconds == usual_seconds()
}

/// Reads a time of day such as `07:30`.
pub fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two(hour) || !two(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

impl WallFile {
    /// The title in the reader's language.
    pub fn title_in(&self, english: bool) -> &str {
        self.title_en.as_deref().filter(|_| english).unwrap_or(&self.title)
    }

    /// The mode of this code.
    pub fn mode_called(&self, code: &str) -> Option<&WallMode> {
        self.mode.iter().find(|mode| mode.code == code)
    }
}

impl WallMode {
    /// The title in the reader's language.
    pub fn title_in(&self, english: bool) -> &str {
        self.title_en.as_deref().filter(|_| english).unwrap_or(&self.title)
    }

    /// Shown at all times at which no other is.
    pub fn is_for_all_times(&self) -> bool {
        !self.by_hand && self.days.is_empty() && self.from.is_none() && self.until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_have_two_digits_each() {
        for (text, known) in [
            ("07:00", true),
            ("23:59", true),
            ("24:00", false),
            ("7:00", false),
            ("07.00", false),
            ("", false),
        ] {
            assert_eq!(time_of_day(text).is_some(), known, "{text}");
        }
    }
}
