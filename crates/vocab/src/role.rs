//! What a person or program is to the center. A role says what one may do; a [`Scope`](crate::Scope)
//! says of which agencies, regions and figures.

use crate::Sensitivity;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a person or program is to the center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anyone, without an account.
    Public,
    /// A screen in the room: reads one board.
    Wall,
    /// A program that sends figures of one source.
    Service,
    /// Bupati and Wakil Bupati: decides.
    Leader,
    /// Sekda: follows up on what was decided.
    Secretary,
    /// Diskominfo: runs the center and its accounts.
    Administrator,
    /// Looks into the figures of all agencies.
    Analyst,
    /// Looks after the sources of one agency.
    Operator,
    /// Works in a kecamatan, desa or kelurahan, and sees that place.
    Officer,
    /// Inspektorat: reads everything that was done, changes nothing.
    Auditor,
}

impl Role {
    /// All of them, from the least to the most specific.
    pub const ALL: [Role; 10] = [
        Role::Public,
        Role::Wall,
        Role::Service,
        Role::Leader,
        Role::Secretary,
        Role::Administrator,
        Role::Analyst,
        Role::Operator,
        Role::Officer,
        Role::Auditor,
    ];

    /// Those that a person's account can have.
    pub const OF_ACCOUNTS: [Role; 7] = [
        Role::Leader,
        Role::Secretary,
        Role::Administrator,
        Role::Analyst,
        Role::Operator,
        Role::Officer,
        Role::Auditor,
    ];

    /// The word in files, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Public => "public",
            Role::Wall => "wall",
            Role::Service => "service",
            Role::Leader => "leader",
            Role::Secretary => "secretary",
            Role::Administrator => "administrator",
            Role::Analyst => "analyst",
            Role::Operator => "operator",
            Role::Officer => "officer",
            Role::Auditor => "auditor",
        }
    }

    /// The most sensitive figures that the role may be given.
    pub fn most(self) -> Sensitivity {
        match self {
            Role::Public | Role::Service => Sensitivity::Public,
            Role::Wall => Sensitivity::Internal,
            _ => Sensitivity::Restricted,
        }
    }

    /// What a new account of the role sees unless it is given more or less.
    pub fn usual(self) -> Sensitivity {
        match self {
            Role::Leader | Role::Secretary | Role::Auditor => Sensitivity::Restricted,
            Role::Public | Role::Service => Sensitivity::Public,
            _ => Sensitivity::Internal,
        }
    }

    /// Belongs to one agency.
    pub fn needs_agency(self) -> bool {
        self == Role::Operator
    }

    /// Belongs to one place below the center's own region.
    pub fn needs_region(self) -> bool {
        self == Role::Officer
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Role, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_written_and_never_given_more_than_they_may_have() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert!(role.usual() <= role.most(), "{role}");
        }
        assert!("admin".parse::<Role>().is_err());
        assert!(
            Role::OF_ACCOUNTS.iter().all(|role| !matches!(role, Role::Public | Role::Wall | Role::Service))
        );
    }
}
