//! A small center with everything in it that a scope can hide: two agencies, three sensitivities, two
//! districts; and somebody of every kind who asks.

use crate::{
    accounts::{
        Door,
        secret::Secret,
        store::{
            account::{self, AccountRow},
            session::{self, NewSession, Stage},
            token::{self, NewToken, Reach, TokenKind},
        },
    },
    app::App,
    config::Config,
    packs::{check::check_pack, folder::PackTexts, store as packs},
    routes::router,
    sources::jobs::{RunOptions, run_source},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use futures_util::StreamExt as _;
use pendopo_figures::Db;
use pendopo_vocab::{Author, FixedClock, Role, Sensitivity};
use std::sync::Arc;
use tower::ServiceExt;

/// Agencies and sensitivities. A thing of agency `a` and sensitivity 2 carries the mark `zqa2` in its name,
/// its code and its rows, so that a page that tells of it can be recognised.
pub const AGENCIES: [char; 2] = ['a', 'b'];
pub const SENSITIVITIES: [Sensitivity; 3] =
    [Sensitivity::Public, Sensitivity::Internal, Sensitivity::Restricted];
pub const CENTER: &str = "33.16";
pub const DISTRICTS: [&str; 2] = ["33.16.01", "33.16.02"];
const VILLAGES: [&str; 4] = ["33.16.01.2001", "33.16.01.2002", "33.16.02.2001", "33.16.02.2002"];
pub const PERIOD: &str = "2026-09";

/// The mark of an agency and a sensitivity.
pub fn mark(agency: char, sensitivity: Sensitivity) -> String {
    format!("zq{agency}{}", sensitivity.rank())
}

/// The figure of a village, unlike any other.
pub fn figure(agency: char, sensitivity: Sensitivity, village: usize) -> u64 {
    let agency = u64::from(agency == 'b');
    100_003 + agency * 400_000 + sensitivity.rank().unsigned_abs() * 100_000 + village as u64 * 12_347
}

/// One who asks.
pub struct Asker {
    /// For messages.
    pub name: String,
    pub role: Role,
    /// The one agency of which more than what is public is seen.
    pub agency: Option<char>,
    /// The one district that is seen.
    pub district: Option<&'static str>,
    pub sensitivity: Sensitivity,
    /// Shows a token instead of a cookie.
    pub by_token: bool,
    pub may_write: bool,
    account_id: Option<i64>,
    credential: Credential,
}

enum Credential {
    Nothing,
    Session,
    Bearer(String),
    Wall(String),
}

/// The center and its router.
pub struct World {
    pub app: App,
    pub router: Router,
    pub victim: i64,
    _folder: tempfile::TempDir,
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub location: String,
    pub cookies: Vec<String>,
    /// `Content-Type`.
    pub kind: String,
    pub body: String,
    /// The same where it is no text.
    pub bytes: Vec<u8>,
}

const NOW: &str = "2026-10-05T01:00:00Z";

fn texts() -> PackTexts {
    let mut texts = PackTexts::new();
    let mut add = |path: &str, text: String| {
        texts.insert(path.to_owned(), text);
    };
    add(
        "pack.toml",
        "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\
         home_board = \"pimpinan\"\n\n[[sector]]\ncode = \"uji\"\nname = \"Uji\"\n"
            .to_owned(),
    );
    let agency = |agency| {
        format!("[[agency]]\ncode = \"din{agency}\"\nname = \"Dinas {agency}\"\nshort = \"Din{agency}\"\n")
    };
    add("agencies.toml", AGENCIES.map(agency).join("\n"));
    let mut indicators = String::new();
    let mut shown = Vec::new();
    for one in AGENCIES {
        for sensitivity in SENSITIVITIES {
            let mark = mark(one, sensitivity);
            let word = ["public", "internal", "restricted"][usize::try_from(sensitivity.rank()).unwrap()];
            indicators.push_str(&format!(
                "[[indicator]]\ncode = \"{mark}\"\nname = \"Ukuran {mark}\"\nsector = \"uji\"\nagency = \"din{one}\"\n\
                 unit = \"km\"\ndecimals = 0\ndirection = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\n\
                 region_aggregation = \"sum\"\ntime_aggregation = \"sum\"\nsensitivity = \"{word}\"\n\n"
            ));
            add(
                &format!("sources/s{mark}.toml"),
                format!(
                    "code = \"s{mark}\"\nname = \"Sumber {mark}\"\nagency = \"din{one}\"\nsensitivity = \"{word}\"\n\
                     fresh_every = \"1 day\"\nmax_refused_percent = 50\n\n[connection]\nkind = \"csv\"\nlocation = {{ path = \"{mark}.csv\" }}\n\n\
                     [mapping]\nregion = {{ column = \"kode\" }}\nperiod = {{ column = \"bulan\" }}\n\n\
                     [[mapping.value]]\nindicator = \"{mark}\"\ncolumn = \"nilai\"\n"
                ),
            );
            shown.push(format!("\"{mark}\""));
        }
    }
    add("indicators/uji.toml", indicators);
    for board in ["pimpinan", "lain"] {
        let widgets = if board == "lain" { widgets() } else { String::new() };
        add(
            &format!("boards/{board}.toml"),
            format!(
                "code = \"{board}\"\ntitle = \"Papan {board}\"\n\n[[section]]\nsector = \"uji\"\nindicators = [{}]\n{widgets}",
                shown.join(", ")
            ),
        );
    }
    texts
}

/// A widget of every kind that shows figures, of everything that a scope can hide, under a heading that tells
/// of it.
fn widgets() -> String {
    let mut widgets = "\n[[section.widget]]\nkind = \"statuses\"\n\n[[section.widget]]\nkind = \"heat\"\nby = \"agency\"\n\n\
                       [[section.widget]]\nkind = \"feed\"\nlimit = 50\n"
        .to_owned();
    for one in AGENCIES {
        for sensitivity in SENSITIVITIES {
            let mark = mark(one, sensitivity);
            for kind in ["tile", "line", "bars", "ranking", "heat", "map", "pyramid"] {
                widgets.push_str(&format!(
                    "\n[[section.widget]]\nkind = \"{kind}\"\ntitle = \"Judul {mark}\"\nindicator = \"{mark}\"\n"
                ));
            }
            for kind in ["bullet", "funnel"] {
                widgets.push_str(&format!(
                    "\n[[section.widget]]\nkind = \"{kind}\"\ntitle = \"Judul {mark}\"\nindicators = [\"{mark}\", \"{mark}\"]\n"
                ));
            }
            widgets.push_str(&format!(
                "\n[[section.widget]]\nkind = \"feed\"\ntitle = \"Judul {mark}\"\nsource = \"s{mark}\"\n\n\
                 [[section.widget]]\nkind = \"weather\"\ntitle = \"Judul {mark}\"\nrain = \"{mark}\"\n\n\
                 [[section.widget]]\nkind = \"earthquake\"\ntitle = \"Judul {mark}\"\nmagnitude = \"{mark}\"\n"
            ));
        }
    }
    widgets
}

impl World {
    /// Opens the center, reads its six sources and puts the router together.
    pub async fn open() -> World {
        World::limited(|_| ()).await
    }

    /// The same with limits of its own on what is answered.
    pub async fn limited(change: impl FnOnce(&mut crate::config::Limits)) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_testing(&folder.path().join("data")).unwrap();
        config.web.limits.lift_for_testing();
        change(&mut config.web.limits);
        std::fs::create_dir_all(&config.files_folder).unwrap();
        let db = Db::open(&config.database).unwrap();
        crate::migrations::migrate(&db).unwrap();
        packs::load_regions(&db).unwrap();
        let texts = texts();
        let pack = check_pack(&texts).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let vault = crate::vault::Vault::for_testing().unwrap();
        let clock = Arc::new(FixedClock(NOW.parse().unwrap()));
        let app = App::new(config, db, clock, packs::identity_of(&pack), vault);
        let by = packs::Application { author: Author::named("uji"), reason: String::new(), at_ms: 0 };
        packs::apply(app.db(), app.audit(), &pack, &texts, &by).unwrap();
        for agency in AGENCIES {
            for sensitivity in SENSITIVITIES {
                let mark = mark(agency, sensitivity);
                let mut rows = "kode,bulan,nilai\n".to_owned();
                for (index, village) in VILLAGES.iter().enumerate() {
                    rows.push_str(&format!("{village},{PERIOD},{}\n", figure(agency, sensitivity, index)));
                }
                rows.push_str(&format!("99.99.99.9999,{PERIOD},mentah-{mark}\n"));
                std::fs::write(app.config().files_folder.join(format!("{mark}.csv")), rows).unwrap();
                let report = run_source(&app, &format!("s{mark}"), &RunOptions::default()).await.unwrap();
                assert!(report.run_id.is_some(), "{}", report.text(pendopo_vocab::Lang::En));
            }
        }
        let door = Arc::new(Door::default());
        let router = router(app.clone(), door).unwrap();
        let victim = add_account(&app, "korban", Role::Analyst, None, None, Sensitivity::Internal);
        World { app, router, victim, _folder: folder }
    }

    /// The run of an agency's source of a sensitivity.
    pub fn run_of(&self, agency: char, sensitivity: Sensitivity) -> i64 {
        let agency = AGENCIES.iter().position(|other| *other == agency).unwrap();
        i64::try_from(agency * SENSITIVITIES.len()).unwrap() + sensitivity.rank() + 1
    }

    /// Somebody of every kind.
    pub fn askers(&self) -> Vec<Asker> {
        let mut askers = vec![self.visitor(), self.wall(), self.service()];
        for role in Role::OF_ACCOUNTS {
            for sensitivity in SENSITIVITIES {
                askers.push(self.person(role, sensitivity, 0));
            }
            for may_write in [false, true] {
                askers.push(self.with_token(role, may_write));
            }
        }
        // Tokens narrower than their owners: in sensitivity, to an agency, to a district, to all of it.
        for (level, agency, district) in [
            (Sensitivity::Public, None, None),
            (Sensitivity::Restricted, Some(1), None),
            (Sensitivity::Restricted, None, Some(0)),
            (Sensitivity::Internal, Some(0), Some(1)),
        ] {
            askers.push(self.with_narrow_token(Role::Administrator, level, agency, district));
        }
        askers.push(self.with_narrow_token(Role::Leader, Sensitivity::Restricted, Some(0), Some(0)));
        // To another agency or district than the owner's: what anybody sees remains.
        askers.push(self.with_narrow_token(Role::Operator, Sensitivity::Internal, Some(1), None));
        askers.push(self.person(Role::Operator, Sensitivity::Internal, 1));
        askers.push(self.person(Role::Officer, Sensitivity::Internal, 1));
        askers
    }

    pub fn visitor(&self) -> Asker {
        Asker {
            name: "visitor".to_owned(),
            role: Role::Public,
            agency: None,
            district: None,
            sensitivity: Sensitivity::Public,
            by_token: false,
            may_write: true,
            account_id: None,
            credential: Credential::Nothing,
        }
    }

    /// A signed-in person; `which` chooses the agency or the district.
    pub fn person(&self, role: Role, sensitivity: Sensitivity, which: usize) -> Asker {
        let agency = role.needs_agency().then(|| AGENCIES[which]);
        let district = role.needs_region().then(|| DISTRICTS[which]);
        let login = format!("{role}{}{which}{}", sensitivity.rank(), rand::random::<u32>());
        let account_id = add_account(&self.app, &login, role, agency, district, sensitivity);
        Asker {
            name: format!("{role} {sensitivity:?} {which}"),
            role,
            agency,
            district,
            sensitivity,
            account_id: Some(account_id),
            credential: Credential::Session,
            ..self.visitor()
        }
    }

    fn with_token(&self, role: Role, may_write: bool) -> Asker {
        let mut asker = self.person(role, role.usual(), 0);
        let new = NewToken {
            kind: TokenKind::Api,
            name: "uji".to_owned(),
            account_id: asker.account_id,
            board: None,
            source: None,
            reach: Reach::up_to(role.usual()),
            may_write,
            expires_at: None,
        };
        asker.credential = Credential::Bearer(self.add_token(&new));
        asker.name = format!("token of {role}{}", if may_write { ", writing" } else { "" });
        asker.by_token = true;
        asker.may_write = may_write;
        asker
    }

    /// A token of somebody who sees everything their role may, limited on its own.
    fn with_narrow_token(
        &self,
        role: Role,
        level: Sensitivity,
        agency: Option<usize>,
        district: Option<usize>,
    ) -> Asker {
        let mut asker = self.person(role, role.most(), 0);
        let new = NewToken {
            kind: TokenKind::Api,
            name: "sempit".to_owned(),
            account_id: asker.account_id,
            board: None,
            source: None,
            reach: Reach {
                sensitivity: level,
                agency_id: agency.map(|which| which as i64 + 1),
                region: district.map(|which| DISTRICTS[which].parse().unwrap()),
            },
            may_write: true,
            expires_at: None,
        };
        asker.credential = Credential::Bearer(self.add_token(&new));
        asker.name = format!("token of {role} up to {level:?}, agency {agency:?}, district {district:?}");
        let other = asker.agency.is_some_and(|own| agency.is_some_and(|which| AGENCIES[which] != own));
        asker.sensitivity = if other { Sensitivity::Public } else { level };
        asker.agency = agency.map(|which| AGENCIES[which]).or(asker.agency);
        asker.district = district.map(|which| DISTRICTS[which]).or(asker.district);
        asker.by_token = true;
        asker
    }

    fn wall(&self) -> Asker {
        let new = NewToken {
            kind: TokenKind::Display,
            name: "ruang".to_owned(),
            account_id: None,
            board: Some("pimpinan".to_owned()),
            source: None,
            reach: Reach::up_to(Sensitivity::Internal),
            may_write: false,
            expires_at: None,
        };
        Asker {
            name: "wall".to_owned(),
            role: Role::Wall,
            sensitivity: Sensitivity::Internal,
            by_token: true,
            may_write: false,
            credential: Credential::Wall(self.add_token(&new)),
            ..self.visitor()
        }
    }

    fn service(&self) -> Asker {
        let new = NewToken {
            kind: TokenKind::Push,
            name: "kirim".to_owned(),
            account_id: None,
            board: None,
            source: Some("szqa0".to_owned()),
            reach: Reach::up_to(Sensitivity::Public),
            may_write: true,
            expires_at: None,
        };
        Asker {
            name: "service".to_owned(),
            role: Role::Service,
            by_token: true,
            credential: Credential::Bearer(self.add_token(&new)),
            ..self.visitor()
        }
    }

    fn add_token(&self, new: &NewToken) -> String {
        let secret = Secret::new("").unwrap();
        self.app.db().write(|tx| token::add_token(tx, &secret.hash(), new, "uji", 0)).unwrap();
        secret.reveal().to_owned()
    }

    /// Begins a session for a person; gives its cookie.
    pub fn session(&self, asker: &Asker) -> Secret {
        self.session_since(asker.account_id.unwrap(), 0)
    }

    /// A session of an account that began so many minutes ago.
    pub fn session_since(&self, account_id: i64, minutes: i64) -> Secret {
        let secret = Secret::new("").unwrap();
        let since = self.app.clock().now().as_millisecond() - minutes * 60_000;
        let new = NewSession {
            secret_hash: &secret.hash(),
            account_id,
            stage: Stage::Full,
            method: "uji",
            expires_at: since + 10_000_000,
            address: None,
            agent: None,
        };
        self.app.db().write(|tx| session::begin_session(tx, &new, since)).unwrap();
        secret
    }

    /// Asks as somebody, with what their browser or program would send along.
    pub async fn ask(&self, asker: &Asker, session: Option<&Secret>, method: &Method, path: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "pusat.test");
        let mut form = String::new();
        match (&asker.credential, session) {
            (Credential::Nothing, _) => {
                let secret = Secret::presented("peramban");
                request = request.header(header::COOKIE, "pendopo-formulir=peramban");
                form = format!("_token={}", secret.form_token());
            }
            (Credential::Session, Some(secret)) => {
                request = request.header(header::COOKIE, format!("pendopo={}", secret.reveal()));
                form = format!("_token={}", secret.form_token());
            }
            (Credential::Session, None) => panic!("{} has no session", asker.name),
            (Credential::Bearer(token), _) => {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            (Credential::Wall(token), _) => {
                request = request.header(header::COOKIE, format!("pendopo-dinding={token}"));
            }
        }
        if path.starts_with("/api/") && *method == Method::POST {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-form-token", form.trim_start_matches("_token="));
            form = "{\"reason\":\"uji\"}".to_owned();
        } else if *method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let endless = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = match endless {
            // The first event of a stream that has no end.
            true => body.into_data_stream().next().await.unwrap().unwrap(),
            false => to_bytes(body, usize::MAX).await.unwrap(),
        };
        Reply {
            status: parts.status,
            location: parts.headers.get(header::LOCATION).map_or_else(String::new, text),
            cookies: parts.headers.get_all(header::SET_COOKIE).iter().map(text).collect(),
            kind: parts.headers.get(header::CONTENT_TYPE).map_or_else(String::new, text),
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.into(),
        }
    }
}

fn add_account(
    app: &App,
    login: &str,
    role: Role,
    agency: Option<char>,
    district: Option<&str>,
    sensitivity: Sensitivity,
) -> i64 {
    let row = AccountRow {
        login: login.to_owned(),
        name: format!("Orang {login}"),
        role,
        agency_id: agency
            .map(|agency| AGENCIES.iter().position(|other| *other == agency).unwrap() as i64 + 1),
        region: district.map(|code| code.parse().unwrap()),
        sensitivity,
    };
    app.db().write(|tx| account::add_account(tx, &row, "uji", 0)).unwrap()
}
