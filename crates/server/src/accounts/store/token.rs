//! Keys of programs and screens.

use super::account::{Account, columns_of, find_account, read_account};
use pendopo_figures::{DbError, Reader, Row, Tx, Value};
use pendopo_vocab::{RegionCode, Sensitivity};
use std::{fmt, str::FromStr};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Acts for an account, with at most its rights.
    Api,
    /// Shows one board on a wall.
    Display,
    /// Sends figures of one source.
    Push,
}

impl TokenKind {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenKind::Api => "api",
            TokenKind::Display => "display",
            TokenKind::Push => "push",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenKind {
    type Err = DbError;

    fn from_str(word: &str) -> Result<TokenKind, DbError> {
        let kinds = [TokenKind::Api, TokenKind::Display, TokenKind::Push];
        kinds
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| DbError::Other(format!("`{word}` is not a kind of token")))
    }
}

/// How far a token reaches at most: never beyond its owner, whose rights are looked up at each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The most sensitive figures it reads.
    pub sensitivity: Sensitivity,
    /// The one agency whose figures it reads beside public ones; `None`: as its owner.
    pub agency_id: Option<i64>,
    /// The region with all within; `None`: as its owner.
    pub region: Option<RegionCode>,
}

impl Reach {
    /// Everything up to a sensitivity.
    pub fn up_to(sensitivity: Sensitivity) -> Reach {
        Reach { sensitivity, agency_id: None, region: None }
    }
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub kind: TokenKind,
    /// The name its owner gave it.
    pub name: String,
    /// For whom it acts (`api`).
    pub account_id: Option<i64>,
    /// Which board it shows (`display`).
    pub board: Option<String>,
    /// Whose figures it sends (`push`).
    pub source: Option<String>,
    /// How far it reaches.
    pub reach: Reach,
    /// Whether it may change anything.
    pub may_write: bool,
    /// Unix milliseconds until when it works; `None`: until revoked.
    pub expires_at: Option<i64>,
}

/// A token as stored.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its id.
    pub token_id: i64,
    /// What was asked for.
    pub new: NewToken,
    /// Unix milliseconds of the last use, to the minute.
    pub last_used_at: Option<i64>,
}

const COLUMNS: &str = "t.token_id, t.kind, t.name, t.account_id, t.board, t.source, t.sensitivity, t.may_write, \
                       t.expires_at, t.last_used_at, t.agency_id, t.region_id";
/// How many they are: what is read beside a token begins there.
const COLUMN_COUNT: usize = 12;

fn read_region(id: i64) -> Result<RegionCode, DbError> {
    RegionCode::from_id(id).ok_or_else(|| DbError::Other(format!("token: {id} is not a region")))
}

fn read_token(row: &Row<'_>) -> Result<Token, DbError> {
    let (kind, region): (String, Option<i64>) = (row.get(1)?, row.get(11)?);
    Ok(Token {
        token_id: row.get(0)?,
        new: NewToken {
            kind: kind.parse()?,
            name: row.get(2)?,
            account_id: row.get(3)?,
            board: row.get(4)?,
            source: row.get(5)?,
            reach: Reach {
                sensitivity: Sensitivity::from_rank(row.get(6)?),
                agency_id: row.get(10)?,
                region: region.map(read_region).transpose()?,
            },
            may_write: row.get::<i64>(7)? != 0,
            expires_at: row.get(8)?,
        },
        last_used_at: row.get(9)?,
    })
}

/// Adds a token; gives its id.
pub fn add_token(
    tx: &mut Tx<'_>,
    secret_hash: &str,
    new: &NewToken,
    author: &str,
    now_ms: i64,
) -> Result<i64, DbError> {
    let values: Vec<Value> = vec![
        new.kind.as_str().into(),
        secret_hash.into(),
        new.name.as_str().into(),
        new.account_id.into(),
        new.board.clone().into(),
        new.source.clone().into(),
        new.reach.sensitivity.rank().into(),
        new.may_write.into(),
        now_ms.into(),
        author.into(),
        new.expires_at.into(),
        new.reach.agency_id.into(),
        new.reach.region.map(RegionCode::id).into(),
    ];
    tx.query_one(
        "insert into token (kind, secret_hash, name, account_id, board, source, sensitivity, may_write, created_at, \
         created_by, expires_at, agency_id, region_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning token_id",
        &values,
        |row| row.get(0),
    )
}

/// The token with this secret and the account it acts for, unless it was revoked, ran out, or the account
/// is barred.
pub fn find_token(
    reader: &mut Reader<'_>,
    secret_hash: &str,
    now_ms: i64,
) -> Result<Option<(Token, Option<Account>)>, DbError> {
    let sql = format!(
        "select {COLUMNS} from token t where t.secret_hash = $1 and t.revoked_at is null \
         and (t.expires_at is null or t.expires_at > $2)"
    );
    let found = reader.query_opt(&sql, &[secret_hash.into(), now_ms.into()], read_token)?;
    let Some(token) = found else { return Ok(None) };
    let Some(account_id) = token.new.account_id else { return Ok(Some((token, None))) };
    let account = find_account(reader, account_id)?.filter(|account| account.disabled_at.is_none());
    Ok(account.map(|account| (token, Some(account))))
}

/// Working tokens of one account.
pub fn list_tokens_of(reader: &mut Reader<'_>, account_id: i64, now_ms: i64) -> Result<Vec<Token>, DbError> {
    let sql = format!(
        "select {COLUMNS} from token t where t.account_id = $1 and t.revoked_at is null \
         and (t.expires_at is null or t.expires_at > $2) order by t.token_id desc"
    );
    reader.query(&sql, &[account_id.into(), now_ms.into()], read_token)
}

/// Working tokens of walls and of programs that send figures.
pub fn list_devices(reader: &mut Reader<'_>, now_ms: i64) -> Result<Vec<Token>, DbError> {
    let sql = format!(
        "select {COLUMNS} from token t where t.account_id is null and t.revoked_at is null \
         and (t.expires_at is null or t.expires_at > $1) order by t.token_id desc"
    );
    let mut devices = reader.query(&sql, &[now_ms.into()], read_token)?;
    // A screen that was paired follows a playlist in place of a board.
    let playlists: Vec<(i64, String)> =
        reader.query("select token_id, playlist from wall", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for device in &mut devices {
        let playlist = playlists.iter().find(|(token_id, _)| *token_id == device.token_id);
        device.new.board = device.new.board.take().or_else(|| playlist.map(|(_, code)| code.clone()));
    }
    Ok(devices)
}

/// All working tokens that act for accounts, with the accounts: for whoever looks after them.
pub fn list_api_tokens(reader: &mut Reader<'_>, now_ms: i64) -> Result<Vec<(Token, Account)>, DbError> {
    let sql = format!(
        "select {COLUMNS}, {} from token t join account a on a.account_id = t.account_id \
         where t.revoked_at is null and (t.expires_at is null or t.expires_at > $1) order by t.token_id desc",
        columns_of("a")
    );
    reader.query(&sql, &[now_ms.into()], |row| Ok((read_token(row)?, read_account(row, COLUMN_COUNT)?)))
}

/// Remembers when tokens were last used.
pub fn note_used(tx: &mut Tx<'_>, used: &[(i64, i64)]) -> Result<(), DbError> {
    for (token_id, at_ms) in used {
        tx.execute(
            "update token set last_used_at = $2 where token_id = $1",
            &[(*token_id).into(), (*at_ms).into()],
        )?;
    }
    Ok(())
}

/// Revokes a token; `account_id` must be its owner, `None` for walls and programs. False when there is
/// no such working one.
pub fn revoke_token(
    tx: &mut Tx<'_>,
    account_id: Option<i64>,
    token_id: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let owner = match account_id {
        Some(account_id) => format!("account_id = {account_id}"),
        None => "account_id is null".to_owned(),
    };
    let changed = tx.execute(
        &format!("update token set revoked_at = $2 where token_id = $1 and revoked_at is null and {owner}"),
        &[token_id.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}

/// Revokes anyone's token that acts for an account; false when there is no such working one.
pub fn revoke_any_api_token(tx: &mut Tx<'_>, token_id: i64, now_ms: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update token set revoked_at = $2 where token_id = $1 and revoked_at is null and kind = 'api'",
        &[token_id.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}
