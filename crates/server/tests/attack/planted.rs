//! What no pack, file or form writes: payloads put into it by SQL; and that afterwards there is one in every
//! column that anybody writes.

use crate::{
    pack_texts::is_computed,
    support::{Center, PASSWORD, Server},
};
use pendopo_figures::{Db, Value as Cell};
use serde_json::Value;

/// Puts payloads into what only devices, browsers and finished work leave behind. Makes an account whose
/// second factor is awaited, and gives the cookies of whoever has typed its password alone.
pub fn plant_at_the_door(center: &Center, server: &Server, payloads: &[String]) -> String {
    let token = server.ask("GET", "/pengguna/baru", "").unwrap().form_token().to_owned();
    let form = format!("_token={token}&login=setengah&nama=Setengah&peran=auditor");
    let made = server.ask("POST", "/pengguna", &form).unwrap().body;
    let path = &made[made.find("/undangan/").unwrap()..];
    let path = path.split(['<', '"']).next().unwrap();
    let page = server.ask_as("", "GET", path, "").unwrap();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("_token={}&sandi={password}&ulang={password}", page.form_token());
    assert_eq!(server.ask_as(&page.cookie_line(), "POST", path, &form).unwrap().status, 303);
    center
        .db()
        .write(|tx| {
            for (place, text) in payloads.iter().enumerate() {
                let (nth, text) = (Cell::Int(place as i64), Cell::from(text.replace('\0', "")));
                for sql in [
                    "insert into erasure (erased_at, author, kind, answers, raw_rows, refused_rows, reason)
                     values ($1, $2, 'forget', 1, 1, 1, $2)",
                    "insert into personal_found
                     (source_id, column_name, kind, outcome, cells, run_id, first_at, last_at, runs)
                     values (1 + $1, $2, 'nik', 'masked', 1, 1, 0, 0, 1)",
                    "insert into account_identity (account_id, issuer, subject, created_at) values (1, $2, $2, $1)",
                    "insert into sealed_secret (name, sealed, set_at, set_by) values ($2, cast('x' as blob), $1, $2)",
                    "update refused_row set column_name = $2 where row_no % 100 = $1",
                    "update source_shape set added = $2 where source_id = $1",
                    "update audit_check set first = $2 where $1 = 11",
                    // Boards that are being arranged: as published, then the same by somebody else.
                    "insert into board_draft (board, base, step)
                     select 'p' || $1, text, 1 from pack_file where path = 'boards/p' || $1 || '.toml' and $2 <> ''",
                    "insert into board_draft_step (board, step, text, author, at)
                     select 'p' || $1, step, text, $2, 0 from pack_file, (select 0 as step union select 1)
                     where path = 'boards/p' || $1 || '.toml'",
                    // Of each scheduled report the newest moment, of some days ago, is what its page shows.
                    "insert into paper_delivery (name, slot_at, target, tries, done_at, problem, detail)
                     values ('laporan-' || ($1 / 50), unixepoch() / 1000000 * 1000000000, $2, 1,
                             nullif(1 + $1 % 2, 2), 'mail-unreachable', $2)",
                ] {
                    tx.execute(sql, &[nth.clone(), text.clone()])?;
                }
                if is_computed(place) {
                    // One that can be computed: another would make every run fail, so that no figure changes.
                    let said = payloads[place].replace('\0', "").replace("*/", "");
                    let sql = format!(
                        "select region, period, value from observation where indicator = 'i1' /* {said} */"
                    );
                    let update = "update indicator set sql = $2 where code = 'i' || $1";
                    tx.execute(update, &[nth.clone(), Cell::from(sql)])?;
                }
                tx.execute(
                    "insert into passkey (account_id, credential_id, public_key, sign_count, backup, name, created_at)
                     select account_id, cast($1 || login as blob), cast('x' as blob), 0, 'none', $2, 0 from account
                     where login in ('pengelola', 'setengah')",
                    &[nth.clone(), text.clone()],
                )?;
                tx.execute(
                    "insert into token (kind, secret_hash, name, account_id, sensitivity, may_write, created_at, created_by)
                     select 'api', 'x' || $1, $2, account_id, 0, 0, 0, login from account where login = 'pengelola'",
                    &[nth.clone(), text.clone()],
                )?;
                tx.execute(
                    "insert into session (secret_hash, account_id, stage, method, created_at, seen_at, expires_at, address, agent)
                     select 'x' || $1, account_id, stage, method, created_at, seen_at, expires_at, $2, $2 from session
                     where session_id = 1",
                    &[nth, text],
                )?;
            }
            tx.execute("update account set totp_sealed = cast('x' as blob) where login = 'setengah'", &[])?;
            let notes = payloads.iter().map(|text| serde_json::json!({ "form": text.replace('\0', "") }));
            let notes = Value::Array(notes.collect()).to_string();
            tx.execute(
                "insert into run_note (run_id, notes) values (1, $1)
                 on conflict (run_id) do update set notes = excluded.notes",
                &[Cell::from(notes)],
            )?;
            Ok(())
        })
        .unwrap();
    let page = server.ask_as("", "GET", "/masuk", "").unwrap();
    let form = format!("_token={}&nama=setengah&sandi={password}", page.form_token());
    let asked = server.ask_as(&page.cookie_line(), "POST", "/masuk", &form).unwrap();
    assert_eq!(asked.status, 303, "{}", asked.body);
    // A code is awaited for minutes; the browser's part may take longer on a busy machine.
    let longer = "update session set expires_at = expires_at + 86400000, seen_at = seen_at + 86400000 where stage = 'code'";
    assert_eq!(center.db().write(|tx| tx.execute(longer, &[])).unwrap(), 1);
    asked.cookie_line()
}

/// Columns of the database with texts or bytes that hold nothing that anybody writes: codes, words of the program,
/// hashes, sealed and compressed values, official names.
const NOT_WRITTEN: &[&str] = &[
    "account.login",
    "account.password_hash",
    "account.role",
    "account.totp_sealed",
    "agency.code",
    "answer.body",
    "answer.media_type",
    "answer.sha256",
    "audit_entry.action",
    "audit_entry.actor_kind",
    "audit_entry.actor_role",
    "audit_entry.address",
    "audit_entry.object_kind",
    "audit_entry.outcome",
    "audit_entry.hash",
    "audit_entry.previous_hash",
    "audit_head.hash",
    "audit_head.signature",
    "audit_sent.hash",
    "audit_sent.kind",
    "audit_sent.problem",
    "board_draft.board",
    "board_draft_step.board",
    "board_version.board",
    "boundary_set.digest",
    "boundary_set.kind",
    "erasure.kind",
    "incident_entry.step",
    "indicator.cadence",
    "indicator.code",
    "indicator.counts",
    "indicator.direction",
    "indicator.region_aggregation",
    "indicator.sector",
    "indicator.time_aggregation",
    "invitation.secret_hash",
    "known_browser.secret_hash",
    "pack_change.plan",
    "pack_file.path",
    "paper_delivery.name",
    "paper_delivery.problem",
    "paper_ran.name",
    "paper_ran.ran",
    "passkey.backup",
    "passkey.credential_id",
    "passkey.public_key",
    "personal_found.kind",
    "personal_found.outcome",
    "push_receipt.digest",
    "push_receipt.key_hash",
    "recovery_code.code_hash",
    "refused_row.reason_code",
    "refused_row.state",
    "region.bps_code",
    "region.code",
    "region.kind",
    "region.legal_basis",
    "region.name",
    "region.valid_from",
    "region.valid_to",
    "run.kind",
    "run.problem_code",
    "run.status",
    "run.trigger_kind",
    "schema_migration.migration_set",
    "schema_migration.name",
    "sealed_secret.sealed",
    "session.method",
    "session.secret_hash",
    "session.stage",
    "source.code",
    "source_schedule.ran",
    "token.board",
    "token.kind",
    "token.secret_hash",
    "token.source",
    "vault_root.root_id",
    "wall.playlist",
    "wall_pairing.address",
    "wall_pairing.code",
    "wall_pairing.secret_hash",
    "wall_steering.anchor_mode",
    "wall_steering.message_indicator",
    "wall_steering.mode",
    "wall_steering.playlist",
];

/// Looks into every column of texts and bytes for payloads: they are in all but those named above. Gives how many
/// columns and values.
pub fn planted(db: &Db) -> (usize, i64) {
    let columns = "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite%'
        and (lower(c.type) like '%text%' or lower(c.type) like '%blob%') order by 1";
    let columns: Vec<String> = db.read(|reader| reader.query(columns, &[], |row| row.get(0))).unwrap();
    let (mut texts, mut kinds, mut without) = (0, 0, Vec::new());
    for name in &columns {
        let (table, column) = name.split_once('.').unwrap();
        let sql =
            format!("select count(*) from {table} where instr(cast({column} as blob), x'5f787373') > 0");
        let found: i64 = db.read(|reader| reader.query_one(&sql, &[], |row| row.get(0))).unwrap();
        match found {
            0 => without.push(name.as_str()),
            _ => kinds += 1,
        }
        texts += found;
    }
    let forgotten: Vec<_> = without.iter().filter(|name| !NOT_WRITTEN.contains(name)).collect();
    assert!(
        forgotten.is_empty(),
        "no payload is in {forgotten:#?}. Can a person, a file or a service write it? Then put one there: by the \
         way it comes in e2e/xss_seed.mjs or by the pack in pack_texts.rs, or by SQL in `plant_at_the_door`. If only the program \
         does, add its name to NOT_WRITTEN in {}",
        file!()
    );
    let idle: Vec<_> = NOT_WRITTEN.iter().filter(|name| !without.contains(name)).collect();
    assert!(
        idle.is_empty(),
        "NOT_WRITTEN in {} names {idle:?}, which hold payloads or are no columns any more: take them out",
        file!()
    );
    (kinds, texts)
}
