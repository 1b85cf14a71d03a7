//! The accounts of others, for those who keep them.

use super::{Choice, place_word, places, role_word, sensitivity_word};
use crate::{
    accounts::{
        store::account::Account,
        users::{Ways, Written},
    },
    web::{Asked, Chrome, TimeStyle},
};
use askama::Template;
use pendopo_figures::{AgencyRow, Stored};
use pendopo_vocab::Role;

/// An account in the list.
pub struct UserItem {
    /// Its page.
    pub href: String,
    /// The person.
    pub name: String,
    /// The login.
    pub login: String,
    /// The role.
    pub role: String,
    /// Agency or place.
    pub reach: String,
    /// What kind of figures it sees.
    pub sees: String,
    /// When it last signed in.
    pub last: String,
    /// What is to be known about it.
    pub state: String,
    /// The state needs a look.
    pub notable: bool,
}

/// All accounts.
#[derive(Template)]
#[template(path = "accounts/users.html")]
pub struct UserListPage {
    /// The frame.
    pub chrome: Chrome,
    /// The accounts.
    pub users: Vec<UserItem>,
}

impl UserListPage {
    /// Puts the page together.
    pub fn new(
        chrome: Chrome,
        asked: &Asked,
        accounts: &[Account],
        agencies: &[Stored<AgencyRow>],
        ways: &Ways,
    ) -> UserListPage {
        UserListPage {
            users: accounts.iter().map(|account| user_item(asked, account, agencies, ways)).collect(),
            chrome,
        }
    }
}

/// What is to be known about how an account comes in, and whether that needs a look.
fn state_of(account: &Account, ways: &Ways) -> (&'static str, bool) {
    let linked = ways.linked.contains(&account.account_id);
    let has_passkey = ways.passkeys.contains_key(&account.account_id);
    match account {
        Account { disabled_at: Some(_), .. } => ("user-barred", true),
        Account { sso_only_since: Some(_), .. } if linked => ("user-sso-only", false),
        Account { sso_only_since: Some(_), .. } => ("user-sso-only-unlinked", true),
        Account { password_hash: None, .. } if linked => ("user-by-sso", false),
        Account { password_hash: None, .. } => ("user-invited", true),
        Account { totp_sealed: Some(_), .. } if has_passkey => ("user-with-both", false),
        Account { totp_sealed: Some(_), .. } => ("user-with-code", false),
        _ if has_passkey => ("user-with-passkey", false),
        _ => ("user-without-code", true),
    }
}

fn user_item(asked: &Asked, account: &Account, agencies: &[Stored<AgencyRow>], ways: &Ways) -> UserItem {
    let t = asked.t;
    let row = &account.row;
    let agency = agencies.iter().find(|agency| Some(agency.id) == row.agency_id);
    let (state, notable) = state_of(account, ways);
    UserItem {
        href: format!("/pengguna/{}", account.account_id),
        name: row.name.clone(),
        login: row.login.clone(),
        role: role_word(t, row.role),
        reach: agency.map_or_else(|| place_word(row.region), |agency| agency.row.short_name.clone()),
        sees: sensitivity_word(t, row.sensitivity),
        last: account
            .last_sign_in_at
            .map_or_else(|| t.tr("never-signed-in").into_owned(), |at| asked.time_ms(at, TimeStyle::Short)),
        state: t.tr(state).into_owned(),
        notable,
    }
}

/// The form of an account.
pub struct AccountForm {
    /// What was written.
    pub written: Written,
    /// Roles.
    pub roles: Vec<Choice>,
    /// Agencies.
    pub agencies: Vec<Choice>,
    /// Places below the center's own.
    pub places: Vec<(String, Vec<Choice>)>,
    /// What it sees.
    pub sensitivities: Vec<Choice>,
    /// What went wrong.
    pub problems: Vec<String>,
}

impl AccountForm {
    /// Puts the form together.
    pub fn new(
        asked: &Asked,
        agencies: &[Stored<AgencyRow>],
        written: Written,
        wrong: &[&'static str],
    ) -> AccountForm {
        let t = asked.t;
        let choice = |value: &str, word: String, note: String, now: &str| Choice {
            chosen: value == now,
            value: value.to_owned(),
            word,
            note,
        };
        let roles = Role::OF_ACCOUNTS
            .iter()
            .map(|role| {
                let note = t.tr(&format!("role-{role}-may")).into_owned();
                choice(role.as_str(), role_word(t, *role), note, &written.peran)
            })
            .collect();
        let living = agencies.iter().filter(|agency| agency.retired_at.is_none());
        let agencies = living
            .map(|agency| choice(&agency.row.code, agency.row.name.clone(), String::new(), &written.opd))
            .collect();
        let sensitivities = [
            ("", "sees-usual"),
            ("public", "sees-public"),
            ("internal", "sees-internal"),
            ("restricted", "sees-restricted"),
        ];
        let sensitivities = sensitivities
            .iter()
            .map(|(value, key)| choice(value, t.tr(key).into_owned(), String::new(), &written.kerahasiaan))
            .collect();
        AccountForm {
            places: places(asked.identity.region, &written.wilayah),
            roles,
            agencies,
            sensitivities,
            problems: wrong.iter().map(|key| t.tr(key).into_owned()).collect(),
            written,
        }
    }
}

/// One account.
#[derive(Template)]
#[template(path = "accounts/user.html")]
pub struct UserPage {
    /// The frame.
    pub chrome: Chrome,
    /// Its id; `None` for a new one.
    pub id: Option<i64>,
    /// What is known of it beside the form.
    pub about: Option<UserItem>,
    /// Barred.
    pub barred: bool,
    /// The reader's own.
    pub own: bool,
    /// It comes in at the provider of identities alone.
    pub sso_only: bool,
    /// The provider's name, when there is one.
    pub provider: Option<String>,
    /// Running sessions.
    pub sessions: usize,
    /// Passkeys.
    pub passkeys: i64,
    /// The form.
    pub form: AccountForm,
}

impl UserPage {
    /// Puts the page together.
    pub fn new(
        chrome: Chrome,
        asked: &Asked,
        account: Option<&Account>,
        ways: &Ways,
        provider: Option<String>,
        sessions: usize,
        form: AccountForm,
    ) -> UserPage {
        UserPage {
            id: account.map(|account| account.account_id),
            about: account.map(|account| user_item(asked, account, &[], ways)),
            sso_only: account.is_some_and(Account::is_sso_only),
            provider,
            barred: account.is_some_and(|account| account.disabled_at.is_some()),
            own: account.is_some_and(|account| asked.who.account_id == Some(account.account_id)),
            sessions,
            passkeys: account
                .and_then(|account| ways.passkeys.get(&account.account_id))
                .copied()
                .unwrap_or(0),
            form,
            chrome,
        }
    }

    fn action(&self) -> String {
        self.id.map_or_else(|| "/pengguna".to_owned(), |id| format!("/pengguna/{id}"))
    }
}
