//! The Kemendagri region code, `PP.KK.CC.DDDD`, and its integer form.
//!
//! The integer pads the digits on the right to ten, so that a region's whole subtree is one
//! contiguous range: `33.16` is 3316000000 and all that lies in it is `3316000000..=3316999999`.
//! Every query by subtree is therefore a range scan on one column, on any engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, ops::RangeInclusive, str::FromStr};

/// A level of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionLevel {
    /// The whole country; not part of the Kemendagri list.
    Country = 0,
    /// Provinsi, two digits.
    Province = 1,
    /// Kabupaten or kota, four digits.
    Regency = 2,
    /// Kecamatan, six digits.
    District = 3,
    /// Desa or kelurahan, ten digits.
    Village = 4,
}

impl RegionLevel {
    /// The number stored in the database, 0 for the country to 4 for the village.
    pub fn depth(self) -> i64 {
        self as i64
    }

    /// Reads the stored number.
    pub fn from_depth(depth: i64) -> Option<RegionLevel> {
        Some(match depth {
            0 => RegionLevel::Country,
            1 => RegionLevel::Province,
            2 => RegionLevel::Regency,
            3 => RegionLevel::District,
            4 => RegionLevel::Village,
            _ => return None,
        })
    }

    /// The size of a subtree rooted at this level, in integer codes.
    pub fn span(self) -> i64 {
        match self {
            RegionLevel::Country => 10_000_000_000,
            RegionLevel::Province => 100_000_000,
            RegionLevel::Regency => 1_000_000,
            RegionLevel::District => 10_000,
            RegionLevel::Village => 1,
        }
    }

    /// The next finer level; `None` below the village.
    pub fn child(self) -> Option<RegionLevel> {
        RegionLevel::from_depth(self.depth() + 1)
    }
}

/// A well-formed region code. Whether the region exists is for the region tree to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(i64);

/// Why a text is not a region code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionCodeError {
    /// Something other than digits and dots.
    #[error("`{0}` is not a region code: expected digits as in 33.16.09.1010")]
    NotDigits(String),
    /// A number of digits that no level has.
    #[error("`{0}` has {1} digits; a region code has 2, 4, 6 or 10")]
    WrongLength(String, usize),
}

impl RegionCode {
    /// The country as a whole, written `00`.
    pub const COUNTRY: RegionCode = RegionCode(0);

    /// The integer form, ten digits.
    pub fn id(self) -> i64 {
        self.0
    }

    /// From the integer form; `None` outside ten digits.
    #[inline]
    pub fn from_id(id: i64) -> Option<RegionCode> {
        (0..10_000_000_000).contains(&id).then_some(RegionCode(id))
    }

    /// The level, read from the trailing zeros.
    #[inline]
    pub fn level(self) -> RegionLevel {
        if self.0 == 0 {
            RegionLevel::Country
        } else if self.0 % 100_000_000 == 0 {
            RegionLevel::Province
        } else if self.0 % 1_000_000 == 0 {
            RegionLevel::Regency
        } else if self.0 % 10_000 == 0 {
            RegionLevel::District
        } else {
            RegionLevel::Village
        }
    }

    /// The region one level up; `None` for the country.
    pub fn parent(self) -> Option<RegionCode> {
        RegionLevel::from_depth(self.level().depth() - 1).map(|level| self.ancestor(level))
    }

    /// The ancestor at `level`, or the code itself when it is already at or above that level.
    pub fn ancestor(self, level: RegionLevel) -> RegionCode {
        RegionCode(self.0 - self.0 % level.span())
    }

    /// The integer codes of the region and all that lies in it.
    pub fn subtree(self) -> RangeInclusive<i64> {
        self.0..=self.0 + self.level().span() - 1
    }

    /// Whether `other` is this region or lies in it.
    pub fn contains(self, other: RegionCode) -> bool {
        self.subtree().contains(&other.0)
    }

    /// The digits without dots, as SIPD and others write them: `331609`.
    pub fn undotted(self) -> String {
        self.to_string().replace('.', "")
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, k, c, d) =
            (self.0 / 100_000_000, self.0 / 1_000_000 % 100, self.0 / 10_000 % 100, self.0 % 10_000);
        match self.level() {
            RegionLevel::Country | RegionLevel::Province => write!(f, "{p:02}"),
            RegionLevel::Regency => write!(f, "{p:02}.{k:02}"),
            RegionLevel::District => write!(f, "{p:02}.{k:02}.{c:02}"),
            RegionLevel::Village => write!(f, "{p:02}.{k:02}.{c:02}.{d:04}"),
        }
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionCode({self})")
    }
}

impl FromStr for RegionCode {
    type Err = RegionCodeError;

    /// Reads the dotted form and the undotted one (`33.16.09`, `331609`); spaces around are ignored.
    fn from_str(text: &str) -> Result<RegionCode, RegionCodeError> {
        let trimmed = text.trim();
        let mut digits = 0usize;
        let mut value = 0i64;
        for byte in trimmed.bytes() {
            match byte {
                b'0'..=b'9' if digits < 10 => {
                    value = value * 10 + i64::from(byte - b'0');
                    digits += 1;
                }
                b'0'..=b'9' => digits += 1,
                b'.' => {}
                _ => return Err(RegionCodeError::NotDigits(trimmed.to_owned())),
            }
        }
        let scale = match digits {
            2 => 100_000_000,
            4 => 1_000_000,
            6 => 10_000,
            10 => 1,
            _ => return Err(RegionCodeError::WrongLength(trimmed.to_owned(), digits)),
        };
        Ok(RegionCode(value * scale))
    }
}

impl Serialize for RegionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegionCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RegionCode, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RegionCode {
    fn schema_name() -> Cow<'static, str> {
        "RegionCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^\d{2}(\.?\d{2}(\.?\d{2}(\.?\d{4})?)?)?$",
            "description": "Kemendagri region code, dotted: 33.16.09.1010"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_nest() {
        for text in ["33", "33.16", "33.16.09", "33.16.09.1010", "00"] {
            let code: RegionCode = text.parse().unwrap();
            assert_eq!(code.to_string(), text);
            assert_eq!(code.undotted().parse::<RegionCode>().unwrap(), code);
            assert_eq!(RegionCode::from_id(code.id()), Some(code));
        }
        let blora: RegionCode = "33.16".parse().unwrap();
        let village: RegionCode = "3316091010".parse().unwrap();
        assert!(blora.contains(village) && RegionCode::COUNTRY.contains(blora));
        assert_eq!(village.parent().unwrap().to_string(), "33.16.09");
        assert_eq!(village.ancestor(RegionLevel::Regency), blora);
        assert_eq!(blora.subtree(), 3_316_000_000..=3_316_999_999);
        assert_eq!(RegionCode::COUNTRY.parent(), None);
        for wrong in ["", "3", "331", "33160", "33a6", "33160910101", "-33"] {
            assert!(wrong.parse::<RegionCode>().is_err(), "{wrong}");
        }
    }
}
