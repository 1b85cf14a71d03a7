//! The few primitives the vault is made of: HKDF-SHA256, ChaCha20-Poly1305 and Ed25519, all from `ring`.

use ring::{aead, hkdf, signature};
use zeroize::Zeroizing;

/// Bytes of every key.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes by which the cipher text is longer than the plain text.
pub(super) const TAG_BYTES: usize = 16;

/// Says of which program and version keys are: other uses of the same bytes come to other keys.
const DOMAIN: &[u8] = b"pendopo vault 1";

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `N` bytes for `purpose` from `key`: HKDF-SHA256. `kind` keeps codes, signatures and seals of one
/// purpose apart.
pub(super) fn derive<const N: usize>(
    key: &[u8],
    salt: &[u8],
    kind: &str,
    purpose: &str,
) -> Zeroizing<[u8; N]> {
    // Each part is preceded by its length, so that no two lists of parts read alike.
    let lengths = [kind.len(), purpose.len()].map(|length| (length as u64).to_be_bytes());
    let info = [DOMAIN, &lengths[0], kind.as_bytes(), &lengths[1], purpose.as_bytes()];
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let mut out = Zeroizing::new([0; N]);
    let filled = secret.expand(&info, Length(N)).and_then(|material| material.fill(&mut *out));
    match filled {
        Ok(()) => out,
        Err(ring::error::Unspecified) => unreachable!("HKDF gives up to 8,160 bytes; {N} were asked for"),
    }
}

/// Fingerprint of a key.
pub(super) fn key_id(key: &[u8; KEY_BYTES]) -> [u8; 8] {
    *derive(key, &[], "id", "")
}

/// Key and nonce of one sealed value: both come from its random salt, so no nonce is ever used twice
/// under one key, however many values there are.
fn cipher(key: &[u8; KEY_BYTES], salt: &[u8], purpose: &str) -> (aead::LessSafeKey, aead::Nonce) {
    let material: Zeroizing<[u8; KEY_BYTES + aead::NONCE_LEN]> = derive(key, salt, "seal", purpose);
    let (key, nonce) = material.split_at(KEY_BYTES);
    match (
        aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key),
        aead::Nonce::try_assume_unique_for_key(nonce),
    ) {
        (Ok(key), Ok(nonce)) => (aead::LessSafeKey::new(key), nonce),
        _ => unreachable!("both have the length that the algorithm asks for"),
    }
}

/// Cipher text and tag.
pub(super) fn encrypt(key: &[u8; KEY_BYTES], salt: &[u8], purpose: &str, plain: &[u8]) -> Vec<u8> {
    let (cipher, nonce) = cipher(key, salt, purpose);
    let mut body = plain.to_vec();
    match cipher.seal_in_place_append_tag(nonce, aead::Aad::from(purpose.as_bytes()), &mut body) {
        Ok(()) => body,
        Err(ring::error::Unspecified) => unreachable!("a value of 256 GiB does not fit into memory"),
    }
}

/// The plain text; `None` when the tag does not fit.
pub(super) fn decrypt(key: &[u8; KEY_BYTES], salt: &[u8], purpose: &str, body: &[u8]) -> Option<Vec<u8>> {
    let (cipher, nonce) = cipher(key, salt, purpose);
    let mut body = body.to_vec();
    let plain = cipher.open_in_place(nonce, aead::Aad::from(purpose.as_bytes()), &mut body).ok()?.len();
    body.truncate(plain);
    Some(body)
}

/// The key that signs for `purpose`.
pub(super) fn signing_key(root: &[u8; KEY_BYTES], purpose: &str) -> signature::Ed25519KeyPair {
    let seed: Zeroizing<[u8; 32]> = derive(root, &[], "sign", purpose);
    match signature::Ed25519KeyPair::from_seed_unchecked(&*seed) {
        Ok(pair) => pair,
        Err(_) => unreachable!("every 32 bytes are a seed"),
    }
}

/// Whether `signature` is that of `data` under the key whose public half is `public_key`.
pub fn verify_signature(public_key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    signature::UnparsedPublicKey::new(&signature::ED25519, public_key).verify(data, signature).is_ok()
}
