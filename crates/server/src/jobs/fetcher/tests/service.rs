//! A small service on a real socket that misbehaves as told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path without the query.
    pub path: String,
    /// The request's head as sent.
    pub head: String,
    /// How many requests came before.
    pub nth: usize,
}

/// How to answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then a reset of the connection.
    Reset(Vec<u8>),
    /// These bytes, then silence.
    Hang(Vec<u8>),
    /// The first bytes at once, the others one by one with a pause between.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// The first bytes, then the second over and over.
    Endless(Vec<u8>, Vec<u8>),
}

/// A running service; it ends when dropped.
pub struct Service {
    /// Its port on 127.0.0.1.
    pub port: u16,
    hits: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts a service that answers each request by `answer`.
    pub async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (hits, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, kept, answer) = (hits.clone(), requests.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (counted, kept, answer) = (counted.clone(), kept.clone(), answer.clone());
                tokio::spawn(async move { serve(stream, &counted, &kept, answer.as_ref()).await });
            }
        });
        Service { port, hits, requests, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    hits: &AtomicUsize,
    requests: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request) -> Reply + ?Sized),
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let request = Request { path, head: head.clone(), nth: hits.fetch_add(1, Ordering::SeqCst) };
    requests.lock().unwrap().push(request.clone());
    // A client that has given up makes writes fail; that is its right.
    let _ = reply(&mut stream, answer(&request)).await;
}

async fn reply(stream: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Reply::Reset(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            stream.set_zero_linger()
        }
        Reply::Hang(bytes) => {
            stream.write_all(&bytes).await?;
            // Until the client closes.
            stream.read_u8().await.map(|_| ())
        }
        Reply::Drip(head, body, pause) => {
            stream.write_all(&head).await?;
            for byte in body {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(pause).await;
            }
            Ok(())
        }
        Reply::Endless(head, body) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&body).await?;
            }
        }
    }
}

/// A head with these lines.
pub fn head(status: &str, lines: &[&str]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A whole answer.
pub fn whole(status: &str, lines: &[&str], body: &[u8]) -> Reply {
    let length = format!("content-length: {}", body.len());
    let mut lines = lines.to_vec();
    lines.push(&length);
    let mut bytes = head(status, &lines);
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

/// JSON, as it should be.
pub fn json(body: &str) -> Reply {
    whole("200 OK", &["content-type: application/json"], body.as_bytes())
}

/// A redirect.
pub fn redirect(status: u16, to: &str) -> Reply {
    whole(&format!("{status} Moved"), &[&format!("location: {to}")], b"")
}
