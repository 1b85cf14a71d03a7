//! Forms from elsewhere are refused: whatever changes something and is vouched for by a cookie must carry
//! the token that only the center's own pages know.

use super::principal::{Via, principal_of};
use crate::error::AppError;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The field of the token in forms.
pub const FIELD: &str = "_token";
/// The header of the token for scripts.
const HEADER: &str = "x-form-token";
/// Longest form, bytes; files have a limit of their own.
const MOST_BYTES: usize = 256 * 1024;

/// Middleware: refuses a change without the right token. Runs after the one who asks is settled. Those
/// who show a key of their own (`Authorization`) need no token: a browser never adds one by itself.
pub async fn check_form_token(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let who = principal_of(request.extensions());
    if safe || (matches!(who.via, Via::Token(_)) && who.form_token.is_none()) {
        return next.run(request).await;
    }
    if from_another_site(request.headers()) {
        return refused(AppError::Forbidden);
    }
    let Some(wanted) = who.form_token.as_deref() else {
        return AppError::FormExpired.into_response();
    };
    if let Some(sent) = request.headers().get(HEADER) {
        return match same(sent.as_bytes(), wanted) {
            true => next.run(request).await,
            false => refused(AppError::FormExpired),
        };
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return refused(AppError::FormExpired);
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return AppError::Invalid("the form is too long".to_owned()).into_response();
    };
    let sent = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == FIELD);
    if sent.is_none_or(|(_, sent)| !same(sent.as_bytes(), wanted)) {
        return refused(AppError::FormExpired);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Marks the answer to a change that none of the center's own pages vouches for.
#[derive(Debug, Clone, Copy)]
pub struct Forged;

fn refused(error: AppError) -> Response {
    let mut response = error.into_response();
    response.extensions_mut().insert(Forged);
    response
}

/// Compares in a time that does not depend on where they differ.
fn same(sent: &[u8], wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    sent.len() == wanted.len() && sent.iter().zip(wanted).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// The browser says that the request began on another site's page.
fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, place)| place != host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_from_other_sites_are_told_apart() {
        let check = |pairs: &[(&'static str, &str)], foreign: bool| {
            let headers =
                pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(from_another_site(&headers), foreign, "{pairs:?}");
        };
        check(&[], false);
        check(&[("sec-fetch-site", "same-origin")], false);
        check(&[("sec-fetch-site", "cross-site")], true);
        check(&[("sec-fetch-site", "same-site")], true);
        check(&[("host", "a:1"), ("origin", "http://a:1")], false);
        check(&[("host", "a:1"), ("origin", "http://b:1")], true);
        check(&[("host", "a:1"), ("origin", "null")], true);
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same(b"abc", "abc"));
        assert!(!same(b"ab", "abc") && !same(b"abd", "abc") && !same(b"", "abc"));
    }
}
