//! Who asks, and what they may see. Every read takes a [`Scope`]; every write has an [`Author`].

use crate::RegionCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a figure may travel. Ordered: a scope with `Internal` also sees `Public`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Anyone may see it.
    Public = 0,
    /// Staff of the government may see it.
    #[default]
    Internal = 1,
    /// Named roles only.
    Restricted = 2,
}

impl Sensitivity {
    /// The number stored in the database (0, 1, 2).
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// Reads the stored number; unknown numbers are treated as the most restricted.
    pub fn from_rank(rank: i64) -> Sensitivity {
        match rank {
            0 => Sensitivity::Public,
            1 => Sensitivity::Internal,
            _ => Sensitivity::Restricted,
        }
    }
}

/// Which agencies' figures a reader may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AgencyScope {
    /// Every agency.
    All,
    /// Only these agencies, by database id.
    Only(Vec<i64>),
}

/// What one reader may see. Enforced in SQL by the figures crate, never by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The most sensitive figures visible.
    pub sensitivity: Sensitivity,
    /// The agencies visible.
    pub agencies: AgencyScope,
    /// The region subtree visible.
    pub region: RegionCode,
}

impl Scope {
    /// Everything: the scope of the center's own machinery and of the command line.
    pub fn everything() -> Scope {
        Scope {
            sensitivity: Sensitivity::Restricted,
            agencies: AgencyScope::All,
            region: RegionCode::COUNTRY,
        }
    }

    /// What both this scope and narrower limits allow. Limits that lie outside the scope leave what anybody
    /// sees: a token of somebody who was moved to another place shows neither place.
    #[must_use]
    pub fn narrowed(self, most: Sensitivity, agency: Option<i64>, region: Option<RegionCode>) -> Scope {
        let sensitivity = self.sensitivity.min(most);
        let agencies = match (self.agencies, agency) {
            (agencies, None) => agencies,
            (AgencyScope::All, Some(id)) => AgencyScope::Only(vec![id]),
            (AgencyScope::Only(own), Some(id)) => {
                AgencyScope::Only(own.into_iter().filter(|own| *own == id).collect())
            }
        };
        match region {
            Some(region) if self.region.contains(region) => Scope { sensitivity, agencies, region },
            Some(region) if !region.contains(self.region) => {
                Scope { sensitivity: Sensitivity::Public, agencies: AgencyScope::Only(Vec::new()), region }
            }
            _ => Scope { sensitivity, agencies, region: self.region },
        }
    }

    /// Whether something of this agency and sensitivity may be seen: what is public of every agency, the
    /// rest of one's own. The same condition stands in SQL where figures are read.
    pub fn sees(&self, agency_id: i64, sensitivity: Sensitivity) -> bool {
        sensitivity == Sensitivity::Public
            || (sensitivity <= self.sensitivity
                && match &self.agencies {
                    AgencyScope::All => true,
                    AgencyScope::Only(agencies) => agencies.contains(&agency_id),
                })
    }

    /// Whether small figures of an agency are shown as they are: internal clearance for that agency.
    pub fn clears(&self, agency_id: i64) -> bool {
        self.sensitivity >= Sensitivity::Internal
            && match &self.agencies {
                AgencyScope::All => true,
                AgencyScope::Only(agencies) => agencies.contains(&agency_id),
            }
    }
}

/// Who did a thing: recorded with every write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author(String);

impl Author {
    /// The center itself, for scheduled work.
    pub fn scheduler() -> Author {
        Author("jadwal".to_owned())
    }

    /// A named person or program. Control characters are dropped; at most 120 characters are kept.
    pub fn named(name: &str) -> Author {
        Author(name.chars().filter(|c| !c.is_control()).take(120).collect())
    }

    /// The name as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn limits_only_ever_take_away() {
        let own = |agencies: AgencyScope, region: &str| Scope {
            sensitivity: Sensitivity::Restricted,
            agencies,
            region: code(region),
        };
        let all = || own(AgencyScope::All, "33.16");
        let check = |scope: Scope, limit: (Sensitivity, Option<i64>, Option<&str>), want: Scope| {
            assert_eq!(scope.narrowed(limit.0, limit.1, limit.2.map(code)), want, "{limit:?}");
        };
        let most = Sensitivity::Restricted;
        check(all(), (most, None, None), all());
        check(all(), (Sensitivity::Public, None, None), Scope { sensitivity: Sensitivity::Public, ..all() });
        check(all(), (most, Some(7), None), own(AgencyScope::Only(vec![7]), "33.16"));
        check(
            own(AgencyScope::Only(vec![5, 7]), "33.16"),
            (most, Some(7), None),
            own(AgencyScope::Only(vec![7]), "33.16"),
        );
        check(
            own(AgencyScope::Only(vec![5]), "33.16"),
            (most, Some(7), None),
            own(AgencyScope::Only(vec![]), "33.16"),
        );
        check(all(), (most, None, Some("33.16.01")), own(AgencyScope::All, "33.16.01"));
        check(
            own(AgencyScope::All, "33.16.01"),
            (most, None, Some("33.16")),
            own(AgencyScope::All, "33.16.01"),
        );
        let elsewhere = Scope {
            sensitivity: Sensitivity::Public,
            agencies: AgencyScope::Only(Vec::new()),
            region: code("33.16.01"),
        };
        check(own(AgencyScope::All, "33.16.02"), (most, None, Some("33.16.01")), elsewhere);
    }
}
