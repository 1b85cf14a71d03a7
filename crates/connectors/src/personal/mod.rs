//! Personal data at the door: values that name a person are recognised in the cells of an answer before
//! anything is understood about them, and masked in everything that is kept.
//!
//! [`find`] recognises values in a text, [`sounds_personal`] recognises names of columns,
//! [`ColumnRule`] is what a pack declares of a column, and [`Door`] puts them to work on rows.

mod digits;
mod door;
mod email;
mod names;
mod recognise;
mod rules;

pub use door::{Door, Finding, Guarded, Mac, Outcome};
pub use names::{Sound, sounds_personal, undeclared_columns};
pub use recognise::{Expect, Found, find, mask, mask_all};
pub use rules::{
    ColumnClass, ColumnRule, DROPPED, Handling, RuleProblem, check_rules, is_pseudonym, pseudonym, shown,
};

use serde::{Deserialize, Serialize};

/// A kind of value that names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalKind {
    /// Population number (NIK) or family card number (No. KK): 16 digits with place and date.
    Nik,
    /// Tax number.
    Npwp,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Number of a bank card.
    Card,
    /// Number of the national health insurance.
    Bpjs,
}

impl PersonalKind {
    /// Every kind.
    pub const ALL: [PersonalKind; 6] = [
        PersonalKind::Nik,
        PersonalKind::Npwp,
        PersonalKind::Phone,
        PersonalKind::Email,
        PersonalKind::Card,
        PersonalKind::Bpjs,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            PersonalKind::Nik => "nik",
            PersonalKind::Npwp => "npwp",
            PersonalKind::Phone => "phone",
            PersonalKind::Email => "email",
            PersonalKind::Card => "card",
            PersonalKind::Bpjs => "bpjs",
        }
    }

    /// What stands in the value's place in everything that is kept.
    pub fn marker(self) -> &'static str {
        match self {
            PersonalKind::Nik => "[NIK]",
            PersonalKind::Npwp => "[NPWP]",
            PersonalKind::Phone => "[TELEPON]",
            PersonalKind::Email => "[EMAIL]",
            PersonalKind::Card => "[KARTU]",
            PersonalKind::Bpjs => "[BPJS]",
        }
    }
}
