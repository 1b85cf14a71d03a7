//! The cookies of accounts: their names, what they carry, how long they live.
//!
//! Over TLS a name begins with `__Host-`, which ties the cookie to this host and path and keeps other
//! hosts and plain connections from setting it. All are `HttpOnly`; `Lax`, so that a link from a message
//! still finds its reader signed in, while every change needs a form token besides.

use axum::http::{HeaderMap, HeaderValue, header};

/// Years for which a screen keeps its key; it ends when it is revoked.
pub const WALL_SECS: i64 = 5 * 365 * 24 * 3600;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// Ties the forms of visitors to their browser.
    Form,
    /// A browser that signed in to its account before.
    Browser,
    /// A wall's token.
    Wall,
    /// A question to a device that keeps passkeys.
    Challenge,
    /// A screen that waits to be paired.
    Pairing,
    /// A sign-in that is under way at the provider of identities, sealed.
    Sso,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Cookie::Session, true) => "__Host-pendopo",
            (Cookie::Session, false) => "pendopo",
            (Cookie::Form, true) => "__Host-pendopo-formulir",
            (Cookie::Form, false) => "pendopo-formulir",
            (Cookie::Browser, true) => "__Host-pendopo-peramban",
            (Cookie::Browser, false) => "pendopo-peramban",
            (Cookie::Wall, true) => "__Host-pendopo-dinding",
            (Cookie::Wall, false) => "pendopo-dinding",
            (Cookie::Pairing, true) => "__Host-pendopo-pasangan",
            (Cookie::Pairing, false) => "pendopo-pasangan",
            (Cookie::Challenge, true) => "__Host-pendopo-tantangan",
            (Cookie::Challenge, false) => "pendopo-tantangan",
            (Cookie::Sso, true) => "__Host-pendopo-sso",
            (Cookie::Sso, false) => "pendopo-sso",
        }
    }

    /// What the request carries of it.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let name = self.name(secure);
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(found, value)| *found == name && !value.is_empty())
            .map(|(_, value)| value.to_owned())
    }

    /// Sets it for `max_age_secs`; `None`: until the browser closes.
    pub fn set(self, value: &str, secure: bool, max_age_secs: Option<i64>) -> Option<HeaderValue> {
        let mut text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", self.name(secure));
        if secure {
            text.push_str("; Secure");
        }
        if let Some(secs) = max_age_secs {
            text.push_str(&format!("; Max-Age={secs}"));
        }
        HeaderValue::from_str(&text).ok()
    }

    /// Takes it away.
    pub fn clear(self, secure: bool) -> Option<HeaderValue> {
        self.set("", secure, Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_a_cookie_is_tied_to_the_host_and_a_plain_one_is_not_taken_for_it() {
        let set = Cookie::Session.set("abc", true, Some(60)).unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-pendopo=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "bahasa=id; pendopo=planted".parse().unwrap());
        assert_eq!(Cookie::Session.read(&headers, true), None);
        assert_eq!(Cookie::Session.read(&headers, false).as_deref(), Some("planted"));
        assert!(Cookie::Session.clear(false).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
