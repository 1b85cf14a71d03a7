//! What a browser keeps of pages is its reader's alone, in a real browser against the real program.

use crate::support::{Center, PASSWORD, Server, free_address, text};
use std::{fs, path::Path, process::Command};

const INDICATOR: &str = "sector = \"uji\"\nagency = \"uji\"\nunit = \"ton\"\ndecimals = 0\ndirection = \"higher\"\n\
    cadence = \"month\"\nlevel = \"village\"\nregion_aggregation = \"sum\"\ntime_aggregation = \"sum\"\ncounts = \"nothing\"\n";

/// An internal and a restricted indicator, both far from their target, so that the leader's page shows them.
fn pack() -> Vec<(&'static str, String)> {
    vec![
        (
            "pack.toml",
            "format = 1\ncode = \"uji\"\nname = \"Kabupaten Uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\n\
             sample_data = true\n\n[[sector]]\ncode = \"uji\"\nname = \"Uji\"\n"
                .to_owned(),
        ),
        ("agencies.toml", "[[agency]]\ncode = \"uji\"\nname = \"Dinas Uji\"\nshort = \"Uji\"\n".to_owned()),
        (
            "sources/angka.toml",
            "code = \"angka\"\nname = \"Berkas angka\"\nagency = \"uji\"\nfresh_every = \"1 day\"\n\n\
             [connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\n\
             period = { column = \"bulan\" }\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"nilai\"\n\n\
             [[mapping.value]]\nindicator = \"rahasia\"\ncolumn = \"rahasia\"\n"
                .to_owned(),
        ),
        (
            "indicators/uji.toml",
            format!(
                "[[indicator]]\ncode = \"angka\"\nname = \"Angka\"\nsensitivity = \"internal\"\n{INDICATOR}\n\
                 [[indicator]]\ncode = \"rahasia\"\nname = \"Rahasia\"\nsensitivity = \"restricted\"\n{INDICATOR}"
            ),
        ),
        (
            "targets.toml",
            ["angka", "rahasia"]
                .map(|code| {
                    format!("[[target]]\nindicator = \"{code}\"\nperiod = \"2026-02\"\nvalue = 900000\nbasis = \"Uji\"\n")
                })
                .join("\n"),
        ),
        (
            "boards/pimpinan.toml",
            "code = \"pimpinan\"\ntitle = \"Papan pimpinan\"\n\n[[section]]\nsector = \"uji\"\n\
             indicators = [\"angka\", \"rahasia\"]\n"
                .to_owned(),
        ),
    ]
}

/// Makes an account with the usual password of these tests.
fn add_account(server: &Server, login: &str, role: &str, more: &str) {
    let page = server.ask("GET", "/pengguna/baru", "").unwrap();
    let form = format!("_token={}&nama={login}&login={login}&peran={role}{more}", page.form_token());
    let made = server.ask("POST", "/pengguna", &form).unwrap().body;
    let start = made.find("/undangan/").unwrap_or_else(|| panic!("no invitation: {made}"));
    let path = made[start..].split(['<', '"']).next().unwrap();
    let page = server.ask_as("", "GET", path, "").unwrap();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("_token={}&sandi={password}&ulang={password}", page.form_token());
    let done = server.ask_as(&page.cookie_line(), "POST", path, &form).unwrap();
    assert_eq!(done.status, 303, "{}", done.body);
}

#[test]
fn nobody_is_shown_what_a_browser_kept_for_somebody_else() {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    let center = Center::new();
    let files = pack();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    center.ok(&["apply", &center.write_pack(&files).display().to_string(), "--yes", "--reason", "uji"]);
    let rows = "kode,bulan,nilai,rahasia\n33.16.01.2001,2026-01,4000,7000\n33.16.01.2001,2026-02,4711,7077\n";
    fs::write(center.files().join("angka.csv"), rows).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
    add_account(&server, "bupati", "leader", "&kerahasiaan=restricted");
    add_account(&server, "camat", "officer", "&wilayah=33.16.02&kerahasiaan=internal");
    server.stop();
    let output = Command::new("node")
        .current_dir(&e2e)
        .args(["kept.mjs", env!("CARGO_BIN_EXE_pendopo")])
        .arg(center.data())
        .args([free_address().as_str(), PASSWORD])
        .env("PENDOPO__ACCOUNTS__SECOND_FACTOR", "optional")
        .output()
        .expect("node runs; run `scripts/setup.sh test`");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
