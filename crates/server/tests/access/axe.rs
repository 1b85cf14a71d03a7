//! Every page as those meet it who see, hear or move otherwise, in a real browser against the real program: WCAG
//! 2.2 AA as far as a program can tell. The browser's part is `e2e/axe.mjs`.

use crate::support::{Center, PACK, free_address, text};
use std::{fs, path::Path, process::Command};

/// A playlist, so that a screen can be paired.
const PLAYLIST: &str = r#"
code = "uji"
title = "Ruang uji"

[[mode]]
code = "harian"
title = "Sehari-hari"
[[mode.item]]
rail = ["angka"]
[mode.item.widget]
kind = "map"
indicator = "angka"
[[mode.item]]
attention = true
"#;

/// A center open to anyone, with figures of eight districts in six months, and one refused row.
fn center_with_figures() -> Center {
    let center = Center::new();
    let open =
        PACK.map(|(path, text)| (path, text.replace("direction =", "sensitivity = \"public\"\ndirection =")));
    let files = open.iter().map(|(path, text)| (*path, text.as_str()));
    let pack: Vec<(&str, &str)> = files.chain([("walls/uji.toml", PLAYLIST)]).collect();
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let rows: String = (1..=8)
        .flat_map(|district| (1..=6).map(move |month| (district, month)))
        .map(|(district, month)| {
            format!("33.16.{district:02}.2001,2026-{month:02},{}\n", district * 1000 + month * 37)
        })
        .collect();
    let rows = format!("kode,bulan,nilai\n{rows}99.99.99.9999,2026-02,1\n");
    fs::write(center.files().join("angka.csv"), rows).unwrap();
    center.ok(&["run", "angka"]);
    center
}

#[test]
fn every_page_is_open_to_all() {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    assert!(
        e2e.join("node_modules/axe-core").exists(),
        "the checker of pages is not installed; run `scripts/setup.sh test`, or `npm ci` in e2e/"
    );
    let center = center_with_figures();
    let server = center.serve().signed_in(&center);
    let cookie = server.cookies();
    server.kill();
    let output = Command::new("node")
        .current_dir(&e2e)
        .args(["axe.mjs", env!("CARGO_BIN_EXE_pendopo")])
        .arg(center.data())
        .arg(free_address())
        .env("COOKIE", cookie)
        .env("PENDOPO__ACCOUNTS__SECOND_FACTOR", "optional")
        .output()
        .expect("node runs; run `scripts/setup.sh test`");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("counted: ") && said.contains(" 0 violations"), "{said}");
    println!("{said}");
}
