//! How long a verification takes. `PENDOPO_AUDIT_ENTRIES` sets how many entries; the benchmark of the
//! project asks for a million.

use super::{Log, entry};
use crate::audit::{
    chain::Head,
    signed::sign,
    store::{append, put_head, read_end},
};
use pendopo_vocab::Clock;
use std::time::Instant;

/// Written per transaction.
const CHUNK: usize = 50_000;

#[test]
fn a_verification_streams_through_the_log() {
    let wanted = std::env::var("PENDOPO_AUDIT_ENTRIES").ok().and_then(|text| text.parse().ok());
    let wanted: usize = wanted.unwrap_or(20_000);
    let log = Log::sqlite();
    for first in (0..wanted).step_by(CHUNK) {
        let entries: Vec<_> = (first..wanted.min(first + CHUNK))
            .map(|index| (1_795_500_000_000 + i64::try_from(index).unwrap(), entry(index)))
            .collect();
        log.db
            .write(|tx| {
                let end = read_end(tx)?;
                let (number, hash) = append(tx, (end.number, end.hash), &entries)?;
                let at_ms = log.clock.now().as_millisecond();
                put_head(tx, &sign(&log.vault, Head { number, hash, at_ms }))
            })
            .unwrap();
    }
    let started = Instant::now();
    log.assert_whole(i64::try_from(wanted).unwrap());
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("audit: verified {wanted} entries in {seconds:.3} s");
}
