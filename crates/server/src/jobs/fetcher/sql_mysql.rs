//! A query on MySQL or MariaDB: a read-only transaction, a time limit kept by the server, rows one by
//! one. Old servers that know neither limit are still bound by the connection's own timeouts.

use super::{FetchProblem, SqlCall, SqlPlace, Zones, tape_problem};
use jiff::civil::DateTime;
use mysql::{Conn, OptsBuilder, Params, SslOpts, Value, consts::ColumnType, prelude::Queryable};
use pendopo_connectors::recording::{SqlRecorder, SqlValue};
use std::{borrow::Cow, io::Write};

const ENGINE: &str = "MySQL/MariaDB";

/// Runs the query and records its rows.
pub(super) fn read(call: &SqlCall, out: &mut dyn Write) -> Result<(), FetchProblem> {
    let mut connection = connect(call)?;
    let said = |error: mysql::Error| problem(call, &error);
    limit_time(call, &mut connection);
    // What the server keeps with a zone is shown in the source's, like what it keeps without.
    let offset = call.zones.source_offset(call.started_at);
    connection.query_drop(format!("set time_zone = '{offset}'")).map_err(said)?;
    connection.query_drop("set session transaction read only").map_err(said)?;
    connection.query_drop("start transaction").map_err(said)?;
    let parameters = match &call.query.since {
        Some(since) => Params::Positional(vec![Value::from(since.as_str()); call.query.since_count]),
        None => Params::Empty,
    };
    let full = |error: std::io::Error| tape_problem(&call.bounds, &error);
    let mut result = connection.exec_iter(call.query.query.as_str(), parameters).map_err(said)?;
    let (names, types): (Vec<String>, Vec<ColumnType>) = {
        let columns = result.columns();
        columns.as_ref().iter().map(|column| (column.name_str().into_owned(), column.column_type())).unzip()
    };
    let mut recorder = SqlRecorder::new(out, &names).map_err(full)?;
    let mut count = 0;
    let rows = result.iter().ok_or_else(|| call.refused(ENGINE, "the query gives no rows"))?;
    for row in rows {
        let values = row.map_err(said)?.unwrap();
        let values: Vec<SqlValue<'static>> =
            values.into_iter().zip(&types).map(|(cell, kind)| value(cell, *kind, &call.zones)).collect();
        recorder.row(&values).map_err(full)?;
        count += 1;
        call.check_rows(count)?;
        if count % 1_000 == 0 {
            call.stop()?;
        }
    }
    recorder.finish().map_err(full)?;
    Ok(())
}

fn connect(call: &SqlCall) -> Result<Conn, FetchProblem> {
    let SqlPlace::Server { host, address, port, database, user, password, tls, trusted } = &call.place else {
        return Err(call.refused(ENGINE, "expected a server"));
    };
    let time_left = call.time_left();
    let mut options = OptsBuilder::new()
        .db_name(Some(database.as_str()))
        .user(Some(user.as_str()))
        .pass(password.as_deref())
        .prefer_socket(false)
        .tcp_connect_timeout(Some(call.bounds.connect_timeout.min(time_left)))
        // A query may think for long before its first row; the total bound is what counts then.
        .read_timeout(Some(time_left))
        .write_timeout(Some(call.bounds.idle_timeout))
        .local_infile_handler(None);
    options = match address {
        None => {
            let socket = if host.ends_with(".sock") { host.clone() } else { format!("{host}/mysqld.sock") };
            options.socket(Some(socket))
        }
        // With TLS the certificate proves the name, so the name is given; without it the checked
        // address is.
        Some(_) if *tls => {
            let authorities = trusted.as_ref().and_then(|trusted| trusted.authorities.clone());
            let tls = SslOpts::default().with_root_cert_path(authorities);
            options.ip_or_hostname(Some(host.as_str())).tcp_port(*port).ssl_opts(tls)
        }
        Some(address) => options.ip_or_hostname(Some(address.to_string())).tcp_port(*port),
    };
    super::http::install_tls();
    Conn::new(options).map_err(|error| problem(call, &error))
}

/// Asks the server to stop by itself: MariaDB counts in seconds, MySQL in milliseconds, versions before
/// 5.7 know neither and say so, which is no reason to give up.
fn limit_time(call: &SqlCall, connection: &mut Conn) {
    let left = call.time_left();
    let statements = [
        format!("set session max_statement_time = {}", left.as_secs_f64().max(0.001)),
        format!("set session max_execution_time = {}", left.as_millis().max(1)),
    ];
    let kept = statements.iter().any(|statement| connection.query_drop(statement).is_ok());
    if !kept {
        tracing::debug!("this server keeps no time limit; the connection's own timeout holds");
    }
}

fn problem(call: &SqlCall, error: &mysql::Error) -> FetchProblem {
    if let Err(stopped) = call.stop() {
        return stopped;
    }
    let SqlPlace::Server { host, .. } = &call.place else {
        return call.refused(ENGINE, &error.to_string());
    };
    match error {
        // The password is kept in the format of before 4.1: one of the two refuses it.
        mysql::Error::MySqlError(said) if [1251, 1275].contains(&said.code) => {
            FetchProblem::OldPassword { host: host.clone() }
        }
        mysql::Error::DriverError(mysql::DriverError::OldMysqlPasswordDisabled) => {
            FetchProblem::OldPassword { host: host.clone() }
        }
        // Wrong password, no right to the database, table or column.
        mysql::Error::MySqlError(said) if [1044, 1045, 1142, 1143, 1698].contains(&said.code) => {
            FetchProblem::Blocked { status: 0, url: format!("mysql://{host}") }
        }
        // Interrupted by the time limit: MariaDB, MySQL.
        mysql::Error::MySqlError(said) if [1969, 3024, 1317].contains(&said.code) => {
            super::timed_out(&call.bounds)
        }
        // Too many connections; waits for a lock, deadlocks, a server that is going down: these pass.
        mysql::Error::MySqlError(said) if [1040, 1203, 1205, 1213, 1053].contains(&said.code) => {
            FetchProblem::NoConnection { host: host.clone(), detail: said.message.clone() }
        }
        mysql::Error::MySqlError(said) => call.refused(ENGINE, &said.message),
        // The certificate is looked at with the first packet: the client wraps what rustls says of it in an error
        // of input, output or packets, which gives no cause, so it is known by its words.
        other if other.to_string().contains("peer certificate") => {
            FetchProblem::Tls { host: host.clone(), detail: call.secrets.redact(&other.to_string()) }
        }
        mysql::Error::TlsError(error) => FetchProblem::Tls { host: host.clone(), detail: error.to_string() },
        other => {
            FetchProblem::NoConnection { host: host.clone(), detail: call.secrets.redact(&other.to_string()) }
        }
    }
}

fn value(value: Value, kind: ColumnType, zones: &Zones) -> SqlValue<'static> {
    match value {
        Value::NULL => SqlValue::Null,
        Value::Int(number) => SqlValue::Int(number),
        Value::UInt(number) => i64::try_from(number).map_or(SqlValue::Number(number as f64), SqlValue::Int),
        Value::Float(number) => SqlValue::Number(f64::from(number)),
        Value::Double(number) => SqlValue::Number(number),
        Value::Date(year, month, day, 0, 0, 0, 0) if kind == ColumnType::MYSQL_TYPE_DATE => {
            text(format!("{year:04}-{month:02}-{day:02}"))
        }
        Value::Date(year, month, day, hour, minute, second, _) => {
            text(match moment(year, month, day, hour, minute, second) {
                Some(at) => zones.at_center(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
                // `0000-00-00 00:00:00` and the like: no moment, told as written.
                None => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            })
        }
        Value::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if negative { "-" } else { "" };
            let hours = u64::from(days) * 24 + u64::from(hours);
            text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"))
        }
        Value::Bytes(bytes) if kind == ColumnType::MYSQL_TYPE_BIT && bytes.len() <= 8 => {
            SqlValue::Int(bytes.iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte)))
        }
        Value::Bytes(bytes) => {
            let written = String::from_utf8_lossy(&bytes).into_owned();
            let decimal = matches!(kind, ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_DECIMAL);
            let number = if decimal { super::number(&written) } else { None };
            number.unwrap_or_else(|| text(written))
        }
    }
}

fn moment(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<DateTime> {
    let small = |number: u8| i8::try_from(number).ok();
    let year = i16::try_from(year).ok()?;
    DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0).ok()
}

fn text(text: String) -> SqlValue<'static> {
    SqlValue::Text(Cow::Owned(text))
}
