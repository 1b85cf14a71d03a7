//! MariaDB from the distribution's package, with its own data folder, socket, user and password.

use crate::server::{as_account, folder, fresh_folder, launch, locked, run, stop, unique_name, wait_until};
use mysql::{Conn, OptsBuilder, prelude::Queryable};
use std::{
    fs,
    io::{self, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The account tests use; it may do everything, on this server only.
const USER: &str = "pendopo";
/// Its password.
const PASSWORD: &str = "rahasia-uji";

/// A database of one's own on the shared server; dropped with this value.
#[derive(Debug)]
pub struct MariaDb {
    /// The database's name.
    pub database: String,
    /// Host of the TCP listener, always the loopback address.
    pub host: &'static str,
    /// Port of the TCP listener.
    pub port: u16,
    /// The Unix socket.
    pub socket: PathBuf,
    /// User.
    pub user: &'static str,
    /// Password.
    pub password: &'static str,
}

/// A fresh, empty database. Panics, in words, when there is no server to start: a test must not pass
/// without it.
pub fn mariadb() -> MariaDb {
    create().unwrap_or_else(|error| {
        panic!("MariaDB is needed for this test (apt-get install mariadb-server): {error}")
    })
}

impl MariaDb {
    /// `mysql://user:password@host:port/database`.
    pub fn url(&self) -> String {
        format!("mysql://{}:{}@{}:{}/{}", self.user, self.password, self.host, self.port, self.database)
    }

    /// Runs a script of SQL statements, to fill the database. Panics when one fails.
    pub fn execute_script(&self, sql: &str) {
        let filled = connect(Some(&self.database)).and_then(|mut conn| {
            let mut results = conn.query_iter(sql).map_err(io::Error::other)?;
            while let Some(result) = results.iter() {
                for row in result {
                    row.map_err(io::Error::other)?;
                }
            }
            Ok(())
        });
        if let Err(error) = filled {
            panic!("the script failed: {error}");
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if let Ok(mut admin) = connect(None) {
            // A database left behind goes with the server; a failing drop must not hide a test's panic.
            let _dropped = admin.query_drop(format!("drop database if exists {}", self.database));
        }
    }
}

fn create() -> io::Result<MariaDb> {
    locked(&folder("mariadb"), ensure_running)?;
    let database = unique_name();
    let mut admin = connect(None)?;
    admin
        .query_drop(format!("create database {database} character set utf8mb4"))
        .map_err(io::Error::other)?;
    let port: Option<u16> = admin.query_first("select @@port").map_err(io::Error::other)?;
    Ok(MariaDb {
        database,
        host: "127.0.0.1",
        port: port.unwrap_or_default(),
        socket: socket(),
        user: USER,
        password: PASSWORD,
    })
}

fn socket() -> PathBuf {
    folder("mariadb").join("data/s.sock")
}

fn connect(database: Option<&str>) -> io::Result<Conn> {
    let options = OptsBuilder::new()
        .socket(Some(socket().display().to_string()))
        .user(Some(USER))
        .pass(Some(PASSWORD))
        .db_name(database);
    Conn::new(options).map_err(io::Error::other)
}

/// Starts the server unless it answers. Called under the lock.
fn ensure_running() -> io::Result<()> {
    if connect(None).is_ok() {
        return Ok(());
    }
    let folder = folder("mariadb");
    let (data, log) = (folder.join("data"), folder.join("log"));
    init(&data)?;
    // A free port is found by asking for one; the server is the next to bind it.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = as_account("mysql", Path::new("mariadbd"))?;
    server
        .current_dir("/")
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0"])
        .args(["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"])
        .arg(format!("--port={port}"))
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", socket().display()))
        .arg(format!("--pid-file={}", data.join("mariadb.pid").display()));
    launch(&mut server, &log)?;
    wait_until(&log, || connect(None).is_ok())
}

/// An empty data folder with the account of the tests.
fn init(data: &Path) -> io::Result<()> {
    fresh_folder(data, "mysql")?;
    let mut install = as_account("mysql", Path::new("mariadb-install-db"))?;
    install.current_dir("/").args([
        "--no-defaults",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]);
    run(install.arg(format!("--datadir={}", data.display())))?;
    create_user(data)
}

/// A server of one's own that listens on TCP at `127.0.0.1` and speaks TLS; ended with this value.
#[derive(Debug)]
pub struct TlsMariaDb {
    folder: PathBuf,
    /// Where it listens.
    pub port: u16,
    /// User.
    pub user: &'static str,
    /// Password.
    pub password: &'static str,
}

/// Starts a server with a certificate and its key, both PEM. Panics, in words, when it does not start.
pub fn mariadb_with_tls(certificate: &str, key: &str) -> TlsMariaDb {
    start_with_tls(certificate, key).unwrap_or_else(|error| {
        panic!("MariaDB is needed for this test (apt-get install mariadb-server): {error}")
    })
}

fn start_with_tls(certificate: &str, key: &str) -> io::Result<TlsMariaDb> {
    let folder = std::env::temp_dir().join(format!("pendopo-{}", unique_name()));
    let (data, log) = (folder.join("data"), folder.join("log"));
    locked(&folder, || init(&data))?;
    // Written through the server's own account, which must be able to read its key.
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let given = folder.join(name);
        fs::write(&given, text)?;
        let mut install = as_account("mysql", Path::new("install"))?;
        run(install.args(["-m", "600"]).arg(&given).arg(data.join(name)))?;
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = as_account("mysql", Path::new("mariadbd"))?;
    server.current_dir("/").args(["--no-defaults", "--bind-address=127.0.0.1"]);
    for (option, file) in [
        ("datadir", data.clone()),
        ("socket", data.join("s.sock")),
        ("pid-file", data.join("mariadb.pid")),
        ("ssl-cert", data.join("server.crt")),
        ("ssl-key", data.join("server.key")),
    ] {
        server.arg(format!("--{option}={}", file.display()));
    }
    launch(server.arg(format!("--port={port}")), &log)?;
    let socket = data.join("s.sock").display().to_string();
    let answers = || {
        let options = OptsBuilder::new().socket(Some(socket.clone())).user(Some(USER)).pass(Some(PASSWORD));
        Conn::new(options).is_ok()
    };
    let started = TlsMariaDb { folder, port, user: USER, password: PASSWORD };
    wait_until(&log, answers)?;
    Ok(started)
}

impl Drop for TlsMariaDb {
    fn drop(&mut self) {
        // A server left behind must not hide a test's panic.
        let _ended = stop(&self.folder.join("data/mariadb.pid"), "-TERM");
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

/// Makes the account before the server opens its socket, in the server's own bootstrap mode.
fn create_user(data: &Path) -> io::Result<()> {
    let mut bootstrap: Command = as_account("mysql", Path::new("mariadbd"))?;
    let mut child = bootstrap
        .current_dir("/")
        .args(["--no-defaults", "--bootstrap"])
        .arg(format!("--datadir={}", data.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(stdin) = child.stdin.as_mut() {
        writeln!(stdin, "use mysql;\nflush privileges;")?;
        for host in ["localhost", "127.0.0.1"] {
            writeln!(stdin, "create user '{USER}'@'{host}' identified by '{PASSWORD}';")?;
            writeln!(stdin, "grant all privileges on *.* to '{USER}'@'{host}' with grant option;")?;
        }
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(())
}
