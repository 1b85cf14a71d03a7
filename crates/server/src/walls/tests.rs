//! Which story is shown when: schedules, turns, commands, rows of screens.

use super::rules::{Command, HOLD, Shown, Steering, pairing_code, shown, steer, typed_code};
use crate::packs::wall::WallFile;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

const LIST: &str = r#"
code = "uji"
title = "Uji"

[[mode]]
code = "pagi"
title = "Pagi"
days = ["mon", "fri"]
from = "07:00"
until = "09:00"
[[mode.item]]
attention = true
seconds = 40
[[mode.item]]
board = "a"
seconds = 20

[[mode]]
code = "malam"
title = "Malam"
days = ["sat"]
from = "22:00"
until = "05:00"
[[mode.item]]
attention = true

[[mode]]
code = "darurat"
title = "Darurat"
by_hand = true
[[mode.item]]
attention = true

[[mode]]
code = "harian"
title = "Harian"
[[mode.item]]
attention = true
seconds = 30
[[mode.item]]
board = "a"
seconds = 20
[[mode.item]]
board = "b"
seconds = 10
"#;

fn list() -> WallFile {
    toml::from_str(LIST).unwrap()
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Jakarta").unwrap()
}

/// A time of the week from Monday, 23 November 2026, in Jakarta.
fn at(text: &str) -> Timestamp {
    format!("{text}+07:00").parse().unwrap()
}

fn show(list: &WallFile, steering: &Steering, now: Timestamp) -> (String, usize) {
    let Shown { mode, index, .. } = shown(list, steering, now, &zone()).unwrap();
    (mode.code.clone(), index)
}

#[test]
fn the_first_mode_whose_time_it_is_is_shown_and_its_items_go_round() {
    let (list, free) = (list(), Steering::default());
    for (now, mode, index) in [
        ("2026-11-23T06:59:59", "harian", 2),
        ("2026-11-23T07:00:00", "pagi", 0),
        ("2026-11-23T07:00:39", "pagi", 0),
        ("2026-11-23T07:00:40", "pagi", 1),
        ("2026-11-23T07:01:00", "pagi", 0),
        ("2026-11-23T08:59:59", "pagi", 1),
        ("2026-11-23T09:00:00", "harian", 0),
        // Tuesday is none of its days.
        ("2026-11-24T07:30:00", "harian", 0),
        ("2026-11-24T07:30:31", "harian", 1),
        ("2026-11-24T07:30:50", "harian", 2),
        // Saturday's night lasts into Sunday; Sunday has none of its own.
        ("2026-11-28T21:59:59", "harian", 2),
        ("2026-11-28T22:00:00", "malam", 0),
        ("2026-11-29T04:59:59", "malam", 0),
        ("2026-11-29T05:00:00", "harian", 0),
        ("2026-11-29T23:00:00", "harian", 0),
    ] {
        assert_eq!(show(&list, &free, at(now)), (mode.to_owned(), index), "{now}");
    }
}

#[test]
fn nothing_changes_before_the_time_that_is_named() {
    let (list, free) = (list(), Steering::default());
    let mut now = at("2026-11-23T06:58:00");
    let mut seen = 0;
    while now < at("2026-11-23T09:02:00") {
        let here = shown(&list, &free, now, &zone()).unwrap();
        let next = here.changes_at;
        assert!(next > now && next <= now + SignedDuration::from_secs(60), "{now}");
        let just_before = next - SignedDuration::from_millis(1);
        assert_eq!(show(&list, &free, just_before), show(&list, &free, now), "{now}");
        (now, seen) = (next, seen + 1);
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn commands_move_hold_and_let_go() {
    let (list, zone) = (list(), zone());
    let start = at("2026-11-24T10:00:05");
    let later = |seconds: i64| start + SignedDuration::from_secs(seconds);
    let give = |before: &Steering, command: Command, now| steer(&list, before, command, now, &zone);
    let free = Steering::default();
    assert_eq!(show(&list, &free, start).1, 0);

    let next = give(&free, Command::Next, start);
    assert_eq!((show(&list, &next, start).1, next.revision), (1, 1));
    assert_eq!(show(&list, &next, later(19)).1, 1, "it has its full time");
    assert_eq!(show(&list, &next, later(20)).1, 2);
    assert_eq!(show(&list, &next, later(30)).1, 0);
    let before = give(&free, Command::Previous, start);
    assert_eq!(show(&list, &before, start).1, 2);

    let held = give(&next, Command::Hold, start);
    assert_eq!(show(&list, &held, later(1000)).1, 1);
    assert!(shown(&list, &held, later(1000), &zone).unwrap().held);
    let moved = give(&held, Command::Next, later(10));
    assert_eq!(show(&list, &moved, later(1000)).1, 2, "what is held stays held when it is moved");
    let freed = give(&held, Command::Continue, later(100));
    assert_eq!((show(&list, &freed, later(119)).1, show(&list, &freed, later(120)).1), (1, 2));
    // A forgotten hold ends by itself and goes on from where it stood.
    let end = start + HOLD;
    assert_eq!(show(&list, &held, end).1, 1);
    assert_eq!(show(&list, &held, end + SignedDuration::from_secs(20)).1, 2);
}

#[test]
fn a_region_and_the_origin_are_looked_at_while_the_story_stands() {
    let (list, zone) = (list(), zone());
    let start = at("2026-11-24T10:00:05");
    let region = "33.16.01".parse().unwrap();
    let give = |before: &Steering, command: Command| steer(&list, before, command, start, &zone);
    let look = |steering: &Steering, now| {
        let shown = shown(&list, steering, now, &zone).unwrap();
        (shown.zoom, shown.lineage, shown.held)
    };
    let zoomed = give(&Steering::default(), Command::Zoom(region));
    let both = give(&zoomed, Command::Lineage);
    assert_eq!(look(&both, start), (Some(region), true, true));
    assert_eq!(look(&give(&both, Command::Lineage), start), (Some(region), false, true));
    for command in [Command::Next, Command::Previous, Command::Continue, Command::Schedule] {
        let after = give(&both, command.clone());
        assert_eq!(look(&after, start).0, None, "{command:?}");
    }
    assert_eq!(look(&both, start + HOLD), (None, false, false));
}

#[test]
fn a_chosen_mode_and_a_message_end_by_themselves() {
    let (list, zone) = (list(), zone());
    let start = at("2026-11-24T10:00:00");
    let hour = SignedDuration::from_hours(1);
    let chosen = steer(&list, &Steering::default(), Command::Mode("darurat".to_owned(), hour), start, &zone);
    assert_eq!(show(&list, &chosen, start).0, "darurat");
    assert_eq!(show(&list, &chosen, start + hour).0, "harian");
    let back = steer(&list, &chosen, Command::Schedule, start, &zone);
    assert_eq!(show(&list, &back, start).0, "harian");
    // A move within the mode is forgotten with it.
    let moved = steer(&list, &Steering::default(), Command::Next, at("2026-11-23T08:59:50"), &zone);
    assert_eq!(show(&list, &moved, at("2026-11-23T09:00:01")), ("harian".to_owned(), 0));

    let message = Command::Message("Rapat".to_owned(), None, hour);
    let said = steer(&list, &chosen, message, start, &zone);
    let heard = |steering: &Steering, now| shown(&list, steering, now, &zone).unwrap().message.is_some();
    assert!(heard(&said, start) && !heard(&said, start + hour));
    assert!(!heard(&steer(&list, &said, Command::EndMessage, start, &zone), start));
    let keys: Vec<String> =
        [start, start + hour].map(|now| shown(&list, &said, now, &zone).unwrap().key(&said, 1)).to_vec();
    assert_ne!(keys[0], keys[1], "screens are told of the end");
}

#[test]
fn screens_in_a_row_show_what_comes_next() {
    let list = list();
    let free = Steering::default();
    let shown = shown(&list, &free, at("2026-11-24T10:00:35"), &zone()).unwrap();
    assert_eq!([1, 2, 3, 4].map(|part| shown.item_of_part(part)), [1, 2, 0, 1]);
    let keys = [1, 2, 3].map(|part| shown.key(&free, part));
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
}

#[test]
fn a_list_that_shrank_or_lost_a_mode_still_shows_something() {
    let mut list = list();
    let (zone, start) = (zone(), at("2026-11-24T10:00:00"));
    let chosen = Command::Mode("darurat".to_owned(), SignedDuration::from_hours(1));
    let steering = steer(&list, &Steering::default(), chosen, start, &zone);
    let moved = steer(&list, &Steering::default(), Command::Previous, start, &zone);
    list.mode.retain(|mode| mode.code != "darurat");
    list.mode.last_mut().unwrap().item.truncate(1);
    assert_eq!(show(&list, &steering, start).0, "harian");
    assert_eq!(show(&list, &moved, start).1, 0);
    list.mode.clear();
    assert!(shown(&list, &moved, start, &zone).is_none());
    assert_eq!(steer(&list, &moved, Command::Next, start, &zone).revision, 2, "nothing breaks");
}

#[test]
fn codes_are_read_from_afar_and_typed_as_they_come() {
    let codes: Vec<String> = (0..=255).map(|byte| pairing_code([byte; 6])).collect();
    assert!(codes.iter().all(|code| code.len() == 6 && !code.contains(['0', 'O', '1', 'I', 'L', '9'])));
    for typed in ["k7mq4x", " K7M-Q4X ", "k7m q4x"] {
        assert_eq!(typed_code(typed), "K7MQ4X");
    }
}
