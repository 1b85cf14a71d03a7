//! What people and administrators do to accounts, through the whole router.

use super::{
    doors::{PASSWORD, cookie, form, get, set_password, sign_in},
    world::{Reply, World},
};
use crate::accounts::{
    password,
    secret::Secret,
    sign_in::totp_purpose,
    store::{
        account, invitation,
        passkey::{self, Copies, NewPasskey},
        token::{self, NewToken, Reach, TokenKind},
    },
    totp::TotpKey,
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use pendopo_vocab::{Role, Sensitivity};
use tower::ServiceExt;

const NEW: &str = "kali lusi banyu urip";

fn plus(text: &str) -> String {
    text.replace(' ', "+")
}

/// A browser of the victim's: its cookie and the token of its forms.
struct Browser {
    cookie: String,
    token: String,
}

impl Browser {
    fn of(secret: &Secret) -> Browser {
        Browser { cookie: format!("pendopo={}", secret.reveal()), token: secret.form_token() }
    }

    fn since(world: &World, minutes: i64) -> Browser {
        Browser::of(&world.session_since(world.victim, minutes))
    }

    async fn post(&self, world: &World, path: &str, fields: &str) -> Reply {
        world.send(form(&self.cookie, path, &format!("_token={}&{fields}", self.token))).await
    }

    async fn is_inside(&self, world: &World) -> bool {
        world.send(get(&self.cookie, "/profil")).await.status == StatusCode::OK
    }
}

fn set_totp(world: &World) -> TotpKey {
    let (key, id) = (TotpKey::new().unwrap(), world.victim);
    let sealed = world.app.vault().seal(&totp_purpose(id), key.as_bytes());
    world.app.db().write(|tx| account::set_totp(tx, id, Some(sealed))).unwrap();
    key
}

fn add_passkey(world: &World) {
    let key = NewPasskey {
        credential_id: vec![7; 16],
        public_key: vec![7; 32],
        sign_count: 0,
        copies: Copies::None,
    };
    let id = world.victim;
    world.app.db().write(|tx| passkey::add_passkey(tx, id, "Ponsel", &key, 0)).unwrap();
}

fn count(world: &World, sql: &str) -> i64 {
    world.app.db().read(|reader| reader.query_one::<i64>(sql, &[], |row| row.get(0))).unwrap()
}

fn hash_of(world: &World, login: &str) -> Option<String> {
    let found = world.app.db().read(|reader| account::find_by_login(reader, login)).unwrap();
    found.unwrap().password_hash
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_it_and_other_sessions_end() {
    let world = World::open().await;
    set_password(&world, "korban");
    let (own, stolen) = (Browser::since(&world, 0), Browser::since(&world, 0));
    let fields = |now: &str| format!("kini={}&sandi={}&ulang={}", plus(now), plus(NEW), plus(NEW));
    let guessed = stolen.post(&world, "/profil/sandi", &fields("tebakan saja")).await;
    assert_eq!(guessed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let without = stolen.post(&world, "/profil/sandi", &fields("")).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let known = |text: &str| password::verify(text.to_owned(), hash_of(&world, "korban"));
    assert!(known(PASSWORD).await.unwrap(), "nothing changed");

    let changed = own.post(&world, "/profil/sandi", &fields(PASSWORD)).await;
    assert_eq!((changed.status, changed.location.as_str()), (StatusCode::SEE_OTHER, "/profil"));
    assert!(known(NEW).await.unwrap() && !known(PASSWORD).await.unwrap());
    assert!(!stolen.is_inside(&world).await, "whoever had a session loses it");
    let renewed = cookie(&changed, "pendopo").unwrap();
    assert_eq!(world.send(get(&renewed, "/profil")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_weighs_asks_for_password_and_code_unless_they_were_just_given() {
    let world = World::open().await;
    set_password(&world, "korban");
    let key = set_totp(&world);
    let (old, other) = (Browser::since(&world, 20), Browser::since(&world, 20));
    let code = key.code(world.app.clock().now());
    let page = world.send(get(&old.cookie, "/profil")).await.body;
    assert!(page.contains("name=\"kode_kini\""), "the page asks for the code");
    let password = format!("kini={}", plus(PASSWORD));
    let wrong = format!("{password}&kode_kini=000000");
    let token = "nama=uji&hari=30";
    let change = format!("sandi={}&ulang={}", plus(NEW), plus(NEW));
    let mut refused = 0;
    for (path, fields) in [
        ("/profil/sesi/cabut", ""),
        ("/profil/token", token),
        ("/profil/sandi", change.as_str()),
        ("/profil/passkey/cabut", "passkey=1"),
    ] {
        for proof in ["", password.as_str(), wrong.as_str(), "kode_kini=000000"] {
            let reply = old.post(&world, path, &format!("{fields}&{proof}")).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {proof}");
            refused += 1;
        }
    }
    println!("counted: {refused} changes refused without password and code");
    assert!(other.is_inside(&world).await && old.is_inside(&world).await);
    assert_eq!(count(&world, "select count(*) from token"), 0);

    let ended = old.post(&world, "/profil/sesi/cabut", &format!("{password}&kode_kini={code}")).await;
    assert_eq!(ended.location, "/profil#sesi");
    assert!(old.is_inside(&world).await && !other.is_inside(&world).await);
    let again = old.post(&world, "/profil/token", &format!("{token}&{password}&kode_kini={code}")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code works once");

    // Whoever has just signed in has just given both.
    let (fresh, third) = (Browser::since(&world, 1), Browser::since(&world, 1));
    assert_eq!(fresh.post(&world, "/profil/sesi/cabut", "").await.location, "/profil#sesi");
    assert!(fresh.is_inside(&world).await && !third.is_inside(&world).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_forgotten_password_does_not_bypass_the_second_factor() {
    let world = World::open().await;
    set_password(&world, "korban");
    let key = set_totp(&world);
    let (link, visitor) = (Secret::new("").unwrap(), Secret::presented("peramban").form_token());
    let (id, now_ms) = (world.victim, world.app.clock().now().as_millisecond());
    let hash = link.hash();
    let add = |tx: &mut pendopo_figures::Tx<'_>| {
        invitation::add_invitation(tx, &hash, Some(id), "uji", now_ms, now_ms + 1000)
    };
    world.app.db().write(add).unwrap();
    let fields = format!("_token={visitor}&sandi={}&ulang={}", plus(NEW), plus(NEW));
    let path = format!("/undangan/{}", link.reveal());
    let accepted = world.send(form("pendopo-formulir=peramban", &path, &fields)).await;
    assert_eq!(accepted.location, "/masuk/kode");
    let session = cookie(&accepted, "pendopo").unwrap();
    for path in ["/profil", "/sumber", "/audit"] {
        let reply = world.send(get(&session, path)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}: not before the code");
    }
    let secret = Secret::presented(session.split_once('=').unwrap().1);
    let code = key.code(world.app.clock().now());
    let browser = Browser::of(&secret);
    let inside = browser.post(&world, "/masuk/kode", &format!("kode={code}")).await;
    let session = cookie(&inside, "pendopo").unwrap();
    assert_eq!(world.send(get(&session, "/profil")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_lets_in_as_it_always_did() {
    let world = World::open().await;
    set_password(&world, "korban");
    set_totp(&world);
    let changed = count(&world, "select coalesce(password_set_at, 0) from account where login = 'korban'");
    let years = (world.app.clock().now().as_millisecond() - changed) / (365 * 24 * 3600 * 1000);
    let reply = sign_in(&world, "", "korban", PASSWORD).await;
    println!("a password of {years} years");
    assert_eq!((reply.status, reply.location.as_str()), (StatusCode::SEE_OTHER, "/masuk/kode"));
    assert!(years > 50, "{years}");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_end_sessions_and_take_away_lost_passkeys() {
    let world = World::open().await;
    set_password(&world, "korban");
    add_passkey(&world);
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let boss = Browser::of(&world.session(&administrator));
    let (desk, phone) = (Browser::since(&world, 0), Browser::since(&world, 30));
    let of_victim = format!("/pengguna/{}", world.victim);
    let page = world.send(get(&boss.cookie, &of_victim)).await.body;
    assert!(page.contains(&format!("action=\"{of_victim}/keluar\"")) && page.contains("name=\"passkey\""));

    let own = desk.post(&world, &format!("{of_victim}/keluar"), "").await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "administrators alone");
    let ended = boss.post(&world, &format!("{of_victim}/keluar"), "").await;
    assert_eq!(ended.location, of_victim);
    assert!(!desk.is_inside(&world).await && !phone.is_inside(&world).await);
    assert!(boss.is_inside(&world).await);

    let link = boss.post(&world, &format!("{of_victim}/undang"), "").await;
    assert!(link.status == StatusCode::OK && link.body.contains("/undangan/"));
    assert_eq!(count(&world, "select count(*) from passkey"), 1, "a link alone leaves them");
    let unsaid = boss.post(&world, &format!("{of_victim}/undang"), "passkey=cabut&cara=ya").await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "first how the person was recognised");
    assert_eq!(count(&world, "select count(*) from passkey"), 1);
    let link =
        boss.post(&world, &format!("{of_victim}/undang"), "passkey=cabut&cara=bertemu,+KTP+dilihat").await;
    assert!(link.status == StatusCode::OK && link.body.contains("/undangan/"));
    assert_eq!(count(&world, "select count(*) from passkey"), 0);
    world.app.audit().close();
    let noted =
        |action: &str| count(&world, &format!("select count(*) from audit_entry where action = '{action}'"));
    assert_eq!((noted("session-revoked"), noted("second-factor-removed")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_becomes_a_wall_by_a_key_that_no_address_holds() {
    let world = World::open().await;
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let boss = Browser::of(&world.session(&administrator));
    let made = boss.post(&world, "/perangkat", "jenis=display&nama=Ruang+rapat&untuk=pimpinan").await;
    let (_, rest) = made.body.split_once("/dinding#").unwrap();
    let key = rest.split('<').next().unwrap();
    let visitor = Secret::presented("peramban").form_token();
    let show = |kunci: &str| {
        form("pendopo-formulir=peramban", "/dinding", &format!("_token={visitor}&kunci={kunci}"))
    };

    let opened = world.send(get("", "/dinding")).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert!(cookie(&opened, "pendopo-dinding").is_none(), "looking changes nothing");
    assert_eq!(world.send(get("", &format!("/dinding/{key}"))).await.status, StatusCode::NOT_FOUND);
    let guessed = world.send(show("tebakan")).await;
    assert_eq!(guessed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(cookie(&guessed, "pendopo-dinding").is_none());
    let token = NewToken {
        kind: TokenKind::Push,
        name: "kirim".to_owned(),
        account_id: None,
        board: None,
        source: Some("szqa0".to_owned()),
        reach: Reach::up_to(Sensitivity::Public),
        may_write: true,
        expires_at: None,
    };
    let push = Secret::new("").unwrap();
    world.app.db().write(|tx| token::add_token(tx, &push.hash(), &token, "uji", 0)).unwrap();
    let foreign = world.send(show(push.reveal())).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY, "a key of another kind");

    let wall = world.send(show(key)).await;
    assert_eq!((wall.status, wall.location.as_str()), (StatusCode::SEE_OTHER, "/papan/pimpinan"));
    let kept = cookie(&wall, "pendopo-dinding").unwrap();
    assert_eq!(world.send(get(&kept, "/papan/pimpinan")).await.status, StatusCode::OK);
    assert_ne!(world.send(get(&kept, "/papan/lain")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reaches_what_was_chosen_and_never_more_than_its_owner() {
    let world = World::open().await;
    set_password(&world, "korban");
    let own = Browser::since(&world, 0);
    let make = async |fields: &str| {
        let fields = format!("nama=uji&hari=30&kini={}&{fields}", plus(PASSWORD));
        own.post(&world, "/profil/token", &fields).await
    };
    for beyond in ["tingkat=restricted", "wilayah=33.17", "wilayah=33"] {
        let refused = make(beyond).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{beyond}");
        assert!(refused.body.contains("menjangkau lebih"), "{beyond}: says why");
    }
    for wrong in ["tingkat=semua", "opd=entah", "wilayah=entah"] {
        assert_eq!(make(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(count(&world, "select count(*) from token"), 0);
    let shown = make("tingkat=internal&opd=dina&wilayah=33.16.01").await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let at = shown.body.find("pdp_").unwrap();
    let secret: String =
        shown.body[at..].chars().take_while(|c| c.is_alphanumeric() || "_-".contains(*c)).collect();
    let ask = async |path: &str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {secret}"));
        world.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask("/api/v1/indicators/zqa1").await.status, StatusCode::OK);
    for hidden in ["zqa2", "zqb1"] {
        let reply = ask(&format!("/api/v1/indicators/{hidden}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{hidden}");
    }
    let within = ask("/api/v1/observations?indicator=zqa1&within=33.16").await.body;
    assert!(within.contains("33.16.01.2001") && !within.contains("33.16.02"), "{within}");
    let page = own_page(&world, &own).await;
    for word in ["membaca · umum dan internal · Dina · Kecamatan", "belum pernah"] {
        assert!(page.contains(word), "the list says `{word}`: {page}");
    }
}

async fn own_page(world: &World, browser: &Browser) -> String {
    world.send(get(&browser.cookie, "/profil")).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_is_offered_first_and_browsers_are_told_to_forget() {
    let world = World::open().await;
    let person = Browser::since(&world, 0);
    for path in ["/", "/sumber", "/indikator"] {
        let page = world.send(get(&person.cookie, path)).await.body;
        let head = page.split("<main").next().unwrap();
        assert!(head.contains("href=\"/profil\""), "{path} leads to one's own page");
    }
    let own = world.send(get(&person.cookie, "/profil")).await.body;
    let (before, _) = own.split_once("<section").unwrap();
    assert!(before.contains("action=\"/keluar\""), "before everything else");
    let request = form(&person.cookie, "/keluar", &format!("_token={}", person.token));
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers().get("clear-site-data").unwrap(), "\"cache\", \"storage\"");
    let cleared = response.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(cleared.starts_with("pendopo=;") && cleared.contains("Max-Age=0"), "{cleared}");
    assert!(!person.is_inside(&world).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_set_what_they_are_for_and_a_field_comes_once() {
    let world = World::open().await;
    set_password(&world, "korban");
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let boss = Browser::of(&world.session(&administrator));
    let before = hash_of(&world, "korban");
    // What the form has no field for is not set by sending it along.
    let extra = "nama=Nama+Baru&peran=analyst&login=pengganti&account_id=1&password_hash=x&disabled_at=1&totp_sealed=x";
    let changed = boss.post(&world, &format!("/pengguna/{}", world.victim), extra).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    let found = world.app.db().read(|reader| account::find_account(reader, world.victim)).unwrap().unwrap();
    assert_eq!((found.row.login.as_str(), found.row.name.as_str()), ("korban", "Nama Baru"));
    assert!(found.password_hash == before && found.disabled_at.is_none() && found.totp_sealed.is_none());
    let own = Browser::since(&world, 0);
    let fields = format!(
        "kini={}&sandi={}&ulang={}&peran=administrator&kerahasiaan=restricted",
        plus(PASSWORD),
        plus(NEW),
        plus(NEW)
    );
    assert_eq!(own.post(&world, "/profil/sandi", &fields).await.status, StatusCode::SEE_OTHER);
    let after = world.app.db().read(|reader| account::find_account(reader, world.victim)).unwrap().unwrap();
    assert_eq!((after.row.role, after.row.sensitivity), (Role::Analyst, found.row.sensitivity));

    let visitor = Secret::presented("peramban").form_token();
    let sandi = plus(NEW);
    for fields in [
        format!("_token={visitor}&nama=lain&nama=korban&sandi={sandi}"),
        format!("_token={visitor}&nama=korban&sandi=tebakan&sandi={sandi}"),
        format!("_token=salah&_token={visitor}&nama=korban&sandi={sandi}"),
    ] {
        let reply = world.send(form("pendopo-formulir=peramban", "/masuk", &fields)).await;
        assert!(reply.status.is_client_error(), "{fields}: {}", reply.status);
        assert!(cookie(&reply, "pendopo").is_none());
    }
    // A field of the address is none of the form.
    let fields = format!("_token={visitor}&nama=korban");
    let reply =
        world.send(form("pendopo-formulir=peramban", &format!("/masuk?sandi={sandi}"), &fields)).await;
    assert!(reply.status.is_client_error() && cookie(&reply, "pendopo").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_file_system_is_served() {
    let world = World::open().await;
    let administrator = world.person(Role::Administrator, Sensitivity::Restricted, 0);
    let boss = Browser::of(&world.session(&administrator));
    let data = world.app.config().data_folder.display().to_string();
    let mut paths: Vec<String> = [
        "/.git/config",
        "/.git/HEAD",
        "/.git/",
        "/.env",
        "/.svn/entries",
        "/.hg/store",
        "/Cargo.toml",
        "/config.toml",
        "/pendopo.db",
        "/data/",
        "/data/pendopo.db",
        "/files/",
        "/aset",
        "/aset/",
        "/aset/x/",
        "/aset/x/../app.css",
        "/aset/x/..%2f..%2fCargo.toml",
        "/aset/x/%2e%2e/%2e%2e/Cargo.toml",
        "/aset/x/%2fetc%2fpasswd",
        "/aset/x//etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/server-status",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(data.clone());
    paths.push(format!("/aset/x/{data}/key"));
    for path in &paths {
        for browser in ["", boss.cookie.as_str()] {
            let reply = world.send(get(browser, path)).await;
            assert!(
                matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST),
                "{path}: {}",
                reply.status
            );
            assert!(!reply.body.contains("root:") && !reply.body.contains("[core]"), "{path}");
        }
    }
    println!("counted: {} paths of files and folders lead nowhere", paths.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_downloads_are_plain_whatever_is_asked_for() {
    let world = World::open().await;
    let administrator = world.person(Role::Administrator, Sensitivity::Restricted, 0);
    let boss = Browser::of(&world.session(&administrator));
    let run = world.run_of('a', Sensitivity::Public);
    let mut files = 0;
    for path in [
        "/audit.csv?teks=%22%0d%0aX-A%3a+b&pelaku=..%2f..%2fx",
        "/audit.jsonl?tindakan=%22%3bfilename%3dx.exe",
        &format!("/penarikan/{run}/ditolak.csv?nama=%22.exe"),
    ] {
        let request = Request::get(path)
            .header(header::HOST, "pusat.test")
            .header(header::COOKIE, &boss.cookie)
            .body(Body::empty())
            .unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let name = response.headers().get(header::CONTENT_DISPOSITION).unwrap().to_str().unwrap().to_owned();
        let inside = name.strip_prefix("attachment; filename=\"").and_then(|name| name.strip_suffix('"'));
        let inside = inside.unwrap_or_else(|| panic!("{name}"));
        assert!(inside.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
        assert!(inside.ends_with(".csv") || inside.ends_with(".jsonl"), "{name}");
        assert!(response.headers().get("x-a").is_none());
        files += 1;
    }
    assert_eq!(files, 3);
}
