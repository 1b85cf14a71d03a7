//! The center's keys: sealing of values at rest, message codes and signatures, each under a key of its
//! own per purpose. All are derived from one file in the data folder, made at the first start.
//!
//! Two kinds of key lie in the file. The *root* is made once; codes ([`Vault::mac`]) and signatures
//! ([`Vault::sign`]) come from it and so never change. *Sealing keys* can be added while the server runs
//! (`pendopo key rotate`): new values are sealed under the newest, older ones keep opening, and
//! [`reseal`] moves them over.

mod crypto;
mod key_file;
mod private_file;
mod reseal;
mod stored;
#[cfg(test)]
mod tests;
mod weak;

pub use crypto::verify_signature;
pub use private_file::{FileMark, refuse_open_file};
pub use reseal::{SEALED, count_under_old_keys, reseal};
pub use stored::{bind, list_secrets, open_secrets, remove_secret, set_secret};

use anyhow::Context;
use crypto::{KEY_BYTES, derive};
use key_file::KeyTexts;
use ring::{hmac, signature::KeyPair};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// Name of a key: a fingerprint of it, so that a damaged line is noticed.
pub type KeyId = [u8; 8];

/// First byte of everything sealed: the form of what follows (key id, salt, cipher text with tag).
const FORM: u8 = 1;
const HEADER_BYTES: usize = 1 + size_of::<KeyId>() + SALT_BYTES;
const SALT_BYTES: usize = 24;

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not something that [`Vault::seal`] made.
    #[error("the value was not sealed by this program")]
    NotSealed,
    /// Its key is not in the key file (any more).
    #[error("the value is sealed under a key that is not in the key file")]
    UnknownKey,
    /// It was changed, or sealed for another purpose.
    #[error("the sealed value was changed or belongs elsewhere")]
    Forged,
}

/// The keys of the center. Clones share them.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// `None` in tests, whose keys live in memory.
    file: Option<PathBuf>,
    keys: RwLock<Loaded>,
}

struct Loaded {
    keys: Arc<Keys>,
    mark: Option<FileMark>,
}

/// What the key file holds.
struct Keys {
    root: Zeroizing<[u8; KEY_BYTES]>,
    /// In the order in which they were made; the last one seals.
    sealing: Vec<(KeyId, Zeroizing<[u8; KEY_BYTES]>)>,
}

impl Keys {
    fn find(&self, id: &[u8]) -> Option<&[u8; KEY_BYTES]> {
        self.sealing.iter().find(|(known, _)| known == id).map(|(_, key)| &**key)
    }

    fn newest(&self) -> (&KeyId, &[u8; KEY_BYTES]) {
        match self.sealing.last() {
            Some((id, key)) => (id, key),
            None => unreachable!("a key file without a sealing key is refused when it is read"),
        }
    }
}

impl From<KeyTexts> for Keys {
    fn from(texts: KeyTexts) -> Keys {
        let sealing = texts.sealing.into_iter().map(|key| (crypto::key_id(&key), key)).collect();
        Keys { root: texts.root, sealing }
    }
}

impl Vault {
    /// Opens the key file; makes it, readable by its owner alone, when there is none.
    ///
    /// # Errors
    /// When the file can be read by others, belongs to somebody else, is damaged or holds a weak key. The
    /// message says what to do, and holds no key.
    pub fn from_file(file: &Path) -> anyhow::Result<Vault> {
        if !file.exists() {
            key_file::create(file)?;
        }
        let loaded = load(file)?;
        let vault = Vault(Arc::new(Inner { file: Some(file.to_owned()), keys: RwLock::new(loaded) }));
        anyhow::ensure!(vault.works(), "the keys in {} do not do what they should", file.display());
        Ok(vault)
    }

    /// Seals, codes and signs once and looks whether the outcome holds: better noticed at the start than
    /// in the middle of a write.
    fn works(&self) -> bool {
        let (purpose, text) = ("self test", b"pendopo");
        self.open(purpose, &self.seal(purpose, text)).is_ok_and(|opened| opened == text)
            && self.verify_mac(purpose, text, &self.mac(purpose, text))
            && verify_signature(&self.public_key(purpose), text, &self.sign(purpose, text))
    }

    /// Fresh keys that vanish with the vault.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    #[cfg(test)]
    pub fn for_testing() -> anyhow::Result<Vault> {
        let keys = Arc::new(Keys::from(KeyTexts::generate()?));
        Ok(Vault(Arc::new(Inner { file: None, keys: RwLock::new(Loaded { keys, mark: None }) })))
    }

    /// Seals `plain` under the newest sealing key. Opens only with the same `purpose`, a fixed text per
    /// column, with the row's key where values must not change places. 49 bytes longer than `plain`.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let keys = self.keys();
        let (id, key) = keys.newest();
        let salt: [u8; SALT_BYTES] = rand::random();
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + crypto::TAG_BYTES);
        sealed.push(FORM);
        sealed.extend_from_slice(id);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(&crypto::encrypt(key, &salt, purpose, plain));
        sealed
    }

    /// Opens what [`Vault::seal`] made for the same `purpose`, also under an older key. A key that is not
    /// known yet is looked for in the key file once more.
    ///
    /// # Errors
    /// [`OpenError`]; none of its texts holds a part of the value.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let id = sealed_under(sealed).ok_or(OpenError::NotSealed)?;
        let mut keys = self.keys();
        if keys.find(&id).is_none() && self.refresh().unwrap_or(false) {
            keys = self.keys();
        }
        let key = keys.find(&id).ok_or(OpenError::UnknownKey)?;
        let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(OpenError::NotSealed)?;
        let salt = &header[HEADER_BYTES - SALT_BYTES..];
        crypto::decrypt(key, salt, purpose, body).ok_or(OpenError::Forged)
    }

    /// HMAC-SHA256 of `data` under the key of `purpose`. Stays the same when sealing keys change.
    pub fn mac(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let mut code = [0; 32];
        code.copy_from_slice(hmac::sign(&self.mac_key(purpose), data).as_ref());
        code
    }

    /// Whether `mac` is the code of `data` for `purpose`; takes as long for a wrong as for a right one.
    pub fn verify_mac(&self, purpose: &str, data: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.mac_key(purpose), data, mac).is_ok()
    }

    /// Ed25519 signature (64 bytes) of `data` under the key of `purpose`.
    pub fn sign(&self, purpose: &str, data: &[u8]) -> Vec<u8> {
        crypto::signing_key(&self.keys().root, purpose).sign(data).as_ref().to_vec()
    }

    /// The public half of the key of `purpose`, for [`verify_signature`].
    pub fn public_key(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(crypto::signing_key(&self.keys().root, purpose).public_key().as_ref());
        key
    }

    /// Fingerprint of the root key: says which key file belongs to a database, and nothing about the key.
    pub fn root_id(&self) -> KeyId {
        crypto::key_id(&self.keys().root)
    }

    /// Ids of the sealing keys, the newest last.
    pub fn sealing_ids(&self) -> Vec<KeyId> {
        self.keys().sealing.iter().map(|(id, _)| *id).collect()
    }

    /// Takes over the key file when it has changed; whether it had.
    ///
    /// # Errors
    /// As [`Vault::from_file`]; the keys known so far stay in use.
    pub fn refresh(&self) -> anyhow::Result<bool> {
        let Some(file) = &self.0.file else { return Ok(false) };
        let seen = self.0.keys.read().unwrap_or_else(PoisonError::into_inner).mark;
        if seen.is_some() && seen == FileMark::of(file).ok() {
            return Ok(false);
        }
        let loaded = load(file)?;
        let mut slot = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        let same_root = *loaded.keys.root == *slot.keys.root;
        anyhow::ensure!(
            same_root,
            "{} now holds another root key; put the former file back, or stop the server first",
            file.display()
        );
        *slot = loaded;
        Ok(true)
    }

    /// Adds a sealing key to the file and uses it from now on; gives its id.
    ///
    /// # Errors
    /// When the file cannot be replaced; then nothing has changed.
    pub fn rotate(&self) -> anyhow::Result<KeyId> {
        self.edit(|texts| {
            texts.sealing.push(key_file::random_key()?);
            Ok(())
        })?;
        Ok(*self.keys().newest().0)
    }

    /// Drops all sealing keys but the newest; gives how many. The caller has seen to it that nothing is
    /// sealed under them: see [`count_under_old_keys`].
    ///
    /// # Errors
    /// When the file cannot be replaced; then nothing has changed.
    pub fn drop_old_keys(&self) -> anyhow::Result<usize> {
        let before = self.sealing_ids().len();
        self.edit(|texts| {
            texts.sealing.drain(..texts.sealing.len() - 1);
            Ok(())
        })?;
        Ok(before - self.sealing_ids().len())
    }

    fn edit(&self, change: impl FnOnce(&mut KeyTexts) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let file = self.0.file.as_deref().context("these keys live in memory alone")?;
        key_file::edit(file, change)?;
        self.refresh()?;
        Ok(())
    }

    fn keys(&self) -> Arc<Keys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    fn mac_key(&self, purpose: &str) -> hmac::Key {
        let key: Zeroizing<[u8; KEY_BYTES]> = derive(&*self.keys().root, &[], "mac", purpose);
        hmac::Key::new(hmac::HMAC_SHA256, &*key)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.sealing_ids().iter().map(|id| key_file::hex(id)).collect();
        f.debug_struct("Vault").field("file", &self.0.file).field("sealing", &ids).finish()
    }
}

/// The id of the key under which a value is sealed; `None` when it is not a sealed value.
pub fn sealed_under(sealed: &[u8]) -> Option<KeyId> {
    let (form, rest) = sealed.split_first()?;
    (*form == FORM && sealed.len() >= HEADER_BYTES + crypto::TAG_BYTES).then_some(())?;
    rest.first_chunk().copied()
}

/// A key id as it is written: sixteen hexadecimal digits.
pub fn show_id(id: &KeyId) -> String {
    key_file::hex(id)
}

fn load(file: &Path) -> anyhow::Result<Loaded> {
    let (texts, mark) = key_file::read(file)?;
    Ok(Loaded { keys: Arc::new(texts.into()), mark: Some(mark) })
}
