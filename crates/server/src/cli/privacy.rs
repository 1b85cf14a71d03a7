//! `privacy`: what is past its time, and what somebody asked to be forgotten.

use super::{
    args::{Global, PrivacyCommand},
    author, open, out,
};
use crate::{
    audit::Actor,
    privacy::jobs::{SHORTEST, forget, retain},
    sources::jobs::PSEUDONYM,
};
use anyhow::ensure;
use pendopo_connectors::personal::pseudonym;
use std::process::ExitCode;

/// Carries out one of the commands.
pub fn run(global: &Global, command: PrivacyCommand) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let actor = Actor::command(&author(global));
    match command {
        PrivacyCommand::Retain => {
            let erased = retain(&app, &actor)?;
            out::line(format!(
                "taken away past their time: {} answers, {} refused rows",
                erased.answers, erased.refused_rows
            ))?;
        }
        PrivacyCommand::Pseudonym { value } => {
            out::line(pseudonym(&value, &|data| app.vault().mac(PSEUDONYM, data)))?;
        }
        PrivacyCommand::Forget { value, dry_run, reason } => {
            ensure!(
                value.trim().chars().count() >= SHORTEST,
                "`{}` is too short: rows of other persons would be taken away, too",
                value.trim()
            );
            let reason = reason.unwrap_or_default();
            let found = forget(&app, &value, &actor, &reason, dry_run)?;
            let done = if dry_run { "would be taken away" } else { "taken away" };
            out::line(format!(
                "{done}: {} rows of kept answers, {} answers as a whole, {} refused rows",
                found.erased.raw_rows, found.erased.answers, found.erased.refused_rows
            ))?;
            if found.labels > 0 {
                out::line(format!(
                    "not taken away: {} names of breakdowns mention it; take the column out of the mapping",
                    found.labels
                ))?;
            }
            if found.unreadable > 0 {
                out::line(format!(
                    "{} answers of another version could not be looked through",
                    found.unreadable
                ))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
