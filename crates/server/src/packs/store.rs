//! The applied pack in the database: its files, its definitions and the record of changes.

use super::{
    check::{Pack, Placed, check_pack},
    effect::{self, Effect},
    folder::{FileKind, PackTexts},
    located::Problem,
    plan::{self, Change, Definitions, How, Thing},
    rows::{self, Ids},
    schema::{BoardFile, PackFile, PaperDef},
};
use crate::{
    app::{Identity, PaperIdentity},
    audit::{Action, Actor, Audit, Entry},
};
use pendopo_figures::{
    Db, DbError, Definition, Reader, Tx, Value, list_agencies, list_indicators, list_sources, put_agency,
    put_indicator, put_source, put_targets, recompute_compared, retire, set_rollup_root,
};
use pendopo_vocab::{Author, RegionCode, region_tree::RegionTree};
use std::collections::{BTreeSet, HashSet};

/// What applying a pack does.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The changes of definitions.
    pub changes: Vec<Change>,
    /// What they do to figures already recorded.
    pub effect: Effect,
    /// Observations on record of indicators and sources that the pack no longer has.
    pub orphaned_observations: i64,
}

/// Who applies a pack, when and why.
#[derive(Debug, Clone)]
pub struct Application {
    /// Who.
    pub author: Author,
    /// Why.
    pub reason: String,
    /// When, in unix milliseconds.
    pub at_ms: i64,
}

/// Hears how much of a long piece of work is done, of how much that is known by then.
pub type Tell<'a> = &'a mut dyn FnMut(u64, u64);

/// Loads the official regions when the database has none yet.
#[cfg(test)]
pub fn load_regions(db: &Db) -> Result<(), DbError> {
    load_regions_telling(db, &mut |_, _| {})
}

/// Loads the official regions when the database has none yet.
///
/// # Errors
/// The database's.
pub fn load_regions_telling(db: &Db, tell: Tell<'_>) -> Result<(), DbError> {
    let present: i64 = db.read(|r| r.query_one("select count(*) from region", &[], |row| row.get(0)))?;
    if present > 0 {
        return Ok(());
    }
    db.write(|tx| {
        let regions = RegionTree::embedded();
        let total = regions.iter().count() as u64;
        let told = (1..).zip(regions.iter()).map(|(number, region)| {
            tell(number, total);
            rows::region_row(region)
        });
        pendopo_figures::load_regions(tx, told).map(drop)
    })?;
    // The table is large; without this the log would keep its size.
    db.checkpoint()
}

/// The files of the applied pack; empty when none was applied.
pub fn read_texts(reader: &mut Reader<'_>) -> Result<PackTexts, DbError> {
    let rows = reader.query("select path, text from pack_file order by path", &[], |row| {
        Ok((row.get::<String>(0)?, row.get::<String>(1)?))
    })?;
    Ok(rows.into_iter().collect())
}

/// Who the center is, after the applied pack. Its files were checked when they were applied: here only those are
/// read that name the center, since every start waits for them.
pub fn read_identity(db: &Db) -> Result<Identity, DbError> {
    let texts = db.read(read_texts)?;
    let first = |kind| texts.iter().find(|(path, _)| FileKind::of(path) == Some(kind)).map(|(_, text)| text);
    let Some(file) = first(FileKind::Pack).and_then(|text| toml::from_str::<PackFile>(text).ok()) else {
        return Ok(Identity::unnamed());
    };
    let first_board = || toml::from_str::<BoardFile>(first(FileKind::Board)?).ok().map(|board| board.code);
    Ok(identity_from(&file, first_board))
}

/// Who the center is, after `pack`.
pub fn identity_of(pack: &Pack) -> Identity {
    identity_from(&pack.identity, || pack.boards.first().map(|board| board.item.code.clone()))
}

fn identity_from(file: &PackFile, first_board: impl FnOnce() -> Option<String>) -> Identity {
    Identity {
        code: file.code.clone(),
        name: file.name.clone(),
        region: file.region,
        time_zone: jiff::tz::TimeZone::get(&file.time_zone).unwrap_or(jiff::tz::TimeZone::UTC),
        sample_data: file.sample_data,
        home_board: file.home_board.clone().or_else(first_board),
        sectors: file
            .sector
            .iter()
            .map(|s| (s.code.clone(), s.name.clone(), s.name_en.clone().unwrap_or_else(|| s.name.clone())))
            .collect(),
        paper: paper_of(file.paper.as_ref()),
        tiles: read_tiles(&file.tile_map, file.region).unwrap_or_default(),
    }
}

fn paper_of(file: Option<&PaperDef>) -> PaperIdentity {
    let Some(file) = file else { return PaperIdentity::default() };
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    PaperIdentity {
        responsible: said(&file.responsible),
        office: said(&file.office),
        city: said(&file.city),
        name: said(&file.name),
        number: said(&file.number),
    }
}

/// The tile map: each region with row and column from 1.
///
/// # Errors
/// The text that is not the last part of the code of a region directly below, or stands twice; or that the map
/// has more than twelve rows or columns, or regions without a tile.
pub fn read_tiles(rows: &[String], center: RegionCode) -> Result<Vec<(RegionCode, u8, u8)>, String> {
    const MOST: u8 = 12;
    let below: Vec<RegionCode> = RegionTree::embedded().children(center).map(|region| region.code).collect();
    let mut tiles: Vec<(RegionCode, u8, u8)> = Vec::new();
    for (row, text) in (1u8..).zip(rows) {
        for (column, word) in (1u8..).zip(text.split_whitespace()) {
            if row > MOST || column > MOST {
                return Err(format!("at most {MOST} rows and columns fit"));
            }
            if word.chars().all(|letter| letter == '-') {
                continue;
            }
            let named = below.iter().find(|code| code.to_string().rsplit('.').next() == Some(word));
            let code = named
                .ok_or_else(|| format!("`{word}` is not the end of the code of a region of {center}"))?;
            if tiles.iter().any(|(other, ..)| other == code) {
                return Err(format!("`{word}` stands twice"));
            }
            tiles.push((*code, row, column));
        }
    }
    match below.iter().find(|code| !tiles.is_empty() && !tiles.iter().any(|(other, ..)| other == *code)) {
        Some(left_out) => Err(format!("{} has no tile", RegionTree::embedded().label(*left_out))),
        None => Ok(tiles),
    }
}

/// Applies a checked pack in one transaction.
///
/// # Errors
/// The database's.
pub fn apply(
    db: &Db,
    audit: &Audit,
    pack: &Pack,
    texts: &PackTexts,
    by: &Application,
) -> Result<Applied, DbError> {
    apply_telling(db, audit, (pack, texts), by, &mut |_, _| {})
}

/// As [`apply`], and says how far it is.
///
/// # Errors
/// The database's.
pub fn apply_telling(
    db: &Db,
    audit: &Audit,
    (pack, texts): (&Pack, &PackTexts),
    by: &Application,
    tell: Tell<'_>,
) -> Result<Applied, DbError> {
    db.write(|tx| {
        let applied = apply_in(tx, pack, texts, by, tell)?;
        let count = |wanted: fn(&How) -> bool| applied.changes.iter().filter(|one| wanted(&one.how)).count();
        let entry = Entry::new(Actor::command(&by.author), Action::PackApplied)
            .on("pack", &pack.identity.code)
            .noting("reason", by.reason.as_str())
            .noting("added", count(|how| matches!(how, How::Added)))
            .noting("changed", count(|how| matches!(how, How::Changed(_))))
            .noting("removed", count(|how| matches!(how, How::Removed)))
            .noting("values_changed", applied.effect.values_changed());
        audit.record(tx, &entry)?;
        Ok(applied)
    })
}

/// Does everything that [`apply`] does and takes it back: the plan with its true effects.
///
/// # Errors
/// The database's.
pub fn rehearse(
    db: &Db,
    pack: &Pack,
    texts: &PackTexts,
    by: &Application,
    tell: Tell<'_>,
) -> Result<Applied, DbError> {
    db.rehearse(|tx| apply_in(tx, pack, texts, by, tell))
}

/// Puts one file into the applied pack, or another text into its place, and applies what follows from it.
///
/// # Errors
/// The database's; inside, every mistake that the pack would have then, and nothing is changed.
pub fn put_file(
    tx: &mut Tx<'_>,
    path: &str,
    text: &str,
    by: &Application,
) -> Result<Result<Pack, Vec<Problem>>, DbError> {
    let mut texts = read_texts(tx)?;
    texts.insert(path.to_owned(), text.to_owned());
    let pack = match check_pack(&texts) {
        Ok(pack) => pack,
        Err(problems) => return Ok(Err(problems)),
    };
    apply_in(tx, &pack, &texts, by, &mut |_, _| {})?;
    Ok(Ok(pack))
}

/// Keeps each state of a board that differs from the one before, so that it can be brought back.
fn keep_versions(
    tx: &mut Tx<'_>,
    before: &PackTexts,
    after: &PackTexts,
    by: &Application,
) -> Result<(), DbError> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let board = path.strip_prefix("boards/").and_then(|name| name.strip_suffix(".toml"));
        let (Some(board), true) = (board, before.get(path) != after.get(path)) else { continue };
        tx.execute(
            "insert into board_version (board, text, author, reason, at) values ($1, $2, $3, $4, $5)",
            &[
                board.into(),
                after.get(path).map(String::as_str).into(),
                by.author.as_str().into(),
                by.reason.as_str().into(),
                by.at_ms.into(),
            ],
        )?;
    }
    Ok(())
}

fn apply_in(
    tx: &mut Tx<'_>,
    pack: &Pack,
    texts: &PackTexts,
    by: &Application,
    tell: Tell<'_>,
) -> Result<Applied, DbError> {
    let before = read_texts(tx)?;
    let before_definitions = check_pack(&before).map(|pack| plan::definitions(&pack)).unwrap_or_default();
    let after_definitions = plan::definitions(pack);
    let changes = plan::changes(&before_definitions, &after_definitions);
    let (effect, orphaned_observations) = if changes.is_empty() && !before.is_empty() {
        (Effect::default(), 0)
    } else {
        write_definitions(tx, pack, (&before_definitions, &after_definitions), by, tell)?
    };
    if &before != texts {
        keep_versions(tx, &before, texts, by)?;
        tx.execute("delete from pack_file", &[])?;
        for (path, text) in texts {
            let row: [Value; 2] = [path.as_str().into(), text.as_str().into()];
            tx.execute("insert into pack_file (path, text) values ($1, $2)", &row)?;
        }
        let plan = serde_json::to_string(&changes).map_err(|error| DbError::Other(error.to_string()))?;
        tx.execute(
            "insert into pack_change (applied_at, author, reason, plan) values ($1, $2, $3, $4)",
            &[by.at_ms.into(), by.author.as_str().into(), by.reason.as_str().into(), plan.into()],
        )?;
    }
    Ok(Applied { changes, effect, orphaned_observations })
}

/// Writes agencies, indicators, sources and targets, retires what is gone and brings the maintained
/// tables in line with the new definitions.
fn write_definitions(
    tx: &mut Tx<'_>,
    pack: &Pack,
    (before, after): (&Definitions, &Definitions),
    by: &Application,
    tell: Tell<'_>,
) -> Result<(Effect, i64), DbError> {
    set_rollup_root(tx, pack.identity.region)?;
    let mut agencies = Ids::new();
    for (position, Placed { item, .. }) in pack.agencies.iter().enumerate() {
        agencies.insert(item.code.clone(), put_agency(tx, &rows::agency_row(item, position))?);
    }
    let mut indicators = Ids::new();
    // Two passes: an indicator may name others that come later.
    for known in [Ids::new(), Ids::new()] {
        let known = if indicators.is_empty() { known } else { indicators.clone() };
        for (position, Placed { item, .. }) in pack.indicators.iter().enumerate() {
            let row = rows::indicator_row(item, &agencies, &known, position)?;
            indicators.insert(item.code.clone(), put_indicator(tx, &row)?);
        }
    }
    for (position, Placed { item, .. }) in pack.sources.iter().enumerate() {
        put_source(tx, &rows::source_row(item, &agencies, position)?)?;
    }
    let mut targets = rows::target_rows(pack, &indicators)?;
    for (code, id) in &indicators {
        put_targets(tx, *id, &targets.remove(code).unwrap_or_default(), by.at_ms)?;
    }
    let orphaned = retire_missing(tx, pack, by.at_ms)?;
    let touched: Vec<i64> =
        touched_indicators(before, after).iter().filter_map(|code| indicators.get(code)).copied().collect();
    let changes = plan::changes(before, after);
    let warnings = effect::warnings(&changes, &effect::count_figures(tx, &changes, &indicators)?);
    let effects = recompute_compared(tx, &touched, by.at_ms, tell)?;
    let code = |id: i64| indicators.iter().find(|(_, known)| **known == id).map(|(code, _)| code.clone());
    let mut effects: Vec<_> =
        effects.into_iter().filter_map(|one| Some((code(one.indicator_id)?, one))).collect();
    effects.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((Effect { indicators: effects, warnings }, orphaned))
}

/// Codes of the indicators whose definition or targets differ. When the center's own region changes,
/// all do.
fn touched_indicators(before: &Definitions, after: &Definitions) -> Vec<String> {
    let changes = plan::changes(before, after);
    if changes.iter().any(|change| change.thing == Thing::Identity) {
        return after
            .keys()
            .filter(|(thing, _)| *thing == Thing::Indicator)
            .map(|(_, code)| code.clone())
            .collect();
    }
    let mut codes: Vec<String> = changes
        .into_iter()
        .filter_map(|change| match change.thing {
            Thing::Indicator => Some(change.code),
            Thing::Target => change.code.split(' ').next().map(str::to_owned),
            _ => None,
        })
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// Retires definitions that the pack no longer has; gives the observations that stay without one.
fn retire_missing(tx: &mut Tx<'_>, pack: &Pack, at_ms: i64) -> Result<i64, DbError> {
    let agencies: HashSet<&str> = pack.agencies.iter().map(|placed| placed.item.code.as_str()).collect();
    let indicators: HashSet<&str> = pack.indicators.iter().map(|placed| placed.item.code.as_str()).collect();
    let sources: HashSet<&str> = pack.sources.iter().map(|placed| placed.item.code.as_str()).collect();
    let mut orphaned = 0;
    for stored in list_indicators(tx)? {
        if stored.retired_at.is_none() && !indicators.contains(stored.row.code.as_str()) {
            retire(tx, Definition::Indicator, stored.id, at_ms)?;
            let count = "select count(*) from observation where indicator_id = $1";
            orphaned += tx.query_one(count, &[stored.id.into()], |row| row.get::<i64>(0))?;
        }
    }
    for stored in list_sources(tx)? {
        if stored.retired_at.is_none() && !sources.contains(stored.row.code.as_str()) {
            retire(tx, Definition::Source, stored.id, at_ms)?;
        }
    }
    for stored in list_agencies(tx)? {
        if stored.retired_at.is_none() && !agencies.contains(stored.row.code.as_str()) {
            retire(tx, Definition::Agency, stored.id, at_ms)?;
        }
    }
    Ok(orphaned)
}
