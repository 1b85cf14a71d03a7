//! One's own account: sessions, passkeys, tokens.

use super::{
    Choice, PasskeyBox,
    keys::{TokenItem, token_item},
    place_word, places, role_word, sensitivity_word,
};
use crate::{
    accounts::{
        profile::Profile,
        rules,
        store::{
            passkey::{Copies, Passkey},
            session::Session,
        },
    },
    config::SecondFactor,
    web::{Asked, Chrome, TimeStyle, Tr, Via},
};
use askama::Template;
use pendopo_figures::{AgencyRow, Stored};
use pendopo_vocab::{AgencyScope, Role, Sensitivity};

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
        self.code_optional = !rules::needs_second_factor(policy, role);
        self
    }
}
