//! `support-bundle`: what somebody who helps needs to know, in one file that can be sent: versions, settings
//! without secrets, what `doctor` finds, the schema, counts, and the last lines of a log. No figures, no
//! personal data, no secrets.

use super::{args::Global, doctor::examine, load_config, open_app, out};
use crate::{app::App, jobs::fetcher::secrets::Secrets, redact, vault};
use anyhow::Context;
use pendopo_figures::{DbError, Engine, Reader};
use std::{
    collections::VecDeque,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::ExitCode,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Lines of the log that are taken along.
const LOG_LINES: usize = 2_000;

/// Writes the bundle.
pub fn bundle(global: &Global, file: &Path, log: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut config = load_config(global)?;
    config.runs.scheduled = false;
    let (findings, _) = examine(global)?;
    let app = open_app(config)?;
    let stored = vault::open_secrets(app.db(), app.vault())?;
    let secrets = Secrets::load(stored, &app.config().secrets_file, std::env::vars())?;
    let mut parts = vec![
        ("versions.txt", versions(&app)),
        ("doctor.txt", findings.join("\n")),
        ("database.txt", app.db().read(describe)?),
    ];
    if let Some(log) = log {
        parts.push(("log.txt", last_lines(log)?));
    }
    let made = create_private(file).with_context(|| format!("cannot make {}", file.display()))?;
    let mut zip = ZipWriter::new(made);
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(secrets.redact(&text).as_bytes())?;
    }
    zip.finish()?.sync_all()?;
    out::note(format!(
        "{} is written. Look into it before you send it: names of sources and folders are in it",
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn create_private(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn versions(app: &App) -> String {
    format!(
        "pendopo {}\n{} {}\ndatabase {:?}\nplace pack {}\ntime {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        app.db().engine(),
        app.identity().code,
        app.clock().now()
    )
}

/// Steps of the schema and rows of each table: numbers alone.
fn describe(reader: &mut Reader<'_>) -> Result<String, DbError> {
    let tables = match reader.engine() {
        Engine::Sqlite => {
            "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by 1"
        }
        Engine::Postgres => "select tablename::text from pg_tables where schemaname = 'public' order by 1",
    };
    let steps =
        reader.query("select migration_set, number from schema_migration order by 1, 2", &[], |row| {
            Ok((row.get::<String>(0)?, row.get::<i64>(1)?))
        })?;
    let mut text = String::new();
    for (set, number) in steps {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "step {set} {number}");
    }
    for table in reader.query(tables, &[], |row| row.get::<String>(0))? {
        let rows: i64 = reader.query_one(&format!("select count(*) from {table}"), &[], |row| row.get(0))?;
        let _ = writeln!(text, "table {table} {rows} rows");
    }
    Ok(text)
}

fn last_lines(log: &Path) -> anyhow::Result<String> {
    let file = File::open(log).with_context(|| format!("cannot open {}", log.display()))?;
    let mut lines = VecDeque::with_capacity(LOG_LINES);
    for line in BufReader::new(file).split(b'\n') {
        if lines.len() == LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(redact::mask(&String::from_utf8_lossy(&line?)).into_owned());
    }
    Ok(Vec::from(lines).join("\n"))
}
