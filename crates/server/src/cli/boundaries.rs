//! `boundaries`: import boundaries from a file, list what there is, take an import back.

use super::{
    args::{BoundariesAction, Global, SlotArgs},
    author, open, out, progress,
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    boundaries::{
        Ready, Report, Slot, hint_for, prepare, prepare_points,
        store::{self, Stored},
    },
};
use anyhow::{Context, bail};
use pendopo_geography::{ImportOptions, JoinedBy, Limits};
use pendopo_vocab::region_tree::RegionTree;
use std::{path::Path, process::ExitCode, time::Instant};

/// Lines of a list that are printed.
const LINES: usize = 40;

/// Does what was asked.
pub fn boundaries(global: &Global, action: &BoundariesAction) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    match action {
        BoundariesAction::Import(_) => import(&app, global, action)?,
        BoundariesAction::List => list(&app)?,
        BoundariesAction::Undo(slot) => undo(&app, global, &slot_of(slot)?)?,
        BoundariesAction::Remove(slot) => remove(&app, global, &slot_of(slot)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn slot_of(slot: &SlotArgs) -> anyhow::Result<Slot> {
    match (slot.level, &slot.points) {
        (Some(level), None) => Ok(Slot::Regions(level)),
        (None, Some(name)) => Ok(Slot::Points(name.clone())),
        _ => bail!("say which: --level or --points"),
    }
}

fn import(app: &App, global: &Global, action: &BoundariesAction) -> anyhow::Result<()> {
    let BoundariesAction::Import(wanted) = action else { return Ok(()) };
    let limits = Limits::default();
    let bytes = read_file(&wanted.file, limits.max_bytes)?;
    let started = Instant::now();
    let spinner = progress::spinner("finding regions, repairing and simplifying shapes");
    let (layer, name) = (wanted.layer.as_deref(), wanted.name.as_deref());
    let ready = match &wanted.slot.points {
        Some(points) => prepare_points(&bytes, points.trim(), layer, name),
        None => prepare(
            &bytes,
            &ImportOptions {
                level: wanted.slot.level.map(crate::boundaries::Level::region_level),
                within: app.identity().region,
                layer,
                code: wanted.code.as_deref(),
                system: wanted.codes.map(Into::into),
                name,
                parent: wanted.parent.as_deref(),
                limits,
            },
        ),
    };
    spinner.finish_and_clear();
    let ready = ready.map_err(|error| match hint_for(&error) {
        Some(hint) => anyhow::anyhow!("{error}; {hint}"),
        None => error,
    });
    let ready = ready.with_context(|| wanted.file.display().to_string())?;
    let took = started.elapsed();
    out::print(&report_text(&ready))?;
    if wanted.dry_run {
        return out::line("nothing was stored: this was a dry run");
    }
    let file_name = wanted.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let author = author(global);
    let entry = Entry::new(Actor::command(&author), Action::FileImported)
        .on("boundaries", &ready.slot)
        .noting("file", file_name.as_str())
        .noting("rows", ready.shapes);
    let now = app.clock().now().as_millisecond();
    let spinner = progress::spinner("storing");
    let stored = app.db().write(|tx| {
        let stored = store::put_set(tx, &ready, &file_name, &author, now)?;
        if let Stored::New(_) = stored {
            app.audit().record(tx, &entry)?;
        }
        Ok(stored)
    });
    spinner.finish_and_clear();
    let stored = stored?;
    let (places, bytes) = (ready.points, ready.data.len());
    match stored {
        Stored::Same(id) => out::line(format!("the same boundaries are in force already, as number {id}")),
        Stored::New(id) => out::line(format!(
            "stored as number {id}: {places} places in {bytes} bytes, made in {} ms; `pendopo boundaries undo` takes it back",
            took.as_millis()
        )),
    }
}

fn read_file(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if size > most {
        bail!(
            "{}: the file has {} MiB; at most {} are read. Simplify it first, or take one kabupaten of it",
            path.display(),
            size.div_ceil(1 << 20),
            most >> 20
        );
    }
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// What was found, for a person.
fn report_text(ready: &Ready) -> String {
    let Report { by, features, elsewhere, .. } = &ready.report;
    let mut lines = vec![match by {
        Some(JoinedBy::Code(column)) => format!(
            "{features} features; {} {} by the {} codes in `{}`",
            ready.shapes, ready.slot, column.system, column.property
        ),
        Some(JoinedBy::Name { property, parent }) => {
            let within = parent.as_ref().map_or_else(String::new, |parent| format!(" within `{parent}`"));
            format!(
                "{features} features; {} {} by the names in `{property}`{within}",
                ready.shapes, ready.slot
            )
        }
        None => format!("{} points", ready.shapes),
    }];
    if *elsewhere > 0 {
        lines.push(format!("{elsewhere} features lie outside the center's region and were left out"));
    }
    lines.extend(ready.report.findings.iter().take(LINES).map(|finding| format!("note: {finding}")));
    let report = &ready.report;
    if report.unmatched_count > 0 {
        lines.push(format!("not matched ({}):", report.unmatched_count));
        lines
            .extend(report.unmatched.iter().take(LINES).map(|one| format!("  {}: {}", one.feature, one.why)));
    }
    if report.missing_count > 0 {
        lines.push(format!("without a boundary ({}):", report.missing_count));
        let tree = RegionTree::embedded();
        lines.extend(report.missing.iter().take(LINES).map(|code| format!("  {}", tree.label(*code))));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn list(app: &App) -> anyhow::Result<()> {
    let zone = app.identity().time_zone.clone();
    let rows: Vec<Vec<String>> = app
        .db()
        .read(store::list_sets)?
        .into_iter()
        .map(|set| {
            let at = jiff::Timestamp::from_millisecond(set.imported_at).map(|at| zone.to_datetime(at));
            let at = at.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
            let state = match (&set.retired, set.in_force) {
                (Some((_, by)), _) => format!("taken back by {by}"),
                (None, true) => "in force".to_owned(),
                (None, false) => "before".to_owned(),
            };
            vec![
                set.id.to_string(),
                set.slot.map_or_else(String::new, |slot| slot.to_string()),
                state,
                set.shapes.to_string(),
                set.points.to_string(),
                set.bytes.to_string(),
                set.file_name,
                at,
                set.author,
            ]
        })
        .collect();
    let columns = ["number", "of", "state", "shapes", "places", "bytes", "file", "imported at", "by"];
    let numeric = [true, false, false, true, true, true, false, false, false];
    out::print(&out::table(&columns.map(str::to_owned), &rows, &numeric))
}

fn undo(app: &App, global: &Global, slot: &Slot) -> anyhow::Result<()> {
    let author = author(global);
    let entry = |set: &store::StoredSet| {
        Entry::new(Actor::command(&author), Action::SettingsChanged)
            .on("boundaries", slot)
            .noting("what", "undo")
            .noting("file", set.file_name.as_str())
    };
    let now = app.clock().now().as_millisecond();
    let (undone, now_in_force) = app.db().write(|tx| {
        let undone = store::undo(tx, slot, &author, now)?;
        if let Some(set) = &undone {
            app.audit().record(tx, &entry(set))?;
        }
        Ok((undone, store::find_set(tx, slot)?))
    })?;
    let Some(undone) = undone else { bail!("no boundaries of {slot} are in force") };
    let after = now_in_force.map_or_else(
        || "none are in force now".to_owned(),
        |set| format!("number {} ({}) is in force again", set.id, set.file_name),
    );
    out::line(format!("number {} ({}) was taken back; {after}", undone.id, undone.file_name))
}

fn remove(app: &App, global: &Global, slot: &Slot) -> anyhow::Result<()> {
    let author = author(global);
    let entry = Entry::new(Actor::command(&author), Action::SettingsChanged)
        .on("boundaries", slot)
        .noting("what", "remove");
    let now = app.clock().now().as_millisecond();
    let removed = app.db().write(|tx| {
        let removed = store::remove(tx, slot, &author, now)?;
        if removed > 0 {
            app.audit().record(tx, &entry)?;
        }
        Ok(removed)
    })?;
    if removed == 0 {
        bail!("no boundaries of {slot} are in force");
    }
    out::line(format!("boundaries of {slot} are no longer used; {removed} imports were taken back"))
}
