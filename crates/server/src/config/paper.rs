//! Settings of mail and of reports that are made by themselves: off until somebody says where they go.

use crate::jobs::schedule::Schedule;
use anyhow::{Context, bail, ensure};
use pendopo_vocab::{Lang, Sensitivity};
use serde::Deserialize;
use std::{collections::BTreeSet, path::PathBuf};

/// `[mail]` as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSettings {
    server: String,
    security: MailSecurity,
    authority: PathBuf,
    user: String,
    from: String,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS after a greeting in the clear; without it nothing is sent.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: for a server on this machine alone.
    None,
}

/// The server that takes the center's mail.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is protected.
    pub security: MailSecurity,
    /// Authorities (PEM) that are trusted besides the system's.
    pub authority: Option<PathBuf>,
    /// The center's name there; the password is a named secret. Empty: none is shown.
    pub user: String,
    /// The sender.
    pub from: String,
}

/// `[paper]` as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaperSettings {
    folder: PathBuf,
    schedule: Vec<ScheduleSettings>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleSettings {
    name: String,
    what: String,
    when: String,
    #[serde(default)]
    shows: Shows,
    #[serde(default)]
    language: String,
    #[serde(default = "yes")]
    to_folder: bool,
    #[serde(default)]
    mail_to: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Which figures a report that leaves the center may hold. Restricted ones never leave it by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shows {
    /// What anybody may see.
    #[default]
    Public,
    /// What the government's own people may see.
    Internal,
}

impl Shows {
    /// The clearance.
    pub fn sensitivity(self) -> Sensitivity {
        match self {
            Shows::Public => Sensitivity::Public,
            Shows::Internal => Sensitivity::Internal,
        }
    }
}

/// Reports that are made by themselves.
#[derive(Debug, Clone, Default)]
pub struct PaperConfig {
    /// Folder into which they are written.
    pub folder: Option<PathBuf>,
    /// Which, when and to whom.
    pub schedule: Vec<Scheduled>,
}

/// One report that is made by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// Its name; also the beginning of its files' names.
    pub name: String,
    /// What is printed.
    pub what: What,
    /// When, in five fields of cron and the center's time zone.
    pub when: String,
    /// Which figures it may hold.
    pub shows: Shows,
    /// Its language.
    pub lang: Lang,
    /// It is written into the folder.
    pub to_folder: bool,
    /// Addresses to which it is sent.
    pub mail_to: Vec<String>,
}

/// What is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The morning brief.
    Brief,
    /// The board called so.
    Board(String),
}

/// The word for the brief in settings.
const BRIEF: &str = "brief";
/// Reports of one center: more is a mistake.
const MOST: usize = 50;
/// Addresses of one report.
const MOST_ADDRESSES: usize = 50;

impl MailSettings {
    /// The server, where there is one.
    pub(super) fn checked(self) -> anyhow::Result<Option<MailConfig>> {
        if self.server.is_empty() {
            return Ok(None);
        }
        let (host, port) = self.server.rsplit_once(':').context("mail.server is `host:port`")?;
        let port = port.parse().ok().filter(|_| !host.is_empty()).context("mail.server is `host:port`")?;
        ensure!(!self.from.is_empty(), "mail.server is set, so mail.from is needed too");
        address("mail.from", &self.from)?;
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if self.security == MailSecurity::None && !here {
            bail!("mail.security = \"none\" is for a server on this machine; use `starttls` or `tls`");
        }
        Ok(Some(MailConfig {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            security: self.security,
            authority: Some(self.authority).filter(|path| !path.as_os_str().is_empty()),
            user: self.user,
            from: self.from,
        }))
    }
}

impl PaperSettings {
    pub(super) fn checked(self, mail: Option<&MailConfig>) -> anyhow::Result<PaperConfig> {
        let folder = Some(self.folder).filter(|path| !path.as_os_str().is_empty());
        ensure!(self.schedule.len() <= MOST, "paper.schedule has more than {MOST} reports");
        let mut names = BTreeSet::new();
        let mut schedule = Vec::new();
        for settings in self.schedule {
            let scheduled = settings.checked(folder.is_some(), mail.is_some())?;
            ensure!(
                names.insert(scheduled.name.clone()),
                "paper.schedule has two reports called `{}`",
                scheduled.name
            );
            schedule.push(scheduled);
        }
        Ok(PaperConfig { folder, schedule })
    }
}

impl ScheduleSettings {
    fn checked(self, has_folder: bool, has_mail: bool) -> anyhow::Result<Scheduled> {
        let name = self.name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure!(
            (1..=40).contains(&name.len()) && name.chars().all(plain),
            "paper.schedule: `{name}` is not a name of small letters, digits and hyphens"
        );
        // The zone is the center's own; whether it is a schedule does not depend on it.
        Schedule::parse(&self.when, jiff::tz::TimeZone::UTC, &name)
            .with_context(|| format!("paper.schedule `{name}`"))?;
        ensure!(self.mail_to.len() <= MOST_ADDRESSES, "paper.schedule `{name}` has too many addresses");
        for to in &self.mail_to {
            address(&format!("paper.schedule `{name}`"), to)?;
        }
        if !self.mail_to.is_empty() && !has_mail {
            bail!("paper.schedule `{name}` has mail_to, so mail.server and mail.from are needed too");
        }
        let to_folder = self.to_folder && has_folder;
        if !to_folder && self.mail_to.is_empty() {
            bail!("paper.schedule `{name}` goes nowhere: set paper.folder or give it mail_to");
        }
        let lang = match self.language.as_str() {
            "" | "id" => Lang::Id,
            "en" => Lang::En,
            other => bail!("paper.schedule `{name}`: language is `id` or `en`, not `{other}`"),
        };
        let what = if self.what == BRIEF { What::Brief } else { What::Board(self.what) };
        Ok(Scheduled {
            name,
            what,
            when: self.when,
            shows: self.shows,
            lang,
            to_folder,
            mail_to: self.mail_to,
        })
    }
}

fn address(place: &str, text: &str) -> anyhow::Result<()> {
    text.parse::<lettre::message::Mailbox>()
        .map(drop)
        .map_err(|error| anyhow::anyhow!("{place}: `{text}` is not an address: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "server = \"mail.contoh.go.id:587\"\nsecurity = \"starttls\"\nauthority = \"\"\nuser = \"pusat\"\n\
                        from = \"Pusat <pusat@contoh.go.id>\"\n";

    fn mail(text: &str) -> anyhow::Result<Option<MailConfig>> {
        toml::from_str::<MailSettings>(text)?.checked()
    }

    fn paper(folder: &str, rest: &str, mail: Option<&MailConfig>) -> anyhow::Result<PaperConfig> {
        let text =
            format!("folder = \"{folder}\"\n[[schedule]]\nname = \"pagi\"\nwhat = \"brief\"\n{rest}\n");
        toml::from_str::<PaperSettings>(&text)?.checked(mail)
    }

    #[test]
    fn mail_is_off_until_server_and_sender_are_known() {
        assert!(mail(&MAIL.replace("mail.contoh.go.id:587", "")).unwrap().is_none());
        let on = mail(MAIL).unwrap().unwrap();
        assert_eq!((on.host.as_str(), on.port), ("mail.contoh.go.id", 587));
        for wrong in [
            MAIL.replace(":587", ""),
            MAIL.replace("Pusat <pusat@contoh.go.id>", ""),
            MAIL.replace("pusat@contoh.go.id", "pusat"),
            MAIL.replace("starttls", "none"),
            MAIL.replace("starttls", "ssl"),
        ] {
            assert!(mail(&wrong).is_err(), "{wrong}");
        }
        let here = MAIL.replace("starttls", "none").replace("mail.contoh.go.id:587", "127.0.0.1:25");
        assert!(mail(&here).unwrap().is_some());
    }

    #[test]
    fn a_report_has_a_time_and_a_place_to_go() {
        let on = mail(MAIL).unwrap();
        let when = "when = \"30 6 * * 1-5\"\n";
        let known = paper("/laporan", when, None).unwrap().schedule.remove(0);
        assert!(known.to_folder && known.what == What::Brief && known.shows == Shows::Public);
        let sent = paper("", &format!("{when}mail_to = [\"sekda@contoh.go.id\"]"), on.as_ref()).unwrap();
        assert!(!sent.schedule[0].to_folder);
        for (folder, rest, with_mail) in [
            ("", when.to_owned(), true),
            ("/laporan", "when = \"often\"".to_owned(), false),
            ("/laporan", format!("{when}mail_to = [\"sekda@contoh.go.id\"]"), false),
            ("/laporan", format!("{when}mail_to = [\"sekda\"]"), true),
            ("/laporan", format!("{when}shows = \"restricted\""), false),
            ("/laporan", format!("{when}language = \"jv\""), false),
            ("/laporan", format!("{when}surprise = true"), false),
        ] {
            assert!(paper(folder, &rest, on.as_ref().filter(|_| with_mail)).is_err(), "{folder} {rest}");
        }
        let twice = format!(
            "folder = \"/x\"\n{0}{0}",
            format!("[[schedule]]\nname = \"a\"\nwhat = \"brief\"\n{when}")
        );
        assert!(toml::from_str::<PaperSettings>(&twice).unwrap().checked(None).is_err());
    }
}
