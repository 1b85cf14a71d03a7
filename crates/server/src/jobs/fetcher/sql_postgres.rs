//! A query on PostgreSQL: a read-only transaction, a time limit kept by the server, rows by cursor.

use super::{FetchProblem, SqlCall, SqlPlace, Zones, http::chain, tape_problem};
use jiff::civil::DateTime;
use pendopo_connectors::recording::{SqlRecorder, SqlValue};
use postgres::{
    Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow,
    config::SslMode,
    error::SqlState,
    types::{Format, IsNull, ToSql, Type, private::BytesMut},
};
use rustls_platform_verifier::ConfigVerifierExt;
use std::{borrow::Cow, error::Error, io::Write};
use tokio_postgres_rustls::MakeRustlsConnect;

const ENGINE: &str = "PostgreSQL";
/// Rows fetched at once.
const BATCH: usize = 2_000;

/// A parameter sent as text, whatever type the query gives it.
#[derive(Debug)]
struct AsText<'a>(&'a str);

impl ToSql for AsText<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    postgres::types::to_sql_checked!();
}

/// Runs the query and records its rows.
pub(super) fn read(call: &SqlCall, out: &mut dyn Write) -> Result<(), FetchProblem> {
    let mut client = connect(call)?;
    let said = |error: postgres::Error| problem(call, &error);
    let quoted_zone = call.zones.source_name().replace('\'', "");
    let settings = format!(
        "set default_transaction_read_only = on; set statement_timeout = {}; set lock_timeout = 5000; \
         set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex'; \
         set timezone = '{quoted_zone}'; begin read only",
        call.time_left().as_millis().clamp(1, i32::MAX as u128)
    );
    client.batch_execute(&settings).map_err(said)?;
    let types: Vec<(String, Type)> = {
        let statement = client.prepare(&call.query.query).map_err(said)?;
        statement.columns().iter().map(|column| (column.name().to_owned(), column.type_().clone())).collect()
    };
    let declare = format!("declare pendopo no scroll cursor for {}", call.query.query);
    let since = call.query.since.as_deref().map(AsText);
    let parameters: Vec<&(dyn ToSql + Sync)> =
        since.iter().map(|since| since as &(dyn ToSql + Sync)).collect();
    client.execute(&declare, &parameters).map_err(said)?;

    let full = |error: std::io::Error| tape_problem(&call.bounds, &error);
    let names: Vec<String> = types.iter().map(|(name, _)| name.clone()).collect();
    let mut recorder = SqlRecorder::new(out, &names).map_err(full)?;
    let fetch = format!("fetch {BATCH} from pendopo");
    let mut count = 0;
    loop {
        call.stop()?;
        let mut seen = 0;
        for message in client.simple_query(&fetch).map_err(said)? {
            let SimpleQueryMessage::Row(row) = message else { continue };
            seen += 1;
            count += 1;
            recorder.row(&values(&row, &types, &call.zones)).map_err(full)?;
            call.check_rows(count)?;
        }
        if seen < BATCH {
            break;
        }
    }
    recorder.finish().map_err(full)?;
    Ok(())
}

fn connect(call: &SqlCall) -> Result<Client, FetchProblem> {
    let SqlPlace::Server { host, address, port, database, user, password, tls, trusted } = &call.place else {
        return Err(call.refused(ENGINE, "expected a server"));
    };
    let mut config = Config::new();
    config.host(host).port(*port).dbname(database).user(user).application_name("pendopo");
    config.connect_timeout(call.bounds.connect_timeout.min(call.time_left()));
    config.tcp_user_timeout(call.bounds.idle_timeout.max(call.time_left()));
    // The connection goes to the address that was checked; the name serves for the certificate alone.
    if let Some(address) = address {
        config.hostaddr(*address);
    }
    if let Some(password) = password {
        config.password(password);
    }
    let connected = if *tls {
        super::http::install_tls();
        config.ssl_mode(SslMode::Require);
        let settings = match trusted {
            Some(trusted) => trusted.settings.clone(),
            None => rustls::ClientConfig::with_platform_verifier()
                .map_err(|error| FetchProblem::Tls { host: host.clone(), detail: error.to_string() })?,
        };
        config.connect(MakeRustlsConnect::new(settings))
    } else {
        config.ssl_mode(SslMode::Disable);
        config.connect(NoTls)
    };
    connected.map_err(|error| problem(call, &error))
}

fn problem(call: &SqlCall, error: &postgres::Error) -> FetchProblem {
    let SqlPlace::Server { host, .. } = &call.place else {
        return call.refused(ENGINE, &error.to_string());
    };
    if let Err(stopped) = call.stop() {
        return stopped;
    }
    match error.as_db_error() {
        Some(said) if *said.code() == SqlState::QUERY_CANCELED => super::timed_out(&call.bounds),
        Some(said)
            if [
                SqlState::INVALID_PASSWORD,
                SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                SqlState::INSUFFICIENT_PRIVILEGE,
            ]
            .contains(said.code()) =>
        {
            FetchProblem::Blocked { status: 0, url: format!("postgres://{host}") }
        }
        Some(said)
            if *said.code() == SqlState::TOO_MANY_CONNECTIONS
                || *said.code() == SqlState::CANNOT_CONNECT_NOW
                || *said.code() == SqlState::LOCK_NOT_AVAILABLE
                || *said.code() == SqlState::T_R_DEADLOCK_DETECTED
                || *said.code() == SqlState::ADMIN_SHUTDOWN =>
        {
            FetchProblem::NoConnection { host: host.clone(), detail: said.message().to_owned() }
        }
        Some(said) => call.refused(ENGINE, said.message()),
        None if error.to_string().contains("TLS") => {
            FetchProblem::Tls { host: host.clone(), detail: call.secrets.redact(&chain(error)) }
        }
        None => FetchProblem::NoConnection { host: host.clone(), detail: call.secrets.redact(&chain(error)) },
    }
}

fn values<'a>(row: &'a SimpleQueryRow, types: &[(String, Type)], zones: &Zones) -> Vec<SqlValue<'a>> {
    let values = types
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| row.get(index).map_or(SqlValue::Null, |text| value(text, kind, zones)));
    values.collect()
}

/// What the server calls a number stays one: its point is not to be read by the source's own format.
fn value<'a>(text: &'a str, kind: &Type, zones: &Zones) -> SqlValue<'a> {
    let as_text = || SqlValue::Text(Cow::Borrowed(text));
    match *kind {
        Type::BOOL => SqlValue::Bool(text == "t"),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => {
            text.parse().map_or_else(|_| as_text(), SqlValue::Int)
        }
        Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8 => super::number(text).unwrap_or_else(as_text),
        // Shown in the session's zone, which is the source's; its distance from UTC stands behind it.
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            match text.get(..19).and_then(|start| start.parse::<DateTime>().ok()) {
                Some(at) if zones.source != zones.center => {
                    let shown = zones.at_center(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
                    SqlValue::Text(Cow::Owned(shown))
                }
                _ => as_text(),
            }
        }
        // Fixed-width text is padded with spaces that nobody typed.
        Type::BPCHAR => SqlValue::Text(Cow::Borrowed(text.trim_end_matches(' '))),
        _ => as_text(),
    }
}
