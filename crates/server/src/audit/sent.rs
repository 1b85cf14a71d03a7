//! All SQL of what was sent outward: how far, and what went wrong last.

use pendopo_figures::{DbError, Reader, Tx};

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Signed heads.
    Heads,
    /// Entries.
    Entries,
}

impl Kind {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Heads => "heads",
            Kind::Entries => "entries",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// The number of the last entry, or of the entry of the last head, that the other side keeps.
    pub number: i64,
    /// The hash of the chain's end that was sent; empty when it was not the end.
    pub hash: String,
    /// When it said so, Unix milliseconds.
    pub sent_at: Option<i64>,
    /// Since when it fails, Unix milliseconds.
    pub failing_since: Option<i64>,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// How far it is; `None` before the first try.
///
/// # Errors
/// The database's.
pub fn read(reader: &mut Reader<'_>, kind: Kind) -> Result<Option<Sent>, DbError> {
    let sql = "select number, hash, sent_at, failing_since, problem from audit_sent where kind = $1";
    reader.query_opt(sql, &[kind.as_str().into()], |row| {
        Ok(Sent {
            number: row.get(0)?,
            hash: row.get(1)?,
            sent_at: row.get(2)?,
            failing_since: row.get(3)?,
            problem: row.get(4)?,
        })
    })
}

/// The other side keeps everything up to a number.
///
/// # Errors
/// The database's.
pub fn put(tx: &mut Tx<'_>, kind: Kind, number: i64, hash: &str, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "insert into audit_sent (kind, number, hash, sent_at) values ($1, $2, $3, $4) \
         on conflict (kind) do update set number = excluded.number, hash = excluded.hash, sent_at = excluded.sent_at",
        &[kind.as_str().into(), number.into(), hash.into(), now_ms.into()],
    )?;
    Ok(())
}

/// Notes how a try went; a failure begins with the first of its row.
///
/// # Errors
/// The database's.
pub fn note_try(tx: &mut Tx<'_>, kind: Kind, now_ms: i64, problem: Option<&str>) -> Result<(), DbError> {
    let since = problem.map(|_| now_ms);
    let problem = problem.map(|text| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>());
    // Where nothing is wrong and nothing was, nothing is written.
    tx.execute(
        "insert into audit_sent (kind, number, hash, failing_since, problem) values ($1, 0, '', $2, $3) \
         on conflict (kind) do update set problem = excluded.problem, failing_since = case \
         when excluded.problem is null then null else coalesce(audit_sent.failing_since, excluded.failing_since) end \
         where excluded.problem is not null or audit_sent.problem is not null",
        &[kind.as_str().into(), since.into(), problem.into()],
    )?;
    Ok(())
}
