//! Sign-in, sessions and forms through the whole router: what must not work does not.

use super::world::{Asker, Reply, World};
use crate::{
    accounts::{
        password,
        secret::{Secret, hash},
        store::{
            account, invitation,
            session::{self, NewSession, Stage},
        },
    },
    web::Access,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use pendopo_vocab::{Role, Sensitivity};

pub(super) const PASSWORD: &str = "jati randu kapas";

pub(super) fn form(cookie: &str, path: &str, fields: &str) -> Request<Body> {
    Request::post(path)
        .header(header::HOST, "pusat.test")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(fields.to_owned()))
        .unwrap()
}

pub(super) fn get(cookie: &str, path: &str) -> Request<Body> {
    Request::get(path)
        .header(header::HOST, "pusat.test")
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .unwrap()
}

/// `name=value` of a cookie that was set.
pub(super) fn cookie(reply: &Reply, name: &str) -> Option<String> {
    let set = reply.cookies.iter().find(|set| set.starts_with(&format!("{name}=")))?;
    set.split(';').next().map(str::to_owned)
}

pub(super) fn set_password(world: &World, login: &str) {
    let hash = password::hash_now(PASSWORD).unwrap();
    world
        .app
        .db()
        .write(|tx| {
            let id = account::find_by_login(tx, login)?.unwrap().account_id;
            account::set_password(tx, id, &hash, 0)
        })
        .unwrap();
}

pub(super) async fn sign_in(world: &World, before: &str, login: &str, password: &str) -> Reply {
    let token = Secret::presented("peramban").form_token();
    let fields = format!("_token={token}&nama={login}&sandi={}", password.replace(' ', "+"));
    world.send(form(&format!("pendopo-formulir=peramban; {before}"), "/masuk", &fields)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_anew_at_sign_in_and_ends_for_good_at_sign_out() {
    let world = World::open().await;
    set_password(&world, "korban");
    let planted = "pendopo=dipasang-orang-lain";
    let reply = sign_in(&world, planted, "korban", PASSWORD).await;
    // Two factors are the rule, and this account has one: it is let in to set up the second alone.
    assert_eq!((reply.status, reply.location.as_str()), (StatusCode::SEE_OTHER, "/profil/kode"));
    let session = cookie(&reply, "pendopo").unwrap();
    assert_ne!(session, planted, "no cookie from before a sign-in is worth anything after it");
    assert_eq!(world.send(get(planted, "/sumber")).await.location, "/masuk?lanjut=%2Fsumber");
    let inside = world.send(get(&session, "/sumber")).await;
    assert_eq!(inside.location, "/profil/kode", "first the second factor");
    assert_eq!(world.send(get(&session, "/profil/kode")).await.status, StatusCode::OK);

    let person = world.person(Role::Analyst, Sensitivity::Internal, 0);
    let secret = world.session(&person);
    let cookie = format!("pendopo={}", secret.reveal());
    assert_eq!(world.send(get(&cookie, "/sumber")).await.status, StatusCode::OK);
    let fields = format!("_token={}", secret.form_token());
    assert_eq!(world.send(form(&cookie, "/keluar", &fields)).await.location, "/masuk");
    let stolen = world.send(get(&cookie, "/sumber")).await;
    assert_eq!(stolen.location, "/masuk?lanjut=%2Fsumber", "a stolen cookie is worth nothing after sign-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_few_and_the_person_is_not_locked_out() {
    let world = World::open().await;
    set_password(&world, "korban");
    let first = sign_in(&world, "", "korban", PASSWORD).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let hash = hash("browser", "kenal");
    let victim = world.victim;
    world.app.db().write(|tx| session::know_browser(tx, &hash, victim, 0)).unwrap();
    let (mut evaluated, mut refused) = (0, 0);
    for n in 0..200 {
        match sign_in(&world, "", "korban", &format!("tebakan {n}")).await.status {
            StatusCode::UNPROCESSABLE_ENTITY => evaluated += 1,
            StatusCode::TOO_MANY_REQUESTS => refused += 1,
            other => panic!("guess {n}: {other}"),
        }
    }
    println!("counted: of 200 guesses of a password {evaluated} were evaluated, {refused} refused");
    assert_eq!((evaluated, refused), (20, 180));
    let stranger = sign_in(&world, "", "korban", PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::TOO_MANY_REQUESTS, "the right guess of a stranger waits too");
    let person = sign_in(&world, "pendopo-peramban=kenal", "korban", PASSWORD).await;
    assert_eq!(person.status, StatusCode::SEE_OTHER, "a browser that was here before comes in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_barred_account_and_an_unknown_one_look_the_same() {
    let world = World::open().await;
    set_password(&world, "korban");
    let victim = world.victim;
    world.app.db().write(|tx| account::set_disabled(tx, victim, Some(1))).unwrap();
    let barred = sign_in(&world, "", "korban", PASSWORD).await;
    let unknown = sign_in(&world, "", "siapa", PASSWORD).await;
    assert_eq!(
        (barred.status, unknown.status),
        (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY)
    );
    assert_eq!(barred.body.replace("korban", "siapa"), unknown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_limited_to_the_provider_is_refused_everywhere_else() {
    let world = World::open().await;
    set_password(&world, "korban");
    let victim = world.victim;
    let write = |f: &mut dyn FnMut(&mut pendopo_figures::Tx<'_>) -> Result<(), pendopo_figures::DbError>| {
        world.app.db().write(f).unwrap();
    };
    let now_ms = world.app.clock().now().as_millisecond();
    let (link, code) = ("tautan-lama", "kode-pemulihan");
    let half_in = Secret::new("").unwrap();
    write(&mut |tx| {
        invitation::add_invitation(
            tx,
            &Secret::presented(link).hash(),
            Some(victim),
            "x",
            now_ms,
            now_ms + 60_000,
        )?;
        account::set_recovery_codes(tx, victim, &[hash("recovery", code)])?;
        let new = NewSession {
            secret_hash: &half_in.hash(),
            account_id: victim,
            stage: Stage::Code,
            method: "sso",
            expires_at: now_ms + 60_000,
            address: None,
            agent: None,
        };
        session::begin_session(tx, &new, now_ms)?;
        account::set_sso_only(tx, victim, Some(now_ms))
    });
    // The right password: refused with the words for a wrong one.
    let limited = sign_in(&world, "", "korban", PASSWORD).await;
    let unknown = sign_in(&world, "", "siapa", PASSWORD).await;
    assert_eq!(limited.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(limited.body.replace("korban", "siapa"), unknown.body);
    // A link made before: it opens no password.
    let token = Secret::presented("peramban").form_token();
    let chosen = format!("_token={token}&sandi=jati+randu+waru&ulang=jati+randu+waru");
    let path = format!("/undangan/{link}");
    let reset = world.send(form("pendopo-formulir=peramban", &path, &chosen)).await;
    assert_eq!(reset.status, StatusCode::FORBIDDEN);
    // A recovery code after the provider: no.
    let cookie = format!("pendopo={}", half_in.reveal());
    let fields = format!("_token={}&kode={code}", half_in.form_token());
    let recovered = world.send(form(&cookie, "/masuk/kode", &fields)).await;
    assert_eq!(recovered.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The same, once the limit is taken off: all of it works again.
    write(&mut |tx| account::set_sso_only(tx, victim, None));
    let recovered = world.send(form(&cookie, "/masuk/kode", &fields)).await;
    assert_eq!(recovered.status, StatusCode::SEE_OTHER, "{}", recovered.body);
    assert_eq!(sign_in(&world, "", "korban", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let reset = world.send(form("pendopo-formulir=peramban", &path, &chosen)).await;
    assert_eq!(reset.status, StatusCode::SEE_OTHER);
    let changed = sign_in(&world, "", "korban", "jati randu waru").await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
}

/// What every change must be refused with.
#[derive(Clone, Copy)]
enum Forgery {
    NoToken,
    WrongToken,
    AnotherSessionsToken,
    FromAnotherSite,
    AsPlainText,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_made_by_a_form_from_elsewhere() {
    use Forgery::{AnotherSessionsToken, AsPlainText, FromAnotherSite, NoToken, WrongToken};
    let world = World::open().await;
    let person = world.person(Role::Administrator, Sensitivity::Restricted, 0);
    let (secret, other) = (world.session(&person), world.session(&person));
    let cookie = format!("pendopo={}", secret.reveal());
    let mut tried = 0;
    for (method, route, _) in Access::built_in().unwrap().rules() {
        if method != Method::POST.as_str() {
            continue;
        }
        let path = route.replace("{code}", "szqa1").replace("{id}", "1").replace("{secret}", "x");
        for forgery in [NoToken, WrongToken, AnotherSessionsToken, FromAnotherSite, AsPlainText] {
            let token = match forgery {
                NoToken => String::new(),
                WrongToken => format!("_token={}", "0".repeat(64)),
                AnotherSessionsToken => format!("_token={}", other.form_token()),
                FromAnotherSite | AsPlainText => format!("_token={}", secret.form_token()),
            };
            let mut request = form(&cookie, &path, &token);
            if matches!(forgery, FromAnotherSite) {
                request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
            }
            if matches!(forgery, AsPlainText) {
                request.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
            }
            let status = world.send(request).await.status;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
            tried += 1;
        }
    }
    println!("counted: {tried} forged forms refused");
    assert!(tried > 80, "{tried}");
    assert_eq!(world.send(get(&cookie, "/profil")).await.status, StatusCode::OK, "nothing was signed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_leave_nothing_behind() {
    let world = World::open().await;
    let size = |world: &World| world.app.db().size_bytes().unwrap();
    world.app.db().checkpoint().unwrap();
    let before = size(&world);
    let visitor: Asker = world.visitor();
    for n in 0..2000 {
        let path = ["/", "/indikator", "/masuk", "/tidak-ada", "/sumber"][n % 5];
        world.ask(&visitor, None, &Method::GET, path).await;
    }
    let sessions: i64 = world
        .app
        .db()
        .read(|reader| reader.query_one("select count(*) from session", &[], |row| row.get(0)))
        .unwrap();
    assert_eq!(sessions, 0);
    let grown = size(&world).saturating_sub(before);
    println!("counted: 2000 visits without signing in: 0 sessions, {grown} bytes more on disk");
    assert!(grown < 256 * 1024, "{grown}");
}

fn actions(world: &World) -> Vec<String> {
    world.app.audit().close();
    let sql = "select action from audit_entry order by number";
    world.app.db().read(|reader| reader.query(sql, &[], |row| row.get(0))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_leaves_a_trace() {
    let world = World::open().await;
    set_password(&world, "korban");
    sign_in(&world, "", "korban", "salah semua ini").await;
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let leader = world.person(Role::Leader, Sensitivity::Restricted, 0);
    let (boss, chief) = (world.session(&administrator), world.session(&leader));
    let cookie = format!("pendopo={}", boss.reveal());
    let token = format!("_token={}", boss.form_token());
    let path = format!("/pengguna/{}/nonaktif", world.victim);
    assert_eq!(world.send(form(&cookie, &path, &token)).await.status, StatusCode::SEE_OTHER);
    let seen = world.send(get(&format!("pendopo={}", chief.reveal()), "/indikator/zqa2")).await;
    assert_eq!(seen.status, StatusCode::OK);
    let open = world.send(get(&format!("pendopo={}", chief.reveal()), "/indikator/zqa0")).await;
    assert_eq!(open.status, StatusCode::OK);
    let refused = world.send(get(&format!("pendopo={}", chief.reveal()), "/pengguna")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let forged = world.send(form(&cookie, "/pengguna", "_token=dikarang&login=penyusup")).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(world.send(form(&cookie, "/keluar", &token)).await.status, StatusCode::SEE_OTHER);
    let actions = actions(&world);
    for (action, times) in [
        ("sign-in-failed", 1),
        ("account-disabled", 1),
        ("restricted-viewed", 1),
        ("access-refused", 2),
        ("sign-out", 1),
    ] {
        assert_eq!(actions.iter().filter(|found| *found == action).count(), times, "{action}: {actions:?}");
    }
}

/// Entries by action, kind of object and detail.
fn entries(world: &World) -> Vec<(String, String, String)> {
    world.app.audit().close();
    let sql = "select action, coalesce(object_kind, '') || ' ' || coalesce(object_code, ''), detail \
               from audit_entry order by number";
    let read = |row: &pendopo_figures::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    world.app.db().read(|reader| reader.query(sql, &[], read)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_nothing_leaves_one_trace_a_minute_and_never_itself() {
    let world = World::open().await;
    let token = Secret::presented("peramban").form_token();
    for n in 0..5 {
        let request = Request::get("/api/v1/sources").header(header::HOST, "pusat.test");
        let request = request.header(header::AUTHORIZATION, format!("Bearer pdp_dikarang{n}"));
        let reply = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        let fields = format!("_token={token}&kunci=dikarang{n}");
        let wall = world.send(form("pendopo-formulir=peramban", "/dinding", &fields)).await;
        assert_eq!(wall.status, StatusCode::UNPROCESSABLE_ENTITY);
        for path in [format!("/undangan/dikarang{n}"), format!("/undangan/dikarang{n}/sso")] {
            assert_eq!(world.send(get("", &path)).await.status, StatusCode::NOT_FOUND);
        }
    }
    let entries = entries(&world);
    for object in ["token ?", "wall ?", "link ?"] {
        let found = entries.iter().filter(|(action, of, _)| action == "sign-in-failed" && of == object);
        assert_eq!(found.count(), 1, "{object}: {entries:?}");
    }
    assert!(!format!("{entries:?}").contains("dikarang"), "{entries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn restricted_rows_and_pages_are_recorded_once_an_hour_and_session() {
    let world = World::open().await;
    let sees = world.person(Role::Analyst, Sensitivity::Restricted, 0);
    let (one, other) = (world.session(&sees), world.session(&sees));
    let (hidden, open) =
        (world.run_of('a', Sensitivity::Restricted), world.run_of('a', Sensitivity::Internal));
    for session in [&one, &other] {
        let cookie = format!("pendopo={}", session.reveal());
        for run in [hidden, open] {
            for path in [format!("/penarikan/{run}/ditolak"), format!("/api/v1/runs/{run}/refused-rows")] {
                assert_eq!(world.send(get(&cookie, &path)).await.status, StatusCode::OK, "{path}");
            }
        }
        for _ in 0..30 {
            let mut renewed = get(&cookie, "/indikator/zqa2");
            renewed.headers_mut().insert("x-follows", "1".parse().unwrap());
            assert_eq!(world.send(renewed).await.status, StatusCode::OK);
        }
    }
    let entries = entries(&world);
    let viewed: Vec<&str> = entries
        .iter()
        .filter(|(action, ..)| action == "restricted-viewed")
        .map(|(_, object, _)| object.as_str())
        .collect();
    let run = format!("run {hidden}");
    for object in [run.as_str(), "indicator zqa2"] {
        assert_eq!(viewed.iter().filter(|found| **found == object).count(), 2, "{viewed:?}");
    }
    assert_eq!(viewed.len(), 4, "{viewed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_too_often_leaves_one_trace_a_minute() {
    let world = World::limited(|limits| limits.sign_ins_per_minute = 4).await;
    let mut sent_away = 0;
    for _ in 0..20 {
        let reply = sign_in(&world, "", "korban", "tebakan").await;
        sent_away += usize::from(reply.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(sent_away >= 17, "{sent_away}");
    let entries = entries(&world);
    let refused: Vec<_> = entries.iter().filter(|(action, ..)| action == "access-refused").collect();
    let [(_, object, detail)] = refused.as_slice() else { panic!("{entries:?}") };
    assert_eq!((object.as_str(), detail.as_str()), ("route POST /masuk", "{\"why\":\"rate\"}"));
}
