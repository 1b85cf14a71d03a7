//! Real sockets: TLS that changes its certificate, and people who only want to hold seats.

use super::{Tls, certificate_end, serve_connections};
use crate::config::{Config, TlsFiles, WebConfig};
use axum::{Router, routing::get};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const PATIENCE: Duration = Duration::from_secs(20);

fn web_config(folder: &Path) -> WebConfig {
    let mut web = Config::for_testing(folder).unwrap().web;
    web.limits.header_timeout = Duration::from_secs(1);
    web
}

struct Serving {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

async fn serve(config: WebConfig, tls: Option<Tls>) -> Serving {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = watch::channel(false);
    let router = Router::new().route("/", get(|| async { "halo" }));
    let task = tokio::spawn(async move { serve_connections(listener, router, &config, tls, stopping).await });
    Serving { address, stop, task }
}

/// A certificate of its own in `files`; gives what a client has to trust.
fn make_certificate(files: &TlsFiles) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["pendopo.test".to_owned()]).unwrap();
    fs::write(&files.certificate, made.cert.pem()).unwrap();
    let _ = fs::remove_file(&files.key);
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    set_mode(&files.key, 0o600);
    made.cert.der().clone()
}

fn set_mode(file: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

fn files_in(folder: &Path) -> TlsFiles {
    TlsFiles { certificate: folder.join("sertifikat.pem"), key: folder.join("kunci.pem") }
}

async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    alpn: &[&[u8]],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("pendopo.test").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

fn request() -> Request<Empty<Bytes>> {
    Request::builder().uri("https://pendopo.test/").header("host", "pendopo.test").body(Empty::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_speaks_both_versions_and_both_protocols_and_changes_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = files_in(folder.path());
    let first = make_certificate(&files);
    let tls = Tls::open(&files).unwrap();
    let serving = serve(web_config(folder.path()), Some(tls.clone())).await;
    let both: [&'static rustls::SupportedProtocolVersion; 2] =
        [&rustls::version::TLS13, &rustls::version::TLS12];

    // An HTTP/2 connection that stays open while everything below happens.
    let stream = connect(serving.address, &first, &[b"h2"], &both).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut kept, connection) =
        conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = kept.send_request(request()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "halo");

    for version in both {
        let stream = connect(serving.address, &first, &[b"http/1.1"], &[version]).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        let (mut sender, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        assert_eq!(sender.send_request(request()).await.unwrap().status(), 200);
    }

    // A certificate without its key changes nothing; the whole pair is taken over.
    let key = fs::read(&files.key).unwrap();
    let second = make_certificate(&files);
    let new_key = fs::read(&files.key).unwrap();
    fs::write(&files.key, key).unwrap();
    tls.refresh();
    assert!(connect(serving.address, &second, &[], &both).await.is_err());
    connect(serving.address, &first, &[], &both).await.unwrap();
    fs::write(&files.key, new_key).unwrap();
    tls.refresh();
    connect(serving.address, &second, &[], &both).await.unwrap();
    assert!(connect(serving.address, &first, &[], &both).await.is_err());

    let answer = kept.send_request(request()).await.unwrap();
    assert_eq!(answer.status(), 200, "the connection from before goes on");
    drop(kept);
    serving.stop.send(true).unwrap();
    timeout(PATIENCE, serving.task).await.unwrap().unwrap();
}

#[test]
fn wrong_certificate_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let files = files_in(folder.path());
    let check = |said: &str| {
        let error = match Tls::open(&files) {
            Ok(_) => panic!("not refused; wanted: {said}"),
            Err(error) => format!("{error:#}"),
        };
        assert!(error.contains(said), "{error} lacks {said}");
    };
    check("cannot read server.tls_certificate");
    make_certificate(&files);
    assert!(certificate_end(&files.certificate).is_ok());
    for mode in [0o644, 0o640, 0o604] {
        set_mode(&files.key, mode);
        check("chmod 600");
    }
    set_mode(&files.key, 0o600);
    let other = TlsFiles { certificate: folder.path().join("lain.pem"), key: files.key.clone() };
    let key = fs::read(&files.key).unwrap();
    make_certificate(&other);
    check("is not the key of");
    fs::write(&files.key, "-----BEGIN RUBBISH-----").unwrap();
    check("no private key");
    fs::write(&files.key, key).unwrap();
    fs::write(&files.certificate, "bukan sertifikat").unwrap();
    check("holds no certificate");
    fs::remove_file(&files.key).unwrap();
    make_certificate(&files);
    fs::remove_file(&files.key).unwrap();
    check("cannot open server.tls_key");
}

async fn get_page(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_slow_senders_keep_nobody_out_and_are_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(web_config(folder.path()), None).await;
    let mut slow = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        // Some say nothing at all, some never end the first line, some never end the head.
        let begun = ["", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\nx-a: "][n % 3];
        stream.write_all(begun.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let started = Instant::now();
    let answer = get_page(serving.address).await.unwrap();
    let waited = started.elapsed();
    assert!(answer.starts_with("HTTP/1.1 200") && waited < Duration::from_secs(1), "{waited:?}");
    // Every one of them is closed by the server when its time is up.
    for stream in &mut slow {
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap();
        assert!(read.is_err() || rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    }
    println!(
        "counted: 200 slow senders: a reader waited {} ms; all were closed after {} ms",
        waited.as_millis(),
        started.elapsed().as_millis()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_its_share_of_the_seats_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = web_config(folder.path());
    config.limits.connections_per_address = 5;
    config.limits.header_timeout = Duration::from_secs(30);
    let serving = serve(config, None).await;
    let mut seated = Vec::new();
    for _ in 0..5 {
        seated.push(TcpStream::connect(serving.address).await.unwrap());
    }
    let refused = timeout(PATIENCE, get_page(serving.address)).await.unwrap();
    assert!(refused.is_err() || refused.unwrap().is_empty(), "the sixth finds the door closed");
    drop(seated.pop());
    let until = Instant::now() + PATIENCE;
    while !get_page(serving.address).await.is_ok_and(|answer| answer.contains("halo")) {
        assert!(Instant::now() < until, "a seat that is free again is given away");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_too_long_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(web_config(folder.path()), None).await;
    let many = "x: y\r\n".repeat(200);
    let long = format!("x: {}\r\n", "y".repeat(100_000));
    for lines in [many, long] {
        let mut stream = TcpStream::connect(serving.address).await.unwrap();
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\n{lines}\r\n").as_bytes()).await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert!(get_page(serving.address).await.unwrap().contains("halo"));
}

/// Sends bytes as they are and gives all that comes back.
async fn ask_raw(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_one_end_and_hides_no_second_one() {
    let folder = tempfile::tempdir().unwrap();
    let serving = serve(web_config(folder.path()), None).await;
    let hidden = "GET /tersembunyi HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    // Lengths that contradict each other, are no numbers, or codings that are none: refused, with all after it.
    for lines in [
        "content-length: 0\r\ncontent-length: 70",
        "content-length: 0, 70",
        "content-length: +5",
        "content-length: 0x10",
        "content-length: 99999999999999999999999",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: gzip",
        "transfer-encoding : chunked",
    ] {
        let answer =
            ask_raw(serving.address, &format!("POST / HTTP/1.1\r\nhost: a\r\n{lines}\r\n\r\n{hidden}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{lines}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines}: {answer}");
    }
    // Both a length and chunks: the chunks count, and what the length would cut off is no request.
    let chunk = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    let both = "content-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close";
    let answer =
        ask_raw(serving.address, &format!("POST / HTTP/1.1\r\nhost: a\r\n{both}\r\n\r\n{chunk}")).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert!(get_page(serving.address).await.unwrap().contains("halo"));
}

#[tokio::test]
async fn a_reader_who_stands_still_is_let_go() {
    use super::patient::Patient;
    let limit = Duration::from_millis(300);
    let (near, far) = tokio::io::duplex(1024);
    let mut patient = Patient::new(near, limit);
    let started = Instant::now();
    // Nobody reads at the far end: after the buffer is full nothing moves.
    let stuck = patient.write_all(&[0; 4096]).await;
    assert_eq!(stuck.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    assert!(started.elapsed() >= limit);
    drop(far);

    // As long as something moves, it may take longer than the limit.
    let (near, mut far) = tokio::io::duplex(64);
    let mut patient = Patient::new(near, limit);
    let reading = tokio::spawn(async move {
        let mut pace = tokio::time::interval(limit / 10);
        let mut piece = [0; 64];
        while far.read_exact(&mut piece).await.is_ok() {
            pace.tick().await;
        }
    });
    let started = Instant::now();
    patient.write_all(&[0; 64 * 30]).await.unwrap();
    assert!(started.elapsed() > limit);
    drop(patient);
    reading.await.unwrap();
}
