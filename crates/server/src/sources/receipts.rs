//! All SQL of receipts: which run took what was sent under which key, so that sending again has no second
//! effect. A receipt is written with its run; what came of it is in the ledger.

use super::{
    jobs::Receipt,
    problem::{NOT_ITS_FAULT, not_its_fault},
};
use pendopo_figures::{DbError, Reader, Tx};
use pendopo_vocab::DAY_MS;

/// Receipts are kept for so long; a key that comes later is new.
pub const KEPT_DAYS: i64 = 30;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Digest of what was sent under it.
    pub digest: String,
    /// The run that took it.
    pub run_id: i64,
    /// That run is still going on.
    pub running: bool,
    /// That run left nothing behind for a reason of the center's own: the same may be sent again.
    pub open: bool,
}

/// What is known of a key of a source. A receipt counts for [`KEPT_DAYS`], whether or not it is still there.
///
/// # Errors
/// The database's.
pub fn find(
    reader: &mut Reader<'_>,
    source: &str,
    key_hash: &str,
    now_ms: i64,
) -> Result<Option<Known>, DbError> {
    let sql = "select p.digest, p.run_id, r.status, coalesce(r.problem_code, '') from push_receipt p \
               join source s on s.source_id = p.source_id join run r on r.run_id = p.run_id \
               where s.code = $1 and p.key_hash = $2 and p.received_at >= $3";
    let values = [source.into(), key_hash.into(), kept_since(now_ms).into()];
    reader.query_opt(sql, &values, |row| {
        let (status, problem): (String, String) = (row.get(2)?, row.get(3)?);
        Ok(Known {
            digest: row.get(0)?,
            run_id: row.get(1)?,
            running: status == "running",
            open: status == "interrupted" || is_ours(&problem),
        })
    })
}

/// The oldest receipt that counts, Unix milliseconds.
fn kept_since(now_ms: i64) -> i64 {
    now_ms - KEPT_DAYS * DAY_MS
}

/// Whether a run ended for a reason of the center's own, so that the same rows are worth another try.
pub fn is_ours(problem: &str) -> bool {
    NOT_ITS_FAULT.contains(&problem)
}

/// Ties a key to a run that begins, in its transaction. Old receipts of the source go.
///
/// # Errors
/// [`DbError::Conflict`] when another run has taken the key since it was looked for; the database's.
pub fn take(
    tx: &mut Tx<'_>,
    source_id: i64,
    receipt: &Receipt,
    run_id: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    tx.execute(
        "delete from push_receipt where source_id = $1 and received_at < $2",
        &[source_id.into(), kept_since(now_ms).into()],
    )?;
    let sql = format!(
        "insert into push_receipt (source_id, key_hash, digest, run_id, received_at) values ($1, $2, $3, $4, $5) \
         on conflict (source_id, key_hash) do update set digest = excluded.digest, run_id = excluded.run_id, \
         received_at = excluded.received_at where exists (select 1 from run r where r.run_id = push_receipt.run_id \
         and (r.status = 'interrupted' or r.problem_code in ({})))",
        not_its_fault()
    );
    let taken = tx.execute(
        &sql,
        &[
            source_id.into(),
            receipt.key_hash.as_str().into(),
            receipt.digest.as_str().into(),
            run_id.into(),
            now_ms.into(),
        ],
    )?;
    match taken {
        1 => Ok(()),
        _ => Err(DbError::Conflict("the same key is being used at this moment; ask again".to_owned())),
    }
}
