//! How a source is reached and read, as written in a pack. One variant per kind of outside service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a source is reached, by kind of service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Connection {
    /// Delimited text: a file on disk or over HTTP.
    Csv(CsvOptions),
    /// A spreadsheet: XLSX, XLS, XLSB or ODS, a file on disk or over HTTP.
    Spreadsheet(SpreadsheetOptions),
    /// JSON over HTTP.
    Json(JsonOptions),
    /// A query on an SQLite file.
    Sqlite(SqliteOptions),
    /// A query on a PostgreSQL server.
    Postgres(DatabaseOptions),
    /// A query on a MySQL or MariaDB server.
    Mysql(DatabaseOptions),
    /// Nothing is asked: the agency's program sends rows to `POST /api/v1/sources/<code>/rows`, as an array of
    /// JSON objects or as CSV, with the key of this source.
    Push(PushOptions),
}

impl Connection {
    /// Whether rows only come when they are sent.
    pub fn is_pushed(&self) -> bool {
        matches!(self, Connection::Push(_))
    }

    /// The time zone of a database's moments, where it is not the center's.
    pub fn time_zone(&self) -> Option<&str> {
        match self {
            Connection::Postgres(options) | Connection::Mysql(options) => options.time_zone.as_deref(),
            _ => None,
        }
    }

    /// Whom the service is believed to be on an encrypted connection.
    ///
    /// # Errors
    /// When the fingerprint is none, or both are given.
    pub fn trust(&self) -> Result<Trust<'_>, TrustProblem> {
        let (authorities, fingerprint) = match self {
            Connection::Csv(CsvOptions { location, .. })
            | Connection::Spreadsheet(SpreadsheetOptions { location, .. })
            | Connection::Json(JsonOptions { location, .. }) => {
                (&location.ca_file, &location.certificate_sha256)
            }
            Connection::Postgres(options) | Connection::Mysql(options) => {
                (&options.ca_file, &options.certificate_sha256)
            }
            Connection::Sqlite(_) | Connection::Push(_) => return Ok(Trust::Machine),
        };
        match (authorities, fingerprint) {
            (None, None) => Ok(Trust::Machine),
            (Some(path), None) => Ok(Trust::Authorities(path)),
            // Its client knows authorities only.
            (None, Some(_)) if matches!(self, Connection::Mysql(_)) => Err(TrustProblem::NoFingerprint),
            (None, Some(text)) => {
                read_fingerprint(text).map(Trust::Certificate).ok_or(TrustProblem::Fingerprint)
            }
            (Some(_), Some(_)) => Err(TrustProblem::Both),
        }
    }
}

/// Whom a service is believed to be on an encrypted connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust<'a> {
    /// Whoever an authority of the machine vouches for.
    Machine,
    /// Whoever an authority in this file vouches for.
    Authorities(&'a str),
    /// Whoever holds the key of the certificate with this SHA-256.
    Certificate([u8; 32]),
}

/// Why it cannot be said whom to believe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustProblem {
    /// Two answers to one question.
    #[error("give `ca_file` or `certificate_sha256`, not both")]
    Both,
    /// Not a fingerprint.
    #[error("`certificate_sha256` is not the SHA-256 of a certificate: 64 hexadecimal digits")]
    Fingerprint,
    /// MySQL's client cannot check it.
    #[error("MySQL takes no `certificate_sha256`; name the authority in `ca_file`")]
    NoFingerprint,
    /// There is no certificate to look at.
    #[error(
        "`ca_file` and `certificate_sha256` are about encrypted connections, and this one is not; write an \
         `https://` address, or `tls = true` for a database, or take them out"
    )]
    NotEncrypted,
}

fn read_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != ':' && !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

/// Options of rows that are sent: none so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushOptions {}

/// Where a file is: a path below the center's inbox folders, or an address.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// A path; relative paths start at the center's `files` folder. `*` in the last part takes the
    /// newest match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// An `http://` or `https://` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How the address wants to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// PEM file below the center's `files` folder with the authority of the service's certificate, trusted for
    /// this source alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// SHA-256 fingerprint of the service's certificate, 64 hexadecimal digits with or without colons
    /// (`openssl x509 -noout -fingerprint -sha256`). This certificate is trusted, signed by itself or expired
    /// as it may be, and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_sha256: Option<String>,
}

/// How a service wants callers to show who they are. Secrets are named here, never written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "scheme", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// `Authorization: Bearer <secret>`.
    Bearer {
        /// Name of the secret.
        secret: String,
    },
    /// A header such as `X-API-KEY`.
    Header {
        /// The header's name.
        name: String,
        /// Name of the secret.
        secret: String,
    },
    /// A query parameter such as `token`.
    Query {
        /// The parameter's name.
        name: String,
        /// Name of the secret.
        secret: String,
    },
    /// HTTP Basic.
    Basic {
        /// The user.
        user: String,
        /// Name of the secret that holds the password.
        secret: String,
    },
}

/// Options of delimited text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvOptions {
    /// Where the file is.
    #[serde(default)]
    pub location: Location,
    /// The separator: `,`, `;`, `|` or a tab written `\t`. Default: found from the first lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The encoding's WHATWG label, such as `windows-1252`. Default: byte order mark, else UTF-8 if
    /// valid, else Windows-1252.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Line that holds the column names, from 1; the last of several header rows. Default: 1, after a
    /// `sep=;` line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// Number of header rows that end at `header_row`; text above lends itself to the empty cells to its
    /// right, as merged cells do once they are saved as CSV: `Penduduk` over `L` and `P` gives
    /// `Penduduk L` and `Penduduk P`.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub header_rows: u32,
    /// Columns whose empty cells take the value above, as merged cells of a group do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill_down: Vec<String>,
}

/// Options of spreadsheets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadsheetOptions {
    /// Where the file is.
    #[serde(default)]
    pub location: Location,
    /// The sheet's name. Default: the first visible sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row that holds the column names, from 1; the last of several header rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// Number of header rows that end at `header_row`; merged cells above lend their text to the
    /// columns below: `Penduduk` over `L` and `P` gives `Penduduk L` and `Penduduk P`.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub header_rows: u32,
    /// Columns whose empty cells take the value above, as merged cells of a group do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill_down: Vec<String>,
}

/// Options of JSON over HTTP.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonOptions {
    /// Where the answer is found.
    #[serde(default)]
    pub location: Location,
    /// Query parameters sent with every request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Headers sent with every request. Secrets belong in `auth`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Dotted path to the array of rows, such as `result.records`. Default: the answer itself when it
    /// is an array, else `data`, `results`, `rows`, `records` or `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// How further pages are asked for.
    #[serde(default)]
    pub paging: Paging,
}

/// How further pages are asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "style", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// One answer holds everything.
    #[default]
    None,
    /// Laravel's paginator and resource collections: `next_page_url` or `links.next`, with
    /// `current_page` and `last_page`.
    Laravel,
    /// A cursor in the answer is sent back as a parameter until it is empty.
    Cursor {
        /// Dotted path of the cursor in the answer.
        path: String,
        /// Parameter that carries it.
        parameter: String,
    },
    /// `offset` and `limit`; ends at an empty or short page or at the total.
    Offset {
        /// Parameter of the offset.
        #[serde(default = "offset")]
        offset_parameter: String,
        /// Parameter of the page size.
        #[serde(default = "limit")]
        limit_parameter: String,
        /// Rows asked for at once.
        #[serde(default = "hundred")]
        limit: u32,
        /// Dotted path of the total number of rows, if the service tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<String>,
    },
}

/// Options of an SQLite file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqliteOptions {
    /// Path of the file; relative paths start at the center's `files` folder. Opened read-only.
    pub path: String,
    /// One `select`. `:since` stands for the start of the last good run, less `since_overlap` of the source
    /// (`YYYY-MM-DD HH:MM:SS` in the center's time zone).
    pub query: String,
}

/// Options of a database server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseOptions {
    /// Host name or address, or the folder of a local socket.
    pub host: String,
    /// Port. Default: the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Database.
    pub database: String,
    /// User; give it `select` rights only.
    pub user: String,
    /// Name of the secret that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Whether the connection is encrypted. Default: for hosts other than this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// PEM file below the center's `files` folder with the authority of the service's certificate, trusted for
    /// this source alone. For MySQL it is trusted besides the public authorities, which its client always believes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// SHA-256 fingerprint of the service's certificate, 64 hexadecimal digits with or without colons
    /// (`openssl x509 -noout -fingerprint -sha256`). This certificate is trusted, signed by itself or expired
    /// as it may be, and no other. Not for
    /// MySQL, whose client knows authorities only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_sha256: Option<String>,
    /// One `select`. `:since` stands for the start of the last good run, less `since_overlap` of the source
    /// (`YYYY-MM-DD HH:MM:SS` in `time_zone`).
    pub query: String,
    /// Time zone in which the database keeps dates with a time, such as `UTC`; they are placed in the
    /// center's periods accordingly. Default: the center's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Text columns that hold UTF-8 bytes read as Latin-1 ("Ã©" for "é") are repaired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repair_double_encoding: bool,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_one(value: &u32) -> bool {
    *value == 1
}

fn offset() -> String {
    "offset".to_owned()
}

fn limit() -> String {
    "limit".to_owned()
}

fn hundred() -> u32 {
    100
}
