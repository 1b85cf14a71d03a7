//! All SQL of reports that are made by themselves: which slots have come, and what became of each delivery.

use crate::jobs::schedule::Ran;
use pendopo_figures::{DbError, Reader, Tx};

/// One report, moment and place to which it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The report.
    pub name: String,
    /// The moment for which it is made, Unix milliseconds.
    pub slot_at: i64,
    /// [`FOLDER`], or an address.
    pub target: String,
    /// Times it was tried.
    pub tries: i64,
    /// When it is tried next; `None`: no more.
    pub next_try_at: Option<i64>,
    /// When it was tried last.
    pub tried_at: Option<i64>,
    /// When it arrived.
    pub done_at: Option<i64>,
    /// What went wrong last: the end of its message key.
    pub problem: Option<String>,
    /// What the system said of it.
    pub detail: Option<String>,
}

/// The target of what is written into the folder.
pub const FOLDER: &str = "folder";

const COLUMNS: &str = "name, slot_at, target, tries, next_try_at, tried_at, done_at, problem, detail";

fn delivery(row: &pendopo_figures::Row<'_>) -> Result<Delivery, DbError> {
    Ok(Delivery {
        name: row.get(0)?,
        slot_at: row.get(1)?,
        target: row.get(2)?,
        tries: row.get(3)?,
        next_try_at: row.get(4)?,
        tried_at: row.get(5)?,
        done_at: row.get(6)?,
        problem: row.get(7)?,
        detail: row.get(8)?,
    })
}

/// Which slots of a report have come; `None` when it is new.
///
/// # Errors
/// The database's.
pub fn read_ran(reader: &mut Reader<'_>, name: &str) -> Result<Option<Ran>, DbError> {
    let text: Vec<String> =
        reader.query("select ran from paper_ran where name = $1", &[name.into()], |row| row.get(0))?;
    Ok(text.first().map(|text| serde_json::from_str(text).unwrap_or_default()))
}

/// Keeps which slots have come.
///
/// # Errors
/// The database's.
pub fn put_ran(tx: &mut Tx<'_>, name: &str, ran: &Ran) -> Result<(), DbError> {
    let text = serde_json::to_string(ran).unwrap_or_default();
    tx.execute(
        "insert into paper_ran (name, ran) values ($1, $2) on conflict (name) do update set ran = excluded.ran",
        &[name.into(), text.into()],
    )?;
    Ok(())
}

/// Plans a delivery; one that is planned already stays as it is.
///
/// # Errors
/// The database's.
pub fn plan(tx: &mut Tx<'_>, name: &str, slot_at: i64, target: &str, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "insert into paper_delivery (name, slot_at, target, tries, next_try_at) values ($1, $2, $3, 0, $4) \
         on conflict (name, slot_at, target) do nothing",
        &[name.into(), slot_at.into(), target.into(), now_ms.into()],
    )?;
    Ok(())
}

/// What is to be tried now, the oldest moment first.
///
/// # Errors
/// The database's.
pub fn read_waiting(reader: &mut Reader<'_>, now_ms: i64) -> Result<Vec<Delivery>, DbError> {
    let sql = format!(
        "select {COLUMNS} from paper_delivery where next_try_at <= $1 order by slot_at, name, target limit 200"
    );
    reader.query(&sql, &[now_ms.into()], delivery)
}

/// Takes a delivery to try it: false when another process has it, or it is done. Until `next_ms` nobody else does.
///
/// # Errors
/// The database's.
pub fn take(tx: &mut Tx<'_>, one: &Delivery, now_ms: i64, next_ms: i64) -> Result<bool, DbError> {
    let taken = tx.execute(
        "update paper_delivery set tries = tries + 1, tried_at = $4, next_try_at = $5 \
         where name = $1 and slot_at = $2 and target = $3 and done_at is null and next_try_at <= $4",
        &[
            one.name.as_str().into(),
            one.slot_at.into(),
            one.target.as_str().into(),
            now_ms.into(),
            next_ms.into(),
        ],
    )?;
    Ok(taken == 1)
}

/// Notes that a delivery arrived.
///
/// # Errors
/// The database's.
pub fn note_done(tx: &mut Tx<'_>, one: &Delivery, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "update paper_delivery set done_at = $4, next_try_at = null, problem = null, detail = null \
         where name = $1 and slot_at = $2 and target = $3",
        &[one.name.as_str().into(), one.slot_at.into(), one.target.as_str().into(), now_ms.into()],
    )?;
    Ok(())
}

/// Notes what went wrong, and when it is tried again.
///
/// # Errors
/// The database's.
pub fn note_problem(
    tx: &mut Tx<'_>,
    one: &Delivery,
    problem: &str,
    detail: &str,
    next_try_at: Option<i64>,
) -> Result<(), DbError> {
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(300).collect();
    tx.execute(
        "update paper_delivery set problem = $4, detail = $5, next_try_at = $6 \
         where name = $1 and slot_at = $2 and target = $3",
        &[
            one.name.as_str().into(),
            one.slot_at.into(),
            one.target.as_str().into(),
            problem.into(),
            detail.into(),
            next_try_at.into(),
        ],
    )?;
    Ok(())
}

/// The deliveries of a report's newest moments, the newest first.
///
/// # Errors
/// The database's.
pub fn read_newest(reader: &mut Reader<'_>, name: &str, limit: i64) -> Result<Vec<Delivery>, DbError> {
    let sql = format!(
        "select {COLUMNS} from paper_delivery where name = $1 order by slot_at desc, target limit $2"
    );
    reader.query(&sql, &[name.into(), limit.into()], delivery)
}

/// Forgets what is older than `before_ms` and no longer tried.
///
/// # Errors
/// The database's.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64) -> Result<(), DbError> {
    tx.execute("delete from paper_delivery where slot_at < $1 and next_try_at is null", &[before_ms.into()])?;
    Ok(())
}
