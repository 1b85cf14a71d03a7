//! What to ask a source first. Secrets stay names; the fetcher puts them in.

use crate::{
    connection::{Auth, Connection, JsonOptions, Location, Paging, Trust, TrustProblem},
    limits::Limits,
    sql_check::{self, SqlProblem},
};

/// What to ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// An HTTP `GET`.
    Http(HttpRequest),
    /// A file.
    File {
        /// Path as in the pack; relative ones start at the center's `files` folder, and `*` in the
        /// last part takes the newest match.
        pattern: String,
    },
    /// A query on a database.
    Sql(SqlRequest),
}

impl Request {
    /// Whether the answer comes over an encrypted connection.
    fn is_encrypted(&self) -> bool {
        match self {
            Request::Http(request) => url::Url::parse(&request.url).is_ok_and(|url| url.scheme() == "https"),
            Request::File { .. } => false,
            Request::Sql(request) => matches!(request.target, SqlTarget::Server { tls: true, .. }),
        }
    }
}

/// An HTTP `GET`.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// Address, `http` or `https`, without the parameters of `query`.
    pub url: String,
    /// Parameters to add to the address.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// How to show who asks; holds the secret's name.
    pub auth: Option<Auth>,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlEngine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    Mysql,
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlTarget {
    /// A file; relative paths start at the center's `files` folder. To be opened read-only.
    File {
        /// The path.
        path: String,
    },
    /// A server.
    Server {
        /// Host name, address, or the folder of a local socket.
        host: String,
        /// Port.
        port: u16,
        /// Database.
        database: String,
        /// User.
        user: String,
        /// Name of the secret with the password.
        secret: Option<String>,
        /// Whether the connection must be encrypted.
        tls: bool,
    },
}

impl SqlTarget {
    /// The path of the file or the name of the host, as the pack has it.
    pub fn name(&self) -> String {
        match self {
            SqlTarget::File { path } => path.clone(),
            SqlTarget::Server { host, .. } => host.clone(),
        }
    }
}

/// A query on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlRequest {
    /// Kind of database.
    pub engine: SqlEngine,
    /// Where it is.
    pub target: SqlTarget,
    /// One `select`, checked and limited to `row_limit` rows. The parameter for `since` is written as
    /// the engine wants it: `:since` for SQLite, `$1` for PostgreSQL, `?` for MySQL.
    pub query: String,
    /// The value to bind, `since_count` times for MySQL and once for the others; absent when the query
    /// has no parameter.
    pub since: Option<String>,
    /// How often the parameter stands in the query.
    pub since_count: usize,
    /// Rows asked for: one more than is accepted, so that an overflow is noticed.
    pub row_limit: u64,
}

/// Why nothing can be asked: a mistake in the pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// Neither a path nor an address, or both.
    #[error("give exactly one of `path` and `url`")]
    NoLocation,
    /// Not an address that can be asked.
    #[error("`{0}` is not an http:// or https:// address")]
    BadUrl(String),
    /// A password in the address would end up in logs.
    #[error("the address holds a user or password; use `auth` and a named secret")]
    SecretInUrl,
    /// The agency's program sends the rows.
    #[error("the rows of this source are sent by the agency's program; there is nothing to fetch")]
    Pushed,
    /// No such time zone.
    #[error("`{0}` is not a time zone; zones are written `Continent/City`, or `UTC`")]
    BadTimeZone(String),
    /// Whom to believe on an encrypted connection cannot be told.
    #[error(transparent)]
    Trust(#[from] TrustProblem),
    /// The query is not one harmless `select`.
    #[error("{0}")]
    Query(#[from] SqlProblem),
}

/// The first request of a run. `since` is the start of the last good run, `YYYY-MM-DD HH:MM:SS` in the
/// source's time zone; a first run starts at 1970.
pub fn plan(connection: &Connection, since: Option<&str>) -> Result<Request, PlanProblem> {
    if let Some(name) = connection.time_zone()
        && jiff::tz::TimeZone::get(name).is_err()
    {
        return Err(PlanProblem::BadTimeZone(name.to_owned()));
    }
    let trust = connection.trust()?;
    let request = match connection {
        Connection::Csv(options) => locate(&options.location)?,
        Connection::Spreadsheet(options) => locate(&options.location)?,
        Connection::Json(options) => plan_json(options)?,
        Connection::Push(_) => return Err(PlanProblem::Pushed),
        Connection::Sqlite(options) => {
            let target = SqlTarget::File { path: options.path.clone() };
            plan_sql(SqlEngine::Sqlite, target, &options.query, since)?
        }
        Connection::Postgres(options) => {
            plan_sql(SqlEngine::Postgres, server(options, 5432), &options.query, since)?
        }
        Connection::Mysql(options) => {
            plan_sql(SqlEngine::Mysql, server(options, 3306), &options.query, since)?
        }
    };
    // Whoever names a certificate means to be protected by it.
    match trust == Trust::Machine || request.is_encrypted() {
        true => Ok(request),
        false => Err(TrustProblem::NotEncrypted.into()),
    }
}

/// Whether a run of `connection` asks only for what changed since the last one.
pub fn reads_changes_only(connection: &Connection) -> bool {
    matches!(plan(connection, None), Ok(Request::Sql(request)) if request.since_count > 0)
}

fn locate(location: &Location) -> Result<Request, PlanProblem> {
    match (&location.path, &location.url) {
        (Some(path), None) => Ok(Request::File { pattern: path.clone() }),
        (None, Some(url)) => {
            check_url(url)?;
            Ok(Request::Http(HttpRequest {
                url: url.clone(),
                query: Vec::new(),
                headers: Vec::new(),
                auth: location.auth.clone(),
            }))
        }
        _ => Err(PlanProblem::NoLocation),
    }
}

fn check_url(text: &str) -> Result<(), PlanProblem> {
    let url = url::Url::parse(text).map_err(|_| PlanProblem::BadUrl(text.to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(PlanProblem::BadUrl(without_query(text)));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(PlanProblem::SecretInUrl);
    }
    Ok(())
}

fn plan_json(options: &JsonOptions) -> Result<Request, PlanProblem> {
    let mut request = match locate(&options.location)? {
        Request::Http(request) => request,
        file => return Ok(file),
    };
    request.query = options.query.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    request.headers = options.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let accepts = |(name, _): &(String, String)| name.eq_ignore_ascii_case("accept");
    if !request.headers.iter().any(accepts) {
        request.headers.push(("Accept".to_owned(), "application/json".to_owned()));
    }
    if let Paging::Offset { offset_parameter, limit_parameter, limit, .. } = &options.paging {
        set_parameter(&mut request.query, offset_parameter, "0".to_owned());
        set_parameter(&mut request.query, limit_parameter, limit.to_string());
    }
    Ok(Request::Http(request))
}

fn server(options: &crate::connection::DatabaseOptions, port: u16) -> SqlTarget {
    let local =
        options.host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&options.host.as_str());
    SqlTarget::Server {
        host: options.host.clone(),
        port: options.port.unwrap_or(port),
        database: options.database.clone(),
        user: options.user.clone(),
        secret: options.secret.clone(),
        tls: options.tls.unwrap_or(!local),
    }
}

fn plan_sql(
    engine: SqlEngine,
    target: SqlTarget,
    query: &str,
    since: Option<&str>,
) -> Result<Request, PlanProblem> {
    let row_limit = Limits::default().rows + 1;
    let checked = sql_check::check(engine, query, row_limit)?;
    let since = (checked.since_count > 0).then(|| since.unwrap_or("1970-01-01 00:00:00").to_owned());
    Ok(Request::Sql(SqlRequest {
        engine,
        target,
        query: checked.query,
        since,
        since_count: checked.since_count,
        row_limit,
    }))
}

/// Sets or replaces a parameter.
pub(crate) fn set_parameter(query: &mut Vec<(String, String)>, name: &str, value: String) {
    match query.iter_mut().find(|(known, _)| known == name) {
        Some(entry) => entry.1 = value,
        None => query.push((name.to_owned(), value)),
    }
}

/// An address without its parameters and user, which may hold secrets.
pub(crate) fn without_query(text: &str) -> String {
    let bare = text.split(['?', '#']).next().unwrap_or(text);
    match (bare.split_once("://"), bare.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => bare.to_owned(),
    }
}
