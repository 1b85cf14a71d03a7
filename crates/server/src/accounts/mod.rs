//! Slice: who people and programs are to the center. Accounts, sign-in, sessions, tokens, invitations.
//!
//! What an account may do stands in `access.toml`, what it sees in its scope. Everything secret is shown
//! once and kept as a hash or sealed.

pub mod breached;
pub mod cookies;
pub mod demo;
pub mod devices;
mod door;
pub mod invitations;
pub mod jobs;
mod pages;
mod passkeys;
pub mod password;
pub mod profile;
mod reader_tag;
pub mod record;
pub mod rules;
pub mod secret;
pub mod sign_in;
mod sso;
pub mod sso_only;
mod sso_provider;
pub mod store;
#[cfg(test)]
mod tests;
pub mod throttle;
mod tokens;
pub mod totp;
pub mod users;

pub use door::{Door, identify};

use crate::web::Routes;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/masuk", sign_in::show)
        .post("/masuk", sign_in::sign_in)
        .get("/masuk/kode", sign_in::show_code)
        .post("/masuk/kode", sign_in::give_code)
        .get("/masuk/sso", sso::leave)
        .get("/masuk/sso/kembali", sso::come_back)
        .post("/keluar", sign_in::sign_out)
        .get("/undangan/{secret}", invitations::show)
        .post("/undangan/{secret}", invitations::accept)
        .get("/undangan/{secret}/sso", sso::leave_invited)
        .get("/profil", profile::show)
        .post("/profil/sandi", profile::change_password)
        .post("/profil/sso", sso::link)
        .post("/profil/sso/lepas", sso::unlink)
        .get("/profil/kode", profile::show_enrolment)
        .post("/profil/kode", profile::enrol)
        .post("/profil/kode/cabut", profile::remove_code)
        .post("/masuk/passkey/mulai", passkeys::ask_who)
        .post("/masuk/passkey", passkeys::sign_in)
        .post("/profil/passkey/mulai", passkeys::ask_for_new)
        .post("/profil/passkey", passkeys::add)
        .post("/profil/passkey/cabut", profile::remove_passkey)
        .post("/profil/sesi/cabut", profile::end_sessions)
        .post("/profil/token", tokens::add_token)
        .post("/profil/token/cabut", tokens::revoke_token)
        .get("/pengguna", users::list)
        .post("/pengguna", users::add)
        .get("/pengguna/baru", users::show_new)
        .get("/pengguna/{id}", users::show)
        .post("/pengguna/{id}", users::change)
        .post("/pengguna/{id}/undang", users::invite)
        .post("/pengguna/{id}/keluar", users::end_sessions)
        .post("/pengguna/{id}/nonaktif", users::disable)
        .post("/pengguna/{id}/aktif", users::enable)
        .post("/pengguna/{id}/sso", users::limit_to_provider)
        .post("/pengguna/{id}/semua-cara", users::allow_all_ways)
        .get("/perangkat", devices::list)
        .post("/perangkat", devices::add)
        .post("/perangkat/cabut", devices::revoke)
        .post("/dinding", devices::become_wall)
}
