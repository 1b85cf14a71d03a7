//! The budget of each agency and how much of it has been earned and spent, cumulative over the year.

use super::{Model, Month, share};
use jiff::{Timestamp, civil::DateTime};

/// An agency with its budget of the year, in rupiah.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyBudget {
    /// Code in the finance application.
    pub code: &'static str,
    /// Name as that application writes it.
    pub name: &'static str,
    /// Budgeted spending.
    pub spending_idr: i64,
    /// Budgeted own revenue (PAD).
    pub revenue_idr: i64,
}

/// A billion (miliar) rupiah.
const MILIAR: i64 = 1_000_000_000;

/// The agencies of the finance application.
pub const AGENCIES: [AgencyBudget; 10] = [
    agency("1.01.0.00.0.00.01", "DINAS PENDIDIKAN", 812, 1),
    agency("1.02.0.00.0.00.01", "DINAS KESEHATAN DAERAH", 318, 46),
    agency("1.02.0.00.0.00.02", "RSUD", 246, 188),
    agency("1.03.0.00.0.00.01", "DINAS PEKERJAAN UMUM DAN PENATAAN RUANG", 402, 3),
    agency("1.05.0.00.0.00.02", "BADAN PENANGGULANGAN BENCANA DAERAH", 14, 0),
    agency("1.06.0.00.0.00.01", "DINAS SOSIAL P3A", 29, 0),
    agency("2.12.0.00.0.00.01", "DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL", 17, 0),
    agency("2.18.0.00.0.00.01", "DPMPTSP", 11, 5),
    agency("3.30.0.00.0.00.01", "DINAS PERDAGANGAN, KOPERASI DAN UKM", 38, 19),
    agency("5.02.0.00.0.00.01", "BADAN PENDAPATAN, PENGELOLAAN KEUANGAN DAN ASET", 465, 142),
];

const fn agency(code: &'static str, name: &'static str, spending: i64, revenue: i64) -> AgencyBudget {
    AgencyBudget { code, name, spending_idr: spending * MILIAR, revenue_idr: revenue * MILIAR }
}

/// What an agency has spent and earned since New Year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Realisation {
    /// Budgeted spending of the year, in rupiah.
    pub spending_budget_idr: i64,
    /// Spent since New Year, in rupiah.
    pub spent_idr: i64,
    /// Budgeted own revenue of the year, in rupiah.
    pub revenue_budget_idr: i64,
    /// Earned since New Year, in rupiah.
    pub earned_idr: i64,
}

impl Model {
    /// The realisation at the end of `month`, or up to now when the month is still running. Payments
    /// and receipts come in all day, so the running month grows by the minute.
    pub fn realisation(&self, agency: usize, month: Month, now: Timestamp) -> Realisation {
        let budget = AGENCIES[agency.min(AGENCIES.len() - 1)];
        let local = self.local(now);
        let part = if month == Month::of(local.date()) { part_of_month(local) } else { 1.0 };
        let year_part = (f64::from(month.number() - 1) + part) / 12.0;
        let (key, year) = (agency as i64, i64::from(month.year()));
        let growth = 1.0 + 0.05 * f64::from(month.year() - 2024);
        // Public works spends late: tenders and rain. This year everything runs a little behind.
        let lateness = if agency == 3 { 1.9 } else { 1.25 + 0.1 * self.noise.bell("lateness", key, year) };
        let level = if agency == 3 { 0.90 } else { 0.955 + 0.012 * self.noise.bell("level", key, year) };
        let spent = share(level * year_part.powf(lateness));
        let earned = (0.97 + 0.05 * self.noise.bell("earned", key, year)) * year_part.powf(1.04);
        let scaled = |amount: i64| (amount as f64 * growth / 1e6).round() * 1e6;
        let (spending, revenue) = (scaled(budget.spending_idr), scaled(budget.revenue_idr));
        Realisation {
            spending_budget_idr: spending as i64,
            spent_idr: (spending * spent).round() as i64,
            revenue_budget_idr: revenue as i64,
            earned_idr: (revenue * earned).round() as i64,
        }
    }
}

fn part_of_month(local: DateTime) -> f64 {
    let minutes =
        (i32::from(local.day()) - 1) * 1440 + i32::from(local.hour()) * 60 + i32::from(local.minute());
    f64::from(minutes) / f64::from(i32::from(local.days_in_month()) * 1440)
}
