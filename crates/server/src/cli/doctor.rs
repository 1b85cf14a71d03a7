//! `doctor`: looks at settings, database, sources and disk, and says what is wrong and what to do.

use super::{args::Global, load_config, open_app, out};
use crate::{
    accounts::breached,
    app::App,
    audit,
    config::Config,
    maps, redact,
    sources::{
        self,
        clock::{self, Verdict},
    },
    web,
};
use jiff::Timestamp;
use pendopo_vocab::{DAY_MS, FreshnessState, Lang, Scope};
use std::process::ExitCode;

/// A certificate that ends within so many days needs attention.
const SOON_DAYS: i64 = 21;

/// Prints the findings. Exit code 1 when something needs attention.
pub fn doctor(global: &Global) -> anyhow::Result<ExitCode> {
    let (lines, wrong) = examine(global)?;
    for line in lines {
        out::line(line)?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at everything; gives the lines, without secrets, and how many findings need attention.
pub fn examine(global: &Global) -> anyhow::Result<(Vec<String>, usize)> {
    let config = load_config(global)?;
    let mut findings = Findings::default();
    findings.say("Settings (value, and the layer it comes from)".to_owned());
    for (key, (value, layer)) in &config.origins {
        findings.say(format!("  {key} = {value}    [{layer}]"));
    }
    findings.secrets_file(&config.secrets_file)?;
    if let Some(list) = &config.accounts.breached_passwords {
        match breached::check(list) {
            Ok(()) => findings.fine(format!("new passwords are held against {}", list.display()))?,
            Err(error) => findings.wrong(format!("accounts.breached_passwords: {error:#}"))?,
        }
    }
    findings.base_map(&config)?;
    let app = match open_app(config) {
        Ok(app) => app,
        Err(error) => {
            findings.wrong(format!("the database cannot be opened: {error:#}"))?;
            return Ok(findings.close());
        }
    };
    findings.fine(format!("database {} opens, {}", app.config().database, bytes(app.db().size_bytes()?)))?;
    if !app.db().keeps_readers_apart()? {
        findings.wrong(
            "statements of `pendopo query` run with the rights of the center's database account, behind the list of \
             allowed views alone; let the administrator run: create role pendopo_reader nologin; grant pendopo_reader \
             to the account; grant usage on schema api to pendopo_reader; grant select on all tables in schema api to \
             pendopo_reader"
                .to_owned(),
        )?;
    }
    let identity = app.identity();
    if identity.code.is_empty() {
        findings.wrong("no place pack was applied yet: pendopo apply PACK".to_owned())?;
    } else {
        findings.fine(format!("place pack `{}` for region {}", identity.code, identity.region))?;
    }
    let now = app.clock().now();
    findings.certificate(app.config(), now)?;
    if app.config().web.security_contact.is_empty() {
        findings.say(
            "note   server.security_contact is not set: whoever finds a weakness does not know whom to tell"
                .to_owned(),
        );
    }
    findings.sent_outward(&app, now)?;
    findings.clock(&app, now)?;
    let mut known = sources::store::list_sources(app.db(), &Scope::everything(), now)?;
    sources::store::add_next_starts(&mut known, &identity.time_zone, now);
    for source in known {
        let line = format!(
            "source {}: {} – {}",
            source.code,
            source.state.as_str(),
            source.sentence(Lang::En, now, &identity.time_zone)
        );
        match source.state {
            FreshnessState::Fresh | FreshnessState::Waiting => findings.fine(line)?,
            _ => findings.wrong(line)?,
        }
    }
    Ok(findings.close())
}

#[derive(Default)]
struct Findings {
    lines: Vec<String>,
    wrong: usize,
}

impl Findings {
    fn say(&mut self, line: String) {
        self.lines.push(redact::mask(&line).into_owned());
    }

    fn fine(&mut self, text: String) -> anyhow::Result<()> {
        self.say(format!("ok     {text}"));
        Ok(())
    }

    fn wrong(&mut self, text: String) -> anyhow::Result<()> {
        self.wrong += 1;
        self.say(format!("wrong  {text}"));
        Ok(())
    }

    /// A certificate that ends soon is a center that nobody reaches soon.
    fn certificate(&mut self, config: &Config, now: Timestamp) -> anyhow::Result<()> {
        let Some(tls) = &config.web.tls else { return Ok(()) };
        if let Err(error) = web::Tls::open(tls) {
            return self.wrong(format!("TLS: {error:#}"));
        }
        let end = web::certificate_end(&tls.certificate)?;
        let days = end.duration_since(now).as_hours() / 24;
        let line = format!(
            "the TLS certificate {} ends on {} ({days} days)",
            tls.certificate.display(),
            end.strftime("%Y-%m-%d")
        );
        if days < SOON_DAYS {
            self.wrong(format!("{line}: renew it; a running server takes the new files over"))
        } else {
            self.fine(line)
        }
    }

    /// Whether the base map can be used, and what it has.
    fn base_map(&mut self, config: &Config) -> anyhow::Result<()> {
        match maps::Base::open(&config.maps).map(|base| base.describe()) {
            Ok(None) => Ok(()),
            Ok(Some((line, true))) => self.fine(line),
            Ok(Some((line, false))) => self.wrong(format!(
                "{line}: name in maps.attribution whose data it is made of, as their licence asks"
            )),
            Err(error) => self.wrong(format!("{error:#}")),
        }
    }

    /// Whether this machine's clock agrees with those of the services that were asked in the last day.
    fn clock(&mut self, app: &App, now: Timestamp) -> anyhow::Result<()> {
        let since_ms = now.as_millisecond() - DAY_MS;
        match clock::judge(&app.db().read(|reader| clock::read(reader, since_ms))?) {
            Verdict::Unknown => {
                self.say("note   no service has told its time in the last day; nothing to compare the clock with".to_owned());
                Ok(())
            }
            Verdict::Agrees(services) => self.fine(format!("the clock agrees with those of {services} services")),
            Verdict::Differs(secs) => self.wrong(format!(
                "this machine's clock is {} s {} the services': let it follow a time server (timedatectl set-ntp true)",
                secs.abs(),
                if secs > 0 { "behind" } else { "ahead of" }
            )),
        }
    }

    /// Whether the other side keeps what the audit log sends it.
    fn sent_outward(&mut self, app: &App, now: Timestamp) -> anyhow::Result<()> {
        for (kind, url) in app.config().audit.outward.places() {
            let what = kind.as_str();
            let sent = app.db().read(|reader| audit::sent::read(reader, kind))?.unwrap_or_default();
            let time = |at: i64| {
                Timestamp::from_millisecond(at)
                    .map_or_else(|_| at.to_string(), |at| at.strftime("%F %H:%M UTC").to_string())
            };
            match (sent.failing_since, sent.sent_at) {
                (Some(since), _) => {
                    let minutes = (now.as_millisecond() - since) / 60_000;
                    let problem = sent.problem.unwrap_or_default();
                    self.wrong(format!(
                        "{what} of the audit log do not reach {url} for {minutes} minutes: {problem}"
                    ))?;
                }
                (None, Some(at)) => self.fine(format!(
                    "{what} of the audit log are kept at {url} up to number {}, since {}",
                    sent.number,
                    time(at)
                ))?,
                (None, None) => {
                    self.say(format!("note   {what} of the audit log were not sent to {url} yet"))
                }
            }
        }
        Ok(())
    }

    #[cfg(unix)]
    fn secrets_file(&mut self, path: &std::path::Path) -> anyhow::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
                self.wrong(format!("{} can be read by others: chmod 600 {0}", path.display()))
            }
            Ok(_) => self.fine(format!("{} is readable by its owner alone", path.display())),
            Err(_) => {
                self.fine(format!("{} does not exist; secrets come from the environment", path.display()))
            }
        }
    }

    #[cfg(not(unix))]
    fn secrets_file(&mut self, _: &std::path::Path) -> anyhow::Result<()> {
        Ok(())
    }

    fn close(mut self) -> (Vec<String>, usize) {
        self.say(match self.wrong {
            0 => "Nothing needs attention.".to_owned(),
            wrong => format!("{wrong} findings need attention."),
        });
        (self.lines, self.wrong)
    }
}

fn bytes(count: u64) -> String {
    let mib = count as f64 / (1024.0 * 1024.0);
    format!("{mib:.1} MiB")
}
