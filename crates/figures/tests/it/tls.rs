//! The connection to a PostgreSQL server of another machine: TLS with a certificate that is trusted, or none.

use pendopo_figures::{Db, DbError, DbUrl};
use pendopo_testkit::postgres_with_tls;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::{fs, path::Path};

struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

fn open(url: &str) -> Result<Db, DbError> {
    Db::open(&url.parse::<DbUrl>().unwrap())
}

fn refusal(url: &str) -> String {
    open(url).err().unwrap_or_else(|| panic!("{url} was opened")).to_string()
}

fn trusting(file: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", file.display())
}

#[test]
fn a_server_is_spoken_to_under_a_certificate_that_is_trusted_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, foreign) = (authority("Uji"), authority("Orang lain"));
    let (trusted, other) = (folder.path().join("ca.pem"), folder.path().join("lain.pem"));
    fs::write(&trusted, &ours.certificate).unwrap();
    fs::write(&other, &foreign.certificate).unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &ours.issuer).unwrap().pem();
    let server = postgres_with_tls(&certificate, &key.serialize_pem());

    let db = open(&server.url("localhost", &trusting(&trusted))).unwrap();
    db.migrate(pendopo_figures::MIGRATIONS).unwrap();
    let connections = server.who_speaks_tls("pendopo");
    println!("counted: {} connections to PostgreSQL, each under TLS", connections.len());
    assert!(!connections.is_empty() && connections.iter().all(|tls| *tls), "{connections:?}");
    drop(db);

    // Whoever stands in between has no certificate of an authority that is trusted, or one for another name.
    let untrusted = [
        server.url("localhost", &trusting(&other)),
        server.url("localhost", "sslmode=require"),
        server.url("127.0.0.1", &trusting(&trusted)),
    ];
    for url in &untrusted {
        let said = refusal(url);
        assert!(said.contains("is not trusted or is for another name"), "{url}: {said}");
        assert!(said.contains("sslrootcert="), "{said}");
    }

    // Without a word about TLS a server of this machine is reached in plain text, and one that has no TLS is
    // never reached under it.
    open(&server.url("localhost", "")).unwrap();
    server.turn_tls_off();
    let said = refusal(&server.url("localhost", &trusting(&trusted)));
    assert!(said.contains("localhost offers no TLS") && said.contains("ssl = on"), "{said}");
    open(&server.url("localhost", "sslmode=disable")).unwrap();
}
