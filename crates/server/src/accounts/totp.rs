//! Codes of an authenticator application (RFC 6238): six digits, thirty seconds, ten more for typing and clocks.

use super::secret::random;
use anyhow::Context;
use jiff::Timestamp;
use qrcode::{QrCode, render::svg};
use totp_rs::{Builder, Totp};

/// Bytes of the shared key (RFC 4226 asks for 20).
const KEY_BYTES: usize = 20;
const ISSUER: &str = "Pendopo";
/// How much clocks may differ and typing may take, in seconds.
const TOLERANCE_SECS: i64 = 10;

/// A shared key.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpKey([u8; KEY_BYTES]);

impl TotpKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new() -> anyhow::Result<TotpKey> {
        Ok(TotpKey(random()?))
    }

    /// One that was stored.
    pub fn from_bytes(bytes: &[u8]) -> Option<TotpKey> {
        bytes.try_into().ok().map(TotpKey)
    }

    /// The bytes, to be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn totp(&self, login: &str) -> anyhow::Result<Totp> {
        // The address has no room for a colon, which divides issuer and account.
        let account = login.replace(':', " ");
        let builder = Builder::new().with_secret(self.0.as_slice()).with_account_name(account);
        builder.with_issuer(Some(ISSUER)).with_skew(0).build().context("authenticator codes")
    }

    /// The key in letters, for typing, in groups of four.
    ///
    /// # Errors
    /// Never for a key made here.
    pub fn letters(&self) -> String {
        let text = totp_rs::Secret::from(self.0.as_slice()).to_base32();
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(4).map(String::from_iter).collect::<Vec<String>>().join(" ")
    }

    /// What an authenticator scans, as an SVG drawing.
    ///
    /// # Errors
    /// When `login` is too long for a code.
    pub fn drawing(&self, login: &str) -> anyhow::Result<String> {
        let address = self.totp(login)?.to_url().context("authenticator address")?;
        let code = QrCode::new(address.as_bytes()).context("the address does not fit into a code")?;
        let drawing = code.render::<svg::Color<'_>>().min_dimensions(208, 208).quiet_zone(true).build();
        // An SVG inside a page needs no prologue.
        Ok(drawing.split_once("?>").map_or(drawing.clone(), |(_, svg)| svg.to_owned()))
    }

    /// The time step for which `code` is right at `now`, if it is and the step comes after `last_step`: a code
    /// works once.
    pub fn check(&self, code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        let totp = self.totp("x").ok()?;
        [0, -TOLERANCE_SECS, TOLERANCE_SECS].iter().find_map(|shift| {
            let seconds = u64::try_from(now.as_second().saturating_add(*shift)).ok()?;
            let step = i64::try_from(totp.check(&digits, seconds)?).ok()?;
            Some(step).filter(|step| *step > last_step)
        })
    }

    /// The code at `now`.
    #[cfg(test)]
    pub fn code(&self, now: Timestamp) -> String {
        self.totp("x").unwrap().generate(now.as_second().unsigned_abs()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_for_a_short_time() {
        let key = TotpKey::new().unwrap();
        // In the middle of a step, which began fifteen seconds ago.
        let now = Timestamp::from_second(1_790_000_025).unwrap();
        let code = key.code(now);
        let step = key.check(&code, now, 0).unwrap();
        assert!(key.check(&code, now, step).is_none(), "used");
        let later = |secs: i64| Timestamp::from_second(1_790_000_025 + secs).unwrap();
        assert!(key.check(&code, later(24), 0).is_some(), "typed slowly");
        assert!(key.check(&code, later(26), 0).is_none(), "too late");
        assert!(key.check(&code, later(-24), 0).is_some(), "a fast clock");
        assert!(key.check(&code, later(-26), 0).is_none(), "too early");
        assert!(key.check("", now, 0).is_none() && key.check("12345", now, 0).is_none());
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, cut to six digits.
        let key = TotpKey::from_bytes(b"12345678901234567890").unwrap();
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(key.code(Timestamp::from_second(second).unwrap()), code);
        }
        assert!(key.letters().starts_with("GEZD GNBV"));
        assert!(key.drawing("sekda").unwrap().starts_with("<svg"));
    }
}
