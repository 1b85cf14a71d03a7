//! Random secrets that are handed out once, and the hashes of them that are kept.
//!
//! A secret has 256 random bits, so a plain SHA-256 of it cannot be searched for; a slow hash is for
//! passwords alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// Letters and digits that are not mistaken for each other when read aloud or copied by hand.
const PLAIN: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// A secret just made. Shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one of 256 bits, after `prefix`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn new(prefix: &str) -> anyhow::Result<Secret> {
        Ok(Secret(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<32>()?))))
    }

    /// One that came back in a request.
    pub fn presented(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it: 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        hash("secret", &self.0)
    }

    /// What forms must carry beside a cookie with this secret. Tells nothing about the secret.
    pub fn form_token(&self) -> String {
        hash("form", &self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of `text` for one purpose, in hexadecimal.
pub fn hash(purpose: &str, text: &str) -> String {
    use std::fmt::Write;
    let hashed = digest(&SHA256, format!("pendopo {purpose}\0{text}").as_bytes());
    hashed.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A code to write down: seven groups of four letters and digits, 140 bits.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn recovery_code() -> anyhow::Result<String> {
    let letters: Vec<u8> = random::<28>()?.iter().map(|byte| PLAIN[usize::from(byte % 32)]).collect();
    let groups: Vec<String> =
        letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    Ok(groups.join("-"))
}

/// `N` random bytes of the operating system.
///
/// # Errors
/// When it gives none.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_their_hashes_are_kept_apart_by_purpose() {
        let (a, b) = (Secret::new("pdp_").unwrap(), Secret::new("pdp_").unwrap());
        assert_ne!(a, b);
        assert!(a.reveal().len() == 47 && a.hash().len() == 64);
        assert_ne!(a.hash(), a.form_token());
        assert_eq!(Secret::presented(a.reveal()).hash(), a.hash());
        assert!(!format!("{a:?}").contains(&a.reveal()[4..]));
    }

    #[test]
    fn recovery_codes_are_easy_to_copy() {
        let code = recovery_code().unwrap();
        assert_eq!(code.len(), 34);
        assert_ne!(code, recovery_code().unwrap());
        assert!(code.bytes().all(|byte| byte == b'-' || PLAIN.contains(&byte)), "{code}");
    }
}
