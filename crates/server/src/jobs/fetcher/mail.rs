//! Mail to the one server that the settings name: over TLS, or to this machine.

use super::Secrets;
use crate::config::{MailConfig, MailSecurity};
use lettre::{
    Message, SmtpTransport, Transport,
    message::{Attachment, MultiPart, SinglePart, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::time::Duration;

/// The named secret with the password at the mail server.
pub const SECRET: &str = "mail";

/// Longest wait for one answer of the server.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A letter with one file.
#[derive(Debug, Clone)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The file's name.
    pub file_name: String,
    /// The file's media type.
    pub file_kind: &'static str,
    /// The file.
    pub file: Vec<u8>,
    /// What tells it from every other: the same letter sent again has the same, so that it can be recognised.
    pub id: String,
}

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailProblem {
    /// The settings, or a file that they name, are wrong.
    #[error("{0}")]
    Settings(String),
    /// The server was not reached, or the way to it could not be protected.
    #[error("{0}")]
    Unreachable(String),
    /// The server refused it.
    #[error("{0}")]
    Refused(String),
}

/// Sends one letter. Blocks for as long as the server takes.
///
/// # Errors
/// [`MailProblem`]; no secret is in it.
pub fn send(config: &MailConfig, secrets: &Secrets, letter: &Letter) -> Result<(), MailProblem> {
    let message = write(config, letter).map_err(MailProblem::Settings)?;
    let mut server = SmtpTransport::builder_dangerous(&config.host)
        .port(config.port)
        .timeout(Some(TIMEOUT))
        .tls(protection(config).map_err(MailProblem::Settings)?);
    if !config.user.is_empty() {
        let password = secrets
            .get(SECRET)
            .map_err(|_| MailProblem::Settings(format!("the secret `{SECRET}` is not set")))?;
        server = server.credentials(Credentials::new(config.user.clone(), password.to_owned()));
    }
    match server.build().send(&message) {
        Ok(_) => Ok(()),
        Err(error) => {
            let said = secrets.redact(&with_causes(&error));
            // What the server itself said is a refusal; everything else happened on the way to it.
            let refused = error.is_permanent() || error.is_transient();
            Err(if refused { MailProblem::Refused(said) } else { MailProblem::Unreachable(said) })
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}

fn protection(config: &MailConfig) -> Result<Tls, String> {
    let parameters = || -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(config.host.clone());
        if let Some(file) = &config.authority {
            let said = |error: &dyn std::fmt::Display| format!("mail.authority {}: {error}", file.display());
            let pem = std::fs::read(file).map_err(|error| said(&error))?;
            builder =
                builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| said(&error))?);
        }
        builder.build_rustls().map_err(|error| error.to_string())
    };
    Ok(match config.security {
        MailSecurity::None => Tls::None,
        MailSecurity::Starttls => Tls::Required(parameters()?),
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
    })
}

fn write(config: &MailConfig, letter: &Letter) -> Result<Message, String> {
    let said = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    let kind = ContentType::parse(letter.file_kind).map_err(|error| said(letter.file_kind, &error))?;
    let body = MultiPart::mixed()
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(Attachment::new(letter.file_name.clone()).body(letter.file.clone(), kind));
    let host = config.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
    Message::builder()
        .from(config.from.parse().map_err(|error| said("mail.from", &error))?)
        .to(letter.to.parse().map_err(|error| said(&letter.to, &error))?)
        .subject(letter.subject.clone())
        .message_id(Some(format!("<{}@{host}>", letter.id)))
        .multipart(body)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> Letter {
        Letter {
            to: "sekda@uji.go.id".to_owned(),
            subject: text.to_owned(),
            text: text.to_owned(),
            file_name: text.to_owned(),
            file_kind: "application/pdf",
            file: b"%PDF".to_vec(),
            id: "abc".to_owned(),
        }
    }

    fn config() -> MailConfig {
        MailConfig {
            host: "127.0.0.1".to_owned(),
            port: 25,
            security: MailSecurity::None,
            authority: None,
            user: String::new(),
            from: "Pusat Uji <pusat@uji.go.id>".to_owned(),
        }
    }

    /// Subjects and names come from packs, which somebody else may have written.
    #[test]
    fn no_letter_gets_a_header_that_was_not_meant() {
        let headers = |text: &str| {
            let written = write(&config(), &letter(text)).unwrap().formatted();
            let written = String::from_utf8(written).unwrap();
            let (head, _) = written.split_once("\r\n\r\n").unwrap();
            let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let mut names: Vec<String> =
                names.map(|line| line.split(':').next().unwrap().to_lowercase()).collect();
            names.sort();
            (names, written)
        };
        let (usual, _) = headers("Laporan pagi");
        assert!(usual.contains(&"message-id".to_owned()), "{usual:?}");
        for text in [
            "Laporan\r\nBcc: orang@lain.id",
            "Laporan\nBcc: orang@lain.id",
            "Laporan\rBcc: orang@lain.id",
            "\r\n\r\nisi sendiri",
            "Laporan\u{0}\u{2028}Bcc: orang@lain.id",
            "\"; filename=\"x.exe",
            ".\r\nQUIT\r\n",
        ] {
            let (names, written) = headers(text);
            assert_eq!(names, usual, "{text:?}");
            assert_eq!(written.matches("Content-Disposition").count(), 1, "{written}");
        }
        for to in ["", "sekda", "sekda@uji.go.id\r\nBcc: x@y.id", "a@b.id, c@d.id"] {
            assert!(write(&config(), &Letter { to: to.to_owned(), ..letter("x") }).is_err(), "{to}");
        }
    }
}
