//! Whom a source is believed to be on an encrypted connection: whoever the machine's authorities vouch for,
//! or an authority of its own, or one certificate by its fingerprint. Never just anybody.

use super::{FetchProblem, Fetcher, file::find_file, http};
use pendopo_connectors::connection::Trust;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use sha2::{Digest, Sha256};
use std::{path::PathBuf, sync::Arc};

/// What a source trusts instead of the machine's authorities.
#[derive(Debug, Clone)]
pub(super) struct Trusted {
    /// For connections under rustls.
    pub(super) settings: ClientConfig,
    /// The file of authorities, for a client that reads it by itself.
    pub(super) authorities: Option<PathBuf>,
}

impl Fetcher {
    /// Reads what the source's definition says about trust; `None` when it says nothing.
    pub(super) fn trusted(&self, trust: Trust<'_>) -> Result<Option<Trusted>, FetchProblem> {
        http::install_tls();
        match trust {
            Trust::Machine => Ok(None),
            Trust::Authorities(path) => self.authorities(path).map(Some),
            Trust::Certificate(fingerprint) => {
                let provider = Arc::new(ring::default_provider());
                let pinned = Pinned { fingerprint, provider: provider.clone() };
                let builder = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .map_err(|error| unusable("", &error.to_string()))?;
                let verified = builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned));
                Ok(Some(Trusted { settings: verified.with_no_client_auth(), authorities: None }))
            }
        }
    }

    fn authorities(&self, path: &str) -> Result<Trusted, FetchProblem> {
        let found = find_file(&self.files_folder, path)?;
        let wrong = |detail: &str| unusable(path, detail);
        let mut roots = RootCertStore::empty();
        let read = CertificateDer::pem_file_iter(found.path()).map_err(|error| wrong(&error.to_string()))?;
        for certificate in read {
            let certificate = certificate.map_err(|error| wrong(&error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(&error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("it holds no certificate in PEM form"));
        }
        let settings = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Trusted { settings, authorities: Some(found.path().to_owned()) })
    }
}

fn unusable(path: &str, detail: &str) -> FetchProblem {
    FetchProblem::UnreadableFile { path: path.to_owned(), detail: detail.to_owned() }
}

/// Believes one certificate and no other. Its name and its dates prove nothing more than the fingerprint
/// does; that the server holds its key is proved as ever.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Sha256::digest(certificate.as_ref()).as_slice() == self.fingerprint.as_slice() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
