//! Settings as written and as resolved. `config.default.toml` holds the defaults and their
//! documentation in one; layers above it may override single keys, and an unknown key is an error.

mod paper;
mod web;

pub use paper::{MailConfig, MailSecurity, PaperConfig, Scheduled, Shows, What};
pub use web::{Limits, TlsFiles, WebConfig};

use crate::{
    audit::{AuditConfig, OutwardConfig},
    jobs::fetcher::AllowedNetworks,
};
use anyhow::{Context, bail};
use pendopo_figures::DbUrl;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

const DEFAULTS: &str = include_str!("../config.default.toml");
const SYSTEM_FILE: &str = "/etc/pendopo/config.toml";
const ENVIRONMENT_PREFIX: &str = "PENDOPO__";

/// The settings as written, after all layers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    server: web::ServerSettings,
    limits: web::LimitSettings,
    data: DataSettings,
    runs: RunSettings,
    accounts: AccountSettings,
    sso: SsoConfig,
    query: QuerySettings,
    audit: AuditSettings,
    privacy: PrivacySettings,
    maps: MapSettings,
    mail: paper::MailSettings,
    paper: paper::PaperSettings,
    log: LogSettings,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataSettings {
    folder: PathBuf,
    database: String,
    files: PathBuf,
    secrets_file: PathBuf,
    key_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunSettings {
    at_once: usize,
    scheduled: bool,
    max_answer_mib: u64,
    timeout_secs: u64,
    max_import_mib: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSettings {
    second_factor: SecondFactor,
    session_idle_mins: u32,
    session_days: u32,
    invitation_hours: u32,
    breached_passwords: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivacySettings {
    keep_answers_days: u32,
    keep_refused_days: u32,
    retention_hour: i8,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuerySettings {
    timeout_secs: u64,
    max_rows: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditSettings {
    anchor_file: PathBuf,
    anchor_entries: u32,
    send_heads_to: String,
    send_entries_to: String,
    send_allow_networks: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MapSettings {
    base: PathBuf,
    attribution: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSettings {
    level: String,
    format: LogFormat,
}

/// Who must give a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Every account.
    Required,
    /// Accounts that run the center.
    Administrators,
    /// Nobody.
    Optional,
}

/// Sign-in through a provider of identities (OpenID Connect).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsoConfig {
    /// The provider's address as it writes it in its tokens; empty: off.
    pub issuer: String,
    /// The name under which the center is registered there.
    pub client_id: String,
    /// What the button calls the provider.
    pub name: String,
    /// Networks beyond public addresses in which the provider may be.
    pub allow_networks: Vec<String>,
    /// Whether a second factor that the provider vouches for stands for the center's own.
    pub second_factor_at_provider: bool,
    /// Values of `acr` that stand for two factors at this provider.
    pub second_factor_acr: Vec<String>,
}

impl SsoConfig {
    /// Whether people may come in this way.
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    fn checked(self, web: &WebConfig) -> anyhow::Result<SsoConfig> {
        if self.is_on() && (self.client_id.is_empty() || self.name.is_empty() || web.public_url.is_none()) {
            bail!("sso.issuer is set, so sso.client_id, sso.name and server.public_url are needed too");
        }
        Ok(self)
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// Text.
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings as resolved.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where pages and the API are served.
    pub listen: SocketAddr,
    /// How the center is reached from the network.
    pub web: WebConfig,
    /// Folder that holds everything the center keeps.
    pub data_folder: PathBuf,
    /// The database.
    pub database: DbUrl,
    /// Folder below which file sources look for their files.
    pub files_folder: PathBuf,
    /// File with secrets.
    pub secrets_file: PathBuf,
    /// File with the keys of the center.
    pub key_file: PathBuf,
    /// Runs of sources.
    pub runs: RunsConfig,
    /// Accounts and sessions.
    pub accounts: AccountsConfig,
    /// Sign-in through the government's own provider of identities.
    pub sso: SsoConfig,
    /// Limits of user SQL.
    pub query: QueryConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// How long things are kept.
    pub privacy: PrivacyConfig,
    /// Maps.
    pub maps: MapsConfig,
    /// The server that takes mail; `None`: no mail leaves.
    pub mail: Option<MailConfig>,
    /// Reports that are made by themselves.
    pub paper: PaperConfig,
    /// Log level directives.
    pub log_level: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Each key with its value and the layer that set it, for `pendopo doctor`.
    pub origins: BTreeMap<String, (String, String)>,
}

/// Runs of sources.
#[derive(Debug, Clone)]
pub struct RunsConfig {
    /// Runs that may go on at the same time.
    pub at_once: usize,
    /// Read sources on their schedules.
    pub scheduled: bool,
    /// Longest answer accepted, in bytes.
    pub max_answer_bytes: u64,
    /// After this long a run is given up.
    pub timeout: Duration,
    /// Longest file accepted by an import, in bytes.
    pub max_import_bytes: u64,
}

/// Accounts and sessions.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// Who must give a second factor.
    pub second_factor: SecondFactor,
    /// A session ends after so long without a request.
    pub session_idle: Duration,
    /// A session ends after so long whatever happens.
    pub session_life: Duration,
    /// An invitation works for so long.
    pub invitation_life: Duration,
    /// Sorted list of hashes of passwords known from breaches; `None`: there is none.
    pub breached_passwords: Option<PathBuf>,
}

impl AccountsConfig {
    /// [`AccountsConfig::session_idle`] in milliseconds.
    pub fn idle_ms(&self) -> i64 {
        millis(self.session_idle)
    }

    /// [`AccountsConfig::session_life`] in milliseconds.
    pub fn life_ms(&self) -> i64 {
        millis(self.session_life)
    }

    /// [`AccountsConfig::invitation_life`] in milliseconds.
    pub fn invitation_ms(&self) -> i64 {
        millis(self.invitation_life)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// How long things are kept.
#[derive(Debug, Clone)]
pub struct PrivacyConfig {
    /// Answers of services.
    pub keep_answers: jiff::SignedDuration,
    /// Refused rows.
    pub keep_refused: jiff::SignedDuration,
    /// After this hour of the day what is past its time is taken away.
    pub retention_hour: i8,
}

/// Maps.
#[derive(Debug, Clone)]
pub struct MapsConfig {
    /// PMTiles file of the base map; `None`: there is none.
    pub base: Option<PathBuf>,
    /// Whose data the base map is made of, instead of what the file says.
    pub attribution: Option<String>,
}

/// Limits of user SQL.
#[derive(Debug, Clone)]
pub struct QueryConfig {
    /// After this long a statement is given up.
    pub timeout: Duration,
    /// Rows returned at most.
    pub max_rows: usize,
}

/// What flags of the command line may override.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data`.
    pub data_folder: Option<PathBuf>,
    /// `--database`.
    pub database: Option<String>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
}

impl Config {
    /// Reads all layers: defaults, system file, named file, environment, flags.
    ///
    /// # Errors
    /// When a file can't be read, a key is unknown or a value is of the wrong kind; the message names
    /// the layer and the key.
    pub fn load(overrides: &Overrides) -> anyhow::Result<Config> {
        let mut layers = Layers::default();
        layers.add("default", DEFAULTS.parse().context("the built-in defaults")?)?;
        let system = Path::new(SYSTEM_FILE);
        if system.exists() {
            layers.add_file(system)?;
        }
        if let Some(file) = &overrides.file {
            layers.add_file(file)?;
        }
        layers.add_environment(std::env::vars())?;
        layers.add("flag", overrides.as_table())?;
        layers.resolve()
    }

    /// The defaults over one data folder; nothing is read from the machine.
    #[cfg(test)]
    pub fn for_testing(data_folder: &Path) -> anyhow::Result<Config> {
        let mut layers = Layers::default();
        layers.add("default", DEFAULTS.parse()?)?;
        let overrides = Overrides { data_folder: Some(data_folder.to_owned()), ..Overrides::default() };
        layers.add("test", overrides.as_table())?;
        layers.resolve()
    }
}

impl Overrides {
    fn as_table(&self) -> toml::Table {
        let mut table = toml::Table::new();
        let mut set = |section: &str, key: &str, value: Option<String>| {
            if let Some(value) = value {
                let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
                if let Some(section) = section.as_table_mut() {
                    section.insert(key.to_owned(), value.into());
                }
            }
        };
        set("data", "folder", self.data_folder.as_ref().map(|path| path.to_string_lossy().into_owned()));
        set("data", "database", self.database.clone());
        set("server", "listen", self.listen.map(|address| address.to_string()));
        table
    }
}

/// The merged table and, per key, the layer that set it.
#[derive(Default)]
struct Layers {
    merged: toml::Table,
    origins: BTreeMap<String, String>,
}

impl Layers {
    fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let table = text.parse().with_context(|| format!("{} is not valid TOML", path.display()))?;
        self.add(&path.display().to_string(), table)
    }

    fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) -> anyhow::Result<()> {
        for (name, text) in variables {
            let Some(path) = name.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
            let Some((section, key)) = path.split_once("__") else {
                bail!("{name}: expected PENDOPO__SECTION__KEY");
            };
            let (section, key) = (section.to_lowercase(), key.to_lowercase());
            let known = self.merged.get(&section).and_then(|section| section.get(&key));
            let value = match known {
                Some(toml::Value::Integer(_)) => text.parse().map(toml::Value::Integer).ok(),
                Some(toml::Value::Boolean(_)) => text.parse().map(toml::Value::Boolean).ok(),
                Some(toml::Value::Array(_)) => {
                    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                    Some(items.map(toml::Value::from).collect::<Vec<_>>().into())
                }
                _ => Some(toml::Value::String(text.clone())),
            };
            let value = value.with_context(|| format!("{name}: `{text}` is not of the right kind"))?;
            let table = toml::Table::from_iter([(section, toml::Table::from_iter([(key, value)]).into())]);
            self.add(&name, table)?;
        }
        Ok(())
    }

    fn add(&mut self, layer: &str, table: toml::Table) -> anyhow::Result<()> {
        let first = self.merged.is_empty();
        for (section, values) in table {
            let toml::Value::Table(values) = values else {
                bail!("{layer}: `{section}` stands outside a section");
            };
            for (key, value) in values {
                let path = format!("{section}.{key}");
                if !first && !self.origins.contains_key(&path) {
                    let hint = closest(&path, self.origins.keys().map(String::as_str));
                    bail!("{layer}: unknown setting `{path}`{hint}");
                }
                let section = self.merged.entry(section.clone()).or_insert_with(|| toml::Table::new().into());
                if let Some(section) = section.as_table_mut() {
                    section.insert(key, value);
                }
                self.origins.insert(path, layer.to_owned());
            }
        }
        Ok(())
    }

    fn resolve(self) -> anyhow::Result<Config> {
        let settings: Settings = self
            .merged
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| anyhow::anyhow!("settings: {}", error.message()))?;
        let folder = settings.data.folder;
        let below =
            |path: PathBuf, name: &str| if path.as_os_str().is_empty() { folder.join(name) } else { path };
        let database = match settings.data.database.as_str() {
            "sqlite" => DbUrl::Sqlite(folder.join("pendopo.db")),
            text => text.parse().map_err(|error| anyhow::anyhow!("data.database: {error}"))?,
        };
        let mut origins = BTreeMap::new();
        for (path, layer) in self.origins {
            let value = path
                .split_once('.')
                .and_then(|(section, key)| self.merged.get(section)?.get(key))
                .map_or_else(String::new, toml::Value::to_string);
            origins.insert(path, (value, layer));
        }
        let minutes = |count: u32| Duration::from_secs(u64::from(count) * 60);
        // At least a day: a run that has just ended must be traceable.
        let days = |count: u32| jiff::SignedDuration::from_hours(24 * i64::from(count.max(1)));
        let mib = |count: u64| count.saturating_mul(1024 * 1024);
        let listen = settings.server.listen;
        let web = WebConfig::resolve(settings.server, settings.limits)?;
        let mail = settings.mail.checked()?;
        Ok(Config {
            listen,
            sso: settings.sso.checked(&web)?,
            paper: settings.paper.checked(mail.as_ref())?,
            mail,
            web,
            database,
            files_folder: below(settings.data.files, "files"),
            secrets_file: below(settings.data.secrets_file, "secrets.env"),
            key_file: below(settings.data.key_file, "key"),
            audit: AuditConfig {
                anchor_file: below(settings.audit.anchor_file, "audit-anchor.log"),
                anchor_entries: i64::from(settings.audit.anchor_entries),
                outward: OutwardConfig {
                    heads_url: Some(settings.audit.send_heads_to).filter(|url| !url.is_empty()),
                    entries_url: Some(settings.audit.send_entries_to).filter(|url| !url.is_empty()),
                    allow_networks: AllowedNetworks::parse(&settings.audit.send_allow_networks).map_err(
                        |text| anyhow::anyhow!("audit.send_allow_networks: `{text}` is not a network"),
                    )?,
                },
            },
            data_folder: folder,
            runs: RunsConfig {
                at_once: settings.runs.at_once.max(1),
                scheduled: settings.runs.scheduled,
                max_answer_bytes: mib(settings.runs.max_answer_mib),
                timeout: Duration::from_secs(settings.runs.timeout_secs),
                max_import_bytes: mib(settings.runs.max_import_mib),
            },
            accounts: AccountsConfig {
                second_factor: settings.accounts.second_factor,
                session_idle: minutes(settings.accounts.session_idle_mins),
                session_life: minutes(settings.accounts.session_days.saturating_mul(24 * 60)),
                invitation_life: minutes(settings.accounts.invitation_hours.saturating_mul(60)),
                breached_passwords: Some(settings.accounts.breached_passwords)
                    .filter(|path| !path.as_os_str().is_empty()),
            },
            privacy: PrivacyConfig {
                keep_answers: days(settings.privacy.keep_answers_days),
                keep_refused: days(settings.privacy.keep_refused_days),
                retention_hour: settings.privacy.retention_hour.clamp(0, 23),
            },
            query: QueryConfig {
                timeout: Duration::from_secs(settings.query.timeout_secs),
                max_rows: settings.query.max_rows,
            },
            maps: MapsConfig {
                base: Some(settings.maps.base).filter(|path| !path.as_os_str().is_empty()),
                attribution: Some(settings.maps.attribution).filter(|words| !words.is_empty()),
            },
            log_level: settings.log.level,
            log_format: settings.log.format,
            origins,
        })
    }
}

/// ", did you mean `x`?" when one of `known` is close to `word`, else nothing.
pub fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= 1 + word.len() / 4)
        .map_or_else(String::new, |(_, candidate)| format!(", did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layered(environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        let mut layers = Layers::default();
        layers.add("default", DEFAULTS.parse()?)?;
        layers.add_environment(environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?;
        layers.resolve()
    }

    #[test]
    fn layers_override_and_remember_their_origin() {
        let config = layered(&[("PENDOPO__RUNS__AT_ONCE", "7"), ("HOME", "/x")]).unwrap();
        assert_eq!(config.runs.at_once, 7);
        assert_eq!(config.origins["runs.at_once"].1, "PENDOPO__RUNS__AT_ONCE");
        assert_eq!(config.origins["server.listen"].1, "default");
        assert_eq!(config.files_folder, Path::new("data/files"));
    }

    #[test]
    fn plain_http_leaves_this_machine_only_when_told_to() {
        let elsewhere: SocketAddr = "0.0.0.0:80".parse().unwrap();
        let check = |environment: &[(&str, &str)], refused: bool| {
            let web = layered(environment).unwrap().web;
            assert_eq!(web.refusal(elsewhere).is_some(), refused, "{environment:?}");
            assert_eq!(web.refusal("[::1]:80".parse().unwrap()), None);
        };
        let tls = [("PENDOPO__SERVER__TLS_CERTIFICATE", "c.pem"), ("PENDOPO__SERVER__TLS_KEY", "k.pem")];
        check(&[], true);
        check(&tls, false);
        check(&[("PENDOPO__SERVER__ALLOW_PLAIN_HTTP", "true")], false);
        assert!(layered(&tls[..1]).is_err(), "a certificate without a key");
        let web = layered(&[("PENDOPO__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")]).unwrap().web;
        assert_eq!(web.trusted_proxies.len(), 2);
        assert!(layered(&[("PENDOPO__SERVER__TRUSTED_PROXIES", "10.0.0.1/99")]).is_err());
    }

    #[test]
    fn unknown_and_malformed_keys_are_named() {
        let error = layered(&[("PENDOPO__RUNS__AT_ONCES", "7")]).unwrap_err().to_string();
        assert!(error.contains("runs.at_onces") && error.contains("did you mean `runs.at_once`"), "{error}");
        let error = layered(&[("PENDOPO__RUNS__AT_ONCE", "many")]).unwrap_err().to_string();
        assert!(error.contains("PENDOPO__RUNS__AT_ONCE"), "{error}");
        let error =
            layered(&[("PENDOPO__AUDIT__SEND_ALLOW_NETWORKS", "10.0.0.1/99")]).unwrap_err().to_string();
        assert!(error.contains("audit.send_allow_networks") && error.contains("10.0.0.1/99"), "{error}");
    }
}
