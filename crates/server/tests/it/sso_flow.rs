//! Signing in at a real provider of identities, and everything that must not let anyone in.

use crate::{
    provider::Provider,
    support::{Center, Server, number},
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
};

/// The address of the center as the provider knows it; nobody listens there.
const CENTER: &str = "http://localhost:9";
const BACK: &str = "http://localhost:9/masuk/sso/kembali";

/// A browser: cookies by host.
#[derive(Default, Clone)]
struct Browser(BTreeMap<String, BTreeMap<String, String>>);

struct Reply {
    status: u16,
    location: String,
    body: String,
}

impl Browser {
    fn ask(&mut self, address: &str, path: &str, form: Option<&str>) -> Reply {
        let jar = self.0.entry(address.to_owned()).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (method, form) = form.map_or(("GET", ""), |form| ("POST", form));
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut reply = Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            location: String::new(),
            body: body.to_owned(),
        };
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => reply.location = value.to_owned(),
                "set-cookie" => {
                    let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                    if value.is_empty() {
                        jar.remove(name);
                    } else {
                        jar.insert(name.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        reply
    }

    /// Signs in at the provider; gives the path with which it sends back to the center.
    fn pass(&mut self, provider: &Provider, url: &str, subject: &str) -> String {
        let mut at = url.to_owned();
        for _ in 0..12 {
            if at.starts_with(BACK) {
                return at.trim_start_matches(CENTER).to_owned();
            }
            let path = at.trim_start_matches(&provider.issuer).to_owned();
            let mut reply = self.ask(provider.address(), &path, None);
            if reply.status == 200 {
                let prompt = if reply.body.contains("value=\"login\"") { "login" } else { "consent" };
                let form = format!("prompt={prompt}&login={subject}&password=x");
                reply = self.ask(provider.address(), &path, Some(&form));
            }
            assert!((300..400).contains(&reply.status), "{} {path}: {}", reply.status, reply.body);
            at = reply.location;
        }
        panic!("the provider does not send back: {at}");
    }

    /// The provider's address to which the center sends.
    fn leave(&mut self, server: &Server) -> String {
        let reply = self.ask(server.address(), "/masuk/sso?lanjut=/profil", None);
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.location
    }

    /// Tries to come in as `subject`, with what `twist` makes of the way there and back.
    fn come_in(
        &mut self,
        (provider, server): (&Provider, &Server),
        subject: &str,
        there: impl Fn(String) -> String,
        back: impl Fn(String) -> String,
    ) -> Reply {
        let url = there(self.leave(server));
        let path = back(self.pass(provider, &url, subject));
        self.ask(server.address(), &path, None)
    }
}

/// The same address without one parameter.
fn without(address: &str, name: &str) -> String {
    let start = address.find(&format!("{name}=")).unwrap();
    let end = address[start..].find('&').map_or(address.len(), |at| start + at + 1);
    format!("{}{}", &address[..start], &address[end..]).trim_end_matches('&').to_owned()
}

/// The settings of a center with a provider.
fn settings(provider: &Provider) -> [(&'static str, &str); 7] {
    [
        ("PENDOPO__SSO__ISSUER", &provider.issuer),
        ("PENDOPO__SSO__CLIENT_ID", "pendopo"),
        ("PENDOPO__SSO__NAME", "Akun Daerah"),
        ("PENDOPO__LIMITS__SIGN_INS_PER_MINUTE", "10000"),
        ("PENDOPO__SERVER__PUBLIC_URL", CENTER),
        ("PENDOPO__SSO__ALLOW_NETWORKS", "127.0.0.1/32"),
        ("PENDOPO_SECRET_SSO", "rahasia-pendopo"),
    ]
}

/// The browser of whoever made the first account.
fn owner(server: &Server) -> Browser {
    let cookies = server.cookies();
    let pairs = cookies.split("; ").map(|pair| pair.split_once('=').unwrap());
    let jar = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Browser(BTreeMap::from([(server.address().to_owned(), jar)]))
}

fn set(center: &Center, sql: &str) {
    center.db().write(|tx| tx.execute(sql, &[])).map(drop).unwrap();
}

fn count(center: &Center, sql: &str) -> i64 {
    center.db().read(|reader| Ok::<_, pendopo_figures::DbError>(number(reader, sql))).unwrap()
}

/// The same address with one parameter changed.
fn with(address: &str, name: &str, value: &str) -> String {
    let (before, after) = address.split_once(&format!("{name}=")).unwrap();
    let rest = after.find('&').map_or("", |at| &after[at..]);
    format!("{before}{name}={value}{rest}")
}

fn link(browser: &mut Browser, provider: &Provider, server: &Server, subject: &str) -> Reply {
    let page = browser.ask(server.address(), "/profil", None);
    let token = page.body.split("name=\"_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let wrong = format!("_token={token}&kini=salah-sekali");
    let refused = browser.ask(server.address(), "/profil/sso", Some(&wrong));
    assert_eq!(refused.status, 422, "linking asks for the present password");
    let form = format!("_token={token}&kini=jati+randu+kapas");
    let page = browser.ask(server.address(), "/profil/sso", Some(&form));
    let start =
        page.body.find(&format!("{}/auth", provider.issuer)).unwrap_or_else(|| panic!("{}", page.body));
    let url = page.body[start..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let back = browser.pass(provider, &url, subject);
    browser.ask(server.address(), &back, None)
}

#[test]
fn only_a_linked_subject_of_the_issuer_comes_in() {
    let (center, mut provider) = (Center::new(), Provider::start(BACK));
    let server = center.serve_with(&settings(&provider));
    let server = server.signed_in(&center);
    let same = |text: String| text;
    let ends = (&provider, &server);
    let mut tried = 0;
    let mut refused = |what: &str, reply: Reply, status: u16| {
        tried += 1;
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
    };

    // Nobody is linked yet: not even whose login or e-mail is an account's.
    refused("a login", Browser::default().come_in(ends, "pengelola", same, same), 403);
    let mut owner = owner(&server);
    let linked = link(&mut owner, &provider, &server, "subjek-1");
    assert_eq!((linked.status, linked.location.as_str()), (303, "/profil"), "{}", linked.body);

    let mut visitor = Browser::default();
    let reply = visitor.come_in(ends, "subjek-1", same, same);
    assert_eq!((reply.status, reply.location.as_str()), (303, "/profil"), "{}", reply.body);
    assert_eq!(visitor.ask(server.address(), "/profil", None).status, 200);

    let fresh = Browser::default;
    refused("another subject", fresh().come_in(ends, "subjek-2", same, same), 403);
    refused("a login", fresh().come_in(ends, "pengelola", same, same), 403);
    let nonce = |url: String| with(&url, "nonce", "lain");
    refused("another nonce", fresh().come_in(ends, "subjek-1", nonce, same), 422);
    let state = |path: String| with(&path, "state", "lain");
    refused("another state", fresh().come_in(ends, "subjek-1", same, state), 422);
    let client = |url: String| with(&url, "client_id", "lain");
    refused("a code of another client", fresh().come_in(ends, "subjek-1", client, same), 422);
    let issuer = |path: String| with(&path, "iss", "https%3A%2F%2Flain.example");
    refused("an answer of another provider", fresh().come_in(ends, "subjek-1", same, issuer), 422);
    let silent = |path: String| without(&path, "iss");
    refused("an answer that names no provider", fresh().come_in(ends, "subjek-1", same, silent), 422);
    let no_state = |path: String| without(&path, "state");
    refused("an answer without a state", fresh().come_in(ends, "subjek-1", same, no_state), 422);
    let challenge = |url: String| with(&url, "code_challenge", &"A".repeat(43));
    refused("a code of another browser's challenge", fresh().come_in(ends, "subjek-1", challenge, same), 422);
    let bare = |url: String| without(&without(&url, "code_challenge_method"), "code_challenge");
    refused(
        "a code that was asked for without a challenge",
        fresh().come_in(ends, "subjek-1", bare, same),
        422,
    );

    // The same code twice, in a browser that kept its cookie.
    let mut thief = fresh();
    let url = thief.leave(&server);
    let path = thief.pass(&provider, &url, "subjek-1");
    let mut copy = thief.clone();
    assert_eq!(thief.ask(server.address(), &path, None).status, 303);
    refused("a code used before", copy.ask(server.address(), &path, None), 422);
    // A whole answer carried into a browser that did not ask for it.
    let url = fresh().leave(&server);
    let path = fresh().pass(&provider, &url, "subjek-1");
    refused("an answer without its browser", fresh().ask(server.address(), &path, None), 422);

    set(&center, "update account_identity set issuer = 'https://lain.example'");
    let foreign = fresh().come_in(ends, "subjek-1", same, same);
    assert!(foreign.body.contains("Diskominfo"), "it says whom to ask: {}", foreign.body);
    refused("the subject of another issuer", foreign, 403);
    set(&center, &format!("update account_identity set issuer = '{}'", provider.issuer));
    set(&center, "update account set disabled_at = 1");
    refused("a disabled account", fresh().come_in(ends, "subjek-1", same, same), 403);
    set(&center, "update account set disabled_at = null");
    assert_eq!(fresh().come_in(ends, "subjek-1", same, same).status, 303);
    assert_eq!(count(&center, "select count(*) from account"), 1, "nobody was let in by a new account");

    // The provider signs with a new key; the center has the old one in mind.
    provider.rotate();
    let ends = (&provider, &server);
    assert_eq!(fresh().come_in(ends, "subjek-1", same, same).status, 303, "after a new key");
    assert_eq!(fresh().come_in(ends, "subjek-1", same, same).status, 303, "and again");

    // Taken off: nobody comes in that way any more.
    let page = visitor.ask(server.address(), "/profil", None);
    let token = page.body.split("name=\"_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let wrong =
        visitor.ask(server.address(), "/profil/sso/lepas", Some(&format!("_token={token}&kini=salah")));
    assert_eq!(wrong.status, 422, "unlinking asks for the password");
    let form = format!("_token={token}&kini=jati+randu+kapas");
    assert_eq!(visitor.ask(server.address(), "/profil/sso/lepas", Some(&form)).status, 303);
    refused("an identity that was taken off", fresh().come_in(ends, "subjek-1", same, same), 403);
    let noted =
        |action: &str| count(&center, &format!("select count(*) from audit_entry where action = '{action}'"));
    assert_eq!((noted("identity-linked"), noted("identity-unlinked")), (1, 1));
    // No identity token is kept: every one begins like this.
    let kept = std::fs::read_dir(center.data()).unwrap().map(|file| file.unwrap().path());
    for file in kept.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(10).any(|part| part == b"eyJhbGciOi"), "{file:?} holds a token");
    }
    eprintln!("counted: single sign-on: {tried} ways in refused");
}

#[test]
fn another_issuers_metadata_are_refused() {
    let (center, provider) = (Center::new(), Provider::start(BACK));
    let said = format!("{}/", provider.issuer);
    let mut settings = settings(&provider);
    settings[0].1 = &said;
    let server = center.serve_with(&settings);
    let mut visitor = Browser::default();
    let reply = visitor.ask(server.address(), "/masuk/sso", None);
    assert_eq!(reply.status, 502, "one letter more is another issuer: {}", reply.body);
    assert!(visitor.0[server.address()].is_empty(), "nothing is under way");
    drop(server);
    let settings = [("PENDOPO__SSO__ISSUER", provider.issuer.as_str())];
    let unfinished = center.command(&["account", "list"]).envs(settings).output().unwrap();
    assert!(!unfinished.status.success(), "an issuer without the rest is no setting");
}

/// The token of a page's forms.
fn token_of(page: &Reply) -> String {
    let field = page.body.split("name=\"_token\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    field.split('"').next().unwrap().to_owned()
}

impl Browser {
    /// Sends a form of the page at `from`.
    fn send(&mut self, server: &Server, from: &str, to: &str, fields: &str) -> Reply {
        let token = token_of(&self.ask(server.address(), from, None));
        self.ask(server.address(), to, Some(&format!("_token={token}&{fields}")))
    }

    /// Adds an account; gives the path of its link.
    fn invite(&mut self, server: &Server, login: &str, role: &str) -> String {
        let fields = format!("nama={login}&login={login}&peran={role}");
        link_of(&self.send(server, "/pengguna/baru", "/pengguna", &fields))
    }

    /// Takes an invitation up at the provider.
    fn accept(&mut self, (provider, server): (&Provider, &Server), link: &str, subject: &str) -> Reply {
        let away = self.ask(server.address(), &format!("{link}/sso"), None);
        assert_eq!(away.status, 303, "{}", away.body);
        let back = self.pass(provider, &away.location, subject);
        self.ask(server.address(), &back, None)
    }

    fn may_open(&mut self, server: &Server, path: &str) -> bool {
        self.ask(server.address(), path, None).status == 200
    }
}

fn link_of(page: &Reply) -> String {
    let start = page.body.find("/undangan/").unwrap_or_else(|| panic!("{}", page.body));
    page.body[start..].split(['"', '<', ' ']).next().unwrap().to_owned()
}

fn sign_in(server: &Server, login: &str, password: &str) -> Reply {
    Browser::default().send(server, "/masuk", "/masuk", &format!("nama={login}&sandi={password}"))
}

#[test]
fn an_invitation_is_taken_up_at_the_provider() {
    let (center, provider) = (Center::new(), Provider::start(BACK));
    let server = center.serve_with(&settings(&provider)).signed_in(&center);
    let (mut admin, ends, fresh) = (owner(&server), (&provider, &server), Browser::default);
    let link = admin.invite(&server, "siti", "analyst");
    let mut siti = fresh();
    let page = siti.ask(server.address(), &link, None);
    assert!(page.body.contains(&format!("{link}/sso")) && page.body.contains("Akun Daerah"), "{}", page.body);
    let came = siti.accept(ends, &link, "subjek-siti");
    assert_eq!((came.status, came.location.as_str()), (303, "/"), "{}", came.body);
    assert!(siti.may_open(&server, "/profil"));
    assert!(!fresh().may_open(&server, &link), "a link works once");
    assert_eq!(fresh().ask(server.address(), &format!("{link}/sso"), None).status, 404);
    assert_eq!(fresh().come_in(ends, "subjek-siti", |url| url, |path| path).status, 303);
    // The identity is the only way in, so it stays.
    let kept = siti.send(&server, "/profil", "/profil/sso/lepas", "kini=");
    assert_eq!(kept.status, 422, "{}", kept.body);
    assert_eq!(count(&center, "select count(*) from account where password_hash is not null"), 1);

    // Somebody else's identity is not taken a second time, and the link is still good for its owner.
    let link = admin.invite(&server, "budi", "analyst");
    let taken = fresh().accept(ends, &link, "subjek-siti");
    assert_eq!(taken.status, 409, "{}", taken.body);
    assert_eq!(fresh().accept(ends, &link, "subjek-budi").status, 303);
    // The link ran out while its owner was at the provider.
    let link = admin.invite(&server, "wati", "analyst");
    let mut wati = fresh();
    let away = wati.ask(server.address(), &format!("{link}/sso"), None);
    let back = wati.pass(&provider, &away.location, "subjek-wati");
    set(&center, "update invitation set expires_at = 1 where used_at is null");
    assert_eq!(wati.ask(server.address(), &back, None).status, 409);
    assert!(!wati.may_open(&server, "/profil"));
    // The first account is made with a password: it works when the provider does not.
    let empty = Center::new();
    let new = empty.serve_with(&settings(&provider));
    let first = empty.ok(&["account", "first"]);
    let path = first[first.find("/undangan/").unwrap()..].trim();
    assert_eq!(fresh().ask(new.address(), &format!("{path}/sso"), None).status, 404);
    assert_eq!(count(&center, "select count(*) from account_identity"), 2);
}

#[test]
fn an_account_is_limited_to_the_provider_and_given_back() {
    let (center, provider) = (Center::new(), Provider::start(BACK));
    let settings = settings(&provider);
    let server = center.serve_with(&settings).signed_in(&center);
    let (mut admin, ends, fresh) = (owner(&server), (&provider, &server), Browser::default);
    let command = |arguments: &[&str]| center.command(arguments).envs(settings).output().unwrap();
    let id = |login: &str| count(&center, &format!("select account_id from account where login = '{login}'"));
    let limit = |browser: &mut Browser, login: &str| {
        let (page, path) = (format!("/pengguna/{}", id(login)), format!("/pengguna/{}/sso", id(login)));
        browser.send(&server, &page, &path, "").status
    };
    assert_eq!(limit(&mut admin, "pengelola"), 422, "the only administrator with a password");
    assert!(!command(&["account", "sso-only", "pengelola"]).status.success());

    // Somebody with a password, an identity, and a link under way.
    let link = admin.invite(&server, "siti", "analyst");
    let chosen = "sandi=jati+randu+waru&ulang=jati+randu+waru";
    let mut siti = fresh();
    assert_eq!(siti.send(&server, &link, &link, chosen).status, 303);
    let page = format!("/pengguna/{}", id("siti"));
    let again = link_of(&admin.send(&server, &page, &format!("{page}/undang"), ""));
    assert_eq!(fresh().accept(ends, &again, "subjek-siti").status, 303);
    assert_eq!(sign_in(&server, "siti", "jati+randu+waru").status, 303);
    let open = link_of(&admin.send(&server, &page, &format!("{page}/undang"), ""));
    let mut with_password = fresh();
    with_password.send(&server, "/masuk", "/masuk", "nama=siti&sandi=jati+randu+waru");
    assert!(with_password.may_open(&server, "/profil"));

    assert_eq!(limit(&mut admin, "siti"), 303);
    assert!(!with_password.may_open(&server, "/profil"), "sessions end");
    assert_eq!(sign_in(&server, "siti", "jati+randu+waru").status, 422);
    assert_eq!(fresh().ask(server.address(), &open, None).status, 404, "links under way lapse");
    assert_eq!(admin.send(&server, &page, &format!("{page}/undang"), "").status, 422, "no new ones are made");
    assert!(!command(&["account", "link", "siti"]).status.success());
    let mut inside = fresh();
    assert_eq!(inside.come_in(ends, "subjek-siti", |url| url, |path| path).status, 303);
    let profile = inside.ask(server.address(), "/profil", None);
    assert!(!profile.body.contains("action=\"/profil/sandi\""), "no password can be chosen");
    let forced =
        inside.send(&server, "/profil", "/profil/sandi", "sandi=jati+randu+sono&ulang=jati+randu+sono");
    assert_eq!(forced.status, 422);
    let kept = inside.send(&server, "/profil", "/profil/sso/lepas", "kini=jati+randu+waru");
    assert_eq!(kept.status, 422);

    // And given back.
    assert_eq!(admin.send(&server, &page, &format!("{page}/semua-cara"), "").status, 303);
    assert_eq!(sign_in(&server, "siti", "jati+randu+waru").status, 303);

    // By the command line; an account that was never linked takes its link up at the provider alone.
    let invited = admin.invite(&server, "budi", "analyst");
    assert!(command(&["account", "sso-only", "budi"]).status.success());
    assert_eq!(fresh().ask(server.address(), &invited, None).status, 404);
    let page = format!("/pengguna/{}", id("budi"));
    let invited = link_of(&admin.send(&server, &page, &format!("{page}/undang"), ""));
    let mut budi = fresh();
    let mut other = fresh();
    let token = token_of(&other.ask(server.address(), "/masuk", None));
    assert!(!budi.ask(server.address(), &invited, None).body.contains("name=\"sandi\""));
    let forced = other.ask(server.address(), &invited, Some(&format!("_token={token}&{chosen}")));
    assert_eq!(forced.status, 403, "{}", forced.body);
    assert_eq!(budi.accept(ends, &invited, "subjek-budi").status, 303);

    // The last administrator with a password stays one.
    let link = admin.invite(&server, "wati", "administrator");
    let mut wati = fresh();
    assert_eq!(wati.send(&server, &link, &link, chosen).status, 303);
    assert_eq!(limit(&mut admin, "pengelola"), 303, "wati can do without the provider");
    assert_eq!(limit(&mut wati, "wati"), 422);
    assert!(!command(&["account", "disable", "wati"]).status.success());
    set(
        &center,
        &format!(
            "insert into account_identity (account_id, issuer, subject, created_at) values ({}, '{}', 'subjek-p', 1)",
            id("pengelola"),
            provider.issuer
        ),
    );
    let mut admin = fresh();
    assert_eq!(admin.come_in(ends, "subjek-p", |url| url, |path| path).status, 303);
    let page = format!("/pengguna/{}", id("wati"));
    assert_eq!(admin.send(&server, &page, &format!("{page}/nonaktif"), "").status, 409);
    let lowered = admin.send(&server, &page, &page, "nama=wati&peran=analyst");
    assert_eq!(lowered.status, 422, "{}", lowered.body);
    assert_eq!(
        count(
            &center,
            "select count(*) from account where login = 'wati' and role = 'administrator' \
             and disabled_at is null",
        ),
        1
    );
    // Without a provider nobody is limited to it, and the limit can still be taken off.
    assert!(!center.run(&["account", "sso-only", "siti"]).status.success());
    assert!(center.run(&["account", "sso-only", "pengelola", "--undo"]).status.success());
    assert_eq!(sign_in(&server, "pengelola", "jati+randu+kapas").status, 303);
    let noted = count(
        &center,
        "select count(*) from audit_entry where action = 'account-changed' and detail like '%sso_only%'",
    );
    assert_eq!(noted, 5, "siti twice, budi, pengelola twice");
}
