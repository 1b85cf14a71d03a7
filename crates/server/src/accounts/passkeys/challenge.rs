//! Questions on their way to a device: they travel in a sealed cookie, so that visitors leave nothing in the
//! database, and each is answered once.

use crate::{accounts::cookies::Cookie, vault::Vault, web::Client};
use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use std::collections::HashMap;

/// How long an answer is waited for, milliseconds.
pub const LIFE_MS: i64 = 5 * 60_000;
/// Answered questions remembered at once. Only answers with a right signature get here.
const MOST_REMEMBERED: usize = 20_000;
const RUN_BYTES: usize = 16;
const HEADER_BYTES: usize = RUN_BYTES + size_of::<i64>();

/// What a question is asked for; it answers no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whoever is there wants to come in.
    SignIn,
    /// Whoever is signed in, by the id of their sign-in, adds a passkey.
    Add(i64),
}

impl Purpose {
    fn text(self) -> String {
        match self {
            Purpose::SignIn => "passkey to sign in".to_owned(),
            Purpose::Add(session_id) => format!("passkey for session {session_id}"),
        }
    }
}

/// The questions that were answered since the program started.
pub struct Answered {
    /// Sealed into each question: those of an earlier run are not known to be unanswered.
    run: [u8; RUN_BYTES],
    /// By hash, with the Unix milliseconds after which they are too old anyway.
    known: HashMap<[u8; 32], i64>,
}

impl Default for Answered {
    fn default() -> Answered {
        Answered { run: rand::random(), known: HashMap::new() }
    }
}

/// A question that came back and is neither old nor of another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What the center has to know of it.
    pub state: Vec<u8>,
    id: [u8; 32],
    ends_at: i64,
}

impl Answered {
    /// The cookie that carries a question.
    pub fn send(
        &self,
        vault: &Vault,
        purpose: Purpose,
        state: &[u8],
        client: Client,
        now_ms: i64,
    ) -> Option<HeaderValue> {
        let plain = [&self.run[..], &now_ms.to_be_bytes(), state].concat();
        let sealed = URL_SAFE_NO_PAD.encode(vault.seal(&purpose.text(), &plain));
        Cookie::Challenge.set(&sealed, client.secure, Some(LIFE_MS / 1000))
    }

    /// The question that a browser brings back; `None` when it is another's, too old, of an earlier run of
    /// the program, or already answered.
    pub fn receive(
        &self,
        vault: &Vault,
        purpose: Purpose,
        headers: &HeaderMap,
        client: Client,
        now_ms: i64,
    ) -> Option<Open> {
        let sealed = URL_SAFE_NO_PAD.decode(Cookie::Challenge.read(headers, client.secure)?).ok()?;
        let plain = vault.open(&purpose.text(), &sealed).ok()?;
        let (header, state) = plain.split_at_checked(HEADER_BYTES)?;
        let (run, sent_at) = header.split_at_checked(RUN_BYTES)?;
        let ends_at = i64::from_be_bytes(sent_at.try_into().ok()?).saturating_add(LIFE_MS);
        let mut id = [0; 32];
        id.copy_from_slice(digest(&SHA256, state).as_ref());
        let open = run == self.run && (now_ms..=now_ms.saturating_add(LIFE_MS)).contains(&ends_at);
        (open && !self.known.contains_key(&id)).then(|| Open { state: state.to_vec(), id, ends_at })
    }

    /// Takes a question as answered; false when it was before, or when more are answered than can be kept in
    /// mind.
    pub fn answer(&mut self, open: &Open, now_ms: i64) -> bool {
        if self.known.len() >= MOST_REMEMBERED {
            self.known.retain(|_, ends_at| *ends_at >= now_ms);
        }
        self.known.len() < MOST_REMEMBERED && self.known.insert(open.id, open.ends_at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use std::net::{IpAddr, Ipv4Addr};

    const NOW: i64 = 1_795_500_000_000;
    const CLIENT: Client = Client { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure: true };

    fn carried(set: &HeaderValue) -> HeaderMap {
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())])
    }

    #[test]
    fn a_question_is_answered_once_in_its_time_by_whom_it_was_asked() {
        let vault = Vault::for_testing().unwrap();
        let mut answered = Answered::default();
        let set = answered.send(&vault, Purpose::Add(7), b"state", CLIENT, NOW).unwrap();
        assert!(set.to_str().unwrap().contains("HttpOnly; SameSite=Lax; Secure; Max-Age=300"));
        let headers = carried(&set);
        let receive =
            |answered: &Answered, purpose, now| answered.receive(&vault, purpose, &headers, CLIENT, now);
        assert!(receive(&answered, Purpose::Add(8), NOW).is_none(), "another session's");
        assert!(receive(&answered, Purpose::SignIn, NOW).is_none(), "asked for something else");
        assert!(receive(&answered, Purpose::Add(7), NOW + LIFE_MS + 1).is_none(), "late");
        assert!(receive(&answered, Purpose::Add(7), NOW - 1).is_none(), "from the future");
        assert!(receive(&Answered::default(), Purpose::Add(7), NOW).is_none(), "of an earlier run");
        let (first, second) =
            (receive(&answered, Purpose::Add(7), NOW + 1), receive(&answered, Purpose::Add(7), NOW + 1));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.state, b"state");
        assert!(answered.answer(&first, NOW + 1));
        assert!(!answered.answer(&second, NOW + 1), "two at the same time");
        assert!(receive(&answered, Purpose::Add(7), NOW + 2).is_none(), "again");
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_forgotten_early() {
        let mut answered = Answered::default();
        let open = |n: u64, ends_at| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_be_bytes());
            Open { state: Vec::new(), id, ends_at }
        };
        for n in 0..MOST_REMEMBERED as u64 {
            assert!(answered.answer(&open(n, NOW + 10), NOW));
        }
        assert!(!answered.answer(&open(1 << 40, NOW + 10), NOW), "full: refused rather than forgotten");
        assert!(!answered.answer(&open(5, NOW + 10), NOW));
        assert!(answered.answer(&open(1 << 41, NOW + 30), NOW + 11), "the old ones have gone");
        assert_eq!(answered.known.len(), 1);
    }
}
