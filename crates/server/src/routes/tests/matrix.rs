//! Every route by every asker for everything it can name: the answer is what `access.toml` and the asker's
//! scope say, and no answer tells of what the scope hides.

use super::world::{AGENCIES, Asker, CENTER, DISTRICTS, PERIOD, Reply, SENSITIVITIES, World, figure, mark};
use crate::web::{Access, Object, Rule};
use axum::http::{Method, StatusCode};
use pendopo_vocab::{Role, Sensitivity};
use std::collections::BTreeMap;

/// What a path can name.
#[derive(Debug, Clone, Copy)]
enum Thing {
    Nothing,
    Board(&'static str),
    Region(&'static str),
    Measure(char, Sensitivity, Option<&'static str>),
    Source(char, Sensitivity),
    Run(char, Sensitivity),
    Account,
}

/// The answer that the file and the scope ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    SignIn,
    Forbidden,
    NotFound,
    Allowed,
}

fn things(object: Object) -> Vec<Thing> {
    let pairs =
        || AGENCIES.into_iter().flat_map(|agency| SENSITIVITIES.map(|sensitivity| (agency, sensitivity)));
    match object {
        Object::None => vec![Thing::Nothing],
        Object::Board => vec![Thing::Board("pimpinan"), Thing::Board("lain")],
        Object::Region => [CENTER, DISTRICTS[0], DISTRICTS[1], "33.16.01.2001", "33.16.02.2001", "33.17"]
            .map(Thing::Region)
            .to_vec(),
        Object::Indicator => pairs().map(|(agency, level)| Thing::Measure(agency, level, None)).collect(),
        Object::Figure => pairs()
            .flat_map(|(agency, level)| {
                [CENTER, DISTRICTS[0], "33.16.02.2001"]
                    .map(|region| Thing::Measure(agency, level, Some(region)))
            })
            .collect(),
        Object::Source => pairs().map(|(agency, level)| Thing::Source(agency, level)).collect(),
        Object::Run => pairs().map(|(agency, level)| Thing::Run(agency, level)).collect(),
        Object::Account => vec![Thing::Account],
    }
}

/// Written down here a second time, on purpose: what somebody may see of an agency's things.
fn sees(asker: &Asker, agency: char, sensitivity: Sensitivity) -> bool {
    if sensitivity == Sensitivity::Public {
        return true;
    }
    let own = match asker.role {
        Role::Public | Role::Service => false,
        _ => asker.agency.is_none_or(|own| own == agency),
    };
    own && sensitivity <= asker.sensitivity
}

fn reaches(asker: &Asker, region: &str) -> bool {
    let within = asker.district.unwrap_or(CENTER);
    region.starts_with(within)
}

fn raw_rows(route: &str) -> bool {
    route.starts_with("/penarikan/{id}/ditolak") || route == "/api/v1/runs/{id}/refused-rows"
}

fn expected(asker: &Asker, method: &Method, route: &str, rule: &Rule, thing: Thing) -> Expected {
    let writes = *method == Method::POST;
    let known = asker.role != Role::Public;
    if (writes && !asker.may_write) || (known && !rule.roles.contains(&asker.role)) {
        return Expected::Forbidden;
    }
    if !rule.roles.contains(&asker.role) {
        return Expected::SignIn;
    }
    if rule.session_only && asker.by_token {
        return Expected::Forbidden;
    }
    // Rows as they came are not sorted by place: whoever sees a part of the place sees none.
    if raw_rows(route) && asker.district.is_some() {
        return Expected::Forbidden;
    }
    let visible = match thing {
        Thing::Nothing | Thing::Account => true,
        Thing::Board(code) => asker.role != Role::Wall || code == "pimpinan",
        Thing::Region(code) => reaches(asker, code),
        Thing::Measure(agency, level, region) => {
            // A list of what lies in a larger place is shortened to the asker's part of it.
            let part = |region: &str| {
                route == "/api/v1/observations" && asker.district.is_some_and(|d| d.starts_with(region))
            };
            sees(asker, agency, level) && region.is_none_or(|region| reaches(asker, region) || part(region))
        }
        // A program sends rows of one source alone.
        Thing::Source(agency, level) if route.ends_with("/rows") => {
            (agency, level) == ('a', Sensitivity::Public)
        }
        Thing::Source(agency, level) | Thing::Run(agency, level) => sees(asker, agency, level),
    };
    if visible { Expected::Allowed } else { Expected::NotFound }
}

fn path(world: &World, route: &str, rule: &Rule, thing: Thing) -> String {
    let whole = match rule.query.as_str() {
        "" => route.to_owned(),
        query => format!("{route}?{query}"),
    };
    let put = |name: &str, value: &str, path: String| path.replace(&format!("{{{name}}}"), value);
    let mut path = match thing {
        Thing::Nothing => whole,
        Thing::Board(code) | Thing::Region(code) => put("code", code, whole),
        Thing::Measure(agency, level, region) => {
            let mark = mark(agency, level);
            let path = put("indicator", &mark, put("code", &mark, whole));
            put("region", region.unwrap_or(CENTER), put("period", PERIOD, path))
        }
        Thing::Source(agency, level) => put("code", &format!("s{}", mark(agency, level)), whole),
        Thing::Run(agency, level) => put("id", &world.run_of(agency, level).to_string(), whole),
        Thing::Account => put("id", &world.victim.to_string(), whole),
    };
    for (name, value) in [
        ("hash", "x"),
        ("*name", "app.css"),
        ("secret", "tidak-ada"),
        ("code", CENTER),
        ("id", "1"),
        ("wall", "1"),
        ("z", "10"),
        ("x", "827"),
        ("y", "531"),
        ("widget", "1-0"),
        ("name", "laporan-pagi"),
    ] {
        path = put(name, value, path);
    }
    assert!(!path.contains('{'), "{route}: nothing fills {path}");
    path
}

/// What the answer came to. A list that is empty because of the scope counts as not found.
fn found(asker: &Asker, route: &str, thing: Thing, reply: &Reply) -> Expected {
    let to_sign_in = reply.status == StatusCode::SEE_OTHER
        && (reply.location.starts_with("/masuk?lanjut") || reply.location == "/masuk")
        && !matches!(route, "/masuk" | "/masuk/kode")
        && (route != "/keluar" || asker.role == Role::Public);
    match reply.status {
        _ if to_sign_in => Expected::SignIn,
        StatusCode::UNAUTHORIZED => Expected::SignIn,
        StatusCode::FORBIDDEN => Expected::Forbidden,
        StatusCode::NOT_FOUND if !matches!(thing, Thing::Nothing) => Expected::NotFound,
        // Rolled up figures have no revisions of their own: an empty list of them hides nothing.
        StatusCode::OK
            if reply.body.starts_with("{\"items\":[]")
                && matches!(thing, Thing::Measure(..))
                && route != "/api/v1/revisions" =>
        {
            Expected::NotFound
        }
        _ => Expected::Allowed,
    }
}

/// Whether a number stands in a text by itself. Six digits inside a hash of the audit log tell nothing.
fn stands_alone(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        [before, after].into_iter().flatten().all(|letter| !letter.is_alphanumeric())
    })
}

/// What stands in an answer although the scope hides it.
fn leaks(asker: &Asker, rule: &Rule, path: &str, reply: &Reply) -> Vec<String> {
    let mut leaks = Vec::new();
    for agency in AGENCIES {
        for level in SENSITIVITIES {
            let mark = mark(agency, level);
            // An error repeats what was asked for, which tells nothing.
            let repeated = rule.names_all || (reply.status.is_client_error() && path.contains(&mark));
            if !sees(asker, agency, level) && reply.body.contains(&mark) && !repeated {
                leaks.push(mark.clone());
            }
            let row_reader =
                matches!(asker.role, Role::Administrator | Role::Analyst | Role::Operator | Role::Auditor);
            if reply.body.contains(&format!("mentah-{mark}"))
                && !(row_reader && asker.district.is_none() && sees(asker, agency, level))
            {
                leaks.push(format!("the raw row of {mark}"));
            }
            for village in 0..4 {
                let value = figure(agency, level, village);
                let district = DISTRICTS[village / 2];
                let hidden = !sees(asker, agency, level) || !(reaches(asker, district));
                let thousands = (value / 1000, value % 1000);
                let written = [value.to_string(), format!("{}.{:03}", thousands.0, thousands.1)];
                if hidden && written.iter().any(|text| stands_alone(&reply.body, text)) {
                    leaks.push(format!("the figure {value} of {mark} in {district}"));
                }
            }
        }
    }
    leaks
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_asker_as_the_table_says() {
    let world = World::open().await;
    let askers = world.askers();
    let (mut cells, mut read) = (0, 0);
    let mut kinds: BTreeMap<Expected, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for asker in &askers {
        let mut session = (!asker.by_token && asker.role != Role::Public).then(|| world.session(asker));
        for (method, route, rule) in Access::built_in().unwrap().rules() {
            let method: Method = method.parse().unwrap();
            for thing in things(rule.object) {
                let path = path(&world, route, rule, thing);
                let reply = world.ask(asker, session.as_ref(), &method, &path).await;
                let (wanted, got) =
                    (expected(asker, &method, route, rule, thing), found(asker, route, thing, &reply));
                cells += 1;
                *kinds.entry(wanted).or_default() += 1;
                if wanted != got {
                    wrong.push(format!(
                        "{}: {method} {path}: {} is {got:?}, not {wanted:?}",
                        asker.name, reply.status
                    ));
                }
                read += reply.body.len();
                for leak in leaks(asker, rule, &path, &reply) {
                    wrong.push(format!("{}: {method} {path} tells of {leak}", asker.name));
                }
                // A change may have ended the session.
                if method == Method::POST && session.is_some() {
                    session = Some(world.session(asker));
                }
            }
        }
    }
    println!(
        "counted: roles and routes: {cells} cells of {} askers, {read} bytes read for leaks: {kinds:?}",
        askers.len()
    );
    assert!(
        wrong.is_empty(),
        "{} of {cells} cells are wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert!(cells >= 5000, "only {cells} cells");
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}

#[test]
fn a_number_inside_a_hash_is_not_a_figure() {
    for text in ["612350", "<td>612350</td>", "\"value\":612350,", "Rp 612350.", "612350;"] {
        assert!(stands_alone(text, "612350"), "{text}");
    }
    for text in ["9c612350", "612350ab", "1612350", "612351", "a612350 "] {
        assert!(!stands_alone(text, "612350"), "{text}");
    }
}
