//! `key`: fingerprints, rotation and pruning of the center's keys. No key is ever printed.

use super::{
    args::{Global, KeyAction},
    author, open, out,
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    vault,
};
use anyhow::{Context, bail};
use std::{process::ExitCode, time::Duration};

/// A server looks at the key file every two seconds. A key is dropped only when it is certain that each
/// has seen the newer one.
const SETTLE: Duration = Duration::from_secs(60);

/// Does what was asked.
pub fn key(global: &Global, action: &KeyAction) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    match action {
        KeyAction::Show => show(&app)?,
        KeyAction::Rotate => rotate(&app, &Actor::command(&author(global)))?,
        KeyAction::Prune => prune(&app, &Actor::command(&author(global)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(app: &App) -> anyhow::Result<()> {
    let keys = app.vault();
    out::line(format!("key file  {}", app.config().key_file.display()))?;
    out::line(format!("root      {}", vault::show_id(&keys.root_id())))?;
    let ids = keys.sealing_ids();
    for (index, id) in ids.iter().enumerate() {
        let state = if index + 1 == ids.len() { "in use" } else { "older" };
        out::line(format!("sealing   {} {state}", vault::show_id(id)))?;
    }
    let old = vault::count_under_old_keys(app.db(), keys, vault::SEALED)?;
    out::line(format!("{old} stored values are sealed under older keys"))
}

fn rotate(app: &App, by: &Actor) -> anyhow::Result<()> {
    let id = app.vault().rotate()?;
    out::line(format!("new sealing key {}", vault::show_id(&id)))?;
    app.audit().record_now(&Entry::new(by.clone(), Action::KeyRotated).on("key", vault::show_id(&id)))?;
    let done = vault::reseal(app.db(), app.vault(), vault::SEALED)?;
    out::line(format!("{} stored values were sealed anew", done.moved))?;
    if done.unreadable > 0 {
        bail!("{} stored values do not open under any key in the file; see the log", done.unreadable);
    }
    out::line("Copy the key file to your safe place and to every replica, then: pendopo key prune")
}

fn prune(app: &App, by: &Actor) -> anyhow::Result<()> {
    if app.vault().sealing_ids().len() < 2 {
        return out::line("There is one sealing key; nothing to drop.");
    }
    let old = vault::count_under_old_keys(app.db(), app.vault(), vault::SEALED)?;
    if old > 0 {
        bail!(
            "{old} stored values are still sealed under older keys; wait for the server, or: pendopo key rotate"
        );
    }
    let changed = std::fs::metadata(&app.config().key_file)?.modified()?;
    let changed = jiff::Timestamp::try_from(changed).context("the key file's time is out of range")?;
    let age = app.clock().now().duration_since(changed).unsigned_abs();
    if age < SETTLE {
        bail!(
            "the key file was changed {} seconds ago; a running server may still seal under the older key. \
             Try again in {} seconds",
            age.as_secs(),
            (SETTLE - age).as_secs() + 1
        );
    }
    let dropped = app.vault().drop_old_keys()?;
    let entry = Entry::new(by.clone(), Action::KeyRotated).on("key", "");
    app.audit().record_now(&entry.noting("removed", dropped))?;
    out::line(format!("{dropped} older sealing keys were dropped"))
}
