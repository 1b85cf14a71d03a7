//! `check`, `apply`, `export` and `schema`: place packs from the command line.

use super::{args::Global, author, open, out};
use crate::{
    app::App,
    packs::{
        check::{Pack, check_pack, warnings},
        folder::{FileKind, PackTexts, read_folder, write_folder},
        plan::{Change, How},
        store::{self, Application, Applied},
        validate::json_schema,
    },
};
use anyhow::{Context, bail};
use pendopo_vocab::Counts;
use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
    process::ExitCode,
};

/// How `apply` goes about it.
pub struct ApplyOptions {
    /// Show the plan and change nothing.
    pub dry_run: bool,
    /// Why, for the record.
    pub reason: String,
    /// Apply without asking.
    pub yes: bool,
}

/// Prints every mistake of a pack. Exit code 1 when there are any.
pub fn check(folder: &Path) -> anyhow::Result<ExitCode> {
    let texts = read_folder(folder)?;
    let Some(pack) = checked(folder, &texts)? else { return Ok(ExitCode::FAILURE) };
    for warning in warnings(&pack) {
        out::line(format!("{}/{}: warning: {}", folder.display(), warning.file, warning.what))?;
        out::line(format!("    {}", warning.suggestion))?;
    }
    let cases: usize = pack.indicators.iter().map(|indicator| indicator.item.case.len()).sum();
    out::line(format!(
        "{}: {} agencies, {} sources, {} indicators with {} worked examples, {} targets, {} boards, {} walls: no mistakes",
        folder.display(),
        pack.agencies.len(),
        pack.sources.len(),
        pack.indicators.len(),
        cases,
        pack.targets.len(),
        pack.boards.len(),
        pack.walls.len(),
    ))?;
    let guessed: Vec<String> = pack
        .indicators
        .iter()
        .filter(|placed| placed.item.counts.is_none() && placed.item.counted() != Counts::Nothing)
        .map(|placed| format!("{} ({})", placed.item.code, placed.item.unit))
        .collect();
    if !guessed.is_empty() {
        out::line(format!(
            "Guessed from the unit that these count people, so that figures below 5 are not shown to the public: {}. \
             Say so with `counts = \"people\"`, or `health`, `children`, `nothing`.",
            guessed.join(", ")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The pack when it is without mistakes; otherwise prints them.
fn checked(folder: &Path, texts: &PackTexts) -> anyhow::Result<Option<Pack>> {
    match check_pack(texts) {
        Ok(pack) => Ok(Some(pack)),
        Err(problems) => {
            for problem in &problems {
                out::line(format!(
                    "{}/{}:{}: {}",
                    folder.display(),
                    problem.file,
                    problem.line,
                    problem.what
                ))?;
                out::line(format!("    {}", problem.suggestion))?;
            }
            let noun = if problems.len() == 1 { "mistake" } else { "mistakes" };
            out::note(format!("{} {noun} in {}", problems.len(), folder.display()));
            Ok(None)
        }
    }
}

/// Shows the plan, asks, applies.
pub fn apply(global: &Global, folder: &Path, options: &ApplyOptions) -> anyhow::Result<ExitCode> {
    let texts = read_folder(folder)?;
    let Some(pack) = checked(folder, &texts)? else { return Ok(ExitCode::FAILURE) };
    let app = open(global)?;
    let by = application(&app, global, &options.reason);
    let rehearsed = store::rehearse(app.db(), &pack, &texts, &by)?;
    out::print(&plan_text(&rehearsed))?;
    if options.dry_run {
        out::line("Nothing was changed (--dry-run).")?;
        return Ok(ExitCode::SUCCESS);
    }
    if rehearsed.changes.is_empty() && app.db().read(store::read_texts)? == texts {
        return Ok(ExitCode::SUCCESS);
    }
    if !options.yes && !confirmed()? {
        out::line("Nothing was changed.")?;
        return Ok(ExitCode::FAILURE);
    }
    store::apply(app.db(), app.audit(), &pack, &texts, &by)?;
    out::line(format!("Applied as {}.", by.author.as_str()))?;
    Ok(ExitCode::SUCCESS)
}

/// Who applies a pack now.
pub fn application(app: &App, global: &Global, reason: &str) -> Application {
    Application {
        author: author(global),
        reason: reason.to_owned(),
        at_ms: app.clock().now().as_millisecond(),
    }
}

fn confirmed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("nobody is here to say yes; add --yes");
    }
    out::print("Apply this plan? [y/N] ")?;
    io::Write::flush(&mut io::stdout())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "ya"))
}

/// The plan as a person reads it.
fn plan_text(applied: &Applied) -> String {
    let mut text = String::new();
    if applied.changes.is_empty() {
        text.push_str("No definition changes.\n");
    }
    for Change { thing, code, how } in &applied.changes {
        match how {
            How::Added => text.push_str(&format!("+ {thing} {code}\n")),
            How::Removed => text.push_str(&format!("- {thing} {code}\n")),
            How::Changed(keys) => {
                text.push_str(&format!("~ {thing} {code}\n"));
                for (key, before, after) in keys {
                    text.push_str(&format!("    {key}: {before} → {after}\n"));
                }
            }
        }
    }
    let count =
        |wanted: fn(&How) -> bool| applied.changes.iter().filter(|change| wanted(&change.how)).count();
    text.push_str(&format!(
        "{} added, {} changed, {} removed.\n",
        count(|how| matches!(how, How::Added)),
        count(|how| matches!(how, How::Changed(_))),
        count(|how| matches!(how, How::Removed)),
    ));
    let effect = &applied.effect;
    text.push_str(&format!(
        "Existing figures: {} values and {} verdicts against targets would differ; {} figures stay on record without a definition.\n",
        effect.values_changed, effect.statuses_changed, applied.orphaned_observations,
    ));
    text
}

/// Writes the definitions as a pack, byte for byte as they were applied.
pub fn export(global: &Global, folder: &Path) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    let texts = app.db().read(store::read_texts)?;
    if texts.is_empty() {
        bail!("no pack was applied to this center yet; apply one with `pendopo apply PACK`");
    }
    write_folder(folder, &texts)?;
    out::line(format!("{} files written to {}", texts.len(), folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The schemas of a pack's files, by file name.
pub const SCHEMAS: [(&str, FileKind); 7] = [
    ("pack.schema.json", FileKind::Pack),
    ("agencies.schema.json", FileKind::Agencies),
    ("source.schema.json", FileKind::Source),
    ("indicators.schema.json", FileKind::Indicators),
    ("targets.schema.json", FileKind::Targets),
    ("board.schema.json", FileKind::Board),
    ("wall.schema.json", FileKind::Wall),
];

/// Writes the JSON Schemas of a pack's files.
pub fn write_schemas(folder: &Path) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, kind) in SCHEMAS {
        let text = format!("{}\n", serde_json::to_string_pretty(&json_schema(kind))?);
        std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    out::line(format!("{} schemas written to {}", SCHEMAS.len(), folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
