//! Finds values that name a person in a text. The first look costs a count of digits; nearly every cell
//! of a table of figures goes no further.

use super::{PersonalKind, digits, email};
use std::{borrow::Cow, ops::Range};

/// What is known of the place where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expect {
    /// A column of numbers that are read as figures: only what can be no figure is taken for personal.
    pub figures: bool,
    /// A column whose name says that it holds such values.
    pub hint: Option<PersonalKind>,
    /// The source itself calls the value a number: zeros at its start are lost, signs and gaps not there.
    pub number: bool,
}

/// A value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes.
    pub at: Range<usize>,
    /// What it is.
    pub kind: PersonalKind,
}

/// Fewest digits of anything that is recognised.
const FEWEST_DIGITS: usize = 9;
/// Longest marker's opening bracket is looked for in texts from this length on.
const SHORTEST: usize = 5;
/// Groups of digits that one number is written in.
const MOST_GROUPS: usize = 8;

/// From as many digits on a text may hold a long number; below only numbers with a known beginning.
const MANY_DIGITS: usize = 15;

/// The first, quick look: enough digits, and where they are few, the beginning of a telephone or insurance
/// number somewhere; or one of the signs that addresses and markers have. A region code goes no further.
pub(super) fn may_hold(text: &[u8], hinted: bool) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    // Without a branch in it this loop is done many bytes at a time.
    let (mut digits, mut signs) = (0usize, 0usize);
    for byte in text {
        digits += usize::from(byte.is_ascii_digit());
        signs += usize::from((*byte == b'@') | (*byte == b'['));
    }
    if signs > 0 {
        return true;
    }
    let begins =
        |three: &[u8]| matches!(three, [b'0', b'8', b'1'..=b'9'] | [b'0', b'0', b'0'] | [b'6', b'2', _]);
    digits >= FEWEST_DIGITS && (hinted || digits >= MANY_DIGITS || text.windows(3).any(begins))
}

/// Every value in a text that names a person, in order, and the markers of values masked before.
pub fn find(text: &str, expect: Expect) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    if !may_hold(bytes, expect.hint.is_some()) {
        return found;
    }
    // A text with words in it is no figure, whatever its column.
    let amount = |byte: &u8| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+' | b' ' | b'%' | b'R' | b'p')
    };
    let expect = Expect { figures: expect.figures && bytes.iter().all(amount), ..expect };
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'[' => {
                let kind = PersonalKind::ALL.into_iter().find(|kind| text[at..].starts_with(kind.marker()));
                if let Some(kind) = kind {
                    found.push(Found { at: at..at + kind.marker().len(), kind });
                }
                at += 1;
            }
            b'@' => {
                if let Some(range) = email::around(bytes, at) {
                    // Digits of the name before the sign may have been taken for a number already.
                    found.retain(|one| one.at.end <= range.start);
                    at = range.end;
                    found.push(Found { at: range, kind: PersonalKind::Email });
                } else {
                    at += 1;
                }
            }
            byte if byte.is_ascii_digit() => {
                let chain = Chain::read(text, at);
                at = chain.end();
                chain.find(expect, &mut found);
            }
            _ => at += 1,
        }
    }
    found
}

/// The text with markers in the place of values, and what they were; `None` when there is nothing to
/// mask.
pub fn mask(text: &str, expect: Expect) -> Option<(String, Vec<PersonalKind>)> {
    let found = find(text, expect);
    if found.is_empty() {
        return None;
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for one in &found {
        masked.push_str(&text[from..one.at.start]);
        masked.push_str(one.kind.marker());
        from = one.at.end;
    }
    masked.push_str(&text[from..]);
    Some((masked, found.into_iter().map(|one| one.kind).collect()))
}

/// The text as it may be kept, wherever it comes from.
pub fn mask_all(text: &str) -> Cow<'_, str> {
    mask(text, Expect::default()).map_or(Cow::Borrowed(text), |(masked, _)| Cow::Owned(masked))
}

/// A run of digits, or several with one or two signs between them, as people group long numbers. Nothing
/// is allocated: a region code is such a chain, and stands in every row.
struct Chain<'t> {
    text: &'t str,
    held: [(usize, usize); MOST_GROUPS * 2],
    count: usize,
    /// A `+` stands before it.
    plus: bool,
}

/// A sign that stands inside long numbers.
fn gap(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2015}')
}

impl<'t> Chain<'t> {
    /// The chain that begins with the digit at `start`; a very long one is cut.
    fn read(text: &'t str, start: usize) -> Chain<'t> {
        let bytes = text.as_bytes();
        let plus = text[..start].trim_end_matches(['(', ' ']).ends_with('+');
        let mut chain = Chain { text, held: [(0, 0); MOST_GROUPS * 2], count: 0, plus };
        let mut at = start;
        loop {
            let from = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            chain.held[chain.count] = (from, at);
            chain.count += 1;
            let gaps: usize = text[at..].chars().take(2).take_while(|c| gap(*c)).map(char::len_utf8).sum();
            let more = gaps > 0 && bytes.get(at + gaps).is_some_and(u8::is_ascii_digit);
            if !more || chain.count == chain.held.len() {
                return chain;
            }
            at += gaps;
        }
    }

    fn groups(&self) -> &[(usize, usize)] {
        &self.held[..self.count]
    }

    fn end(&self) -> usize {
        self.groups().last().map_or(self.text.len(), |group| group.1)
    }

    fn find(&self, expect: Expect, found: &mut Vec<Found>) {
        if self.groups().iter().map(|(from, to)| to - from).sum::<usize>() < FEWEST_DIGITS {
            return;
        }
        let mut first = 0;
        while first < self.count {
            let most = MOST_GROUPS.min(self.count - first);
            let hit = (1..=most).rev().find_map(|count| Some((count, self.kind(first, count, expect)?)));
            let Some((count, kind)) = hit else {
                first += 1;
                continue;
            };
            let (from, to) = (self.held[first].0, self.held[first + count - 1].1);
            let sign = from.checked_sub(1).and_then(|before| self.text.as_bytes().get(before));
            let from = if first == 0 && sign == Some(&b'+') { from - 1 } else { from };
            found.push(Found { at: from..to, kind });
            first += count;
        }
    }

    /// What `count` groups from `first` on are together.
    fn kind(&self, first: usize, count: usize, expect: Expect) -> Option<PersonalKind> {
        let groups = &self.groups()[first..first + count];
        let mut held = [0u8; 24];
        let mut shape = [0usize; MOST_GROUPS];
        let mut length = 0;
        for (part, (from, to)) in shape.iter_mut().zip(groups) {
            *part = to - from;
            for byte in &self.text.as_bytes()[*from..*to] {
                *held.get_mut(length)? = byte - b'0';
                length += 1;
            }
        }
        let digits = &held[..length];
        if length < FEWEST_DIGITS || self.inside_number(first, digits) {
            return None;
        }
        let plus = first == 0 && self.plus;
        // A minus before it makes it an amount.
        let signed = first == 0 && self.text[..self.held[0].0].ends_with('-');
        let expect = Expect { figures: expect.figures || signed, ..expect };
        let kind = recognised(digits, &shape[..count], plus, self.dotted(first, count), expect)?;
        (!self.inside_word(groups)).then_some(kind)
    }

    /// Letters touch it, so it is part of a name or a checksum. Labels may stand close: `NIK3316…`.
    fn inside_word(&self, groups: &[(usize, usize)]) -> bool {
        let (Some((start, _)), Some((_, end))) = (groups.first(), groups.last()) else { return true };
        let after = self.text[*end..].chars().next();
        if after.is_some_and(|c| c.is_alphabetic() || c == '_') {
            return true;
        }
        let before = self.text[..*start].chars().rev();
        let mut word: Vec<char> = before.take_while(|c| c.is_alphanumeric() || *c == '_').take(12).collect();
        word.reverse();
        let word: String = word.into_iter().collect();
        !LABELS.contains(&word.to_lowercase().as_str())
    }

    /// The digits behind a decimal sign: `-6.9688123456789012` or `0,1234567890123`.
    fn inside_number(&self, first: usize, digits: &[u8]) -> bool {
        let before = &self.text.as_bytes()[..self.held[first].0];
        match before.last() {
            Some(b'.') if first == 1 => self.held[0].1 - self.held[0].0 <= 3 && digits.len() > 3,
            Some(b',') => {
                let whole = before[..before.len() - 1].iter().rev();
                (1..=3).contains(&whole.take_while(|byte| byte.is_ascii_digit()).count())
            }
            _ => false,
        }
    }

    /// Whether a dot, and nothing else, stands after the first group: a decimal sign as well as a gap.
    fn dotted(&self, first: usize, count: usize) -> bool {
        count == 2 && self.text.as_bytes().get(self.held[first].1) == Some(&b'.')
    }
}

/// What may stand close before a number: nothing, or its label.
const LABELS: [&str; 14] =
    ["", "nik", "kk", "nokk", "npwp", "hp", "nohp", "telp", "tlp", "telepon", "wa", "no", "bpjs", "kis"];

/// What digits in groups of these lengths are.
fn recognised(
    digits: &[u8],
    shape: &[usize],
    plus: bool,
    dotted: bool,
    expect: Expect,
) -> Option<PersonalKind> {
    let whole = shape.len() == 1;
    let fours = shape == [4, 4, 4, 4];
    if (whole || fours || shape == [6, 6, 4] || shape == [2, 2, 2, 6, 4]) && digits::is_nik(digits) {
        return Some(PersonalKind::Nik);
    }
    if whole && digits::is_mobile(digits) && !expect.number {
        return Some(PersonalKind::Phone);
    }
    if plus && !dotted && digits::is_abroad(digits) {
        return Some(PersonalKind::Phone);
    }
    if let Some(kind) = expect.hint
        && (whole || kind != PersonalKind::Phone || shape[0] >= 2)
        && digits::by_column(kind, digits)
    {
        return Some(kind);
    }
    let grouped_mobile = shape.len() > 1 && shape[0] >= 3 && shape[1..].iter().all(|part| *part >= 2);
    if grouped_mobile && digits::is_mobile(digits) {
        return Some(PersonalKind::Phone);
    }
    if shape == [2, 3, 3, 1, 3, 3] {
        return Some(PersonalKind::Npwp);
    }
    if (fours || shape == [4, 6, 5]) && digits::is_card(digits) {
        return Some(PersonalKind::Card);
    }
    // What follows looks like an amount, too.
    if expect.figures || expect.number {
        return None;
    }
    let abroad =
        whole || (shape[0] == 2 && !dotted && shape[1..].iter().all(|part| *part >= 2)) || shape[0] >= 4;
    if abroad && digits::is_mobile_abroad(digits) {
        return Some(PersonalKind::Phone);
    }
    if whole && digits::is_npwp(digits) {
        return Some(PersonalKind::Npwp);
    }
    if whole && digits::is_card(digits) {
        return Some(PersonalKind::Card);
    }
    (whole && digits::is_bpjs(digits)).then_some(PersonalKind::Bpjs)
}
