//! Which keys are no keys: those that somebody typed, copied from an example or made with a bad tool.

use super::crypto::KEY_BYTES;
use sha2::{Digest, Sha256};

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Weakness {
    /// Not 32 bytes; how many.
    #[error("it has {0} bytes instead of 32")]
    Length(usize),
    /// Letters and digits, such as a password or a hexadecimal text.
    #[error("it is readable text, not random bytes")]
    Text,
    /// A few bytes over and over.
    #[error("it repeats itself")]
    Repeats,
    /// Every byte follows from the one before, as in examples of standards.
    #[error("its bytes count up or down in even steps")]
    Steps,
    /// Hardly any different bytes, or bits that never change.
    #[error("its bytes are too much alike to be random")]
    Alike,
    /// The digest of a word that anybody would try first.
    #[error("it is made from a well-known word")]
    Known,
    /// The same key stands in the file twice.
    #[error("the same key stands in the file twice")]
    Twice,
}

/// Random keys have about 30 different bytes; fewer than this happens once in 10^15 keys.
const LEAST_DIFFERENT: usize = 17;

/// Words whose SHA-256 people take for a key.
const WORDS: [&str; 24] = [
    "",
    "password",
    "secret",
    "changeme",
    "CHANGE_ME",
    "admin",
    "test",
    "key",
    "example",
    "default",
    "pendopo",
    "rahasia",
    "sandi",
    "kunci",
    "123456",
    "12345678",
    "letmein",
    "qwerty",
    "indonesia",
    "bupati",
    "diskominfo",
    "thisISaSECRET_1234",
    "secret_key",
    "hello",
];

/// Gives the 32 bytes of a key that is not evidently weak.
pub(super) fn check(bytes: &[u8]) -> Result<[u8; KEY_BYTES], Weakness> {
    let key: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| match readable(bytes) && !bytes.is_empty() {
        true => Weakness::Text,
        false => Weakness::Length(bytes.len()),
    })?;
    if (1..=KEY_BYTES / 2).any(|period| key.iter().zip(&key[period..]).all(|(a, b)| a == b)) {
        return Err(Weakness::Repeats);
    }
    if readable(&key) {
        return Err(Weakness::Text);
    }
    let step = key[1].wrapping_sub(key[0]);
    if key.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
        return Err(Weakness::Steps);
    }
    if WORDS.iter().any(|word| Sha256::digest(word.as_bytes())[..] == key) {
        return Err(Weakness::Known);
    }
    let mut seen = [false; 256];
    key.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let different = seen.iter().filter(|seen| **seen).count();
    // A bit that is the same in all bytes: numbers below 128, digits, UTF-16.
    let changing = key.iter().fold(0, |bits, byte| bits | (byte ^ key[0]));
    if different < LEAST_DIFFERENT || changing != 0xff {
        return Err(Weakness::Alike);
    }
    Ok(key)
}

fn readable(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
