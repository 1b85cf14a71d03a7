//! The pages of accounts.

use super::{
    passkeys::{Offer, SCRIPT},
    profile::Profile,
    store::{
        account::Account,
        passkey::{Copies, Passkey},
        session::Session,
        token::{Token, TokenKind},
    },
    users::{Ways, Written},
};
use crate::{
    config::SecondFactor,
    web::{Asked, Chrome, TimeStyle, Tr, Via},
};
use askama::Template;
use pendopo_figures::{AgencyRow, Stored};
use pendopo_vocab::{AgencyScope, RegionCode, RegionLevel, Role, Sensitivity, region_tree::RegionTree};

/// Signing in.
#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
pub struct SignInPage {
    /// The frame.
    pub chrome: Chrome,
    /// Where to go afterwards.
    pub wish: String,
    /// What was typed as login.
    pub login: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// Passwords must not travel over this connection.
    pub closed: bool,
    /// Signing in by passkey.
    pub passkey: PasskeyBox,
    /// The name of the provider of identities, when there is one.
    pub sso: Option<String>,
}

/// The part of a page that talks to a device which keeps passkeys.
pub struct PasskeyBox {
    /// What the script does: `add` or `sign-in`.
    pub what: &'static str,
    /// Origin of the pages where it works; `None` where it does not.
    pub origin: Option<String>,
    /// Where it would work.
    pub at: Option<String>,
    /// Where to go afterwards.
    pub wish: String,
    /// The present password is asked for.
    pub asks_password: bool,
    /// And the code of the authenticator.
    pub asks_code: bool,
}

impl PasskeyBox {
    fn new(offer: &Offer, what: &'static str, wish: String, asks_password: bool) -> PasskeyBox {
        let (origin, at) = match offer {
            Offer::Here(party) => (Some(party.origin().to_owned()), None),
            Offer::At(origin) => (None, Some(origin.clone())),
            Offer::Nowhere => (None, None),
        };
        PasskeyBox { what, origin, at, wish, asks_password, asks_code: false }
    }

    /// For signing in and going on to `wish`.
    pub fn sign_in(offer: &Offer, wish: &str) -> PasskeyBox {
        PasskeyBox::new(offer, "sign-in", wish.to_owned(), false)
    }

    /// For adding a passkey.
    pub fn add(offer: &Offer, asks_password: bool) -> PasskeyBox {
        PasskeyBox::new(offer, "add", String::new(), asks_password)
    }

    /// With the code of the authenticator asked for.
    #[must_use]
    pub fn asking_code(self, asks_code: bool) -> PasskeyBox {
        PasskeyBox { asks_code, ..self }
    }

    /// Nothing where the account may not use passkeys.
    #[must_use]
    pub fn unless(self, limited: bool) -> PasskeyBox {
        if limited { PasskeyBox { origin: None, at: None, ..self } } else { self }
    }

    /// The script of the page, where there is something for it to do.
    pub fn script(&self) -> Option<&'static str> {
        self.origin.as_ref().map(|_| SCRIPT)
    }

    /// Passkeys work here.
    pub fn offered(&self) -> bool {
        self.origin.is_some()
    }

    fn adds(&self) -> bool {
        self.what == "add"
    }

    fn path(&self) -> &'static str {
        if self.adds() { "/profil" } else { "/masuk" }
    }
}

/// Something to say about a sign-in at the provider.
#[derive(Template)]
#[template(path = "accounts/sso.html")]
pub struct SsoPage {
    /// The frame.
    pub chrome: Chrome,
    /// The provider's name.
    pub name: String,
    /// What is said.
    pub lead: String,
    /// Where it goes on.
    pub onward: String,
    /// What the link says.
    pub label: String,
}

/// The second factor.
#[derive(Template)]
#[template(path = "accounts/code.html")]
pub struct CodePage {
    /// The frame.
    pub chrome: Chrome,
    /// Where to go afterwards.
    pub wish: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// The account has an authenticator.
    pub has_code: bool,
    /// The account has a passkey.
    pub has_passkey: bool,
    /// Showing it.
    pub passkey: PasskeyBox,
}

/// Behind a link that works once.
#[derive(Template)]
#[template(path = "accounts/invitation.html")]
pub struct InvitationPage {
    /// The frame.
    pub chrome: Chrome,
    /// The link's secret.
    pub secret: String,
    /// It makes the first account.
    pub first: bool,
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// What went wrong.
    pub problems: Vec<String>,
    /// The name of the provider of identities, where one may come in that way.
    pub sso: Option<String>,
    /// A password is of no use to this account.
    pub sso_only: bool,
}

impl InvitationPage {
    /// The page for an account, or for the first one; `sso` names the provider.
    pub fn new(
        chrome: Chrome,
        secret: String,
        account: Option<&Account>,
        sso: Option<String>,
    ) -> InvitationPage {
        let text =
            |get: fn(&Account) -> &String| account.map_or_else(String::new, |account| get(account).clone());
        InvitationPage {
            chrome,
            secret,
            first: account.is_none(),
            login: text(|account| &account.row.login),
            name: text(|account| &account.row.name),
            problems: Vec::new(),
            sso,
            sso_only: account.is_some_and(Account::is_sso_only),
        }
    }
}

/// A key to scan.
#[derive(Template)]
#[template(path = "accounts/enrol.html")]
pub struct EnrolPage {
    /// The frame.
    pub chrome: Chrome,
    /// The key as a drawing.
    pub drawing: String,
    /// The key in letters.
    pub letters: String,
    /// The sealed key that the form sends back.
    pub sealed: String,
    /// Nothing else works before this.
    pub required: bool,
    /// The code of the present authenticator is asked for.
    pub asks_code: bool,
    /// The owner has a password to give.
    pub has_password: bool,
    /// A passkey instead.
    pub passkey: PasskeyBox,
    /// What went wrong: key of the words.
    pub problem: Option<&'static str>,
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "accounts/codes.html")]
pub struct CodesPage {
    /// The frame.
    pub chrome: Chrome,
    /// The codes.
    pub codes: Vec<String>,
}

/// A secret or a link, shown once.
#[derive(Template)]
#[template(path = "accounts/secret.html")]
pub struct SecretPage {
    /// The frame.
    pub chrome: Chrome,
    /// The heading.
    pub title: String,
    /// What to do with it.
    pub lead: String,
    /// The secret; a path of this center when it begins with `/`.
    pub secret: String,
    /// Where to go back to.
    pub back: &'static str,
}

impl SecretPage {
    /// A token of one's own.
    pub fn token(chrome: Chrome, secret: String) -> SecretPage {
        let t = chrome.t;
        SecretPage {
            title: t.tr("secret-token").into_owned(),
            lead: t.tr("secret-token-now").into_owned(),
            secret,
            back: "/profil#token",
            chrome,
        }
    }

    /// A link for `name`.
    pub fn invitation(chrome: Chrome, path: String, name: &str, until: &str) -> SecretPage {
        let t = chrome.t;
        SecretPage {
            title: t.tr1("secret-invitation", name),
            lead: t.tr1("secret-invitation-now", until),
            secret: path,
            back: "/pengguna",
            chrome,
        }
    }

    /// A link for a wall.
    pub fn wall(chrome: Chrome, path: String, name: &str) -> SecretPage {
        let t = chrome.t;
        SecretPage {
            title: t.tr1("secret-wall", name),
            lead: t.tr("secret-wall-now").into_owned(),
            secret: path,
            back: "/perangkat",
            chrome,
        }
    }

    /// The key of a program.
    pub fn push(chrome: Chrome, secret: String, name: &str) -> SecretPage {
        let t = chrome.t;
        SecretPage {
            title: t.tr1("secret-push", name),
            lead: t.tr("secret-push-now").into_owned(),
            secret,
            back: "/perangkat",
            chrome,
        }
    }
}

/// Where a screen becomes a wall.
#[derive(Template)]
#[template(path = "accounts/wall.html")]
pub struct WallPage {
    /// The frame.
    pub chrome: Chrome,
    /// What went wrong: key of the words.
    pub problem: Option<&'static str>,
}

/// A session in a list.
pub struct SessionItem {
    /// Its id.
    pub id: i64,
    /// This very one.
    pub here: bool,
    /// Browser and system, as far as they say.
    pub agent: String,
    /// Where it began.
    pub address: String,
    /// When it began.
    pub since: String,
    /// When it was last used.
    pub seen: String,
}

/// A passkey in a list.
pub struct PasskeyItem {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether copies exist, in words.
    pub copies: String,
    /// When it was added.
    pub since: String,
    /// When it was last used.
    pub used: String,
}

fn passkey_item(asked: &Asked, passkey: &Passkey) -> PasskeyItem {
    let t = asked.t;
    let copies = match passkey.key.copies {
        Copies::None => "passkey-one-device",
        Copies::Possible => "passkey-may-sync",
        Copies::Exist => "passkey-synced",
    };
    let time = |at| asked.time_ms(at, TimeStyle::Short);
    PasskeyItem {
        id: passkey.passkey_id,
        name: passkey.name.clone(),
        copies: t.tr(copies).into_owned(),
        since: time(passkey.created_at),
        used: passkey.last_used_at.map_or_else(|| t.tr("never-used").into_owned(), time),
    }
}

/// A token in a list.
pub struct TokenItem {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// For whom or what.
    pub of: String,
    /// What it may do, in words.
    pub may: String,
    /// Until when it works.
    pub until: String,
    /// When it was last used.
    pub used: String,
}

fn token_item(asked: &Asked, token: &Token, of: String, agencies: &[Stored<AgencyRow>]) -> TokenItem {
    let t = asked.t;
    let time = |at: Option<i64>, none: &str| {
        at.map_or_else(|| t.tr(none).into_owned(), |at| asked.time_ms(at, TimeStyle::Short))
    };
    let reach = token.new.reach;
    let may = match (token.new.kind, token.new.may_write) {
        (TokenKind::Display, _) => sensitivity_word(t, reach.sensitivity),
        (TokenKind::Push, _) => t.tr("token-sends").into_owned(),
        (TokenKind::Api, writes) => {
            let agency = agencies.iter().find(|agency| Some(agency.id) == reach.agency_id);
            [
                t.tr(if writes { "token-writes" } else { "token-reads" }).into_owned(),
                sensitivity_word(t, reach.sensitivity),
                agency.map_or_else(String::new, |agency| agency.row.short_name.clone()),
                place_word(reach.region),
            ]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
        }
    };
    TokenItem {
        id: token.token_id,
        name: token.new.name.clone(),
        of,
        may,
        until: time(token.new.expires_at, "until-revoked"),
        used: time(token.last_used_at, "never-used"),
    }
}

/// The name of a browser, short enough for a list.
fn short_agent(agent: Option<&str>, t: Tr) -> String {
    let Some(agent) = agent else { return t.tr("agent-unknown").into_owned() };
    let find = |known: &[(&'static str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

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

/// What a new token may be limited to: never beyond its owner.
pub struct TokenLimits {
    /// How sensitive its figures may be.
    pub levels: Vec<Choice>,
    /// The agencies its owner sees, where there is a choice.
    pub agencies: Vec<Choice>,
    /// The places its owner sees, by district.
    pub places: Vec<(String, Vec<Choice>)>,
}

impl TokenLimits {
    fn of(asked: &Asked, agencies: &[Stored<AgencyRow>]) -> TokenLimits {
        let (scope, t) = (&asked.scope, asked.t);
        let usual = scope.sensitivity.min(Sensitivity::Internal);
        let levels = [
            (Sensitivity::Public, "public"),
            (Sensitivity::Internal, "internal"),
            (Sensitivity::Restricted, "restricted"),
        ];
        let choice = |value: &str, word: String, chosen: bool| Choice {
            value: value.to_owned(),
            word,
            note: String::new(),
            chosen,
        };
        let living = agencies.iter().filter(|agency| agency.retired_at.is_none());
        TokenLimits {
            levels: levels
                .into_iter()
                .filter(|(level, _)| *level <= scope.sensitivity)
                .map(|(level, word)| choice(word, sensitivity_word(t, level), level == usual))
                .collect(),
            agencies: match scope.agencies {
                AgencyScope::All => {
                    living.map(|agency| choice(&agency.row.code, agency.row.name.clone(), false)).collect()
                }
                AgencyScope::Only(_) => Vec::new(),
            },
            places: places(scope.region, ""),
        }
    }
}

/// One's own account.
#[derive(Template)]
#[template(path = "accounts/profile.html")]
pub struct ProfilePage {
    /// The frame.
    pub chrome: Chrome,
    /// The name.
    pub name: String,
    /// Login, role, place and reach as words beside their labels.
    pub facts: Vec<(String, String)>,
    /// The name of the provider of identities, when there is one, and whether the account is known there.
    pub sso: Option<(String, bool)>,
    /// It comes in at the provider alone.
    pub sso_only: bool,
    /// The owner has a password to give.
    pub has_password: bool,
    /// A second factor is set up.
    pub has_code: bool,
    /// It may be removed.
    pub code_optional: bool,
    /// Recovery codes left.
    pub codes_left: i64,
    /// Passkeys.
    pub passkeys: Vec<PasskeyItem>,
    /// Adding one.
    pub passkey: PasskeyBox,
    /// What weighs asks for the code of the authenticator.
    pub asks_code: bool,
    /// Running sessions.
    pub sessions: Vec<SessionItem>,
    /// Working tokens.
    pub tokens: Vec<TokenItem>,
    /// What a new token may be limited to.
    pub limits: TokenLimits,
    /// What went wrong.
    pub problem: Option<String>,
}

impl ProfilePage {
    /// Puts the page together.
    pub fn new(
        chrome: Chrome,
        asked: &Asked,
        profile: Profile,
        agencies: &[Stored<AgencyRow>],
        via: Via,
        problem: Option<&'static str>,
        passkey: PasskeyBox,
    ) -> ProfilePage {
        let t = asked.t;
        let row = &profile.account.row;
        let session = |session: &Session| SessionItem {
            id: session.session_id,
            here: via == Via::Session(session.session_id),
            agent: short_agent(session.agent.as_deref(), t),
            address: session.address.clone().unwrap_or_else(|| "–".to_owned()),
            since: asked.time_ms(session.created_at, TimeStyle::Short),
            seen: asked.time_ms(session.seen_at, TimeStyle::Short),
        };
        let mut facts = vec![
            (t.tr("user-login").into_owned(), row.login.clone()),
            (t.tr("user-role").into_owned(), role_word(t, row.role)),
            (t.tr("user-sees").into_owned(), sensitivity_word(t, row.sensitivity)),
        ];
        if row.region.is_some() {
            facts.push((t.tr("user-place").into_owned(), place_word(row.region)));
        }
        ProfilePage {
            name: row.name.clone(),
            facts,
            sso: profile.sso.clone(),
            sso_only: profile.account.is_sso_only(),
            has_password: profile.account.has_password(),
            has_code: profile.account.totp_sealed.is_some(),
            code_optional: false,
            codes_left: profile.codes_left,
            passkeys: profile.passkeys.iter().map(|passkey| passkey_item(asked, passkey)).collect(),
            asks_code: passkey.asks_code,
            passkey,
            sessions: profile.sessions.iter().map(session).collect(),
            tokens: profile
                .tokens
                .iter()
                .map(|token| token_item(asked, token, String::new(), agencies))
                .collect(),
            limits: TokenLimits::of(asked, agencies),
            problem: problem.map(|key| t.tr(key).into_owned()),
            chrome,
        }
    }

    /// With what the center's policy says about the second factor.
    #[must_use]
    pub fn under(mut self, policy: SecondFactor, role: Role) -> ProfilePage {
        self.code_optional = !super::rules::needs_second_factor(policy, role);
        self
    }
}

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

/// Keys of screens and programs.
#[derive(Template)]
#[template(path = "accounts/devices.html")]
pub struct DeviceListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Walls.
    pub walls: Vec<TokenItem>,
    /// Programs that send figures.
    pub programs: Vec<TokenItem>,
    /// Tokens of accounts.
    pub api: Vec<TokenItem>,
    /// Codes and names of the sources.
    pub sources: Vec<(String, String)>,
    /// Codes of the boards.
    pub boards: Vec<String>,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Keys of devices, those of accounts with their owner, and the agencies that they may be narrowed to.
pub type Keys<'a> = (&'a [Token], &'a [(Token, Account)], &'a [Stored<AgencyRow>]);

impl DeviceListPage {
    /// Puts the page together.
    pub fn new(
        chrome: Chrome,
        asked: &Asked,
        (devices, api, agencies): Keys<'_>,
        sources: Vec<(String, String)>,
        boards: Vec<String>,
        problem: Option<&'static str>,
    ) -> DeviceListPage {
        let of_kind = |kind: TokenKind| {
            devices.iter().filter(move |token| token.new.kind == kind).map(|token| {
                let of = token.new.board.clone().or_else(|| token.new.source.clone());
                token_item(asked, token, of.unwrap_or_default(), agencies)
            })
        };
        DeviceListPage {
            walls: of_kind(TokenKind::Display).collect(),
            programs: of_kind(TokenKind::Push).collect(),
            api: api
                .iter()
                .map(|(token, account)| token_item(asked, token, account.row.name.clone(), agencies))
                .collect(),
            sources,
            boards,
            problem: problem.map(|key| asked.t.tr(key).into_owned()),
            chrome,
        }
    }
}
