//! Entries come into the chain from transactions and from the queue, from many threads and processes.

use super::{Log, entry};
use crate::audit::{
    Action, Reason,
    chain::Damage,
    store::{Filter, read_entries},
};
use pendopo_figures::DbError;

fn actions(log: &Log) -> Vec<String> {
    let found = log.db.read(|reader| read_entries(reader, &Filter::default(), 10_000)).unwrap();
    found.into_iter().rev().map(|entry| entry.action).collect()
}

fn an_entry_shares_the_fate_of_its_transaction(log: &Log) {
    let audit = log.process();
    log.db.write(|tx| audit.record(tx, &entry(1))).unwrap();
    let gone: Result<i64, DbError> = log.db.write(|tx| {
        audit.record(tx, &entry(2))?;
        Err(DbError::Conflict("changed our mind".to_owned()))
    });
    assert!(gone.is_err());
    log.db.rehearse(|tx| audit.record(tx, &entry(3))).unwrap();
    let number = log.db.write(|tx| {
        audit.record(tx, &entry(4))?;
        audit.record(tx, &entry(5))
    });
    assert_eq!(number.unwrap(), 3);
    drop(audit);
    log.assert_whole(3);
}

#[test]
fn an_entry_shares_the_fate_of_its_transaction_on_sqlite() {
    an_entry_shares_the_fate_of_its_transaction(&Log::sqlite());
}

#[test]
fn an_entry_shares_the_fate_of_its_transaction_on_postgres() {
    an_entry_shares_the_fate_of_its_transaction(&Log::postgres());
}

fn the_database_refuses_changes(log: &Log) {
    let audit = log.process();
    for index in 0..3 {
        audit.record_now(&entry(index)).unwrap();
    }
    let refused = [
        "update audit_entry set actor = 'x' where number = 2",
        "update audit_entry set number = 9 where number = 2",
        "delete from audit_entry where number = 3",
        "update audit_head set number = 1",
        "delete from audit_head",
        "insert into audit_entry select * from audit_entry where number = 2",
    ];
    for sql in refused {
        assert!(log.db.write(|tx| tx.execute(sql, &[])).is_err(), "{sql}");
    }
    let engine_own = match log.db.engine() {
        pendopo_figures::Engine::Sqlite => "insert or replace into audit_entry select * from audit_entry",
        pendopo_figures::Engine::Postgres => "truncate audit_entry",
    };
    assert!(log.db.write(|tx| tx.execute_script(engine_own)).is_err(), "{engine_own}");
    drop(audit);
    log.assert_whole(3);
}

#[test]
fn the_database_refuses_changes_on_sqlite() {
    the_database_refuses_changes(&Log::sqlite());
}

#[test]
fn the_database_refuses_changes_on_postgres() {
    the_database_refuses_changes(&Log::postgres());
}

/// Threads of two processes record in transactions and through queues at once: one chain comes of it.
fn many_hands_make_one_chain(log: &Log, threads: usize, each: usize) {
    let processes = [log.process(), log.process()];
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let audit = &processes[thread % processes.len()];
            scope.spawn(move || {
                for index in 0..each {
                    match index % 2 {
                        0 => drop(audit.record_now(&entry(index)).unwrap()),
                        _ => audit.queue(entry(index)),
                    }
                }
            });
        }
    });
    drop(processes);
    log.assert_whole(i64::try_from(threads * each).unwrap());
}

#[test]
fn many_hands_make_one_chain_on_sqlite() {
    many_hands_make_one_chain(&Log::sqlite(), 6, 60);
}

#[test]
fn many_hands_make_one_chain_on_postgres() {
    many_hands_make_one_chain(&Log::postgres(), 4, 30);
}

#[test]
fn a_full_queue_blocks_nobody_and_its_loss_is_recorded() {
    let log = Log::sqlite();
    let audit = log.process();
    let asked = 60_000;
    log.db
        .write(|tx| {
            // The writer cannot write while this transaction is open, so the queue fills up.
            audit.record(tx, &entry(0))?;
            for index in 1..asked {
                audit.queue(entry(index));
            }
            Ok(())
        })
        .unwrap();
    audit.close();
    let found = log.db.read(|reader| read_entries(reader, &Filter::default(), i64::MAX)).unwrap();
    let lost: u64 = found
        .iter()
        .filter(|entry| entry.action == Action::EntriesLost.as_str())
        .map(|entry| {
            serde_json::from_str::<serde_json::Value>(&entry.detail).unwrap()["lost"].as_u64().unwrap()
        })
        .sum();
    let kept = found.iter().filter(|entry| entry.action != Action::EntriesLost.as_str()).count() as u64;
    assert!(lost > 0, "the queue took everything");
    assert_eq!(kept + lost, asked as u64);
    eprintln!("{kept} entries kept, {lost} counted as lost");
    log.assert_whole(i64::try_from(found.len()).unwrap());
}

#[test]
fn heads_are_kept_outside_as_the_chain_grows() {
    let log = Log::sqlite();
    let audit = log.process();
    audit.anchor(Reason::Start).unwrap();
    for index in 0..50 {
        audit.record_now(&entry(index)).unwrap();
    }
    audit.close();
    audit.anchor(Reason::Stop).unwrap();
    let text = std::fs::read_to_string(log.anchor_file()).unwrap();
    assert!(text.lines().count() >= 2 && text.ends_with("\n"), "{text}");
    assert!(text.contains("\"why\":\"entries\"") && text.contains("\"number\":50,"), "{text}");
    assert!(log.verify().witnesses >= 3, "the newest head stands in a file of its own, too");
    log.assert_whole(50);
}

/// The owner of the database takes the end away, with the signed head of an earlier day put back.
#[test]
fn the_program_notices_a_shorter_chain_and_says_so_in_it() {
    let log = Log::sqlite();
    let audit = log.process();
    for index in 0..10 {
        audit.record_now(&entry(index)).unwrap();
    }
    drop(audit);
    let older = super::tampering::State::read(&log.db);
    let audit = log.process();
    for index in 10..13 {
        audit.record_now(&entry(index)).unwrap();
    }
    drop(audit);
    older.restore(&log.db);
    let audit = log.process();
    audit.record_now(&entry(99)).unwrap();
    drop(audit);
    assert_eq!(actions(&log)[10], Action::DamageFound.as_str());
    // Going on with it does not heal it: the witness of the lost entries has been kept.
    let audit = log.process();
    for index in 0..30 {
        audit.record_now(&entry(index)).unwrap();
    }
    drop(audit);
    let damages: Vec<Damage> =
        log.verify().findings.first.into_iter().map(|finding| finding.damage).collect();
    assert!(damages.contains(&Damage::Reported), "{damages:?}");
    assert!(damages.iter().any(|damage| matches!(damage, Damage::Rewritten { .. })), "{damages:?}");
}

#[test]
fn filters_find_what_they_say() {
    let log = Log::sqlite();
    let audit = log.process();
    for index in 0..20 {
        audit.record_now(&entry(index)).unwrap();
    }
    let find = |filter: Filter| {
        let found = log.db.read(|reader| read_entries(reader, &filter, 100)).unwrap();
        found.into_iter().map(|entry| entry.number).collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(find(Filter { text: text("ALASAN KE-7"), ..Filter::default() }), [8]);
    assert_eq!(find(Filter { text: text("%"), ..Filter::default() }), [] as [i64; 0]);
    assert_eq!(find(Filter { actor: text("sit"), before: Some(3), ..Filter::default() }), [2, 1]);
    assert_eq!(find(Filter { action: text("queried"), ..Filter::default() }), [] as [i64; 0]);
    let first =
        log.db.read(|reader| read_entries(reader, &Filter { before: Some(3), ..Filter::default() }, 9));
    let at = first.unwrap()[0].at_ms;
    assert_eq!(find(Filter { from_ms: Some(at), until_ms: Some(at + 1), ..Filter::default() }), [2]);
}
