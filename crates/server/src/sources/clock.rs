//! Whether this machine's clock agrees with those of the services that it asks, by the time that each tells with
//! its answers: for `pendopo doctor`. Times of record, freshness, sessions and codes all hang on it.

use pendopo_figures::{DbError, Reader, Tx};

/// Clocks that differ by less agree: an answer takes its time, and `Date` has whole seconds.
const AGREES_SECS: i64 = 30;

/// What the services' clocks say of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No service told its time.
    Unknown,
    /// With most of so many.
    Agrees(usize),
    /// Most are ahead of ours by so many seconds; behind, when negative.
    Differs(i64),
}

/// Judges by the clock in the middle: one service whose clock is wrong says nothing of ours.
pub fn judge(ahead_secs: &[i64]) -> Verdict {
    let mut sorted = ahead_secs.to_vec();
    sorted.sort_unstable();
    match sorted.get(sorted.len() / 2) {
        None => Verdict::Unknown,
        Some(middle) if middle.abs() < AGREES_SECS => Verdict::Agrees(sorted.len()),
        Some(middle) => Verdict::Differs(*middle),
    }
}

/// Remembers by how much a service's clock was ahead.
///
/// # Errors
/// The database's.
pub fn note(tx: &mut Tx<'_>, source_id: i64, ahead_secs: i64, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "insert into source_clock (source_id, ahead_secs, seen_at) values ($1, $2, $3) on conflict (source_id) \
         do update set ahead_secs = excluded.ahead_secs, seen_at = excluded.seen_at",
        &[source_id.into(), ahead_secs.into(), now_ms.into()],
    )?;
    Ok(())
}

/// By how much the services' clocks were ahead, of those that were asked since then.
///
/// # Errors
/// The database's.
pub fn read(reader: &mut Reader<'_>, since_ms: i64) -> Result<Vec<i64>, DbError> {
    reader.query(
        "select ahead_secs from source_clock where seen_at >= $1 order by source_id",
        &[since_ms.into()],
        |row| row.get(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_in_the_middle_decides() {
        let check = |ahead: &[i64], want: Verdict| assert_eq!(judge(ahead), want, "{ahead:?}");
        check(&[], Verdict::Unknown);
        check(&[0, -1, 2], Verdict::Agrees(3));
        check(&[0, 86_400, 1], Verdict::Agrees(3));
        check(&[-3600, -3599, 0], Verdict::Differs(-3599));
        check(&[120], Verdict::Differs(120));
    }
}
