//! How fast a change reaches many open pages: a client that holds them open, and a bare server to compare with.
//! `benches/live_bench.py` runs both.
//!
//! `live_bench serve ADDRESS`: axum alone, `/events` a stream of what `/send` broadcasts, with nothing around it.
//! `live_bench listen ADDRESS PATH PAGES ROUNDS COOKIE COMMAND…`: opens `PATH` so many times, then in each round
//! runs the command – or asks for the path, when it begins with a slash – and times how `event: change` arrives.
//! Writes one line of JSON a round.

use axum::{
    Router,
    extract::State,
    response::sse::{Event, Sse},
    routing::get,
};
use futures_util::stream::{self, Stream};
use std::{
    convert::Infallible,
    error::Error,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc},
    time::timeout,
};

type Failure = Box<dyn Error + Send + Sync>;

/// All pages must have heard of a change within this time.
const PATIENCE: Duration = Duration::from_secs(30);
/// When nothing came for so long, a round is over: a change may be told twice.
const QUIET: Duration = Duration::from_millis(1500);
/// Connections opened at the same time: more than a listener queues are dropped and tried again by the system.
const OPENED_AT_ONCE: usize = 64;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match words.as_slice() {
        ["serve", address] => runtime.block_on(serve(address)),
        ["listen", address, path, pages, rounds, cookie, trigger @ ..] if !trigger.is_empty() => {
            let page = Page {
                address: (*address).to_owned(),
                path: (*path).to_owned(),
                cookie: (*cookie).to_owned(),
            };
            runtime.block_on(listen(page, pages.parse()?, rounds.parse()?, trigger))
        }
        _ => Err("usage: live_bench serve ADDRESS | listen ADDRESS PATH PAGES ROUNDS COOKIE COMMAND…".into()),
    }
}

async fn serve(address: &str) -> Result<(), Failure> {
    let (send, _) = broadcast::channel::<u64>(16);
    let router =
        Router::new().route("/events", get(events)).route("/send", get(broadcast_one)).with_state(send);
    axum::serve(TcpListener::bind(address).await?, router).await?;
    Ok(())
}

async fn events(
    State(send): State<broadcast::Sender<u64>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let greeting = stream::iter([Ok(Event::default().event("pulse").data("0"))]);
    let changes = stream::unfold(send.subscribe(), |mut changes| async move {
        let number = changes.recv().await.ok()?;
        Some((Ok(Event::default().event("change").id(number.to_string()).data("300")), changes))
    });
    Sse::new(stream::StreamExt::chain(greeting, changes))
}

async fn broadcast_one(State(send): State<broadcast::Sender<u64>>) -> String {
    send.send(1).map_or_else(|_| "nobody".to_owned(), |heard| heard.to_string())
}

/// What is opened.
#[derive(Clone)]
struct Page {
    address: String,
    path: String,
    cookie: String,
}

async fn listen(page: Page, pages: usize, rounds: usize, trigger: &[&str]) -> Result<(), Failure> {
    let (heard, mut hears) = mpsc::unbounded_channel::<Heard>();
    let began = Instant::now();
    let mut open = 0;
    while open < pages {
        let next = (open + OPENED_AT_ONCE).min(pages);
        for number in open..next {
            tokio::spawn(follow(page.clone(), number, heard.clone()));
        }
        for _ in open..next {
            match timeout(PATIENCE, hears.recv()).await? {
                Some(Heard::Open) => {}
                Some(Heard::Lost(why)) => return Err(why.into()),
                Some(Heard::Change(..)) | None => {
                    return Err("a page was told of a change that nobody made".into());
                }
            }
        }
        open = next;
    }
    let opened = began.elapsed().as_secs_f64();
    for round in 0..rounds {
        let began = Instant::now();
        pull(&page, trigger).await?;
        let mut first_of: Vec<Option<Instant>> = vec![None; pages];
        let mut missing = pages;
        while let Ok(Some(news)) = timeout(if missing > 0 { PATIENCE } else { QUIET }, hears.recv()).await {
            match news {
                Heard::Change(number, at) if first_of[number].is_none() => {
                    first_of[number] = Some(at);
                    missing -= 1;
                }
                Heard::Lost(why) => return Err(why.into()),
                _ => {}
            }
        }
        let mut times: Vec<Instant> = first_of.into_iter().flatten().collect();
        times.sort_unstable();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            return Err("no page heard of the change".into());
        };
        if times.len() < pages {
            return Err(format!("{} of {pages} pages did not hear of the change", pages - times.len()).into());
        }
        let spread = last.duration_since(*first).as_secs_f64();
        writeln!(
            std::io::stdout(),
            "{{\"round\": {round}, \"pages\": {pages}, \"opened_secs\": {opened:.3}, \"first_ms\": {:.3}, \"spread_ms\": {:.3}, \
             \"pages_per_second\": {:.0}}}",
            first.duration_since(began).as_secs_f64() * 1e3,
            spread * 1e3,
            pages as f64 / spread.max(1e-6)
        )?;
    }
    Ok(())
}

/// What happens to a page.
enum Heard {
    /// The stream has begun.
    Open,
    /// It was told of a change.
    Change(usize, Instant),
    /// It broke.
    Lost(String),
}

/// Holds one page open for ever.
async fn follow(page: Page, number: usize, heard: mpsc::UnboundedSender<Heard>) {
    if let Err(why) = follow_stream(&page, number, &heard).await {
        let _nobody_asks_any_more = heard.send(Heard::Lost(format!("page {number}: {why}")));
    }
}

async fn follow_stream(
    page: &Page,
    number: usize,
    heard: &mpsc::UnboundedSender<Heard>,
) -> Result<(), Failure> {
    let mut stream = ask(page, &page.path).await?;
    let mut text: Vec<u8> = Vec::new();
    let mut buffer = [0; 2048];
    let mut greeted = false;
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err("the server ended the stream".into());
        }
        text.extend_from_slice(&buffer[..read]);
        if !greeted && find(&text, b"event: pulse").is_some() {
            if !text.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&text).lines().next().unwrap_or("").to_owned().into());
            }
            greeted = true;
            heard.send(Heard::Open)?;
        }
        if find(&text, b"event: change").is_some() {
            heard.send(Heard::Change(number, Instant::now()))?;
            text.clear();
        }
        // Enough to recognise what comes in two parts.
        let old = text.len().saturating_sub(if greeted { 16 } else { 4096 });
        text.drain(..old);
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

async fn ask(page: &Page, path: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(&page.address).await?;
    stream.set_nodelay(true)?;
    let cookie = if page.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", page.cookie) };
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{cookie}\r\n", page.address);
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Makes the change.
async fn pull(page: &Page, trigger: &[&str]) -> Result<(), Failure> {
    if let [path] = trigger
        && path.starts_with('/')
    {
        let mut answer = [0; 256];
        let read = ask(page, path).await?.read(&mut answer).await?;
        return match answer[..read].starts_with(b"HTTP/1.1 200") {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&answer[..read]).into_owned().into()),
        };
    }
    let (program, arguments): (String, Vec<String>) =
        (trigger[0].to_owned(), trigger[1..].iter().map(|word| (*word).to_owned()).collect());
    let status = tokio::task::spawn_blocking(move || {
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()
    });
    match status.await??.success() {
        true => Ok(()),
        false => Err("the command that makes a change failed".into()),
    }
}
