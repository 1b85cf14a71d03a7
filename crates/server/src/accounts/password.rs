//! Passwords: what is accepted, and the slow hash, made on a thread of its own.
//!
//! Argon2id with 19 MiB and two passes (OWASP's first choice) takes tens of milliseconds of a core. One
//! thread of low priority makes all of them, from a short queue: a storm of guesses waits for itself and
//! never for the pages of those who are signed in.

use super::breached;
use crate::error::{AppError, AppResult};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{
    path::Path,
    sync::{
        LazyLock,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
};
use tokio::sync::oneshot;

/// Shortest password, characters. With a second factor eight would do; we ask for more (ASVS 6.2.1).
pub const LEAST_CHARS: usize = 10;
/// Longest, characters: longer than any pass phrase, short enough to hash quickly.
pub const MOST_CHARS: usize = 200;
/// Guesses, as the estimator counts them, below which a password is refused: 10^8 (of 4 steps, the third).
const LEAST_SCORE: zxcvbn::Score = zxcvbn::Score::Three;
/// Requests that may wait for the hashing thread.
const QUEUE: usize = 32;
/// How much the hashing thread steps back behind pages and runs (Unix niceness).
const NICENESS: i32 = 10;

/// Why a password is not accepted; the code is the tail of a message key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Shorter than [`LEAST_CHARS`].
    Short,
    /// Longer than [`MOST_CHARS`].
    Long,
    /// Among the common ones, or made of the person's or the center's own words.
    Guessable,
    /// In the center's list of passwords known from breaches.
    Breached,
}

impl Weakness {
    /// The words' key.
    pub fn key(self) -> &'static str {
        match self {
            Weakness::Short => "password-short",
            Weakness::Long => "password-long",
            Weakness::Guessable => "password-guessable",
            Weakness::Breached => "password-breached",
        }
    }
}

/// Looks at a new password. `own` are words that an attacker would try: login, name, place. Any character
/// is allowed and no mixture demanded (ASVS 6.2.5).
pub fn check(password: &str, own: &[&str]) -> Result<(), Weakness> {
    let length = password.chars().count();
    if length < LEAST_CHARS {
        return Err(Weakness::Short);
    }
    if length > MOST_CHARS {
        return Err(Weakness::Long);
    }
    let mut words: Vec<String> = own
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() > 2)
        .map(str::to_lowercase)
        .collect();
    words.push("pendopo".to_owned());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The estimator reads the first hundred characters; more only helps.
    match zxcvbn::zxcvbn(password, &words).score() >= LEAST_SCORE {
        true => Ok(()),
        false => Err(Weakness::Guessable),
    }
}

/// The same, and whether the password is in the center's list of breached ones, where it keeps one.
///
/// # Errors
/// When the list cannot be read.
pub async fn check_new(list: Option<&Path>, password: &str, own: &[&str]) -> AppResult<Result<(), Weakness>> {
    if let Err(weakness) = check(password, own) {
        return Ok(Err(weakness));
    }
    let Some(list) = list.map(Path::to_owned) else { return Ok(Ok(())) };
    let password = password.to_owned();
    let found = tokio::task::spawn_blocking(move || breached::holds(&list, &password)).await;
    match found.map_err(anyhow::Error::from)?? {
        true => Ok(Err(Weakness::Breached)),
        false => Ok(Ok(())),
    }
}

type Work = Box<dyn FnOnce() + Send>;

static THREAD: LazyLock<Option<SyncSender<Work>>> = LazyLock::new(|| {
    let (sender, receiver) = sync_channel::<Work>(QUEUE);
    let run = move || {
        // Only priority: hashing works the same when the system refuses.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
        receiver.into_iter().for_each(|work| work());
    };
    std::thread::Builder::new().name("passwords".to_owned()).spawn(run).ok().map(|_| sender)
});

async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> AppResult<T> {
    let (answer, answered) = oneshot::channel();
    let sender = THREAD.as_ref().ok_or_else(|| anyhow::anyhow!("no thread for passwords"))?;
    let boxed: Work = Box::new(move || {
        // Nobody waits any more when the request was given up.
        let _ = answer.send(work());
    });
    sender.try_send(boxed).map_err(|error| match error {
        TrySendError::Full(_) => AppError::Busy("too many people sign in at once".to_owned()),
        TrySendError::Disconnected(_) => AppError::Internal(anyhow::anyhow!("the password thread is gone")),
    })?;
    answered.await.map_err(|error| AppError::Internal(error.into()))
}

/// The slow hash of a new password, as a PHC string.
///
/// # Errors
/// [`AppError::Busy`] when too many wait.
pub async fn hash(password: String) -> AppResult<String> {
    let hashed = on_thread(move || hash_now(&password)).await?;
    Ok(hashed?)
}

/// The same at once, for the command line and tests.
///
/// # Errors
/// When the system gives no random bytes.
pub fn hash_now(password: &str) -> anyhow::Result<String> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    Ok(hashed.map_err(|error| anyhow::anyhow!("cannot hash a password: {error}"))?.to_string())
}

/// Whether `password` is the one behind `hash`. Without a hash the same time is spent and the answer is
/// no, so that nobody learns from the time which logins exist.
///
/// # Errors
/// [`AppError::Busy`] when too many wait.
pub async fn verify(password: String, hash: Option<String>) -> AppResult<bool> {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this").unwrap_or_default());
    on_thread(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let same = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        same && known
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_own_words_are_refused() {
        let own = ["dinkes", "Siti Rahayu", "Kabupaten Contoh"];
        let expect = |password: &str, expected: Result<(), Weakness>| {
            assert_eq!(check(password, &own), expected, "{password}");
        };
        expect("pendek", Err(Weakness::Short));
        expect(&"panjang sekali ".repeat(20), Err(Weakness::Long));
        expect("password123", Err(Weakness::Guessable));
        expect("qwertyuiop", Err(Weakness::Guessable));
        expect("1234567890", Err(Weakness::Guessable));
        expect("sitirahayu", Err(Weakness::Guessable));
        expect("pendopo2026", Err(Weakness::Guessable));
        expect("dinkescontoh", Err(Weakness::Guessable));
        expect("aaaaaaaaaaaaaa", Err(Weakness::Guessable));
        expect("jati randu kapas tembaga", Ok(()));
        expect("ꦥꦤ꧀ꦝꦥꦴ ing ngarsa sung tuladha", Ok(()));
        expect("Xk9#vQ2mLp7w", Ok(()));
    }

    #[tokio::test]
    async fn long_passwords_count_to_their_last_character() {
        let sentence = "Sungai Lusi mengalir ke Bengawan Solo lewat hutan jati; ".repeat(4);
        for chars in [64, 128, MOST_CHARS] {
            let long: String = sentence.chars().take(chars).collect();
            assert_eq!(check(&long, &[]), Ok(()), "{chars}");
            let hash = hash(long.clone()).await.unwrap();
            let shorter: String = long.chars().take(chars - 1).collect();
            assert!(verify(long, Some(hash.clone())).await.unwrap(), "{chars}");
            assert!(!verify(shorter, Some(hash)).await.unwrap(), "{chars}: the end is cut off");
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone() {
        let hash = hash("jati randu kapas".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("jati randu kapas".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!verify("jati randu".to_owned(), Some(hash)).await.unwrap());
        assert!(!verify("nobody has this".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_of_the_list_of_breached_ones_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("bocor.txt");
        // The SHA-1 of `jati randu kapas`, between two others.
        let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, b"jati randu kapas");
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        std::fs::write(&list, format!("{}:3\n{hash}:9\n{}:1\n", "0".repeat(40), "F".repeat(40))).unwrap();
        let look =
            async |list: Option<&Path>, password: &str| check_new(list, password, &["uji"]).await.unwrap();
        assert_eq!(look(Some(&list), "jati randu kapas").await, Err(Weakness::Breached));
        assert_eq!(look(Some(&list), "jati randu waru").await, Ok(()));
        assert_eq!(look(None, "jati randu kapas").await, Ok(()));
        assert_eq!(look(Some(&list), "password12").await, Err(Weakness::Guessable), "the estimator, too");
        assert!(check_new(Some(&folder.path().join("tidak-ada")), "jati randu waru", &[]).await.is_err());
    }
}
