//! The door: settles who asks, once per request, before anything else looks at it.
//!
//! A signed-in browser costs one read of the database a second at most. Whatever ends a session in this
//! process counts at once; what ends it in another counts within that second.

use super::{
    cookies::Cookie,
    passkeys::Answered,
    reader_tag::{READER, reader_tag},
    record::note_worthless,
    secret::Secret,
    sso_provider::Metadata,
    store::{
        account::Account,
        session::{Session, Stage, find_session, note_seen},
        token::{Token, TokenKind, find_token, note_used},
    },
    throttle::Throttle,
};
use crate::{
    app::App,
    error::{AppError, AppResult},
    web::{self, Client, Principal, Standing, Via},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pendopo_vocab::{AgencyScope, Role, Scope, Sensitivity};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

/// How long a lookup holds, milliseconds.
const FRESH_MS: i64 = 1000;
/// Lookups remembered at most.
const MOST_REMEMBERED: usize = 10_000;

/// Says that a page asks by itself, not its reader.
const BY_ITSELF: &str = "x-follows";

/// What all requests share about accounts.
#[derive(Default)]
pub struct Door {
    known: Mutex<HashMap<String, Known>>,
    seen: Mutex<Seen>,
    throttle: Mutex<Throttle>,
    answered: Mutex<Answered>,
    provider: Mutex<Option<(Metadata, i64)>>,
}

#[derive(Clone)]
struct Known {
    found: Found,
    looked_at: i64,
}

#[derive(Clone)]
enum Found {
    Session(Session, Arc<Account>),
    Token(Arc<Token>, Option<Arc<Account>>),
}

/// Uses not yet written down: id and Unix milliseconds.
#[derive(Default)]
struct Seen {
    sessions: HashMap<i64, i64>,
    tokens: HashMap<i64, i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is a single insertion or removal.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Door {
    /// Forgets what was looked up: after a session, token or account changed.
    pub fn forget(&self) {
        lock(&self.known).clear();
    }

    /// What the provider of identities said of itself at most `life_ms` ago.
    pub fn provider(&self, now_ms: i64, life_ms: i64) -> Option<Metadata> {
        let known = lock(&self.provider);
        known.as_ref().filter(|(_, at)| (0..life_ms).contains(&(now_ms - at))).map(|(known, _)| known.clone())
    }

    /// Remembers what the provider says of itself.
    pub fn remember_provider(&self, metadata: Metadata, now_ms: i64) {
        *lock(&self.provider) = Some((metadata, now_ms));
    }

    /// The counts of guesses.
    pub fn throttle(&self) -> MutexGuard<'_, Throttle> {
        lock(&self.throttle)
    }

    /// The questions to devices that were answered.
    pub fn answered(&self) -> MutexGuard<'_, Answered> {
        lock(&self.answered)
    }

    /// Writes down when sessions and tokens were last used.
    ///
    /// # Errors
    /// The database's; what could not be written is dropped, being only a time.
    pub async fn write_down(&self, app: &App) -> AppResult<()> {
        let seen = std::mem::take(&mut *lock(&self.seen));
        if seen.sessions.is_empty() && seen.tokens.is_empty() {
            return Ok(());
        }
        let (sessions, tokens): (Vec<_>, Vec<_>) =
            (seen.sessions.into_iter().collect(), seen.tokens.into_iter().collect());
        app.blocking(move |db| {
            db.write(|tx| {
                note_seen(tx, &sessions)?;
                note_used(tx, &tokens)
            })
        })
        .await
    }

    fn remembered(&self, hash: &str, now_ms: i64) -> Option<Found> {
        let known = lock(&self.known);
        known
            .get(hash)
            .filter(|known| (0..FRESH_MS).contains(&(now_ms - known.looked_at)))
            .map(|k| k.found.clone())
    }

    fn remember(&self, hash: String, found: Found, now_ms: i64) {
        let mut known = lock(&self.known);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(hash, Known { found, looked_at: now_ms });
    }

    async fn find(
        &self,
        app: &App,
        secret: &Secret,
        token: bool,
        by_itself: bool,
    ) -> AppResult<Option<Found>> {
        let (hash, now_ms) = (secret.hash(), app.clock().now().as_millisecond());
        if let Some(found) = self.remembered(&hash, now_ms) {
            return Ok(Some(found));
        }
        let idle_ms = app.config().accounts.idle_ms();
        let wanted = hash.clone();
        let found = app
            .blocking(move |db| {
                db.read(|reader| {
                    if token {
                        let found = find_token(reader, &wanted, now_ms)?;
                        return Ok(found
                            .map(|(token, account)| Found::Token(Arc::new(token), account.map(Arc::new))));
                    }
                    let found = find_session(reader, &wanted, now_ms, idle_ms)?;
                    Ok(found.map(|(session, account)| Found::Session(session, Arc::new(account))))
                })
            })
            .await?;
        if let Some(found) = &found {
            let mut seen = lock(&self.seen);
            match found {
                // An open page that follows the center shows nothing of its reader being there.
                Found::Session(..) if by_itself => None,
                Found::Session(session, _) => seen.sessions.insert(session.session_id, now_ms),
                Found::Token(token, _) => seen.tokens.insert(token.token_id, now_ms),
            };
            drop(seen);
            self.remember(hash, found.clone(), now_ms);
        }
        Ok(found)
    }
}

/// Middleware: who asks. Never refuses a visitor; refuses a token that does not hold, since whoever sends
/// one does not want to be taken for a visitor.
pub async fn identify(
    State((app, door)): State<(App, Arc<Door>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = web::client(request.extensions());
    let follows = request.uri().path() == web::LIVE_PATH;
    match settle(&app, &door, client, request.headers().clone(), follows).await {
        Ok(principal) => {
            let principal = Arc::new(principal);
            let tag = reader_tag(&principal, app.clock().now().as_millisecond());
            request.extensions_mut().insert(principal.clone());
            request.extensions_mut().insert(door);
            let mut response = next.run(request).await;
            // Error pages are made further out and show what the reader may use.
            response.extensions_mut().insert(principal);
            response.headers_mut().insert(READER, tag);
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn settle(
    app: &App,
    door: &Door,
    client: Client,
    headers: HeaderMap,
    follows: bool,
) -> AppResult<Principal> {
    let headers = &headers;
    let by_itself = headers.contains_key(BY_ITSELF) || follows;
    let (now_ms, idle_ms) = (app.clock().now().as_millisecond(), app.config().accounts.idle_ms());
    if let Some(text) = bearer(headers) {
        let found = door.find(app, &Secret::presented(text), true, by_itself).await?;
        let Some(Found::Token(token, account)) = found else {
            note_worthless(app, client, "token");
            return Err(AppError::SignInFirst);
        };
        return Ok(of_token(app, &token, account.as_deref(), Some(client.address)));
    }
    if let Some(cookie) = Cookie::Session.read(headers, client.secure) {
        let secret = Secret::presented(&cookie);
        if let Some(Found::Session(session, account)) = door.find(app, &secret, false, by_itself).await? {
            let mut principal = of_session(app, &session, &account, &secret, Some(client.address));
            let seen_at = if by_itself { session.seen_at } else { now_ms };
            principal.known_until = Some(session.expires_at.min(seen_at.saturating_add(idle_ms)));
            return Ok(principal);
        }
    }
    if let Some(cookie) = Cookie::Wall.read(headers, client.secure)
        && let Some(Found::Token(token, None)) =
            door.find(app, &Secret::presented(&cookie), true, by_itself).await?
        && token.new.kind == TokenKind::Display
    {
        return Ok(of_token(app, &token, None, Some(client.address)));
    }
    let mut visitor = Principal::visitor(app.identity().region, Some(client.address));
    visitor.form_token =
        Cookie::Form.read(headers, client.secure).map(|cookie| Secret::presented(&cookie).form_token());
    Ok(visitor)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn of_session(
    app: &App,
    session: &Session,
    account: &Account,
    secret: &Secret,
    address: Option<IpAddr>,
) -> Principal {
    let center = app.identity().region;
    let standing = match session.stage {
        Stage::Full => Standing::Full,
        Stage::Enrol => Standing::MustEnrol,
        Stage::Code => Standing::MustGiveCode,
    };
    let mut principal = Principal::visitor(center, address);
    principal.via = Via::Session(session.session_id);
    principal.account_id = Some(account.account_id);
    principal.form_token = Some(secret.form_token());
    principal.standing = standing;
    principal.name.clone_from(&account.row.name);
    if standing == Standing::Full {
        principal.role = account.row.role;
        principal.scope = account.scope(center);
    }
    principal
}

fn of_token(app: &App, token: &Token, account: Option<&Account>, address: Option<IpAddr>) -> Principal {
    let center = app.identity().region;
    let mut principal = Principal::visitor(center, address);
    principal.via = Via::Token(token.token_id);
    principal.may_write = token.new.may_write;
    let idle = app.clock().now().as_millisecond().saturating_add(app.config().accounts.idle_ms());
    // What was kept for a token is shown no longer than the token itself would be.
    principal.known_until = Some(token.new.expires_at.map_or(idle, |ends| ends.min(idle)));
    match (token.new.kind, account) {
        (TokenKind::Api, Some(account)) => {
            principal.account_id = Some(account.account_id);
            principal.name = format!("{} ({})", account.row.name, token.new.name);
            principal.role = account.row.role;
            let reach = token.new.reach;
            principal.scope =
                account.scope(center).narrowed(reach.sensitivity, reach.agency_id, reach.region);
        }
        (TokenKind::Display, _) => {
            principal.name.clone_from(&token.new.name);
            principal.role = Role::Wall;
            principal.board.clone_from(&token.new.board);
            principal.scope.sensitivity = token.new.reach.sensitivity.min(Role::Wall.most());
        }
        _ => {
            principal.name.clone_from(&token.new.name);
            principal.role = Role::Service;
            principal.source.clone_from(&token.new.source);
            principal.scope = Scope {
                sensitivity: Sensitivity::Public,
                agencies: AgencyScope::Only(Vec::new()),
                region: center,
            };
        }
    }
    principal
}
