//! A wall in a real browser against the real program: paired, steered, through outages and errors, for long.
//!
//! `make soak` runs the same with 50,000 rotations and 500 outages.

use crate::support::{Center, PACK, free_address, text};
use std::{env, fs, path::Path, process::Command};

const PLAYLIST: &str = r#"
code = "uji"
title = "Ruang uji"

[[mode]]
code = "darurat"
title = "Darurat"
by_hand = true
[[mode.item]]
attention = true

[[mode]]
code = "harian"
title = "Sehari-hari"
[[mode.item]]
attention = true
seconds = 2
rail = ["angka"]
[[mode.item]]
seconds = 2
rail = ["angka", "angka", "angka", "angka"]
[mode.item.widget]
kind = "map"
indicator = "angka"
[[mode.item]]
seconds = 2
rail = ["angka"]
[mode.item.widget]
kind = "line"
indicator = "angka"
[[mode.item]]
seconds = 2
board = "pimpinan"
"#;

#[test]
fn a_wall_is_paired_steered_survives_outages_and_does_not_grow() {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    assert!(
        e2e.join("node_modules/playwright-core").exists(),
        "the driver of the browser is not installed; run `scripts/setup.sh test`, or `npm ci` in e2e/"
    );
    let center = Center::new();
    let pack: Vec<(&str, &str)> = PACK.into_iter().chain([("walls/uji.toml", PLAYLIST)]).collect();
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let rows: String = (1..=16)
        .flat_map(|district| (1..=9).map(move |month| (district, month)))
        .map(|(district, month)| {
            format!("33.16.{district:02}.2001,2026-{month:02},{}\n", district * 1000 + month * 37)
        })
        .collect();
    fs::write(center.files().join("angka.csv"), format!("kode,bulan,nilai\n{rows}")).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
    let cookie = server.cookies();
    server.kill();
    let number = |name: &str, usual: &str| env::var(name).unwrap_or_else(|_| usual.to_owned());
    let output = Command::new("node")
        .current_dir(&e2e)
        .args(["wall.mjs", env!("CARGO_BIN_EXE_pendopo")])
        .arg(center.data())
        .arg(free_address())
        .args([number("ROTATIONS", "200"), number("OUTAGES", "4")])
        .env("COOKIE", cookie)
        .env("PENDOPO__ACCOUNTS__SECOND_FACTOR", "optional")
        .output()
        .expect("node runs; run `scripts/setup.sh test`");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
