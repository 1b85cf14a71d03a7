//! Playlists of screens: what they name must exist, and a screen must never be left without a mode.

use super::ReferenceCheck;
use crate::packs::{
    check::Placed,
    spans::parse_span,
    wall::{WallFile, WallItem, WallMode, time_of_day},
};

impl ReferenceCheck<'_> {
    pub(super) fn walls(&mut self) {
        let pack = self.pack;
        for Placed { item: wall, file, .. } in &pack.walls {
            self.modes(wall, file);
            for (index, takeover) in wall.takeover.iter().enumerate() {
                let at = format!("/takeover/{index}");
                match (&takeover.indicator, &takeover.source) {
                    (Some(code), None) => {
                        self.indicator(file, &format!("{at}/indicator"), code);
                    }
                    (None, Some(code)) => {
                        let known: Vec<&str> = pack.sources.iter().map(|s| s.item.code.as_str()).collect();
                        if !known.contains(&code.as_str()) {
                            self.unknown(file, &format!("{at}/source"), "source", code, &known);
                        }
                    }
                    _ => self.report(
                        file,
                        &at,
                        "a take-over is by one thing",
                        "write either `indicator = …` or `source = …`",
                    ),
                }
                if let Err(what) = parse_span(&takeover.within) {
                    self.report(file, &format!("{at}/within"), what, "write it as `30 minutes`");
                }
            }
        }
    }

    fn modes(&mut self, wall: &WallFile, file: &str) {
        for (index, mode) in wall.mode.iter().enumerate() {
            let at = format!("/mode/{index}");
            if wall.mode[..index].iter().any(|other| other.code == mode.code) {
                let what = format!("mode `{}` is defined twice", mode.code);
                self.report(file, &format!("{at}/code"), what, "give it another code");
            }
            self.hours(mode, file, &at);
            if mode.item.is_empty() {
                self.report(file, &at, "the mode shows nothing", "add a `[[mode.item]]`");
            }
            for (place, item) in mode.item.iter().enumerate() {
                self.wall_item(item, file, &format!("{at}/item/{place}"));
            }
        }
        if !wall.mode.iter().any(WallMode::is_for_all_times) {
            let what = "at some times no mode would be shown";
            self.report(file, "/mode", what, "add a last mode without `days`, `from`, `until` and `by_hand`");
        }
    }

    fn hours(&mut self, mode: &WallMode, file: &str, at: &str) {
        for (key, text) in [("from", &mode.from), ("until", &mode.until)] {
            if let Some(text) = text.as_ref().filter(|text| time_of_day(text).is_none()) {
                let what = format!("`{text}` is not a time of day");
                self.report(file, &format!("{at}/{key}"), what, "write hours and minutes, such as `07:30`");
            }
        }
        if mode.from.is_some() != mode.until.is_some() {
            let what = "a mode has both a beginning and an end, or neither";
            self.report(file, at, what, "add `from = \"07:30\"` and `until = \"09:00\"`");
        } else if mode.from.is_some() && mode.from == mode.until {
            self.report(
                file,
                &format!("{at}/until"),
                "the mode ends when it begins",
                "write a later `until`",
            );
        }
        if mode.by_hand && (mode.from.is_some() || !mode.days.is_empty()) {
            let what = "a mode that is chosen by hand has no times";
            self.report(
                file,
                &format!("{at}/by_hand"),
                what,
                "take out `days`, `from` and `until`, or `by_hand`",
            );
        }
    }

    fn wall_item(&mut self, item: &WallItem, file: &str, at: &str) {
        let shown = usize::from(item.attention)
            + usize::from(item.widget.is_some())
            + usize::from(item.board.is_some());
        if shown != 1 {
            let what = "an item shows one thing";
            self.report(file, at, what, "write one of `attention = true`, `board = …`, `[mode.item.widget]`");
        }
        for (place, code) in item.rail.iter().enumerate() {
            self.indicator(file, &format!("{at}/rail/{place}"), code);
        }
        if let Some(widget) = &item.widget {
            self.widget(file, &format!("{at}/widget"), widget);
        }
        let pack = self.pack;
        let Some(code) = &item.board else {
            if item.section.is_some() {
                self.report(file, &format!("{at}/section"), "a section of which board?", "add `board = …`");
            }
            return;
        };
        let Some(board) = pack.boards.iter().find(|board| board.item.code == *code) else {
            let known: Vec<&str> = pack.boards.iter().map(|board| board.item.code.as_str()).collect();
            self.unknown(file, &format!("{at}/board"), "board", code, &known);
            return;
        };
        let (wanted, count) = (usize::from(item.section.unwrap_or(1)), board.item.section.len());
        if wanted > count {
            let what = format!("board `{code}` has no section {wanted}");
            self.report(file, &format!("{at}/section"), what, format!("its sections are 1 to {count}"));
        }
    }
}
