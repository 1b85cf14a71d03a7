//! `demo`: a whole center with sample services, from one command.

use super::{
    args::{DemoArgs, Global},
    load_config, open_app, out,
    serve::{runtime, serve_app, start_logging},
};
use crate::{
    accounts::{self, demo::DemoAccount},
    config::SecondFactor,
    packs::{
        check::check_pack,
        folder::{PackTexts, read_folder},
        store,
    },
};
use anyhow::{Context, bail};
use pendopo_vocab::Author;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

/// The file by which a folder is known to hold a demo, so that no real center is ever overwritten.
const MARK: &str = "DATA-CONTOH";

/// How the line begins by which the sample services say that they are there.
const READY: &str = "pendopo-sample siap";

/// The file in which they say which database servers they could start.
const SERVERS: &str = "layanan-contoh.json";

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
    // Every figure of a demo is made up; whoever asks for another address wants to show it.
    config.web.allow_plain_http = true;
    // To look around, a password is enough; it is made anew with each demo.
    config.accounts.second_factor = SecondFactor::Optional;
    config.log_level = "warn,pendopo=warn".to_owned();
    start_logging(&config);
    prepare_folder(&config.data_folder, args.keep)?;
    let services = SampleServices::start(args, &config.data_folder, &config.files_folder)?;
    config.secrets_file = config.files_folder.join("secrets.env");
    let texts = at_ports(read_folder(&args.pack)?, args.sample_port);
    let texts = at_servers(texts, &config.files_folder)?;
    let pack = check_pack(&texts).map_err(|problems| {
        anyhow::anyhow!("{} has {} mistakes; see `pendopo check {0}`", args.pack.display(), problems.len())
    })?;
    let app = open_app(config)?;
    let by = store::Application {
        author: Author::named("demo"),
        reason: "demo".to_owned(),
        at_ms: app.clock().now().as_millisecond(),
    };
    store::apply(app.db(), app.audit(), &pack, &texts, &by)?;
    app.set_identity(store::identity_of(&pack));
    let accounts = accounts::demo::make_accounts(&app)?;
    let kept = app.clone();
    let result =
        runtime()?.block_on(serve_app(app, |address| greet(address, &pack.identity.name, &accounts)));
    drop(kept);
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

/// Packs name the sample services at their usual port; the demo may have been asked to use another.
fn at_ports(texts: PackTexts, port: u16) -> PackTexts {
    const USUAL: u16 = 8700;
    let moved = |text: String| text.replace(&format!("127.0.0.1:{USUAL}"), &format!("127.0.0.1:{port}"));
    texts.into_iter().map(|(path, text)| (path, moved(text))).collect()
}

/// Where the sample services could start a database server, their sources are read from it instead of
/// from the file that the pack names; the query stays.
fn at_servers(mut texts: PackTexts, files: &Path) -> anyhow::Result<PackTexts> {
    let Ok(written) = std::fs::read_to_string(files.join(SERVERS)) else { return Ok(texts) };
    let servers: BTreeMap<String, serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&written)?;
    for (code, server) in servers {
        let Some(text) = texts.get_mut(&format!("sources/{code}.toml")) else { continue };
        let mut source: toml::Table = text.parse()?;
        let mut connection = toml::Table::try_from(server)?;
        if let Some(host) = connection.get("host").and_then(toml::Value::as_str) {
            source.insert("allow_networks".to_owned(), vec![format!("{host}/32")].into());
        }
        if let Some(query) = source.get("connection").and_then(|before| before.get("query")) {
            connection.insert("query".to_owned(), query.clone());
        }
        source.insert("connection".to_owned(), connection.into());
        *text = toml::to_string(&source)?;
    }
    Ok(texts)
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
        command.arg("serve").arg("--stop-with-stdin").arg("--files").arg(files);
        command.arg("--port").arg(args.sample_port.to_string());
        command.arg("--mariadb-port").arg((args.sample_port + 6).to_string());
        if args.calm {
            command.arg("--calm");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("the sample services have no output")?;
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            if line?.starts_with(READY) {
                // What they say later is read and dropped, so that they never wait for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(SampleServices(child));
            }
        }
        let status = child.wait()?;
        bail!("the sample services ended at once ({status}); see {}", folder.join("sample.log").display())
    }

    fn stop(mut self) {
        // They end when their input does, also when this program is killed.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn greet(address: SocketAddr, name: &str, accounts: &[DemoAccount]) {
    let mut lines = vec![
        String::new(),
        format!("  {name}: pusat komando contoh · sample center (DATA CONTOH)"),
        String::new(),
        format!("  Papan pimpinan · the leader's board   http://{address}/"),
        format!("  Sumber data · source health           http://{address}/sumber"),
        format!("  Penarikan · runs                      http://{address}/penarikan"),
        format!("  Indikator · indicators                http://{address}/indikator"),
        format!("  API                                   http://{address}/api/v1/openapi.json"),
        String::new(),
        String::new(),
        "  Sumber pertama terbaca dalam satu menit. Ctrl-C untuk berhenti.".to_owned(),
        "  The first sources are read within a minute. Ctrl-C to stop.".to_owned(),
        String::new(),
    ];
    if !accounts.is_empty() {
        let head = format!("  Masuk · sign in                       http://{address}/masuk");
        let account = |account: &DemoAccount| {
            format!("    {:<12} {}   {}", account.login, account.password, account.name)
        };
        let mut list = vec![head];
        list.extend(accounts.iter().map(account));
        let at = lines.len() - 4;
        lines.splice(at..at, list);
    }
    for line in lines {
        out::note(line);
    }
}
