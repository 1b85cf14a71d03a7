//! What both servers share: folders, the lock, the account they run under, starting and stopping.

use std::{
    fs::{self, File, Permissions},
    hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take to come up or to go.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at a starting server.
const PAUSE: Duration = Duration::from_millis(50);

/// The folder of one server. Short and outside the build folder: a socket's path has at most 107 bytes,
/// and the server's account must be able to reach it. Named after the checkout, so that two checkouts do
/// not share a server.
pub(crate) fn folder(kind: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    std::env::temp_dir().join(format!("pendopo-{kind}-{:08x}", hasher.finish() as u32))
}

/// Holds the lock of a server's folder while `f` runs: only one process starts or stops it.
pub(crate) fn locked<T>(folder: &Path, f: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    f()
}

/// A command that runs as `account` when we are root, for servers that refuse to run as root.
pub(crate) fn as_account(account: &str, program: &Path) -> io::Result<Command> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", account, "--"]).arg(program);
    Ok(command)
}

/// Gives a fresh folder to `account` when we are root.
pub(crate) fn fresh_folder(folder: &Path, account: &str) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    if fs::metadata("/proc/self")?.uid() == 0 {
        run(Command::new("chown").arg(account).arg(folder))?;
    }
    Ok(())
}

/// Runs a command to its end; its output becomes the error when it fails.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(io::Error::other(format!("{command:?}: {}\n{text}", output.status)))
}

/// Starts a server that outlives this process, with its output in `log`.
pub(crate) fn launch(command: &mut Command, log: &Path) -> io::Result<()> {
    let out = File::create(log)?;
    let err = out.try_clone()?;
    // The child is left to itself on purpose: later test processes use it, `stop` ends it.
    let _left_running = std::os::unix::process::CommandExt::process_group(command, 0)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()?;
    Ok(())
}

/// Waits until `ready` says yes; the server's log becomes the error when it does not.
pub(crate) fn wait_until(log: &Path, mut ready: impl FnMut() -> bool) -> io::Result<()> {
    let start = Instant::now();
    while !ready() {
        if start.elapsed() > PATIENCE {
            let text = fs::read_to_string(log).unwrap_or_default();
            return Err(io::Error::other(format!("the server did not come up:\n{text}")));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Ends the process in a pid file by `signal` and waits until it is gone.
pub(crate) fn stop(pid_file: &Path, signal: &str) -> io::Result<bool> {
    let Ok(text) = fs::read_to_string(pid_file) else {
        return Ok(false);
    };
    let pid = text.lines().next().unwrap_or_default().trim().to_owned();
    let process = Path::new("/proc").join(&pid);
    if pid.is_empty() || !process.exists() {
        return Ok(false);
    }
    run(Command::new("kill").arg(signal).arg(&pid))?;
    let start = Instant::now();
    while process.exists() && start.elapsed() < PATIENCE {
        // A zombie waits for a parent that may be us and does not ask; it has ended all the same.
        let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
        if state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')) {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(true)
}

/// A database name that no other test has.
pub(crate) fn unique_name() -> String {
    // Process numbers come round again; the hasher's keys are random in every process and new each time.
    let random = RandomState::new().build_hasher().finish();
    format!("test_{}_{random:016x}", std::process::id())
}

/// Stops both servers and removes their folders; gives the names of those that ran.
pub fn stop_all() -> io::Result<Vec<&'static str>> {
    let mut stopped = Vec::new();
    for (name, pid_file, signal) in
        [("postgresql", "data/postmaster.pid", "-INT"), ("mariadb", "data/mariadb.pid", "-TERM")]
    {
        let folder = folder(name);
        if !folder.exists() {
            continue;
        }
        if locked(&folder, || stop(&folder.join(pid_file), signal))? {
            stopped.push(name);
        }
        fs::remove_dir_all(&folder)?;
    }
    Ok(stopped)
}
