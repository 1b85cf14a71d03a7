//! The commands, one call each.

mod account;
mod apply;
mod args;
mod audit;
mod boundaries;
mod bundle;
mod demo;
mod doctor;
mod key;
mod out;
mod privacy;
mod progress;
mod query;
mod read;
mod secret;
mod serve;

use crate::{
    app::App,
    config::{Config, Overrides},
    migrations::migrate,
    packs,
    vault::{self, Vault},
};
use anyhow::Context;
use args::{Cli, Command, Global};
use clap::{CommandFactory, Parser};
use pendopo_figures::Db;
use pendopo_vocab::{Author, Clock, SystemClock};
use std::{process::ExitCode, sync::Arc};

/// Runs the command line and gives the exit code: 0 done, 1 found something wrong, 2 could not.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            out::note(format!("pendopo: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let global = &cli.global;
    match cli.command {
        Command::Serve { listen, no_schedule } => serve::serve(global, listen, !no_schedule),
        Command::Demo(demo) => demo::demo(global, &demo),
        Command::Check { pack } => apply::check(&pack),
        Command::Apply { pack, dry_run, reason, yes } => {
            apply::apply(global, &pack, &apply::ApplyOptions { dry_run, reason, yes })
        }
        Command::Export { pack } => apply::export(global, &pack),
        Command::Schema { folder } => apply::write_schemas(&folder),
        Command::Run { source, dry_run, reason } => read::run(global, &source, dry_run, reason),
        Command::Retry { run, reason } => read::retry(global, run, reason),
        Command::Sources { format } => read::sources(global, format),
        Command::Query { sql, who, format } => query::query(global, &sql, who.as_deref(), format),
        Command::Import { file, source, dry_run, reason } => {
            read::import(global, &file, &source, dry_run, reason)
        }
        Command::Account { action } => account::account(global, &action),
        Command::Boundaries { action } => boundaries::boundaries(global, &action),
        Command::Audit { action } => audit::audit(global, &action),
        Command::Secret { action } => secret::secret(global, &action),
        Command::Key { action } => key::key(global, &action),
        Command::SupportBundle { file, log } => bundle::bundle(global, &file, log.as_deref()),
        Command::Privacy { command } => privacy::run(global, command),
        Command::Doctor => doctor::doctor(global),
        Command::Openapi => {
            out::line(crate::api::openapi_json()?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pendopo", &mut text);
            out::print(&String::from_utf8_lossy(&text))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text)?;
            out::print(&String::from_utf8_lossy(&text))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The settings after the flags that every command has.
fn load_config(global: &Global) -> anyhow::Result<Config> {
    Config::load(&Overrides {
        file: global.config.clone(),
        data_folder: global.data.clone(),
        database: global.database.clone(),
        listen: None,
    })
}

/// Opens the center: makes its folder when there is none, migrates, loads the regions once.
fn open_app(config: Config) -> anyhow::Result<App> {
    let folder = &config.data_folder;
    for needed in [folder, &config.files_folder] {
        std::fs::create_dir_all(needed)
            .with_context(|| format!("cannot make the folder {}", needed.display()))?;
    }
    let vault = Vault::from_file(&config.key_file)?;
    let db = Db::open(&config.database).with_context(|| format!("cannot open {}", config.database))?;
    migrate(&db)?;
    vault::bind(&db, &vault)?;
    let bar = progress::bar("regions");
    let loaded = packs::store::load_regions_telling(&db, &mut progress::telling(&bar));
    bar.finish_and_clear();
    loaded?;
    pendopo_figures::declare_counts(&db, SystemClock.now().as_millisecond())?;
    let identity = packs::store::read_identity(&db)?;
    Ok(App::new(config, db, Arc::new(SystemClock), identity, vault))
}

/// Opens the center with the flags that every command has.
fn open(global: &Global) -> anyhow::Result<App> {
    open_app(load_config(global)?)
}

/// Who is at the keyboard: the flag, else the login name.
fn author(global: &Global) -> Author {
    let login = || {
        std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).or_else(|_| std::env::var("LOGNAME"))
    };
    Author::named(&global.author.clone().or_else(|| login().ok()).unwrap_or_else(|| "cli".to_owned()))
}
