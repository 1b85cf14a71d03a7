//! What happens again and again leaves one entry per hour or minute: an open page that renews itself, a
//! program with a token that ran out. Kept in memory and bounded; a restart forgets it, which costs an entry
//! more.

use super::{
    entry::{Action, Actor, Entry},
    ledger::Audit,
};
use crate::web::Principal;
use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// How long one entry speaks for what comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// For looking at something.
    Hour,
    /// For being sent away without the center knowing who it was.
    Minute,
}

impl Every {
    fn length_ms(self) -> i64 {
        match self {
            Every::Hour => 3_600_000,
            Every::Minute => 60_000,
        }
    }

    /// Entries in one period at most. Strangers come from as many addresses as they like, and an entry can
    /// never be deleted: what exceeds this is counted in the next entry.
    fn most(self) -> usize {
        match self {
            Every::Hour => 50_000,
            Every::Minute => 60,
        }
    }
}

impl Audit {
    /// Records that somebody looks at restricted figures. A page that is open and renews itself, or is opened
    /// again, is one look per session and hour.
    pub fn note_view(&self, who: &Principal, kind: &str, code: &str) {
        let entry = Entry::new(Actor::from(who), Action::RestrictedViewed).on(kind, code);
        self.queue_once(Every::Hour, &format!("{:?} {kind} {code}", who.via), entry);
    }
}

/// What was recorded in the present hour and minute.
#[derive(Default)]
pub struct Once {
    hasher: RandomState,
    hour: Mutex<Period>,
    minute: Mutex<Period>,
}

#[derive(Default)]
struct Period {
    number: i64,
    seen: HashSet<u64>,
    left_out: u64,
}

impl Once {
    /// The entry, if it is the first with this key in its hour or minute and there is room for it.
    pub fn first(&self, every: Every, key: &str, now_ms: i64, entry: Entry) -> Option<Entry> {
        let period = match every {
            Every::Hour => &self.hour,
            Every::Minute => &self.minute,
        };
        let key = self.hasher.hash_one((entry.action, key));
        let mut period = period.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now_ms.div_euclid(every.length_ms());
        if period.number != number {
            period.number = number;
            period.seen.clear();
        }
        if period.seen.contains(&key) {
            return None;
        }
        if period.seen.len() >= every.most() {
            period.left_out += 1;
            return None;
        }
        period.seen.insert(key);
        match std::mem::take(&mut period.left_out) {
            0 => Some(entry),
            left_out => Some(entry.noting("left_out", left_out)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry::new(Actor::center(), Action::AccessRefused)
    }

    #[test]
    fn one_entry_speaks_for_its_hour_or_minute() {
        let once = Once::default();
        let first = |every, key: &str, now_ms| once.first(every, key, now_ms, entry()).is_some();
        assert!(first(Every::Hour, "a", 0) && !first(Every::Hour, "a", 3_599_999));
        assert!(first(Every::Hour, "b", 3_599_999), "another page");
        assert!(first(Every::Hour, "a", 3_600_000), "the next hour");
        assert!(first(Every::Minute, "a", 0), "an hour does not speak for a minute");
        assert!(!first(Every::Minute, "a", 59_999) && first(Every::Minute, "a", 60_000));
        let other = Entry::new(Actor::center(), Action::RestrictedViewed);
        assert!(once.first(Every::Minute, "a", 60_000, other).is_some(), "another action");
    }

    #[test]
    fn strangers_from_everywhere_do_not_fill_the_log_and_are_counted() {
        let once = Once::default();
        let recorded =
            (0..100_000).filter_map(|n| once.first(Every::Minute, &format!("{n}"), 0, entry())).count();
        assert_eq!(recorded, 60);
        let next = once.first(Every::Minute, "x", 60_000, entry()).unwrap();
        assert_eq!(next.detail["left_out"], 99_940);
        let after = once.first(Every::Minute, "y", 60_000, entry()).unwrap();
        assert!(after.detail.is_empty());
    }
}
