//! All SQL of the audit log.

use super::{
    chain::{Finding, Findings, Hash, Head, Link, SignedHead, Walk, hash_entry},
    entry::{COLUMNS, Entry, FIELDS},
};
use pendopo_figures::{Db, DbError, Reader, Row, Tx, Value, ValueRef};

/// The newest entry by number, whatever the head says.
fn read_last(reader: &mut Reader<'_>) -> Result<Option<(i64, Option<Hash>)>, DbError> {
    reader.query_opt("select number, hash from audit_entry order by number desc limit 1", &[], |row| {
        let ValueRef::Blob(bytes) = row.get_ref(1)? else { return Ok((row.get(0)?, None)) };
        Ok((row.get(0)?, Hash::from_bytes(bytes)))
    })
}

/// The signed head; `None` before the first entry, or when it is not one.
pub fn read_head(reader: &mut Reader<'_>) -> Result<Option<SignedHead>, DbError> {
    let found = reader.query_opt(
        "select number, hash, at_ms, signature from audit_head where audit_head_id = 1",
        &[],
        |row| {
            let read = || -> Result<SignedHead, DbError> {
                let hash: Vec<u8> = row.get(1)?;
                let hash = Hash::from_bytes(&hash).unwrap_or(Hash::START);
                let head = Head { number: row.get(0)?, hash, at_ms: row.get(2)? };
                Ok(SignedHead { head, signature: row.get(3)? })
            };
            // A head that another hand has broken is as good as none.
            Ok(read().ok())
        },
    )?;
    Ok(found.flatten())
}

/// Where the chain goes on.
pub struct End {
    /// The number and hash to follow on.
    pub number: i64,
    /// Its hash.
    pub hash: Hash,
    /// The signed head, when it names exactly this end.
    pub head: Option<SignedHead>,
}

/// Where the chain goes on: at its last entry, or past it when the head knows of later ones.
pub fn read_end(reader: &mut Reader<'_>) -> Result<End, DbError> {
    let head = read_head(reader)?;
    let last = read_last(reader)?;
    Ok(match (last, head) {
        (None, None) => End { number: 0, hash: Hash::START, head: None },
        (Some((number, Some(hash))), Some(head)) if (head.head.number, head.head.hash) == (number, hash) => {
            End { number, hash, head: Some(head) }
        }
        (last, head) => {
            let number = last.map_or(0, |(number, _)| number);
            let hash = last.and_then(|(_, hash)| hash).unwrap_or(Hash::START);
            match head {
                Some(head) if head.head.number > number => {
                    End { number: head.head.number, hash: head.head.hash, head: None }
                }
                _ => End { number, hash, head: None },
            }
        }
    })
}

/// Appends entries after `end`; gives the new end of the chain. The caller signs it.
pub fn append(tx: &mut Tx<'_>, end: (i64, Hash), entries: &[(i64, Entry)]) -> Result<(i64, Hash), DbError> {
    let (mut number, mut hash) = end;
    let mut room = Vec::with_capacity(1024);
    let mut rows: Vec<[Value; FIELDS + 2]> = Vec::with_capacity(entries.len());
    for (at_ms, entry) in entries {
        number += 1;
        let cells = entry.cells(number, *at_ms);
        let previous = hash;
        hash = hash_entry(previous, &cells.each_ref().map(borrow), &mut room);
        let mut row = [const { Value::Null }; FIELDS + 2];
        for (place, cell) in row.iter_mut().zip(cells) {
            *place = cell;
        }
        row[FIELDS] = previous.0.to_vec().into();
        row[FIELDS + 1] = hash.0.to_vec().into();
        rows.push(row);
    }
    let mut columns = [""; FIELDS + 2];
    columns[..FIELDS].copy_from_slice(&COLUMNS);
    (columns[FIELDS], columns[FIELDS + 1]) = ("previous_hash", "hash");
    tx.bulk_insert("audit_entry", columns, rows)?;
    Ok((number, hash))
}

fn borrow(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Int(value) => ValueRef::Int(*value),
        Value::Real(value) => ValueRef::Real(*value),
        Value::Text(value) => ValueRef::Text(value),
        Value::Blob(value) => ValueRef::Blob(value),
    }
}

/// Writes the signed head.
pub fn put_head(tx: &mut Tx<'_>, signed: &SignedHead) -> Result<(), DbError> {
    let head = &signed.head;
    let values =
        [head.number.into(), head.hash.0.to_vec().into(), head.at_ms.into(), signed.signature.clone().into()];
    tx.execute(
        "insert into audit_head (audit_head_id, number, hash, at_ms, signature) values (1, $1, $2, $3, $4) \
         on conflict (audit_head_id) do update set number = excluded.number, hash = excluded.hash, \
         at_ms = excluded.at_ms, signature = excluded.signature",
        &values,
    )?;
    Ok(())
}

/// Walks along the whole chain in the order of numbers; `each` hears how far it is.
pub fn walk(reader: &mut Reader<'_>, walk: &mut Walk, each: &mut dyn FnMut(i64)) -> Result<(), DbError> {
    let sql = format!("select {}, previous_hash, hash from audit_entry order by number", COLUMNS.join(", "));
    reader.for_each(&sql, &[], |row| {
        match read_link(row) {
            Ok((cells, previous, hash)) => walk.step(&Link { cells: &cells, previous, hash }),
            // Not the database's own trouble: somebody has put there what no program of ours writes.
            Err(_) => walk.unreadable(row.get(0).ok()),
        }
        each(walk.number());
        Ok(())
    })
}

type Cells<'a> = ([ValueRef<'a>; FIELDS], &'a [u8], &'a [u8]);

fn read_link<'a>(row: &'a Row<'_>) -> Result<Cells<'a>, DbError> {
    let mut cells = [ValueRef::Null; FIELDS];
    for (index, cell) in cells.iter_mut().enumerate() {
        *cell = row.get_ref(index)?;
    }
    let blob = |index| match row.get_ref(index)? {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(DbError::Corrupt("a hash is not bytes".to_owned())),
    };
    Ok((cells, blob(FIELDS)?, blob(FIELDS + 1)?))
}

/// Whether the database still refuses changes of entries. True while there are none.
pub fn is_guarded(db: &Db) -> Result<bool, DbError> {
    let tried = db.rehearse(|tx| {
        let last = "select coalesce(max(number), 0) from audit_entry";
        let number: i64 = tx.query_one(last, &[], |row| row.get(0))?;
        if number == 0 {
            return Ok(0);
        }
        tx.execute("update audit_entry set outcome = outcome where number = $1", &[number.into()])
    });
    match tried {
        Ok(touched) => Ok(touched == 0),
        Err(DbError::Constraint { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// The newest verification, as the page tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// When, Unix milliseconds.
    pub checked_at: i64,
    /// Up to which entry.
    pub number: i64,
    /// How many things were wrong.
    pub findings: i64,
    /// The number of the first entry in question, and the code of the damage.
    pub first: Option<(Option<i64>, String)>,
}

/// Keeps the outcome of a verification.
pub fn put_check(tx: &mut Tx<'_>, checked_at: i64, number: i64, findings: &Findings) -> Result<(), DbError> {
    let first = findings.first.first().map(|Finding { number, damage, .. }| {
        format!("{} {}", number.map_or_else(|| "-".to_owned(), |number| number.to_string()), damage.code())
    });
    let count = i64::try_from(findings.count).unwrap_or(i64::MAX);
    tx.execute(
        "insert into audit_check (audit_check_id, checked_at, number, findings, first) values (1, $1, $2, $3, $4) \
         on conflict (audit_check_id) do update set checked_at = excluded.checked_at, number = excluded.number, \
         findings = excluded.findings, first = excluded.first",
        &[checked_at.into(), number.into(), count.into(), first.into()],
    )?;
    Ok(())
}

/// The outcome of the newest verification.
pub fn read_check(reader: &mut Reader<'_>) -> Result<Option<Check>, DbError> {
    let sql = "select checked_at, number, findings, first from audit_check where audit_check_id = 1";
    reader.query_opt(sql, &[], |row| {
        let first: Option<String> = row.get(3)?;
        let first = first.and_then(|text| {
            text.split_once(' ').map(|(number, code)| (number.parse().ok(), code.to_owned()))
        });
        Ok(Check { checked_at: row.get(0)?, number: row.get(1)?, findings: row.get(2)?, first })
    })
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose name holds this, in any case.
    pub actor: Option<String>,
    /// With this action.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// Not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// With this text in actor, address, object or detail, in any case.
    pub text: Option<String>,
    /// With a smaller number.
    pub before: Option<i64>,
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub number: i64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What kind of actor.
    pub actor_kind: String,
    /// Role held then.
    pub actor_role: Option<String>,
    /// Their account.
    pub account_id: Option<i64>,
    /// From where.
    pub address: Option<String>,
    /// What.
    pub action: String,
    /// To what kind of thing.
    pub object_kind: Option<String>,
    /// To which.
    pub object_code: Option<String>,
    /// With what outcome.
    pub outcome: String,
    /// JSON.
    pub detail: String,
    /// Hash of the entry before it.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, DbError> {
    let hash = |index| -> Result<Hash, DbError> {
        let bytes: Vec<u8> = row.get(index)?;
        Ok(Hash::from_bytes(&bytes).unwrap_or(Hash::START))
    };
    Ok(StoredEntry {
        number: row.get(0)?,
        at_ms: row.get(1)?,
        actor: row.get(2)?,
        actor_kind: row.get(3)?,
        actor_role: row.get(4)?,
        account_id: row.get(5)?,
        address: row.get(6)?,
        action: row.get(7)?,
        object_kind: row.get(8)?,
        object_code: row.get(9)?,
        outcome: row.get(10)?,
        detail: row.get(11)?,
        previous: hash(FIELDS)?,
        hash: hash(FIELDS + 1)?,
    })
}

/// The condition of a filter and its values.
fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let mut values = vec![Value::from(filter.before.unwrap_or(i64::MAX))];
    let mut condition = "number < $1".to_owned();
    let mut and = |clause: &str, value: Value| {
        values.push(value);
        condition.push_str(&format!(" and {}", clause.replace('?', &format!("${}", values.len()))));
    };
    for (clause, value) in [("action = ?", &filter.action), ("outcome = ?", &filter.outcome)] {
        if let Some(value) = value {
            and(clause, value.as_str().into());
        }
    }
    for (clause, value) in [("at_ms >= ?", filter.from_ms), ("at_ms < ?", filter.until_ms)] {
        if let Some(value) = value {
            and(clause, value.into());
        }
    }
    let like = |text: &str| {
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        Value::Text(format!("%{escaped}%"))
    };
    if let Some(actor) = &filter.actor {
        and("lower(actor) like ? escape '\\'", like(actor));
    }
    if let Some(text) = &filter.text {
        let haystack = "lower(actor || ' ' || coalesce(address, '') || ' ' || coalesce(object_kind, '') || ' ' || \
             coalesce(object_code, '') || ' ' || detail) like ? escape '\\'";
        and(haystack, like(text));
    }
    (condition, values)
}

fn columns() -> String {
    format!("{}, previous_hash, hash", COLUMNS.join(", "))
}

/// Entries, newest first.
///
/// # Errors
/// The database's.
pub fn read_entries(
    reader: &mut Reader<'_>,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<StoredEntry>, DbError> {
    let (condition, mut values) = condition(filter);
    values.push(limit.into());
    let sql = format!(
        "select {} from audit_entry where {condition} order by number desc limit ${}",
        columns(),
        values.len()
    );
    reader.query(&sql, &values, stored_entry)
}

/// Every entry of a filter in the order of numbers, one after the other.
///
/// # Errors
/// The database's, or what `each` returns.
pub fn for_each_entry(
    reader: &mut Reader<'_>,
    filter: &Filter,
    mut each: impl FnMut(&StoredEntry) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let (condition, values) = condition(filter);
    let sql = format!("select {} from audit_entry where {condition} order by number", columns());
    reader.for_each(&sql, &values, |row| each(&stored_entry(row)?))
}

/// The entries after one number up to another, in their order.
///
/// # Errors
/// The database's, or what `each` returns.
pub fn for_each_between(
    reader: &mut Reader<'_>,
    after: i64,
    upto: i64,
    mut each: impl FnMut(&StoredEntry) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let sql =
        format!("select {} from audit_entry where number > $1 and number <= $2 order by number", columns());
    reader.for_each(&sql, &[after.into(), upto.into()], |row| each(&stored_entry(row)?))
}
