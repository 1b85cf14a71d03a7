//! Flows across features, through the real program, its real files and its real database.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it did"
)]

mod access;
mod api_flow;
mod audit_flow;
mod base_map;
mod boundaries_flow;
mod budget_flow;
mod cli_flow;
mod demo_flow;
mod disk_full;
mod formulas;
mod hardening;
mod kept;
mod kill;
mod live;
mod pack_flow;
mod page_flow;
mod passkeys;
mod personal_flow;
mod provider;
mod push_flow;
mod real_input;
mod secrets;
mod sso_flow;
mod support;
mod wall;
