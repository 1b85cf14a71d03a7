//! Signed-in browsers.

use super::account::{Account, columns_of, read_account};
use pendopo_figures::{DbError, Reader, Row, Tx, Value};

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; the second factor is still asked for.
    Code,
    /// Signed in, but a required second factor has to be set up before anything else.
    Enrol,
    /// Signed in.
    Full,
}

impl Stage {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Code => "code",
            Stage::Enrol => "enrol",
            Stage::Full => "full",
        }
    }

    /// Unknown words count as not signed in.
    fn read(word: &str) -> Stage {
        match word {
            "full" => Stage::Full,
            "enrol" => Stage::Enrol,
            _ => Stage::Code,
        }
    }
}

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub session_id: i64,
    /// Whose.
    pub account_id: i64,
    /// How far it has come.
    pub stage: Stage,
    /// How the person signed in: `password`, `password+code`, …
    pub method: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds of the last request, to the minute.
    pub seen_at: i64,
    /// Unix milliseconds after which it ends whatever happens.
    pub expires_at: i64,
    /// Where it began.
    pub address: Option<String>,
    /// The browser's name for itself.
    pub agent: Option<String>,
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Hash of the cookie.
    pub secret_hash: &'a str,
    /// Whose.
    pub account_id: i64,
    /// How far it has come.
    pub stage: Stage,
    /// How the person signed in.
    pub method: &'a str,
    /// Unix milliseconds after which it ends.
    pub expires_at: i64,
    /// Where it begins.
    pub address: Option<&'a str>,
    /// The browser's name for itself; cut at 200 characters.
    pub agent: Option<&'a str>,
}

const COLUMNS: &str = "s.session_id, s.account_id, s.stage, s.method, s.created_at, s.seen_at, s.expires_at, s.address, s.agent";
const WIDTH: usize = 9;

fn read_session(row: &Row<'_>) -> Result<Session, DbError> {
    let stage: String = row.get(2)?;
    Ok(Session {
        session_id: row.get(0)?,
        account_id: row.get(1)?,
        stage: Stage::read(&stage),
        method: row.get(3)?,
        created_at: row.get(4)?,
        seen_at: row.get(5)?,
        expires_at: row.get(6)?,
        address: row.get(7)?,
        agent: row.get(8)?,
    })
}

/// Begins a session; gives its id.
pub fn begin_session(tx: &mut Tx<'_>, new: &NewSession<'_>, now_ms: i64) -> Result<i64, DbError> {
    let agent: Option<String> = new.agent.map(|agent| agent.chars().take(200).collect());
    let values: Vec<Value> = vec![
        new.secret_hash.into(),
        new.account_id.into(),
        new.stage.as_str().into(),
        new.method.into(),
        now_ms.into(),
        new.expires_at.into(),
        new.address.into(),
        agent.into(),
    ];
    tx.query_one(
        "insert into session (secret_hash, account_id, stage, method, created_at, seen_at, expires_at, address, agent) \
         values ($1, $2, $3, $4, $5, $5, $6, $7, $8) returning session_id",
        &values,
        |row| row.get(0),
    )
}

/// The session with this cookie and its account, unless it ended, was unused for longer than `idle_ms`, or
/// the account is barred. Of an account that comes in at the provider of identities alone, only sessions that
/// began there count.
pub fn find_session(
    reader: &mut Reader<'_>,
    secret_hash: &str,
    now_ms: i64,
    idle_ms: i64,
) -> Result<Option<(Session, Account)>, DbError> {
    let sql = format!(
        "select {COLUMNS}, {} from session s join account a on a.account_id = s.account_id \
         where s.secret_hash = $1 and s.ended_at is null and s.expires_at > $2 and s.seen_at > $3 \
         and a.disabled_at is null and (a.sso_only_since is null or s.method like 'sso%')",
        columns_of("a")
    );
    let values = [secret_hash.into(), now_ms.into(), now_ms.saturating_sub(idle_ms).into()];
    reader.query_opt(&sql, &values, |row| Ok((read_session(row)?, read_account(row, WIDTH)?)))
}

/// The sessions of an account that have not ended, the newest first.
pub fn list_sessions(reader: &mut Reader<'_>, account_id: i64, now_ms: i64) -> Result<Vec<Session>, DbError> {
    let sql = format!(
        "select {COLUMNS} from session s where s.account_id = $1 and s.ended_at is null and s.expires_at > $2 \
         and s.stage <> 'code' order by s.session_id desc"
    );
    reader.query(&sql, &[account_id.into(), now_ms.into()], read_session)
}

/// How the person signed in, without what followed: `password` of `password+code`.
pub fn first_method(reader: &mut Reader<'_>, session_id: i64) -> Result<Option<String>, DbError> {
    let sql = "select method from session where session_id = $1";
    let method: Option<String> = reader.query_opt(sql, &[session_id.into()], |row| row.get(0))?;
    Ok(method.map(|method| method.split('+').next().unwrap_or_default().to_owned()))
}

/// Remembers when sessions were last used.
pub fn note_seen(tx: &mut Tx<'_>, seen: &[(i64, i64)]) -> Result<(), DbError> {
    for (session_id, at_ms) in seen {
        tx.execute(
            "update session set seen_at = $2 where session_id = $1 and seen_at < $2",
            &[(*session_id).into(), (*at_ms).into()],
        )?;
    }
    Ok(())
}

/// Ends one session of an account; false when it has no such running one.
pub fn end_session(tx: &mut Tx<'_>, account_id: i64, session_id: i64, now_ms: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update session set ended_at = $3 where account_id = $1 and session_id = $2 and ended_at is null",
        &[account_id.into(), session_id.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}

/// Ends a session, whosever it is.
pub fn end_any_session(tx: &mut Tx<'_>, session_id: i64, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "update session set ended_at = $2 where session_id = $1 and ended_at is null",
        &[session_id.into(), now_ms.into()],
    )
    .map(drop)
}

/// Ends all sessions of an account but one; gives how many.
pub fn end_other_sessions(
    tx: &mut Tx<'_>,
    account_id: i64,
    kept: Option<i64>,
    now_ms: i64,
) -> Result<u64, DbError> {
    tx.execute(
        "update session set ended_at = $3 where account_id = $1 and session_id <> $2 and ended_at is null",
        &[account_id.into(), kept.unwrap_or(0).into(), now_ms.into()],
    )
}

/// Forgets sessions that ended or ran out before `before_ms`; gives how many.
pub fn forget_sessions(tx: &mut Tx<'_>, before_ms: i64) -> Result<u64, DbError> {
    tx.execute("delete from session where ended_at < $1 or expires_at < $1", &[before_ms.into()])
}

/// Browsers remembered per account; the longest unseen is forgotten first.
const MOST_BROWSERS: i64 = 20;

/// Whether this browser signed in to the account before.
pub fn is_known_browser(
    reader: &mut Reader<'_>,
    secret_hash: &str,
    account_id: i64,
) -> Result<bool, DbError> {
    let sql = "select 1 from known_browser where secret_hash = $1 and account_id = $2";
    Ok(reader.query_opt(sql, &[secret_hash.into(), account_id.into()], |_| Ok(()))?.is_some())
}

/// Remembers that this browser signed in to the account.
pub fn know_browser(tx: &mut Tx<'_>, secret_hash: &str, account_id: i64, now_ms: i64) -> Result<(), DbError> {
    tx.execute(
        "insert into known_browser (secret_hash, account_id, seen_at) values ($1, $2, $3) \
         on conflict (secret_hash) do update set account_id = excluded.account_id, seen_at = excluded.seen_at",
        &[secret_hash.into(), account_id.into(), now_ms.into()],
    )?;
    tx.execute(
        "delete from known_browser where account_id = $1 and secret_hash not in \
         (select secret_hash from known_browser where account_id = $1 order by seen_at desc limit $2)",
        &[account_id.into(), MOST_BROWSERS.into()],
    )
    .map(drop)
}
