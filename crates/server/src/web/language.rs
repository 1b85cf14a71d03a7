//! Which language a reader sees: `?bahasa=` when given (remembered in a cookie), else the cookie, else
//! Indonesian. The browser's own wish is not asked: office computers in Indonesia often run English
//! software for readers of Indonesian.

use super::client::client;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use pendopo_vocab::Lang;
use std::convert::Infallible;

/// Over TLS the name ties the cookie to this host, as those of accounts are.
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-bahasa" } else { "bahasa" }
}

const ONE_YEAR_SECS: u32 = 31_536_000;

/// The reader's language, as an extractor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UiLang(pub Lang);

impl<S: Sync> FromRequestParts<S> for UiLang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<UiLang>().copied().unwrap_or(UiLang(Lang::Id)))
    }
}

/// Middleware that settles the language of a request and remembers an explicit wish.
pub async fn choose_language(mut request: Request, next: Next) -> Response {
    let wish = request.uri().query().and_then(wish_in_query);
    let secure = client(request.extensions()).secure;
    let cookie = request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|cookies| wish_in_cookie(cookies, secure));
    let lang = wish.or(cookie).unwrap_or_default();
    request.extensions_mut().insert(UiLang(lang));
    let mut response = next.run(request).await;
    if wish.is_some() {
        let cookie = format!(
            "{}={}; Path=/; Max-Age={ONE_YEAR_SECS}; SameSite=Lax; HttpOnly{}",
            cookie_name(secure),
            lang.tag(),
            if secure { "; Secure" } else { "" }
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Cookie"));
    response
}

fn wish_in_query(query: &str) -> Option<Lang> {
    query.split('&').find_map(|pair| Lang::from_tag(pair.strip_prefix("bahasa=")?))
}

fn wish_in_cookie(cookies: &str, secure: bool) -> Option<Lang> {
    cookies.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if name == cookie_name(secure) { Lang::from_tag(value) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_is_found_in_query_and_cookie() {
        assert_eq!(wish_in_query("periode=2026&bahasa=en"), Some(Lang::En));
        assert_eq!(wish_in_query("bahasa=xx"), None);
        assert_eq!(wish_in_cookie("a=b; bahasa=en", false), Some(Lang::En));
        assert_eq!(wish_in_cookie("xbahasa=en", false), None);
        assert_eq!(wish_in_cookie("bahasa=id; __Host-bahasa=en", true), Some(Lang::En));
        assert_eq!(wish_in_cookie("bahasa=en", true), None, "planted over a plain connection");
    }
}
