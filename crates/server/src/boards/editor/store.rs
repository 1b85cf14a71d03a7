//! Drafts of boards, step by step, so that each step can be undone; and the versions that were published.

use pendopo_figures::{DbError, Reader, Tx, Value};

/// A draft at the step that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The published text from which the draft began; empty for a new board.
    pub base: String,
    /// The step shown.
    pub step: i64,
    /// The newest step; later than [`Draft::step`] after something was undone.
    pub newest: i64,
    /// The text at the step shown.
    pub text: String,
    /// Who made that step.
    pub author: String,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// Reads the draft of a board, if there is one.
///
/// # Errors
/// The database's.
pub fn find_draft(reader: &mut Reader<'_>, board: &str) -> Result<Option<Draft>, DbError> {
    let sql = "select d.base, d.step, (select max(step) from board_draft_step where board = d.board), s.text, \
               s.author, s.at from board_draft d join board_draft_step s on s.board = d.board and s.step = d.step \
               where d.board = $1";
    reader.query_opt(sql, &[board.into()], |row| {
        Ok(Draft {
            base: row.get(0)?,
            step: row.get(1)?,
            newest: row.get(2)?,
            text: row.get(3)?,
            author: row.get(4)?,
            at: row.get(5)?,
        })
    })
}

/// Begins a draft of what is published as `base` (empty: nothing is) with `text` as its step 0.
///
/// # Errors
/// The database's.
pub fn begin_draft(
    tx: &mut Tx<'_>,
    board: &str,
    base: &str,
    text: &str,
    author: &str,
    at: i64,
) -> Result<(), DbError> {
    let row: [Value; 2] = [board.into(), base.into()];
    tx.execute("insert into board_draft (board, base, step) values ($1, $2, 0)", &row)?;
    put_step(tx, board, 0, text, author, at)
}

fn put_step(
    tx: &mut Tx<'_>,
    board: &str,
    step: i64,
    text: &str,
    author: &str,
    at: i64,
) -> Result<(), DbError> {
    let sql = "insert into board_draft_step (board, step, text, author, at) values ($1, $2, $3, $4, $5)";
    tx.execute(sql, &[board.into(), step.into(), text.into(), author.into(), at.into()]).map(drop)
}

/// Adds a step after the one shown; steps that were undone are gone then.
///
/// # Errors
/// The database's.
pub fn add_step(
    tx: &mut Tx<'_>,
    board: &str,
    after: i64,
    text: &str,
    author: &str,
    at: i64,
) -> Result<(), DbError> {
    tx.execute("delete from board_draft_step where board = $1 and step > $2", &[board.into(), after.into()])?;
    put_step(tx, board, after + 1, text, author, at)?;
    show_step(tx, board, after + 1)
}

/// Shows another step of the draft.
///
/// # Errors
/// The database's.
pub fn show_step(tx: &mut Tx<'_>, board: &str, step: i64) -> Result<(), DbError> {
    tx.execute("update board_draft set step = $2 where board = $1", &[board.into(), step.into()]).map(drop)
}

/// Takes the draft away with all its steps.
///
/// # Errors
/// The database's.
pub fn discard_draft(tx: &mut Tx<'_>, board: &str) -> Result<(), DbError> {
    tx.execute("delete from board_draft_step where board = $1", &[board.into()])?;
    tx.execute("delete from board_draft where board = $1", &[board.into()]).map(drop)
}

/// Drafts of boards that were never published: their codes.
///
/// # Errors
/// The database's.
pub fn list_new_drafts(reader: &mut Reader<'_>) -> Result<Vec<String>, DbError> {
    reader.query("select board from board_draft where base = '' order by board", &[], |row| row.get(0))
}

/// A published state of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub board_version_id: i64,
    /// The text; nothing when the board was taken away.
    pub text: Option<String>,
    /// Who published it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// The published states of a board, the newest first.
///
/// # Errors
/// The database's.
pub fn list_versions(reader: &mut Reader<'_>, board: &str) -> Result<Vec<Version>, DbError> {
    let sql = "select board_version_id, text, author, reason, at from board_version where board = $1 \
               order by board_version_id desc";
    reader.query(sql, &[board.into()], |row| {
        Ok(Version {
            board_version_id: row.get(0)?,
            text: row.get(1)?,
            author: row.get(2)?,
            reason: row.get(3)?,
            at: row.get(4)?,
        })
    })
}
