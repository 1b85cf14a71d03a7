//! When recurring work is due. Pure: the wall clock and a clock that never jumps are passed in, what ran
//! is remembered by the caller between starts of the program.
//!
//! A *slot* is a moment that the cron expression names. It is run once, a little later by a jitter that
//! belongs to the work's name, so that not everything starts on the minute. The wall clock may jump by
//! seconds or years in either direction: the newest slot at or before now is run unless it was run
//! before; and when a clock set back would leave the work waiting for longer than its own period, a run
//! *outside the slots* fills the gap. Slots missed while the program was off are made up for by one run.

use croner::{
    CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Resolution, Weekday,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};
use jiff::{SignedDuration, Timestamp, ZonedDateTime, civil::DateTime, tz::AmbiguousOffset, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, time::Duration};

/// Jitter is at most this, and at most a tenth of the period.
const LONGEST_JITTER: SignedDuration = SignedDuration::from_secs(120);
/// A run outside the slots is due this long after the period has passed without a run.
const PATIENCE: Duration = Duration::from_secs(30);
/// Spans of slots remembered; each jump of the clock or stop of the program may add one.
const SPANS: usize = 64;

/// A cron expression of five fields in a time zone, with the jitter of one piece of work.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
    /// 0 to 1, from the work's name.
    jitter: f64,
}

/// Why a text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a schedule of five fields (minute hour day month weekday): {detail}")]
pub struct ScheduleError {
    text: String,
    detail: String,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// This slot.
    Slot(Timestamp),
    /// No slot, but the work has waited for longer than its period.
    Overdue,
}

/// Which slots have run: spans of consecutive slots, by their first and last, in Unix seconds. To be
/// kept across starts of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    spans: Vec<(i64, i64)>,
}

impl Schedule {
    /// Reads an expression. `name` is the work's own and decides its jitter.
    ///
    /// # Errors
    /// [`ScheduleError`] when it is not five fields of cron, or never comes due.
    pub fn parse(text: &str, zone: TimeZone, name: &str) -> Result<Schedule, ScheduleError> {
        let wrong = |detail: String| ScheduleError { text: text.to_owned(), detail };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| wrong(error.to_string()))?;
        let schedule = Schedule { cron, zone, jitter: fraction(name) };
        let some_day = Timestamp::from_second(1_700_000_000).map_err(|error| wrong(error.to_string()))?;
        if schedule.slot_after(some_day).is_none() {
            return Err(wrong("no such day ever comes".to_owned()));
        }
        Ok(schedule)
    }

    fn local(&self, at: Timestamp) -> Local {
        Local(at.to_zoned_datetime(self.zone.clone()))
    }

    /// The first slot after `at`.
    pub fn slot_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.cron.find_next_occurrence(&self.local(at), false).ok().map(|found| found.0.timestamp())
    }

    /// The last slot at or before `at`.
    pub fn slot_before(&self, at: Timestamp) -> Option<Timestamp> {
        self.cron.find_previous_occurrence(&self.local(at), true).ok().map(|found| found.0.timestamp())
    }

    /// How long after its slot the work starts.
    pub fn jitter(&self, slot: Timestamp) -> SignedDuration {
        let period = self.period(slot).unwrap_or(LONGEST_JITTER * 10);
        let most = (period / 10).min(LONGEST_JITTER);
        SignedDuration::from_secs((most.as_secs_f64() * self.jitter) as i64)
    }

    /// From a slot to the next.
    pub fn period(&self, slot: Timestamp) -> Option<SignedDuration> {
        Some(self.slot_after(slot)?.duration_since(slot))
    }

    /// When the work starts next, jitter included; shown to people.
    pub fn next_start(&self, now: Timestamp) -> Option<Timestamp> {
        let next = match self.slot_before(now).map(|slot| slot + self.jitter(slot)) {
            Some(start) if start > now => return Some(start),
            _ => self.slot_after(now)?,
        };
        next.checked_add(self.jitter(next)).ok()
    }

    /// What is due at `now`. `waited` is how long ago, on a clock that never jumps, the last run
    /// started; `None` when none has started since the program did.
    pub fn due(&self, ran: &Ran, now: Timestamp, waited: Option<Duration>) -> Option<Due> {
        let newest = self.slot_before(now)?;
        // While its jitter lasts, the slot before is the newest one that counts.
        let slot = match newest.checked_add(self.jitter(newest)) {
            Ok(start) if start > now => self.slot_before(newest - SignedDuration::from_secs(1))?,
            _ => newest,
        };
        if !ran.contains(slot) {
            return Some(Due::Slot(slot));
        }
        let period = Duration::try_from(self.period(slot)?).unwrap_or_default();
        (waited? >= period + PATIENCE).then_some(Due::Overdue)
    }

    /// Remembers that a slot has run.
    pub fn mark(&self, ran: &mut Ran, slot: Timestamp) {
        let before = self.slot_before(slot - SignedDuration::from_secs(1)).map(Timestamp::as_second);
        ran.insert(slot.as_second(), before);
    }
}

impl Ran {
    fn contains(&self, slot: Timestamp) -> bool {
        let slot = slot.as_second();
        self.spans.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }

    /// Adds a slot whose predecessor is `before`.
    fn insert(&mut self, slot: i64, before: Option<i64>) {
        if self.spans.iter().any(|(first, last)| (*first..=*last).contains(&slot)) {
            return;
        }
        match self.spans.iter().position(|(_, last)| Some(*last) == before) {
            Some(found) => {
                let (first, _) = self.spans.remove(found);
                self.spans.push((first, slot));
            }
            None => self.spans.push((slot, slot)),
        }
        // The newest entries stand last; what fell out of use longest ago goes first.
        if self.spans.len() > SPANS {
            self.spans.remove(0);
        }
    }
}

/// A number from 0 to 1 that depends on the name alone (FNV-1a).
fn fraction(name: &str) -> f64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// A moment with its time zone, in the cron library's terms.
#[derive(Clone)]
struct Local(ZonedDateTime);

fn civil(at: DateTime) -> CivilDateTime {
    CivilDateTime::new(
        CivilDate::from_parts_unchecked(
            i32::from(at.year()),
            at.month().unsigned_abs().into(),
            at.day().unsigned_abs().into(),
        ),
        CivilTime::from_parts_unchecked(
            at.hour().unsigned_abs().into(),
            at.minute().unsigned_abs().into(),
            at.second().unsigned_abs().into(),
        ),
    )
}

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        civil(self.0.datetime())
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::from(self.0.weekday().to_sunday_zero_offset().unsigned_abs()))
    }

    fn resolve_civil(&self, at: CivilDateTime) -> Result<Resolution<Local>, CronError> {
        let small = |number: u32| i8::try_from(number).map_err(|_| CronError::InvalidDate);
        let year = i16::try_from(at.year()).map_err(|_| CronError::InvalidDate)?;
        let wall = DateTime::new(
            year,
            small(at.month())?,
            small(at.day())?,
            small(at.hour())?,
            small(at.minute())?,
            small(at.second())?,
            0,
        )
        .map_err(|_| CronError::InvalidDate)?;
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(wall);
        let half =
            |zoned: Result<ZonedDateTime, jiff::Error>| zoned.map(Local).map_err(|_| CronError::InvalidTime);
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(half(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(half(ambiguous.clone().earlier())?, half(ambiguous.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Local> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Local)
    }

    fn cmp_instant(&self, other: &Local) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
    use std::collections::BTreeSet;

    fn jakarta() -> TimeZone {
        TimeZone::get("Asia/Jakarta").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn five_fields_in_the_center_s_time() {
        let schedule = Schedule::parse("15 6 * * 1-5", jakarta(), "x").unwrap();
        assert_eq!(schedule.slot_after(at("2026-09-04T00:00:00Z")), Some(at("2026-09-06T23:15:00Z")));
        assert_eq!(schedule.slot_before(at("2026-09-05T00:00:00Z")), Some(at("2026-09-03T23:15:00Z")));
        assert_eq!(schedule.slot_before(at("2026-09-03T23:15:00Z")), Some(at("2026-09-03T23:15:00Z")));
        for wrong in ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "often"] {
            assert!(Schedule::parse(wrong, jakarta(), "x").is_err(), "{wrong}");
        }
        // Clocks set forward skip the hour, clocks set back repeat it.
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let nightly = Schedule::parse("30 2 * * *", zone, "x").unwrap();
        assert!(nightly.slot_after(at("2026-03-28T12:00:00Z")).is_some());
        assert!(nightly.slot_after(at("2026-10-24T12:00:00Z")).is_some());
    }

    #[test]
    fn jitter_is_the_name_s_own_and_small() {
        for name in ["kesehatan", "pasar", "jalan", "rsud"] {
            let minutely = Schedule::parse("* * * * *", jakarta(), name).unwrap();
            let daily = Schedule::parse("0 6 * * *", jakarta(), name).unwrap();
            let slot = at("2026-09-03T23:00:00Z");
            assert!(minutely.jitter(slot) <= SignedDuration::from_secs(6));
            assert!(daily.jitter(slot) <= LONGEST_JITTER);
            assert_eq!(
                daily.jitter(slot),
                Schedule::parse("0 6 * * *", jakarta(), name).unwrap().jitter(slot)
            );
        }
    }

    /// A machine whose wall clock jumps while a clock that never jumps goes on.
    struct Machine {
        schedule: Schedule,
        ran: Ran,
        wall: Timestamp,
        steady: u64,
        last_start: u64,
        slots: BTreeSet<Timestamp>,
        runs: u64,
    }

    impl Machine {
        fn start(expression: &str, wall: Timestamp) -> Machine {
            let schedule = Schedule::parse(expression, jakarta(), expression).unwrap();
            let (ran, slots) = (Ran::default(), BTreeSet::new());
            Machine { schedule, ran, wall, steady: 0, last_start: 0, slots, runs: 0 }
        }

        fn tick(&mut self, secs: u32, seed: u64) {
            self.wall += SignedDuration::from_secs(i64::from(secs));
            self.steady += u64::from(secs);
            let waited = (self.runs > 0).then(|| Duration::from_secs(self.steady - self.last_start));
            match self.schedule.due(&self.ran, self.wall, waited) {
                Some(Due::Slot(slot)) => {
                    assert!(self.slots.insert(slot), "seed {seed}: slot {slot} ran twice");
                    self.schedule.mark(&mut self.ran, slot);
                }
                Some(Due::Overdue) => {}
                None => return,
            }
            self.runs += 1;
            self.last_start = self.steady;
        }
    }

    /// After every tick the newest slot whose time has come has run, no slot runs twice, and no work
    /// waits for longer than its period and a minute, whatever the wall clock does.
    #[test]
    fn jumps_of_the_clock_lose_nothing_and_repeat_nothing() {
        let (mut jumps, mut runs) = (0u32, 0);
        for seed in 0..1_000u64 {
            let mut random = StdRng::seed_from_u64(seed);
            let (expression, period, tick) =
                [("* * * * *", 60, 10), ("*/15 * * * *", 900, 60), ("20 * * * *", 3600, 300)]
                    [random.random_range(0..3)];
            let mut machine = Machine::start(expression, at("2026-11-24T01:00:00Z"));
            for _ in 0..random.random_range(2..6) {
                for _ in 0..random.random_range(5..60) {
                    machine.tick(tick, seed);
                    let newest = machine.schedule.slot_before(machine.wall).unwrap();
                    if newest + machine.schedule.jitter(newest) <= machine.wall {
                        assert!(machine.ran.contains(newest), "seed {seed}: slot {newest} was lost");
                    }
                    let waited = machine.steady - machine.last_start;
                    assert!(waited <= period + 60 + u64::from(tick), "seed {seed}: waited {waited} s");
                }
                let far = 10i64.pow(random.random_range(0..9)).min(315_576_000);
                let jump = random.random_range(1..=far.max(2)) * if random.random_bool(0.5) { 1 } else { -1 };
                machine.wall += SignedDuration::from_secs(jump);
                jumps += 1;
            }
            runs += machine.runs;
        }
        assert!(jumps > 2_000 && runs > 10_000, "{jumps} jumps, {runs} runs");
    }

    #[test]
    fn a_stop_is_made_up_for_once_and_survives_storage() {
        let mut machine = Machine::start("*/15 * * * *", at("2026-11-24T01:00:00Z"));
        for _ in 0..100 {
            machine.tick(60, 0);
        }
        let before = machine.runs;
        let stored = serde_json::to_string(&machine.ran).unwrap();
        machine.ran = serde_json::from_str(&stored).unwrap();
        machine.wall += SignedDuration::from_hours(7);
        machine.tick(60, 0);
        machine.tick(60, 0);
        assert_eq!(machine.runs, before + 1);
        assert!(stored.len() < 200, "{stored}");
    }
}
