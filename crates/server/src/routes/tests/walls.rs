//! Screens: paired by a code, steered by whom the table says, released.

use super::{
    doors::{cookie, form, get},
    world::World,
};
use crate::{
    accounts::secret::Secret,
    packs::{check::check_pack, store as packs},
};
use axum::http::StatusCode;
use pendopo_vocab::{Author, Role, Sensitivity};

const LIST: &str = "code = \"ruang\"\ntitle = \"Ruang\"\n\n[[mode]]\ncode = \"harian\"\ntitle = \"Harian\"\n\n\
                    [[mode.item]]\nattention = true\nrail = [\"zqa0\", \"zqa1\", \"zqa2\"]\n\n\
                    [[mode.item]]\nboard = \"pimpinan\"\n\n[[mode.item]]\n[mode.item.widget]\nkind = \"map\"\nindicator = \"zqa1\"\n";

fn add_playlist(world: &World) {
    let app = &world.app;
    let mut texts = app.db().read(packs::read_texts).unwrap();
    texts.insert("walls/ruang.toml".to_owned(), LIST.to_owned());
    let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let by = packs::Application { author: Author::named("uji"), reason: String::new(), at_ms: 0 };
    packs::apply(app.db(), app.audit(), &pack, &texts, &by).unwrap();
}

fn code_of(page: &str) -> String {
    page.split("data-part=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_paired_by_its_code_and_only_its_own_browser_becomes_the_wall() {
    let world = World::open().await;
    add_playlist(&world);
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let secret = world.session(&administrator);
    let (boss, token) = (format!("pendopo={}", secret.reveal()), secret.form_token());

    let opened = world.send(get("", "/dinding")).await;
    let (screen, code) = (cookie(&opened, "pendopo-pasangan").unwrap(), code_of(&opened.body));
    let own_secret = screen.split_once('=').unwrap().1.to_owned();
    assert!(!opened.body.contains(&own_secret), "the secret stands in no page");
    let other = cookie(&world.send(get("", "/dinding")).await, "pendopo-pasangan").unwrap();
    let again = world.send(get(&screen, "/dinding")).await;
    assert_eq!(code_of(&again.body), code, "looking again keeps the code");
    let wait = |cookie: String| {
        let world = &world;
        async move { world.send(get(&cookie, "/dinding/menunggu")).await }
    };
    assert_eq!(wait(screen.clone()).await.body, "{\"state\":\"waiting\"}");
    assert_eq!(wait(String::new()).await.body, "{\"state\":\"over\"}");

    let pair = |kode: &str, rest: &str| {
        form(&boss, "/dinding/pasang", &format!("_token={token}&kode={kode}&daftar=ruang&{rest}"))
    };
    for (kode, rest) in [
        ("AAAAAA", "nama=Ruang"),
        (code.as_str(), "nama=Ruang&bagian=3/2"),
        (code.as_str(), "nama=Ruang&daftar=lain"),
    ] {
        let refused = world.send(pair(kode, rest)).await;
        assert!(refused.status.is_client_error(), "{kode} {rest}: {}", refused.status);
    }
    let named = world.send(pair(&code, "nama=")).await;
    assert!(named.body.contains("127.0.0.1"), "where the screen is: {}", named.body);
    assert!(named.body.contains("Beri nama layarnya"), "what is missing: {}", named.body);
    let paired = world.send(pair(&code.to_lowercase(), "nama=Ruang+kendali&internal=1&bagian=1/2")).await;
    assert!(paired.location.starts_with("/dinding/kendali/"), "{} {}", paired.status, paired.body);
    let twice = world.send(pair(&code, "nama=Lagi")).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "a code works once");

    assert_eq!(wait(other).await.body, "{\"state\":\"waiting\"}");
    let ready = wait(screen.clone()).await;
    assert_eq!(ready.body, "{\"state\":\"ready\"}");
    let wall = cookie(&ready, "pendopo-dinding").unwrap();
    let shown = world.send(get(&wall, "/dinding/layar")).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(
        shown.body.contains("Ukuran zqa1") && !shown.body.contains("zqa2"),
        "public and internal, no more"
    );
    assert_eq!(world.send(get(&wall, "/papan/pimpinan")).await.status, StatusCode::NOT_FOUND);
    assert!(world.send(get(&wall, "/dinding/langsung")).await.body.contains("event: pulse"));

    // Released: sent to where one is paired, never to sign in.
    let sql = "select token_id from wall";
    let id: i64 = world.app.db().read(|reader| reader.query_one(sql, &[], |row| row.get(0))).unwrap();
    world.send(form(&boss, "/perangkat/cabut", &format!("_token={token}&token={id}"))).await;
    let released = world.send(get(&wall, "/dinding/layar")).await;
    assert_eq!((released.status, released.location.as_str()), (StatusCode::SEE_OTHER, "/dinding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed_and_screens_cannot_fill_the_table() {
    let world = World::open().await;
    add_playlist(&world);
    let administrator = world.person(Role::Administrator, Sensitivity::Internal, 0);
    let secret = world.session(&administrator);
    let (boss, token) = (format!("pendopo={}", secret.reveal()), secret.form_token());
    let mut refused = 0;
    for nth in 0..40 {
        let fields = format!("_token={token}&kode=AAAA{nth}&nama=x&daftar=ruang");
        let reply = world.send(form(&boss, "/dinding/pasang", &fields)).await;
        refused += usize::from(reply.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 20, "twenty guesses in a quarter of an hour");
    let mut codes = 0;
    for _ in 0..40 {
        let reply = world.send(get("", "/dinding")).await;
        assert_eq!(reply.status, StatusCode::OK);
        codes += usize::from(reply.body.contains("data-part=\"code\""));
    }
    assert_eq!(codes, 20, "of one address");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_steered_is_kept_on_record_and_shown() {
    let world = World::open().await;
    add_playlist(&world);
    let leader = world.person(Role::Leader, Sensitivity::Internal, 0);
    let secret = world.session(&leader);
    let (boss, token) = (format!("pendopo={}", secret.reveal()), secret.form_token());
    let key = Secret::new("").unwrap();
    world
        .app
        .db()
        .write(|tx| {
            let sql = "insert into token (kind, secret_hash, name, sensitivity, may_write, created_at, created_by) \
                       values ('display', $1, 'Ruang', 1, 0, 0, 'uji') returning token_id";
            let id: i64 = tx.query_one(sql, &[key.hash().into()], |row| row.get(0))?;
            tx.execute("insert into wall (token_id, playlist, part, parts) values ($1, 'ruang', 1, 1)", &[id.into()])
        })
        .unwrap();
    let wall = format!("pendopo-dinding={}", key.reveal());
    let steer = |fields: &str| form(&boss, "/dinding/kendali/1", &format!("_token={token}&{fields}"));
    let body = || async { world.send(get(&wall, "/dinding/layar")).await.body };
    let place = |page: &str| page.split("data-key=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();

    let first = place(&body().await);
    assert_eq!(world.send(steer("perintah=berikut")).await.status, StatusCode::SEE_OTHER);
    assert_ne!(place(&body().await), first);
    world.send(steer("perintah=pesan&pesan=Banjir+%3Cb%3E&menit=15&indikator=zqa0")).await;
    let said = body().await;
    assert!(said.contains("Banjir &#60;b&#62;") && said.contains("screen-band-figure"), "{said}");
    world.send(steer("perintah=wilayah&wilayah=33.16.01")).await;
    assert!(body().await.contains("screen-region"));
    for (fields, what) in [
        ("perintah=wilayah&wilayah=33.17", "another government"),
        ("perintah=wilayah&wilayah=x", "no region"),
        ("perintah=mode&mode=tidak&menit=5", "no such mode"),
        ("perintah=mode&mode=harian&menit=0", "no time"),
        ("perintah=pesan&pesan=&menit=5", "no words"),
        ("perintah=apa", "no such command"),
    ] {
        let reply = world.send(steer(fields)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert!(reply.body.contains("role=\"alert\""), "{what}");
    }
    assert_eq!(world.send(get(&boss, "/dinding/kendali/77")).await.status, StatusCode::NOT_FOUND);
    world.app.audit().close();
    let sql = "select count(*) from audit_entry where action = 'wall-steered'";
    let noted: i64 = world.app.db().read(|reader| reader.query_one(sql, &[], |row| row.get(0))).unwrap();
    assert_eq!(noted, 3);
}
