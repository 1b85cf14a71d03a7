//! Services whose certificates no authority of the machine vouches for: read with TLS on, from whoever the
//! source's definition trusts and nobody else.

use super::*;
use pendopo_connectors::connection::{DatabaseOptions, JsonOptions, Location};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sha2::{Digest, Sha256};
use std::path::Path;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

struct Certificate {
    pem: String,
    key: String,
}

impl Certificate {
    fn fingerprint(&self) -> String {
        let der = CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap();
        let digest = Sha256::digest(&der);
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    params
}

fn self_signed(params: CertificateParams) -> Certificate {
    let key = KeyPair::generate().unwrap();
    Certificate { pem: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// An authority's certificate, and one for `name` that it signed.
fn signed(name: &str) -> (String, Certificate) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Diskominfo");
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let leaf = params(name).signed_by(&own, &issuer).unwrap().pem();
    (pem, Certificate { pem: leaf, key: own.serialize_pem() })
}

/// A service on this machine that speaks TLS with this certificate; gives its port.
async fn service(certificate: &Certificate) -> u16 {
    install();
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let settings =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(settings));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not believe the certificate hangs up here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let body = r#"[{"kode":"33.16","jumlah":7}]"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    port
}

fn install() {
    http::install_tls();
}

/// What comes of asking with this trust: rows, or the code of the problem.
async fn asked(
    folder: &Path,
    port: u16,
    ca_file: Option<&str>,
    pin: Option<String>,
) -> Result<usize, &'static str> {
    let connection = Connection::Json(JsonOptions {
        location: Location {
            url: Some(format!("https://localhost:{port}/gizi")),
            ca_file: ca_file.map(str::to_owned),
            certificate_sha256: pin,
            ..Location::default()
        },
        ..JsonOptions::default()
    });
    let bounds = Bounds { attempts: 1, timeout: Duration::from_secs(20), ..patient() };
    outcome(&connection, fetch_with(&fetcher(folder), &connection, &bounds).await)
}

fn patient() -> Bounds {
    Bounds { connect_timeout: Duration::from_secs(10), idle_timeout: Duration::from_secs(10), ..short() }
}

fn outcome(connection: &Connection, fetched: Result<Fetched, FetchFailure>) -> Result<usize, &'static str> {
    match fetched {
        Ok(mut fetched) => Ok(rows_of(connection, &mut fetched).0.rows.len()),
        Err(FetchFailure::Fetch(problem)) => Err(problem.code()),
        Err(FetchFailure::Plan(_)) => Err("plan"),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_service_with_a_certificate_of_its_own_is_read_under_tls() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let own = self_signed(params("localhost"));
    put("sendiri.pem", &own.pem);
    let (authority, leaf) = signed("localhost");
    put("otoritas.pem", &authority);
    put("bukan.pem", "bukan sertifikat");
    let mut old = params("lain.example.go.id");
    old.not_before = rcgen::date_time_ymd(2019, 1, 1);
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let old = self_signed(old);

    let port = service(&own).await;
    let ask = async |ca_file: Option<&'static str>, pin: Option<String>| {
        asked(folder.path(), port, ca_file, pin).await
    };
    assert_eq!(ask(None, None).await, Err("tls"), "nobody vouches for it");
    assert_eq!(ask(Some("sendiri.pem"), None).await, Ok(1));
    assert_eq!(ask(Some("otoritas.pem"), None).await, Err("tls"), "another authority");
    assert_eq!(ask(Some("tiada.pem"), None).await, Err("no_file"));
    assert_eq!(ask(Some("bukan.pem"), None).await, Err("unreadable_file"));
    assert_eq!(ask(Some("../sendiri.pem"), None).await, Err("forbidden_file"));
    assert_eq!(ask(None, Some(own.fingerprint())).await, Ok(1));
    assert_eq!(ask(None, Some(own.fingerprint().replace(':', "").to_lowercase())).await, Ok(1));
    assert_eq!(ask(None, Some(leaf.fingerprint())).await, Err("tls"), "another certificate");
    assert_eq!(ask(None, Some("abc".to_owned())).await, Err("plan"));
    assert_eq!(ask(Some("sendiri.pem"), Some(own.fingerprint())).await, Err("plan"));

    let port = service(&leaf).await;
    assert_eq!(asked(folder.path(), port, Some("otoritas.pem"), None).await, Ok(1));
    // Expired and made for another name: only its fingerprint proves who it is.
    let port = service(&old).await;
    put("lama.pem", &old.pem);
    assert_eq!(asked(folder.path(), port, Some("lama.pem"), None).await, Err("tls"));
    assert_eq!(asked(folder.path(), port, None, Some(old.fingerprint())).await, Ok(1));
}

/// The test server's own client blocks, so the server is begun and ended outside the runtime.
#[test]
fn a_postgres_with_a_certificate_of_its_own_is_read_under_tls() {
    let (authority, leaf) = signed("localhost");
    let server = pendopo_testkit::postgres_with_tls(&leaf.pem, &leaf.key);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("otoritas.pem"), authority).unwrap();
    let other = signed("localhost").0;
    std::fs::write(folder.path().join("lain.pem"), other).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let check = async |ca_file: Option<&str>, pin: Option<String>, want: Result<usize, &'static str>| {
            let connection = Connection::Postgres(DatabaseOptions {
                host: "localhost".to_owned(),
                port: Some(server.port),
                database: "postgres".to_owned(),
                user: "pendopo".to_owned(),
                tls: Some(true),
                ca_file: ca_file.map(str::to_owned),
                certificate_sha256: pin,
                query: "select ssl from pg_stat_ssl where pid = pg_backend_pid() and ssl".to_owned(),
                ..DatabaseOptions::default()
            });
            let bounds = Bounds { attempts: 1, timeout: Duration::from_secs(20), ..patient() };
            let fetched = fetch_with(&fetcher(folder.path()), &connection, &bounds).await;
            assert_eq!(outcome(&connection, fetched), want, "{ca_file:?}");
        };
        check(None, None, Err("tls")).await;
        check(Some("otoritas.pem"), None, Ok(1)).await;
        check(Some("lain.pem"), None, Err("tls")).await;
        check(None, Some(leaf.fingerprint()), Ok(1)).await;
        check(None, Some("00".repeat(32)), Err("tls")).await;
    });
}

#[tokio::test]
async fn a_mariadb_with_a_certificate_of_its_own_is_read_under_tls() {
    let (authority, leaf) = signed("localhost");
    let (pem, key) = (leaf.pem.clone(), leaf.key.clone());
    let start = move || pendopo_testkit::mariadb_with_tls(&pem, &key);
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("otoritas.pem"), authority).unwrap();
    std::fs::write(folder.path().join("lain.pem"), signed("localhost").0).unwrap();
    let fetcher = Fetcher { secrets: Secrets::of([("db", server.password)]), ..fetcher(folder.path()) };
    let cipher = "select variable_value as sandi from information_schema.session_status \
                  where variable_name = 'SSL_CIPHER' and variable_value <> ''";
    for (ca_file, want) in [(None, Err("tls")), (Some("lain.pem"), Err("tls")), (Some("otoritas.pem"), Ok(1))]
    {
        let connection = Connection::Mysql(DatabaseOptions {
            host: "localhost".to_owned(),
            port: Some(server.port),
            database: "mysql".to_owned(),
            user: server.user.to_owned(),
            secret: Some("db".to_owned()),
            tls: Some(true),
            ca_file: ca_file.map(str::to_owned),
            query: cipher.to_owned(),
            ..DatabaseOptions::default()
        });
        let bounds = Bounds { attempts: 1, timeout: Duration::from_secs(20), ..patient() };
        let fetched = fetch_with(&fetcher, &connection, &bounds).await;
        assert_eq!(outcome(&connection, fetched), want, "{ca_file:?}");
    }
}

#[test]
fn mysql_is_told_to_name_its_authority() {
    let options = DatabaseOptions { certificate_sha256: Some("00".repeat(32)), ..DatabaseOptions::default() };
    let problem = plan(&Connection::Mysql(options), None).unwrap_err();
    assert!(problem.to_string().contains("ca_file"), "{problem}");
}
