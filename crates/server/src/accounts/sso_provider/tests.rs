//! Tokens that hold, and every kind that must not.

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

const NOW: i64 = 1_795_500_000;
const SECRET: &str = "rahasia-pendopo-yang-panjang-sekali";

fn registration() -> Registration {
    Registration {
        issuer: "https://sso.contoh.go.id".to_owned(),
        client_id: "pendopo".to_owned(),
        secret: SECRET.to_owned(),
        back: "https://pusat.contoh.go.id/masuk/sso/kembali".to_owned(),
        strong: vec!["https://contoh.go.id/kuat".to_owned()],
    }
}

/// A provider's key, and others.
struct Keys {
    right: EcdsaKeyPair,
    other: EcdsaKeyPair,
    edwards: Ed25519KeyPair,
    random: SystemRandom,
}

impl Keys {
    fn new() -> Keys {
        let random = SystemRandom::new();
        let make = || {
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap()
        };
        let (right, other) = (make(), make());
        let edwards = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let edwards = Ed25519KeyPair::from_pkcs8(edwards.as_ref()).unwrap();
        Keys { right, other, edwards, random }
    }

    fn metadata(&self, beyond: Value) -> Metadata {
        let mut said = json!({
            "issuer": "https://sso.contoh.go.id",
            "authorization_endpoint": "https://sso.contoh.go.id/auth",
            "token_endpoint": "https://sso.contoh.go.id/token",
            "jwks_uri": "https://sso.contoh.go.id/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "EdDSA", "HS256", "none"],
        });
        said.as_object_mut().unwrap().extend(beyond.as_object().unwrap().clone());
        let point = self.right.public_key().as_ref();
        let keys = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "satu", "use": "sig",
             "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])},
            {"kty": "OKP", "crv": "Ed25519", "kid": "dua", "use": "sig",
             "x": URL_SAFE_NO_PAD.encode(self.edwards.public_key().as_ref())},
        ]});
        let metadata: Metadata = serde_json::from_value(said).unwrap();
        metadata.set_jwks(serde_json::from_value(keys).unwrap())
    }

    /// Signs claims as a header says.
    fn token(&self, header: &Value, claims: &Value, with: Signer) -> String {
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let bytes = text.as_bytes();
        let shared =
            |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), bytes).as_ref().to_vec();
        let signature = match with {
            Signer::Right => self.right.sign(&self.random, bytes).unwrap().as_ref().to_vec(),
            Signer::Other => self.other.sign(&self.random, bytes).unwrap().as_ref().to_vec(),
            Signer::Edwards => self.edwards.sign(bytes).as_ref().to_vec(),
            Signer::ClientSecret => shared(SECRET.as_bytes()),
            Signer::PublicKey => shared(self.right.public_key().as_ref()),
            Signer::Nobody => Vec::new(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Who signs.
#[derive(Clone, Copy)]
enum Signer {
    Right,
    Other,
    Edwards,
    ClientSecret,
    PublicKey,
    Nobody,
}

fn claims(change: Value) -> Value {
    let mut claims = json!({
        "iss": "https://sso.contoh.go.id", "sub": "subjek-1", "aud": "pendopo", "azp": "pendopo",
        "exp": NOW + 300, "iat": NOW - 1, "nonce": "sekali",
    });
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn look(keys: &Keys, token: &str) -> anyhow::Result<Identified> {
    let token: CoreIdToken = token.parse()?;
    let now = Timestamp::from_second(NOW).unwrap();
    check(&token, keys.metadata(json!({})), &registration(), &Nonce::new("sekali".to_owned()), now)
}

#[test]
fn a_token_of_the_provider_holds() {
    let keys = Keys::new();
    let es256 = json!({"alg": "ES256", "kid": "satu"});
    let check = |header: &Value, change: Value, with: Signer, multi_factor: bool| {
        let found = look(&keys, &keys.token(header, &claims(change.clone()), with));
        let found = found.unwrap_or_else(|error| panic!("{header} {change}: {error:#}"));
        assert_eq!(found, Identified { subject: "subjek-1".to_owned(), multi_factor }, "{change}");
    };
    check(&es256, json!({}), Signer::Right, false);
    check(&json!({"alg": "EdDSA", "kid": "dua"}), json!({}), Signer::Edwards, false);
    check(&es256, json!({"azp": null}), Signer::Right, false);
    check(&es256, json!({"aud": ["pendopo"]}), Signer::Right, false);
    // A second factor counts when the provider says so in words that were agreed on.
    check(&es256, json!({"amr": ["pwd", "mfa"]}), Signer::Right, true);
    check(&es256, json!({"amr": ["pwd"]}), Signer::Right, false);
    check(&es256, json!({"amr": ["pwd", "otp"]}), Signer::Right, false);
    check(&es256, json!({"acr": "https://contoh.go.id/kuat"}), Signer::Right, true);
    check(&es256, json!({"acr": "0"}), Signer::Right, false);
    check(&es256, json!({"acr": "https://contoh.go.id/kuat/"}), Signer::Right, false);
}

#[test]
fn no_other_token_holds() {
    let keys = Keys::new();
    let header = |alg: &str| json!({"alg": alg, "kid": "satu"});
    let mut refused = 0;
    let mut check = |what: &str, token: String| {
        assert!(look(&keys, &token).is_err(), "{what}");
        refused += 1;
    };
    let changed = [
        ("another issuer", json!({"iss": "https://lain.example"})),
        ("the issuer with a slash more", json!({"iss": "https://sso.contoh.go.id/"})),
        ("no issuer", json!({"iss": null})),
        ("another audience", json!({"aud": "lain"})),
        ("no audience", json!({"aud": null})),
        ("nobody as audience", json!({"aud": []})),
        ("an audience more", json!({"aud": ["pendopo", "lain"]})),
        ("another party", json!({"azp": "lain"})),
        ("another nonce", json!({"nonce": "lain"})),
        ("no nonce", json!({"nonce": null})),
        ("it has ended", json!({"exp": NOW - 1})),
        ("it ends now", json!({"exp": NOW})),
        ("no end", json!({"exp": null})),
        ("no subject", json!({"sub": null})),
        ("an empty subject", json!({"sub": ""})),
    ];
    for (what, change) in changed {
        check(what, keys.token(&header("ES256"), &claims(change), Signer::Right));
    }
    let good = claims(json!({}));
    let signed = [
        ("another key under the known name", header("ES256"), Signer::Other),
        ("a name of no key", json!({"alg": "ES256", "kid": "tiga"}), Signer::Right),
        ("unsigned", header("none"), Signer::Nobody),
        ("unsigned by another spelling", header("None"), Signer::Nobody),
        ("an empty signature", header("ES256"), Signer::Nobody),
        ("the client's secret", header("HS256"), Signer::ClientSecret),
        ("the public key as a secret", header("HS256"), Signer::PublicKey),
        ("another algorithm than the key's", header("RS256"), Signer::Right),
        (
            "a header that must be understood",
            json!({"alg": "ES256", "kid": "satu", "crit": ["x"]}),
            Signer::Right,
        ),
        ("another kind of token", json!({"alg": "ES256", "kid": "satu", "typ": "at+jwt"}), Signer::Right),
    ];
    for (what, header, with) in signed {
        check(what, keys.token(&header, &good, with));
    }
    // What was signed is what is read.
    let token = keys.token(&header("ES256"), &good, Signer::Right);
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(claims(json!({"sub": "subjek-2"})).to_string());
    check("other claims under a right signature", format!("{head}.{other}.{signature}"));
    check("no signature at all", format!("{head}.{other}."));
    check("two parts", format!("{head}.{other}"));
    println!("counted: single sign-on: {refused} forged or stale tokens refused");
    assert_eq!(refused, 28);
}

#[test]
fn a_token_ends_by_the_centers_clock() {
    let keys = Keys::new();
    let token = keys.token(&json!({"alg": "ES256", "kid": "satu"}), &claims(json!({})), Signer::Right);
    let token: CoreIdToken = token.parse().unwrap();
    let holds = |second: i64| {
        let now = Timestamp::from_second(second).unwrap();
        check(&token, keys.metadata(json!({})), &registration(), &Nonce::new("sekali".to_owned()), now)
            .is_ok()
    };
    assert!(holds(NOW + 299));
    assert!(!holds(NOW + 300));
}

#[test]
fn an_answer_names_its_provider_where_the_provider_says_so() {
    let keys = Keys::new();
    let check = |beyond: Value, named: Option<&str>, good: bool| {
        let metadata = keys.metadata(beyond.clone());
        assert_eq!(check_sender(&metadata, named).is_ok(), good, "{beyond} {named:?}");
    };
    let says = json!({"authorization_response_iss_parameter_supported": true});
    check(says.clone(), Some("https://sso.contoh.go.id"), true);
    check(says.clone(), None, false);
    check(says, Some("https://lain.example"), false);
    check(json!({}), None, true);
    check(json!({}), Some("https://sso.contoh.go.id"), true);
    check(json!({}), Some("https://lain.example"), false);
    check(json!({"authorization_response_iss_parameter_supported": false}), None, true);
}

#[test]
fn people_leave_with_a_challenge_a_state_and_a_nonce_of_their_own() {
    let keys = Keys::new();
    let (mut states, mut nonces) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let (url, expected) = send_away(keys.metadata(json!({})), &registration()).unwrap();
        let url = url::Url::parse(&url).unwrap();
        let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let digest = ring::digest::digest(&ring::digest::SHA256, expected.verifier.as_bytes());
        assert_eq!(query["code_challenge"], URL_SAFE_NO_PAD.encode(digest));
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["state"], expected.state);
        assert_eq!(query["nonce"], expected.nonce);
        assert_eq!(query["redirect_uri"], "https://pusat.contoh.go.id/masuk/sso/kembali");
        assert_eq!(query["acr_values"], "https://contoh.go.id/kuat");
        assert!(!url.as_str().contains(&expected.verifier) && !url.as_str().contains(SECRET));
        states.push(expected.state);
        nonces.push(expected.nonce);
    }
    for values in [&mut states, &mut nonces] {
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 100);
        assert!(values.iter().all(|value| value.len() >= 22), "128 bits");
    }
}
