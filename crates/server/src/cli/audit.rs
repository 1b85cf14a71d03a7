//! `audit`: verification, export and anchoring of the audit log.

use super::{
    args::{AuditAction, Global},
    author, open, out,
};
use crate::{
    app::App,
    audit::{self, Action, Actor, Entry, Form, Reason, finding_sentence},
    web::Tr,
};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pendopo_vocab::Lang;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Does what was asked. Exit code 1 when the log is damaged.
pub fn audit(global: &Global, action: &AuditAction) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    match action {
        AuditAction::Verify { anchor } => verify(&app, anchor),
        AuditAction::Export { file } => export(&app, global, file),
        AuditAction::Anchor => anchor(&app),
    }
}

fn verify(app: &App, also: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new(audit::count_entries(app.db())?.unsigned_abs());
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    let verified = audit::verify(app.db(), app.audit(), also, &mut |number| {
        // Drawing costs more than hashing.
        if number % 4096 == 0 {
            bar.set_position(number.unsigned_abs());
        }
    });
    bar.finish_and_clear();
    let verified = verified?;
    let zone = &app.identity().time_zone;
    for finding in &verified.findings.first {
        let number = finding.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let code = finding.damage.code();
        out::line(format!("{number:>10}  {code:<17}  {}", finding_sentence(finding, Tr(Lang::En), zone)))?;
    }
    let (count, shown) = (verified.findings.count, verified.findings.first.len() as u64);
    if count > shown {
        out::line(format!("            and {} more", count - shown))?;
    }
    let number = verified.last.number;
    out::line(format!("{number} entries read, {} heads kept outside compared", verified.witnesses))?;
    if count > 0 {
        out::line(format!("The audit log is damaged: {count} findings."))?;
        return Ok(ExitCode::FAILURE);
    }
    out::line(format!("The audit log is whole up to number {number}: {}", verified.last.hash))?;
    if verified.witnesses == 0 && number > 0 {
        out::note(
            "No head is kept outside the database yet, so a cut-off end would not be missed: pendopo audit anchor",
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn export(app: &App, global: &Global, path: &Path) -> anyhow::Result<ExitCode> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    let zone = app.identity().time_zone.clone();
    let filter = audit::store::Filter::default();
    let count =
        app.db().read(|reader| audit::write_entries(reader, &filter, Form::JsonLines, &zone, &mut file))?;
    file.sync_all()?;
    let entry = Entry::new(Actor::command(&author(global)), Action::AuditExported).on("audit", "jsonl");
    app.audit().record_now(&entry.noting("entries", count))?;
    out::line(format!("{count} entries written to {}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn anchor(app: &App) -> anyhow::Result<ExitCode> {
    match app.audit().anchor(Reason::Hand)? {
        Some(head) => out::line(format!("{} {}", head.number, head.hash))?,
        None => out::line("The audit log has no entries yet.")?,
    }
    Ok(ExitCode::SUCCESS)
}
