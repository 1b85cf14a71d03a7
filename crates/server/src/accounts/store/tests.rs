//! The store on both engines: what works once works once, what ended has ended.

use super::{
    account::{self, AccountRow, scope_of},
    identity, invitation,
    passkey::{self, Copies, NewPasskey},
    session::{self, NewSession, Stage},
    token::{self, NewToken, Reach, TokenKind},
};
use pendopo_figures::{Db, DbError, DbUrl};
use pendopo_vocab::{AgencyScope, RegionCode, Role, Sensitivity};

const NOW: i64 = 1_795_500_000_000;

fn on_both(check: impl Fn(&Db)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = DbUrl::Sqlite(folder.path().join("center.db"));
    let server = pendopo_testkit::postgres();
    for url in [sqlite, DbUrl::Postgres(server.url.clone())] {
        let db = Db::open(&url).unwrap();
        crate::migrations::migrate(&db).unwrap();
        check(&db);
    }
}

fn row(login: &str, role: Role) -> AccountRow {
    AccountRow {
        login: login.to_owned(),
        name: "Siti Rahayu".to_owned(),
        role,
        agency_id: None,
        region: None,
        sensitivity: role.usual(),
    }
}

fn write<T>(db: &Db, f: impl FnOnce(&mut pendopo_figures::Tx<'_>) -> Result<T, DbError>) -> T {
    db.write(f).unwrap()
}

#[test]
fn accounts_keep_what_was_decided() {
    on_both(|db| {
        let id = write(db, |tx| account::add_account(tx, &row("siti", Role::Analyst), "pengelola", NOW));
        let found = db.read(|r| account::find_by_login(r, "siti")).unwrap().unwrap();
        assert_eq!((found.account_id, found.row.clone()), (id, row("siti", Role::Analyst)));
        assert!(found.password_hash.is_none() && found.disabled_at.is_none());
        assert!(db.write(|tx| account::add_account(tx, &row("siti", Role::Leader), "x", NOW)).is_err());
        write(db, |tx| account::set_totp(tx, id, Some(vec![1, 2, 3])));
        assert!(write(db, |tx| account::use_totp_step(tx, id, 7)));
        assert!(!write(db, |tx| account::use_totp_step(tx, id, 7)), "a code works once");
        write(db, |tx| account::set_recovery_codes(tx, id, &["a".to_owned(), "b".to_owned()]));
        assert!(write(db, |tx| account::use_recovery_code(tx, id, "a", NOW)));
        assert!(!write(db, |tx| account::use_recovery_code(tx, id, "a", NOW)), "a code works once");
        assert_eq!(db.read(|r| account::count_recovery_codes(r, id)).unwrap(), 1);
    });
}

#[test]
fn an_invitation_works_once_and_the_newest_alone() {
    on_both(|db| {
        let id = write(db, |tx| account::add_account(tx, &row("siti", Role::Analyst), "x", NOW));
        write(db, |tx| invitation::add_invitation(tx, "old", Some(id), "x", NOW, NOW + 1000));
        write(db, |tx| invitation::add_invitation(tx, "first", None, "x", NOW, NOW + 1000));
        write(db, |tx| invitation::add_invitation(tx, "new", Some(id), "x", NOW, NOW + 1000));
        let find = |hash: &str, at| db.read(|r| invitation::find_invitation(r, hash, at)).unwrap();
        assert!(find("old", NOW).is_none() && find("first", NOW).is_some());
        assert!(find("new", NOW + 1000).is_none(), "late");
        let link = find("new", NOW).unwrap();
        assert!(write(db, |tx| invitation::use_invitation(tx, link.invitation_id, NOW)));
        assert!(!write(db, |tx| invitation::use_invitation(tx, link.invitation_id, NOW)));
        assert!(find("new", NOW).is_none());
    });
}

#[test]
fn sessions_end_by_time_by_hand_and_with_the_account() {
    on_both(|db| {
        let id = write(db, |tx| account::add_account(tx, &row("siti", Role::Analyst), "x", NOW));
        let begin = |hash: &str| {
            let new = NewSession {
                secret_hash: hash,
                account_id: id,
                stage: Stage::Full,
                method: "password",
                expires_at: NOW + 10_000,
                address: Some("10.0.0.7"),
                agent: Some("Mozilla/5.0"),
            };
            write(db, |tx| session::begin_session(tx, &new, NOW))
        };
        let find =
            |hash: &str, at, idle| db.read(|r| session::find_session(r, hash, at, idle)).unwrap().is_some();
        let (a, _b) = (begin("a"), begin("b"));
        assert!(find("a", NOW + 5, 1000) && !find("x", NOW + 5, 1000));
        assert!(!find("a", NOW + 1000, 1000), "idle");
        write(db, |tx| session::note_seen(tx, &[(a, NOW + 900)]));
        assert!(find("a", NOW + 1000, 1000), "used since");
        assert!(!find("a", NOW + 10_000, 100_000), "its life is over");
        assert!(!write(db, |tx| session::end_session(tx, id + 1, a, NOW)), "another's session");
        assert!(write(db, |tx| session::end_session(tx, id, a, NOW)));
        assert!(!find("a", NOW + 5, 1000) && find("b", NOW + 5, 1000));
        write(db, |tx| account::set_disabled(tx, id, Some(NOW)));
        assert!(!find("b", NOW + 5, 1000), "barred");
        write(db, |tx| account::set_disabled(tx, id, None));
        assert_eq!(write(db, |tx| session::end_other_sessions(tx, id, None, NOW)), 1);
        assert_eq!(write(db, |tx| session::forget_sessions(tx, NOW + 1)), 2);
        for n in 0..25 {
            write(db, |tx| session::know_browser(tx, &format!("b{n}"), id, NOW + n));
        }
        let known = |hash: &str| db.read(|r| session::is_known_browser(r, hash, id)).unwrap();
        assert!(known("b24") && known("b5") && !known("b4"));
    });
}

#[test]
fn a_passkey_belongs_to_one_account_and_its_count_only_grows() {
    on_both(|db| {
        let add =
            |login: &str| write(db, |tx| account::add_account(tx, &row(login, Role::Analyst), "x", NOW));
        let (siti, budi) = (add("siti"), add("budi"));
        let key = |id: u8, sign_count| NewPasskey {
            credential_id: vec![id; 32],
            public_key: vec![1, 2, 3],
            sign_count,
            copies: Copies::Possible,
        };
        let phone = write(db, |tx| passkey::add_passkey(tx, siti, "ponsel", &key(1, 3), NOW));
        assert!(db.write(|tx| passkey::add_passkey(tx, budi, "curian", &key(1, 3), NOW)).is_err());
        let find = |id: u8| db.read(|r| passkey::find_passkey(r, &[id; 32])).unwrap();
        let (found, owner) = find(1).unwrap();
        assert_eq!((found.passkey_id, owner.account_id, &found.key), (phone, siti, &key(1, 3)));
        assert!(find(2).is_none() && found.last_used_at.is_none());
        let after = NewPasskey { copies: Copies::Exist, ..key(1, 4) };
        assert!(write(db, |tx| passkey::note_passkey_use(tx, &found, &after, NOW + 5)));
        assert!(
            !write(db, |tx| passkey::note_passkey_use(tx, &found, &key(1, 9), NOW + 6)),
            "used meanwhile"
        );
        let used = find(1).unwrap().0;
        assert_eq!((&used.key, used.last_used_at), (&after, Some(NOW + 5)));
        write(db, |tx| account::set_disabled(tx, siti, Some(NOW)));
        assert!(find(1).is_none(), "barred");
        write(db, |tx| account::set_disabled(tx, siti, None));
        assert!(!write(db, |tx| passkey::remove_passkey(tx, budi, phone)), "another's passkey");
        assert!(write(db, |tx| passkey::remove_passkey(tx, siti, phone)));
        assert!(find(1).is_none());
        assert!(!write(db, |tx| passkey::note_passkey_use(tx, &used, &key(1, 10), NOW)), "removed meanwhile");
        for n in 3..6 {
            write(db, |tx| passkey::add_passkey(tx, siti, "kunci", &key(n, 0), NOW));
        }
        assert_eq!(db.read(|r| passkey::count_passkeys(r, siti)).unwrap(), 3);
        assert_eq!(db.read(|r| passkey::list_passkeys(r, siti)).unwrap()[0].key.credential_id, vec![3; 32]);
        assert_eq!(write(db, |tx| passkey::remove_all_passkeys(tx, siti)), 3);
    });
}

#[test]
fn an_identity_is_one_accounts_and_an_account_has_one_at_a_provider() {
    on_both(|db| {
        let add = |login| write(db, |tx| account::add_account(tx, &row(login, Role::Analyst), "x", NOW));
        let (siti, budi) = (add("siti"), add("budi"));
        let tie = |id, issuer: &str, subject: &str| {
            write(db, |tx| identity::add_identity(tx, id, issuer, subject, NOW))
        };
        let find = |issuer: &str, subject: &str| {
            db.read(|r| identity::find_by_identity(r, issuer, subject))
                .unwrap()
                .map(|(found, _)| found.account_id)
        };
        assert!(tie(siti, "https://a", "1"));
        assert!(!tie(budi, "https://a", "1"), "the subject is another's");
        assert!(!tie(siti, "https://a", "2"), "the account has an identity there");
        assert!(tie(budi, "https://b", "1"), "subjects are an issuer's own");
        assert_eq!((find("https://a", "1"), find("https://b", "1")), (Some(siti), Some(budi)));
        assert_eq!(
            (find("https://a", "2"), find("https://A", "1"), find("https://a/", "1")),
            (None, None, None)
        );
        assert!(db.read(|r| identity::list_linked(r, "https://a")).unwrap().contains(&siti));
        write(db, |tx| identity::remove_identity(tx, siti, "https://b"));
        assert_eq!(find("https://a", "1"), Some(siti), "another provider's identity was taken off");
        write(db, |tx| identity::remove_identity(tx, siti, "https://a"));
        assert_eq!(find("https://a", "1"), None);
    });
}

#[test]
fn an_account_limited_to_the_provider_has_no_other_way_in() {
    on_both(|db| {
        let siti = write(db, |tx| account::add_account(tx, &row("siti", Role::Administrator), "x", NOW));
        let budi = write(db, |tx| account::add_account(tx, &row("budi", Role::Administrator), "x", NOW));
        let limit = |id, since| write(db, |tx| account::set_sso_only(tx, id, since));
        let safe = || db.read(account::can_do_without_provider).unwrap();
        assert!(safe(), "nobody depends on the provider");
        write(db, |tx| account::set_password(tx, siti, "hash", NOW));
        let begin = |hash: &str, method: &str| {
            let new = NewSession {
                secret_hash: hash,
                account_id: siti,
                stage: Stage::Full,
                method,
                expires_at: NOW + 1000,
                address: None,
                agent: None,
            };
            write(db, |tx| session::begin_session(tx, &new, NOW))
        };
        let methods = ["password", "password+code", "passkey", "invitation", "sso", "sso+code"];
        for method in methods {
            begin(method, method);
        }
        let key = NewPasskey {
            credential_id: vec![1; 32],
            public_key: vec![2; 60],
            sign_count: 0,
            copies: Copies::None,
        };
        write(db, |tx| passkey::add_passkey(tx, siti, "kunci", &key, NOW));
        let works =
            |method: &str| db.read(|r| session::find_session(r, method, NOW, 1000)).unwrap().is_some();
        let passkey = || db.read(|r| passkey::find_passkey(r, &[1; 32])).unwrap().is_some();
        assert!(methods.iter().all(|method| works(method)) && passkey());
        limit(siti, Some(NOW));
        assert_eq!(methods.iter().filter(|method| works(method)).collect::<Vec<_>>(), [&"sso", &"sso+code"]);
        assert!(!passkey());
        let found = db.read(|r| account::find_account(r, siti)).unwrap().unwrap();
        assert!(found.is_sso_only() && !found.has_password() && found.password_hash.is_some());
        assert!(!safe(), "budi never chose a password");
        write(db, |tx| account::set_password(tx, budi, "hash", NOW));
        assert!(safe());
        write(db, |tx| account::set_disabled(tx, budi, Some(NOW)));
        assert!(!safe(), "budi is barred");
        limit(siti, None);
        assert!(safe() && passkey() && methods.iter().all(|method| works(method)));
    });
}

#[test]
fn tokens_work_until_revoked_or_barred() {
    on_both(|db| {
        let id = write(db, |tx| account::add_account(tx, &row("siti", Role::Analyst), "x", NOW));
        let new = |kind, account_id, expires_at| NewToken {
            kind,
            name: "laporan".to_owned(),
            account_id,
            board: None,
            source: None,
            reach: Reach::up_to(Sensitivity::Internal),
            may_write: false,
            expires_at,
        };
        let find = |hash: &str, at| db.read(|r| token::find_token(r, hash, at)).unwrap();
        let api = write(db, |tx| {
            token::add_token(tx, "api", &new(TokenKind::Api, Some(id), Some(NOW + 50)), "x", NOW)
        });
        let wall =
            write(db, |tx| token::add_token(tx, "wall", &new(TokenKind::Display, None, None), "x", NOW));
        assert!(find("api", NOW).unwrap().1.is_some() && find("api", NOW + 50).is_none());
        assert!(find("wall", NOW + 1_000_000).unwrap().1.is_none());
        assert_eq!(db.read(|r| token::list_tokens_of(r, id, NOW)).unwrap().len(), 1);
        assert_eq!(db.read(|r| token::list_devices(r, NOW)).unwrap().len(), 1);
        write(db, |tx| account::set_disabled(tx, id, Some(NOW)));
        assert!(find("api", NOW).is_none(), "its account is barred");
        write(db, |tx| account::set_disabled(tx, id, None));
        assert!(!write(db, |tx| token::revoke_token(tx, Some(id + 1), api, NOW)), "another's token");
        assert!(!write(db, |tx| token::revoke_token(tx, Some(id), wall, NOW)), "a wall is nobody's");
        assert!(write(db, |tx| token::revoke_token(tx, Some(id), api, NOW)));
        assert!(write(db, |tx| token::revoke_token(tx, None, wall, NOW)));
        assert!(find("api", NOW).is_none() && find("wall", NOW).is_none());
    });
}

#[test]
fn the_reach_of_a_token_is_kept_as_it_was_chosen() {
    on_both(|db| {
        let id = write(db, |tx| account::add_account(tx, &row("siti", Role::Analyst), "x", NOW));
        let agency = write(db, |tx| {
            tx.query_one(
                "insert into agency (code, name, short_name, position) values ('din', 'Dinas', 'Din', 1) returning agency_id",
                &[],
                |row| row.get::<i64>(0),
            )
        });
        let narrow = Reach {
            sensitivity: Sensitivity::Restricted,
            agency_id: Some(agency),
            region: Some("33.16.01".parse().unwrap()),
        };
        for (hash, reach) in [("narrow", narrow), ("wide", Reach::up_to(Sensitivity::Public))] {
            let new = NewToken {
                kind: TokenKind::Api,
                name: hash.to_owned(),
                account_id: Some(id),
                board: None,
                source: None,
                reach,
                may_write: false,
                expires_at: None,
            };
            write(db, |tx| token::add_token(tx, hash, &new, "x", NOW));
            let (found, owner) = db.read(|r| token::find_token(r, hash, NOW)).unwrap().unwrap();
            assert_eq!((found.new.reach, owner.unwrap().account_id), (reach, id));
        }
        let listed = db.read(|r| token::list_api_tokens(r, NOW)).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!((listed[1].0.new.reach, listed[1].1.row.login.as_str()), (narrow, "siti"));
    });
}

#[test]
fn a_role_with_a_place_and_none_given_sees_nothing_of_it() {
    let center: RegionCode = "33.16".parse().unwrap();
    let operator = scope_of(&row("o", Role::Operator), center);
    assert_eq!(operator.agencies, AgencyScope::Only(Vec::new()));
    let officer = scope_of(&row("p", Role::Officer), center);
    assert_eq!((officer.sensitivity, officer.region), (Sensitivity::Public, center));
    let leader = scope_of(&row("l", Role::Leader), center);
    assert_eq!((leader.sensitivity, leader.agencies), (Sensitivity::Restricted, AgencyScope::All));
}
