//! How the connection to a PostgreSQL server is protected. On this machine plain text is enough; to any other
//! the connection is TLS and the server shows a certificate for its name, unless the URL says otherwise.

use super::{DbError, error::chain};
use postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{fmt::Display, net::IpAddr, sync::Arc};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A server and how one speaks to it.
pub(super) struct Place {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// What the URL says about TLS, taken out of it: the library knows neither all of libpq's modes nor the file
/// of authorities.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    mode: Option<Mode>,
    authorities: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Verified,
}

impl Place {
    /// Reads a URL. `sslmode`: `disable`, or `require`, `verify-ca` and `verify-full`, which all mean a verified
    /// certificate for the host's name. `sslrootcert`: a PEM file with the authorities to trust instead of the
    /// system's.
    ///
    /// # Errors
    /// When the URL, a mode or the file cannot be used, in words for whoever wrote it.
    pub(super) fn of(url: &str) -> Result<Place, DbError> {
        let (rest, wish) = Wish::of(url)?;
        let mut config: Config = rest.parse()?;
        config.application_name("pendopo");
        let tls = match wish.mode.unwrap_or_else(|| usual(&config)) {
            Mode::Plain => None,
            Mode::Verified => Some(MakeRustlsConnect::new(settings(wish.authorities.as_deref())?)),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Place { config, tls })
    }

    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }

    /// Why there is no connection, with what to do when it is about TLS.
    pub(super) fn explain(&self, error: postgres::Error) -> DbError {
        let said = chain(&error);
        let hosts: Vec<&str> = self.config.get_hosts().iter().map(name).collect();
        let hosts = hosts.join(", ");
        if self.tls.is_none() {
            let wants_tls = said.contains("no encryption") || said.contains("SSL off");
            return if wants_tls {
                DbError::Other(format!(
                    "the PostgreSQL server at {hosts} wants TLS: write sslmode=verify-full into the URL of the \
                     database ({said})"
                ))
            } else {
                error.into()
            };
        }
        if said.contains("does not support TLS") {
            return DbError::Other(format!(
                "the PostgreSQL server at {hosts} offers no TLS: turn it on there (ssl = on), or, only in a \
                 network that nobody else can reach, write sslmode=disable into the URL of the database"
            ));
        }
        if said.contains("certificate") {
            return DbError::Other(format!(
                "the certificate of the PostgreSQL server at {hosts} is not trusted or is for another name: use \
                 the name it is made for, or name the file of its authority (sslrootcert=/folder/ca.pem in the \
                 URL of the database) ({said})"
            ));
        }
        error.into()
    }
}

impl Wish {
    /// Gives the URL without what was taken out of it.
    fn of(url: &str) -> Result<(String, Wish), DbError> {
        let mut wish = Wish::default();
        // A `?` before the `@` belongs to a password.
        let place = url.find('@').unwrap_or(0);
        let Some(at) = url.get(place..).and_then(|rest| rest.find('?')).map(|at| place + at) else {
            return Ok((url.to_owned(), wish));
        };
        let (before, query) = (&url[..at], &url[at + 1..]);
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => wish.mode = Some(Mode::of(mode)?),
                Some(("sslrootcert", "system")) => wish.authorities = None,
                Some(("sslrootcert", file)) => wish.authorities = Some(unescaped(file)),
                _ => kept.push(pair),
            }
        }
        let rest = if kept.is_empty() { before.to_owned() } else { format!("{before}?{}", kept.join("&")) };
        Ok((rest, wish))
    }
}

impl Mode {
    fn of(text: &str) -> Result<Mode, DbError> {
        match text {
            "disable" => Ok(Mode::Plain),
            "require" | "verify-ca" | "verify-full" => Ok(Mode::Verified),
            "allow" | "prefer" => Err(DbError::Other(format!(
                "sslmode={text} gives up TLS without a word when the server offers none: write verify-full, or \
                 disable"
            ))),
            _ => Err(DbError::Other(format!("sslmode={text}: expected verify-full or disable"))),
        }
    }
}

/// Plain text within this machine, TLS to any other.
fn usual(config: &Config) -> Mode {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    };
    let addresses_here = config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    if config.get_hosts().iter().all(here) && addresses_here { Mode::Plain } else { Mode::Verified }
}

fn name(host: &Host) -> &str {
    match host {
        Host::Tcp(name) => name,
        Host::Unix(path) => path.to_str().unwrap_or_default(),
    }
}

/// The value of a parameter, with `%2F` and the like read.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match tail {
            [a, b, ..] if *first == b'%' => {
                let digits = [char::from(*a), char::from(*b)].map(|digit| digit.to_digit(16));
                if let [Some(a), Some(b)] = digits { u8::try_from(a * 16 + b).ok() } else { None }
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn settings(authorities: Option<&str>) -> Result<ClientConfig, DbError> {
    let wrong = |error: &dyn Display| DbError::Other(format!("TLS to the database: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    let Some(file) = authorities else {
        let verified = builder.with_platform_verifier().map_err(|error| wrong(&error))?;
        return Ok(verified.with_no_client_auth());
    };
    let unread = |error: &dyn Display| {
        DbError::Other(format!("sslrootcert={file}: no certificates can be read from it ({error})"))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unread(&error))? {
        let certificate = certificate.map_err(|error| unread(&error))?;
        roots.add(certificate).map_err(|error| unread(&error))?;
    }
    if roots.is_empty() {
        return Err(unread(&"it holds none"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks_tls(url: &str) -> bool {
        Place::of(url).unwrap_or_else(|error| panic!("{url}: {error}")).tls.is_some()
    }

    #[test]
    fn plain_text_stays_on_this_machine_unless_told_otherwise() {
        for url in [
            "postgres://pendopo@localhost/center",
            "postgres://pendopo@127.0.0.1:5433/center",
            "postgres://pendopo@[::1]/center",
            "postgres://pendopo@%2Fvar%2Frun%2Fpostgresql/center",
            "postgres://pendopo@db.example/center?sslmode=disable",
        ] {
            assert!(!speaks_tls(url), "{url}");
        }
        for url in [
            "postgres://pendopo@db.example/center",
            "postgres://pendopo:rah?asia@10.0.0.5/center",
            "postgres://pendopo@localhost,db.example/center",
            "postgres://pendopo@localhost/center?hostaddr=10.0.0.5",
            "postgres://pendopo@127.0.0.1.example/center",
            "postgres://pendopo@localhost/center?connect_timeout=5&sslmode=require",
            "postgres://pendopo@localhost/center?sslmode=verify-full",
        ] {
            assert!(speaks_tls(url), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused_in_words() {
        for (wish, said) in [
            ("sslmode=prefer", "sslmode=prefer gives up TLS"),
            ("sslmode=never", "sslmode=never: expected verify-full or disable"),
            (
                "sslmode=verify-full&sslrootcert=%2Ftidak%2Fada.pem",
                "sslrootcert=/tidak/ada.pem: no certificates",
            ),
        ] {
            let error = Place::of(&format!("postgres://pendopo@db.example/center?{wish}")).err().unwrap();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
