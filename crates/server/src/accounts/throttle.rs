//! How many guesses are evaluated, so that nobody finds a password by trying.
//!
//! At most [`MOST_GUESSES`] wrong guesses per login in a quarter of an hour. A browser that has signed in
//! to the account before is counted by itself: a stranger who guesses cannot lock the person out, and
//! people behind one office address do not lock each other out (OWASP's device cookie). Counted in memory
//! and bounded: a restart forgets the counts, which an attacker cannot cause.

use jiff::Timestamp;
use std::collections::HashMap;

/// Wrong guesses evaluated per login, or per known browser, in one window.
pub const MOST_GUESSES: u32 = 20;
/// Length of the window, seconds.
pub const WINDOW_SECS: i64 = 15 * 60;
/// Logins and browsers remembered at once; the oldest windows are dropped first.
const MOST_REMEMBERED: usize = 50_000;

/// Whose guesses are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Strangers who try this login.
    Login(String),
    /// One browser that signed in to its account before.
    Browser(String),
    /// Codes of screens that an account types.
    Pairing(i64),
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: i64,
    guesses: u32,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Throttle {
    windows: HashMap<Counted, Window>,
}

impl Throttle {
    /// Takes a guess into account before it is evaluated.
    ///
    /// # Errors
    /// With the seconds to wait when there were too many.
    pub fn admit(&mut self, counted: Counted, now: Timestamp) -> Result<(), i64> {
        let now = now.as_second();
        self.make_room(now);
        let window = self.windows.entry(counted).or_insert(Window { began: now, guesses: 0 });
        // A clock that jumped back starts a new window rather than an endless one.
        if now >= window.began + WINDOW_SECS || now < window.began {
            *window = Window { began: now, guesses: 0 };
        }
        if window.guesses >= MOST_GUESSES {
            return Err(window.began + WINDOW_SECS - now);
        }
        window.guesses += 1;
        Ok(())
    }

    /// A right guess does not count.
    pub fn forgive(&mut self, counted: &Counted) {
        if let Some(window) = self.windows.get_mut(counted) {
            window.guesses = window.guesses.saturating_sub(1);
        }
    }

    fn make_room(&mut self, now: i64) {
        if self.windows.len() < MOST_REMEMBERED {
            return;
        }
        self.windows.retain(|_, window| now < window.began + WINDOW_SECS);
        if self.windows.len() >= MOST_REMEMBERED {
            // All are recent: keep those that matter, the ones with most guesses.
            let mut guesses: Vec<u32> = self.windows.values().map(|window| window.guesses).collect();
            guesses.sort_unstable();
            let middle = guesses.get(guesses.len() / 2).copied().unwrap_or(0);
            let mut surplus = self.windows.len() / 2;
            self.windows.retain(|_, window| {
                let drop = surplus > 0 && window.guesses <= middle;
                surplus -= usize::from(drop);
                !drop
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn twenty_of_ten_thousand_guesses_are_evaluated() {
        let mut throttle = Throttle::default();
        let stranger = Counted::Login("sekda".to_owned());
        let evaluated = (0..10_000)
            .filter(|n| throttle.admit(stranger.clone(), at(n * WINDOW_SECS / 10_000)).is_ok())
            .count();
        assert_eq!(evaluated, 20);
        let known = Counted::Browser("b".to_owned());
        assert!(throttle.admit(known, at(WINDOW_SECS - 1)).is_ok(), "the person is not locked out");
        assert_eq!(throttle.admit(stranger.clone(), at(WINDOW_SECS - 1)), Err(1));
        assert!(throttle.admit(stranger, at(WINDOW_SECS)).is_ok(), "a new window");
    }

    #[test]
    fn right_guesses_do_not_count() {
        let mut throttle = Throttle::default();
        let login = Counted::Login("a".to_owned());
        for _ in 0..100 {
            throttle.admit(login.clone(), at(0)).unwrap();
            throttle.forgive(&login);
        }
    }

    #[test]
    fn memory_is_bounded_and_the_guessed_logins_stay_known() {
        let mut throttle = Throttle::default();
        let target = Counted::Login("sekda".to_owned());
        for _ in 0..MOST_GUESSES {
            throttle.admit(target.clone(), at(0)).unwrap();
        }
        for n in 0..200_000 {
            throttle.admit(Counted::Login(format!("x{n}")), at(1)).unwrap();
        }
        assert!(throttle.windows.len() <= MOST_REMEMBERED);
        assert!(throttle.admit(target, at(2)).is_err());
    }
}
