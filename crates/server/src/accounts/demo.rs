//! Accounts of the demo: one of each role, with passwords made anew each time. None exists in a real center.

use super::{
    password,
    secret::recovery_code,
    store::account::{AccountRow, add_account, count_accounts, set_password},
};
use crate::app::App;
use pendopo_figures::{DbError, list_agencies};
use pendopo_vocab::{Role, region_tree::RegionTree};

/// An account to look around with.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// Its login.
    pub login: &'static str,
    /// Its password.
    pub password: String,
    /// What it is.
    pub name: String,
}

const ACCOUNTS: [(&str, &str, Role); 7] = [
    ("pimpinan", "Pimpinan Contoh", Role::Leader),
    ("sekretaris", "Sekretaris Daerah Contoh", Role::Secretary),
    ("pengelola", "Pengelola Contoh", Role::Administrator),
    ("analis", "Analis Contoh", Role::Analyst),
    ("operator", "Operator Contoh", Role::Operator),
    ("petugas", "Petugas Contoh", Role::Officer),
    ("pengawas", "Pengawas Contoh", Role::Auditor),
];

/// Makes the accounts of a new demo; none when there are accounts already.
///
/// # Errors
/// The database's.
pub fn make_accounts(app: &App) -> anyhow::Result<Vec<DemoAccount>> {
    if app.db().read(count_accounts)? > 0 {
        return Ok(Vec::new());
    }
    let (center, now_ms) = (app.identity().region, app.clock().now().as_millisecond());
    let agency = app.db().read(list_agencies)?.into_iter().next();
    let place = RegionTree::embedded().children(center).next();
    let mut made = Vec::new();
    for (login, name, role) in ACCOUNTS {
        let password: String = recovery_code()?.chars().take(11).collect();
        let hash = password::hash_now(&password)?;
        let (agency, place) =
            (agency.as_ref().filter(|_| role.needs_agency()), place.filter(|_| role.needs_region()));
        let of = agency
            .map(|agency| agency.row.short_name.clone())
            .or_else(|| place.map(|place| place.full_name()));
        let name = of.map_or_else(|| name.to_owned(), |of| format!("{name}, {of}"));
        let row = AccountRow {
            login: login.to_owned(),
            name: name.clone(),
            role,
            agency_id: agency.map(|agency| agency.id),
            region: place.map(|place| place.code),
            sensitivity: role.usual(),
        };
        app.db().write(|tx| {
            let id = add_account(tx, &row, "demo", now_ms)?;
            set_password(tx, id, &hash, now_ms)?;
            Ok::<(), DbError>(())
        })?;
        made.push(DemoAccount { login, password, name });
    }
    Ok(made)
}
