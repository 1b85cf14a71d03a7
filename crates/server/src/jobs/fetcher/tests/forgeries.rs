//! Forged addresses by the hundred, through the whole fetcher: in every way of writing them, behind names,
//! behind redirects, behind a name server that changes its mind, and for database servers too. A trap on
//! this machine counts who came in.

use super::*;
use pendopo_connectors::connection::DatabaseOptions;
use std::{
    collections::BTreeSet,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Closed networks by one address each: this machine, the office, metadata of clouds, and what is no machine.
const CLOSED: [Ipv4Addr; 18] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 255, 255, 254),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(10, 255, 255, 255),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(172, 31, 255, 254),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(192, 168, 255, 254),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(198, 18, 0, 1),
    Ipv4Addr::new(224, 0, 0, 251),
    Ipv4Addr::new(240, 0, 0, 1),
    Ipv4Addr::UNSPECIFIED,
];

/// The ways in which an address is written to slip past a check.
fn hosts(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets();
    let whole = ip.to_bits();
    let (high, low) = (whole >> 16, whole & 0xffff);
    let wide: String = ip
        .to_string()
        .chars()
        .map(|c| c.to_digit(10).map_or('．', |n| char::from_u32('０' as u32 + n).unwrap()))
        .collect();
    let encoded: String = ip.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        ip.to_string(),
        format!("{ip}."),
        whole.to_string(),
        format!("0x{whole:x}"),
        format!("0X{whole:08X}"),
        format!("0{whole:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("00{a:o}.{b}.0x{c:x}.{d}"),
        format!("{a}.{b}.{}", whole & 0xffff),
        format!("{a}.{}", whole & 0xff_ffff),
        format!("0x{a:x}.{}", whole & 0xff_ffff),
        wide.clone(),
        wide.replace('．', "。"),
        encoded,
        format!("[::ffff:{ip}]"),
        format!("[::ffff:{high:x}:{low:x}]"),
        format!("[0:0:0:0:0:FFFF:{high:X}:{low:X}]"),
        format!("[::ffff:0:{high:x}:{low:x}]"),
        format!("[::{ip}]"),
        format!("[64:ff9b::{ip}]"),
        format!("[64:ff9b::{high:x}:{low:x}]"),
        format!("[64:ff9b:1::{high:x}:{low:x}]"),
        format!("[2002:{high:x}:{low:x}::1]"),
        format!("[2001:0:{high:x}:{low:x}::1]"),
        format!("[::ffff:{ip}%25eth0]"),
    ]
}

/// Other hosts that are closed or no hosts at all.
const ODD_HOSTS: [&str; 22] = [
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[fec0::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[::1]%00",
    "127.0.0.1%00.example",
    "127.0.0.1\\@example.org",
    "example.org@127.0.0.1",
    "example.org:80@127.0.0.1",
    "user:password@10.0.0.1",
    "a@b@127.0.0.1",
    "[::ffff:127.0.0.1",
    "0x7f.0.0.0x",
    "1.2.3.4.5",
];

/// Names; what they lead to is decided by the resolver.
const NAMES: [&str; 30] = [
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "localhost.localdomain",
    "ip6-localhost",
    "metadata",
    "metadata.google.internal",
    "Metadata.Google.Internal.",
    "instance-data.ec2.internal",
    "127.0.0.1.nip.io",
    "10-0-0-1.sslip.io",
    "169.254.169.254.nip.io",
    "xn--lcalhost-55a.example",
    "lоcalhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "localhost。",
    "intranet",
    "intranet.",
    "router.lan",
    "db.internal",
    "kubernetes.default.svc",
    "host.docker.internal",
    "WPAD",
    "a.b.c.d.e.f.example",
    "xn--80ak6aa92e.example",
    "büro.example",
    "ドメイン.example",
    "example。org",
    "EXAMPLE.org.",
    "1e100.example",
];

/// A name server all of whose names lead to closed addresses, or to an open one at the first asking.
struct Treacherous {
    honest_first: bool,
    asked: AtomicUsize,
}

impl Lookup for Treacherous {
    fn addresses<'a>(
        &'a self,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let closed =
            if asked.is_multiple_of(2) { CLOSED[0].into() } else { CLOSED[asked % CLOSED.len()].into() };
        let answer = match self.honest_first && asked == 0 {
            true => vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))],
            false => vec![closed, "::1".parse().unwrap(), "::ffff:127.0.0.1".parse().unwrap()],
        };
        Box::pin(async move { Ok(answer) })
    }
}

fn treacherous(honest_first: bool) -> Treacherous {
    Treacherous { honest_first, asked: AtomicUsize::new(0) }
}

/// Whether the fetcher said no by itself, without having tried.
fn refused(failure: &FetchFailure) -> bool {
    matches!(
        failure,
        FetchFailure::Fetch(
            FetchProblem::ForbiddenAddress { .. }
                | FetchProblem::BadAddress { .. }
                | FetchProblem::Redirect { .. }
        ) | FetchFailure::Plan(_)
    )
}

/// Counts every connection to any address of this machine.
fn trap() -> (u16, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let caught = Arc::new(AtomicUsize::new(0));
    let counter = caught.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, caught)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_address_is_connected_to() {
    let folder = tempfile::tempdir().unwrap();
    let (port, caught) = trap();
    let closed = Bounds { allowed: AllowedNetworks::default(), attempts: 1, ..short() };
    let mut tried = BTreeSet::new();

    let mut urls: Vec<String> = Vec::new();
    for host in CLOSED.into_iter().flat_map(hosts).chain(ODD_HOSTS.map(str::to_owned)) {
        urls.push(match urls.len() % 2 {
            0 => format!("http://{host}:{port}/"),
            _ => format!("HTTPS://{host}:{port}/latest/meta-data/?a=http://example.org"),
        });
    }
    let fetcher_of_world = fetcher(folder.path()).with_lookup(treacherous(false));
    for url in &urls {
        let failure = fetch_with(&fetcher_of_world, &json_at(url), &closed).await.unwrap_err();
        assert!(refused(&failure), "{url}: {failure:?}");
        tried.insert(url.clone());
    }
    for name in NAMES {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{name}:{port}/");
            let failure = fetch_with(&fetcher_of_world, &json_at(&url), &closed).await.unwrap_err();
            assert!(refused(&failure), "{url}: {failure:?}");
            tried.insert(url);
        }
    }
    let literal = tried.len();

    // A service that may be asked sends elsewhere, in each of its ways of saying so.
    let own = Bounds { attempts: 1, ..short() };
    let targets: Vec<String> = [CLOSED[1], CLOSED[3], CLOSED[9]].into_iter().flat_map(hosts).collect();
    let list = Arc::new(targets.clone());
    let hop = service::Service::start(move |request| {
        let nth: usize = request.path.trim_start_matches('/').split('-').next().unwrap().parse().unwrap();
        let status = [301, 302, 303, 307, 308][nth % 5];
        let slashes = if request.path.ends_with("-relative") { "//" } else { "http://" };
        service::redirect(status, &format!("{slashes}{}:{port}/", list[nth]))
    })
    .await;
    for (nth, target) in targets.iter().enumerate() {
        for kind in ["whole", "relative"] {
            let url = hop.url(&format!("/{nth}-{kind}"));
            let failure = fetch_with(&fetcher(folder.path()), &json_at(&url), &own).await.unwrap_err();
            assert!(refused(&failure), "{target} ({kind}): {failure:?}");
            tried.insert(format!("{url} to {target}"));
        }
    }
    let redirects = tried.len() - literal;

    // The name server's first answer is open, every later one is closed; attempts and pages ask again.
    let documentation = AllowedNetworks::parse(&["192.0.2.0/24".to_owned()]).unwrap();
    for round in 0..12 {
        let rebound = fetcher(folder.path()).with_lookup(treacherous(true));
        let bounds = Bounds {
            allowed: documentation.clone(),
            attempts: 4,
            connect_timeout: Duration::from_millis(40),
            ..short()
        };
        let url = format!("http://ikat-ulang-{round}.example:{port}/");
        let failure = fetch_with(&rebound, &json_at(&url), &bounds).await.unwrap_err();
        let unreachable = matches!(&failure, FetchFailure::Fetch(problem) if !matches!(problem, FetchProblem::BadAddress { .. }));
        assert!(unreachable, "{failure:?}");
        tried.insert(url);
    }

    // Database servers pass the same gate.
    let mut databases = 0;
    for host in CLOSED
        .into_iter()
        .flat_map(|ip| [ip.to_string(), format!("::ffff:{ip}"), format!("64:ff9b::{ip}")])
        .chain(NAMES.map(str::to_owned))
        .chain(["/var/run/postgresql".to_owned(), "/tmp".to_owned()])
    {
        let options = |query: &str| DatabaseOptions {
            host: host.clone(),
            port: Some(port),
            database: "x".to_owned(),
            user: "x".to_owned(),
            secret: None,
            tls: Some(false),
            query: query.to_owned(),
            ..DatabaseOptions::default()
        };
        for connection in [Connection::Postgres(options("select 1")), Connection::Mysql(options("select 1"))]
        {
            let failure = fetch_with(&fetcher_of_world, &connection, &closed).await.unwrap_err();
            assert!(refused(&failure), "{host}: {failure:?}");
            databases += 1;
        }
    }

    let all = tried.len() + databases;
    assert_eq!(caught.load(Ordering::SeqCst), 0, "somebody walked into the trap");
    assert!(all >= 600, "{all}");
    println!(
        "counted: {all} forged addresses ({literal} written or named, {redirects} by redirect, {databases} of databases, the rest by \
         a name server that changes its mind): 0 connections to closed addresses"
    );
}
