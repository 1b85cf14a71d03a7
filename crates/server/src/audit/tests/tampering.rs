//! Whoever owns the database file, but neither the key nor the kept heads, tries to change the past.

use super::{Log, entry};
use crate::audit::{
    Audit,
    chain::{Damage, Hash, Head, hash_entry},
    entry::{COLUMNS, FIELDS},
    signed::sign,
    verify::verify,
};
use crate::vault::Vault;
use pendopo_figures::{Db, DbError, Engine, Reader, Tx, Value, ValueRef};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::collections::BTreeMap;

const WIDTH: usize = FIELDS + 2;
const ALL: [&str; WIDTH] = [
    COLUMNS[0],
    COLUMNS[1],
    COLUMNS[2],
    COLUMNS[3],
    COLUMNS[4],
    COLUMNS[5],
    COLUMNS[6],
    COLUMNS[7],
    COLUMNS[8],
    COLUMNS[9],
    COLUMNS[10],
    COLUMNS[11],
    "previous_hash",
    "hash",
];
const HEAD: [&str; 5] = ["audit_head_id", "number", "hash", "at_ms", "signature"];

type Rows = Vec<[Value; WIDTH]>;

/// The tables of the log as they are at some moment.
#[derive(Clone, PartialEq)]
pub struct State {
    entries: Rows,
    head: Vec<[Value; 5]>,
}

impl State {
    pub fn read(db: &Db) -> State {
        db.read(|reader| {
            let entries = rows(reader, ALL, "audit_entry")?;
            Ok(State { entries, head: rows(reader, HEAD, "audit_head")? })
        })
        .unwrap()
    }

    /// Puts it in place of what is there, and the guards back.
    pub fn restore(&self, db: &Db) {
        db.write(|tx| {
            let guards = unguard(tx)?;
            tx.execute("delete from audit_entry", &[])?;
            tx.execute("delete from audit_head", &[])?;
            tx.bulk_insert("audit_entry", ALL, self.entries.iter().cloned())?;
            tx.bulk_insert("audit_head", HEAD, self.head.iter().cloned())?;
            guard(tx, &guards)
        })
        .unwrap();
    }

    /// Computes all hashes anew from an index on, as one who knows how the program does it.
    fn rechain(&mut self, from: usize) {
        let mut hash = match from {
            0 => Hash::START,
            _ => hash_of(&self.entries[from - 1][FIELDS + 1]),
        };
        for row in &mut self.entries[from..] {
            row[FIELDS] = Value::Blob(hash.0.to_vec());
            let cells: [ValueRef<'_>; FIELDS] = std::array::from_fn(|index| borrow(&row[index]));
            hash = hash_entry(hash, &cells, &mut Vec::new());
            row[FIELDS + 1] = Value::Blob(hash.0.to_vec());
        }
    }

    /// Numbers entries by their places.
    fn renumber(&mut self) {
        for (index, row) in self.entries.iter_mut().enumerate() {
            row[0] = Value::Int(i64::try_from(index + 1).unwrap());
        }
    }

    /// Makes the head name the last entry, signed with some other key.
    fn forge_head(&mut self, other: &Vault) {
        let last = self.entries.last().unwrap();
        let head = Head { number: int(&last[0]), hash: hash_of(&last[FIELDS + 1]), at_ms: int(&last[1]) };
        let signature = sign(other, head).signature;
        self.head = vec![[
            1.into(),
            head.number.into(),
            head.hash.0.to_vec().into(),
            head.at_ms.into(),
            signature.into(),
        ]];
    }
}

fn rows<const N: usize>(
    reader: &mut Reader<'_>,
    columns: [&str; N],
    table: &str,
) -> Result<Vec<[Value; N]>, DbError> {
    let sql = format!("select {} from {table} order by number", columns.join(", "));
    reader.query(&sql, &[], |row| {
        let mut cells = [const { Value::Null }; N];
        for (index, cell) in cells.iter_mut().enumerate() {
            *cell = row.get(index)?;
        }
        Ok(cells)
    })
}

fn int(value: &Value) -> i64 {
    let Value::Int(value) = value else { panic!("{value:?}") };
    *value
}

fn hash_of(value: &Value) -> Hash {
    let Value::Blob(bytes) = value else { panic!("{value:?}") };
    Hash::from_bytes(bytes).unwrap()
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

/// Takes the guards of the tables away, as the owner of a database can.
fn unguard(tx: &mut Tx<'_>) -> Result<Vec<String>, DbError> {
    if tx.engine() == Engine::Postgres {
        for table in ["audit_entry", "audit_head"] {
            tx.execute_script(&format!("alter table {table} disable trigger user"))?;
        }
        return Ok(Vec::new());
    }
    let found: Vec<(String, String)> = tx.query(
        "select name, sql from sqlite_master where type = 'trigger' and tbl_name in ('audit_entry', 'audit_head')",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    assert_eq!(found.len(), 5, "{found:?}");
    for (name, _) in &found {
        tx.execute_script(&format!("drop trigger {name}"))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}

fn guard(tx: &mut Tx<'_>, guards: &[String]) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        for table in ["audit_entry", "audit_head"] {
            tx.execute_script(&format!("alter table {table} enable trigger user"))?;
        }
    }
    guards.iter().try_for_each(|sql| tx.execute_script(sql))
}

/// Another value for a cell, of a type that the column takes.
fn another(value: &Value, integer: bool, rng: &mut SmallRng) -> Value {
    match value {
        Value::Int(value) => Value::Int(value + [1, -1, 1000, 86_400_000][rng.random_range(0..4)]),
        Value::Null if integer => Value::Int(rng.random_range(1..100)),
        Value::Null => Value::Text("x".to_owned()),
        Value::Text(text) => match rng.random_range(0..3) {
            0 if !text.is_empty() => Value::Text(text.chars().skip(1).collect()),
            1 => Value::Text(text.to_uppercase() + "."),
            _ => Value::Text(format!("{text} ")),
        },
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let place = rng.random_range(0..bytes.len());
            bytes[place] ^= 1 << rng.random_range(0..8);
            Value::Blob(bytes)
        }
        Value::Real(_) => panic!("no column holds a fraction"),
    }
}

/// The kinds of attempts, in words for the count.
const KINDS: [&str; 12] = [
    "edit a column",
    "delete an entry",
    "delete an entry, renumber and re-chain",
    "cut the tail",
    "cut the tail and put an earlier head back",
    "append a forged entry",
    "insert in the middle, renumber and re-chain",
    "swap two entries",
    "edit and re-chain with a forged head",
    "put an older copy back",
    "change or remove the head",
    "edit, re-chain and let the program sign it",
];

/// What stays outside the attacker's reach, and what was once true.
struct Scene<'a> {
    log: &'a Log,
    whole: State,
    older: Vec<State>,
    other_key: Vault,
}

impl Scene<'_> {
    fn attempt(&self, kind: usize, rng: &mut SmallRng) -> State {
        let mut state = self.whole.clone();
        let count = state.entries.len();
        let any = rng.random_range(0..count);
        let text = 2 + rng.random_range(0..10);
        match kind {
            0 => {
                let column = rng.random_range(0..WIDTH);
                let cell = &mut state.entries[any][column];
                *cell = match column {
                    // Another number that is free.
                    0 => Value::Int(i64::try_from(count).unwrap() + rng.random_range(1..50)),
                    _ => another(cell, column == 5, rng),
                };
            }
            1 | 2 => {
                state.entries.remove(rng.random_range(0..count - 1));
                if kind == 2 {
                    state.renumber();
                    state.rechain(0);
                    state.forge_head(&self.other_key);
                }
            }
            3 => state.entries.truncate(rng.random_range(0..count)),
            4 => {
                let earlier = &self.older[rng.random_range(1..self.older.len())];
                state.entries.truncate(earlier.entries.len());
                state.head = earlier.head.clone();
            }
            5 => {
                let mut forged = state.entries[any].clone();
                forged[text] = another(&forged[text], text == 5, rng);
                state.entries.push(forged);
                state.renumber();
                state.rechain(count);
                if rng.random_range(0..2) == 0 {
                    state.forge_head(&self.other_key);
                }
            }
            6 => {
                let forged = state.entries[rng.random_range(0..count)].clone();
                state.entries.insert(any, forged);
                state.renumber();
                state.rechain(any);
                state.forge_head(&self.other_key);
            }
            7 => {
                let other = (any + rng.random_range(1..count)) % count;
                state.entries.swap(any, other);
                state.renumber();
                if rng.random_range(0..2) == 0 {
                    state.rechain(0);
                }
            }
            8 | 11 => {
                state.entries[any][text] = another(&state.entries[any][text], text == 5, rng);
                state.rechain(any);
                state.forge_head(&self.other_key);
            }
            9 => state = self.older[rng.random_range(0..self.older.len())].clone(),
            _ => match rng.random_range(0..4) {
                0 => state.head.clear(),
                column => {
                    state.head[0][column + 1] = another(&state.head[0][column + 1], false, rng);
                }
            },
        }
        state
    }

    /// What a verification says after an attempt; `None` when the attempt changed nothing.
    fn damages(&self, kind: usize, rng: &mut SmallRng) -> Option<Vec<Damage>> {
        let state = self.attempt(kind, rng);
        if state == self.whole {
            return None;
        }
        state.restore(&self.log.db);
        if kind != 11 {
            return Some(self.found(&self.log.process()));
        }
        // The program goes on after the forged end; in a folder of its own, with the kept heads.
        let folder = tempfile::tempdir().unwrap();
        let anchor_file = folder.path().join("anchor.log");
        std::fs::copy(self.log.anchor_file(), &anchor_file).unwrap();
        std::fs::copy(self.log.anchor_file().with_extension("head"), anchor_file.with_extension("head"))
            .unwrap();
        let audit = self.log.process_at(&anchor_file);
        audit.record_now(&entry(1)).unwrap();
        audit.close();
        Some(self.found(&audit))
    }

    fn found(&self, audit: &Audit) -> Vec<Damage> {
        let verified = verify(&self.log.db, audit, &[], &mut |_| {}).unwrap();
        verified.findings.first.into_iter().map(|finding| finding.damage).collect()
    }
}

fn every_tampering_is_found(log: &Log, attempts: usize, seed: u64) {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut older = vec![State::read(&log.db)];
    // Several processes, one after the other; each leaves its newest head outside when it ends.
    while older.last().unwrap().entries.len() < 120 {
        let audit = log.process();
        for index in 0..rng.random_range(1..12) {
            match index % 3 {
                0 => audit.queue(entry(index)),
                _ => drop(audit.record_now(&entry(index)).unwrap()),
            }
        }
        drop(audit);
        older.push(State::read(&log.db));
    }
    let whole = older.pop().unwrap();
    let scene = Scene { log, whole, older, other_key: Vault::for_testing().unwrap() };
    // The means of the attempts alone change nothing: only what they do is found.
    scene.whole.restore(&log.db);
    log.assert_whole(i64::try_from(scene.whole.entries.len()).unwrap());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut done = 0;
    while done < attempts {
        let kind = rng.random_range(0..KINDS.len());
        let Some(damages) = scene.damages(kind, &mut rng) else { continue };
        assert!(!damages.is_empty(), "attempt {done} ({}) was not found", KINDS[kind]);
        assert!(!damages.contains(&Damage::Unguarded), "the guards were not put back");
        done += 1;
        *counts.entry(KINDS[kind]).or_default() += 1;
    }
    scene.whole.restore(&log.db);
    log.assert_whole(i64::try_from(scene.whole.entries.len()).unwrap());
    assert_eq!(counts.len(), KINDS.len(), "some kinds were not tried: {counts:?}");
    for (kind, count) in &counts {
        eprintln!("{count:>5}  {kind}");
    }
    eprintln!("counted: audit: {done} of {attempts} tamperings found on {:?}", log.db.engine());
}

#[test]
fn a_thousand_tamperings_are_all_found_on_sqlite() {
    every_tampering_is_found(&Log::sqlite(), 1000, 20_261_124);
}

#[test]
fn a_hundred_tamperings_are_all_found_on_postgres() {
    every_tampering_is_found(&Log::postgres(), 100, 20_261_125);
}

#[test]
fn the_whole_file_swapped_for_an_older_copy_is_found() {
    let log = Log::sqlite();
    let audit = log.process();
    for index in 0..5 {
        audit.record_now(&entry(index)).unwrap();
    }
    drop(audit);
    let Log { db, vault, clock, folder, .. } = log;
    db.checkpoint().unwrap();
    drop(db);
    let (file, copy) = (folder.path().join("pendopo.db"), folder.path().join("copy.db"));
    std::fs::copy(&file, &copy).unwrap();
    let reopen = |folder| {
        let url = pendopo_figures::DbUrl::Sqlite(file.clone());
        Log { db: Db::open(&url).unwrap(), vault: vault.clone(), clock: clock.clone(), folder, _server: None }
    };
    let log = reopen(folder);
    log.process().record_now(&entry(9)).unwrap();
    log.assert_whole(6);
    let Log { db, folder, .. } = log;
    db.checkpoint().unwrap();
    drop(db);
    std::fs::copy(&copy, &file).unwrap();
    let log = reopen(folder);
    let verified = log.verify();
    let found = verified.findings.first.first().map(|finding| (finding.number, finding.damage.code()));
    assert_eq!((verified.last.number, found), (5, Some((Some(6), "cut-off"))));
}

#[test]
fn lost_guards_are_named() {
    let log = Log::sqlite();
    log.process().record_now(&entry(1)).unwrap();
    log.db.write(|tx| unguard(tx).map(drop)).unwrap();
    let findings = log.verify().findings;
    assert_eq!(findings.first[0].damage, Damage::Unguarded);
}
