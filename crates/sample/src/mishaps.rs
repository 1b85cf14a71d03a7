//! What goes wrong, and when. Services in the field are late, rename columns and send bad rows; the
//! health page of the center must have something to say. Nothing here is random per request: what is
//! wrong at an instant follows from the seed and from how long the services have been up.

use jiff::Timestamp;

/// The ten services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Stunting (database of a PHP application).
    Health,
    /// Population register (XLSX).
    Population,
    /// Social aid (CSV).
    SocialAid,
    /// Licences (Laravel JSON).
    Licences,
    /// Budget (database).
    Budget,
    /// Market prices (JSON with date-named columns).
    Prices,
    /// Disaster reports (JSON with a cursor).
    Disasters,
    /// Schools (CKAN).
    Schools,
    /// Roads (file drop).
    Roads,
    /// Hospital beds (JSON every minute).
    Beds,
}

/// Services that can be late: two answer 503, the third goes on showing old prices.
const LATE: [Service; 3] = [Service::Licences, Service::Prices, Service::Disasters];
/// Services that can rename a column.
const RENAMED: [Service; 3] = [Service::Health, Service::Schools, Service::SocialAid];
/// Services that can send bad rows.
const BAD_ROWS: [Service; 3] = [Service::SocialAid, Service::Disasters, Service::Roads];

/// One round of mishaps, in minutes; then the next services have their turn.
const ROUND: i64 = 40;

/// The schedule of mishaps.
#[derive(Debug, Clone, Copy)]
pub struct Mishaps {
    seed: u64,
    start: Timestamp,
    calm: bool,
}

impl Mishaps {
    /// The schedule for services that came up at `start`; `calm`: nothing goes wrong.
    pub fn new(seed: u64, start: Timestamp, calm: bool) -> Mishaps {
        Mishaps { seed, start, calm }
    }

    /// The service that is late: from the 2nd to the 16th minute of a round, so that a center that
    /// comes up together with the services has read everything once.
    pub fn late(&self, now: Timestamp) -> Option<Service> {
        self.turn(&LATE, 2..16, now)
    }

    /// The service that has renamed a column: from the 3rd to the 15th minute of a round.
    pub fn renamed(&self, now: Timestamp) -> Option<Service> {
        self.turn(&RENAMED, 3..15, now)
    }

    /// The service that sends bad rows: the first 30 minutes of a round.
    pub fn bad_rows(&self, now: Timestamp) -> Option<Service> {
        self.turn(&BAD_ROWS, 0..30, now)
    }

    /// Whose turn it is. The three lists are arranged so that no service is in the same place of two
    /// of them: none has two mishaps at once.
    fn turn(
        &self,
        services: &[Service; 3],
        minutes: std::ops::Range<i64>,
        now: Timestamp,
    ) -> Option<Service> {
        let minute = now.duration_since(self.start).as_mins();
        if self.calm || minute < 0 || !minutes.contains(&(minute % ROUND)) {
            return None;
        }
        let round = (minute / ROUND).cast_unsigned();
        let index = self.seed.wrapping_add(round) % 3;
        services.get(index as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn the_schedule_follows_seed_and_clock() {
        let start = Timestamp::from_second(1_790_000_000).unwrap();
        let at = |minutes: i64| start + SignedDuration::from_mins(minutes);
        for seed in 0..6 {
            let mishaps = Mishaps::new(seed, start, false);
            assert_eq!((mishaps.late(at(0)), mishaps.renamed(at(0))), (None, None));
            assert!(mishaps.bad_rows(at(0)).is_some(), "seen at once");
            for round in 0..6 {
                let now = at(round * ROUND + 5);
                let all = [mishaps.late(now), mishaps.renamed(now), mishaps.bad_rows(now)];
                assert!(all.iter().all(Option::is_some), "one of each: {all:?}");
                assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2], "{all:?}");
            }
            assert_eq!(mishaps.late(at(39)), None);
            assert_ne!(mishaps.late(at(5)), mishaps.late(at(45)), "another one's turn");
            assert_eq!(Mishaps::new(seed, start, true).bad_rows(at(5)), None);
        }
    }
}
