//! Screens, their pairing and what was steered: all SQL of this slice.

use super::rules::{Anchor, ChosenMode, Message, Steering};
use crate::packs::wall::WallFile;
use jiff::Timestamp;
use pendopo_figures::{DbError, Reader, Row, Tx, Value};
use pendopo_vocab::RegionCode;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// A screen that follows a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wall {
    /// Its id.
    pub wall_id: i64,
    /// Its key.
    pub token_id: i64,
    /// Its name.
    pub name: String,
    /// Code of the playlist.
    pub playlist: String,
    /// Its place in a row of screens, from 1.
    pub part: usize,
    /// Screens in that row.
    pub parts: usize,
    /// When it last asked, Unix milliseconds.
    pub seen_at: Option<i64>,
}

const COLUMNS: &str = "w.wall_id, w.token_id, t.name, w.playlist, w.part, w.parts, t.last_used_at";
const FROM: &str = "from wall w join token t on t.token_id = w.token_id and t.revoked_at is null";

fn read_wall(row: &Row<'_>) -> Result<Wall, DbError> {
    let count = |number: i64| usize::try_from(number).unwrap_or(1).max(1);
    Ok(Wall {
        wall_id: row.get(0)?,
        token_id: row.get(1)?,
        name: row.get(2)?,
        playlist: row.get(3)?,
        part: count(row.get(4)?),
        parts: count(row.get(5)?),
        seen_at: row.get(6)?,
    })
}

/// The screen with this key, unless it was revoked.
pub fn wall_of_token(reader: &mut Reader<'_>, token_id: i64) -> Result<Option<Wall>, DbError> {
    reader.query_opt(&format!("select {COLUMNS} {FROM} where w.token_id = $1"), &[token_id.into()], read_wall)
}

/// The screen of this id.
pub fn find_wall(reader: &mut Reader<'_>, wall_id: i64) -> Result<Option<Wall>, DbError> {
    reader.query_opt(&format!("select {COLUMNS} {FROM} where w.wall_id = $1"), &[wall_id.into()], read_wall)
}

/// All screens, by playlist and name.
pub fn list_walls(reader: &mut Reader<'_>) -> Result<Vec<Wall>, DbError> {
    reader.query(
        &format!("select {COLUMNS} {FROM} order by w.playlist, w.part, t.name, w.wall_id"),
        &[],
        read_wall,
    )
}

/// Makes the token a screen; gives its id.
pub fn add_wall(
    tx: &mut Tx<'_>,
    token_id: i64,
    playlist: &str,
    (part, parts): (i64, i64),
) -> Result<i64, DbError> {
    tx.query_one(
        "insert into wall (token_id, playlist, part, parts) values ($1, $2, $3, $4) returning wall_id",
        &[token_id.into(), playlist.into(), part.into(), parts.into()],
        |row| row.get(0),
    )
}

/// The playlists of the applied pack. One that this version no longer understands is left out and told in the log.
pub fn read_playlists(reader: &mut Reader<'_>) -> Result<Vec<WallFile>, DbError> {
    let sql = "select path, text from pack_file where path like 'walls/%' order by path";
    let texts: Vec<(String, String)> = reader.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let understood = |(path, text): &(String, String)| match toml::from_str(text) {
        Ok(list) => Some(list),
        Err(error) => {
            tell_once(path, &error);
            None
        }
    };
    Ok(texts.iter().filter_map(understood).collect())
}

/// Screens ask several times a minute: each mistake is told once, until the program starts anew.
fn tell_once(path: &str, error: &toml::de::Error) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let said = format!("{path}: {error}");
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(said) {
        tracing::error!(path, %error, "a playlist of the applied pack is not understood; apply the pack again");
    }
}

/// The playlist of this code.
pub fn find_playlist(reader: &mut Reader<'_>, code: &str) -> Result<Option<WallFile>, DbError> {
    Ok(read_playlists(reader)?.into_iter().find(|wall| wall.code == code))
}

/// A screen that waits to be paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Its id.
    pub pairing_id: i64,
    /// The code that it shows.
    pub code: String,
    /// The hash of what its browser alone holds; the key of the screen once it is paired.
    pub secret_hash: String,
    /// Where it asked from.
    pub address: String,
    /// When, Unix milliseconds.
    pub created_at: i64,
    /// Until when the code works.
    pub expires_at: i64,
    /// Its token, once paired.
    pub token_id: Option<i64>,
}

const PAIRING: &str =
    "wall_pairing_id, code, secret_hash, address, created_at, expires_at, token_id from wall_pairing";

fn read_pairing(row: &Row<'_>) -> Result<Pairing, DbError> {
    Ok(Pairing {
        pairing_id: row.get(0)?,
        code: row.get(1)?,
        secret_hash: row.get(2)?,
        address: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        token_id: row.get(6)?,
    })
}

/// The pairing that a browser began.
pub fn pairing_of(
    reader: &mut Reader<'_>,
    secret_hash: &str,
    now_ms: i64,
) -> Result<Option<Pairing>, DbError> {
    let sql = format!("select {PAIRING} where secret_hash = $1 and expires_at > $2");
    reader.query_opt(&sql, &[secret_hash.into(), now_ms.into()], read_pairing)
}

/// The waiting screen that shows this code.
pub fn pairing_with_code(
    reader: &mut Reader<'_>,
    code: &str,
    now_ms: i64,
) -> Result<Option<Pairing>, DbError> {
    let sql = format!("select {PAIRING} where code = $1 and expires_at > $2 and token_id is null");
    reader.query_opt(&sql, &[code.into(), now_ms.into()], read_pairing)
}

/// Begins a pairing and forgets those that are over. False when too many wait, of this address or in all.
pub fn begin_pairing(
    tx: &mut Tx<'_>,
    code: &str,
    secret_hash: &str,
    address: &str,
    (now_ms, until_ms): (i64, i64),
    (most_here, most): (i64, i64),
) -> Result<bool, DbError> {
    tx.execute("delete from wall_pairing where expires_at <= $1", &[now_ms.into()])?;
    let (here, all): (i64, i64) = tx.query_one(
        "select coalesce(sum(case when address = $1 then 1 else 0 end), 0), count(*) from wall_pairing where token_id is null",
        &[address.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if here >= most_here || all >= most {
        return Ok(false);
    }
    let added = tx.execute(
        "insert into wall_pairing (code, secret_hash, address, created_at, expires_at) values ($1, $2, $3, $4, $5) \
         on conflict do nothing",
        &[code.into(), secret_hash.into(), address.into(), now_ms.into(), until_ms.into()],
    )?;
    Ok(added == 1)
}

/// Ties a pairing to the token of its screen; false when somebody was faster or it is over.
pub fn end_pairing(tx: &mut Tx<'_>, pairing_id: i64, token_id: i64, now_ms: i64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "update wall_pairing set token_id = $2 where wall_pairing_id = $1 and token_id is null and expires_at > $3",
        &[pairing_id.into(), token_id.into(), now_ms.into()],
    )?;
    Ok(changed == 1)
}

/// What was steered for a playlist; nothing when nobody ever did.
pub fn read_steering(reader: &mut Reader<'_>, playlist: &str) -> Result<Steering, DbError> {
    let sql = "select revision, mode, mode_at, mode_until, anchor_mode, anchor_item, anchor_at, held_until, zoom, \
               lineage, message, message_indicator, message_at, message_until from wall_steering where playlist = $1";
    let found = reader.query_opt(sql, &[playlist.into()], |row| {
        let time = |column: usize| -> Result<Option<Timestamp>, DbError> {
            Ok(row.get::<Option<i64>>(column)?.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
        };
        let mode = row.get::<Option<String>>(1)?.zip(time(2)?).zip(time(3)?);
        let anchor = row.get::<Option<String>>(4)?.zip(row.get::<Option<i64>>(5)?).zip(time(6)?);
        let message = row.get::<Option<String>>(10)?.zip(time(12)?).zip(time(13)?);
        let indicator: Option<String> = row.get(11)?;
        Ok(Steering {
            revision: row.get(0)?,
            mode: mode.map(|((code, at), until)| ChosenMode { code, at, until }),
            anchor: anchor.map(|((mode, index), at)| Anchor {
                mode,
                index: usize::try_from(index).unwrap_or(0),
                at,
            }),
            held_until: time(7)?,
            zoom: row.get::<Option<i64>>(8)?.and_then(RegionCode::from_id),
            lineage: row.get::<i64>(9)? != 0,
            message: message.map(|((text, at), until)| Message { text, indicator, at, until }),
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Writes what is steered from now on.
pub fn put_steering(
    tx: &mut Tx<'_>,
    playlist: &str,
    steering: &Steering,
    author: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let ms = |at: Timestamp| at.as_millisecond();
    let (mode, anchor, message) = (&steering.mode, &steering.anchor, &steering.message);
    let place = |index: usize| i64::try_from(index).unwrap_or(0);
    let values: [Value; 17] = [
        playlist.into(),
        steering.revision.into(),
        mode.as_ref().map(|mode| mode.code.clone()).into(),
        mode.as_ref().map(|mode| ms(mode.at)).into(),
        mode.as_ref().map(|mode| ms(mode.until)).into(),
        anchor.as_ref().map(|anchor| anchor.mode.clone()).into(),
        anchor.as_ref().map(|anchor| place(anchor.index)).into(),
        anchor.as_ref().map(|anchor| ms(anchor.at)).into(),
        steering.held_until.map(ms).into(),
        steering.zoom.map(RegionCode::id).into(),
        steering.lineage.into(),
        message.as_ref().map(|message| message.text.clone()).into(),
        message.as_ref().and_then(|message| message.indicator.clone()).into(),
        message.as_ref().map(|message| ms(message.at)).into(),
        message.as_ref().map(|message| ms(message.until)).into(),
        now_ms.into(),
        author.into(),
    ];
    tx.execute("delete from wall_steering where playlist = $1", &[playlist.into()])?;
    tx.execute(
        "insert into wall_steering (playlist, revision, mode, mode_at, mode_until, anchor_mode, anchor_item, anchor_at, \
         held_until, zoom, lineage, message, message_indicator, message_at, message_until, changed_at, author) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        &values,
    )?;
    Ok(())
}

/// Changes with every command, of this process or another, and with every screen that is paired or revoked.
pub fn read_mark(reader: &mut Reader<'_>) -> Result<(i64, i64), DbError> {
    reader.query_one(
        "select (select coalesce(max(changed_at), 0) from wall_steering), \
         (select count(*) from wall w join token t on t.token_id = w.token_id and t.revoked_at is null)",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// When the newest revision of a figure was recorded, Unix milliseconds.
pub fn recorded_at(reader: &mut Reader<'_>, commit_no: i64) -> Result<Option<i64>, DbError> {
    let sql = "select finished_at from run where commit_no = $1";
    Ok(reader.query_opt(sql, &[commit_no.into()], |row| row.get::<Option<i64>>(0))?.flatten())
}
