//! The end of the chain under the center's signature. The key does not lie in the database, so who can
//! change the database alone can't sign another end.

use super::chain::{Head, SignedHead};
use crate::vault::{Vault, verify_signature};

/// What the key of heads is for.
const PURPOSE: &str = "audit-head";

/// Signs a head.
pub fn sign(vault: &Vault, head: Head) -> SignedHead {
    SignedHead { head, signature: vault.sign(PURPOSE, &head.signed_bytes()) }
}

/// The key with which heads can be checked.
pub fn public_key(vault: &Vault) -> [u8; 32] {
    vault.public_key(PURPOSE)
}

/// Whether `signature` is that of `head` by the key with this public half.
pub fn is_signed(public_key: &[u8], head: &Head, signature: &[u8]) -> bool {
    verify_signature(public_key, &head.signed_bytes(), signature)
}
