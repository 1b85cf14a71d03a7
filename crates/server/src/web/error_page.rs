//! The one place where a request error becomes an answer: HTML with a way out for readers,
//! `application/problem+json` (RFC 9457) for programs.

use super::{
    cache::CachePolicy,
    i18n::Tr,
    language::UiLang,
    layout::{Chrome, NavItem},
    principal::principal_of,
};
use crate::{app::App, error::AppError};
use askama::Template;
use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use pendopo_vocab::Role;
use std::sync::Arc;

/// What an error says to the reader; travels with the response until it is rendered.
#[derive(Debug, Clone)]
struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    reference: Option<String>,
}

impl Problem {
    fn unknown(status: StatusCode) -> Problem {
        let code = match status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                "busy"
            }
            status if status.is_client_error() => "invalid",
            _ => "internal",
        };
        Problem { status, code, detail: String::new(), reference: None }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let reference = match &self {
            AppError::Internal(source) => {
                let reference = format!("{:08x}", rand::random::<u32>());
                tracing::error!(reference, error = format!("{source:#}"), "a request failed");
                Some(reference)
            }
            _ => None,
        };
        let detail = if reference.is_some() { String::new() } else { self.to_string() };
        let problem = Problem { status: self.status(), code: self.code(), detail, reference };
        let mut response = problem.status.into_response();
        response.extensions_mut().insert(Arc::new(problem));
        response
    }
}

/// The page of an error.
#[derive(Template)]
#[template(path = "web/error_page.html")]
pub struct ErrorPage {
    /// The frame.
    pub chrome: Chrome,
    /// The HTTP status.
    pub status: u16,
    /// Key of the heading and of the advice: `error-not-found` and `error-not-found-now`.
    pub code: &'static str,
    /// What exactly, in words, or nothing.
    pub detail: String,
    /// To be named to whoever runs the center.
    pub reference: Option<String>,
}

impl ErrorPage {
    fn heading(&self) -> String {
        self.chrome.t.tr(&format!("error-{}", self.code)).into_owned()
    }

    fn advice(&self) -> String {
        self.chrome.t.tr(&format!("error-{}-now", self.code)).into_owned()
    }
}

/// Marks an answer with an error status that already says what to do, such as a form with its mistakes.
#[derive(Debug, Clone, Copy)]
pub struct Rendered;

/// The media type of RFC 9457.
const PROBLEM_JSON: &str = "application/problem+json";
/// What the router says of a request is never longer.
const MOST_WORDS: usize = 4096;

/// Middleware that renders what went wrong, whoever noticed it: a handler, a missing route, a limit.
pub async fn render_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let get = request.method() == Method::GET;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let lang = request.extensions().get::<UiLang>().copied();
    // Programs that watch the center read these as they are.
    let asset = path.starts_with("/aset/") || matches!(path.as_str(), "/healthz" | "/readyz" | "/metrics");
    let response = next.run(request).await;
    let role = principal_of(response.extensions()).role;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || asset
        || response.extensions().get::<Rendered>().is_some()
    {
        return response;
    }
    let json = path.starts_with("/api/");
    if json && response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let problem = match parts.extensions.get::<Arc<Problem>>() {
        Some(problem) => Arc::clone(problem),
        // What the router refused by itself says in plain words what is wrong with the request.
        None if json && status.is_client_error() => {
            let words = to_bytes(body, MOST_WORDS).await.unwrap_or_default();
            let detail = String::from_utf8_lossy(&words).into_owned();
            Arc::new(Problem { detail, ..Problem::unknown(status) })
        }
        None => Arc::new(Problem::unknown(status)),
    };
    if problem.code == AppError::SignInFirst.code() && !json {
        return sign_in_first(&path, get);
    }
    let mut rendered = if json {
        render_json(&problem, &path)
    } else {
        render_html(&app, &problem, &path, role, Tr(lang.map_or_else(Default::default, |lang| lang.0)))
    };
    for name in [header::ALLOW, header::RETRY_AFTER, HeaderName::from_static("x-reader")] {
        if let Some(value) = parts.headers.get(&name) {
            rendered.headers_mut().insert(name, value.clone());
        }
    }
    rendered
}

fn render_json(problem: &Problem, path: &str) -> Response {
    let title = problem.status.canonical_reason().unwrap_or("error");
    let body = serde_json::json!({
        "type": format!("urn:pendopo:problem:{}", problem.code),
        "title": title,
        "status": problem.status.as_u16(),
        "detail": problem.detail,
        "instance": path,
        "reference": problem.reference,
    });
    let headers = [(header::CONTENT_TYPE, PROBLEM_JSON)];
    let mut response =
        (problem.status, CachePolicy::Private.headers(), headers, body.to_string()).into_response();
    if problem.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A visitor is shown where to sign in, and comes back after that.
fn sign_in_first(path: &str, get: bool) -> Response {
    let place = match get {
        true => {
            let path = url::form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>();
            format!("/masuk?lanjut={path}")
        }
        false => "/masuk".to_owned(),
    };
    (CachePolicy::Private.headers(), Redirect::to(&place)).into_response()
}

fn render_html(app: &App, problem: &Problem, path: &str, role: Role, t: Tr) -> Response {
    let identity = app.identity();
    let mut chrome =
        Chrome::new(t, &identity.name, NavItem::None, path, app.clock().now(), &identity.time_zone);
    chrome.sample_data = identity.sample_data;
    chrome.role = role;
    let page = ErrorPage {
        chrome,
        status: problem.status.as_u16(),
        code: problem.code,
        detail: problem.detail.clone(),
        reference: problem.reference.clone(),
    };
    let html = page.render().unwrap_or_else(|_| problem.code.to_owned());
    (problem.status, CachePolicy::Private.headers(), Html(html)).into_response()
}
