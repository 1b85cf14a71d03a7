//! The chain itself, as arithmetic: the bytes of an entry, its hash, the signed head, and the walk that
//! finds what was changed. Values in, values out.
//!
//! The hash of an entry is SHA-256 over the hash of the entry before it and the entry's own bytes. Those
//! begin with `pendopo-audit-1\n`; then each column follows in order as one byte for its type and the
//! value: `0` for an absent one, `1` and eight bytes for an integer, `3`, the length in eight bytes and
//! UTF-8 for a text (numbers big-endian). No two entries have the same bytes. The first entry follows on
//! 32 zero bytes.

use super::entry::{Action, FIELDS};
use pendopo_figures::ValueRef;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};

/// What the bytes of an entry begin with.
const ENTRY_MARK: &[u8] = b"pendopo-audit-1\n";
/// What the signed bytes of a head begin with.
const HEAD_MARK: &[u8] = b"pendopo-audit-head-1\n";

/// Place of the action among the columns.
const ACTION: usize = 7;

/// SHA-256 of an entry and of everything before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first entry follows on.
    pub const START: Hash = Hash([0; 32]);

    /// Reads the stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Hash> {
        from_hex(text).and_then(|bytes| Hash::from_bytes(&bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes as hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
        text
    })
}

/// Hexadecimal digits as bytes.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// The hash of an entry that follows on `previous`. `bytes` is room to work in.
pub fn hash_entry(previous: Hash, cells: &[ValueRef<'_>; FIELDS], bytes: &mut Vec<u8>) -> Hash {
    bytes.clear();
    bytes.extend_from_slice(&previous.0);
    bytes.extend_from_slice(ENTRY_MARK);
    let put = |kind: u8, data: &[u8], bytes: &mut Vec<u8>| {
        bytes.push(kind);
        bytes.extend_from_slice(&(data.len() as u64).to_be_bytes());
        bytes.extend_from_slice(data);
    };
    for cell in cells {
        match cell {
            ValueRef::Null => bytes.push(0),
            ValueRef::Int(value) => {
                bytes.push(1);
                bytes.extend_from_slice(&value.to_be_bytes());
            }
            // No column holds these two; should one be put there, its entry shall not match.
            ValueRef::Real(value) => put(2, &value.to_be_bytes(), bytes),
            ValueRef::Blob(value) => put(4, value, bytes),
            ValueRef::Text(value) => put(3, value.as_bytes(), bytes),
        }
    }
    Hash(Sha256::digest(&*bytes).into())
}

/// The end of the chain at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the newest entry.
    pub number: i64,
    /// Its hash.
    pub hash: Hash,
    /// When the head was signed, Unix milliseconds.
    pub at_ms: i64,
}

impl Head {
    /// The bytes that are signed.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = HEAD_MARK.to_vec();
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.hash.0);
        bytes.extend_from_slice(&self.at_ms.to_be_bytes());
        bytes
    }
}

/// A head with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

/// What is wrong at a place of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// An entry's content does not give its hash: it was changed.
    Changed,
    /// An entry does not follow on the one before it.
    Unlinked,
    /// The entries up to the one before this number are missing, from `first` on.
    Missing {
        /// The first missing number.
        first: i64,
    },
    /// An entry that cannot be read as one.
    Unreadable,
    /// The signed head is missing although there are entries.
    NoHead,
    /// The signed head names another end than the chain has.
    OtherHead {
        /// Number of the last entry there is.
        last: i64,
    },
    /// The head is not signed by this center's key.
    ForgedHead,
    /// A head kept outside names an entry that is no longer there: the end was cut off, or the database
    /// was put back to an older state.
    CutOff {
        /// Number of the last entry there is.
        last: i64,
        /// Where the head is kept.
        place: String,
    },
    /// A head kept outside names another entry under this number: everything up to it was rewritten.
    Rewritten {
        /// Where the head is kept.
        place: String,
    },
    /// A head kept outside is not signed by this center's key.
    ForgedAnchor {
        /// Where it is kept.
        place: String,
    },
    /// A line of a file of heads that cannot be read.
    UnreadableAnchor {
        /// Which.
        place: String,
    },
    /// The program itself found the log changed by another hand and said so in this entry.
    Reported,
    /// The database no longer refuses changes to entries.
    Unguarded,
}

impl Damage {
    /// A stable code, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Damage::Changed => "changed",
            Damage::Unlinked => "unlinked",
            Damage::Missing { .. } => "missing",
            Damage::Unreadable => "unreadable",
            Damage::NoHead => "no-head",
            Damage::OtherHead { .. } => "other-head",
            Damage::ForgedHead => "forged-head",
            Damage::CutOff { .. } => "cut-off",
            Damage::Rewritten { .. } => "rewritten",
            Damage::ForgedAnchor { .. } => "forged-anchor",
            Damage::UnreadableAnchor { .. } => "unreadable-anchor",
            Damage::Reported => "reported",
            Damage::Unguarded => "unguarded",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry, where there is one.
    pub number: Option<i64>,
    /// Its time, Unix milliseconds.
    pub at_ms: Option<i64>,
    /// What is wrong.
    pub damage: Damage,
}

/// Findings kept in full; of more, only the number is.
const MAX_FINDINGS: usize = 100;

/// What a verification came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first of them.
    pub first: Vec<Finding>,
    /// How many in all.
    pub count: u64,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, number: Option<i64>, at_ms: Option<i64>, damage: Damage) {
        self.count += 1;
        if self.first.len() < MAX_FINDINGS {
            self.first.push(Finding { number, at_ms, damage });
        }
    }
}

/// A head that was kept outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHead {
    /// The head, its signature found good.
    pub signed: SignedHead,
    /// Where it is kept, in words: file and line.
    pub place: String,
}

/// A stored entry, as far as the walk needs it.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Its columns.
    pub cells: &'a [ValueRef<'a>; FIELDS],
    /// The stored hash of the entry before it.
    pub previous: &'a [u8],
    /// Its own stored hash.
    pub hash: &'a [u8],
}

/// Walks along the chain and collects what is wrong.
pub struct Walk {
    last: Head,
    kept: BTreeMap<i64, Vec<KeptHead>>,
    findings: Findings,
    bytes: Vec<u8>,
}

impl Walk {
    /// At the beginning of the chain, with all heads that were kept outside.
    pub fn new(kept: Vec<KeptHead>, findings: Findings) -> Walk {
        let mut by_number: BTreeMap<i64, Vec<KeptHead>> = BTreeMap::new();
        for head in kept {
            by_number.entry(head.signed.head.number).or_default().push(head);
        }
        let last = Head { number: 0, hash: Hash::START, at_ms: 0 };
        Walk { last, kept: by_number, findings, bytes: Vec::with_capacity(1024) }
    }

    /// Number of the entry that was looked at last.
    pub fn number(&self) -> i64 {
        self.last.number
    }

    /// Looks at the next entry, in the order of numbers.
    pub fn step(&mut self, link: &Link<'_>) {
        let (ValueRef::Int(number), ValueRef::Int(at_ms)) = (link.cells[0], link.cells[1]) else {
            return self.unreadable(match link.cells[0] {
                ValueRef::Int(number) => Some(number),
                _ => None,
            });
        };
        let (Some(previous), Some(hash)) = (Hash::from_bytes(link.previous), Hash::from_bytes(link.hash))
        else {
            return self.unreadable(Some(number));
        };
        let here = (Some(number), Some(at_ms));
        if number != self.last.number + 1 {
            self.findings.add(here.0, here.1, Damage::Missing { first: self.last.number + 1 });
        } else if previous != self.last.hash {
            self.findings.add(here.0, here.1, Damage::Unlinked);
        }
        if hash_entry(previous, link.cells, &mut self.bytes) != hash {
            self.findings.add(here.0, here.1, Damage::Changed);
        }
        if link.cells[ACTION] == ValueRef::Text(Action::DamageFound.as_str()) {
            self.findings.add(here.0, here.1, Damage::Reported);
        }
        for kept in self.kept.remove(&number).unwrap_or_default() {
            if kept.signed.head.hash != hash {
                self.findings.add(here.0, here.1, Damage::Rewritten { place: kept.place });
            }
        }
        self.last = Head { number, hash, at_ms };
    }

    /// Notes an entry that is none; the walk goes on after it.
    pub fn unreadable(&mut self, number: Option<i64>) {
        self.findings.add(number, None, Damage::Unreadable);
        if let Some(number) = number {
            self.last.number = number;
            self.kept.remove(&number);
        }
    }

    /// At the end: compares with the signed head of the database and with what is left of the kept ones.
    /// `head` comes with whether its signature is good. Gives the last entry and everything found.
    pub fn end(mut self, head: Option<(Head, bool)>) -> (Head, Findings) {
        let last = self.last;
        let at = |number: i64| (number > 0).then_some(number);
        match head {
            None if last.number > 0 => self.findings.add(at(last.number), Some(last.at_ms), Damage::NoHead),
            None => {}
            Some((head, signed)) => {
                if !signed {
                    self.findings.add(at(head.number), Some(head.at_ms), Damage::ForgedHead);
                }
                if (head.number, head.hash) != (last.number, last.hash) {
                    let damage = Damage::OtherHead { last: last.number };
                    self.findings.add(at(head.number), Some(head.at_ms), damage);
                }
            }
        }
        for kept in std::mem::take(&mut self.kept).into_values().flatten() {
            let head = kept.signed.head;
            let damage = match head.number > last.number {
                true => Damage::CutOff { last: last.number, place: kept.place },
                // Its entry was passed over as missing, which is found already; this names the witness.
                false => Damage::Rewritten { place: kept.place },
            };
            self.findings.add(at(head.number), Some(head.at_ms), damage);
        }
        (last, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'a>(number: i64, actor: &'a str, code: &'a str) -> [ValueRef<'a>; FIELDS] {
        let mut cells = [ValueRef::Null; FIELDS];
        (cells[0], cells[1], cells[2], cells[9]) = (
            ValueRef::Int(number),
            ValueRef::Int(1000 + number),
            ValueRef::Text(actor),
            ValueRef::Text(code),
        );
        cells
    }

    #[test]
    fn the_first_hash_is_what_the_description_says() {
        // By hand from the description at the top of this file.
        let mut bytes = vec![0; 32];
        bytes.extend(b"pendopo-audit-1\n");
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 3, 0xe9]);
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0, 1, b'x', 0, 0, 0, 0, 0, 0]);
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0, 1, b'y', 0, 0]);
        let want = Hash(Sha256::digest(&bytes).into());
        assert_eq!(hash_entry(Hash::START, &cells(1, "x", "y"), &mut Vec::new()), want);
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let mut room = Vec::new();
        let mut one = cells(1, "a", "b");
        let mut other = one;
        (one[2], one[3]) = (ValueRef::Text("ab"), ValueRef::Text(""));
        (other[2], other[3]) = (ValueRef::Text("a"), ValueRef::Text("b"));
        assert_ne!(hash_entry(Hash::START, &one, &mut room), hash_entry(Hash::START, &other, &mut room));
        one[3] = ValueRef::Null;
        other[2] = ValueRef::Text("ab");
        other[3] = ValueRef::Text("");
        assert_ne!(hash_entry(Hash::START, &one, &mut room), hash_entry(Hash::START, &other, &mut room));
    }

    #[test]
    fn hexadecimal_digits_round_trip() {
        assert_eq!(from_hex(&to_hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        assert_eq!(from_hex("abc"), None);
        assert_eq!(from_hex("zz"), None);
        assert_eq!(Hash::from_hex(&Hash::START.to_string()), Some(Hash::START));
    }
}
