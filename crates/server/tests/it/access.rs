//! Every page as those meet it who see, hear or move otherwise, in a real browser against the real program: WCAG
//! 2.2 AA as far as a program can tell. The browser's part is `e2e/axe.mjs`.
//!
//! `make access` runs the same in both languages, both themes and all sizes, and again over the whole demo.

use crate::{
    base_map::base_map,
    demo_flow::{check_mishaps, free_port, password, wait_for_figures},
    support::{Center, PACK, free_address, repository, strips_of_desa, text},
};
use std::{env, fs, os::unix::fs::PermissionsExt, process::Command};

/// What the small pack has besides: a playlist, so that a screen can be paired; a target, so that something is off
/// it; a source whose file is never there; a board with a map and some widgets.
const MORE: [(&str, &str); 4] = [
    (
        "walls/uji.toml",
        "code = \"uji\"\ntitle = \"Ruang uji\"\n\n[[mode]]\ncode = \"harian\"\ntitle = \"Sehari-hari\"\n\
         [[mode.item]]\nrail = [\"angka\"]\n[mode.item.widget]\nkind = \"map\"\nindicator = \"angka\"\n\
         [[mode.item]]\nattention = true\n",
    ),
    (
        "targets.toml",
        "[[target]]\nindicator = \"angka\"\nperiod = \"2026\"\nvalue = 400000\nbasis = \"RPJMD Uji 2025–2029\"\n",
    ),
    (
        "sources/hilang.toml",
        "code = \"hilang\"\nname = \"Berkas yang tidak pernah datang\"\nagency = \"uji\"\nfresh_every = \"1 day\"\n\n\
         [connection]\nkind = \"csv\"\nlocation = { path = \"hilang.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\n\
         period = { column = \"bulan\" }\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"nilai\"\n",
    ),
    (
        "boards/pimpinan.toml",
        "code = \"pimpinan\"\ntitle = \"Papan pimpinan\"\ntitle_en = \"Leaders' board\"\nmap = \"angka\"\n\n\
         [[section]]\nsector = \"uji\"\nindicators = [\"angka\"]\n\n\
         [[section.widget]]\nkind = \"line\"\nindicator = \"angka\"\n\n\
         [[section.widget]]\nkind = \"ranking\"\nindicator = \"angka\"\n\n\
         [[section.widget]]\nkind = \"heat\"\nindicator = \"angka\"\n\n\
         [[section.widget]]\nkind = \"statuses\"\n",
    ),
];

/// Reports that are made by themselves, so that their page has rows.
const REPORTS: &str = "[paper]\nfolder = \"FOLDER\"\n\
    [[paper.schedule]]\nname = \"laporan-pagi\"\nwhat = \"brief\"\nwhen = \"30 6 * * 1-5\"\nshows = \"public\"\n\
    language = \"id\"\nto_folder = true\n\
    [[paper.schedule]]\nname = \"papan-mingguan-untuk-rapat-staf\"\nwhat = \"pimpinan\"\nwhen = \"0 7 * * 1\"\n\
    shows = \"internal\"\nlanguage = \"en\"\nto_folder = true\n";

/// Eight kecamatan in two rows, so that keys lead up and down as well.
fn kecamatan() -> String {
    let feature = |nth: i32| {
        let (west, north) = (111.2 + f64::from(nth % 4) / 10.0, -7.0 - f64::from(nth / 4) / 10.0);
        let (east, south) = (west + 0.1, north - 0.1);
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"33.16.{:02}\"}},\"geometry\":{{\"type\":\"Polygon\",\
             \"coordinates\":[[[{west:.1},{south:.1}],[{east:.1},{south:.1}],[{east:.1},{north:.1}],[{west:.1},{north:.1}],\
             [{west:.1},{south:.1}]]]}}}}",
            nth + 1
        )
    };
    let features = (0..8).map(feature).collect::<Vec<_>>().join(",");
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}")
}

/// A center open to anyone, with figures of eight kecamatan and the desa of one in six months, boundaries of both, one
/// refused row, one run that failed.
fn center_with_figures() -> Center {
    let center = Center::new();
    let open =
        PACK.map(|(path, text)| (path, text.replace("direction =", "sensitivity = \"public\"\ndirection =")));
    let files = open.iter().map(|(path, text)| (*path, text.as_str()));
    let pack: Vec<(&str, &str)> = files.chain(MORE).collect();
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let desa = (1..=8).map(|district| (district, 2001)).chain((2002..=2012).map(|desa| (1, desa)));
    let rows: String = desa
        .flat_map(|of| (1..=6).map(move |month| (of, month)))
        .map(|((district, desa), month)| {
            let value = district * 11_000 + (desa - 2000) * 1_700 + month * 370;
            format!("33.16.{district:02}.{desa},2026-{month:02},{value}\n")
        })
        .collect();
    let rows = format!("kode,bulan,nilai\n{rows}99.99.99.9999,2026-02,1\n");
    fs::write(center.files().join("angka.csv"), rows).unwrap();
    center.ok(&["run", "angka"]);
    assert!(!center.run(&["run", "hilang"]).status.success(), "a file that is not there is no figures");
    for (name, shapes) in [("kecamatan.geojson", kecamatan()), ("desa.geojson", strips_of_desa())] {
        let file = center.folder().join(name);
        fs::write(&file, shapes).unwrap();
        center.ok(&["boundaries", "import", &file.display().to_string()]);
    }
    center
}

/// Runs the browser's part and gives what it said; its last line counts.
fn look(mut browser: Command, cookie: &str) -> String {
    let e2e = repository("e2e");
    assert!(
        e2e.join("node_modules/axe-core").exists(),
        "the checker of pages is not installed; run `scripts/setup.sh test`, or `npm ci` in e2e/"
    );
    let output = browser
        .current_dir(&e2e)
        .env("COOKIE", cookie)
        .env("PENDOPO__ACCOUNTS__SECOND_FACTOR", "optional")
        .output()
        .unwrap_or_else(|error| panic!("node does not run ({error}); run `scripts/setup.sh test`"));
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("counted: ") && said.contains(" 0 violations"), "{said}");
    said
}

/// `node axe.mjs` for the program.
fn browser() -> Command {
    let mut browser = Command::new("node");
    browser.args(["axe.mjs", env!("CARGO_BIN_EXE_pendopo")]);
    browser
}

/// A small center, and one into which nothing was put yet.
fn look_at_a_small_center() -> String {
    let center = center_with_figures();
    let server = center.serve().signed_in(&center);
    let cookie = server.cookies();
    server.kill();
    let reports = center.folder().join("laporan");
    fs::create_dir(&reports).unwrap();
    let config = center.folder().join("config.toml");
    fs::write(&config, REPORTS.replace("FOLDER", &reports.display().to_string())).unwrap();
    let empty = Center::new();
    let mut browser = browser();
    browser
        .args([center.data().as_os_str(), free_address().as_ref()])
        .args([empty.data().as_os_str(), free_address().as_ref()])
        .env("CONFIG", config)
        .env("PENDOPO__MAPS__BASE", base_map(&center, "&copy; Peta Warga"));
    look(browser, &cookie)
}

/// The demo as it is when some of its services misbehave: real texts, numbers and lengths.
fn look_at_the_demo() -> String {
    let center = Center::new();
    fs::set_permissions(center.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let (pack, port, said) = (repository("packs/blora"), free_port(), center.folder().join("said"));
    let demo = center.demo(&pack, port, &said, &["--calm"], &[]);
    let demo = demo.signed_in_as("pengelola", &password(&said, "pengelola"));
    wait_for_figures(&center);
    let cookie = demo.cookies();
    demo.stop();
    let later = [("PENDOPO_SAMPLE_UP_FOR", "5")];
    let demo = center.demo(&pack, port, &said, &["--keep"], &later).with_cookies(cookie.clone());
    check_mishaps(&demo);
    let mut browser = browser();
    browser.arg(center.data()).arg(demo.address());
    let said = look(browser, &cookie);
    demo.stop();
    said
}

#[test]
fn every_page_is_open_to_all() {
    println!("{}", look_at_a_small_center());
    if env::var("WHOLE").is_ok() {
        println!("{}", look_at_the_demo());
    }
}
