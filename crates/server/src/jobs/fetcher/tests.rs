//! The fetcher against real sockets: forbidden addresses, misbehaving services, real databases.

mod addresses;
mod databases;
mod faults;
mod forgeries;
mod patience;
pub(crate) mod service;
mod traps;
mod trust;

use super::*;
use pendopo_connectors::{Limits, ParseSummary, Row, RowSink, recording::parse_recording};
use pendopo_vocab::FixedClock;
use std::ops::ControlFlow;

/// A fetcher with a fixed clock over `folder`.
fn fetcher(folder: &std::path::Path) -> Fetcher {
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    Fetcher::new(Secrets::of([("key", "sangat-rahasia")]), Arc::new(FixedClock(now)), folder.to_owned())
}

/// Bounds for a service on this machine, short enough to run into.
fn short() -> Bounds {
    Bounds {
        allowed: AllowedNetworks::parse(&["127.0.0.1/32".to_owned()]).unwrap(),
        connect_timeout: Duration::from_millis(400),
        idle_timeout: Duration::from_millis(400),
        timeout: Duration::from_millis(3_000),
        max_bytes: 1 << 20,
        max_pages: 20,
        attempts: 3,
        retry_pause: Duration::from_millis(5),
        file_pause: Duration::from_millis(5),
    }
}

async fn fetch_with(
    fetcher: &Fetcher,
    connection: &Connection,
    bounds: &Bounds,
) -> Result<Fetched, FetchFailure> {
    let (zone, cancel) = (TimeZone::UTC, CancellationToken::new());
    let order =
        Order { connection, since: None, bounds, time_zone: &zone, cancel: &cancel, on_bytes: &|_| {} };
    fetcher.fetch(&order).await
}

fn json_at(url: &str) -> Connection {
    let location =
        pendopo_connectors::connection::Location { url: Some(url.to_owned()), ..Default::default() };
    Connection::Json(pendopo_connectors::connection::JsonOptions { location, ..Default::default() })
}

/// Collects the rows of a recording as text.
#[derive(Default)]
struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl RowSink for Rows {
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        self.rows.push(row.cells.iter().map(|cell| cell.text().into_owned()).collect());
        ControlFlow::Continue(())
    }

    fn problem(&mut self, refusal: pendopo_connectors::Refusal) {
        panic!("{refusal:?}");
    }
}

fn rows_of(connection: &Connection, fetched: &mut Fetched) -> (Rows, ParseSummary) {
    let mut rows = Rows::default();
    let summary = parse_recording(connection, &mut fetched.recording, &Limits::default(), &mut rows).unwrap();
    (rows, summary)
}
