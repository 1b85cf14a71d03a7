//! A MariaDB server of our own for the health application: its own folder, port and passwords, nothing
//! shared with a server that the machine may already run.

use super::health::{DATABASE, READER};
use anyhow::{Context, bail};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The user that owns the health database.
const OWNER: &str = "egizi";
/// How long the server may take to come up.
const START_WITHIN: Duration = Duration::from_secs(60);

/// A running server. Stopped when dropped.
pub struct MariaDb {
    child: Child,
    port: u16,
    owner_password: String,
}

impl MariaDb {
    /// The server's program, if the machine has one.
    pub fn program() -> Option<PathBuf> {
        find("mariadbd")
    }

    /// Makes a server anew in `folder` and starts it on `port` of 127.0.0.1, with an empty database, its
    /// owner and a user that may only read.
    pub fn start(
        folder: &Path,
        port: u16,
        owner_password: &str,
        reader_password: &str,
    ) -> anyhow::Result<MariaDb> {
        let program = MariaDb::program().context("mariadbd is not installed")?;
        let install = find("mariadb-install-db").context("mariadb-install-db is not installed")?;
        stop_leftover(folder)?;
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let folder = &folder.canonicalize()?;
        let data = format!("--datadir={}", folder.join("data").display());
        // Root may not run the server; it hands it to the user that the package made.
        let as_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let user: &[&str] = if as_root { &["--user=mysql"] } else { &[] };
        let installed = Command::new(install)
            .args(["--no-defaults", &data, "--skip-test-db"])
            .args(user)
            .stdin(Stdio::null())
            .output()
            .context("starting mariadb-install-db")?;
        if !installed.status.success() {
            bail!("mariadb-install-db: {}", String::from_utf8_lossy(&installed.stderr).trim());
        }
        let setup = write_setup(folder, owner_password, reader_password)?;
        let child = Command::new(program)
            .args(["--no-defaults", &data])
            .args(user)
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", folder.join("data/contoh.sock").display()))
            .arg(format!("--pid-file={}", folder.join("data/contoh.pid").display()))
            .arg(format!("--log-error={}", folder.join("data/contoh.log").display()))
            .arg(format!("--init-file={}", setup.display()))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"])
            .args(["--performance-schema=OFF", "--innodb-buffer-pool-size=24M", "--key-buffer-size=1M"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting mariadbd")?;
        let mut server = MariaDb { child, port, owner_password: owner_password.to_owned() };
        let up = server.wait_until_up(folder);
        fs::remove_file(&setup).ok();
        up.map(|()| server)
    }

    /// A connection of the database's owner.
    pub fn connect(&self) -> anyhow::Result<mysql::Conn> {
        let options = mysql::OptsBuilder::new()
            .ip_or_hostname(Some("127.0.0.1"))
            .tcp_port(self.port)
            .user(Some(OWNER))
            .pass(Some(&self.owner_password))
            .db_name(Some(DATABASE))
            .prefer_socket(false);
        Ok(mysql::Conn::new(options)?)
    }

    fn wait_until_up(&mut self, folder: &Path) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let Err(error) = self.connect() else { return Ok(()) };
            let ended = self.child.try_wait()?;
            if ended.is_some() || began.elapsed() > START_WITHIN {
                let log = fs::read_to_string(folder.join("data/contoh.log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
                bail!("mariadbd did not come up ({error}): {}", tail.join("; "));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let asked = self.connect().and_then(|mut connection| {
            use mysql::prelude::Queryable;
            Ok(connection.query_drop("shutdown")?)
        });
        if asked.is_err() {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

/// The statements that the server runs first, in a file that only the server's user can read.
fn write_setup(folder: &Path, owner_password: &str, reader_password: &str) -> anyhow::Result<PathBuf> {
    let data = folder.join("data");
    let file = data.join("contoh-awal.sql");
    let statements = format!(
        "create database {DATABASE} character set latin1;\n\
         create user '{OWNER}'@'127.0.0.1' identified by '{owner_password}';\n\
         grant all on {DATABASE}.* to '{OWNER}'@'127.0.0.1';\n\
         grant shutdown on *.* to '{OWNER}'@'127.0.0.1';\n\
         create user '{READER}'@'127.0.0.1' identified by '{reader_password}';\n\
         grant select, show view on {DATABASE}.* to '{READER}'@'127.0.0.1';\n"
    );
    fs::write(&file, "").with_context(|| format!("writing {}", file.display()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let owner = fs::metadata(&data)?;
    chown(&file, Some(owner.uid()), Some(owner.gid()))?;
    fs::write(&file, statements)?;
    Ok(file)
}

/// Stops a server that an earlier start left behind in this folder, as when we were killed.
fn stop_leftover(folder: &Path) -> anyhow::Result<()> {
    let Ok(pid) = fs::read_to_string(folder.join("data/contoh.pid")) else {
        return Ok(());
    };
    let process = PathBuf::from("/proc").join(pid.trim());
    let ours = || {
        fs::read(process.join("cmdline")).is_ok_and(|line| {
            let line = String::from_utf8_lossy(&line).into_owned();
            let here = folder.canonicalize().unwrap_or_default();
            line.contains("mariadbd") && line.contains(&*here.to_string_lossy())
        })
    };
    if !ours() {
        return Ok(());
    }
    Command::new("kill").arg(pid.trim()).status().context("stopping the server of an earlier start")?;
    let began = Instant::now();
    while ours() {
        if began.elapsed() > START_WITHIN {
            bail!("the MariaDB server of an earlier start (process {}) does not stop", pid.trim());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Looks a program up as the shell does, and where Debian keeps servers.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
