//! `serve`: pages, the API and the schedule, until told to stop.

use super::{args::Global, load_config, open_app, out};
use crate::{
    accounts::{self, Door},
    app::{App, DataMark, read_data_mark},
    audit,
    config::{Config, LogFormat},
    privacy, redact, reports, routes, sources, vault, walls, web,
};
use anyhow::Context;
use std::{io::IsTerminal, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// Serves until SIGINT or SIGTERM.
pub fn serve(global: &Global, listen: Option<SocketAddr>, scheduled: bool) -> anyhow::Result<ExitCode> {
    let mut config = load_config(global)?;
    config.listen = listen.unwrap_or(config.listen);
    config.runs.scheduled &= scheduled;
    start_logging(&config);
    take_file_handles(config.web.limits.connections);
    App::record_metrics();
    let app = open_app(config)?;
    // The last handle on the database goes outside the runtime: its connections block when they close.
    let kept = app.clone();
    let setup = accounts::jobs::setup_path(&kept)?;
    let ready = |address| {
        tracing::info!(%address, "serving");
        announce_setup(address, setup.as_deref());
    };
    runtime()?.block_on(serve_app(app, ready))?;
    drop(kept);
    Ok(ExitCode::SUCCESS)
}

/// File handles that are needed besides those of connections: the database, assets, answers.
const OTHER_HANDLES: u64 = 256;

/// Takes as many file handles as the system grants. The usual 1024 are fewer than the pages that may be open.
fn take_file_handles(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let granted = getrlimit(Resource::Nofile);
    // Refused only where it would exceed what was granted, which this does not.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: granted.maximum, ..granted });
    let wanted = connections as u64 + OTHER_HANDLES;
    if let Some(have) = getrlimit(Resource::Nofile).current.filter(|have| *have < wanted) {
        tracing::warn!(
            have,
            wanted,
            "too few file handles for all connections; raise LimitNOFILE or lower limits.connections"
        );
    }
}

/// Shows the link for the first account where a person reads it. Never in a log, which others read too.
fn announce_setup(address: SocketAddr, path: Option<&str>) {
    let Some(path) = path else { return };
    if !std::io::stderr().is_terminal() {
        tracing::warn!("there is no account yet; run `pendopo account first` for the link that makes one");
        return;
    }
    let mins = accounts::jobs::SETUP_MINS;
    out::note(format!("\n  Akun pertama · the first account ({mins} min):\n  http://{address}{path}\n"));
}

/// How often the states of sources are looked at, in seconds: none is shown as fresh for long that is not.
const STATES_EVERY: u64 = 5;

/// The async runtime of the server.
///
/// # Errors
/// When the operating system grants no threads.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Blocking work is database reads and runs; more threads than this only queue at the disk.
        .max_blocking_threads(32)
        .build()
        .context("cannot start the runtime")
}

/// Serves an opened center; calls `ready` with the address once it listens.
pub async fn serve_app(app: App, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let address = app.config().listen;
    if let Some(refusal) = app.config().web.refusal(address) {
        anyhow::bail!("{refusal}");
    }
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another program there? choose one with --listen")
    })?;
    let tls = app.config().web.tls.as_ref().map(web::Tls::open).transpose()?;
    let (stop, stopping) = watch::channel(false);
    let door = Arc::new(Door::default());
    // Before anything starts: it says what is wrong with the settings.
    let router = routes::router(app.clone(), door.clone())?;
    sources::jobs::close_left_behind(&app).await;
    let housekeeping = tokio::spawn(accounts::jobs::run_housekeeping(app.clone(), door, stopping.clone()));
    let background = tokio::spawn(sources::jobs::run_schedule(app.clone(), stopping.clone()));
    let retention = tokio::spawn(privacy::jobs::run_retention(app.clone(), stopping.clone()));
    let paper = tokio::spawn(reports::jobs::run_reports(app.clone(), stopping.clone()));
    let watcher = tokio::spawn(watch_data(app.clone(), stopping.clone()));
    let keys = tokio::spawn(watch_keys(app.clone(), stopping.clone()));
    let chain = tokio::spawn(audit::jobs::watch_chain(app.clone(), stopping.clone()));
    let outward = tokio::spawn(audit::outward::send_outward(app.clone(), stopping.clone()));
    let stopping_app = app.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("stopping");
        stopping_app.closing().cancel();
        // Nobody listens any more when everything has already ended; that is fine.
        let _ = stop.send(true);
    });
    ready(listener.local_addr()?);
    let config = app.config().web.clone();
    web::serve_connections(listener, router, &config, tls, stopping).await;
    background.await?;
    housekeeping.await?;
    retention.await?;
    paper.await?;
    watcher.await?;
    keys.await?;
    chain.await?;
    outward.await?;
    // Last: whatever the others did is in it.
    audit::jobs::close(&app).await;
    Ok(())
}

/// Notices what other processes (a `pendopo run` on the command line, another replica) have recorded,
/// so that cached pages follow within a second; and that a source fell silent, which nobody records.
async fn watch_data(app: App, mut stopping: watch::Receiver<bool>) {
    let mut seen: Option<DataMark> = None;
    let mut steered = None;
    let mut states = None;
    for look in 0_u64.. {
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        if look.is_multiple_of(STATES_EVERY) {
            let now = app.clock().now();
            match app.blocking(move |db| db.read(|reader| sources::store::read_states(reader, now))).await {
                Ok(read) => {
                    if states.replace(read.clone()).is_some_and(|before| before != read) {
                        app.bump_data_version();
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot look at the sources"),
            }
        }
        match app.blocking(|db| db.read(walls::read_mark)).await {
            Ok(mark) => {
                if steered.replace(mark).is_some_and(|before| before != mark) {
                    app.note_steered();
                }
            }
            Err(error) => tracing::warn!(%error, "cannot look at the screens"),
        }
        match app.blocking(|db| db.read(read_data_mark)).await {
            Ok(mark) if seen != Some(mark) => {
                let applied = seen.is_some_and(|seen| seen.pack_change != mark.pack_change);
                seen = Some(mark);
                if applied {
                    reload_identity(&app).await;
                }
                app.bump_data_version();
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for new figures"),
        }
    }
}

/// Follows the key file: after `pendopo key rotate` new values are sealed under the new key and stored
/// ones are moved over.
async fn watch_keys(app: App, mut stopping: watch::Receiver<bool>) {
    let mut moved_to = None;
    loop {
        if let Err(error) = app.vault().refresh() {
            tracing::error!(
                error = format!("{error:#}"),
                "the key file is refused; the keys known so far stay in use"
            );
        }
        let ids = app.vault().sealing_ids();
        metrics::gauge!("pendopo_vault_sealing_keys").set(ids.len() as f64);
        let newest = ids.last().copied();
        if moved_to != newest {
            let vault = app.vault().clone();
            match app.blocking(move |db| vault::reseal(db, &vault, vault::SEALED)).await {
                Ok(done) => {
                    moved_to = newest;
                    if done.moved > 0 {
                        tracing::info!(moved = done.moved, "stored values are sealed under the newest key");
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot seal stored values anew; trying again"),
            }
        }
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    }
}

async fn reload_identity(app: &App) {
    match app.blocking(crate::packs::store::read_identity).await {
        Ok(identity) => app.set_identity(identity),
        Err(error) => tracing::warn!(%error, "cannot read the applied pack"),
    }
}

async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} },
            Err(_) => drop(interrupted.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}

/// Starts the log on standard error.
pub fn start_logging(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_level)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let json = match config.log_format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| redact::Masked(std::io::stderr()));
    // A second start, as in tests, keeps the first log.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
