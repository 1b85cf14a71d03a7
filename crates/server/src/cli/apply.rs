//! `check`, `apply`, `export` and `schema`: place packs from the command line.

use super::{args::Global, author, open, out, progress};
use crate::{
    app::App,
    packs::{
        check::{Pack, check_pack, warnings},
        effect::Effect,
        folder::{FileKind, PackTexts, read_folder, write_folder},
        plan::{Change, How},
        store::{self, Application, Applied},
        validate::json_schema,
    },
};
use anyhow::{Context, bail};
use pendopo_vocab::{Counts, Lang, Period, RegionCode, format_number, region_tree::RegionTree};
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
    pub reason: Option<String>,
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
    let reason = options.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let same = app.db().read(store::read_texts)? == texts;
    if !options.dry_run && !same {
        answerable(options.yes, reason.is_some(), io::stdin().is_terminal())?;
    }
    let by = application(&app, global, reason.unwrap_or_default());
    let bar = progress::bar("effect on figures");
    let rehearsed = store::rehearse(app.db(), &pack, &texts, &by, &mut progress::telling(&bar));
    bar.finish_and_clear();
    let rehearsed = rehearsed?;
    out::print(&plan_text(&rehearsed))?;
    if options.dry_run {
        out::line("Nothing was changed (--dry-run).")?;
        return Ok(ExitCode::SUCCESS);
    }
    if same {
        return Ok(ExitCode::SUCCESS);
    }
    let consent = if options.yes { Some(by.reason.clone()) } else { asked(&by.reason)? };
    let Some(reason) = consent else {
        out::line("Nothing was changed.")?;
        return Ok(ExitCode::FAILURE);
    };
    let by = application(&app, global, &reason);
    let bar = progress::bar("applying");
    let tell = &mut progress::telling(&bar);
    let applied = store::apply_telling(app.db(), app.audit(), (&pack, &texts), &by, tell);
    bar.finish_and_clear();
    applied?;
    out::line(format!("Applied as {}: {reason}", by.author.as_str()))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether consent and reason are there or somebody is here to be asked for them: before long work is done in
/// vain. Why a pack was applied is kept with the change, and nobody can say it for whoever does it.
fn answerable(yes: bool, reason: bool, terminal: bool) -> anyhow::Result<()> {
    match (yes, reason, terminal) {
        (true, false, _) => bail!(
            "say why, for the record: --reason \"…\", such as the decree or who asked for it (--yes answers only the question whether)"
        ),
        (false, _, false) => bail!("nobody is here to say yes; add --yes and --reason \"…\", or --dry-run"),
        _ => Ok(()),
    }
}

/// Asks for consent, and for a reason where none was given; `None` when the answer is no.
fn asked(reason: &str) -> anyhow::Result<Option<String>> {
    if !matches!(answer("Apply this plan? [y/N] ")?.to_lowercase().as_str(), "y" | "yes" | "ya") {
        return Ok(None);
    }
    if !reason.is_empty() {
        return Ok(Some(reason.to_owned()));
    }
    let given = answer("Why? It is kept with the change, such as the decree or who asked for it: ")?;
    if given.is_empty() {
        out::note("without a reason nothing is applied");
    }
    Ok(Some(given).filter(|given| !given.is_empty()))
}

/// Who applies a pack now.
pub fn application(app: &App, global: &Global, reason: &str) -> Application {
    Application {
        author: author(global),
        reason: reason.to_owned(),
        at_ms: app.clock().now().as_millisecond(),
    }
}

fn answer(question: &str) -> anyhow::Result<String> {
    out::print(question)?;
    io::Write::flush(&mut io::stdout())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
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
    text.push_str(&effect_text(&applied.effect));
    if applied.orphaned_observations > 0 {
        text.push_str(&format!(
            "{} figures stay on record without a definition.\n",
            number(applied.orphaned_observations)
        ));
    }
    text
}

/// What becomes of figures on record, by indicator, with the largest changes and what to know before.
fn effect_text(effect: &Effect) -> String {
    if effect.indicators.is_empty() && effect.warnings.is_empty() {
        return "Existing figures: none would differ.\n".to_owned();
    }
    let mut text = format!(
        "Existing figures: {} roll-ups and computed values over all periods and {} newest verdicts against targets would differ.\n",
        number(effect.values_changed()),
        number(effect.verdicts_changed()),
    );
    for (code, one) in &effect.indicators {
        let count = |word: &str, count: i64| (count > 0).then(|| format!("{} {word}", number(count)));
        let counts = [
            count("change", one.changed),
            count("appear", one.appeared),
            count("go", one.gone),
            count("newest verdicts differ", one.verdicts),
        ];
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        let periods = match one.periods.map(|(first, last)| (period(first), period(last))) {
            Some((first, last)) if first != last => format!(" ({first} to {last})"),
            Some((first, _)) => format!(" ({first})"),
            None => String::new(),
        };
        text.push_str(&format!("    {code}: {}{periods}\n", counts.join(", ")));
    }
    let largest = effect.largest();
    if !largest.is_empty() {
        text.push_str("The largest changes:\n");
    }
    for (code, change) in largest {
        let value =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format_number(value, 2, Lang::En));
        let region = RegionCode::from_id(change.region_id);
        let region =
            region.map_or_else(String::new, |region| RegionTree::embedded().label(region).to_string());
        let (at, part) = (period(change.period), if change.breakdown_id == 0 { "" } else { " (a part)" });
        let (before, after) = (value(change.before), value(change.after));
        text.push_str(&format!("    {code}, {at}{part}, {region}: {before} → {after}\n"));
    }
    for warning in &effect.warnings {
        text.push_str(&format!("Warning: {}.\n", warning.sentence()));
    }
    text
}

fn number(count: i64) -> String {
    format_number(count as f64, 0, Lang::En)
}

fn period(id: i32) -> String {
    Period::from_id(id).map_or_else(|| id.to_string(), |period| period.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_applied_without_consent_and_a_reason() {
        for (yes, reason, terminal, fine) in [
            (true, true, false, true),
            (true, false, false, false),
            // A terminal does not help who said that nothing shall be asked.
            (true, false, true, false),
            (false, false, true, true),
            (false, true, true, true),
            (false, true, false, false),
            (false, false, false, false),
        ] {
            let found = answerable(yes, reason, terminal);
            assert_eq!(found.is_ok(), fine, "{yes} {reason} {terminal}: {found:?}");
        }
        assert!(answerable(true, false, false).unwrap_err().to_string().contains("--reason"));
    }
}
