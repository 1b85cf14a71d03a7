//! Verification of the whole log: chain, signed head, and every head kept outside.

use super::{
    Audit,
    anchor::read_file,
    chain::{Damage, Findings, Head, Walk},
    signed::is_signed,
    store,
};
use anyhow::Context;
use pendopo_figures::{Db, Reader};
use std::path::PathBuf;

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last entry there is; number 0 without any.
    pub last: Head,
    /// Heads kept outside that were compared.
    pub witnesses: usize,
    /// What is wrong.
    pub findings: Findings,
}

/// How many entries there may be: the largest number.
///
/// # Errors
/// The database's.
pub fn count_entries(db: &Db) -> anyhow::Result<i64> {
    let largest = "select coalesce(max(number), 0) from audit_entry";
    Ok(db.read(|reader: &mut Reader<'_>| reader.query_one(largest, &[], |row| row.get(0)))?)
}

/// Reads all entries in order and compares with everything that bears witness. `also` are further files
/// of heads, such as a copy kept by the inspectorate; `each` hears the number of every entry read.
///
/// # Errors
/// When the database or a file of heads cannot be read. Whatever can be read and is wrong is a finding.
pub fn verify(
    db: &Db,
    audit: &Audit,
    also: &[PathBuf],
    each: &mut dyn FnMut(i64),
) -> anyhow::Result<Verified> {
    let public_key = audit.public_key();
    let mut findings = Findings::default();
    // Heads first: what is appended while this goes on is in the database before it is in them.
    let mut kept =
        audit.anchor_place().read(&public_key, &mut findings).context("cannot read the anchor file")?;
    for file in also {
        anyhow::ensure!(file.exists(), "{} does not exist", file.display());
        let read = read_file(file, &public_key, &mut findings);
        kept.extend(read.with_context(|| format!("cannot read {}", file.display()))?);
    }
    let witnesses = kept.len();
    let mut walk = Walk::new(kept, findings);
    let head = db.read(|reader| {
        store::walk(reader, &mut walk, each)?;
        store::read_head(reader)
    })?;
    let head = head.map(|signed| {
        let good = is_signed(&public_key, &signed.head, &signed.signature);
        (signed.head, good)
    });
    let (last, mut findings) = walk.end(head);
    if !store::is_guarded(db)? {
        findings.add(None, None, Damage::Unguarded);
    }
    Ok(Verified { last, witnesses, findings })
}

/// Verifies and keeps the outcome for the page.
///
/// # Errors
/// As [`verify`].
pub fn verify_and_keep(db: &Db, audit: &Audit, now_ms: i64) -> anyhow::Result<Verified> {
    let verified = verify(db, audit, &[], &mut |_| {})?;
    db.write(|tx| store::put_check(tx, now_ms, verified.last.number, &verified.findings))?;
    Ok(verified)
}
