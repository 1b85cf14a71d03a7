//! Who may use which route: one file, enforced in one place, closed by default.
//!
//! `access.toml` has one row per route and method. A route without a row, or a row without a route, keeps
//! the server from starting, and a test from passing.

use super::{
    forms::Forged,
    principal::{Principal, Standing, Via, principal_of},
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry, Outcome},
    error::AppError,
};
use anyhow::{Context, bail};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    handler::Handler,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use pendopo_vocab::Role;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// The route of rows as services sent them: whoever may open it may see such rows elsewhere too.
pub const ROWS_ROUTE: &str = "/penarikan/{id}/ditolak";

const FILE: &str = include_str!("../../access.toml");

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessFile {
    sets: BTreeMap<String, Vec<String>>,
    route: Vec<RouteRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteRow {
    path: String,
    get: Option<Roles>,
    post: Option<Roles>,
    #[serde(default)]
    object: Object,
    #[serde(default)]
    query: String,
    #[serde(default)]
    session_only: bool,
    #[serde(default)]
    names_all: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Roles {
    Set(String),
    List(Vec<String>),
}

/// What the path of a route names, and so whose scope decides whether it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// Nothing: a list that the scope shortens, or a page of one's own.
    #[default]
    None,
    /// A region.
    Region,
    /// An indicator.
    Indicator,
    /// A figure: an indicator in a region and period.
    Figure,
    /// A source.
    Source,
    /// A run.
    Run,
    /// A board.
    Board,
    /// An account.
    Account,
}

/// Who may use one route by one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// What the path names.
    pub object: Object,
    /// How the same is named in the query, if it is.
    pub query: String,
    /// Tokens may not use it.
    pub session_only: bool,
    /// Names every thing whatever the scope, but never a figure or a row.
    pub names_all: bool,
}

/// The whole table.
#[derive(Debug, Default)]
pub struct Access {
    rules: BTreeMap<(String, String), Rule>,
}

static BUILT_IN: LazyLock<Result<Access, String>> =
    LazyLock::new(|| Access::read(FILE).map_err(|error| format!("{error:#}")));

impl Access {
    /// The table that the program carries.
    ///
    /// # Errors
    /// When the file is broken, which tests forbid.
    pub fn built_in() -> anyhow::Result<&'static Access> {
        BUILT_IN.as_ref().map_err(|error| anyhow::anyhow!("access.toml: {error}"))
    }

    fn read(text: &str) -> anyhow::Result<Access> {
        let file: AccessFile = toml::from_str(text)?;
        let mut access = Access::default();
        for row in file.route {
            for (method, roles) in [(Method::GET, &row.get), (Method::POST, &row.post)] {
                let Some(roles) = roles else { continue };
                let words = match roles {
                    Roles::List(words) => words,
                    Roles::Set(name) => {
                        file.sets.get(name).with_context(|| format!("{}: no set `{name}`", row.path))?
                    }
                };
                let roles = words.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
                let rule = Rule {
                    roles,
                    object: row.object,
                    query: row.query.clone(),
                    session_only: row.session_only,
                    names_all: row.names_all,
                };
                if access.rules.insert((row.path.clone(), method.to_string()), rule).is_some() {
                    bail!("{method} {} stands twice", row.path);
                }
            }
        }
        Ok(access)
    }

    /// The rule of a route.
    pub fn rule(&self, method: &Method, path: &str) -> Option<&Rule> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.rules.get(&(path.to_owned(), method.to_string()))
    }

    /// The answer to a method that a route does not have, which is the same for everyone: it comes before anybody is
    /// asked who they are or for the token of a form.
    fn without(&self, method: &Method, path: &str) -> Option<Response> {
        if self.rule(method, path).is_some() {
            return None;
        }
        let has = |method| self.rule(method, path).is_some();
        let allowed = match (has(&Method::GET), has(&Method::POST)) {
            (true, true) => "GET,HEAD,POST",
            (true, false) => "GET,HEAD",
            (false, true) => "POST",
            (false, false) => "",
        };
        Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]).into_response())
    }

    /// All routes and their rules.
    #[cfg(test)]
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str, &Rule)> {
        self.rules.iter().map(|((path, method), rule)| (method.as_str(), path.as_str(), rule))
    }

    /// Whether `role` may open the page at `path`.
    pub fn may_open(&self, role: Role, path: &str) -> bool {
        self.rule(&Method::GET, path).is_some_and(|rule| rule.roles.contains(&role))
    }

    /// Compares the table with the routes there are.
    ///
    /// # Errors
    /// Names every route without a row and every row without a route.
    pub fn check(&self, known: &BTreeSet<(String, String)>) -> anyhow::Result<()> {
        let rows: BTreeSet<_> = self.rules.keys().cloned().collect();
        let missing: Vec<_> =
            known.difference(&rows).map(|(path, method)| format!("{method} {path}")).collect();
        let idle: Vec<_> = rows.difference(known).map(|(path, method)| format!("{method} {path}")).collect();
        if !missing.is_empty() {
            bail!("access.toml has no row for {}: say who may use it", missing.join(", "));
        }
        if !idle.is_empty() {
            bail!("access.toml has rows for routes that do not exist: {}", idle.join(", "));
        }
        Ok(())
    }
}

/// Routes of a feature, remembered by name so that each can be held against the access table.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    known: BTreeSet<(String, String)>,
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Routes {
        Routes::default()
    }

    /// Answers `GET path` with `handler`.
    #[must_use]
    pub fn get<H, T>(self, path: &str, handler: H) -> Routes
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(path, Method::GET, get(handler))
    }

    /// Answers `POST path` with `handler`.
    #[must_use]
    pub fn post<H, T>(self, path: &str, handler: H) -> Routes
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(path, Method::POST, post(handler))
    }

    fn add(mut self, path: &str, method: Method, handler: MethodRouter<App>) -> Routes {
        self.known.insert((path.to_owned(), method.to_string()));
        self.router = self.router.route(path, handler);
        self
    }

    /// Takes in the routes of another feature.
    #[must_use]
    pub fn merge(mut self, other: Routes) -> Routes {
        self.router = self.router.merge(other.router);
        self.known.extend(other.known);
        self
    }

    /// Changes the router underneath, such as by a layer.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Router<App>) -> Router<App>) -> Routes {
        self.router = change(self.router);
        self
    }

    /// The router, once every route has its row in the access table.
    ///
    /// # Errors
    /// As [`Access::check`].
    pub fn checked(self) -> anyhow::Result<Router<App>> {
        Access::built_in()?.check(&self.known)?;
        Ok(self.router)
    }
}

/// Where somebody may go before a required second factor is set up.
const BEFORE_ENROLMENT: [&str; 4] = ["/profil/kode", "/profil/passkey/mulai", "/profil/passkey", "/keluar"];

/// Style sheets and health checks, which belong to nobody.
fn is_public_help(path: &str) -> bool {
    matches!(
        path,
        "/aset/{hash}/{*name}"
            | "/favicon.ico"
            | "/sw.js"
            | "/manifest.webmanifest"
            | "/healthz"
            | "/readyz"
            | "/metrics"
    )
}

/// Middleware that lets through who may use the route. Runs after the one who asks is settled.
pub async fn authorize(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // No route: the answer is "not found" for everyone.
    let Some(path) = path else { return next.run(request).await };
    match Access::built_in().map(|access| access.without(request.method(), &path)) {
        Ok(None) => {}
        Ok(Some(refusal)) => return refusal,
        Err(error) => return AppError::Internal(error).into_response(),
    }
    let who = principal_of(request.extensions());
    if who.standing == Standing::MustEnrol
        && !BEFORE_ENROLMENT.contains(&path.as_str())
        && !is_public_help(&path)
    {
        return Redirect::to("/profil/kode").into_response();
    }
    match decide(&who, request.method(), &path) {
        Ok(()) => {
            let method = request.method().clone();
            let response = next.run(request).await;
            if response.extensions().get::<Forged>().is_some() {
                tracing::info!(address = ?who.address, route = path, "a form from elsewhere was refused");
                if who.is_known() {
                    let entry = Entry::new(Actor::from(&*who), Action::AccessRefused);
                    let entry = entry.outcome(Outcome::Refused).on("route", format!("{method} {path}"));
                    app.audit().queue(entry.noting("why", "form"));
                }
            }
            response
        }
        Err(error) => {
            // Who is not signed in is sent to the door; only a refusal of somebody known is a trace.
            if matches!(error, AppError::Forbidden) && who.is_known() {
                let entry = Entry::new(Actor::from(&*who), Action::AccessRefused).outcome(Outcome::Refused);
                app.audit().queue(entry.on("route", format!("{} {path}", request.method())));
            }
            let (role, address) = (who.role, who.address);
            tracing::info!(%role, ?address, route = path, "access refused");
            error.into_response()
        }
    }
}

fn decide(who: &Principal, method: &Method, path: &str) -> Result<(), AppError> {
    let access = Access::built_in().map_err(AppError::Internal)?;
    let safe = matches!(*method, Method::GET | Method::HEAD);
    if !safe && !who.may_write {
        return Err(AppError::Forbidden);
    }
    let known = who.is_known() || who.standing == Standing::MustEnrol;
    match access.rule(method, path) {
        Some(_) if BEFORE_ENROLMENT.contains(&path) && who.standing == Standing::MustEnrol => Ok(()),
        Some(rule) if rule.session_only && matches!(who.via, Via::Token(_)) => Err(AppError::Forbidden),
        Some(rule) if rule.roles.contains(&who.role) => Ok(()),
        Some(_) if !known => Err(AppError::SignInFirst),
        Some(_) => Err(AppError::Forbidden),
        // Not reached: answered before.
        None => Err(AppError::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "[sets]\nall = [\"public\", \"leader\"]\n[[route]]\npath = \"/\"\nget = \"all\"\n\
                         [[route]]\npath = \"/x\"\nget = [\"leader\"]\npost = [\"leader\"]\nobject = \"source\"\n";

    #[test]
    fn rows_name_roles_by_set_or_one_by_one() {
        let access = Access::read(SMALL).unwrap();
        assert!(access.may_open(Role::Public, "/") && !access.may_open(Role::Public, "/x"));
        assert!(access.may_open(Role::Leader, "/x"));
        assert_eq!(access.rule(&Method::POST, "/x").unwrap().object, Object::Source);
        assert_eq!(access.rule(&Method::HEAD, "/x"), access.rule(&Method::GET, "/x"));
        assert!(Access::read(&SMALL.replace("\"all\"", "\"nobody\"")).is_err());
        assert!(Access::read(&SMALL.replace("\"leader\"]\npost", "\"boss\"]\npost")).is_err());
    }

    #[test]
    fn a_method_that_a_route_does_not_have_is_refused_and_the_others_named() {
        let access = Access::read(SMALL).unwrap();
        for (method, path, allowed) in [
            (Method::GET, "/", None),
            (Method::HEAD, "/x", None),
            (Method::POST, "/x", None),
            (Method::POST, "/", Some("GET,HEAD")),
            (Method::TRACE, "/x", Some("GET,HEAD,POST")),
            (Method::OPTIONS, "/x", Some("GET,HEAD,POST")),
        ] {
            let refusal = access.without(&method, path);
            let said = refusal.as_ref().map(|answer| answer.headers()[header::ALLOW].to_str().unwrap());
            assert_eq!(said, allowed, "{method} {path}");
            assert!(refusal.is_none_or(|answer| answer.status() == StatusCode::METHOD_NOT_ALLOWED));
        }
    }

    #[test]
    fn a_route_without_a_row_and_a_row_without_a_route_are_named() {
        let access = Access::read(SMALL).unwrap();
        let mut known: BTreeSet<_> = access.rules.keys().cloned().collect();
        access.check(&known).unwrap();
        known.insert(("/new".to_owned(), "GET".to_owned()));
        assert!(access.check(&known).unwrap_err().to_string().contains("GET /new"));
        known.remove(&("/new".to_owned(), "GET".to_owned()));
        known.remove(&("/x".to_owned(), "POST".to_owned()));
        assert!(access.check(&known).unwrap_err().to_string().contains("POST /x"));
    }

    #[test]
    fn the_built_in_table_can_be_read() {
        assert!(Access::built_in().unwrap().rules().count() > 20);
    }
}
