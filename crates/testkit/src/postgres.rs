//! PostgreSQL, version 15 or later, from `/usr/lib/postgresql/*/bin`.

use crate::server::{as_account, folder, fresh_folder, launch, locked, run, unique_name, wait_until};
use ::postgres::{Client, NoTls};
use std::{fs, io, path::PathBuf};

/// A database of one's own on the shared server; dropped with this value.
#[derive(Debug)]
pub struct Postgres {
    name: String,
    /// `postgres://...`, for any client.
    pub url: String,
}

/// A fresh, empty database. Panics, in words, when there is no server to start: a test must not pass
/// without it.
pub fn postgres() -> Postgres {
    create().unwrap_or_else(|error| {
        panic!("PostgreSQL is needed for this test (apt-get install postgresql): {error}")
    })
}

fn create() -> io::Result<Postgres> {
    let folder = folder("postgresql");
    locked(&folder, ensure_running)?;
    let name = unique_name();
    let mut admin = Client::connect(&url("postgres"), NoTls).map_err(io::Error::other)?;
    admin.batch_execute(&format!("create database {name}")).map_err(io::Error::other)?;
    let url = url(&name);
    Ok(Postgres { name, url })
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(mut admin) = Client::connect(&url("postgres"), NoTls) {
            // A database left behind goes with the server; a failing drop must not hide a test's panic.
            let _dropped =
                admin.batch_execute(&format!("drop database if exists {} with (force)", self.name));
        }
    }
}

fn url(database: &str) -> String {
    let socket = folder("postgresql").join("data").display().to_string().replace('/', "%2F");
    format!("postgres://pendopo@{socket}/{database}")
}

fn binaries() -> io::Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")?
        .filter_map(|entry| entry.ok().map(|entry| entry.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| io::Error::other("no initdb in /usr/lib/postgresql/*/bin"))
}

/// Starts the server unless it answers. Called under the lock.
fn ensure_running() -> io::Result<()> {
    let answers = || Client::connect(&url("postgres"), NoTls).is_ok();
    if answers() {
        return Ok(());
    }
    let folder = folder("postgresql");
    let (data, log) = (folder.join("data"), folder.join("log"));
    let bin = binaries()?;
    fresh_folder(&data, "postgres")?;
    let mut initdb = as_account("postgres", &bin.join("initdb"))?;
    initdb.current_dir("/").args([
        "--username=pendopo",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    run(initdb.arg("--pgdata").arg(&data))?;
    let mut server = as_account("postgres", &bin.join("postgres"))?;
    server.current_dir("/").arg("-D").arg(&data).arg("-k").arg(&data);
    // Tests prove what SQL does, not what the disk does: no waiting for it.
    for setting in [
        "listen_addresses=",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=64MB",
    ] {
        server.args(["-c", setting]);
    }
    launch(&mut server, &log)?;
    wait_until(&log, answers)
}
