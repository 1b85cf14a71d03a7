//! The only place that opens outgoing connections and reads sources' files and databases.
//!
//! A connector says what to ask and judges what came; the fetcher asks, within bounds that hold for
//! every kind of source: which addresses, how long, how much, how often. What came is kept as a
//! recording in a temporary file, so memory does not grow with the answer and a run can be replayed.

pub mod address;
mod file;
mod http;
pub mod mail;
mod patience;
mod problem;
pub mod provider;
pub mod secrets;
mod sql_mysql;
mod sql_postgres;
mod sql_sqlite;
#[cfg(test)]
pub(crate) mod tests;
mod trust;

pub use address::AllowedNetworks;
use file::find_complete_file;
pub use http::{Lookup, SystemLookup};
pub use problem::{FetchProblem, Phase};
pub use secrets::Secrets;

use http::HttpRun;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use pendopo_connectors::{
    AnswerProblem, HttpRequest, PlanProblem, Request, SqlEngine, SqlRequest, SqlTarget,
    connection::{Connection, Paging},
    judge_page, next_page, plan,
    recording::Recorder,
};
use pendopo_vocab::Clock;
use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    net::Ipv4Addr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use trust::Trusted;

/// Bounds of one run.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Networks beyond public addresses that may be reached.
    pub allowed: AllowedNetworks,
    /// For a connection to stand.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub idle_timeout: Duration,
    /// For the run as a whole.
    pub timeout: Duration,
    /// Bytes of all answers together, unpacked.
    pub max_bytes: u64,
    /// Pages of one answer.
    pub max_pages: u32,
    /// How often a request is made at most, the first time included.
    pub attempts: usize,
    /// Pause before the second attempt; it doubles from there, with jitter.
    pub retry_pause: Duration,
    /// Pause between two looks at a file that was written just now.
    pub file_pause: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            allowed: AllowedNetworks::default(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(120),
            max_bytes: 64 << 20,
            max_pages: 2_000,
            attempts: 4,
            retry_pause: Duration::from_secs(1),
            file_pause: Duration::from_secs(1),
        }
    }
}

/// What to fetch.
pub struct Order<'a> {
    /// How the source is reached.
    pub connection: &'a Connection,
    /// From when on changes are asked for, `YYYY-MM-DD HH:MM:SS` in the source's time zone.
    pub since: Option<&'a str>,
    /// The bounds.
    pub bounds: &'a Bounds,
    /// The center's time zone, in which moments are recorded.
    pub time_zone: &'a TimeZone,
    /// Ends the fetch early.
    pub cancel: &'a CancellationToken,
    /// Told the bytes received so far.
    pub on_bytes: &'a (dyn Fn(u64) + Send + Sync),
}

/// What came: a recording, rewound to its start. The file has no name and vanishes with this value.
#[derive(Debug)]
pub struct Fetched {
    /// The recording.
    pub recording: File,
    /// Its size.
    pub bytes: u64,
    /// Seconds by which the service's clock is ahead of ours, where it says.
    pub ahead_secs: Option<i64>,
}

/// Why nothing came that can be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FetchFailure {
    /// The source's definition cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanProblem),
    /// Nothing could be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchProblem),
    /// What came is not what was asked for.
    #[error(transparent)]
    Answer(#[from] AnswerProblem),
}

impl From<io::Error> for FetchFailure {
    fn from(error: io::Error) -> FetchFailure {
        FetchFailure::Answer(error.into())
    }
}

/// Opens connections for everybody. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    lookup: Arc<dyn Lookup>,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    files_folder: PathBuf,
}

impl Fetcher {
    /// A fetcher over the machine's network and the center's files folder.
    pub fn new(secrets: Secrets, clock: Arc<dyn Clock>, files_folder: PathBuf) -> Fetcher {
        Fetcher { lookup: Arc::new(SystemLookup), secrets, clock, files_folder }
    }

    /// The same with another resolver of names.
    #[cfg(test)]
    pub fn with_lookup(self, lookup: impl Lookup + 'static) -> Fetcher {
        Fetcher { lookup: Arc::new(lookup), ..self }
    }

    /// Fetches a source's whole answer.
    ///
    /// # Errors
    /// [`FetchFailure`]; nothing of a partial answer is kept.
    pub async fn fetch(&self, order: &Order<'_>) -> Result<Fetched, FetchFailure> {
        let deadline = Instant::now() + order.bounds.timeout;
        let request = plan(order.connection, order.since)?;
        let work = async {
            match &request {
                Request::Http(first) => self.fetch_http(order, first, deadline).await,
                Request::File { pattern } => {
                    patience::again(order.bounds, deadline, || self.fetch_file(order, pattern)).await
                }
                Request::Sql(query) => {
                    patience::again(order.bounds, deadline, || self.fetch_sql(order, query, deadline)).await
                }
            }
        };
        tokio::select! {
            biased;
            () = order.cancel.cancelled() => Err(FetchProblem::Cancelled.into()),
            done = tokio::time::timeout_at(deadline, work) => done.unwrap_or_else(|_| Err(timed_out(order.bounds).into())),
        }
    }

    async fn fetch_http(
        &self,
        order: &Order<'_>,
        first: &HttpRequest,
        deadline: Instant,
    ) -> Result<Fetched, FetchFailure> {
        let trust = order.connection.trust().map_err(PlanProblem::from)?;
        let trusted = self.trusted(trust)?;
        let mut run = HttpRun::new(self, order.bounds, deadline, trusted)?;
        let mut recorder = Recorder::new(Tape::new(order.bounds.max_bytes)?)?;
        let (mut pages, mut rows, mut bytes) = (0usize, 0usize, 0u64);
        let mut next = Some(first.clone());
        while let Some(request) = next {
            if pages as u64 >= u64::from(order.bounds.max_pages) {
                return Err(FetchProblem::TooManyPages { limit: order.bounds.max_pages }.into());
            }
            let page = run.get(&request).await?;
            judge_page(order.connection, &page)?;
            next = next_page(order.connection, &request, pages, rows, &page)?;
            rows = next.as_ref().map_or(rows, |next| rows_before(order.connection, next));
            pages += 1;
            bytes += page.body.len() as u64;
            let length = page.body.len() as u64;
            recorder.page(
                &page.url,
                page.status,
                page.content_type.as_deref(),
                length,
                &mut page.body.as_slice(),
            )?;
            (order.on_bytes)(bytes);
        }
        Ok(Fetched { ahead_secs: run.ahead_secs, ..recorder.finish()?.finish()? })
    }

    async fn fetch_file(&self, order: &Order<'_>, pattern: &str) -> Result<Fetched, FetchFailure> {
        let found = find_complete_file(&self.files_folder, pattern, order.bounds.file_pause).await?;
        let (max_bytes, name) = (order.bounds.max_bytes, found.name.clone());
        let recorded = blocking(move || record_file(&name, found.file, found.bytes, max_bytes)).await?;
        (order.on_bytes)(recorded.bytes);
        Ok(recorded)
    }

    async fn fetch_sql(
        &self,
        order: &Order<'_>,
        query: &SqlRequest,
        deadline: Instant,
    ) -> Result<Fetched, FetchFailure> {
        let target = match &query.target {
            SqlTarget::File { path } => SqlPlace::File(
                find_complete_file(&self.files_folder, path, Duration::ZERO).await?.path().to_owned(),
            ),
            SqlTarget::Server { host, port, database, user, secret, tls } => {
                // A socket's folder is this machine: open to those whose source may reach this machine. Through
                // it the center's own database might be asked.
                let allowed = &order.bounds.allowed;
                let address = match host.starts_with('/') {
                    true if allowed.permits(Ipv4Addr::LOCALHOST.into()) => None,
                    true => {
                        let address = Ipv4Addr::LOCALHOST.to_string();
                        return Err(FetchProblem::ForbiddenAddress { host: host.clone(), address }.into());
                    }
                    false => {
                        Some(http::resolve_guarded(self.lookup.as_ref(), host, &order.bounds.allowed).await?)
                    }
                };
                let password =
                    secret.as_deref().map(|name| self.secrets.get(name)).transpose()?.map(str::to_owned);
                SqlPlace::Server {
                    host: host.clone(),
                    address,
                    port: *port,
                    database: database.clone(),
                    user: user.clone(),
                    password,
                    tls: *tls,
                    trusted: self
                        .trusted(order.connection.trust().map_err(PlanProblem::from)?)?
                        .map(Box::new),
                }
            }
        };
        let call = SqlCall {
            query: query.clone(),
            place: target,
            secrets: self.secrets.clone(),
            bounds: order.bounds.clone(),
            deadline,
            started_at: self.clock.now(),
            cancel: order.cancel.child_token(),
            zones: Zones::of(order)?,
        };
        // When this future is dropped the thread is told to stop at its next row.
        let _stop = call.cancel.clone().drop_guard();
        let recorded = blocking(move || run_sql(&call)).await?;
        (order.on_bytes)(recorded.bytes);
        Ok(recorded)
    }
}

/// Records a file of any size, for sources and for imports by hand.
///
/// # Errors
/// [`FetchProblem::TooLarge`], or the file system's.
pub fn record_file(name: &str, file: File, bytes: u64, max_bytes: u64) -> Result<Fetched, FetchFailure> {
    if bytes > max_bytes {
        return Err(FetchProblem::TooLarge { limit_bytes: max_bytes }.into());
    }
    let mut recorder = Recorder::new(Tape::new(max_bytes)?)?;
    let mut file = io::BufReader::with_capacity(256 << 10, file);
    match recorder.page(name, 200, None, bytes, &mut file) {
        Ok(()) => Ok(recorder.finish()?.finish()?),
        // Shorter than it was a moment ago.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(FetchProblem::FileInUse { path: name.to_owned() }.into())
        }
        Err(error) => {
            Err(FetchProblem::UnreadableFile { path: name.to_owned(), detail: error.to_string() }.into())
        }
    }
}

/// For offsets: the rows of all earlier pages, which is where the next page starts.
fn rows_before(connection: &Connection, next: &HttpRequest) -> usize {
    let Connection::Json(options) = connection else { return 0 };
    let Paging::Offset { offset_parameter, .. } = &options.paging else { return 0 };
    let offset = next.query.iter().find(|(name, _)| name == offset_parameter);
    offset.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

fn timed_out(bounds: &Bounds) -> FetchProblem {
    FetchProblem::TimedOut { phase: Phase::Total, after_millis: bounds.timeout.as_millis() as u64 }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FetchFailure> + Send + 'static,
) -> Result<T, FetchFailure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(AnswerProblem::Unreadable { detail: error.to_string() }.into()),
    }
}

/// Where a database is, with everything that is needed to open it.
enum SqlPlace {
    File(PathBuf),
    Server {
        host: String,
        /// The checked address; `None` for a socket.
        address: Option<std::net::IpAddr>,
        port: u16,
        database: String,
        user: String,
        password: Option<String>,
        tls: bool,
        /// Whom to believe instead of those whom the machine trusts.
        trusted: Option<Box<Trusted>>,
    },
}

/// One query with its bounds, on a thread of its own.
struct SqlCall {
    query: SqlRequest,
    place: SqlPlace,
    secrets: Secrets,
    bounds: Bounds,
    deadline: Instant,
    started_at: Timestamp,
    cancel: CancellationToken,
    zones: Zones,
}

/// A database's moments have no zone of their own: where its clock stands, and where the center's does.
#[derive(Debug, Clone)]
struct Zones {
    source: TimeZone,
    center: TimeZone,
}

impl Zones {
    fn of(order: &Order<'_>) -> Result<Zones, FetchFailure> {
        let center = order.time_zone.clone();
        let Some(name) = order.connection.time_zone() else {
            return Ok(Zones { source: center.clone(), center });
        };
        let source = TimeZone::get(name).map_err(|_| PlanProblem::BadTimeZone(name.to_owned()))?;
        Ok(Zones { source, center })
    }

    /// The source's name for itself, for `set timezone`.
    fn source_name(&self) -> &str {
        self.source.iana_name().unwrap_or("UTC")
    }

    /// The source's distance from UTC now, such as `+07:00`: servers know this form without tables of
    /// zones.
    fn source_offset(&self, now: Timestamp) -> String {
        let secs = self.source.to_offset(now).seconds();
        let sign = if secs < 0 { '-' } else { '+' };
        let minutes = secs.abs() / 60;
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// A moment of the source as the center's clock shows it.
    fn at_center(&self, at: DateTime) -> DateTime {
        if self.source == self.center {
            return at;
        }
        let zoned = at.to_zoned_datetime(self.source.clone());
        zoned.map_or(at, |moment| moment.with_time_zone(self.center.clone()).datetime())
    }
}

impl SqlCall {
    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Why the work must stop now, if it must.
    fn stop(&self) -> Result<(), FetchProblem> {
        if self.cancel.is_cancelled() {
            Err(FetchProblem::Cancelled)
        } else if self.time_left().is_zero() {
            Err(timed_out(&self.bounds))
        } else {
            Ok(())
        }
    }

    /// A database's own words, fit to be stored and shown.
    fn refused(&self, engine: &str, detail: &str) -> FetchProblem {
        if let Err(stopped) = self.stop() {
            return stopped;
        }
        let detail: String =
            self.secrets.redact(detail).chars().filter(|c| !c.is_control()).take(300).collect();
        FetchProblem::Database { engine: engine.to_owned(), detail }
    }

    fn check_rows(&self, rows: u64) -> Result<(), FetchProblem> {
        // One row more than accepted is asked for, so that an overflow shows.
        if rows >= self.query.row_limit {
            return Err(FetchProblem::TooManyRows { limit: self.query.row_limit.saturating_sub(1) });
        }
        Ok(())
    }
}

fn run_sql(call: &SqlCall) -> Result<Fetched, FetchFailure> {
    // The length of the page must be known before it is recorded, so the rows go to a file of their own.
    let mut rows = Tape::new(call.bounds.max_bytes)?;
    let name = match call.query.engine {
        SqlEngine::Sqlite => {
            sql_sqlite::read(call, &mut rows)?;
            "sqlite"
        }
        SqlEngine::Postgres => {
            sql_postgres::read(call, &mut rows)?;
            "postgres"
        }
        SqlEngine::Mysql => {
            sql_mysql::read(call, &mut rows)?;
            "mysql"
        }
    };
    let rows = rows.finish()?;
    let mut recorder = Recorder::new(Tape::new(u64::MAX)?)?;
    let media_type = Some("application/x-ndjson");
    recorder.page(name, 200, media_type, rows.bytes, &mut io::BufReader::new(rows.recording))?;
    Ok(recorder.finish()?.finish()?)
}

/// A temporary file that counts what is written.
struct Tape {
    out: BufWriter<File>,
    bytes: u64,
    max_bytes: u64,
}

/// What a recording adds to the bodies: the heads of its pages.
const HEADS: u64 = 1 << 20;

impl Tape {
    fn new(max_bytes: u64) -> io::Result<Tape> {
        let out = BufWriter::with_capacity(256 << 10, tempfile::tempfile()?);
        Ok(Tape { out, bytes: 0, max_bytes })
    }

    fn finish(self) -> io::Result<Fetched> {
        let mut recording = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        recording.seek(SeekFrom::Start(0))?;
        Ok(Fetched { recording, bytes: self.bytes, ahead_secs: None })
    }

    fn is_full(&self) -> bool {
        self.bytes > self.max_bytes.saturating_add(HEADS)
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        if self.is_full() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the answer is larger than accepted"));
        }
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Fetched {
    /// The recording as bytes in memory.
    ///
    /// # Errors
    /// The file system's.
    pub fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        self.recording.seek(SeekFrom::Start(0))?;
        self.recording.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// A write to the tape failed: too much, or the disk.
fn tape_problem(bounds: &Bounds, error: &io::Error) -> FetchProblem {
    match error.kind() {
        io::ErrorKind::FileTooLarge => FetchProblem::TooLarge { limit_bytes: bounds.max_bytes },
        _ => FetchProblem::UnreadableFile { path: "recording".to_owned(), detail: error.to_string() },
    }
}

/// A number as a database writes it, whole where it is whole; `None` for `NaN`, infinities and text.
fn number<'a>(text: &str) -> Option<pendopo_connectors::recording::SqlValue<'a>> {
    use pendopo_connectors::recording::SqlValue;
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, rest)| if rest.bytes().all(|digit| digit == b'0') { whole } else { text });
    if let Ok(number) = whole.parse() {
        return Some(SqlValue::Int(number));
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(SqlValue::Number)
}
