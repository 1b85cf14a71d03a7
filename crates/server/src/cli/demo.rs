//! `demo`: a whole center with sample services, from one command.

use super::{
    args::{DemoArgs, Global},
    load_config, open_app, out,
    serve::{runtime, serve_app, start_logging},
};
use crate::packs::{check::check_pack, folder::read_folder, store};
use anyhow::{Context, bail};
use pendopo_vocab::Author;
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

/// The file by which a folder is known to hold a demo, so that no real center is ever overwritten.
const MARK: &str = "DATA-CONTOH";

/// Starts the sample services, applies the pack and serves.
pub fn demo(global: &Global, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let mut config = load_config(global)?;
    if global.data.is_none() {
        config = load_config(&Global {
            data: Some(PathBuf::from("data/demo")),
            ..Global { config: None, data: None, database: None, author: None }
        })?;
    }
    config.listen = args.listen.unwrap_or(config.listen);
    config.log_level = "warn,pendopo=warn".to_owned();
    start_logging(&config);
    prepare_folder(&config.data_folder, args.keep)?;
    let services = SampleServices::start(args, &config.data_folder, &config.files_folder)?;
    config.secrets_file = config.files_folder.join("secrets.env");
    let texts = read_folder(&args.pack)?;
    let texts = at_ports(texts, args.sample_port);
    let pack = check_pack(&texts).map_err(|problems| {
        anyhow::anyhow!("{} has {} mistakes; see `pendopo check {0}`", args.pack.display(), problems.len())
    })?;
    let app = open_app(config)?;
    let by = store::Application {
        author: Author::named("demo"),
        reason: "demo".to_owned(),
        at_ms: app.clock().now().as_millisecond(),
    };
    store::apply(app.db(), &pack, &texts, &by)?;
    app.set_identity(store::identity_of(&pack));
    let result = runtime()?.block_on(serve_app(app, |address| greet(address, &pack.identity.name)));
    services.stop();
    result.map(|()| ExitCode::SUCCESS)
}

/// A new demo starts from nothing; a folder that is not a demo's is never touched.
fn prepare_folder(folder: &Path, keep: bool) -> anyhow::Result<()> {
    let marked = folder.join(MARK).exists();
    let occupied = folder.exists() && std::fs::read_dir(folder)?.next().is_some();
    if occupied && !marked {
        bail!("{} holds a center that is not a demo; name another folder with --data", folder.display());
    }
    if marked && !keep {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(MARK), "Every figure in this folder is made up.\n")?;
    Ok(())
}

/// Packs name the sample services at their usual ports; the demo may have been asked to use others.
fn at_ports(texts: crate::packs::folder::PackTexts, port: u16) -> crate::packs::folder::PackTexts {
    const USUAL: u16 = 8700;
    if port == USUAL {
        return texts;
    }
    let moved = |text: String| {
        let text = text.replace(&format!("127.0.0.1:{USUAL}"), &format!("127.0.0.1:{port}"));
        text.replace(&format!("port = {}", USUAL + 6), &format!("port = {}", port + 6))
    };
    texts.into_iter().map(|(path, text)| (path, moved(text))).collect()
}

/// The process with the sample services; ended with the demo.
struct SampleServices(Child);

impl SampleServices {
    fn start(args: &DemoArgs, folder: &Path, files: &Path) -> anyhow::Result<SampleServices> {
        let program = std::env::current_exe()?.with_file_name("pendopo-sample");
        if !program.exists() {
            bail!("{} is missing: cargo build --bin pendopo-sample", program.display());
        }
        std::fs::create_dir_all(files)?;
        out::note("Starting ten sample services …");
        let log = std::fs::File::create(folder.join("sample.log"))?;
        let mut command = Command::new(&program);
        command.arg("serve").arg("--port").arg(args.sample_port.to_string()).arg("--files").arg(files);
        if args.calm {
            command.arg("--calm");
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("the sample services have no output")?;
        for line in BufReader::new(stdout).lines() {
            if line?.starts_with("ready") {
                return Ok(SampleServices(child));
            }
        }
        let status = child.wait()?;
        bail!("the sample services ended at once ({status}); see {}", folder.join("sample.log").display())
    }

    fn stop(mut self) {
        // Ends by itself when its parent is gone; asking first lets it stop its database.
        let _ = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn greet(address: SocketAddr, name: &str) {
    let lines = [
        String::new(),
        format!("  {name}: pusat komando contoh · sample center (DATA CONTOH)"),
        String::new(),
        format!("  Papan pimpinan · the leader's board   http://{address}/"),
        format!("  Sumber data · source health           http://{address}/sumber"),
        format!("  Penarikan · runs                      http://{address}/penarikan"),
        format!("  Indikator · indicators                http://{address}/indikator"),
        format!("  API                                   http://{address}/api/v1/openapi.json"),
        String::new(),
        "  Sumber pertama terbaca dalam satu menit. Ctrl-C untuk berhenti.".to_owned(),
        "  The first sources are read within a minute. Ctrl-C to stop.".to_owned(),
        String::new(),
    ];
    for line in lines {
        out::note(line);
    }
}
