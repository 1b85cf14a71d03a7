//! Hospital beds, counted every minute.

use super::Model;
use jiff::{Timestamp, civil::DateTime};

/// A hospital and class of beds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ward {
    /// Code of the hospital in the application.
    pub hospital_code: &'static str,
    /// Name of the hospital.
    pub hospital: &'static str,
    /// Class: `VIP`, `I`, `II`, `III`, `ICU`.
    pub class: &'static str,
    /// Beds.
    pub beds: i64,
}

/// The wards of the regency's hospitals; the last two hospitals are invented.
pub const WARDS: [Ward; 12] = [
    ward("3316011", "RSUD Blora", "VIP", 14),
    ward("3316011", "RSUD Blora", "I", 32),
    ward("3316011", "RSUD Blora", "II", 48),
    ward("3316011", "RSUD Blora", "III", 96),
    ward("3316011", "RSUD Blora", "ICU", 10),
    ward("3316022", "RSUD Cepu", "I", 24),
    ward("3316022", "RSUD Cepu", "II", 40),
    ward("3316022", "RSUD Cepu", "III", 84),
    ward("3316022", "RSUD Cepu", "ICU", 8),
    ward("3316033", "RS Contoh Sehat", "II", 30),
    ward("3316033", "RS Contoh Sehat", "III", 52),
    ward("3316044", "RS Contoh Mustika", "III", 46),
];

const fn ward(hospital_code: &'static str, hospital: &'static str, class: &'static str, beds: i64) -> Ward {
    Ward { hospital_code, hospital, class, beds }
}

impl Model {
    /// Beds of a ward (index of [`WARDS`]) taken at a local time: fuller in the rains (dengue) and by
    /// day, with patients coming and going by the minute.
    pub fn beds_taken(&self, ward: usize, at: DateTime) -> i64 {
        let Some(here) = WARDS.get(ward) else { return 0 };
        let key = ward as i64;
        let minutes = minutes_since_epoch(at);
        let season = 0.09 * super::prices::rain(at.date());
        let hour = f64::from(at.hour()) + f64::from(at.minute()) / 60.0;
        let daily = 0.03 * ((hour - 15.0) / 24.0 * std::f64::consts::TAU).cos();
        let slow = 0.06 * self.noise.wander("beds", key, minutes / 2880.0);
        let quick = 0.03 * self.noise.wander("beds-minute", key, minutes / 3.0);
        let full = 0.76 + season + daily + slow + quick + 0.02 * self.noise.bell("ward", key, 0);
        (here.beds as f64 * full).round().clamp(0.0, here.beds as f64) as i64
    }
}

fn minutes_since_epoch(at: DateTime) -> f64 {
    at.duration_since(jiff::civil::datetime(2020, 1, 1, 0, 0, 0, 0)).as_secs() as f64 / 60.0
}

/// Minutes are whole, so this instant and the next minute give different answers and no finer ones.
pub fn whole_minute(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now)
}
