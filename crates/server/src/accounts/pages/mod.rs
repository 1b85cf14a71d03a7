//! The pages of accounts.

mod entry;
mod keys;
mod own;
mod people;

use crate::web::Tr;
pub use entry::{
    CodePage, CodesPage, EnrolPage, InvitationPage, PasskeyBox, SecretPage, SignInPage, SsoPage,
};
pub use keys::{DeviceListPage, WallPage};
pub use own::ProfilePage;
use pendopo_vocab::{RegionCode, RegionLevel, Role, Sensitivity, region_tree::RegionTree};
pub use people::{AccountForm, UserListPage, UserPage};

fn sensitivity_word(t: Tr, sensitivity: Sensitivity) -> String {
    let key = match sensitivity {
        Sensitivity::Public => "sees-public",
        Sensitivity::Internal => "sees-internal",
        Sensitivity::Restricted => "sees-restricted",
    };
    t.tr(key).into_owned()
}

fn place_word(region: Option<RegionCode>) -> String {
    region
        .and_then(|code| RegionTree::embedded().get(code))
        .map_or_else(String::new, |region| region.full_name())
}

fn role_word(t: Tr, role: Role) -> String {
    t.tr(&format!("role-{role}")).into_owned()
}

/// A choice of a list.
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub word: String,
    /// What it means, or nothing.
    pub note: String,
    /// It is the one in force.
    pub chosen: bool,
}

/// The places of an officer: districts, each with what lies in it. For a center above the regencies, one
/// level suffices: its officers are those of the regencies.
fn places(center: RegionCode, now: &str) -> Vec<(String, Vec<Choice>)> {
    let tree = RegionTree::embedded();
    let choice = |region: pendopo_vocab::region_tree::Region<'_>| Choice {
        value: region.code.to_string(),
        word: region.full_name(),
        note: String::new(),
        chosen: region.code.to_string() == now,
    };
    let districts = tree.children(center);
    districts
        .map(|district| {
            let name = district.full_name();
            let below = tree.children(district.code).filter(|_| center.level() >= RegionLevel::Regency);
            let choices = [choice(district)].into_iter().chain(below.map(choice)).collect();
            (name, choices)
        })
        .collect()
}
