//! Which story a screen shows now. Pure: a playlist, what people have steered, and the time say it all, so every
//! screen of a playlist shows the same, whichever server it asks and however often that was restarted.

use crate::packs::wall::{WallFile, WallMode, time_of_day};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Time, tz::TimeZone};
use pendopo_vocab::RegionCode;

/// A screen that somebody holds goes on by itself after this long: nobody comes back to a forgotten picture.
pub const HOLD: SignedDuration = SignedDuration::from_mins(30);

/// What people have steered, for all screens of a playlist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steering {
    /// Grows with every command.
    pub revision: i64,
    /// A mode that a person chose.
    pub mode: Option<ChosenMode>,
    /// From where on the items go round.
    pub anchor: Option<Anchor>,
    /// The items stand still until then.
    pub held_until: Option<Timestamp>,
    /// A region looked at, while the items stand still.
    pub zoom: Option<RegionCode>,
    /// The origin of the figure is shown, while the items stand still.
    pub lineage: bool,
    /// What a person has to say.
    pub message: Option<Message>,
}

/// A mode that a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenMode {
    /// Its code.
    pub code: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when; then the schedule goes on.
    pub until: Timestamp,
}

/// This item began then; the others follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The mode it belongs to.
    pub mode: String,
    /// Its place, from 0.
    pub index: usize,
    /// When.
    pub at: Timestamp,
}

/// A message across the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The words.
    pub text: String,
    /// Code of the indicator whose figure stands beside it.
    pub indicator: Option<String>,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown<'a> {
    /// The mode.
    pub mode: &'a WallMode,
    /// A person chose it.
    pub chosen: bool,
    /// Place of the item in it, from 0.
    pub index: usize,
    /// The items stand still.
    pub held: bool,
    /// A region looked at.
    pub zoom: Option<RegionCode>,
    /// The origin of the figure is shown.
    pub lineage: bool,
    /// What a person has to say.
    pub message: Option<&'a Message>,
    /// Nothing changes before then, unless somebody steers.
    pub changes_at: Timestamp,
}

impl Shown<'_> {
    /// The item on part `part` of a row of screens: the first shows what a single screen shows, each further one
    /// what comes next.
    pub fn item_of_part(&self, part: usize) -> usize {
        (self.index + part.saturating_sub(1)) % self.mode.item.len().max(1)
    }

    /// Differs whenever something else is shown.
    pub fn key(&self, steering: &Steering, part: usize) -> String {
        let flags = (u8::from(self.held), u8::from(self.message.is_some()));
        format!("{}.{}.{}.{}{}", steering.revision, self.mode.code, self.item_of_part(part), flags.0, flags.1)
    }
}

/// What a playlist shows at `now` in the center's `zone`; `None` when it has nothing to show.
pub fn shown<'a>(
    wall: &'a WallFile,
    steering: &'a Steering,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Shown<'a>> {
    let (mode, since, chosen) = mode_at(wall, steering, now, zone)?;
    let anchor = steering.anchor.as_ref();
    let anchor = anchor.filter(|one| one.mode == mode.code && one.at >= since && one.index < mode.item.len());
    let held = steering.held_until.is_some_and(|until| now < until) && anchor.is_some();
    let (first, from) = anchor.map_or((0, since), |anchor| {
        // What was held goes on from where it stood.
        let freed = steering.held_until.filter(|until| *until <= now).unwrap_or(anchor.at);
        (anchor.index, freed.max(anchor.at))
    });
    let (index, left) = if held { (first, HOLD) } else { turn(mode, first, now.duration_since(from)) };
    let message = steering.message.as_ref().filter(|message| now < message.until);
    let ends = [
        steering.held_until,
        steering.mode.as_ref().map(|mode| mode.until),
        steering.message.as_ref().map(|message| message.until),
        // Modes begin and end with a minute.
        wall.mode.iter().any(|mode| mode.from.is_some() || !mode.days.is_empty()).then(|| next_minute(now)),
    ];
    let changes_at = ends.into_iter().flatten().filter(|end| *end > now).fold(now + left, Timestamp::min);
    Some(Shown {
        mode,
        chosen,
        index,
        held,
        zoom: steering.zoom.filter(|_| held),
        lineage: steering.lineage && held,
        message,
        changes_at,
    })
}

fn next_minute(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_millis(60_000 - now.as_millisecond().rem_euclid(60_000))
}

/// The item after so much time, and how much it has left.
fn turn(mode: &WallMode, first: usize, elapsed: SignedDuration) -> (usize, SignedDuration) {
    let count = mode.item.len().max(1);
    let lasts = |index: usize| {
        let seconds = mode.item.get(index % count).map_or(1, |item| item.seconds.max(1));
        i128::from(seconds) * 1000
    };
    let round: i128 = (0..count).map(lasts).sum();
    let mut left = elapsed.as_millis().max(0) % round;
    for step in 0..count {
        let length = lasts(first + step);
        if left < length {
            let remaining = i64::try_from(length - left).unwrap_or(1);
            return ((first + step) % count, SignedDuration::from_millis(remaining));
        }
        left -= length;
    }
    (first % count, SignedDuration::from_secs(1))
}

/// The mode of now, since when it is, and whether a person chose it.
fn mode_at<'a>(
    wall: &'a WallFile,
    steering: &Steering,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<(&'a WallMode, Timestamp, bool)> {
    let chosen = steering.mode.as_ref().filter(|mode| now < mode.until);
    if let Some(chosen) = chosen
        && let Some(mode) = wall.mode_called(&chosen.code)
    {
        return Some((mode, chosen.at, true));
    }
    let scheduled = wall.mode.iter().filter(|mode| !mode.by_hand && !mode.item.is_empty());
    scheduled.filter_map(|mode| Some((mode, since(mode, now, zone)?, false))).next()
}

/// When a mode began, if now is its time.
fn since(mode: &WallMode, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned_datetime(zone.clone()).date();
    let hours = (mode.from.as_deref().and_then(time_of_day), mode.until.as_deref().and_then(time_of_day));
    let (from, until) = match hours {
        (Some(from), Some(until)) => (from, until),
        _ => (Time::midnight(), Time::midnight()),
    };
    // A mode over midnight may have begun yesterday.
    [today, today.yesterday().ok()?].into_iter().find_map(|date| {
        let day = date.weekday().to_monday_zero_offset();
        if !mode.days.is_empty() && !mode.days.iter().any(|one| one.offset() == day) {
            return None;
        }
        let end = if until > from { date } else { date.checked_add(1.day()).ok()? };
        let begins = date.to_datetime(from).to_zoned_datetime(zone.clone()).ok()?.timestamp();
        let ends = end.to_datetime(until).to_zoned_datetime(zone.clone()).ok()?.timestamp();
        (begins <= now && now < ends).then_some(begins)
    })
}

/// What a person wants of the screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The item before.
    Previous,
    /// The next item.
    Next,
    /// Stand still.
    Hold,
    /// Go on.
    Continue,
    /// This mode for so long.
    Mode(String, SignedDuration),
    /// As the schedule says.
    Schedule,
    /// Look at a region.
    Zoom(RegionCode),
    /// Show where the figure comes from.
    Lineage,
    /// Say this, with the figure of an indicator, for so long.
    Message(String, Option<String>, SignedDuration),
    /// Stop saying it.
    EndMessage,
}

/// What is steered after `command`. A command that fits nothing changes nothing but the revision.
pub fn steer(
    wall: &WallFile,
    before: &Steering,
    command: Command,
    now: Timestamp,
    zone: &TimeZone,
) -> Steering {
    let mut after = Steering { revision: before.revision + 1, ..before.clone() };
    let Some(present) = shown(wall, before, now, zone) else { return after };
    let count = present.mode.item.len().max(1);
    let at = |index: usize| Some(Anchor { mode: present.mode.code.clone(), index, at: now });
    let held = present.held.then(|| now + HOLD);
    let move_to = |after: &mut Steering, index: usize| {
        (after.anchor, after.held_until, after.zoom, after.lineage) = (at(index), held, None, false);
    };
    match command {
        Command::Previous => move_to(&mut after, (present.index + count - 1) % count),
        Command::Next => move_to(&mut after, (present.index + 1) % count),
        Command::Hold => (after.anchor, after.held_until) = (at(present.index), Some(now + HOLD)),
        Command::Continue => {
            move_to(&mut after, present.index);
            after.held_until = None;
        }
        Command::Mode(code, long) => {
            after.mode = Some(ChosenMode { code, at: now, until: now + long });
            (after.anchor, after.held_until, after.zoom, after.lineage) = (None, None, None, false);
        }
        Command::Schedule => {
            (after.mode, after.anchor, after.held_until) = (None, None, None);
            (after.zoom, after.lineage) = (None, false);
        }
        Command::Zoom(region) => {
            (after.anchor, after.held_until) = (at(present.index), Some(now + HOLD));
            after.zoom = Some(region);
        }
        Command::Lineage => {
            (after.anchor, after.held_until) = (at(present.index), Some(now + HOLD));
            after.lineage = !present.lineage;
        }
        Command::Message(text, indicator, long) => {
            after.message = Some(Message { text, indicator, at: now, until: now + long });
        }
        Command::EndMessage => after.message = None,
    }
    after
}

/// Letters of codes on screens: none is mistaken for another when read from afar.
const LETTERS: &[u8; 30] = b"ABCDEFGHJKMNPQRSTUVWXYZ2345678";

/// A code to pair a screen with, from random bytes.
pub fn pairing_code(random: [u8; 6]) -> String {
    random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// A code as typed on a phone: in any case, with spaces or a hyphen.
pub fn typed_code(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .take(12)
        .collect()
}
