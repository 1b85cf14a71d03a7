//! The one function that takes secrets out of texts before they leave the program: logs, errors that quote
//! others, settings as shown, the support bundle.

use regex::Regex;
use std::{
    borrow::Cow,
    io::{self, Write},
    sync::LazyLock,
};

/// What stands where a secret stood.
pub const MASK: &str = "•••";

/// Words after which a secret follows.
const NAMES: &str = "access_token|refresh_token|id_token|api[_-]?key|client_secret|secret|token|password|passwd|pwd|\
                     sandi|kata_sandi|signature|sig|credential";

/// Patterns with what is kept of them.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        // A whole private key.
        (
            r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|$)".to_owned(),
            "${1}•••",
        ),
        // user:password@ in addresses and connection texts
        (r#"([A-Za-z][A-Za-z0-9+.\-]*://)[^/\s"'@]+@"#.to_owned(), "${1}•••@"),
        // Authorization: …, Cookie: …
        (
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)\b(\W{1,4})[^\r\n]+".to_owned(),
            "${1}${2}•••",
        ),
        (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]{6,}".to_owned(), "${1} •••"),
        // password = "…", "token": "…"
        (format!(r#"(?i)({NAMES})(["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*')"#), "${1}${2}•••"),
        // ?token=…, PENDOPO_SECRET_X=…
        (format!(r#"(?i)((?:{NAMES})[A-Za-z0-9_]*=)[^&\s"'#;,)]+"#), "${1}•••"),
        (r#"([?&]key=)[^&\s"'#]+"#.to_owned(), "${1}•••"),
    ];
    // A pattern that does not compile would be found by the tests, which use each of them.
    patterns.into_iter().filter_map(|(pattern, kept)| Some((Regex::new(&pattern).ok()?, kept))).collect()
});

/// `text` without what looks like a secret.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    for (pattern, kept) in PATTERNS.iter() {
        if pattern.is_match(&masked) {
            masked = Cow::Owned(pattern.replace_all(&masked, *kept).into_owned());
        }
    }
    masked
}

/// `text` without these secrets, and without what looks like one.
pub fn mask_known<'s>(text: &str, known: impl IntoIterator<Item = &'s str>) -> String {
    let mut masked = text.to_owned();
    // Very short values would blank out ordinary words; login formats never quote them.
    for secret in known.into_iter().filter(|secret| secret.len() >= 4) {
        if masked.contains(secret) {
            masked = masked.replace(secret, MASK);
        }
    }
    mask(&masked).into_owned()
}

/// A writer of whole lines that masks them.
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(mask(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_masked_and_the_rest_is_kept() {
        assert_eq!(PATTERNS.len(), 7);
        let check = |text: &str, masked: &str| assert_eq!(mask(text), masked);
        check("postgres://pendopo:rahasia@db/x", "postgres://•••@db/x");
        check("get https://a.example/x?token=rahasia&b=c", "get https://a.example/x?token=•••&b=c");
        check("https://a.example/x?a=b&key=rahasia", "https://a.example/x?a=b&key=•••");
        check("Authorization: Bearer rahasia.rahasia", "Authorization: •••");
        check("sent Bearer rahasia.rahasia to x", "sent Bearer ••• to x");
        check("password = \"rahasia sekali\"", "password = •••");
        check("{\"client_secret\":\"rahasia\",\"a\":1}", "{\"client_secret\":•••,\"a\":1}");
        check("PENDOPO_SECRET_X=rahasia", "PENDOPO_SECRET_X=•••");
        check(
            "-----BEGIN PRIVATE KEY-----\nrahasia\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----•••",
        );
        for plain in [
            "angka: 12 rows accepted",
            "https://a.example/x?a=b",
            "data.key_file = \"key\"",
            "a key=b",
            "user@example.org",
        ] {
            check(plain, plain);
        }
        assert_eq!(
            mask_known("login of x with s3kali failed", ["s3kali", "of"]),
            "login of x with ••• failed"
        );
        let mut line = Vec::new();
        Masked(&mut line).write_all(b"token=rahasia").unwrap();
        assert_eq!(line, "token=•••".as_bytes());
    }
}
