//! Sealed values open, weak and open key files are refused, and keys change under a running vault.

use super::{
    OpenError, Vault, count_under_old_keys, key_file,
    reseal::{SealedColumn, reseal},
    verify_signature,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use pendopo_figures::{Db, DbUrl, Migration, Value};
use sha2::{Digest, Sha256};
use std::{fs, path::Path, sync::Barrier};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write_private(file: &Path, text: &str) {
    let _ = fs::remove_file(file);
    fs::write(file, text).unwrap();
    #[cfg(unix)]
    set_mode(file, 0o600);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refusal(file: &Path) -> String {
    format!("{:#}", Vault::from_file(file).unwrap_err())
}

#[test]
fn what_is_sealed_opens_for_its_purpose_alone() {
    let vault = Vault::for_testing().unwrap();
    for plain in [&b""[..], b"rahasia", &[0xff; 70_000]] {
        let sealed = vault.seal("a", plain);
        assert_eq!(sealed.len(), plain.len() + 49);
        assert_eq!(vault.open("a", &sealed).unwrap(), plain);
        assert_eq!(vault.open("b", &sealed), Err(OpenError::Forged));
        assert_ne!(vault.seal("a", plain), sealed, "each sealing has a salt of its own");
        assert_eq!(Vault::for_testing().unwrap().open("a", &sealed), Err(OpenError::UnknownKey));
    }
}

#[test]
fn every_changed_bit_and_every_cut_is_noticed() {
    let vault = Vault::for_testing().unwrap();
    let sealed = vault.seal("a", b"sandi basis data");
    let mut tried = 0;
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(vault.open("a", &changed).is_err(), "bit {bit}");
        tried += 1;
    }
    for length in 0..sealed.len() {
        assert!(vault.open("a", &sealed[..length]).is_err(), "cut to {length}");
        tried += 1;
    }
    println!("counted: key file: {tried} changed bits and cuts, all noticed");
}

#[test]
fn codes_and_signatures_are_of_their_purpose_and_outlive_sealing_keys() {
    let folder = folder();
    let vault = Vault::from_file(&folder.path().join("key")).unwrap();
    let (mac, signature) = (vault.mac("a", b"x"), vault.sign("a", b"x"));
    assert!(vault.verify_mac("a", b"x", &mac));
    assert!(!vault.verify_mac("b", b"x", &mac) && !vault.verify_mac("a", b"y", &mac));
    assert!(!vault.verify_mac("a", b"x", &mac[..31]));
    let public = vault.public_key("a");
    assert!(verify_signature(&public, b"x", &signature));
    assert!(!verify_signature(&public, b"y", &signature));
    assert!(!verify_signature(&vault.public_key("b"), b"x", &signature));
    vault.rotate().unwrap();
    vault.drop_old_keys().unwrap();
    assert_eq!((vault.mac("a", b"x"), vault.public_key("a")), (mac, public));
}

#[test]
fn the_file_is_made_once_and_for_its_owner_alone() {
    let folder = folder();
    let file = folder.path().join("key");
    let start = Barrier::new(8);
    let ids: Vec<_> = std::thread::scope(|scope| {
        let openings: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    Vault::from_file(&file).unwrap().sealing_ids()
                })
            })
            .collect();
        openings.into_iter().map(|opening| opening.join().unwrap()).collect()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "all starts use one file");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_reach_is_refused() {
    let folder = folder();
    let file = folder.path().join("key");
    Vault::from_file(&file).unwrap();
    for mode in [0o604, 0o602, 0o601, 0o640, 0o620, 0o610, 0o644, 0o660, 0o666, 0o777] {
        set_mode(&file, mode);
        let said = refusal(&file);
        assert!(said.contains("chmod 600") && said.contains("rotate"), "{mode:o}: {said}");
    }
    set_mode(&file, 0o400);
    Vault::from_file(&file).unwrap();
    set_mode(folder.path(), 0o777);
    assert!(refusal(&file).contains("chmod o-w"));
    set_mode(folder.path(), 0o700);
    assert!(refusal(folder.path()).contains("not a file"));
    // Only the administrator of a machine can give a file away, as when tests run in a container.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&file, Some(12_345), None).unwrap();
        let said = refusal(&file);
        assert!(said.contains("user 12345") && said.contains("chown"), "{said}");
    }
}

/// Keys that are no keys, each with a part of what is said about it.
fn weak_keys() -> Vec<(String, &'static str)> {
    let repeat = |pattern: &[u8]| pattern.iter().copied().cycle().take(32).collect::<Vec<u8>>();
    let steps = |first: u8, step: u8| (0..32).map(|n: u8| first.wrapping_add(n.wrapping_mul(step))).collect();
    let digest = |word: &str| Sha256::digest(word).to_vec();
    let random: Vec<u8> = Sha256::digest("pangkal acak untuk uji").to_vec();
    let bytes: Vec<(Vec<u8>, &'static str)> = vec![
        (vec![], "0 bytes"),
        (random[..16].to_vec(), "16 bytes"),
        (random[..31].to_vec(), "31 bytes"),
        ([&random[..], &[7]].concat(), "33 bytes"),
        (vec![0; 32], "repeats"),
        (vec![0xff; 32], "repeats"),
        (vec![b'a'; 32], "repeats"),
        (repeat(&[0xde, 0xad, 0xbe, 0xef]), "repeats"),
        (repeat(&random[..16]), "repeats"),
        (repeat(&random[..15]), "repeats"),
        (b"CHANGE_ME_CHANGE_ME_CHANGE_ME_32".to_vec(), "text"),
        (b"thisISaSECRET_1234\nthisISaSECRET_".to_vec()[..32].to_vec(), "text"),
        (b"5f4dcc3b5aa765d61d8327deb882cf99".to_vec(), "text"),
        (b"Pendopo Kabupaten Contoh 2026-11".to_vec(), "text"),
        (b"password".to_vec(), "text"),
        (steps(0, 1), "steps"),
        (steps(1, 1), "steps"),
        (steps(0x80, 1), "steps"),
        (steps(31, 255), "steps"),
        (steps(0, 3), "steps"),
        (digest("password"), "well-known"),
        (digest("changeme"), "well-known"),
        (digest(""), "well-known"),
        (digest("pendopo"), "well-known"),
        (random.iter().map(|byte| byte & 0x7f).collect(), "alike"),
        (random.iter().map(|byte| byte & 0x0f).collect(), "alike"),
        (random.iter().map(|byte| byte | 1).collect(), "alike"),
        (repeat(&random[..3]).into_iter().chain([random[4]]).skip(1).collect(), "alike"),
        ([vec![0; 20], random[..12].to_vec()].concat(), "alike"),
    ];
    bytes.into_iter().map(|(key, said)| (STANDARD.encode(key), said)).collect()
}

#[test]
fn weak_keys_are_refused_with_what_to_do() {
    let folder = folder();
    let file = folder.path().join("key");
    Vault::from_file(&file).unwrap();
    let good = fs::read_to_string(&file).unwrap();
    let root = good.lines().find(|line| line.starts_with("root ")).unwrap().to_owned();
    let seal = good.lines().find(|line| line.starts_with("seal ")).unwrap().to_owned();
    let mut refused = 0;
    let mut check = |text: String, said: &str| {
        write_private(&file, &text);
        let refusal = refusal(&file);
        assert!(refusal.contains(said) && refusal.contains("key file"), "wanted {said}: {refusal}\n{text}");
        assert!(refusal.contains("a new one is made at the next start"), "says what to do: {refusal}");
        refused += 1;
    };
    for (key, said) in weak_keys() {
        if !key.is_empty() {
            check(good.replace(&seal, &format!("seal 0000000000000000 {key}")), said);
            check(good.replace(&root, &format!("root 0000000000000000 {key}")), said);
        }
    }
    let key_of = |line: &str| line.split(' ').nth(2).unwrap().to_owned();
    let fresh = STANDARD.encode(*key_file::random_key().unwrap());
    check(format!("{good}{seal}\n"), "twice");
    check(good.replace(&key_of(&seal), &key_of(&root)), "fingerprint");
    check(good.replace(&seal, &root.replace("root", "seal")), "twice");
    check(good.replace(&key_of(&seal), &fresh), "fingerprint");
    check(good.replace(&key_of(&seal), "bukan-base64!"), "not base64");
    check(good.replace(&seal, ""), "no sealing key");
    check(good.replace(&root, ""), "no root key");
    check(format!("{good}{root}\n"), "twice");
    check(good.replace(&seal, "seal"), "expected");
    check(good.replace(&seal, &seal.replace("seal", "sael")), "unknown kind");
    check(String::new(), "empty");
    check(fresh.clone(), "does not begin");
    check("SECRET_KEY=CHANGE_ME\n".to_owned(), "does not begin");
    write_private(&file, &good);
    Vault::from_file(&file).unwrap();
    assert!(refused >= 20, "{refused}");
    println!("counted: {refused} weak or damaged key files, all refused");
}

const TABLE: &[Migration] = &[Migration {
    set: "uji",
    number: 1,
    name: "sealed values",
    sql: "create table sealed (sealed_id {id}, value {blob}); create table named (name text not null primary key, value {blob} not null)",
}];

const COLUMNS: &[SealedColumn] = &[
    SealedColumn { table: "sealed", key: "sealed_id", column: "value", purpose: "uji" },
    SealedColumn { table: "named", key: "name", column: "value", purpose: "uji {key}" },
];

fn check_rotation(db: &Db) {
    let folder = folder();
    let file = folder.path().join("key");
    let server = Vault::from_file(&file).unwrap();
    db.migrate(TABLE).unwrap();
    db.write(|tx| {
        for n in 0..450_i64 {
            let value = server.seal("uji", &n.to_be_bytes());
            tx.execute("insert into sealed (sealed_id, value) values ($1, $2)", &[n.into(), value.into()])?;
        }
        tx.execute("insert into sealed (sealed_id, value) values (1000, null)", &[])?;
        for name in ["a", "b'c"] {
            let value = server.seal(&format!("uji {name}"), name.as_bytes());
            tx.execute("insert into named (name, value) values ($1, $2)", &[name.into(), value.into()])?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(count_under_old_keys(db, &server, COLUMNS).unwrap(), 0);

    // Another process adds a key; what it seals opens here at once, and what was sealed before opens there.
    let other = Vault::from_file(&file).unwrap();
    let id = other.rotate().unwrap();
    let early = other.seal("uji", b"baru");
    assert_eq!(server.open("uji", &early).unwrap(), b"baru");
    assert_eq!(server.sealing_ids().last(), Some(&id));
    assert_eq!(count_under_old_keys(db, &server, COLUMNS).unwrap(), 452);

    // One value is damaged: it is reported and does not stop the others.
    db.write(|tx| tx.execute("update sealed set value = $1 where sealed_id = 7", &[vec![1_u8; 60].into()]))
        .unwrap();
    let done = reseal(db, &server, COLUMNS).unwrap();
    assert_eq!((done.moved, done.unreadable), (451, 1));
    assert_eq!(count_under_old_keys(db, &server, COLUMNS).unwrap(), 1);
    db.write(|tx| tx.execute("delete from sealed where sealed_id = 7", &[])).unwrap();

    assert_eq!(other.drop_old_keys().unwrap(), 1);
    assert!(server.refresh().unwrap());
    assert_eq!(server.sealing_ids(), [id]);
    let opened = db
        .read(|reader| {
            reader.query("select sealed_id, value from sealed where value is not null", &[], |row| {
                Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
            })
        })
        .unwrap();
    assert_eq!(opened.len(), 449);
    for (n, sealed) in opened {
        assert_eq!(server.open("uji", &sealed).unwrap(), n.to_be_bytes());
    }
    let named: Vec<u8> = db
        .read(|reader| {
            reader
                .query_one("select value from named where name = $1", &[Value::from("b'c")], |row| row.get(0))
        })
        .unwrap();
    assert_eq!(server.open("uji b'c", &named).unwrap(), b"b'c");
    assert_eq!(server.open("uji a", &named), Err(OpenError::Forged), "values cannot change places");
}

#[test]
fn keys_change_under_a_running_server() {
    let folder = folder();
    check_rotation(&Db::open(&DbUrl::Sqlite(folder.path().join("uji.db"))).unwrap());
    let server = pendopo_testkit::postgres();
    check_rotation(&Db::open(&DbUrl::Postgres(server.url.clone())).unwrap());
}

#[test]
fn a_spoilt_file_does_not_disturb_a_running_server() {
    let folder = folder();
    let file = folder.path().join("key");
    let vault = Vault::from_file(&file).unwrap();
    let sealed = vault.seal("a", b"x");
    let good = fs::read_to_string(&file).unwrap();
    write_private(&file, "rusak");
    assert!(vault.refresh().is_err());
    assert_eq!(vault.open("a", &sealed).unwrap(), b"x");
    fs::remove_file(&file).unwrap();
    assert!(vault.refresh().is_err());
    assert_eq!(vault.open("a", &sealed).unwrap(), b"x");
    Vault::from_file(&file).unwrap();
    assert!(vault.refresh().unwrap_err().to_string().contains("another root key"));
    assert_eq!(vault.open("a", &sealed).unwrap(), b"x");
    write_private(&file, &good);
    vault.refresh().unwrap();
    assert!(!format!("{vault:?}").contains(good.lines().last().unwrap().rsplit(' ').next().unwrap()));
}
