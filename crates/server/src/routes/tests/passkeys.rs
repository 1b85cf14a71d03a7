//! Passkeys through the whole router: who may ask for one, and what is refused before any device is looked at.

use super::world::{Reply, World};
use crate::accounts::{password, secret::Secret, store::account};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

const PASSWORD: &str = "jati randu kapas";
const HERE: &str = "localhost:8600";

async fn post(world: &World, host: &str, cookie: &str, token: &str, path: &str, body: &str) -> Reply {
    let request = Request::post(path)
        .header(header::HOST, host)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-form-token", token)
        .body(Body::from(body.to_owned()));
    world.send(request.unwrap()).await
}

/// A session of the account that began so long ago: its cookie and the token of its forms.
fn session_since(world: &World, minutes: i64) -> (String, String) {
    let secret = world.session_since(world.victim, minutes);
    (format!("pendopo={}", secret.reveal()), secret.form_token())
}

fn count(world: &World, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    world.app.db().read(|reader| reader.query_one::<i64>(&sql, &[], |row| row.get(0))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_by_whoever_just_signed_in_or_gives_the_password() {
    let world = World::open().await;
    let (hash, victim) = (password::hash_now(PASSWORD).unwrap(), world.victim);
    world.app.db().write(|tx| account::set_password(tx, victim, &hash, 0)).unwrap();
    let ask = "/profil/passkey/mulai";

    let (cookie, token) = session_since(&world, 4);
    let asked = post(&world, HERE, &cookie, &token, ask, "{}").await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let options: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let chosen = &options["authenticatorSelection"];
    assert_eq!((&options["rp"]["id"], &options["attestation"]), (&"localhost".into(), &"none".into()));
    assert_eq!(
        (&chosen["userVerification"], &chosen["residentKey"]),
        (&"required".into(), &"required".into())
    );
    let kinds: Vec<i64> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|kind| kind["alg"].as_i64())
        .collect();
    assert_eq!(kinds, [-8, -7, -257], "EdDSA, ES256, RS256");
    let challenge = asked.cookies.iter().find(|set| set.starts_with("pendopo-tantangan=")).unwrap();
    let challenge = challenge.split(';').next().unwrap();

    let refused = |reply: Reply, words: &str| {
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
        assert!(reply.body.contains(words), "{}", reply.body);
    };
    let (old, old_token) = session_since(&world, 6);
    refused(post(&world, HERE, &old, &old_token, ask, "{}").await, "Kata sandi sekarang tidak cocok");
    let wrong = post(&world, HERE, &old, &old_token, ask, "{\"kini\":\"tebakan\"}").await;
    refused(wrong, "Kata sandi sekarang tidak cocok");
    let right = format!("{{\"kini\":\"{PASSWORD}\"}}");
    assert_eq!(post(&world, HERE, &old, &old_token, ask, &right).await.status, StatusCode::OK);
    refused(post(&world, "pusat.test", &cookie, &token, ask, "{}").await, "lewat alamat ini");
    assert_eq!(post(&world, HERE, &cookie, "salah", ask, "{}").await.status, StatusCode::FORBIDDEN);

    let add = "/profil/passkey";
    let body = "{\"nama\":\"Ponsel\",\"kunci\":{\"type\":\"public-key\",\"attestationObject\":\"AA\",\
                \"clientDataJSON\":\"e30\",\"clientExtensionResults\":{},\"transports\":[]}}";
    refused(post(&world, HERE, &cookie, &token, add, body).await, "lewat waktunya");
    let with_challenge = format!("{cookie}; {challenge}");
    refused(post(&world, HERE, &with_challenge, &token, add, body).await, "ditolak");
    let unnamed = body.replace("Ponsel", " ");
    refused(post(&world, HERE, &with_challenge, &token, add, &unnamed).await, "Beri nama");
    let of_other = format!("{old}; {challenge}");
    refused(post(&world, HERE, &of_other, &old_token, add, body).await, "lewat waktunya");
    assert_eq!(count(&world, "passkey"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_leave_nothing_and_learn_nothing() {
    let world = World::open().await;
    let visitor = Secret::presented("peramban");
    let (cookie, token) = ("pendopo-formulir=peramban", visitor.form_token());
    let before = (count(&world, "session"), count(&world, "audit_entry"));
    for _ in 0..50 {
        let asked = post(&world, HERE, cookie, &token, "/masuk/passkey/mulai", "{}").await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert!(asked.body.contains("\"userVerification\":\"required\""), "{}", asked.body);
        assert!(!asked.body.contains("korban"), "a question names nobody: {}", asked.body);
        let made_up = "{\"type\":\"public-key\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"authenticatorData\":\"AA\",\
                       \"clientDataJSON\":\"e30\",\"clientExtensionResults\":{},\"signature\":\"AA\",\
                       \"userHandle\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}";
        let reply = post(&world, HERE, cookie, &token, "/masuk/passkey", made_up).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.body.contains("tidak dikenal"), "{}", reply.body);
    }
    assert_eq!((count(&world, "session"), count(&world, "audit_entry")), before);
    let strange = post(&world, "pusat.test", cookie, &token, "/masuk/passkey/mulai", "{}").await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY);
}
