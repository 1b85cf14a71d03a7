//! PostgreSQL, version 15 or later, from `/usr/lib/postgresql/*/bin`.

use crate::server::{as_account, folder, fresh_folder, launch, locked, run, stop, unique_name, wait_until};
use ::postgres::{Client, NoTls};
use std::{
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
};

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
    init(&bin, &data)?;
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

/// An empty cluster of databases that lets everybody in.
fn init(bin: &Path, data: &Path) -> io::Result<()> {
    fresh_folder(data, "postgres")?;
    let mut initdb = as_account("postgres", &bin.join("initdb"))?;
    initdb.current_dir("/").args([
        "--username=pendopo",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    run(initdb.arg("--pgdata").arg(data))
}

/// A server of one's own that listens on TCP at `127.0.0.1` and speaks TLS; ended with this value.
#[derive(Debug)]
pub struct TlsPostgres {
    folder: PathBuf,
    /// Where it listens.
    pub port: u16,
}

/// Starts a server with a certificate and its key, both PEM. Panics, in words, when it does not start.
pub fn postgres_with_tls(certificate: &str, key: &str) -> TlsPostgres {
    start_with_tls(certificate, key).unwrap_or_else(|error| {
        panic!("PostgreSQL is needed for this test (apt-get install postgresql): {error}")
    })
}

fn start_with_tls(certificate: &str, key: &str) -> io::Result<TlsPostgres> {
    let folder = std::env::temp_dir().join(format!("pendopo-{}", unique_name()));
    let (data, log) = (folder.join("data"), folder.join("log"));
    let bin = binaries()?;
    locked(&folder, || init(&bin, &data))?;
    // Written through the server's own account, which must be the owner of its key and the only reader.
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let given = folder.join(name);
        fs::write(&given, text)?;
        let mut install = as_account("postgres", Path::new("install"))?;
        run(install.args(["-m", "600"]).arg(&given).arg(data.join(name)))?;
    }
    // A setting of the command line could not be changed while it runs.
    let mut settings = as_account("postgres", Path::new("sh"))?;
    run(settings.args(["-c", "echo 'ssl = on' >> \"$0\""]).arg(data.join("postgresql.auto.conf")))?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = as_account("postgres", &bin.join("postgres"))?;
    server.current_dir("/").arg("-D").arg(&data).arg("-k").arg(&data);
    for setting in [&format!("port={port}"), "listen_addresses=127.0.0.1", "fsync=off"] {
        server.args(["-c", setting]);
    }
    launch(&mut server, &log)?;
    let started = TlsPostgres { folder, port };
    wait_until(&log, || started.admin().is_ok())?;
    Ok(started)
}

impl TlsPostgres {
    /// `postgres://...` over TCP to the host as named, with parameters such as `sslmode=verify-full`.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://pendopo@{host}:{}/postgres?{parameters}", self.port)
    }

    /// A connection over the Unix socket.
    fn admin(&self) -> Result<Client, ::postgres::Error> {
        let socket = self.folder.join("data").display().to_string().replace('/', "%2F");
        Client::connect(&format!("postgres://pendopo@{socket}:{}/postgres", self.port), NoTls)
    }

    /// Has the server speak plain text from now on.
    pub fn turn_tls_off(&self) {
        let mut admin = self.admin().unwrap_or_else(|error| panic!("{error}"));
        for statement in ["alter system set ssl = off", "select pg_reload_conf()"] {
            admin.batch_execute(statement).unwrap_or_else(|error| panic!("{error}"));
        }
        let off = || {
            let row = self.admin().and_then(|mut admin| admin.query_one("show ssl", &[]));
            row.is_ok_and(|row| row.get::<_, String>(0) == "off")
        };
        wait_until(&self.folder.join("log"), off).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Whether whoever is connected under `application_name` now speaks TLS, by connection.
    pub fn who_speaks_tls(&self, application_name: &str) -> Vec<bool> {
        let query = "select s.ssl from pg_stat_ssl s join pg_stat_activity a on a.pid = s.pid
            where a.application_name = $1";
        let mut admin = self.admin().unwrap_or_else(|error| panic!("{error}"));
        let rows = admin.query(query, &[&application_name]).unwrap_or_else(|error| panic!("{error}"));
        rows.iter().map(|row| row.get(0)).collect()
    }
}

impl Drop for TlsPostgres {
    fn drop(&mut self) {
        // A server left behind must not hide a test's panic.
        let _ended = stop(&self.folder.join("data/postmaster.pid"), "-INT");
        let _removed = fs::remove_dir_all(&self.folder);
    }
}
