//! How the center is reached from the network: addresses, TLS, proxies, limits.

use ipnet::IpNet;
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// `[server]` as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerSettings {
    pub(super) listen: SocketAddr,
    allow_plain_http: bool,
    trusted_proxies: Vec<IpNet>,
    tls_certificate: PathBuf,
    tls_key: PathBuf,
    security_contact: String,
    hsts_subdomains: bool,
    public_url: String,
}

/// `[limits]` as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitSettings {
    connections: usize,
    connections_per_address: usize,
    requests_at_once: usize,
    requests_per_minute: u32,
    costly_requests_per_minute: u32,
    sign_ins_per_minute: u32,
    header_timeout_secs: u64,
    body_timeout_secs: u64,
    max_body_kib: usize,
    max_push_kib: usize,
    max_headers: usize,
    max_header_kib: usize,
}

/// How the center is reached from the network.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Serve without TLS to other machines as well.
    pub allow_plain_http: bool,
    /// Networks whose word is taken on who asks and whether the way was encrypted.
    pub trusted_proxies: Vec<IpNet>,
    /// Certificate chain and key; `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Browsers are told that hosts below the center's own are reached by TLS alone, too.
    pub hsts_subdomains: bool,
    /// Whom to write to about weaknesses: `mailto:` or `https://`; empty for nobody.
    pub security_contact: String,
    /// Where people find the center; passkeys are tied to it.
    pub public_url: Option<PublicUrl>,
    /// What one reader and all readers together may ask for.
    pub limits: Limits,
}

/// Where people find the center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// The host name alone: `pusat.example.go.id`.
    pub host: String,
    /// Scheme, host and, where it is not the usual one, port: `https://pusat.example.go.id`.
    pub origin: String,
}

impl PublicUrl {
    /// Reads `https://name[:port]`, or `http://localhost[:port]` for trying out; empty is none.
    fn read(text: &str) -> anyhow::Result<Option<PublicUrl>> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || {
            anyhow::anyhow!(
                "server.public_url: `{text}` is not an address such as https://pusat.example.go.id: a name \
                 (not a number) by https, or http://localhost, without a path"
            )
        };
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let host = url.domain().ok_or_else(wrong)?.to_owned();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let safe = url.scheme() == "https" || (url.scheme() == "http" && host == "localhost");
        let plain = url.username().is_empty() && url.password().is_none();
        anyhow::ensure!(bare && safe && plain, wrong());
        Ok(Some(PublicUrl { host, origin: url.origin().ascii_serialization() }))
    }
}

/// Where certificate and key lie, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the server, then those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key, readable by its owner alone.
    pub key: PathBuf,
}

/// What one reader and all readers together may ask for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections in all.
    pub connections: usize,
    /// Open connections of one address.
    pub connections_per_address: usize,
    /// Requests being answered at the same time.
    pub requests_at_once: usize,
    /// Requests of one address in a minute; half of them may come at once.
    pub requests_per_minute: u32,
    /// The same for what costs much: exports, large lists.
    pub costly_requests_per_minute: u32,
    /// The same for signing in.
    pub sign_ins_per_minute: u32,
    /// Longest time for the head of a request.
    pub header_timeout: Duration,
    /// Longest time for the body of a request.
    pub body_timeout: Duration,
    /// Largest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// Largest body of rows that are sent, in bytes.
    pub max_push_bytes: usize,
    /// Most header lines.
    pub max_headers: usize,
    /// Most bytes of all header lines.
    pub max_header_bytes: usize,
}

#[cfg(test)]
impl Limits {
    /// For tests that ask more in a minute than any office does.
    pub fn lift_for_testing(&mut self) {
        (self.requests_per_minute, self.costly_requests_per_minute, self.sign_ins_per_minute) = (0, 0, 0);
        self.requests_at_once = 10_000;
    }
}

impl WebConfig {
    pub(super) fn resolve(server: ServerSettings, limits: LimitSettings) -> anyhow::Result<WebConfig> {
        let named = |path: &PathBuf| !path.as_os_str().is_empty();
        let tls = match (named(&server.tls_certificate), named(&server.tls_key)) {
            (true, true) => Some(TlsFiles { certificate: server.tls_certificate, key: server.tls_key }),
            (false, false) => None,
            _ => anyhow::bail!("server.tls_certificate and server.tls_key are set together or not at all"),
        };
        let contact = server.security_contact;
        let known = ["mailto:", "https://", "tel:"].iter().any(|scheme| contact.starts_with(scheme));
        anyhow::ensure!(
            contact.is_empty() || (known && !contact.contains(char::is_whitespace)),
            "server.security_contact: `{contact}` is not a mailto:, https:// or tel: address"
        );
        Ok(WebConfig {
            public_url: PublicUrl::read(&server.public_url)?,
            hsts_subdomains: server.hsts_subdomains,
            security_contact: contact,
            allow_plain_http: server.allow_plain_http,
            trusted_proxies: server.trusted_proxies,
            tls,
            limits: limits.resolve(),
        })
    }

    /// Why the center must not listen on `address`, if so.
    pub fn refusal(&self, address: SocketAddr) -> Option<String> {
        let safe = address.ip().is_loopback() || self.tls.is_some() || self.allow_plain_http;
        (!safe).then(|| {
            format!(
                "without TLS the center listens on this machine alone, and {address} can be reached from others. \
                 Set server.tls_certificate and server.tls_key; or, behind a reverse proxy with TLS or in a \
                 closed container network, server.allow_plain_http = true and server.trusted_proxies"
            )
        })
    }
}

impl LimitSettings {
    fn resolve(self) -> Limits {
        Limits {
            connections: self.connections.max(1),
            connections_per_address: self.connections_per_address.max(1),
            requests_at_once: self.requests_at_once.max(1),
            requests_per_minute: self.requests_per_minute,
            costly_requests_per_minute: self.costly_requests_per_minute,
            sign_ins_per_minute: self.sign_ins_per_minute,
            header_timeout: Duration::from_secs(self.header_timeout_secs.max(1)),
            body_timeout: Duration::from_secs(self.body_timeout_secs.max(1)),
            max_body_bytes: self.max_body_kib.saturating_mul(1024),
            max_push_bytes: self.max_push_kib.saturating_mul(1024),
            max_headers: self.max_headers.max(16),
            // The reader of HTTP/1.1 needs room for one head of usual size.
            max_header_bytes: self.max_header_kib.max(8).saturating_mul(1024),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_address_is_a_name_by_https() {
        let read = |text: &str| PublicUrl::read(text).ok().map(|url| url.map(|url| (url.host, url.origin)));
        let known = |host: &str, origin: &str| Some(Some((host.to_owned(), origin.to_owned())));
        assert_eq!(read(""), Some(None));
        assert_eq!(read("https://Pusat.go.id"), known("pusat.go.id", "https://pusat.go.id"));
        assert_eq!(read("https://pusat.go.id:443/"), known("pusat.go.id", "https://pusat.go.id"));
        assert_eq!(read("https://pusat.go.id:8443"), known("pusat.go.id", "https://pusat.go.id:8443"));
        assert_eq!(read("http://localhost:8600"), known("localhost", "http://localhost:8600"));
        for wrong in [
            "pusat.go.id",
            "http://pusat.go.id",
            "https://10.0.0.7",
            "https://[::1]",
            "https://pusat.go.id/masuk",
            "https://pusat.go.id/?a",
            "https://a:b@pusat.go.id",
            "ftp://localhost",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
