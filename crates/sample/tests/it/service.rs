//! The services on a port of their own, with a clock that stands where a test puts it.

use jiff::{SignedDuration, Timestamp};
use pendopo_sample::{mishaps::Mishaps, model::Model, secrets::Secrets, services::World};
use pendopo_vocab::Clock;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// 24 November 2026, 15:00 in Blora.
pub const START: i64 = 1_795_507_200;

/// A clock that a test moves.
pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl Hand {
    pub fn set_minutes(&self, minutes: i64) {
        self.0.store(START + minutes * 60, Ordering::SeqCst);
    }
}

/// A world that came up at [`START`], and its clock.
pub fn world(seed: u64, calm: bool) -> (Arc<World>, Arc<Hand>) {
    let hand = Arc::new(Hand(AtomicI64::new(START)));
    let start = hand.now();
    let world = World {
        model: Model::new("33.16".parse().unwrap(), seed).unwrap(),
        mishaps: Mishaps::new(seed, start, calm),
        secrets: Secrets::generate(),
        clock: Arc::<Hand>::clone(&hand),
    };
    (Arc::new(world), hand)
}

/// The instant that many minutes after [`START`].
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(START).unwrap() + SignedDuration::from_mins(minutes)
}

/// An answer over the wire.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A running server of the services.
pub struct Server {
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    pub fn start(world: Arc<World>) -> Server {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            let router = pendopo_sample::services::router(world);
            axum::serve(listener, router).await.unwrap();
        });
        Server { port, _runtime: runtime }
    }

    /// Asks for a path or one of the server's own addresses, with extra header lines.
    pub fn get(&self, path: &str, headers: &[&str]) -> Answer {
        let own = format!("http://127.0.0.1:{}", self.port);
        let path = path.strip_prefix(&own).unwrap_or(path);
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let extra: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{extra}\r\n",
            self.port
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..split].to_vec()).unwrap().to_lowercase();
        assert!(!head.contains("transfer-encoding"), "answers have a length");
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: answer[split + 4..].to_vec(),
        }
    }
}
