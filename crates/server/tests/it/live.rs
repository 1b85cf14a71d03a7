//! Open pages follow the center, in a real browser against the real program.

use crate::support::{Center, PACK, free_address, strips_of_desa, text};
use std::{fs, path::Path, process::Command};

#[test]
fn open_pages_follow_say_when_they_cannot_and_are_readable_without_a_network() {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    assert!(
        e2e.join("node_modules/playwright-core").exists(),
        "the driver of the browser is not installed; run `scripts/setup.sh test`, or `npm ci` in e2e/"
    );
    let center = Center::new();
    // Open to anyone: the reader of this test signs in nowhere.
    let open =
        PACK.map(|(path, text)| (path, text.replace("direction =", "sensitivity = \"public\"\ndirection =")));
    let pack = center.write_pack(&open.each_ref().map(|(path, text)| (*path, text.as_str())));
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let file = center.files().join("angka.csv");
    let rows = "33.16.01.2001,2026-01,700\n33.16.01.2001,2026-02,900\n33.16.01.2002,2026-02,500\n";
    fs::write(&file, format!("kode,bulan,nilai\n{rows}")).unwrap();
    center.ok(&["run", "angka"]);
    let boundaries = center.folder().join("desa.geojson");
    fs::write(&boundaries, strips_of_desa()).unwrap();
    center.ok(&["boundaries", "import", &boundaries.display().to_string()]);
    let output = Command::new("node")
        .current_dir(&e2e)
        .args(["live.mjs", env!("CARGO_BIN_EXE_pendopo")])
        .arg(center.data())
        .arg(free_address())
        .arg(&file)
        .output()
        .expect("node runs; run `scripts/setup.sh test`");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
