//! Which figures a run has already given, in as few bytes as possible: a million figures cost some
//! 36 MB, most of it the table's own slack.

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use jiff::civil::Date;
use pendopo_vocab::{Period, RegionCode};
use std::{hash::BuildHasher, sync::Arc};

/// Figures read from one row.
pub(super) const MAX_SLOTS: usize = 1 << 8;
const MAX_REGIONS: usize = 1 << 17;
const MAX_BREAKDOWNS: usize = 1 << 22;

/// A figure's name in 64 bits: slot, region, day, breakdown.
pub(super) type FigureKey = u64;

/// What the first row for a figure said.
#[derive(Clone, Copy)]
pub(super) struct Said {
    row_no: u32,
    /// A hash of the value; equal values are the same statement twice.
    value: u32,
}

/// How a row stands to what was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    New,
    Same,
    /// The earlier row, which says something else.
    Contradicts(u64),
}

/// A figure's name, unpacked.
pub(super) struct KeyParts {
    pub slot: usize,
    pub region: Option<RegionCode>,
    pub day: Date,
    pub breakdown: Arc<str>,
}

/// Numbers for regions and breakdowns, and the figures given so far.
pub(super) struct Keys {
    regions: HashMap<RegionCode, u32>,
    region_codes: Vec<RegionCode>,
    last_region: Option<(RegionCode, u32)>,
    breakdowns: HashMap<Arc<str>, u32>,
    breakdown_names: Vec<Arc<str>>,
    said: HashMap<FigureKey, Said>,
    rows: HashSet<u128>,
    hashers: (DefaultHashBuilder, DefaultHashBuilder),
}

impl Keys {
    pub(super) fn new() -> Keys {
        let total: Arc<str> = Arc::from("");
        Keys {
            regions: HashMap::new(),
            region_codes: Vec::new(),
            last_region: None,
            breakdowns: HashMap::from_iter([(total.clone(), 0)]),
            breakdown_names: vec![total],
            said: HashMap::new(),
            rows: HashSet::new(),
            hashers: (DefaultHashBuilder::default(), DefaultHashBuilder::default()),
        }
    }

    /// The number of a breakdown; `None` when there are too many.
    pub(super) fn breakdown(&mut self, text: &str) -> Option<u32> {
        if let Some(number) = self.breakdowns.get(text) {
            return Some(*number);
        }
        let number = self.breakdown_names.len();
        if number >= MAX_BREAKDOWNS {
            return None;
        }
        let name: Arc<str> = Arc::from(text);
        self.breakdown_names.push(name.clone());
        self.breakdowns.insert(name, number as u32);
        Some(number as u32)
    }

    pub(super) fn breakdown_name(&self, number: u32) -> Arc<str> {
        self.breakdown_names[number as usize].clone()
    }

    /// The key of a figure; `None` when there are more regions than the country has.
    pub(super) fn figure(
        &mut self,
        slot: usize,
        region: RegionCode,
        period: Period,
        breakdown: u32,
    ) -> Option<FigureKey> {
        let region = match self.last_region {
            Some((last, number)) if last == region => number,
            _ => {
                let next = self.regions.len() as u32;
                let number = *self.regions.entry(region).or_insert(next);
                if number == next {
                    self.region_codes.push(region);
                }
                self.last_region = Some((region, number));
                number
            }
        };
        if region as usize >= MAX_REGIONS {
            return None;
        }
        Some(
            (slot as u64) << 56
                | u64::from(region) << 39
                | u64::from(day_number(period)) << 22
                | u64::from(breakdown),
        )
    }

    pub(super) fn standing(&self, key: FigureKey, value: f64) -> Standing {
        match self.said.get(&key) {
            None => Standing::New,
            Some(said) if said.value == value_hash(value) => Standing::Same,
            Some(said) => Standing::Contradicts(u64::from(said.row_no)),
        }
    }

    pub(super) fn say(&mut self, key: FigureKey, value: f64, row_no: u64) {
        let said = Said { row_no: u32::try_from(row_no).unwrap_or(u32::MAX), value: value_hash(value) };
        self.said.insert(key, said);
    }

    /// Forgets a figure that only row `row_no` gave.
    pub(super) fn unsay(&mut self, key: FigureKey, row_no: u64) {
        let row_no = u32::try_from(row_no).unwrap_or(u32::MAX);
        if self.said.get(&key).is_some_and(|said| said.row_no == row_no) {
            self.said.remove(&key);
        }
    }

    /// What a key was made of.
    pub(super) fn parts(&self, key: FigureKey) -> KeyParts {
        let region = (key >> 39) as usize & (MAX_REGIONS - 1);
        let breakdown = key as usize & (MAX_BREAKDOWNS - 1);
        KeyParts {
            slot: (key >> 56) as usize,
            region: self.region_codes.get(region).copied(),
            day: day_of((key >> 22) as u32 & ((1 << 17) - 1)),
            breakdown: self.breakdown_names.get(breakdown).unwrap_or(&self.breakdown_names[0]).clone(),
        }
    }

    /// The hash of a row's own key. 128 bits: among a billion rows two different keys meet with a
    /// probability below one in 10^20.
    pub(super) fn row_hash(&self, texts: &str) -> u128 {
        let one = |builder: &DefaultHashBuilder| builder.hash_one(texts);
        u128::from(one(&self.hashers.0)) << 64 | u128::from(one(&self.hashers.1))
    }

    /// Whether a row with this key was accepted before.
    pub(super) fn has_row(&self, hash: u128) -> bool {
        self.rows.contains(&hash)
    }

    pub(super) fn add_row(&mut self, hash: u128) {
        self.rows.insert(hash);
    }
}

/// Days from 1 January 1900 to the period's first day, below 2^17 for every year that is accepted. The
/// cadence is the indicator's and needs no room.
fn day_number(period: Period) -> u32 {
    let id = period.id() / 10;
    let (year, month, day) = (id / 10_000, id / 100 % 100, id % 100);
    // Months of 31 days leave gaps, which do no harm.
    let number = (year - 1900) * 372 + (month - 1) * 31 + (day - 1);
    number.clamp(0, (1 << 17) - 1) as u32
}

/// The day that [`day_number`] numbered.
fn day_of(number: u32) -> Date {
    let (year, rest) = (number / 372, number % 372);
    let (month, day) = (rest / 31 + 1, rest % 31 + 1);
    // Only real days were numbered.
    Date::new(1900 + year as i16, month as i8, day as i8).unwrap_or(Date::ZERO)
}

/// 32 bits of the value's bits: two different values of one figure look equal once in four billion.
fn value_hash(value: f64) -> u32 {
    let bits = (value + 0.0).to_bits();
    (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Writes a part of a breakdown: single spaces, and the three marks of the form escaped.
pub(super) fn escape_into(out: &mut String, text: &str) {
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '%' => out.push_str("%25"),
                ';' => out.push_str("%3B"),
                '=' => out.push_str("%3D"),
                other => out.push(other),
            }
        }
    }
}
