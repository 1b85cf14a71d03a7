//! What the security documents say, held against the files it is about.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(xtask::workspace_root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files(folder: &str, kind: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, kind: &str, found: &mut Vec<(String, String)>) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                walk(&path, kind, found);
            } else if path.extension().is_some_and(|found| found == kind) {
                let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
                found.push((path.display().to_string(), text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&xtask::workspace_root().join(folder), kind, &mut found);
    assert!(!found.is_empty(), "{folder} holds no {kind}");
    found
}

/// The value of `key` in the defaults, as written.
fn default_of(key: &str) -> String {
    let defaults = read("crates/server/config.default.toml");
    let line = defaults.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
    line.unwrap_or_else(|| panic!("no setting {key}")).trim_matches('"').to_owned()
}

#[test]
fn password_fields_are_masked_and_open_to_managers() {
    let mut fields = 0;
    for (path, page) in files("crates/server/src", "html") {
        assert!(
            !page.contains("onpaste") && !page.contains("autocomplete=\"off\" type=\"password\""),
            "{path}"
        );
        for input in page.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            if !["sandi", "ulang", "kini"].iter().any(|name| input.contains(&format!("name=\"{name}\""))) {
                continue;
            }
            assert!(input.contains("type=\"password\""), "{path}: {input}");
            assert!(input.contains("-password\""), "{path}: no autocomplete: {input}");
            fields += 1;
        }
    }
    // Forms that ask for the present password share `confirm.html`.
    assert!(fields >= 8, "{fields}");
    for (path, script) in files("crates/server/assets", "js") {
        assert!(!script.contains("\"paste\""), "{path}");
    }
}

#[test]
fn the_documents_have_the_numbers_of_the_program() {
    let accounts = read("docs/security/accounts.md");
    let says = |text: String| assert!(accounts.contains(&text), "accounts.md does not say: {text}");
    says(format!("{} minutes (`accounts.session_idle_mins`)", default_of("session_idle_mins")));
    says(format!("{} days (`accounts.session_days`)", default_of("session_days")));
    says(format!("{} hours (`accounts.invitation_hours`)", default_of("invitation_hours")));
    says(format!("{} sign-in requests of one address", default_of("sign_ins_per_minute")));
    let throttle = read("crates/server/src/accounts/throttle.rs");
    assert!(throttle.contains("MOST_GUESSES: u32 = 20;") && throttle.contains("WINDOW_SECS: i64 = 15 * 60;"));
    says("20 wrong guesses in 15 minutes".to_owned());
    let password = read("crates/server/src/accounts/password.rs");
    assert!(password.contains("LEAST_CHARS: usize = 10;") && password.contains("MOST_CHARS: usize = 200;"));
    says("(10–200 characters)".to_owned());
    let hardening = read("docs/security/hardening.md");
    let thousands = |text: String| match text.len() {
        0..=3 => text,
        length => format!("{},{}", &text[..length - 3], &text[length - 3..]),
    };
    let number = |key: &str| thousands(default_of(key));
    for text in [
        format!("| {} and {} | closed", number("connections"), number("connections_per_address")),
        format!("| {} | 503 with", number("requests_at_once")),
        format!(
            "| {}; {}; {}, half",
            number("requests_per_minute"),
            number("costly_requests_per_minute"),
            number("sign_ins_per_minute")
        ),
        format!("{} KiB of rows", number("max_push_kib")),
    ] {
        assert!(hardening.contains(&text), "hardening.md does not say: {text}");
    }
    let boundaries = read("docs/security/boundaries.md");
    for (key, said) in [
        ("costly_requests_per_minute", "a minute and address"),
        ("max_answer_mib", "MiB (`runs.max_answer_mib`"),
        ("at_once", "at once, 120 s"),
    ] {
        let text = format!("{} {said}", default_of(key));
        assert!(boundaries.contains(&text), "boundaries.md does not say: {text}");
    }
}

#[test]
fn the_documents_name_every_script() {
    let (hardening, asvs) = (read("docs/security/hardening.md"), read("docs/security/asvs.md"));
    let mut scripts = 0;
    for (path, _) in files("crates/server/assets", "js") {
        if path.contains("/vendor/") {
            continue;
        }
        let name = path.rsplit('/').next().unwrap();
        assert!(hardening.contains(&format!("`{name}`")), "hardening.md does not name {name}");
        for row in ["V3.2.2", "V3.7.1", "V15.3.6"] {
            let text = asvs.lines().find(|line| line.starts_with(&format!("| {row} "))).unwrap();
            assert!(text.contains(&format!("assets/{name}`")), "{row} does not name {name}");
        }
        scripts += 1;
    }
    assert!(scripts >= 5, "{scripts}");
}

#[test]
fn the_documents_name_every_role_and_every_cryptographic_library() {
    let accounts = read("docs/security/accounts.md");
    let table = read("crates/server/access.toml");
    let everyone = table.lines().find_map(|line| line.strip_prefix("everyone = [")).unwrap();
    let roles: Vec<&str> = everyone.split('"').skip(1).step_by(2).collect();
    assert_eq!(roles.len(), 10, "{roles:?}");
    for role in roles {
        assert!(accounts.contains(&format!("`{role}`")), "accounts.md does not name {role}");
    }
    let (manifest, inventory) = (read("Cargo.toml"), read("docs/security/boundaries.md"));
    let known = [
        "ring",
        "argon2",
        "rustls",
        "sha2",
        "totp-rs",
        "webauthn_rp",
        "zxcvbn",
        "openidconnect",
        "jsonwebtoken",
    ];
    for library in known.iter().filter(|name| manifest.contains(&format!("\n{name} = "))) {
        assert!(inventory.contains(library), "boundaries.md does not name {library}");
    }
}

#[test]
fn every_library_comes_from_the_one_registry_with_its_checksum() {
    let lock = read("Cargo.lock");
    let mut foreign = 0;
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        match package.lines().find_map(|line| line.strip_prefix("source = ")) {
            None => assert!(name.contains("pendopo") || name.contains("xtask"), "{name} has no source"),
            Some(source) => {
                assert_eq!(source, "\"registry+https://github.com/rust-lang/crates.io-index\"", "{name}");
                assert!(package.contains("\nchecksum = \""), "{name}");
                foreign += 1;
            }
        }
    }
    println!("{foreign} libraries, each with its checksum");
    assert!(foreign > 300, "{foreign}");
}

#[test]
fn no_account_is_made_by_a_migration_and_no_route_takes_other_methods() {
    for (path, sql) in files("crates/server/migrations", "sql") {
        assert!(!sql.to_lowercase().contains("insert into account"), "{path}");
    }
    let known =
        ["path", "get", "post", "put", "patch", "delete", "object", "query", "session_only", "names_all"];
    let table = read("crates/server/access.toml");
    let mut rows = 0;
    for row in table.split("[[route]]").skip(1) {
        for line in row.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, _)) = line.split_once(" = ") else { continue };
            assert!(known.contains(&key), "{key} in {row}");
        }
        rows += 1;
    }
    assert!(rows > 50, "{rows}");
}
