//! Coming in: signing in, invitations, second factors, secrets shown once.

use crate::accounts::{
    passkeys::{Offer, SCRIPT},
    store::account::Account,
};
use crate::web::Chrome;
use askama::Template;

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

    pub(super) fn adds(&self) -> bool {
        self.what == "add"
    }

    pub(super) fn path(&self) -> &'static str {
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
