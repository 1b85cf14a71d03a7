//! TLS by rustls: 1.2 and 1.3, HTTP/2 and HTTP/1.1, and certificate files that may change at any time.

use crate::{
    config::TlsFiles,
    vault::{FileMark, refuse_open_file},
};
use anyhow::{Context, ensure};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use std::{
    fs::File,
    io::Read,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio_rustls::TlsAcceptor;
use x509_cert::{Certificate, der::Decode};

/// How HTTP/2 is named in the handshake.
pub(super) const HTTP2: &[u8] = b"h2";

/// What new connections are greeted with. Clones share it.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// The certificate shown to those who connect; exchanged when the files change.
#[derive(Debug)]
struct Shown {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
    marks: Mutex<Marks>,
}

type Marks = [Option<FileMark>; 2];

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// When a file is missing, not PEM, readable by others (the key), or the two do not belong together.
    pub fn open(files: &TlsFiles) -> anyhow::Result<Tls> {
        let marks = marks(files);
        let current = RwLock::new(Arc::new(load(files)?));
        let shown = Arc::new(Shown { files: files.clone(), current, marks: Mutex::new(marks) });
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        config.ticketer = ring::Ticketer::new()?;
        let tls = Tls { acceptor: TlsAcceptor::from(Arc::new(config)), shown };
        tls.report_end();
        Ok(tls)
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Takes over changed files for new connections. A change that does not hold together, such as a new
    /// certificate whose key is not there yet, is logged once and the former pair stays in use.
    pub fn refresh(&self) {
        let now = marks(&self.shown.files);
        {
            let mut seen = self.shown.marks.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == now {
                return;
            }
            *seen = now;
        }
        match load(&self.shown.files) {
            Ok(fresh) => {
                *self.shown.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                tracing::info!("the changed certificate is in use");
                self.report_end();
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the changed certificate is refused; the former one stays in use");
            }
        }
    }

    fn report_end(&self) {
        if let Ok(end) = certificate_end(&self.shown.files.certificate) {
            metrics::gauge!("pendopo_tls_certificate_end_seconds").set(end.as_second() as f64);
        }
    }
}

fn marks(files: &TlsFiles) -> Marks {
    [&files.certificate, &files.key].map(|file| FileMark::of(file).ok())
}

fn load(files: &TlsFiles) -> anyhow::Result<CertifiedKey> {
    let chain = read_chain(&files.certificate)?;
    let shown = files.key.display();
    let mut file = File::open(&files.key).with_context(|| format!("cannot open server.tls_key {shown}"))?;
    refuse_open_file(&files.key, &file.metadata()?)?;
    let mut pem = zeroize::Zeroizing::new(Vec::new());
    file.read_to_end(&mut pem).with_context(|| format!("cannot read {shown}"))?;
    // The parser's own message could quote the file.
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| anyhow::anyhow!("{shown} holds no private key in PEM without a password"))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .with_context(|| format!("{shown} is not the key of {}", files.certificate.display()))
}

fn read_chain(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let shown = file.display();
    let pem = std::fs::read(file).with_context(|| format!("cannot read server.tls_certificate {shown}"))?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| anyhow::anyhow!("{shown} is not PEM: {error}"))?;
    ensure!(!chain.is_empty(), "{shown} holds no certificate in PEM");
    Ok(chain)
}

/// When the server's certificate in this file ends.
///
/// # Errors
/// When the file holds no certificate.
pub fn certificate_end(file: &Path) -> anyhow::Result<jiff::Timestamp> {
    let chain = read_chain(file)?;
    let first = chain.first().context("no certificate")?;
    let certificate =
        Certificate::from_der(first).with_context(|| format!("{} is no certificate", file.display()))?;
    let end = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Ok(jiff::Timestamp::from_second(i64::try_from(end.as_secs())?)?)
}
