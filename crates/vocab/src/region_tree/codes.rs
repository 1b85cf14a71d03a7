//! Reading codes in the two systems that are in use, which look alike.
//!
//! Both have two digits for a province, four for a regency and ten for a village; a kecamatan has six
//! digits in the Kemendagri system and seven in the BPS one. The order of the kecamatan differs, so the
//! same ten digits can be two villages. Therefore a source says which system it speaks, and that is
//! final: a code that only exists in the other system is refused, with a hint.

use super::{Region, RegionError, RegionTree};
use crate::{RegionCode, RegionCodeError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Whose codes these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeSystem {
    /// Ministry of Home Affairs: 2, 4, 6 or 10 digits, with dots or without.
    Kemendagri,
    /// Statistics Indonesia (MFD): 2, 4, 7 or 10 digits.
    Bps,
}

impl CodeSystem {
    /// The other one.
    pub fn other(self) -> CodeSystem {
        match self {
            CodeSystem::Kemendagri => CodeSystem::Bps,
            CodeSystem::Bps => CodeSystem::Kemendagri,
        }
    }
}

impl fmt::Display for CodeSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CodeSystem::Kemendagri => "Kemendagri",
            CodeSystem::Bps => "BPS",
        })
    }
}

/// A code of the BPS system; 2, 4, 7 or 10 digits, which begin with 1 to 9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BpsCode(u64);

impl BpsCode {
    /// The digits as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// From the digits as a number; `None` when their count is not 2, 4, 7 or 10.
    pub fn from_number(number: u64) -> Option<BpsCode> {
        let digits = number.checked_ilog10().map_or(0, |log| log + 1);
        matches!(digits, 2 | 4 | 7 | 10).then_some(BpsCode(number))
    }
}

impl fmt::Display for BpsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for BpsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BpsCode({})", self.0)
    }
}

impl Serialize for BpsCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for BpsCode {
    type Err = RegionCodeError;

    fn from_str(text: &str) -> Result<BpsCode, RegionCodeError> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RegionCodeError::NotDigits(text.to_owned()));
        }
        let number = if text.starts_with('0') { None } else { text.parse().ok() };
        number
            .and_then(BpsCode::from_number)
            .ok_or_else(|| RegionCodeError::WrongLength(text.to_owned(), text.len()))
    }
}

impl RegionTree {
    /// The region in force that `text` names in `system`. Never falls back to the other system; what the
    /// text would mean there is in the error.
    pub fn resolve_code(&self, text: &str, system: CodeSystem) -> Result<RegionCode, RegionError> {
        let text = text.trim();
        if let Some(region) = self.read_code(text, system) {
            return Ok(region.code);
        }
        let elsewhere = self.read_code(text, system.other()).map(|region| self.label(region.code));
        let well_formed = match system {
            CodeSystem::Kemendagri => text.parse::<RegionCode>().map(drop),
            CodeSystem::Bps => text.parse::<BpsCode>().map(drop),
        };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        // A kecamatan written in the other system's length is a mix-up even when the table lacks it.
        let other_length =
            matches!((system, digits.len()), (CodeSystem::Kemendagri, 7) | (CodeSystem::Bps, 6));
        if elsewhere.is_some() || other_length {
            return Err(RegionError::OtherSystem { text: text.to_owned(), system, elsewhere });
        }
        match well_formed {
            Err(_) => Err(RegionError::NotACode { text: text.to_owned(), system }),
            Ok(()) => Err(RegionError::UnknownCode {
                text: text.to_owned(),
                system,
                nearest: self.nearest_above(text, system),
            }),
        }
    }

    /// Every reading of a code, for suggesting a code system in an editor. Two readings mean that the
    /// text alone cannot tell.
    pub fn readings_of_code(&self, text: &str) -> Vec<(CodeSystem, RegionCode)> {
        [CodeSystem::Kemendagri, CodeSystem::Bps]
            .into_iter()
            .filter_map(|system| self.read_code(text.trim(), system).map(|region| (system, region.code)))
            .collect()
    }

    fn read_code(&self, text: &str, system: CodeSystem) -> Option<Region<'_>> {
        let region = match system {
            CodeSystem::Kemendagri => self.get(text.parse().ok()?)?,
            CodeSystem::Bps => self.by_bps(text)?,
        };
        region.valid_to.is_none().then_some(region)
    }

    /// The nearest region above an unknown code that exists.
    fn nearest_above(&self, text: &str, system: CodeSystem) -> Option<super::RegionLabel> {
        match system {
            CodeSystem::Kemendagri => {
                let code: RegionCode = text.parse().ok()?;
                std::iter::successors(code.parent(), |code| code.parent())
                    .find(|code| self.contains(*code))
                    .map(|code| self.label(code))
            }
            CodeSystem::Bps => [7, 4, 2].into_iter().find_map(|digits| {
                let region = self.by_bps(text.get(..digits).filter(|_| text.len() > digits)?)?;
                Some(self.label(region.code))
            }),
        }
    }
}
