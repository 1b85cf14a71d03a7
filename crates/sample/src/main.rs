//! The `pendopo-sample` program: serves the ten sample services until it is told to stop.

use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::SignedDuration;
use pendopo_sample::{
    mishaps::Mishaps,
    model::Model,
    secrets::Secrets,
    services::{World, budget::POSTGRES_VARIABLE, mariadb::MariaDb, router},
    stores::{StoreOptions, Stores},
};
use pendopo_vocab::{Clock, RegionCode, SystemClock};
use std::{
    io::{self, Read, Write},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Seconds between two looks at files and databases.
const REFRESH_SECS: u64 = 20;

/// Imitations of ten services of a regency, with made-up figures.
#[derive(Parser)]
#[command(name = "pendopo-sample", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the ten services on 127.0.0.1 and in a folder until stopped.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// Port of the services that speak HTTP.
    #[arg(long, default_value_t = 8700)]
    port: u16,
    /// Folder for the services that are files and databases, and for secrets.env.
    #[arg(long, value_name = "DIR")]
    files: PathBuf,
    /// File for the passwords and tokens. Default: secrets.env in the folder.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The regency imitated.
    #[arg(long, default_value = "33.16")]
    region: RegionCode,
    /// The same seed gives the same figures.
    #[arg(long, default_value_t = 33)]
    seed: u64,
    /// Nothing goes wrong: no late service, no renamed column, no bad rows.
    #[arg(long)]
    calm: bool,
    /// As if the services had been up for so many minutes already: what goes wrong, and when, follows from it.
    #[arg(long, env = "PENDOPO_SAMPLE_UP_FOR", default_value_t = 0, value_name = "MINUTES")]
    up_for: i64,
    /// Do not start a MariaDB server even where one is installed; the health service is SQLite only.
    #[arg(long)]
    sqlite: bool,
    /// Port for the MariaDB server.
    #[arg(long, default_value_t = 8706)]
    mariadb_port: u16,
    /// Stop when standard input ends, so that the services do not outlive the program that started them.
    #[arg(long)]
    stop_with_stdin: bool,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve(options) => serve(options).await,
    }
}

async fn serve(options: Serve) -> anyhow::Result<()> {
    let files = options.files;
    std::fs::create_dir_all(&files).with_context(|| format!("making {}", files.display()))?;
    let secrets_file = options.secrets.unwrap_or_else(|| files.join("secrets.env"));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let up_since = clock.now() - SignedDuration::from_mins(options.up_for);
    let world = Arc::new(World {
        model: Model::new(options.region, options.seed)?,
        mishaps: Mishaps::new(options.seed, up_since, options.calm),
        secrets: Secrets::load_or_make(&secrets_file)?,
        clock,
    });
    // The port comes first: two sample programs in one folder would spoil each other's files.
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .await
        .with_context(|| format!("port {} of 127.0.0.1", options.port))?;
    let address = listener.local_addr()?;
    let with_server = !options.sqlite && MariaDb::program().is_some();
    let store_options = StoreOptions {
        mariadb_port: with_server.then_some(options.mariadb_port),
        postgres: std::env::var(POSTGRES_VARIABLE).ok().filter(|text| !text.is_empty()),
    };
    let (maker, folder) = (Arc::clone(&world), files.clone());
    let stores =
        tokio::task::spawn_blocking(move || Stores::create(&maker, &folder, &store_options)).await??;
    for remark in &stores.remarks {
        writeln!(io::stderr(), "{remark}")?;
    }
    let stop = tokio::sync::watch::channel(false);
    let keeper = keep_moving(Arc::clone(&world), files.clone(), stores, stop.1.clone());
    let keeper = tokio::spawn(keeper);
    writeln!(io::stdout(), "pendopo-sample siap: http://{address}/ ({}, DATA CONTOH)", place(&files))?;
    io::stdout().flush()?;
    let mut stopped = stop.1;
    let server = axum::serve(listener, router(world)).with_graceful_shutdown(async move {
        stopped.wait_for(|stop| *stop).await.ok();
    });
    let server = tokio::spawn(server.into_future());
    wait_for_stop(options.stop_with_stdin).await?;
    stop.0.send(true).ok();
    keeper.await??;
    // Open keep-alive connections do not hold the end up.
    tokio::time::timeout(Duration::from_secs(2), server).await.ok();
    Ok(())
}

fn place(files: &Path) -> String {
    files.canonicalize().unwrap_or_else(|_| files.to_owned()).display().to_string()
}

/// Refreshes files and databases on a clock until told to stop.
async fn keep_moving(
    world: Arc<World>,
    files: PathBuf,
    mut stores: Stores,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> anyhow::Result<()> {
    loop {
        let pause = tokio::time::sleep(Duration::from_secs(REFRESH_SECS));
        tokio::select! {
            () = pause => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
        let (here, folder) = (Arc::clone(&world), files.clone());
        let (kept, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = stores.refresh(&here, &folder);
            (stores, outcome)
        })
        .await?;
        stores = kept;
        if let Err(error) = outcome {
            // One failed refresh leaves the last good files in place; the next one may do better.
            writeln!(io::stderr(), "{error:#}")?;
        }
    }
    Ok(tokio::task::spawn_blocking(move || drop(stores)).await?)
}

/// Ends at Ctrl-C, at SIGTERM, and with `with_stdin` at the end of standard input.
async fn wait_for_stop(with_stdin: bool) -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let (send, ended) = tokio::sync::oneshot::channel();
    if with_stdin {
        // A thread of its own: a runtime's blocking task on standard input would hold up the end.
        std::thread::spawn(move || {
            let mut rest = [0; 256];
            while io::stdin().read(&mut rest).is_ok_and(|count| count > 0) {}
            send.send(()).ok();
        });
    } else {
        // Kept for ever, so that its end is not mistaken for a wish to stop.
        std::mem::forget(send);
    }
    tokio::select! {
        found = tokio::signal::ctrl_c() => found?,
        _ = terminate.recv() => {}
        _ = ended => {}
    }
    Ok(())
}
