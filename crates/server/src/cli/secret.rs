//! `secret`: passwords and keys of agencies' services, sealed in the database. A value is read from the
//! terminal without showing it, or from standard input; never from the command line, where every user of the
//! machine could read it.

use super::{
    args::{Global, SecretAction},
    author, open, out,
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    jobs::fetcher::secrets::variable,
    vault,
};
use anyhow::{bail, ensure};
use std::{
    io::{IsTerminal, Read},
    process::ExitCode,
};
use zeroize::Zeroizing;

/// Longest value, bytes: a private key fits.
const LONGEST: u64 = 64 * 1024;

/// Does what was asked.
pub fn secret(global: &Global, action: &SecretAction) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    match action {
        SecretAction::Set { name } => set(&app, global, name)?,
        SecretAction::List => list(&app)?,
        SecretAction::Remove { name } => remove(&app, global, name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn set(app: &App, global: &Global, name: &str) -> anyhow::Result<()> {
    let name = variable(name);
    ensure!(!name.trim_matches('_').is_empty(), "a secret needs a name of letters and digits");
    let value = read_value(&name)?;
    ensure!(!value.is_empty(), "the value is empty; nothing was stored");
    let author = author(global);
    let entry = Entry::new(Actor::command(&author), Action::SettingsChanged).on("secret", &name);
    let now = app.clock().now().as_millisecond();
    app.db().write(|tx| {
        vault::set_secret(tx, app.vault(), &name, &value, author.as_str(), now)?;
        app.audit().record(tx, &entry)
    })?;
    out::note(format!("secret `{name}` is stored, sealed; it is used from the next run on"));
    Ok(())
}

fn list(app: &App) -> anyhow::Result<()> {
    let zone = app.identity().time_zone.clone();
    let rows = app.db().read(vault::list_secrets)?;
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| {
            let at = jiff::Timestamp::from_millisecond(row.set_at).map(|at| zone.to_datetime(at));
            let at = at.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
            vec![row.name, at, row.set_by]
        })
        .collect();
    let columns = ["name", "set at", "by"].map(str::to_owned);
    out::print(&out::table(&columns, &rows, &[false; 3]))
}

fn remove(app: &App, global: &Global, name: &str) -> anyhow::Result<()> {
    let name = variable(name);
    let entry = Entry::new(Actor::command(&author(global)), Action::SettingsChanged).on("secret", &name);
    let removed = app.db().write(|tx| {
        let removed = vault::remove_secret(tx, &name)?;
        if removed {
            app.audit().record(tx, &entry)?;
        }
        Ok(removed)
    })?;
    if !removed {
        bail!("no secret `{name}` is stored");
    }
    out::note(format!("secret `{name}` was removed"));
    Ok(())
}

/// One line from the terminal, unseen, or all of standard input but the line's end.
fn read_value(name: &str) -> anyhow::Result<Zeroizing<String>> {
    let stdin = std::io::stdin();
    let mut value = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        out::note(format!("value of `{name}` (it is not shown):"));
        let _unseen = Unseen::begin()?;
        stdin.read_line(&mut value)?;
    } else {
        stdin.lock().take(LONGEST + 1).read_to_string(&mut value)?;
        ensure!(value.len() as u64 <= LONGEST, "the value is longer than {LONGEST} bytes");
    }
    let kept = value.trim_end_matches(['\r', '\n']).len();
    value.truncate(kept);
    Ok(value)
}

/// While this lives the terminal does not show what is typed.
struct Unseen {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

impl Unseen {
    #[cfg(unix)]
    fn begin() -> anyhow::Result<Unseen> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(std::io::stdin(), OptionalActions::Now, &quiet)?;
        Ok(Unseen { before })
    }

    #[cfg(not(unix))]
    fn begin() -> anyhow::Result<Unseen> {
        bail!("this terminal cannot hide what is typed; give the value on standard input")
    }
}

#[cfg(unix)]
impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that is gone needs no mending.
        let _ =
            rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &self.before);
    }
}
