//! Who asks: settled once per request, before any handler runs, and carried as a request extension.

use axum::{extract::FromRequestParts, http::request::Parts};
use pendopo_vocab::{AgencyScope, RegionCode, Role, Scope, Sensitivity};
use std::{convert::Infallible, net::IpAddr, sync::Arc};

/// How the one who asks is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// Not at all.
    Nothing,
    /// A session, by its database id.
    Session(i64),
    /// A token, by its database id.
    Token(i64),
}

/// How far somebody who signs in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// All the way.
    Full,
    /// The second factor has still to be given: a visitor until then.
    MustGiveCode,
    /// A second factor has to be set up first: a visitor until then.
    MustEnrol,
}

/// Who asks, and what they may see.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account; `None` for visitors, walls and programs.
    pub account_id: Option<i64>,
    /// What is shown and recorded as the author of changes.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they may see.
    pub scope: Scope,
    /// How they are known.
    pub via: Via,
    /// How far they have come in signing in.
    pub standing: Standing,
    /// May change things, where the role may: a token may be for reading alone.
    pub may_write: bool,
    /// What every form they send must carry; `None` where no cookie speaks for them.
    pub form_token: Option<String>,
    /// The one board a wall may show.
    pub board: Option<String>,
    /// The one source whose rows a program may send.
    pub source: Option<String>,
    /// When they are known no longer if nothing more is heard of them, Unix milliseconds; `None` for visitors.
    pub known_until: Option<i64>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

impl Principal {
    /// A visitor without an account, at a center for `region`.
    pub fn visitor(region: RegionCode, address: Option<IpAddr>) -> Principal {
        Principal {
            account_id: None,
            name: "publik".to_owned(),
            role: Role::Public,
            scope: Scope { sensitivity: Sensitivity::Public, agencies: AgencyScope::All, region },
            via: Via::Nothing,
            standing: Standing::Full,
            may_write: true,
            form_token: None,
            board: None,
            source: None,
            known_until: None,
            address,
        }
    }

    /// Somebody or something that the center knows.
    pub fn is_known(&self) -> bool {
        self.via != Via::Nothing && self.standing == Standing::Full
    }
}

/// The one who asks, as an extractor. Without the middleware that settles it, a visitor who sees nothing.
#[derive(Debug, Clone)]
pub struct Who(pub Arc<Principal>);

impl Who {
    /// What they may see.
    pub fn scope(&self) -> Scope {
        self.0.scope.clone()
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Who(principal_of(&parts.extensions)))
    }
}

/// The one who asks, from a request's extensions.
pub fn principal_of(extensions: &axum::http::Extensions) -> Arc<Principal> {
    extensions.get::<Arc<Principal>>().cloned().unwrap_or_else(|| {
        let mut nobody = Principal::visitor(RegionCode::COUNTRY, None);
        nobody.scope.agencies = AgencyScope::Only(Vec::new());
        Arc::new(nobody)
    })
}
